//! `branch_less`: BLT, BGE, BLTU and BGEU.
//!
//! Statement: at `time` the machine at `pc` executes one of BLT, BGE, BLTU, BGEU and continues at
//! the target if rs1 < rs2 (BLT, BLTU) or rs1 ≥ rs2 (BGE, BGEU), else at the next instruction.

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
use crate::gadgets::less_than::SignedLessThan;
use crate::gadgets::register::RegisterAccess;
use crate::tables::program::{code, operands};

/// What being signed adds to the code of BLTU or BGEU.
const SIGNED_CODE: i8 = code(Operation::Blt) as i8 - code(Operation::Bltu) as i8;
/// What being taken on "not less" adds to the code of BLT or BLTU.
const NOT_LESS_CODE: i8 = code(Operation::Bgeu) as i8 - code(Operation::Bltu) as i8;
const _: () = assert!(
    code(Operation::Bge) as i8 == code(Operation::Bltu) as i8 + SIGNED_CODE + NOT_LESS_CODE
);

columns! {
    /// One executed BLT, BGE, BLTU or BGEU.
    pub struct BranchLessRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 on the row of an instruction, 0 in padding.
        is_real: cell,
        /// 1 for BLT and BGE; 0 or 1, and 0 in padding.
        is_signed: cell,
        /// 1 for BGE and BGEU, which are taken if rs1 is not less; 0 or 1.
        is_not_less: cell,
        /// First source register.
        rs1: cell,
        /// Second source register.
        rs2: cell,
        /// Address to branch to.
        target: cell,
        /// Address of the instruction that is executed next.
        next_pc: cell,
        /// Read of rs1.
        left: RegisterAccess,
        /// Read of rs2.
        right: RegisterAccess,
        /// The comparison.
        less_than: SignedLessThan,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = BranchLessRow::<AB::Var>::of(builder.main().current_slice());
    builder.constrain_bool("is_real is boolean", row.is_real);
    builder.constrain_bool("is_signed is boolean", row.is_signed);
    builder.constrain_bool("is_not_less is boolean", row.is_not_less);
    builder.constrain_bool("padding is not signed", row.is_real - row.is_signed);

    let decoded = Decoded {
        code: row.is_real * AB::Expr::from_u8(code(Operation::Bltu))
            + row.is_signed * AB::Expr::from_i8(SIGNED_CODE)
            + row.is_not_less * AB::Expr::from_i8(NOT_LESS_CODE),
        operands: [
            AB::Expr::ZERO,
            row.rs1.into(),
            row.rs2.into(),
            row.target.into(),
            AB::Expr::ZERO,
        ],
    };
    row.fetch.constrain(builder, decoded, row.next_pc, row.is_real);
    row.left.constrain_read(builder, row.rs1, row.fetch.at::<AB>(0), row.is_real);
    row.right.constrain_read(builder, row.rs2, row.fetch.at::<AB>(1), row.is_real);
    row.less_than.constrain(builder, row.left.before, row.right.before, row.is_signed, row.is_real);

    // next_pc = pc + 4 + (is_less xor is_not_less)·(target − pc − 4).
    let is_less = row.less_than.order.is_less;
    let is_taken = row.is_not_less + is_less - (row.is_not_less * is_less).double();
    let fallthrough = row.is_real * AB::Expr::from_u8(4) + row.fetch.pc;
    builder.constrain(
        "the next instruction is the target if the branch is taken, else the following one",
        is_taken * (row.target - row.fetch.fallthrough::<AB>()) + fallthrough - row.next_pc,
    );
}

/// The row of one executed instruction.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    step: &Step,
    counts: &mut Counts,
) -> BranchLessRow<Goldilocks> {
    let operation = instruction.operation;
    let (a, b) = (step.rs1.value, step.rs2.value);
    let is_signed = matches!(operation, Operation::Blt | Operation::Bge);
    let is_taken = semantics::branch_taken(operation, a, b);
    let [_, rs1, rs2, target, _] = operands(pc, instruction);
    BranchLessRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_real: Goldilocks::ONE,
        is_signed: Goldilocks::from_bool(is_signed),
        is_not_less: Goldilocks::from_bool(matches!(operation, Operation::Bge | Operation::Bgeu)),
        rs1,
        rs2,
        target,
        next_pc: if is_taken { target } else { Goldilocks::from_u64(pc + 4) },
        left: RegisterAccess::fill(step.rs1, step.time, counts),
        right: RegisterAccess::fill(step.rs2, step.time + 1, counts),
        less_than: SignedLessThan::fill(a, b, is_signed, counts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    const OPERATIONS: [Operation; 4] =
        [Operation::Blt, Operation::Bge, Operation::Bltu, Operation::Bgeu];

    fn row(instruction: &Instruction, a: u64, b: u64) -> (BranchLessRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let row = fill(PC, instruction, &step(a, b), &mut counts);
        (row, counts)
    }

    #[test]
    fn honest_rows_agree_with_the_semantics() {
        for operation in OPERATIONS {
            for imm in [-4096, 0, 4, 4094] {
                for a in EDGES {
                    for b in EDGES {
                        let instruction = instruction(operation, imm);
                        let (row, counts) = row(&instruction, a, b);
                        let case = case(&instruction, a, b);
                        expect_honest(&case, &row, &counts, eval);
                        let target = PC.wrapping_add_signed(imm);
                        let next =
                            if semantics::branch_taken(operation, a, b) { target } else { PC + 4 };
                        assert_eq!(
                            message(&row, Bus::Execution, Side::Send, eval),
                            [404, next],
                            "{case}"
                        );
                        assert_eq!(
                            register_sends(&row, eval),
                            [(5, a, 400), (6, b, 401)],
                            "{case}"
                        );
                        assert_eq!(
                            message(&row, Bus::Program, Side::Send, eval),
                            program_fields(&instruction)
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn registers_may_coincide() {
        let same = Instruction { operation: Operation::Bgeu, rd: 0, rs1: 9, rs2: 9, imm: 64 };
        let (row, counts) = row(&same, 77, 77);
        expect_honest("same", &row, &counts, eval);
        assert_eq!(register_sends(&row, eval), [(9, 77, 400), (9, 77, 401)]);
        assert_eq!(message(&row, Bus::Execution, Side::Send, eval), [404, PC + 64]);
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        const NEXT: &str =
            "the next instruction is the target if the branch is taken, else the following one";
        for operation in OPERATIONS {
            let (honest, _) = row(&instruction(operation, 64), 0x1_0000_0001, 0x2_0000_0002);
            let corrupt = |label: &str, change: fn(&mut BranchLessRow<Goldilocks>)| {
                let mut row = honest;
                change(&mut row);
                expect_violation(&row, label, eval);
            };
            corrupt(NEXT, |r| r.next_pc += Goldilocks::from_u8(4));
            corrupt(NEXT, |r| r.is_not_less = Goldilocks::ONE - r.is_not_less);
            corrupt("the deciding limbs are in the stated order", |r| {
                r.less_than.order.is_less = Goldilocks::ZERO;
            });
            corrupt("the deciding limbs are in the stated order", |r| {
                r.less_than.order.gap.limbs[0] += Goldilocks::ONE;
            });
            corrupt("the signs are as stated", |r| r.less_than.margin.limbs[0] += Goldilocks::ONE);
            corrupt("range16", |r| r.left.time = Goldilocks::from_u32(400));
            corrupt("is_real is boolean", |r| r.is_real = Goldilocks::TWO);
            corrupt("is_signed is boolean", |r| r.is_signed = Goldilocks::TWO);
            corrupt("is_not_less is boolean", |r| r.is_not_less = Goldilocks::TWO);
        }
    }

    #[test]
    fn equal_values_are_not_less() {
        for operation in OPERATIONS {
            let (mut row, _) = row(&instruction(operation, 64), 7, 7);
            row.less_than.order.is_less = Goldilocks::ONE;
            // The gap that the equation asks for, 7 − 7 − 1, is no number below 2^32.
            row.less_than.order.gap.limbs = [-Goldilocks::ONE, Goldilocks::ZERO];
            expect_violation(&row, "range16", eval);
        }
    }

    #[test]
    fn a_signed_comparison_is_no_unsigned_one() {
        let (mut row_unsigned, _) = row(&instruction(Operation::Bltu, 64), u64::MAX, 1);
        row_unsigned.is_signed = Goldilocks::ONE;
        expect_violation(&row_unsigned, "the signs are as stated", eval);
        let (mut row_signed, _) = row(&instruction(Operation::Blt, 64), 1, u64::MAX);
        row_signed.is_signed = Goldilocks::ZERO;
        expect_violation(&row_signed, "crossing zero leads to a value that is not negative", eval);
    }

    #[test]
    fn padding_does_nothing() {
        expect_padding::<BranchLessRow<Goldilocks>>(eval);
        let row = BranchLessRow { is_signed: Goldilocks::ONE, ..Default::default() };
        expect_violation(&row, "padding is not signed", eval);
    }
}
