//! `branch_equal`: BEQ and BNE.
//!
//! Statement: at `time` the machine at `pc` executes BEQ or BNE and continues at the target if
//! rs1 and rs2 are equal (BEQ) or differ (BNE), else at the next instruction.
//!
//! With `x` and `y` the differences of the limbs, the values are equal exactly if
//! `x² − 7·y² = 0`, since 7 is not a square: so one inverse proves them different.

use lvm_isa::event::Step;
use lvm_isa::instruction::{Instruction, Operation};
use lvm_isa::semantics;
use p3_air::WindowAccess;
use p3_field::{Field, PrimeCharacteristicRing};
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::fetch::{Decoded, Fetch};
use crate::gadgets::register::RegisterAccess;
use crate::tables::program::{code, operands};

/// Not a square in the field, as it generates the multiplicative group.
const NOT_A_SQUARE: Goldilocks = Goldilocks::new(7);

columns! {
    /// One executed BEQ or BNE.
    pub struct BranchEqualRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 for BEQ; 0 or 1.
        is_beq: cell,
        /// 1 for BNE; 0 or 1.
        is_bne: cell,
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
        /// 1 if the values are equal; 0 or 1.
        is_equal: cell,
        /// Inverse of `x² − 7·y²` if the values differ.
        inverse: cell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = BranchEqualRow::<AB::Var>::of(builder.main().current_slice());
    let active: AB::Expr = row.is_beq + row.is_bne;
    builder.constrain_bool("is_beq is boolean", row.is_beq);
    builder.constrain_bool("is_bne is boolean", row.is_bne);
    builder.constrain_bool("at most one operation", active.clone());

    let decoded = Decoded {
        code: row.is_beq * AB::Expr::from_u8(code(Operation::Beq))
            + row.is_bne * AB::Expr::from_u8(code(Operation::Bne)),
        operands: [
            AB::Expr::ZERO,
            row.rs1.into(),
            row.rs2.into(),
            row.target.into(),
            AB::Expr::ZERO,
        ],
    };
    row.fetch.constrain(builder, decoded, row.next_pc, active.clone());
    row.left.constrain_read(builder, row.rs1, row.fetch.at::<AB>(0), active.clone());
    row.right.constrain_read(builder, row.rs2, row.fetch.at::<AB>(1), active.clone());

    // Where active: if a limb differs, is_equal is 0 by the first two. If none does, the norm is
    // 0 and is_equal is 1 by the third.
    let (left, right) = (row.left.before, row.right.before);
    let lo: AB::Expr = left.lo - right.lo;
    let hi: AB::Expr = left.hi - right.hi;
    builder.constrain("equal values have equal low limbs", lo.clone() * row.is_equal);
    builder.constrain("equal values have equal high limbs", hi.clone() * row.is_equal);
    let norm = lo.square() - hi.square() * NOT_A_SQUARE;
    builder.constrain(
        "different values differ in a limb",
        norm * row.inverse + row.is_equal - active.clone(),
    );

    // next_pc = pc + 4 + is_taken·(target − pc − 4).
    let is_taken = row.is_beq * row.is_equal + (AB::Expr::ONE - row.is_equal) * row.is_bne;
    let fallthrough = active * AB::Expr::from_u8(4) + row.fetch.pc;
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
) -> BranchEqualRow<Goldilocks> {
    let (left, right) = (
        RegisterAccess::fill(step.rs1, step.time, counts),
        RegisterAccess::fill(step.rs2, step.time + 1, counts),
    );
    let (lo, hi) = (left.before.lo - right.before.lo, left.before.hi - right.before.hi);
    let norm = lo.square() - hi.square() * NOT_A_SQUARE;
    let is_taken = semantics::branch_taken(instruction.operation, step.rs1.value, step.rs2.value);
    let [_, rs1, rs2, target, _] = operands(pc, instruction);
    BranchEqualRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_beq: Goldilocks::from_bool(instruction.operation == Operation::Beq),
        is_bne: Goldilocks::from_bool(instruction.operation == Operation::Bne),
        rs1,
        rs2,
        target,
        next_pc: if is_taken { target } else { Goldilocks::from_u64(pc + 4) },
        left,
        right,
        is_equal: Goldilocks::from_bool(step.rs1.value == step.rs2.value),
        inverse: norm.try_inverse().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    const OPERATIONS: [Operation; 2] = [Operation::Beq, Operation::Bne];

    fn row(instruction: &Instruction, a: u64, b: u64) -> (BranchEqualRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let row = fill(PC, instruction, &step(a, b), &mut counts);
        (row, counts)
    }

    #[test]
    fn seven_is_not_a_square() {
        // By Euler's criterion, with exponent (p − 1)/2 = (2^32 − 1)·2^31.
        let root = NOT_A_SQUARE.exp_u64(0xFFFF_FFFF << 31);
        assert_eq!(root, -Goldilocks::ONE);
    }

    #[test]
    fn honest_rows_agree_with_the_semantics() {
        for operation in OPERATIONS {
            for imm in [-4096, -8, 0, 4, 4094] {
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
        let same = Instruction { operation: Operation::Beq, rd: 0, rs1: 9, rs2: 9, imm: 64 };
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
            let corrupt = |label: &str, change: fn(&mut BranchEqualRow<Goldilocks>)| {
                let mut row = honest;
                change(&mut row);
                expect_violation(&row, label, eval);
            };
            corrupt("equal values have equal low limbs", |r| r.is_equal = Goldilocks::ONE);
            corrupt("equal values have equal high limbs", |r| r.is_equal = Goldilocks::ONE);
            corrupt("different values differ in a limb", |r| r.inverse += Goldilocks::ONE);
            corrupt(NEXT, |r| r.next_pc += Goldilocks::from_u8(4));
            corrupt(NEXT, |r| (r.is_beq, r.is_bne) = (r.is_bne, r.is_beq));
            corrupt("range16", |r| r.left.time = Goldilocks::from_u32(400));
            corrupt("is_beq is boolean", |r| r.is_beq += Goldilocks::TWO);
            corrupt("is_bne is boolean", |r| r.is_bne += Goldilocks::TWO);
            corrupt("at most one operation", |r| {
                (r.is_beq, r.is_bne) = (Goldilocks::ONE, Goldilocks::ONE);
            });
        }
    }

    #[test]
    fn values_that_are_equal_modulo_p_differ() {
        // 2^64 − 1 = p + 2^32 − 2: as one field element they would be equal.
        let (a, b) = (u64::MAX, 0xFFFF_FFFE);
        let (mut row, counts) = row(&instruction(Operation::Beq, 64), a, b);
        expect_honest("alias", &row, &counts, eval);
        row.is_equal = Goldilocks::ONE;
        row.inverse = Goldilocks::ZERO;
        row.next_pc = row.target;
        expect_violation(&row, "equal values have equal low limbs", eval);
        expect_violation(&row, "equal values have equal high limbs", eval);
    }

    #[test]
    fn equal_values_cannot_be_told_different() {
        for inverse in [Goldilocks::ZERO, Goldilocks::ONE, -Goldilocks::ONE] {
            let (mut row, _) = row(&instruction(Operation::Bne, 64), 5, 5);
            (row.is_equal, row.inverse, row.next_pc) = (Goldilocks::ZERO, inverse, row.target);
            expect_violation(&row, "different values differ in a limb", eval);
        }
    }

    #[test]
    fn padding_does_nothing() {
        expect_padding::<BranchEqualRow<Goldilocks>>(eval);
    }
}
