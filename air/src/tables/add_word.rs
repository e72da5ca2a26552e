//! `add_word`: ADDW, SUBW and ADDIW.
//!
//! Statement: at `time` the machine at `pc` executes ADDW, SUBW or ADDIW and rd becomes the low
//! 32 bits of rs1 ± the second operand, which is rs2 or the immediate, sign-extended. The high
//! limbs of the operands play no part.

use lvm_isa::event::Step;
use lvm_isa::instruction::{Instruction, Operation};
use lvm_isa::semantics;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::fetch::{Decoded, Fetch};
use crate::gadgets::limbs::Limbs32;
use crate::gadgets::operand::Operand;
use crate::gadgets::register::RegisterAccess;
use crate::gadgets::value::{TWO_32_INVERSE, Value};
use crate::tables::program::{code, destination};

columns! {
    /// One executed ADDW, SUBW or ADDIW.
    pub struct AddWordRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 for ADDW and ADDIW; 0 or 1.
        is_addw: cell,
        /// 1 for SUBW; 0 or 1.
        is_subw: cell,
        /// Destination register, or the sink.
        rd: cell,
        /// First source register.
        rs1: cell,
        /// Read of rs1.
        left: RegisterAccess,
        /// Second operand.
        right: Operand,
        /// Write of rd.
        write: RegisterAccess,
        /// The low limb of the result; below 2^32.
        result: cell,
        /// Limbs of the result.
        result_limbs: Limbs32,
        /// Bit 31 of the result; 0 or 1.
        sign: cell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = AddWordRow::<AB::Var>::of(builder.main().current_slice());
    let active: AB::Expr = row.is_addw + row.is_subw;
    builder.constrain_bool("is_addw is boolean", row.is_addw);
    builder.constrain_bool("is_subw is boolean", row.is_subw);
    builder.constrain_bool("at most one operation", active.clone());

    // SUBW has no immediate form: no instruction of a program has the code it would have.
    let decoded = Decoded {
        code: row.is_addw * AB::Expr::from_u8(code(Operation::Addw))
            + row.is_subw * AB::Expr::from_u8(code(Operation::Subw))
            + row.right.code::<AB>(),
        operands: row.right.operands::<AB>(row.rd, row.rs1),
    };
    row.fetch.constrain(builder, decoded, row.fetch.fallthrough::<AB>(), active.clone());
    row.left.constrain_read(builder, row.rs1, row.fetch.at::<AB>(0), active.clone());
    row.right.constrain(builder, row.fetch.at::<AB>(1), active.clone());
    let result = Value { lo: row.result.into(), hi: row.sign * AB::Expr::from_u32(u32::MAX) };
    row.write.constrain_write(builder, row.rd, result, row.fetch.at::<AB>(3), active.clone());
    row.result_limbs.constrain_signed(builder, row.result, row.sign, active);

    // ADDW: left + right = result + 2^32·carry. SUBW: result + right = left + 2^32·carry.
    // All three are below 2^32, so requiring the carry to be 0 or 1 leaves one result.
    let (left, right) = (row.left.before.lo, row.right.value().lo);
    let is_bit = |carry: AB::Expr| carry.clone() * (carry - AB::Expr::ONE);
    let carry = (left + right - row.result) * TWO_32_INVERSE;
    builder.constrain("ADDW: carries 0 or 1", is_bit(carry) * row.is_addw);
    let carry = (row.result + right - left) * TWO_32_INVERSE;
    builder.constrain("SUBW: carries 0 or 1", is_bit(carry) * row.is_subw);
}

/// The row of one executed instruction.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    step: &Step,
    counts: &mut Counts,
) -> AddWordRow<Goldilocks> {
    let is_subw = instruction.operation == Operation::Subw;
    let b = Operand::of(instruction, step);
    let result = semantics::alu(instruction.operation, step.rs1.value, b) as u32;
    AddWordRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_addw: Goldilocks::from_bool(!is_subw),
        is_subw: Goldilocks::from_bool(is_subw),
        rd: Goldilocks::from_u8(destination(instruction.rd)),
        rs1: Goldilocks::from_u8(instruction.rs1),
        left: RegisterAccess::fill(step.rs1, step.time, counts),
        right: Operand::fill(instruction, step, counts),
        write: RegisterAccess::fill(step.rd, step.time + 3, counts),
        result: Goldilocks::from_u32(result),
        result_limbs: Limbs32::fill_signed(result, counts),
        sign: Goldilocks::from_u32(result >> 31),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::gadgets::value::TWO_32;
    use crate::tables::program::is_immediate;
    use crate::tables::testing::*;

    const OPERATIONS: [Operation; 3] = [Operation::Addw, Operation::Subw, Operation::Addiw];

    fn row(instruction: &Instruction, a: u64, b: u64) -> (AddWordRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let row = fill(PC, instruction, &step(a, b), &mut counts);
        (row, counts)
    }

    #[test]
    fn honest_rows_agree_with_the_semantics() {
        for operation in OPERATIONS {
            for a in EDGES {
                for b in EDGES {
                    let instruction = instruction(operation, b as i64);
                    let (row, counts) = row(&instruction, a, b);
                    let case = case(&instruction, a, b);
                    expect_honest(&case, &row, &counts, eval);
                    let result = semantics::alu(operation, a, b);
                    let mut states = std::vec![(5, a, 400), (6, b, 401), (7, result, 403)];
                    if is_immediate(operation) {
                        states.remove(1);
                    }
                    assert_eq!(register_sends(&row, eval), states, "{case}");
                    assert_eq!(
                        message(&row, Bus::Program, Side::Send, eval),
                        program_fields(&instruction)
                    );
                    assert_eq!(message(&row, Bus::Execution, Side::Send, eval), [404, PC + 4]);
                }
            }
        }
    }

    #[test]
    fn registers_may_coincide_and_x0_goes_to_the_sink() {
        let same = Instruction { operation: Operation::Subw, rd: 9, rs1: 9, rs2: 9, imm: 0 };
        let (row_same, counts) = row(&same, 77, 77);
        expect_honest("same", &row_same, &counts, eval);
        assert_eq!(register_sends(&row_same, eval), [(9, 77, 400), (9, 77, 401), (9, 0, 403)]);
        let sink = Instruction { operation: Operation::Addiw, rd: 0, rs1: 5, rs2: 0, imm: -8 };
        let (row_sink, counts) = row(&sink, 3, 0);
        expect_honest("sink", &row_sink, &counts, eval);
        assert_eq!(register_sends(&row_sink, eval), [(5, 3, 400), (32, -5i64 as u64, 403)]);
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        for operation in OPERATIONS {
            let (honest, _) = row(&instruction(operation, 5), 0xFFFF_FFFF, 5);
            let corrupt = |label: &str, change: fn(&mut AddWordRow<Goldilocks>)| {
                let mut row = honest;
                change(&mut row);
                expect_violation(&row, label, eval);
            };
            let carries = if operation == Operation::Subw {
                "SUBW: carries 0 or 1"
            } else {
                "ADDW: carries 0 or 1"
            };
            corrupt(carries, |r| r.result += Goldilocks::ONE);
            corrupt("range16", |r| r.result_limbs.low += Goldilocks::from_u32(1 << 16));
            corrupt("sign16", |r| r.sign = Goldilocks::ONE - r.sign);
            corrupt("range16", |r| r.write.time = Goldilocks::from_u32(403));
            corrupt("is_addw is boolean", |r| r.is_addw += Goldilocks::TWO);
            corrupt("is_subw is boolean", |r| r.is_subw += Goldilocks::TWO);
            corrupt("at most one operation", |r| {
                (r.is_addw, r.is_subw) = (Goldilocks::ONE, Goldilocks::ONE);
            });
            corrupt("is_immediate is boolean", |r| r.right.is_immediate += Goldilocks::TWO);
        }
    }

    #[test]
    fn a_sum_of_33_bits_is_refused() {
        // The carry left in the result: 2^32 + 4 instead of 4.
        let (mut row, _) = row(&instruction(Operation::Addw, 0), 0xFFFF_FFFF, 5);
        row.result += TWO_32;
        expect_violation(&row, "sign16", eval);
        row.result_limbs.low += TWO_32;
        expect_violation(&row, "range16", eval);
    }

    #[test]
    fn no_program_has_an_immediate_form_of_subw() {
        let (mut row, _) = row(&instruction(Operation::Addiw, 5), 9, 0);
        (row.is_addw, row.is_subw) = (Goldilocks::ZERO, Goldilocks::ONE);
        row.result = Goldilocks::from_u8(4);
        row.result_limbs.low = row.result;
        assert!(violations(&row, eval).is_empty());
        let asked = message(&row, Bus::Program, Side::Send, eval)[1];
        assert!(Operation::ALL.into_iter().all(|operation| u64::from(code(operation)) != asked));
    }

    #[test]
    fn padding_does_nothing() {
        expect_padding::<AddWordRow<Goldilocks>>(eval);
    }
}
