//! Step 6: the interaction columns.

use lvm_air::builder::{Side, TableBuilder};
use lvm_air::bus::Bus;
use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use lvm_air::table::Table;
use lvm_isa::segment::Statement;
use lvm_verifier::stark::interactions::{BusChallenges, Demands, Role};
use lvm_verifier::stark::layout::{Group, Part};
use p3_air::{AirBuilder, RowWindow};
use p3_field::{
    BasedVectorSpace, ExtensionField, Field, PackedFieldExtension, PackedFieldPow2, PackedValue,
    PrimeCharacteristicRing,
};
use p3_matrix::Matrix;
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;

use crate::stark::commit::Cells;
use crate::stark::reused::Reused;

/// Base-field elements side by side in a vector register.
pub(crate) type Packed = <Val as Field>::Packing;
/// As many challenges.
pub(crate) type PackedChallenge = <Challenge as ExtensionField<Val>>::ExtensionPacking;

/// Rows in a [`Packed`].
pub(crate) const LANES: usize = <Packed as PackedValue>::WIDTH;

/// The coefficients of a challenge.
pub(crate) fn coefficients(challenge: &Challenge) -> &[Val] {
    challenge.as_basis_coefficients_slice()
}

/// Coefficients as challenges.
#[inline(always)]
pub(crate) fn challenges(coefficients: [Packed; CHALLENGE_DEGREE]) -> PackedChallenge {
    PackedChallenge::from_basis_coefficients_fn(|i| coefficients[i])
}

/// A table's rows within matrices that it shares.
#[derive(Clone, Copy)]
pub(crate) struct TableRows<'a> {
    pub(crate) table: Table,
    pub(crate) main: Columns<'a>,
    pub(crate) preprocessed: Option<Columns<'a>>,
}

/// Some columns of a matrix.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'a> {
    pub(crate) matrix: &'a Cells,
    pub(crate) offset: usize,
    pub(crate) width: usize,
}

impl<'a> Columns<'a> {
    pub(crate) fn new(matrix: &'a Cells, part: &Part) -> Self {
        Self { matrix, offset: part.offset, width: part.width }
    }

    /// The columns in a row.
    pub(crate) fn row(&self, row: usize) -> &'a [Val] {
        &self.matrix.values[row * self.matrix.width + self.offset..][..self.width]
    }

    /// Puts the rows that `row` names for each lane side by side.
    #[inline]
    pub(crate) fn gather(&self, row: impl Fn(usize) -> usize, into: &mut [Packed]) {
        let width = self.matrix.width;
        let rows: [&[Packed]; LANES] = core::array::from_fn(|lane| {
            Packed::pack_slice(&self.matrix.values[row(lane) * width..][..width])
        });
        // The columns begin and end within blocks of as many columns as there are lanes.
        let mut rest = into;
        let mut within = self.offset % LANES;
        let mut block = self.offset / LANES;
        while !rest.is_empty() {
            let columns = transpose(core::array::from_fn(|lane| rows[lane][block]));
            let count = (LANES - within).min(rest.len());
            let (mine, others) = rest.split_at_mut(count);
            mine.copy_from_slice(&columns[within..within + count]);
            rest = others;
            within = 0;
            block += 1;
        }
    }
}

/// A square of elements, mirrored: lane i of the j-th result is lane j of the i-th argument.
#[inline]
pub(crate) fn transpose(mut square: [Packed; LANES]) -> [Packed; LANES] {
    let mut block = 1;
    while block < LANES {
        for i in (0..LANES).filter(|i| i & block == 0) {
            (square[i], square[i | block]) = square[i].interleave(square[i | block], block);
        }
        block *= 2;
    }
    square
}

/// Packs of rows that one task fills before it inverts all their denominators at once.
const TASK_PACKS: usize = 32;

/// Fills the interaction columns of all tables of one height.
pub(crate) fn fill(
    reused: &Reused,
    tables: &[(TableRows<'_>, &Demands)],
    layout: &Group,
    statement: &Statement,
    buses: &BusChallenges<PackedChallenge>,
) -> Cells {
    let height = 1usize << layout.log_height;
    let width = layout.padded_width();
    let mut cells = reused.buffer(height * width);
    let task_rows = (TASK_PACKS * LANES).min(height);
    cells.par_chunks_mut(task_rows * width).enumerate().for_each(|(task, rows)| {
        let mut offset = 0;
        for (table, demands) in tables {
            fill_task(table, demands, statement, buses, task * task_rows, offset, width, rows);
            // Those of a link are filled afterwards.
            offset += CHALLENGE_DEGREE * demands.columns();
        }
        for row in rows.chunks_exact_mut(width) {
            row[layout.width..].fill(Val::ZERO);
        }
    });
    RowMajorMatrix::new(cells, width)
}

/// Fills one table's interaction columns, from column `offset` on, in the rows from `first` on.
#[expect(clippy::too_many_arguments, reason = "called once")]
fn fill_task(
    table: &TableRows<'_>,
    demands: &Demands,
    statement: &Statement,
    buses: &BusChallenges<PackedChallenge>,
    first: usize,
    offset: usize,
    width: usize,
    rows: &mut [Val],
) {
    let packs = (rows.len() / width).div_ceil(LANES);
    let columns = demands.message_columns();
    let mut numerators = Vec::with_capacity(packs * columns);
    let mut denominators = Vec::with_capacity(packs * columns);
    let mut main = vec![Packed::ZERO; table.main.width];
    let mut fixed = vec![Packed::ZERO; table.preprocessed.map_or(0, |columns| columns.width)];
    // Messages don't depend on where a row lies.
    let periodic = vec![Packed::ZERO; table.table.periodic().len()];
    let height = table.main.matrix.height();
    for pack in 0..packs {
        let row = |lane: usize| (first + pack * LANES + lane) % height;
        table.main.gather(row, &mut main);
        if let Some(columns) = &table.preprocessed {
            columns.gather(row, &mut fixed);
        }
        let mut fractions = Fractions {
            main: RowWindow::from_two_rows(&main, &main),
            preprocessed: RowWindow::from_two_rows(&fixed, &fixed),
            periodic: &periodic,
            buses,
            roles: demands.roles.iter(),
            numerators: &mut numerators,
            denominators: &mut denominators,
            pending: [None, None],
        };
        table.table.eval(statement, &mut fractions);
    }
    let inverses = invert(&denominators);
    let rows_left = rows.len() / width;
    for pack in 0..packs {
        for column in 0..columns {
            let index = pack * columns + column;
            let fraction = numerators[index] * inverses[index];
            let at = offset + CHALLENGE_DEGREE * column;
            let coefficients: &[Packed] = fraction.as_basis_coefficients_slice();
            for (i, coefficient) in coefficients.iter().enumerate() {
                for (lane, value) in coefficient.as_slice().iter().enumerate() {
                    let row = pack * LANES + lane;
                    if row < rows_left {
                        rows[row * width + at + i] = *value;
                    }
                }
            }
        }
    }
}

/// The inverses of all elements, by one inversion. A zero, which a fingerprint is with negligible
/// probability, makes all of them zero and the proof invalid.
pub(crate) fn invert(elements: &[PackedChallenge]) -> Vec<PackedChallenge> {
    let mut products = Vec::with_capacity(elements.len());
    let mut product = PackedChallenge::ONE;
    for &element in elements {
        products.push(product);
        product *= element;
    }
    let lanes: [Challenge; LANES] = core::array::from_fn(|lane| product.extract(lane));
    let lanes = invert_lanes(lanes);
    let mut inverse = PackedChallenge::from_ext_fn(|lane| lanes[lane]);
    for (before, &element) in products.iter_mut().zip(elements).rev() {
        *before *= inverse;
        inverse *= element;
    }
    products
}

/// The inverses of a few elements, by one inversion; all zero if one is.
fn invert_lanes(elements: [Challenge; LANES]) -> [Challenge; LANES] {
    let mut product = Challenge::ONE;
    let mut inverses = elements.map(|element| {
        let before = product;
        product *= element;
        before
    });
    let mut inverse = product.try_inverse().unwrap_or_default();
    for (before, element) in inverses.iter_mut().zip(elements).rev() {
        *before *= inverse;
        inverse *= element;
    }
    inverses
}

/// Collects the fractions of some rows.
struct Fractions<'a> {
    main: RowWindow<'a, Packed>,
    preprocessed: RowWindow<'a, Packed>,
    periodic: &'a [Packed],
    buses: &'a BusChallenges<PackedChallenge>,
    roles: core::slice::Iter<'a, Role>,
    numerators: &'a mut Vec<PackedChallenge>,
    denominators: &'a mut Vec<PackedChallenge>,
    pending: [Option<(PackedChallenge, Packed)>; 2],
}

impl<'a> AirBuilder for Fractions<'a> {
    type F = Val;
    type Expr = Packed;
    type Var = Packed;
    type PreprocessedWindow = RowWindow<'a, Packed>;
    type MainWindow = RowWindow<'a, Packed>;
    type PublicVar = Packed;
    type PeriodicVar = Packed;

    #[inline(always)]
    fn main(&self) -> Self::MainWindow {
        self.main
    }

    #[inline(always)]
    fn preprocessed(&self) -> &Self::PreprocessedWindow {
        &self.preprocessed
    }

    fn periodic_values(&self) -> &[Packed] {
        self.periodic
    }

    fn is_first_row(&self) -> Packed {
        Packed::ZERO
    }

    fn is_last_row(&self) -> Packed {
        Packed::ZERO
    }

    fn is_transition(&self) -> Packed {
        Packed::ZERO
    }

    #[inline(always)]
    fn assert_zero<I: Into<Packed>>(&mut self, _zero: I) {}
}

impl TableBuilder for Fractions<'_> {
    #[inline(always)]
    fn constrain(&mut self, _label: &'static str, _zero: impl Into<Packed>) {}

    #[inline(always)]
    fn message(
        &mut self,
        bus: Bus,
        side: Side,
        fields: impl IntoIterator<Item = Packed>,
        multiplicity: Packed,
        _multiplicity_max: u32,
    ) {
        let fingerprint = self.buses.fingerprint(bus, fields);
        let signed = match side {
            Side::Send => multiplicity,
            Side::Receive => -multiplicity,
        };
        let pending = &mut self.pending[usize::from(bus.is_global())];
        let (numerator, denominator) = match self.roles.next() {
            Some(Role::First) => {
                *pending = Some((fingerprint, signed));
                return;
            }
            Some(Role::Second) => {
                let (first, first_signed) =
                    pending.take().unwrap_or((PackedChallenge::ONE, Packed::ZERO));
                (first * signed + fingerprint * first_signed, first * fingerprint)
            }
            Some(Role::Single) | None => (PackedChallenge::from(signed), fingerprint),
        };
        self.numerators.push(numerator);
        self.denominators.push(denominator);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_gathered_from_any_column() {
        let cells = (0..16 * 24).map(Val::from_u32).collect();
        let matrix: Cells = RowMajorMatrix::new(cells, 24);
        for (offset, width) in [(0, 24), (3, 5), (7, 9), (8, 16), (23, 1), (5, 0)] {
            let columns = Columns { matrix: &matrix, offset, width };
            let mut gathered = vec![Packed::ZERO; width];
            let row = |lane: usize| (5 * lane + 2) % 16;
            columns.gather(row, &mut gathered);
            for (column, pack) in gathered.iter().enumerate() {
                for (lane, value) in pack.as_slice().iter().enumerate() {
                    assert_eq!(*value, matrix.values[row(lane) * 24 + offset + column]);
                }
            }
        }
    }

    #[test]
    fn inverses() {
        let element = |i: u32| Challenge::from(Val::from_u32(i + 1));
        let elements: Vec<PackedChallenge> = (0..5)
            .map(|i| PackedChallenge::from_ext_fn(|lane| element(9 * i + lane as u32)))
            .collect();
        for (a, b) in elements.iter().zip(invert(&elements)) {
            assert_eq!(*a * b, PackedChallenge::ONE);
        }
    }
}
