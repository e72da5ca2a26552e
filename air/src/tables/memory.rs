//! `memory`: the memory words that are neither in the image nor private input.
//!
//! Statement: each of these words starts as zero and ends as the last segment that touches it
//! leaves it.

use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::cell::{MemoryCell, OrderedCell};
use crate::gadgets::value::Value;

columns! {
    /// One memory word.
    pub struct MemoryRow {
        /// 1 in a row that is used; 0 or 1.
        is_real: cell,
        /// Address, 8-aligned.
        address: cell,
        /// Order and last state.
        cell: MemoryCell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = MemoryRow::<AB::Var>::of(builder.main().current_slice());
    builder.constrain_bool("is_real is boolean", row.is_real);
    let zero = Value { lo: AB::Expr::ZERO, hi: AB::Expr::ZERO };
    row.cell.constrain(builder, row.address, zero, AB::Expr::ONE, row.is_real);
}

/// The row of one word.
pub fn fill(event: &OrderedCell, counts: &mut Counts) -> MemoryRow<Goldilocks> {
    let OrderedCell { previous, cell } = event;
    MemoryRow {
        is_real: Goldilocks::ONE,
        address: Goldilocks::from_u64(cell.address),
        cell: MemoryCell::fill(*previous, cell, counts),
    }
}

#[cfg(test)]
mod tests {
    use lvm_isa::segment::{Carried, Cell};

    use super::*;
    use crate::tables::testing::*;

    fn row(previous: u64, address: u64) -> (MemoryRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let cell = Cell { address, initial: 0, last: Carried { value: 3, segment: 5 } };
        let row = fill(&OrderedCell { previous, cell }, &mut counts);
        (row, counts)
    }

    #[test]
    fn honest_rows_start_at_zero() {
        for (previous, address) in [(0xFF8, 0x1000), (0x1000, (1 << 35) - 8)] {
            let (row, counts) = row(previous, address);
            expect_honest("memory", &row, &counts, eval);
            assert_eq!(cell_sends(&row, eval), [(address, 0, 0)]);
        }
    }

    #[test]
    fn addresses_ascend_by_multiples_of_8() {
        let (honest, _) = row(0x1000, 0x1010);
        for previous in [0x1010, 0x1018, 0x1004, 0x100F] {
            let mut row = honest;
            row.cell.previous = Goldilocks::from_u64(previous);
            expect_violation(&row, "range16", eval);
        }
        let mut row = honest;
        row.is_real = Goldilocks::TWO;
        expect_violation(&row, "is_real is boolean", eval);
        expect_padding::<MemoryRow<Goldilocks>>(eval);
    }
}
