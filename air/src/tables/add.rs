//! `add`: ADD and SUB.
//!
//! Statement: at `time` the machine at `pc` executes ADD or SUB and rd becomes rs1 ± rs2 modulo
//! 2^64. Both are one addition `augend + addend = sum`: ADD with the sum as result, SUB with rs1
//! as the sum and the result as the augend.

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
use crate::gadgets::limbs::Limbs64;
use crate::gadgets::register::RegisterAccess;
use crate::gadgets::value::{TWO_32_INVERSE, Value};
use crate::tables::program::{code, destination};

columns! {
    /// One executed ADD or SUB.
    pub struct AddRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 for ADD; 0 or 1.
        is_add: cell,
        /// 1 for SUB; 0 or 1.
        is_sub: cell,
        /// Destination register, or the sink.
        rd: cell,
        /// First source register.
        rs1: cell,
        /// Second source register.
        rs2: cell,
        /// Read of rs1.
        left: RegisterAccess,
        /// Read of rs2.
        right: RegisterAccess,
        /// Write of rd.
        write: RegisterAccess,
        /// The result; canonical.
        result: Value,
        /// Limbs of the result.
        result_limbs: Limbs64,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = AddRow::<AB::Var>::of(builder.main().current_slice());
    let active: AB::Expr = row.is_add + row.is_sub;
    builder.constrain_bool("is_add is boolean", row.is_add);
    builder.constrain_bool("is_sub is boolean", row.is_sub);
    builder.constrain_bool("at most one operation", active.clone());

    let decoded = Decoded {
        code: row.is_add * AB::Expr::from_u8(code(Operation::Add))
            + row.is_sub * AB::Expr::from_u8(code(Operation::Sub)),
        operands: [row.rd.into(), row.rs1.into(), row.rs2.into(), AB::Expr::ZERO, AB::Expr::ZERO],
    };
    row.fetch.constrain(builder, decoded, row.fetch.fallthrough::<AB>(), active.clone());
    row.left.constrain_read(builder, row.rs1, row.fetch.at::<AB>(0), active.clone());
    row.right.constrain_read(builder, row.rs2, row.fetch.at::<AB>(1), active.clone());
    row.write.constrain_write(
        builder,
        row.rd,
        row.result.into_exprs(),
        row.fetch.at::<AB>(3),
        active.clone(),
    );
    row.result_limbs.constrain(builder, row.result, active);

    // ADD: left + right = result + 2^64·carry. SUB: result + right = left + 2^64·carry.
    // The carry out of each limb is (augend + addend − sum) / 2^32; all three are canonical, so
    // requiring it to be 0 or 1 leaves one result.
    let (left, right) = (row.left.before, row.right.before);
    let carries = |augend: Value<AB::Var>, sum: Value<AB::Var>| {
        let lo = (augend.lo + right.lo - sum.lo) * TWO_32_INVERSE;
        let hi = (augend.hi + right.hi - sum.hi + lo.clone()) * TWO_32_INVERSE;
        [lo, hi]
    };
    let is_bit = |carry: AB::Expr| carry.clone() * (carry - AB::Expr::ONE);
    let [lo, hi] = carries(left, row.result);
    builder.constrain("ADD: low limb carries 0 or 1", is_bit(lo) * row.is_add);
    builder.constrain("ADD: high limb carries 0 or 1", is_bit(hi) * row.is_add);
    let [lo, hi] = carries(row.result, left);
    builder.constrain("SUB: low limb carries 0 or 1", is_bit(lo) * row.is_sub);
    builder.constrain("SUB: high limb carries 0 or 1", is_bit(hi) * row.is_sub);
}

/// The row of one executed instruction.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    step: &Step,
    counts: &mut Counts,
) -> AddRow<Goldilocks> {
    let result = semantics::alu(instruction.operation, step.rs1.value, step.rs2.value);
    AddRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_add: Goldilocks::from_bool(instruction.operation == Operation::Add),
        is_sub: Goldilocks::from_bool(instruction.operation == Operation::Sub),
        rd: Goldilocks::from_u8(destination(instruction.rd)),
        rs1: Goldilocks::from_u8(instruction.rs1),
        rs2: Goldilocks::from_u8(instruction.rs2),
        left: RegisterAccess::fill(step.rs1, step.time, counts),
        right: RegisterAccess::fill(step.rs2, step.time + 1, counts),
        write: RegisterAccess::fill(step.rd, step.time + 3, counts),
        result: Value::from_u64(result),
        result_limbs: Limbs64::fill(result, counts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    const OPERATIONS: [Operation; 2] = [Operation::Add, Operation::Sub];

    fn row(operation: Operation, a: u64, b: u64) -> (AddRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let row = fill(PC, &instruction(operation, 0), &step(a, b), &mut counts);
        (row, counts)
    }

    #[test]
    fn honest_rows_agree_with_the_semantics() {
        for operation in OPERATIONS {
            for a in EDGES {
                for b in EDGES {
                    let (row, counts) = row(operation, a, b);
                    let case = case(&instruction(operation, 0), a, b);
                    expect_honest(&case, &row, &counts, eval);
                    let result = semantics::alu(operation, a, b);
                    assert_eq!(
                        register_sends(&row, eval),
                        [(5, a, 400), (6, b, 401), (7, result, 403)],
                        "{case}"
                    );
                    assert_eq!(
                        message(&row, Bus::Execution, Side::Send, eval),
                        [404, PC + 4],
                        "{case}"
                    );
                }
            }
        }
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        let one = Goldilocks::ONE;
        for operation in OPERATIONS {
            let (honest, _) = row(operation, 0xFFFF_FFFF, 5);
            let name = if operation == Operation::Add { "ADD" } else { "SUB" };
            let corrupt = |label: &str, change: fn(&mut AddRow<Goldilocks>)| {
                let mut row = honest;
                change(&mut row);
                expect_violation(&row, label, eval);
            };
            corrupt(&std::format!("{name}: low limb carries 0 or 1"), |r| {
                r.result.lo += Goldilocks::ONE
            });
            corrupt(&std::format!("{name}: high limb carries 0 or 1"), |r| {
                r.result.hi += Goldilocks::ONE
            });
            corrupt("range16", |r| r.result_limbs.lo.low += Goldilocks::ONE);
            corrupt("range16", |r| r.left.time = Goldilocks::from_u32(400));
            corrupt("is_add is boolean", |r| r.is_add += Goldilocks::TWO);
            corrupt("is_sub is boolean", |r| r.is_sub += Goldilocks::TWO);
            let mut both = honest;
            (both.is_add, both.is_sub) = (one, one);
            expect_violation(&both, "at most one operation", eval);
        }
    }

    #[test]
    fn a_result_above_32_bits_per_limb_is_refused() {
        // 5 + 0 = 5 + 2^32 − 2^32: shift 2^32 from the high limb to the low one.
        let (mut row, _) = row(Operation::Add, 5, 1 << 32);
        row.result.lo += crate::gadgets::value::TWO_32;
        row.result.hi -= Goldilocks::ONE;
        expect_violation(&row, "range16", eval);
    }
}
