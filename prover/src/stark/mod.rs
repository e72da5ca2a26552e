//! The proof protocol, the prover's side: see `lvm_verifier::stark`, whose steps these are.

pub(crate) mod commit;
mod conduct;
mod fri;
mod interactions;
pub(crate) mod keccak_layers;
mod links;
mod openings;
mod quotient;
pub(crate) mod reused;
mod sums;
mod transform;
#[cfg(all(target_arch = "x86_64", target_feature = "avx512f"))]
mod words;

use core::ops::Range;

use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use lvm_air::keccak_f::{BITS, LANES};
use lvm_air::table::{PERIOD, Table};
use lvm_air::tables::keccak::{BEFORE, LOG_ROWS};
use lvm_air::trace::Filled;
use lvm_isa::segment::Statement;
use lvm_verifier::profile::Parameters;
use lvm_verifier::stark::fri::rounds;
use lvm_verifier::stark::global::GlobalChallenges;
use lvm_verifier::stark::interactions::{AlphaBeta, BusChallenges, Kind};
use lvm_verifier::stark::keccak_layers::LayersProof;
use lvm_verifier::stark::layout::{Layout, Part};
use lvm_verifier::stark::links::{Link, SIDES};
use lvm_verifier::stark::merkle::{Digest, distinct};
use lvm_verifier::stark::openings::Combination;
use lvm_verifier::stark::{
    Begun, Border, Opened, Plan, StarkProof, Totals, Tree, absorb_opened, absorb_totals,
};
use p3_field::{BasedVectorSpace, PrimeCharacteristicRing, TwoAdicField};
use p3_matrix::Matrix;
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;
use tracing::debug_span;

use crate::stark::commit::{Cells, Committed};
use crate::stark::conduct::{Conduct, Honest};
use crate::stark::interactions::{Columns, PackedChallenge, TableRows};
use crate::stark::openings::Points;
use crate::stark::quotient::packed_powers;
use crate::stark::reused::Reused;
use crate::stark::transform::extend;

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
    pub(crate) fn new(reused: &Reused, layout: &Layout, tables: &[Option<&Cells>]) -> Self {
        let rows = side_by_side(reused, layout, tables);
        let committed =
            Committed::new(layout, rows.iter().map(|rows| extend(reused, rows)).collect());
        Self { rows, committed }
    }
}

/// Puts tables side by side as `layout` says. Tables without a part are not looked at.
fn side_by_side(reused: &Reused, layout: &Layout, tables: &[Option<&Cells>]) -> Vec<Cells> {
    layout
        .groups
        .iter()
        .map(|group| {
            let width = group.padded_width();
            let mut cells = reused.buffer(width << group.log_height);
            cells.par_chunks_mut(width).enumerate().with_min_len(1 << 10).for_each(|(row, out)| {
                for part in &group.parts {
                    let out = &mut out[part.columns()];
                    match tables.get(part.instance) {
                        Some(Some(table)) => {
                            out.copy_from_slice(&table.values[row * part.width..][..part.width]);
                        }
                        _ => out.fill(Val::ZERO),
                    }
                }
                out[group.width..].fill(Val::ZERO);
            });
            RowMajorMatrix::new(cells, width)
        })
        .collect()
}

/// Tables in the order of a plan's, those that aren't among `filled` left out. Both are in the order
/// of proofs.
fn aligned<'a>(plan: &Plan, filled: &'a [Filled]) -> Vec<Option<&'a Cells>> {
    let mut filled = filled.iter().peekable();
    let next = |&(table, _): &(Table, usize)| {
        filled.next_if(|filled| filled.table == table).map(|filled| &filled.rows)
    };
    plan.tables.iter().map(next).collect()
}

/// A part whose border is committed.
pub(crate) struct Bordered {
    /// For each matrix of border columns its rows, before extension.
    rows: Vec<Cells>,
    committed: Committed,
    /// What is said of them.
    pub(crate) border: Border,
    /// The transcript so far.
    pub(crate) begun: Begun,
}

impl Bordered {
    /// What is said of them, and the transcript so far: all that is needed of a part that is not
    /// proved now.
    pub(crate) fn into_said(self, reused: &Reused) -> (Border, Begun) {
        for rows in self.rows {
            reused.give_back(rows.values);
        }
        self.committed.give_back(reused);
        (self.border, self.begun)
    }
}

/// Steps 2 and 3: commits to the border tables among `tables`.
pub(crate) fn begin(
    reused: &Reused,
    seed: Digest,
    plan: &Plan,
    preprocessed: &Preprocessed,
    tables: &[Filled],
) -> Bordered {
    begin_as(&Honest, reused, seed, plan, preprocessed, tables)
}

/// [`begin`], for any conduct.
fn begin_as(
    conduct: &dyn Conduct,
    reused: &Reused,
    seed: Digest,
    plan: &Plan,
    preprocessed: &Preprocessed,
    tables: &[Filled],
) -> Bordered {
    let _span = debug_span!("border").entered();
    let layout = plan.layout(Tree::Border);
    let rows = side_by_side(reused, layout, &aligned(plan, tables));
    let committed = Committed::new(layout, rows.iter().map(|rows| extend(reused, rows)).collect());
    let (root, fixed) = (committed.root(), preprocessed.committed.root());
    let (_, eta) = Begun::draw_eta(seed, &fixed, &root);
    let mut values: Vec<Vec<Challenge>> = layout
        .groups
        .iter()
        .zip(&committed.matrices)
        .map(|(group, matrix)| {
            let points = reused.points(group.log_height);
            let mut values = points.evaluate(eta, &points.inverse_distances(eta), matrix);
            values.truncate(group.width);
            values
        })
        .collect();
    conduct.border(&mut values);
    let border = Border { root, values };
    let begun = Begun::new(seed, &fixed, &border);
    Bordered { rows, committed, border, begun }
}

/// Steps 5 to 9: proves filled tables, which are those of `plan`.
#[expect(clippy::too_many_arguments, reason = "they have nothing in common")]
pub(crate) fn prove(
    reused: &Reused,
    parameters: &Parameters,
    plan: &Plan,
    statement: &Statement,
    preprocessed: &Preprocessed,
    bordered: Bordered,
    global: &GlobalChallenges,
    tables: Vec<Filled>,
) -> StarkProof {
    prove_as(&Honest, reused, parameters, plan, statement, preprocessed, bordered, global, tables)
}

/// [`prove`], for any conduct.
#[expect(clippy::too_many_arguments, reason = "prove's, and the conduct")]
fn prove_as(
    conduct: &dyn Conduct,
    reused: &Reused,
    parameters: &Parameters,
    plan: &Plan,
    statement: &Statement,
    preprocessed: &Preprocessed,
    bordered: Bordered,
    global: &GlobalChallenges,
    tables: Vec<Filled>,
) -> StarkProof {
    let Bordered { rows: border_rows, committed: border, border: said, begun } = bordered;
    let mut transcript = begun.transcript;
    transcript.absorb_root(&global.digest);

    // 5. Main columns.
    let main_layout = plan.layout(Tree::Main);
    let main_rows = debug_span!("gather")
        .in_scope(|| side_by_side(reused, main_layout, &aligned(plan, &tables)));
    for table in tables {
        reused.give_back(table.rows.values);
    }
    let main = debug_span!("commit main").in_scope(|| {
        Committed::new(main_layout, main_rows.iter().map(|rows| extend(reused, rows)).collect())
    });
    transcript.absorb_root(&main.root());
    let local = AlphaBeta::draw(&mut transcript);
    let buses = BusChallenges::<PackedChallenge>::new(local, global.challenges);

    // 5, of permutations: their layers.
    let (layers, links): (Vec<LayersProof>, Vec<Link>) = debug_span!("layers").in_scope(|| {
        plan.with_layers()
            .map(|(instance, log_height)| {
                let (group, part) = main_layout.part(instance).expect("it has main columns");
                let inputs = permutations(&main_rows[group], &part);
                let extension = reused.extension();
                let log = log_height - LOG_ROWS;
                let (said, ends) = conduct.layers(log, &mut transcript).unwrap_or_else(|| {
                    keccak_layers::prove(extension, log, &inputs, &mut transcript)
                });
                let link = Link::draw(&ends, &mut transcript);
                (said, link.expect("a challenge isn't in the subgroup"))
            })
            .unzip()
    });
    let link_of = |instance: usize| {
        plan.with_layers().zip(&links).find(|((at, _), _)| *at == instance).map(|(_, link)| link)
    };

    // 6. Interaction columns.
    let interactions_layout = plan.layout(Tree::Interactions);
    let rows = Rows { border: &border_rows, main: &main_rows, preprocessed: &preprocessed.rows };
    let interaction_rows: Vec<Cells> = debug_span!("interactions").in_scope(|| {
        interactions_layout
            .groups
            .iter()
            .map(|group| {
                let tables: Vec<_> = group
                    .parts
                    .iter()
                    .map(|part| (rows.of(plan, part.instance), &*plan.demands[part.instance]))
                    .collect();
                let mut filled = interactions::fill(reused, &tables, group, statement, &buses);
                for part in &group.parts {
                    if let Some(link) = link_of(part.instance) {
                        let offset = plan.kernels(part.instance).expect("it has a link");
                        let main = rows.of(plan, part.instance).main;
                        let offset = offset - CHALLENGE_DEGREE;
                        links::fill(link, &main, offset, &mut filled);
                        conduct.link(link, &main, offset, &mut filled);
                    }
                }
                filled
            })
            .collect()
    });
    for rows in main_rows.into_iter().chain(border_rows) {
        reused.give_back(rows.values);
    }
    let mut totals: Vec<Totals> = plan
        .log_heights
        .iter()
        .map(|&log_height| {
            interactions_layout.group(log_height).map_or_else(Totals::default, |(index, _)| {
                sum_columns(&interaction_rows[index], &plan.kinds(log_height))
            })
        })
        .collect();
    let interactions = debug_span!("commit interactions").in_scope(|| {
        let mut extended: Vec<Cells> =
            interaction_rows.iter().map(|rows| extend(reused, rows)).collect();
        conduct.interactions(&mut extended, &mut totals);
        Committed::new(interactions_layout, extended)
    });
    for rows in interaction_rows {
        reused.give_back(rows.values);
    }
    transcript.absorb_root(&interactions.root());
    absorb_totals(&mut transcript, &totals);
    let delta = transcript.draw();

    // 7. Quotients.
    let powers = packed_powers(delta, plan.powers());
    let rows = Rows {
        border: &border.matrices,
        main: &main.matrices,
        preprocessed: &preprocessed.committed.matrices,
    };
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
                    let link = link_of(instance)
                        .map(|link| (link, links::extend_ratios(reused, link, log_height)));
                    tables.push(quotient::Folded {
                        rows: rows.of(plan, instance),
                        interactions: columns,
                        demands: &plan.demands[instance],
                        link,
                    });
                }
                quotient::extended(reused, &tables, statement, &buses, &powers, log_height)
            })
            .collect();
        conduct.quotients(&mut extended);
        Committed::new(plan.layout(Tree::Quotient), extended)
    });
    transcript.absorb_root(&quotient.root());
    let zeta = transcript.draw();

    // 8. Openings.
    let trees = [&preprocessed.committed, &border, &main, &interactions, &quotient];
    let _span = debug_span!("open").entered();
    let points: Vec<&Points> = plan.log_heights.iter().map(|&log| reused.points(log)).collect();
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
    // The distances to ζ's next row and to η, of the heights where they are needed.
    let next_distances: Vec<Option<Vec<Challenge>>> = plan
        .log_heights
        .iter()
        .zip(&points)
        .map(|(&log_height, points)| {
            let point = zeta * Val::two_adic_generator(log_height);
            let is_needed = plan.with_next_row().any(|(_, _, log)| log == log_height);
            is_needed.then(|| points.inverse_distances(point))
        })
        .collect();
    let next = plan
        .with_next_row()
        .filter_map(|(instance, _, log)| {
            let point = zeta * Val::two_adic_generator(log);
            let distances = next_distances[at(log)].as_ref()?;
            let evaluate = |matrix: &Cells, columns: Range<usize>| {
                points[at(log)].evaluate(point, distances, matrix)[columns].to_vec()
            };
            let (group, part) = main_layout.part(instance)?;
            let mut values = evaluate(&main.matrices[group], part.columns());
            if let Some(offset) = plan.kernels(instance) {
                let (group, _) = interactions_layout.part(instance)?;
                let kernels = offset..offset + SIDES * CHALLENGE_DEGREE;
                values.extend(evaluate(&interactions.matrices[group], kernels));
            }
            Some(values)
        })
        .collect();
    let mut opened = Opened { values, next };
    conduct.opened(zeta, &mut opened);
    absorb_opened(&mut transcript, &opened);

    // 9. One function for each height, and FRI.
    let witness = fri::grind(transcript.puzzle(), parameters.batch_grinding);
    let _ = transcript.absorb_witness(parameters.batch_grinding, witness);
    let challenges = [begun.eta, zeta, transcript.draw()];
    let combination = Combination::new(plan, challenges, &said, &opened, &totals);
    let is_low = !conduct.is_of_high_degree();
    let functions: Vec<(usize, Vec<Challenge>)> = debug_span!("combine").in_scope(|| {
        combination
            .heights
            .iter()
            .zip(points.iter().zip(&distances).zip(&next_distances))
            .map(|(height, ((points, distances), next))| {
                let matrices = Tree::ALL.map(|tree| {
                    let (index, _) = plan.layout(tree).group(height.log_height)?;
                    trees[tree as usize].matrices.get(index)
                });
                let to_eta = matrices[Tree::Border as usize]
                    .map_or_else(Vec::new, |_| points.inverse_distances(begun.eta));
                let elsewhere: Vec<&[Challenge]> = height
                    .elsewhere
                    .iter()
                    .map(|opening| match opening.tree {
                        Tree::Border => to_eta.as_slice(),
                        _ => next.as_deref().unwrap_or_default(),
                    })
                    .collect();
                let values =
                    points.combine(reused, height, distances, &elsewhere, matrices, is_low);
                (height.log_height + lvm_verifier::stark::domain::LOG_BLOWUP, values)
            })
            .collect()
    });
    drop((points, distances, next_distances));
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
    let proof = StarkProof {
        main: main.root(),
        layers,
        interactions: interactions.root(),
        totals,
        quotient: quotient.root(),
        opened,
        witness,
        fri: folded.open(&rounds, log_max, &positions, query_witness),
        queries,
    };
    for tree in [border, main, interactions, quotient] {
        tree.give_back(reused);
    }
    proof
}

/// The rows of all tables, within the matrices that they share.
struct Rows<'a> {
    border: &'a [Cells],
    main: &'a [Cells],
    preprocessed: &'a [Cells],
}

impl<'a> Rows<'a> {
    fn of(&self, plan: &Plan, instance: usize) -> TableRows<'a> {
        let columns = |tree: Tree, matrices: &'a [Cells]| {
            let (group, part) = plan.layout(tree).part(instance)?;
            Some(Columns::new(matrices.get(group)?, &part))
        };
        let table = plan.tables[instance].0;
        let main = if table.is_border() { self.border } else { self.main };
        TableRows {
            table,
            main: columns(Tree::of_main(table), main).expect("every table has main columns"),
            preprocessed: columns(Tree::Preprocessed, self.preprocessed),
        }
    }
}

/// The states before the permutations of a table, those of zeros at its end left out.
fn permutations(rows: &Cells, part: &Part) -> Vec<keccak_layers::State> {
    let mut states: Vec<keccak_layers::State> = rows
        .values
        .par_chunks_exact(PERIOD * rows.width)
        .map(|rows_of_one| {
            let width = rows.width;
            let mut words = [0; LANES];
            for (word, row) in words.iter_mut().zip(rows_of_one.chunks_exact(width)) {
                let bits = &row[part.offset + BEFORE..][..BITS];
                *word =
                    bits.iter().rev().fold(0, |word, &bit| word << 1 | u64::from(bit == Val::ONE));
            }
            words
        })
        .collect();
    while states.pop_if(|state| *state == [0; LANES]).is_some() {}
    states
}

/// The sums of interaction columns over all rows, of those of the part's buses and of global ones.
fn sum_columns(rows: &Cells, kinds: &[Kind]) -> Totals {
    type Sum = [Val; CHALLENGE_DEGREE];
    let add = |a: Sum, b: Sum| -> Sum { core::array::from_fn(|i| a[i] + b[i]) };
    let [local, global] = rows
        .values
        .par_chunks(rows.width)
        .with_min_len(1 << 10)
        .fold(
            || [[Val::ZERO; CHALLENGE_DEGREE]; 2],
            |mut sums, row| {
                let (columns, _) = row.as_chunks::<CHALLENGE_DEGREE>();
                for (column, kind) in columns.iter().zip(kinds) {
                    let sum = match kind {
                        Kind::Local => &mut sums[0],
                        Kind::Global => &mut sums[1],
                        Kind::Kernel => continue,
                    };
                    *sum = add(*sum, *column);
                }
                sums
            },
        )
        .reduce(|| [[Val::ZERO; CHALLENGE_DEGREE]; 2], |a, b| [add(a[0], b[0]), add(a[1], b[1])]);
    let challenge = |sum: Sum| Challenge::from_basis_coefficients_fn(|i| sum[i]);
    Totals { local: challenge(local), global: challenge(global) }
}
