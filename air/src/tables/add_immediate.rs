//! `add_immediate`: ADDI; LUI and AUIPC as x0 plus a constant; FENCE as x0 plus 0 into the sink.
//!
//! Statement: at `time` the machine at `pc` executes such an instruction and rd becomes
//! rs1 + immediate modulo 2^64.

use lvm_isa::event::Step;
use lvm_isa::instruction::Instruction;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::fetch::{Decoded, Fetch};
use crate::gadgets::limbs::Limbs64;
use crate::gadgets::register::RegisterAccess;
use crate::gadgets::value::{TWO_32_INVERSE, Value};
use crate::tables::program::{ADD_IMMEDIATE_CODE, added_immediate, added_register, destination};

columns! {
    /// One executed instruction of the class.
    pub struct AddImmediateRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 in a row that is used; 0 or 1.
        is_real: cell,
        /// Destination register, or the sink.
        rd: cell,
        /// Source register.
        rs1: cell,
        /// The immediate; canonical, as the program has it.
        immediate: Value,
        /// Read of rs1.
        left: RegisterAccess,
        /// Write of rd.
        write: RegisterAccess,
        /// The sum; canonical.
        result: Value,
        /// Limbs of the sum.
        result_limbs: Limbs64,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = AddImmediateRow::<AB::Var>::of(builder.main().current_slice());
    builder.constrain_bool("is_real is boolean", row.is_real);

    let decoded = Decoded {
        code: AB::Expr::from_u8(ADD_IMMEDIATE_CODE),
        operands: [
            row.rd.into(),
            row.rs1.into(),
            AB::Expr::ZERO,
            row.immediate.lo.into(),
            row.immediate.hi.into(),
        ],
    };
    row.fetch.constrain(builder, decoded, row.fetch.fallthrough::<AB>(), row.is_real);
    row.left.constrain_read(builder, row.rs1, row.fetch.at::<AB>(0), row.is_real);
    row.write.constrain_write(
        builder,
        row.rd,
        row.result.into_exprs(),
        row.fetch.at::<AB>(3),
        row.is_real,
    );
    row.result_limbs.constrain(builder, row.result, row.is_real);

    // rs1 + immediate = result + 2^64·carry, limb by limb; all three are canonical, so requiring
    // each carry (difference / 2^32) to be 0 or 1 leaves one result.
    let left = row.left.before;
    let carry_lo: AB::Expr = (left.lo + row.immediate.lo - row.result.lo) * TWO_32_INVERSE;
    let carry_hi: AB::Expr =
        (left.hi + row.immediate.hi - row.result.hi + carry_lo.clone()) * TWO_32_INVERSE;
    builder.constrain_bool("low limb carries 0 or 1", carry_lo);
    builder.constrain_bool("high limb carries 0 or 1", carry_hi);
}

/// The row of one executed instruction.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    step: &Step,
    counts: &mut Counts,
) -> AddImmediateRow<Goldilocks> {
    let immediate = added_immediate(pc, instruction);
    let result = step.rs1.value.wrapping_add(immediate);
    AddImmediateRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_real: Goldilocks::ONE,
        rd: Goldilocks::from_u8(destination(instruction.rd)),
        rs1: Goldilocks::from_u8(added_register(instruction)),
        immediate: Value::from_u64(immediate),
        left: RegisterAccess::fill(step.rs1, step.time, counts),
        write: RegisterAccess::fill(step.rd, step.time + 3, counts),
        result: Value::from_u64(result),
        result_limbs: Limbs64::fill(result, counts),
    }
}

#[cfg(test)]
mod tests {
    use lvm_isa::instruction::Operation;
    use lvm_isa::semantics;

    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    fn row(instruction: &Instruction, a: u64) -> (AddImmediateRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let row = fill(PC, instruction, &step(a, 0), &mut counts);
        (row, counts)
    }

    #[test]
    fn honest_rows_agree_with_the_semantics() {
        for a in EDGES {
            for imm in [-2048, -1, 0, 1, 2047] {
                let addi = instruction(Operation::Addi, imm);
                let (row, counts) = row(&addi, a);
                expect_honest(&case(&addi, a, 0), &row, &counts, eval);
                let result = semantics::alu(Operation::Addi, a, imm as u64);
                assert_eq!(register_sends(&row, eval), [(5, a, 400), (7, result, 403)]);
            }
        }
    }

    #[test]
    fn constants_are_sums_with_x0() {
        for operation in [Operation::Lui, Operation::Auipc] {
            for imm in [-(1 << 31), -4096, 0, 0x7FFF_F000] {
                let instruction = instruction(operation, imm);
                let (row, counts) = row(&instruction, 0);
                expect_honest(&case(&instruction, 0, 0), &row, &counts, eval);
                let result = semantics::immediate_operand(&instruction, PC);
                assert_eq!(register_sends(&row, eval), [(0, 0, 400), (7, result, 403)]);
            }
        }
    }

    #[test]
    fn fence_and_writes_to_x0_go_to_the_sink() {
        for operation in [Operation::Fence, Operation::Addi] {
            let instruction = Instruction { operation, rd: 0, rs1: 0, rs2: 0, imm: 3 };
            let (row, counts) = row(&instruction, 0);
            expect_honest(&case(&instruction, 0, 0), &row, &counts, eval);
            assert_eq!(register_sends(&row, eval)[1].0, 32);
            assert_eq!(message(&row, Bus::Execution, Side::Send, eval), [404, PC + 4]);
        }
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        let (honest, _) = row(&instruction(Operation::Addi, 1), 0xFFFF_FFFF);
        let corrupt = |label: &str, change: fn(&mut AddImmediateRow<Goldilocks>)| {
            let mut row = honest;
            change(&mut row);
            expect_violation(&row, label, eval);
        };
        corrupt("low limb carries 0 or 1", |r| r.result.lo += Goldilocks::ONE);
        corrupt("high limb carries 0 or 1", |r| r.result.hi += Goldilocks::ONE);
        corrupt("range16", |r| r.result_limbs.hi.low += Goldilocks::ONE);
        corrupt("range16", |r| r.write.time = Goldilocks::from_u32(403));
        corrupt("is_real is boolean", |r| r.is_real = Goldilocks::TWO);
        expect_padding::<AddImmediateRow<Goldilocks>>(eval);
    }
}
