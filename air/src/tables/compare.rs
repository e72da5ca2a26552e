//! `compare`: SLT, SLTU and their immediate forms.
//!
//! Statement: at `time` the machine at `pc` executes one of SLT, SLTU, SLTI, SLTIU and rd becomes
//! 1 if rs1 is less than the second operand, which is rs2 or the immediate, and 0 if not.

use lvm_isa::event::Step;
use lvm_isa::instruction::{Instruction, Operation};
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::fetch::{Decoded, Fetch};
use crate::gadgets::less_than::SignedLessThan;
use crate::gadgets::operand::Operand;
use crate::gadgets::register::RegisterAccess;
use crate::gadgets::value::Value;
use crate::tables::program::{code, destination};

columns! {
    /// One executed comparison, of two registers or of a register and an immediate.
    pub struct CompareRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 for SLT and SLTI; 0 or 1.
        is_signed: cell,
        /// 1 for SLTU and SLTIU; 0 or 1.
        is_unsigned: cell,
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
        /// The comparison, and with it the result.
        less_than: SignedLessThan,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = CompareRow::<AB::Var>::of(builder.main().current_slice());
    let active: AB::Expr = row.is_signed + row.is_unsigned;
    builder.constrain_bool("is_signed is boolean", row.is_signed);
    builder.constrain_bool("is_unsigned is boolean", row.is_unsigned);
    builder.constrain_bool("at most one operation", active.clone());

    let decoded = Decoded {
        code: row.is_signed * AB::Expr::from_u8(code(Operation::Slt))
            + row.is_unsigned * AB::Expr::from_u8(code(Operation::Sltu))
            + row.right.code::<AB>(),
        operands: row.right.operands::<AB>(row.rd, row.rs1),
    };
    row.fetch.constrain(builder, decoded, row.fetch.fallthrough::<AB>(), active.clone());
    row.left.constrain_read(builder, row.rs1, row.fetch.at::<AB>(0), active.clone());
    row.right.constrain(builder, row.fetch.at::<AB>(1), active.clone());
    row.less_than.constrain(
        builder,
        row.left.before,
        row.right.value(),
        row.is_signed,
        active.clone(),
    );
    // The result is a bit, and so canonical.
    let result = Value { lo: row.less_than.order.is_less.into(), hi: AB::Expr::ZERO };
    row.write.constrain_write(builder, row.rd, result, row.fetch.at::<AB>(3), active);
}

/// The row of one executed instruction.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    step: &Step,
    counts: &mut Counts,
) -> CompareRow<Goldilocks> {
    let is_signed = matches!(instruction.operation, Operation::Slt | Operation::Slti);
    let (a, b) = (step.rs1.value, Operand::of(instruction, step));
    CompareRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_signed: Goldilocks::from_bool(is_signed),
        is_unsigned: Goldilocks::from_bool(!is_signed),
        rd: Goldilocks::from_u8(destination(instruction.rd)),
        rs1: Goldilocks::from_u8(instruction.rs1),
        left: RegisterAccess::fill(step.rs1, step.time, counts),
        right: Operand::fill(instruction, step, counts),
        write: RegisterAccess::fill(step.rd, step.time + 3, counts),
        less_than: SignedLessThan::fill(a, b, is_signed, counts),
    }
}

#[cfg(test)]
mod tests {
    use lvm_isa::semantics;

    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    const REGISTER_FORMS: [Operation; 2] = [Operation::Slt, Operation::Sltu];
    const IMMEDIATE_FORMS: [Operation; 2] = [Operation::Slti, Operation::Sltiu];

    fn row(instruction: &Instruction, a: u64, b: u64) -> (CompareRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let row = fill(PC, instruction, &step(a, b), &mut counts);
        (row, counts)
    }

    fn of(operation: Operation, a: u64, b: u64) -> CompareRow<Goldilocks> {
        row(&instruction(operation, b as i64), a, b).0
    }

    #[test]
    fn honest_rows_agree_with_the_semantics() {
        for operation in REGISTER_FORMS {
            for a in EDGES {
                for b in EDGES {
                    let instruction = instruction(operation, 0);
                    let (row, counts) = row(&instruction, a, b);
                    let case = case(&instruction, a, b);
                    expect_honest(&case, &row, &counts, eval);
                    let result = semantics::alu(operation, a, b);
                    assert_eq!(
                        register_sends(&row, eval),
                        [(5, a, 400), (6, b, 401), (7, result, 403)],
                        "{case}"
                    );
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
    fn honest_immediate_rows_agree_with_the_semantics() {
        for operation in IMMEDIATE_FORMS {
            for a in EDGES {
                for b in EDGES {
                    let instruction = instruction(operation, b as i64);
                    let (row, counts) = row(&instruction, a, 0);
                    let case = case(&instruction, a, b);
                    expect_honest(&case, &row, &counts, eval);
                    let result = semantics::alu(operation, a, b);
                    assert_eq!(
                        register_sends(&row, eval),
                        [(5, a, 400), (7, result, 403)],
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

    #[test]
    fn registers_may_coincide_and_x0_goes_to_the_sink() {
        let same = Instruction { operation: Operation::Slt, rd: 9, rs1: 9, rs2: 9, imm: 0 };
        let (row_same, counts) = row(&same, 77, 77);
        expect_honest("same", &row_same, &counts, eval);
        assert_eq!(register_sends(&row_same, eval), [(9, 77, 400), (9, 77, 401), (9, 0, 403)]);
        let sink = Instruction { operation: Operation::Sltiu, rd: 0, rs1: 5, rs2: 0, imm: 8 };
        let (row_sink, counts) = row(&sink, 3, 0);
        expect_honest("sink", &row_sink, &counts, eval);
        assert_eq!(register_sends(&row_sink, eval), [(5, 3, 400), (32, 1, 403)]);
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        for operation in REGISTER_FORMS.into_iter().chain(IMMEDIATE_FORMS) {
            let honest = of(operation, 0x0123_4567_89AB_CDEF, 0x0123_5567_89AB_CDEF);
            let corrupt = |label: &str, change: fn(&mut CompareRow<Goldilocks>)| {
                let mut row = honest;
                change(&mut row);
                expect_violation(&row, label, eval);
            };
            corrupt("is_less is boolean", |r| r.less_than.order.is_less = Goldilocks::TWO);
            corrupt("is_low is boolean", |r| r.less_than.order.is_low = Goldilocks::TWO);
            corrupt("the low limbs decide only if the high are equal", |r| {
                r.less_than.order.is_low = Goldilocks::ONE;
            });
            corrupt("one comparison decides", |r| {
                (r.less_than.order.is_low, r.less_than.crosses) =
                    (Goldilocks::ONE, Goldilocks::ONE);
            });
            corrupt("the deciding limbs are in the stated order", |r| {
                r.less_than.order.gap.limbs[0] += Goldilocks::ONE;
            });
            corrupt("crosses is boolean", |r| r.less_than.crosses = Goldilocks::TWO);
            corrupt("both_negative is boolean", |r| r.less_than.both_negative = Goldilocks::TWO);
            corrupt("the signs are as stated", |r| r.less_than.margin.limbs[1] += Goldilocks::ONE);
            corrupt("crossing zero leads to a value that is not negative", |r| {
                (r.less_than.crosses, r.less_than.both_negative) =
                    (Goldilocks::ONE, Goldilocks::ONE);
            });
            corrupt("range16", |r| r.less_than.order.gap.limbs[1] = -Goldilocks::ONE);
            corrupt("range16", |r| r.write.time = Goldilocks::from_u32(403));
            corrupt("is_signed is boolean", |r| r.is_signed += Goldilocks::TWO);
            corrupt("is_unsigned is boolean", |r| r.is_unsigned += Goldilocks::TWO);
            corrupt("at most one operation", |r| {
                (r.is_signed, r.is_unsigned) = (Goldilocks::ONE, Goldilocks::ONE);
            });
        }
        for label in ["only a signed comparison has signs", "the signs are as stated"] {
            let mut row = of(Operation::Sltu, 1, 2);
            row.less_than.both_negative = Goldilocks::ONE;
            expect_violation(&row, label, eval);
        }
        let mut row = of(Operation::Sltu, u64::MAX, 2);
        row.less_than.crosses = Goldilocks::ONE;
        expect_violation(&row, "crossing zero leads to a value that is not negative", eval);
    }

    /// Every claim about the comparison, with gap and margin chosen to satisfy their equations,
    /// must have a gap or margin out of range or break a constraint, unless the result is right.
    #[test]
    fn no_claim_proves_a_wrong_result() {
        let bits = [Goldilocks::ZERO, Goldilocks::ONE];
        for operation in REGISTER_FORMS {
            for a in EDGES {
                for b in EDGES {
                    let mut row = of(operation, a, b);
                    let right = row.less_than.order.is_less;
                    for claim in 0..16 {
                        let bit = |i: usize| bits[(claim >> i) & 1];
                        let signed = &mut row.less_than;
                        signed.order.is_less = bit(0);
                        signed.order.is_low = bit(1);
                        (signed.crosses, signed.both_negative) = (bit(2), bit(3));
                        forge_gaps(&mut row);
                        let accepted = violations(&row, eval).is_empty();
                        assert!(
                            !accepted || bit(0) == right,
                            "{operation:?} {a:#x} {b:#x} {claim:04b}"
                        );
                    }
                }
            }
        }
    }

    /// Solves the two equations for the gaps, and splits what is below 2^32 into 16-bit limbs.
    fn forge_gaps(row: &mut CompareRow<Goldilocks>) {
        use p3_field::PrimeField64;
        let split = |x: Goldilocks| {
            let x = x.as_canonical_u64();
            [Goldilocks::from_u64(x & 0xFFFF), Goldilocks::from_u64(x >> 16)]
        };
        let one = Goldilocks::ONE;
        let (a, b) = (row.left.before, row.right.value());
        let signed = &mut row.less_than;
        let (less, low, crosses) = (signed.order.is_less, signed.order.is_low, signed.crosses);
        let smaller = less * a.hi + (one - less) * b.hi;
        let larger = less * b.hi + (one - less) * a.hi;
        let direction = one - less.double();
        signed.order.gap.limbs = split(
            low * (direction * (a.lo - b.lo) - less)
                + (one - low - crosses) * (direction * (a.hi - b.hi) - one)
                + crosses * (smaller - TWO_31),
        );
        let negative = signed.both_negative;
        signed.margin.limbs = split(
            negative * (smaller - TWO_31) + (row.is_signed - negative) * (TWO_31 - one - larger),
        );
    }

    const TWO_31: Goldilocks = Goldilocks::new(1 << 31);

    #[test]
    fn a_signed_comparison_is_no_unsigned_one() {
        // −1 < 1 signed; the row of the unsigned comparison says otherwise.
        let mut row = of(Operation::Sltu, u64::MAX, 1);
        (row.is_signed, row.is_unsigned) = (Goldilocks::ONE, Goldilocks::ZERO);
        expect_violation(&row, "the signs are as stated", eval);
        // 1 < −1 unsigned; the row of the signed comparison says otherwise.
        let mut row = of(Operation::Slt, 1, u64::MAX);
        (row.is_signed, row.is_unsigned) = (Goldilocks::ZERO, Goldilocks::ONE);
        expect_violation(&row, "crossing zero leads to a value that is not negative", eval);
    }

    #[test]
    fn equal_values_are_not_less() {
        for operation in REGISTER_FORMS {
            for a in EDGES {
                let mut row = of(operation, a, a);
                row.less_than.order.is_less = Goldilocks::ONE;
                forge_gaps(&mut row);
                expect_violation(&row, "range16", eval);
            }
        }
    }

    #[test]
    fn padding_does_nothing() {
        expect_padding::<CompareRow<Goldilocks>>(eval);
    }
}
