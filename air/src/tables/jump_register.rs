//! `jump_register`: JALR.
//!
//! Statement: at `time` the machine at `pc` executes JALR, rd becomes pc + 4 and execution goes on
//! at rs1 + displacement with its lowest bit cleared.
//!
//! The sum doesn't wrap: a sum outside `0..2^64` would be no address of the program, because no
//! instruction lies in the first 4 KiB, and so couldn't be executed next.

use lvm_isa::event::Step;
use lvm_isa::instruction::{Instruction, Operation};
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::fetch::{Decoded, Fetch};
use crate::gadgets::memory::{effective_address, fill_effective_address};
use crate::gadgets::register::RegisterAccess;
use crate::gadgets::value::Value;
use crate::tables::program::{code, destination, signed};

columns! {
    /// One executed JALR.
    pub struct JumpRegisterRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 in a row that is used; 0 or 1.
        is_real: cell,
        /// Destination register, or the sink.
        rd: cell,
        /// Register with the base of the target.
        rs1: cell,
        /// Signed displacement, as the program has it.
        displacement: cell,
        /// pc + 4 as the program has it; canonical.
        link: Value,
        /// Read of rs1.
        base: RegisterAccess,
        /// Write of rd.
        write: RegisterAccess,
        /// The lowest bit of the sum, which is cleared; 0 or 1. The target must be 4-aligned to
        /// be executed, so only the true bit leads on.
        low_bit: cell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = JumpRegisterRow::<AB::Var>::of(builder.main().current_slice());
    builder.constrain_bool("is_real is boolean", row.is_real);
    builder.constrain_bool("low_bit is boolean", row.low_bit);

    let decoded = Decoded {
        code: AB::Expr::from_u8(code(Operation::Jalr)),
        operands: [
            row.rd.into(),
            row.rs1.into(),
            row.displacement.into(),
            row.link.lo.into(),
            row.link.hi.into(),
        ],
    };
    let sum = effective_address(builder, row.base.before, row.displacement, row.is_real);
    row.fetch.constrain(builder, decoded, sum - row.low_bit, row.is_real);
    row.base.constrain_read(builder, row.rs1, row.fetch.at::<AB>(0), row.is_real);
    row.write.constrain_write(
        builder,
        row.rd,
        row.link.into_exprs(),
        row.fetch.at::<AB>(3),
        row.is_real,
    );
}

/// The row of one executed instruction.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    step: &Step,
    counts: &mut Counts,
) -> JumpRegisterRow<Goldilocks> {
    fill_effective_address(step.rs1.value, counts);
    let sum = step.rs1.value.wrapping_add_signed(instruction.imm);
    JumpRegisterRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_real: Goldilocks::ONE,
        rd: Goldilocks::from_u8(destination(instruction.rd)),
        rs1: Goldilocks::from_u8(instruction.rs1),
        displacement: signed(instruction.imm),
        link: Value::from_u64(pc.wrapping_add(4)),
        base: RegisterAccess::fill(step.rs1, step.time, counts),
        write: RegisterAccess::fill(step.rd, step.time + 3, counts),
        low_bit: Goldilocks::from_bool(sum & 1 == 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    fn row(imm: i64, base: u64) -> (JumpRegisterRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let row = fill(PC, &instruction(Operation::Jalr, imm), &step(base, 0), &mut counts);
        (row, counts)
    }

    #[test]
    fn honest_rows_link_and_jump() {
        for base in [0x1000, 0x1_0001, 0x7_FFFF_FFF0, 0xFFFF_FFFF] {
            for imm in [-2048, -3, 0, 1, 2047] {
                let (row, counts) = row(imm, base);
                expect_honest("JALR", &row, &counts, eval);
                assert_eq!(register_sends(&row, eval), [(5, base, 400), (7, PC + 4, 403)]);
                let target = base.wrapping_add_signed(imm) & !1;
                assert_eq!(message(&row, Bus::Execution, Side::Send, eval), [404, target]);
            }
        }
    }

    #[test]
    fn a_base_that_aliases_an_address_is_refused() {
        // 2^64 − 2^32 + 1 + 0x2000 is 0x2000 modulo the field's order.
        let (row, _) = row(0, 0xFFFF_FFFF_0000_2001);
        assert_eq!(message(&row, Bus::Execution, Side::Send, eval)[1], 0x2000 - 1);
        expect_violation(&row, "range16", eval);
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        let (mut row, _) = row(0, 0x2000);
        row.low_bit = Goldilocks::TWO;
        expect_violation(&row, "low_bit is boolean", eval);
        row.is_real = Goldilocks::TWO;
        expect_violation(&row, "is_real is boolean", eval);
        expect_padding::<JumpRegisterRow<Goldilocks>>(eval);
    }
}
