//! `store_double`: SD to an 8-aligned address.
//!
//! Statement: at `time` the machine at `pc` executes SD and the memory word at
//! rs1 + displacement, which is a multiple of 8, becomes rs2.

use lvm_isa::event::MemoryStep;
use lvm_isa::instruction::{Instruction, Operation};
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::fetch::{Decoded, Fetch};
use crate::gadgets::memory::{MemoryWrite, effective_address, fill_effective_address};
use crate::gadgets::register::RegisterAccess;
use crate::tables::program::{code, signed};

columns! {
    /// One executed SD.
    pub struct StoreDoubleRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 in a row that is used; 0 or 1.
        is_real: cell,
        /// Register with the base address.
        rs1: cell,
        /// Register with the value.
        rs2: cell,
        /// Signed displacement, as the program has it.
        displacement: cell,
        /// Read of rs1.
        base: RegisterAccess,
        /// Read of rs2.
        value: RegisterAccess,
        /// Write of the word; the address is a multiple of 8 because only those are in memory.
        word: MemoryWrite,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = StoreDoubleRow::<AB::Var>::of(builder.main().current_slice());
    builder.constrain_bool("is_real is boolean", row.is_real);

    let decoded = Decoded {
        code: AB::Expr::from_u8(code(Operation::Sd)),
        operands: [
            row.rs2.into(),
            row.rs1.into(),
            row.displacement.into(),
            AB::Expr::ZERO,
            AB::Expr::ZERO,
        ],
    };
    row.fetch.constrain(builder, decoded, row.fetch.fallthrough::<AB>(), row.is_real);
    row.base.constrain_read(builder, row.rs1, row.fetch.at::<AB>(0), row.is_real);
    row.value.constrain_read(builder, row.rs2, row.fetch.at::<AB>(1), row.is_real);
    let address = effective_address(builder, row.base.before, row.displacement, row.is_real);
    row.word.constrain(
        builder,
        address,
        row.value.before.into_exprs(),
        row.fetch.at::<AB>(2),
        row.is_real,
    );
}

/// The row of one executed instruction.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    event: &MemoryStep,
    counts: &mut Counts,
) -> StoreDoubleRow<Goldilocks> {
    let step = &event.step;
    fill_effective_address(step.rs1.value, counts);
    StoreDoubleRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_real: Goldilocks::ONE,
        rs1: Goldilocks::from_u8(instruction.rs1),
        rs2: Goldilocks::from_u8(instruction.rs2),
        displacement: signed(instruction.imm),
        base: RegisterAccess::fill(step.rs1, step.time, counts),
        value: RegisterAccess::fill(step.rs2, step.time + 1, counts),
        word: MemoryWrite::fill(event.word, step.time + 2, counts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    fn row(imm: i64, base: u64, value: u64) -> (StoreDoubleRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let event = memory_step(base, value, 99, 0);
        let row = fill(PC, &instruction(Operation::Sd, imm), &event, &mut counts);
        (row, counts)
    }

    #[test]
    fn honest_rows_store_the_value() {
        for (base, imm) in [(0x2000, -2048), (0x7_FFFF_F000, 2040), (0xFFFF_FFF8, 8)] {
            for value in EDGES {
                let (row, counts) = row(imm, base, value);
                expect_honest("SD", &row, &counts, eval);
                assert_eq!(register_sends(&row, eval), [(5, base, 400), (6, value, 401)]);
                let address = base.wrapping_add_signed(imm);
                assert_eq!(memory_sends(&row, eval), [(address, value, 402)]);
            }
        }
    }

    #[test]
    fn only_a_writable_word_is_stored_to() {
        let (row, _) = row(0, 0x2000, 5);
        let found = message(&row, Bus::Memory, Side::Receive, eval);
        let left = message(&row, Bus::Memory, Side::Send, eval);
        assert_eq!((found[1], left[1]), (1, 1));
    }

    #[test]
    fn a_base_that_aliases_an_address_is_refused() {
        let (row, _) = row(-1, 0xFFFF_FFFF_0000_2002, 5);
        assert_eq!(memory_sends(&row, eval)[0].0, 0x2000);
        expect_violation(&row, "range16", eval);
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        let (mut row, _) = row(0, 0x2000, 5);
        row.word.time = Goldilocks::from_u32(402);
        expect_violation(&row, "range16", eval);
        row.is_real = Goldilocks::TWO;
        expect_violation(&row, "is_real is boolean", eval);
        expect_padding::<StoreDoubleRow<Goldilocks>>(eval);
    }
}
