//! `load_double`: LD from an 8-aligned address.
//!
//! Statement: at `time` the machine at `pc` executes LD and rd becomes the memory word at
//! rs1 + displacement, which is a multiple of 8.

use lvm_isa::event::MemoryStep;
use lvm_isa::instruction::{Instruction, Operation};
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::fetch::{Decoded, Fetch};
use crate::gadgets::memory::{MemoryAccess, effective_address, fill_effective_address};
use crate::gadgets::register::RegisterAccess;
use crate::tables::program::{code, destination, signed};

columns! {
    /// One executed LD.
    pub struct LoadDoubleRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 in a row that is used; 0 or 1.
        is_real: cell,
        /// Destination register, or the sink.
        rd: cell,
        /// Register with the base address.
        rs1: cell,
        /// Signed displacement, as the program has it.
        displacement: cell,
        /// Read of rs1.
        base: RegisterAccess,
        /// Read of the word; the address is a multiple of 8 because only those are in memory.
        word: MemoryAccess,
        /// Write of rd.
        write: RegisterAccess,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = LoadDoubleRow::<AB::Var>::of(builder.main().current_slice());
    builder.constrain_bool("is_real is boolean", row.is_real);

    let decoded = Decoded {
        code: AB::Expr::from_u8(code(Operation::Ld)),
        operands: [
            row.rd.into(),
            row.rs1.into(),
            row.displacement.into(),
            AB::Expr::ZERO,
            AB::Expr::ZERO,
        ],
    };
    row.fetch.constrain(builder, decoded, row.fetch.fallthrough::<AB>(), row.is_real);
    row.base.constrain_read(builder, row.rs1, row.fetch.at::<AB>(0), row.is_real);
    let address = effective_address(builder, row.base.before, row.displacement, row.is_real);
    row.word.constrain_read(builder, address, row.fetch.at::<AB>(2), row.is_real);
    row.write.constrain_write(
        builder,
        row.rd,
        row.word.before().into_exprs(),
        row.fetch.at::<AB>(3),
        row.is_real,
    );
}

/// The row of one executed instruction; `is_writable` tells whether stores may change the word.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    event: &MemoryStep,
    is_writable: bool,
    counts: &mut Counts,
) -> LoadDoubleRow<Goldilocks> {
    let step = &event.step;
    fill_effective_address(step.rs1.value, counts);
    LoadDoubleRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_real: Goldilocks::ONE,
        rd: Goldilocks::from_u8(destination(instruction.rd)),
        rs1: Goldilocks::from_u8(instruction.rs1),
        displacement: signed(instruction.imm),
        base: RegisterAccess::fill(step.rs1, step.time, counts),
        word: MemoryAccess::fill(event.word, is_writable, step.time + 2, counts),
        write: RegisterAccess::fill(step.rd, step.time + 3, counts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    fn row(imm: i64, base: u64, word: u64) -> (LoadDoubleRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let event = memory_step(base, 0, word, 0);
        let row = fill(PC, &instruction(Operation::Ld, imm), &event, true, &mut counts);
        (row, counts)
    }

    #[test]
    fn honest_rows_load_the_word() {
        for (base, imm) in [(0x2000, -2048), (0x7_FFFF_F000, 2040), (0xFFFF_FFF8, 8)] {
            for word in EDGES {
                let (row, counts) = row(imm, base, word);
                expect_honest("LD", &row, &counts, eval);
                assert_eq!(register_sends(&row, eval), [(5, base, 400), (7, word, 403)]);
                let address = base.wrapping_add_signed(imm);
                assert_eq!(memory_sends(&row, eval), [(address, word, 402)]);
            }
        }
    }

    #[test]
    fn a_load_passes_writability_on() {
        for is_writable in [false, true] {
            let mut counts = Counts::new(1);
            let event = memory_step(0x2000, 0, 7, 0);
            let ld = instruction(Operation::Ld, 0);
            let row = fill(PC, &ld, &event, is_writable, &mut counts);
            expect_honest("LD", &row, &counts, eval);
            let left = message(&row, Bus::Memory, Side::Send, eval);
            assert_eq!(left[1], u64::from(is_writable));
        }
    }

    #[test]
    fn a_base_that_aliases_an_address_is_refused() {
        let (row, _) = row(-1, 0xFFFF_FFFF_0000_2002, 5);
        assert_eq!(memory_sends(&row, eval)[0].0, 0x2000);
        expect_violation(&row, "range16", eval);
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        let (honest, _) = row(0, 0x2000, 5);
        let corrupt = |label: &str, change: fn(&mut LoadDoubleRow<Goldilocks>)| {
            let mut row = honest;
            change(&mut row);
            expect_violation(&row, label, eval);
        };
        corrupt("is_real is boolean", |r| r.is_real = Goldilocks::TWO);
        corrupt("range16", |r| r.word.found.time = Goldilocks::from_u32(402));
        corrupt("range16", |r| r.word.found.gap.low += Goldilocks::ONE);
        expect_padding::<LoadDoubleRow<Goldilocks>>(eval);
    }
}
