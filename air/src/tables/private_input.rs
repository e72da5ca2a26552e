//! `private_input`: the memory words that the prover may choose.
//!
//! Statement: each of these words lies in `[PRIVATE_INPUT_START, PRIVATE_INPUT_END)`,
//! starts with some canonical value, and ends as the last segment that touches it leaves it.
//!
//! The region is the same for every proof: 512 MiB of data and the length before them fit, and a
//! power of two makes the bound two lookups.

use lvm_syscalls::layout::{PRIVATE_INPUT_END, PRIVATE_INPUT_START};
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::cell::{EIGHTH, MemoryCell, OrderedCell};
use crate::gadgets::limbs::{Limbs32, Limbs64, range16};
use crate::gadgets::value::Value;

/// Log2 of the words in the region.
const LOG_WORDS: u32 = 27;
const _: () = assert!(PRIVATE_INPUT_END - PRIVATE_INPUT_START == 8 << LOG_WORDS);
/// What the offset's high limb is multiplied by to bound it to `LOG_WORDS − 16` bits.
const HIGH_LIMB_SCALE: u32 = 1 << (32 - LOG_WORDS);

columns! {
    /// One word of private input.
    pub struct PrivateInputRow {
        /// 1 in a row that is used; 0 or 1.
        is_real: cell,
        /// Address, 8-aligned, in the region.
        address: cell,
        /// Limbs of `(address − PRIVATE_INPUT_START)/8`, below 2^27.
        offset: Limbs32,
        /// Value before the run; canonical.
        initial: Value,
        /// Limbs of the initial value.
        initial_limbs: Limbs64,
        /// Order and last state.
        cell: MemoryCell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = PrivateInputRow::<AB::Var>::of(builder.main().current_slice());
    builder.constrain_bool("is_real is boolean", row.is_real);
    row.cell.constrain(builder, row.address, row.initial.into_exprs(), AB::Expr::ONE, row.is_real);
    row.initial_limbs.constrain(builder, row.initial, row.is_real);
    let start = AB::Expr::from_u64(PRIVATE_INPUT_START);
    let offset = (row.address - start) * EIGHTH;
    row.offset.constrain(builder, offset.clone(), row.is_real);
    // The high limb is below 2^16 and so is 2^5 times it: below 2^11, hence offset < 2^27.
    let high = row.offset.high::<AB::Expr>(offset);
    range16(builder, high * AB::Expr::from_u32(HIGH_LIMB_SCALE), row.is_real);
}

/// The row of one word.
pub fn fill(event: &OrderedCell, counts: &mut Counts) -> PrivateInputRow<Goldilocks> {
    let OrderedCell { previous, cell } = event;
    let offset = ((cell.address - PRIVATE_INPUT_START) / 8) as u32;
    counts.range16(((offset >> 16) * HIGH_LIMB_SCALE) as u16);
    PrivateInputRow {
        is_real: Goldilocks::ONE,
        address: Goldilocks::from_u64(cell.address),
        offset: Limbs32::fill(offset, counts),
        initial: Value::from_u64(cell.initial),
        initial_limbs: Limbs64::fill(cell.initial, counts),
        cell: MemoryCell::fill(*previous, cell, counts),
    }
}

#[cfg(test)]
mod tests {
    use lvm_isa::segment::{Carried, Cell};

    use super::*;
    use crate::gadgets::value::TWO_32;
    use crate::tables::testing::*;

    fn row(address: u64, initial: u64) -> (PrivateInputRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let cell = Cell { address, initial, last: Carried { value: 3, segment: 5 } };
        let row = fill(&OrderedCell { previous: 0x1000, cell }, &mut counts);
        (row, counts)
    }

    #[test]
    fn honest_rows_start_with_the_input() {
        for address in [PRIVATE_INPUT_START, PRIVATE_INPUT_END - 8] {
            for initial in EDGES {
                let (row, counts) = row(address, initial);
                expect_honest("private input", &row, &counts, eval);
                assert_eq!(cell_sends(&row, eval), [(address, initial, 0)]);
            }
        }
    }

    #[test]
    fn addresses_outside_the_region_are_refused() {
        let (honest, _) = row(PRIVATE_INPUT_START, 1);
        for address in [PRIVATE_INPUT_START - 8, PRIVATE_INPUT_START + 4, 0x2000] {
            let mut row = honest;
            row.address = Goldilocks::from_u64(address);
            expect_violation(&row, "range16", eval);
        }
        let (mut beyond, _) = row(PRIVATE_INPUT_END - 8, 1);
        beyond.address += Goldilocks::from_u8(8);
        beyond.offset.low = Goldilocks::ZERO;
        expect_violation(&beyond, "range16", eval);
    }

    #[test]
    fn values_are_canonical() {
        let (mut row, _) = row(PRIVATE_INPUT_START, 5);
        row.initial.lo += TWO_32;
        expect_violation(&row, "range16", eval);
        row.is_real = Goldilocks::TWO;
        expect_violation(&row, "is_real is boolean", eval);
        expect_padding::<PrivateInputRow<Goldilocks>>(eval);
    }
}
