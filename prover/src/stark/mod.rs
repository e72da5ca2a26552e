//! The proof protocol, the prover's side: see `lvm_verifier::stark`, whose steps these are.

pub(crate) mod commit;
mod conduct;
mod fri;
mod interactions;
mod openings;
mod quotient;

use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use lvm_air::tables::boundary::BoundaryStatement;
use lvm_air::trace::Filled;
use lvm_verifier::profile::Parameters;
use lvm_verifier::stark::fri::rounds;
use lvm_verifier::stark::interactions::BusChallenges;
use lvm_verifier::stark::layout::Layout;
use lvm_verifier::stark::merkle::{Digest, distinct};
use lvm_verifier::stark::openings::Combination;
use lvm_verifier::stark::transcript::Transcript;
use lvm_verifier::stark::{Opened, Plan, StarkProof, Tree, absorb_opened};
use p3_field::{PrimeCharacteristicRing, TwoAdicField};
use p3_matrix::Matrix;
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;
use tracing::debug_span;

use crate::stark::commit::{Cells, Committed, Dft, extend};
use crate::stark::conduct::{Conduct, Honest};
use crate::stark::interactions::{Columns, PackedChallenge, TableRows};
use crate::stark::openings::Points;
use crate::stark::quotient::packed_powers;

/// Preprocessed columns: their rows, and their commitment.
#[derive(Debug)]
pub(crate) struct Preprocessed {
    /// For each matrix its rows, before extension.
    pub(crate) rows: Vec<Cells>,
    /// The commitment.
    pub(crate) committed: Committed,
}

impl Preprocessed {
    /// Commits to preprocessed tables, in the order of a plan's tables.
    pub(crate) fn new(dft: &Dft, layout: &Layout, tables: &[Option<&Cells>]) -> Self {
        let rows = side_by_side(layout, tables);
        let committed = Committed::new(layout, rows.iter().map(|rows| extend(dft, rows)).collect());
        Self { rows, committed }
    }
}

/// Puts tables side by side as `layout` says. Tables without a part are not looked at.
fn side_by_side(layout: &Layout, tables: &[Option<&Cells>]) -> Vec<Cells> {
    layout
        .groups
        .iter()
        .map(|group| {
            let width = group.padded_width();
            let mut cells = Val::zero_vec(width << group.log_height);
            cells.par_chunks_mut(width).enumerate().with_min_len(1 << 10).for_each(|(row, out)| {
                for part in &group.parts {
                    if let Some(Some(table)) = tables.get(part.instance) {
                        let start = row * part.width;
                        out[part.offset..part.offset + part.width]
                            .copy_from_slice(&table.values[start..start + part.width]);
                    }
                }
            });
            RowMajorMatrix::new(cells, width)
        })
        .collect()
}

/// Proves filled tables, which are those of `plan`.
pub(crate) fn prove(
    dft: &Dft,
    parameters: &Parameters,
    seed: Digest,
    plan: &Plan,
    statement: &BoundaryStatement,
    preprocessed: &Preprocessed,
    tables: &[Filled],
) -> StarkProof {
    prove_as(&Honest, dft, parameters, seed, plan, statement, preprocessed, tables)
}

/// [`prove`], for any conduct.
#[expect(clippy::too_many_arguments, reason = "prove's, and the conduct")]
fn prove_as(
    conduct: &dyn Conduct,
    dft: &Dft,
    parameters: &Parameters,
    seed: Digest,
    plan: &Plan,
    statement: &BoundaryStatement,
    preprocessed: &Preprocessed,
    tables: &[Filled],
) -> StarkProof {
    let mut transcript = Transcript::new(seed);
    transcript.absorb_root(&preprocessed.committed.root());

    // 2. Main columns.
    let main_layout = plan.layout(Tree::Main);
    let main_rows = debug_span!("gather").in_scope(|| {
        let tables: Vec<Option<&Cells>> = tables.iter().map(|filled| Some(&filled.rows)).collect();
        side_by_side(main_layout, &tables)
    });
    let main = debug_span!("commit main").in_scope(|| {
        Committed::new(main_layout, main_rows.iter().map(|rows| extend(dft, rows)).collect())
    });
    transcript.absorb_root(&main.root());
    let buses = BusChallenges::<PackedChallenge>::new(transcript.draw(), transcript.draw());

    // 3. Interaction columns.
    let interactions_layout = plan.layout(Tree::Interactions);
    let interaction_rows: Vec<Cells> = debug_span!("interactions").in_scope(|| {
        interactions_layout
            .groups
            .iter()
            .map(|group| {
                let tables: Vec<_> = group
                    .parts
                    .iter()
                    .map(|part| {
                        let rows = table_rows(plan, part.instance, &main_rows, &preprocessed.rows);
                        (rows, &plan.demands[part.instance])
                    })
                    .collect();
                interactions::fill(&tables, group, statement, &buses)
            })
            .collect()
    });
    drop(main_rows);
    let mut totals: Vec<Challenge> = plan
        .log_heights
        .iter()
        .map(|&log_height| {
            interactions_layout.group(log_height).map_or(Challenge::ZERO, |(index, group)| {
                total(&interaction_rows[index], group.width)
            })
        })
        .collect();
    let interactions = debug_span!("commit interactions").in_scope(|| {
        let mut extended: Vec<Cells> =
            interaction_rows.into_iter().map(|rows| extend(dft, &rows)).collect();
        conduct.interactions(&mut extended, &mut totals);
        Committed::new(interactions_layout, extended)
    });
    transcript.absorb_root(&interactions.root());
    transcript.absorb(&totals);
    let alpha = transcript.draw();

    // 4. Quotients.
    let powers = packed_powers(alpha, plan.powers());
    let quotient = debug_span!("quotient").in_scope(|| {
        let mut extended: Vec<Cells> = plan
            .log_heights
            .iter()
            .map(|&log_height| {
                let mut tables = Vec::new();
                for (instance, &(_, log)) in plan.tables.iter().enumerate() {
                    if log != log_height {
                        continue;
                    }
                    let columns = interactions_layout
                        .part(instance)
                        .map(|(group, part)| Columns::new(&interactions.matrices[group], &part));
                    tables.push(quotient::Folded {
                        rows: table_rows(
                            plan,
                            instance,
                            &main.matrices,
                            &preprocessed.committed.matrices,
                        ),
                        interactions: columns,
                        demands: &plan.demands[instance],
                    });
                }
                quotient::extended(dft, &tables, statement, &buses, &powers, log_height)
            })
            .collect();
        conduct.quotients(&mut extended);
        Committed::new(plan.layout(Tree::Quotient), extended)
    });
    transcript.absorb_root(&quotient.root());
    let zeta = transcript.draw();

    // 5. Openings.
    let trees = [&preprocessed.committed, &main, &interactions, &quotient];
    let _span = debug_span!("open").entered();
    let points: Vec<Points> = plan.log_heights.iter().map(|&log| Points::new(log)).collect();
    let distances: Vec<Vec<Challenge>> =
        points.iter().map(|points| points.inverse_distances(zeta)).collect();
    let at = |log_height: usize| {
        let found = plan.log_heights.iter().position(|&log| log == log_height);
        found.unwrap_or_default()
    };
    let values = Tree::ALL.map(|tree| {
        let groups = plan.layout(tree).groups.iter().zip(&trees[tree as usize].matrices);
        groups
            .map(|(group, matrix)| {
                let index = at(group.log_height);
                let mut values = points[index].evaluate(zeta, &distances[index], matrix);
                values.truncate(group.width);
                values
            })
            .collect()
    });
    let next_points: Vec<(usize, Vec<Challenge>)> = plan
        .with_next_row()
        .map(|(_, _, log)| {
            let point = zeta * Val::two_adic_generator(log);
            (log, points[at(log)].inverse_distances(point))
        })
        .collect();
    let next = plan
        .with_next_row()
        .zip(&next_points)
        .filter_map(|((instance, _, log), (_, distances))| {
            let point = zeta * Val::two_adic_generator(log);
            let (group, part) = main_layout.part(instance)?;
            let values = points[at(log)].evaluate(point, distances, &main.matrices[group]);
            Some(values[part.offset..part.offset + part.width].to_vec())
        })
        .collect();
    let mut opened = Opened { values, next };
    conduct.opened(zeta, &mut opened);
    absorb_opened(&mut transcript, &opened);

    // 6. One function for each height, and FRI.
    let witness = fri::grind(transcript.puzzle(), parameters.batch_grinding);
    let _ = transcript.absorb_witness(parameters.batch_grinding, witness);
    let combination = Combination::new(plan, zeta, transcript.draw(), &opened, &totals);
    let functions: Vec<(usize, Vec<Challenge>)> = debug_span!("combine").in_scope(|| {
        combination
            .heights
            .iter()
            .zip(points.iter().zip(&distances))
            .map(|(height, (points, distances))| {
                let matrices = Tree::ALL.map(|tree| {
                    let (index, _) = plan.layout(tree).group(height.log_height)?;
                    trees[tree as usize].matrices.get(index)
                });
                let next: Vec<Vec<Challenge>> = next_points
                    .iter()
                    .filter(|(log, _)| *log == height.log_height)
                    .map(|(_, distances)| distances.clone())
                    .collect();
                let values = points.combine(height, distances, &next, matrices);
                (height.log_height + lvm_verifier::stark::domain::LOG_BLOWUP, values)
            })
            .collect()
    });
    drop((points, distances));
    let log_sizes = plan.log_sizes();
    let log_max = log_sizes.first().copied().unwrap_or(0);
    let rounds = rounds(&log_sizes, parameters.log_final_len);
    let folded = debug_span!("fold").in_scope(|| {
        fri::Folded::new(conduct, &rounds, functions, parameters.log_final_len, &mut transcript)
    });
    let query_witness = debug_span!("grind")
        .in_scope(|| fri::grind(transcript.puzzle(), parameters.query_grinding));
    let _ = transcript.absorb_witness(parameters.query_grinding, query_witness);
    let mut positions = transcript.draw_positions(parameters.queries, log_max);
    positions.sort_unstable();
    positions.dedup();

    let queries = trees.map(|tree| {
        let tallest = tree.matrices.first().map_or(1, Matrix::height).trailing_zeros() as usize;
        tree.open(&distinct(&positions, log_max - tallest))
    });
    StarkProof {
        main: main.root(),
        interactions: interactions.root(),
        totals,
        quotient: quotient.root(),
        opened,
        witness,
        fri: folded.open(&rounds, log_max, &positions, query_witness),
        queries,
    }
}

/// A table's rows within the matrices that it shares.
fn table_rows<'a>(
    plan: &Plan,
    instance: usize,
    main: &'a [Cells],
    preprocessed: &'a [Cells],
) -> TableRows<'a> {
    let columns = |tree: Tree, matrices: &'a [Cells]| {
        let (group, part) = plan.layout(tree).part(instance)?;
        Some(Columns::new(matrices.get(group)?, &part))
    };
    TableRows {
        table: plan.tables[instance].0,
        main: columns(Tree::Main, main).expect("every table has main columns"),
        preprocessed: columns(Tree::Preprocessed, preprocessed),
    }
}

/// The sum of all interaction columns over all rows.
fn total(rows: &Cells, width: usize) -> Challenge {
    use p3_field::BasedVectorSpace;
    let sums = rows
        .values
        .par_chunks(rows.width)
        .with_min_len(1 << 10)
        .map(|row| {
            let mut sums = [Val::ZERO; CHALLENGE_DEGREE];
            for coefficients in row[..width].chunks_exact(CHALLENGE_DEGREE) {
                for (sum, coefficient) in sums.iter_mut().zip(coefficients) {
                    *sum += *coefficient;
                }
            }
            sums
        })
        .reduce(|| [Val::ZERO; CHALLENGE_DEGREE], |a, b| core::array::from_fn(|i| a[i] + b[i]));
    Challenge::from_basis_coefficients_fn(|i| sums[i])
}
