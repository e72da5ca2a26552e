//! Step 7: the quotients.

use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use lvm_isa::segment::Statement;
use lvm_verifier::stark::domain::{LOG_BLOWUP, SHIFT, Selectors, reverse};
use lvm_verifier::stark::folder::Folder;
use lvm_verifier::stark::interactions::{BusChallenges, Demands};
use lvm_verifier::stark::merkle::BLOCK_ELEMENTS;
use p3_air::RowWindow;
use p3_field::{BasedVectorSpace, Field, PackedValue, PrimeCharacteristicRing, TwoAdicField};
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;

use crate::stark::commit::Cells;
use crate::stark::interactions::{Columns, LANES, Packed, PackedChallenge, TableRows};
use crate::stark::reused::Reused;
use crate::stark::transform::extend_chunks;

/// Packs of points that one task folds.
const TASK_PACKS: usize = 32;
/// Columns of the matrix of a quotient: two chunks of three, and padding.
const WIDTH: usize = BLOCK_ELEMENTS;

/// What the quotient of a table needs, on the evaluation domain.
pub(crate) struct Folded<'a> {
    pub(crate) rows: TableRows<'a>,
    pub(crate) interactions: Option<Columns<'a>>,
    pub(crate) demands: &'a Demands,
}

/// The extended chunks of the quotient of all tables of height `2^log_height`.
///
/// `powers` are the powers of the constraint challenge, at least as many as the tables take.
pub(crate) fn extended(
    reused: &Reused,
    tables: &[Folded<'_>],
    statement: &Statement,
    buses: &BusChallenges<PackedChallenge>,
    powers: &[PackedChallenge],
    log_height: usize,
) -> Cells {
    let chunks = values(reused, tables, statement, buses, powers, log_height);
    let extended = extend_chunks(reused, &chunks);
    reused.give_back(chunks.values);
    extended
}

/// The quotient's values: row i of the first half of the domain in columns 0 to 2, of the second
/// half in columns 3 to 5 of row i, in bit-reversed order.
fn values(
    reused: &Reused,
    tables: &[Folded<'_>],
    statement: &Statement,
    buses: &BusChallenges<PackedChallenge>,
    powers: &[PackedChallenge],
    log_height: usize,
) -> Cells {
    let height = 1usize << log_height;
    let log_size = log_height + LOG_BLOWUP;
    let size = 1usize << log_size;
    // X^n − 1 takes two values: SHIFT^n − 1 on the first half of the domain, −SHIFT^n − 1 on the
    // second.
    let s = SHIFT.exp_power_of_2(log_height);
    let inverses = [(s - Val::ONE).inverse(), (-s - Val::ONE).inverse()];
    let has_transitions = tables.iter().any(|table| table.demands.reads_next_row);
    let points = if has_transitions { Points::new(log_height) } else { Points::default() };

    let mut cells = reused.buffer(height * WIDTH);
    let task_rows = (TASK_PACKS * LANES).min(height);
    cells.par_chunks_mut(task_rows * WIDTH).enumerate().for_each(|(task, out)| {
        let mut main: Vec<Packed> = Vec::new();
        let mut next: Vec<Packed> = Vec::new();
        let mut fixed: Vec<Packed> = Vec::new();
        let mut base: Vec<Packed> = Vec::new();
        let mut columns: Vec<PackedChallenge> = Vec::new();
        out.fill(Val::ZERO);
        for (half, inverse) in inverses.into_iter().enumerate() {
            for pack in 0..(out.len() / WIDTH).div_ceil(LANES) {
                let within = task * task_rows + pack * LANES;
                let row = |lane: usize| half * height + (within + lane) % height;
                let mut sum = PackedChallenge::ZERO;
                let mut powers = powers;
                for table in tables {
                    let rows = &table.rows;
                    main.resize(rows.main.width, Packed::ZERO);
                    rows.main.gather(row, &mut main);
                    fixed.resize(rows.preprocessed.map_or(0, |c| c.width), Packed::ZERO);
                    if let Some(preprocessed) = &rows.preprocessed {
                        preprocessed.gather(row, &mut fixed);
                    }
                    columns.clear();
                    if let Some(interactions) = &table.interactions {
                        base.resize(interactions.width, Packed::ZERO);
                        interactions.gather(row, &mut base);
                        columns.extend(base.chunks_exact(CHALLENGE_DEGREE).map(|coefficients| {
                            PackedChallenge::from_basis_coefficients_fn(|i| coefficients[i])
                        }));
                    }
                    let mut selectors = Selectors::default();
                    let mut window = RowWindow::from_two_rows(&main, &main);
                    if table.demands.reads_next_row {
                        next.resize(rows.main.width, Packed::ZERO);
                        // One row further in the table is two points further on the domain.
                        let next_row = |lane: usize| {
                            let natural = reverse(row(lane), log_size) + (1 << LOG_BLOWUP);
                            reverse(natural % size, log_size)
                        };
                        rows.main.gather(next_row, &mut next);
                        window = RowWindow::from_two_rows(&main, &next);
                        selectors = points.select(row);
                    }
                    let (mine, others) = powers.split_at(table.demands.powers());
                    powers = others;
                    let mut folder = Folder {
                        main: window,
                        preprocessed: RowWindow::from_two_rows(&fixed, &fixed),
                        selectors,
                        columns: &columns,
                        buses,
                        roles: &table.demands.roles,
                        powers: mine,
                        sum,
                        pending: [None, None],
                        is_short: false,
                    };
                    rows.table.eval(statement, &mut folder);
                    sum = folder.finish().expect("demands are the table's");
                }
                let quotient = sum * Packed::from(inverse);
                let coefficients: &[Packed] = quotient.as_basis_coefficients_slice();
                for (i, coefficient) in coefficients.iter().enumerate() {
                    for (lane, value) in coefficient.as_slice().iter().enumerate() {
                        if let Some(cell) =
                            out.get_mut((pack * LANES + lane) * WIDTH + half * CHALLENGE_DEGREE + i)
                        {
                            *cell = *value;
                        }
                    }
                }
            }
        }
    });
    RowMajorMatrix::new(cells, WIDTH)
}

/// The rows' selectors on the evaluation domain, in bit-reversed order.
#[derive(Default)]
struct Points {
    first: Vec<Val>,
    last: Vec<Val>,
    transition: Vec<Val>,
}

impl Points {
    fn new(log_height: usize) -> Self {
        let log_size = log_height + LOG_BLOWUP;
        let mut points: Vec<Val> =
            Val::two_adic_generator(log_size).shifted_powers(SHIFT).take(1 << log_size).collect();
        p3_util::reverse_slice_index_bits(&mut points);
        let last_point = Val::two_adic_generator(log_height).inverse();
        // Xⁿ takes one value on each half of the domain.
        let s = SHIFT.exp_power_of_2(log_height);
        let over = |distances: &[Val]| {
            let mut quotients = p3_field::batch_multiplicative_inverse(distances);
            for (half, power) in quotients.chunks_mut(1 << log_height).zip([s, -s]) {
                for quotient in half {
                    *quotient *= power - Val::ONE;
                }
            }
            quotients
        };
        let from = |point: Val| points.iter().map(|&x| x - point).collect::<Vec<Val>>();
        let transition = from(last_point);
        Self { first: over(&from(Val::ONE)), last: over(&transition), transition }
    }

    /// The selectors of the rows that `row` names for each lane.
    fn select(&self, row: impl Fn(usize) -> usize) -> Selectors<Packed> {
        let pack = |values: &[Val]| Packed::from_fn(|lane| values[row(lane)]);
        Selectors {
            first: pack(&self.first),
            last: pack(&self.last),
            transition: pack(&self.transition),
        }
    }
}

/// Powers of a challenge, each in all lanes.
pub(crate) fn packed_powers(base: Challenge, count: usize) -> Vec<PackedChallenge> {
    base.powers().take(count).map(PackedChallenge::from).collect()
}
