//! Step 7: the quotients.

use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use lvm_air::table::{PERIOD, Table};
use lvm_isa::segment::Statement;
use lvm_verifier::stark::domain::{LOG_BLOWUP, SHIFT, Selectors, reverse};
use lvm_verifier::stark::folder::Folder;
use lvm_verifier::stark::interactions::{BusChallenges, Demands};
use lvm_verifier::stark::links::{Link, LinkAt, LinkRow};
use lvm_verifier::stark::merkle::BLOCK_ELEMENTS;
use p3_air::RowWindow;
use p3_field::{BasedVectorSpace, Field, PackedValue, PrimeCharacteristicRing, TwoAdicField};
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;

use crate::stark::commit::Cells;
use crate::stark::interactions::{Columns, LANES, Packed, PackedChallenge, TableRows, challenges};
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
    /// What ties the table to layers, with the ratios of the kernels on the domain.
    pub(crate) link: Option<(&'a Link, Cells)>,
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
    // X^n − 1 takes two values: SHIFT^n − 1 on the first half of the domain, −SHIFT^n − 1 on the
    // second.
    let s = SHIFT.exp_power_of_2(log_height);
    let inverses = [(s - Val::ONE).inverse(), (-s - Val::ONE).inverse()];
    let has_transitions = tables.iter().any(|table| table.demands.reads_next_row);
    let points = if has_transitions { Points::new(log_height) } else { Points::default() };
    let periodic: Vec<PeriodicValues> =
        tables.iter().map(|table| PeriodicValues::new(table.rows.table, log_height)).collect();
    let links: Vec<Option<LinkAt<PackedChallenge>>> =
        tables.iter().map(|table| table.link.as_ref().map(|(link, _)| LinkAt::new(link))).collect();

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
                for (index, table) in tables.iter().enumerate() {
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
                        let (coefficients, _) = base.as_chunks::<CHALLENGE_DEGREE>();
                        columns.extend(coefficients.iter().copied().map(challenges));
                    }
                    let mut selectors = Selectors::default();
                    let mut window = RowWindow::from_two_rows(&main, &main);
                    if table.demands.reads_next_row {
                        next.resize(rows.main.width, Packed::ZERO);
                        rows.main.gather(|lane| next_row(row(lane), log_size), &mut next);
                        window = RowWindow::from_two_rows(&main, &next);
                        selectors = points.select(row);
                    }
                    let (mine, others) = powers.split_at(table.demands.powers());
                    powers = others;
                    let periodic = &periodic[index].at(row, log_size);
                    let mut folder = Folder {
                        main: window,
                        preprocessed: RowWindow::from_two_rows(&fixed, &fixed),
                        selectors,
                        periodic,
                        columns: &columns[..table.demands.message_columns()],
                        buses,
                        roles: &table.demands.roles,
                        powers: mine,
                        sum,
                        pending: [None, None],
                        is_short: false,
                    };
                    rows.table.eval(statement, &mut folder);
                    if let (Some((_, ratios)), Some(link)) = (&table.link, &links[index]) {
                        let interactions = table.interactions.as_ref().expect("it has a link");
                        let mut next = vec![Packed::ZERO; interactions.width];
                        interactions.gather(|lane| next_row(row(lane), log_size), &mut next);
                        let [.., first, second] = *next.as_chunks::<CHALLENGE_DEGREE>().0 else {
                            unreachable!("two kernels are last");
                        };
                        let mut here = [Packed::ZERO; BLOCK_ELEMENTS];
                        let matrix = Columns { matrix: ratios, offset: 0, width: BLOCK_ELEMENTS };
                        matrix.gather(row, &mut here);
                        let (ratios, _) = here.as_chunks::<CHALLENGE_DEGREE>();
                        let [.., products, before, after] = *columns else {
                            unreachable!("those of a link are last");
                        };
                        let link_row = LinkRow {
                            products,
                            kernels: [before, after],
                            next: [first, second].map(challenges),
                            ratios: [ratios[0], ratios[1]].map(challenges),
                            first: selectors.first,
                            padding: *periodic.last().expect("a table with layers has padding"),
                        };
                        folder.link(&link_row, link);
                    }
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

/// The row of the evaluation domain that is one row of the table further, in bit-reversed order.
fn next_row(row: usize, log_size: usize) -> usize {
    // One row further in the table is two points further on the domain.
    let natural = reverse(row, log_size) + (1 << LOG_BLOWUP);
    reverse(natural % (1 << log_size), log_size)
}

/// A table's periodic columns on the evaluation domain: as the columns have a period, so do their
/// values there.
struct PeriodicValues(Vec<[Val; PERIOD << LOG_BLOWUP]>);

impl PeriodicValues {
    fn new(table: Table, log_height: usize) -> Self {
        let log_period = PERIOD.ilog2() as usize;
        let columns = table.periodic().iter().map(|column| {
            // In place of x^(n / PERIOD).
            let shift = SHIFT.exp_power_of_2(log_height - log_period);
            let root = Val::two_adic_generator(log_period + LOG_BLOWUP);
            let mut points = root.shifted_powers(shift);
            let elements = Val::two_adic_generator(log_period).powers().collect_n(PERIOD);
            core::array::from_fn(|_| {
                let point = points.next().unwrap_or_default();
                let vanishing = point.exp_power_of_2(log_period) - Val::ONE;
                let sum: Val = column
                    .ones
                    .clone()
                    .map(|row| elements[row] * (point - elements[row]).inverse())
                    .sum();
                sum * vanishing * Val::from_usize(PERIOD).inverse()
            })
        });
        Self(columns.collect())
    }

    /// The columns in the rows that `row` names for each lane, in bit-reversed order.
    fn at(&self, row: impl Fn(usize) -> usize + Copy, log_size: usize) -> Vec<Packed> {
        let at = |lane: usize| reverse(row(lane), log_size) % (PERIOD << LOG_BLOWUP);
        self.0.iter().map(|column| Packed::from_fn(|lane| column[at(lane)])).collect()
    }
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
