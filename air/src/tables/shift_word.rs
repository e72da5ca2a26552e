//! `shift_word`: SLLW, SRLW, SRAW and their immediate forms.
//!
//! Statement: at `time` the machine at `pc` executes one of SLLW, SRLW, SRAW, SLLIW, SRLIW, SRAIW
//! and rd becomes the low word of rs1 shifted by the low 5 bits of the second operand, which is
//! rs2 or the immediate, sign-extended from 32 bits.
//!
//! As in `shift`, with a product of 48 bits in three 16-bit limbs: the amount is
//! `s + 16·is_far` with s below 16, and the result is two limbs of `rs1·2^s` to the left or of
//! `rs1·2^(16−s)` to the right.

use lvm_isa::event::Step;
use lvm_isa::instruction::{Instruction, Operation};
use lvm_isa::semantics;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::Sign16Msg;
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::fetch::{Decoded, Fetch};
use crate::gadgets::limbs::range16;
use crate::gadgets::operand::Operand;
use crate::gadgets::register::RegisterAccess;
use crate::gadgets::shift_by::{AmountBits, ShiftBy};
use crate::gadgets::value::{TWO_16, TWO_32, Value};
use crate::tables::program::{code, destination};

columns! {
    /// One executed 32-bit shift.
    pub struct ShiftWordRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 for SLLW and SLLIW; 0 or 1.
        is_sllw: cell,
        /// 1 for SRLW and SRLIW; 0 or 1.
        is_srlw: cell,
        /// 1 for SRAW and SRAIW; 0 or 1.
        is_sraw: cell,
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
        /// Shift amount: the second operand's low 5 bits, below 32.
        by: ShiftBy,
        /// 1 when the amount is at least 16; 0 or 1.
        is_far: cell,
        /// Bits 0..32 of the product; below 2^16.
        product: [cell; 2],
        /// Bits 32..48 of the product, for SRAW of a negative word with the bits above the
        /// shifted ones set; below 2^16.
        top: cell,
        /// The low word of the result; below 2^32.
        word: cell,
        /// A limb with the result's sign on top: the result's high limb; for SRAW rs1's, with its
        /// low amount % 16 bits cleared. Below 2^16.
        signed: cell,
        /// Bit 31 of the result; 0 or 1.
        sign: cell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = ShiftWordRow::<AB::Var>::of(builder.main().current_slice());
    let is_right: AB::Expr = row.is_srlw + row.is_sraw;
    let active = is_right.clone() + row.is_sllw;
    builder.constrain_bool("is_sllw is boolean", row.is_sllw);
    builder.constrain_bool("is_srlw is boolean", row.is_srlw);
    builder.constrain_bool("is_sraw is boolean", row.is_sraw);
    builder.constrain_bool("at most one operation", active.clone());
    builder.constrain_bool("is_far is boolean", row.is_far);

    let decoded = Decoded {
        code: row.is_sllw * AB::Expr::from_u8(code(Operation::Sllw))
            + row.is_srlw * AB::Expr::from_u8(code(Operation::Srlw))
            + row.is_sraw * AB::Expr::from_u8(code(Operation::Sraw))
            + row.right.code::<AB>(),
        operands: row.right.operands::<AB>(row.rd, row.rs1),
    };
    // Both limbs of the result are canonical: see the end.
    let result = Value { lo: row.word.into(), hi: row.sign * AB::Expr::from_u32(u32::MAX) };
    row.fetch.constrain(builder, decoded, row.fetch.fallthrough::<AB>(), active.clone());
    row.left.constrain_read(builder, row.rs1, row.fetch.at::<AB>(0), active.clone());
    row.right.constrain(builder, row.fetch.at::<AB>(1), active.clone());
    row.write.constrain_write(builder, row.rd, result, row.fetch.at::<AB>(3), active.clone());

    let by = [row.is_far.into(), AB::Expr::ZERO];
    row.by.constrain(builder, row.right.value().lo, AmountBits::Five, by, active.clone());

    // The product a·2^s or a·2^(16−s). To the right, with m = 2^s, the equation is multiplied by
    // m: product·m = a·2^16. The product is at most 2^48 in size and m at most 2^15, so that both
    // sides differ by less than the field's order: equations hold over the integers. As product
    // and top are 16-bit limbs, they are the digits of the product.
    for limb in row.product.into_iter().chain([row.top]) {
        range16(builder, limb, active.clone());
    }
    let a = row.left.before.lo;
    let m: AB::Expr = row.by.multiplier.into();
    let [p0, p1] = row.product.map(Into::<AB::Expr>::into);
    let top: AB::Expr = row.top.into();
    let pair = |low: &AB::Expr, high: &AB::Expr| low.clone() + high.clone() * TWO_16;
    let product = pair(&p0, &p1) + top.clone() * TWO_32;
    builder.constrain("left: the product", (m.clone() * a - product.clone()) * row.is_sllw);
    // For SRAW a negative word is a − 2^32, and the digit above the product's low 32 bits is
    // top − 2^16. Whatever the sign is said to be, top is (a >> (16 + s)) + sign·(2^16 − 2^(16−s)).
    let negative = row.sign * row.is_sraw;
    builder.constrain(
        "right: the product",
        is_right.clone() * (product * m.clone() - a * TWO_16)
            - negative.clone() * (m.clone() - AB::Expr::ONE) * (TWO_16 * TWO_32),
    );

    // SLLW and SRLW: the sign is on top of the result's high limb. SRAW: it is on top of
    // d·2^s, where d = a >> (16 + s) = top − sign·(2^16 − 2^(16−s)). That is a's high limb with its
    // low s ≤ 15 bits cleared, whichever sign was chosen.
    let is_near = active.clone() - row.is_far;
    builder.constrain(
        "SLLW: the limb with the sign",
        (p1.clone() * is_near.clone() + p0.clone() * row.is_far - row.signed) * row.is_sllw,
    );
    builder.constrain(
        "SRLW: the limb with the sign",
        (top.clone() * is_near.clone() - row.signed) * row.is_srlw,
    );
    builder.constrain(
        "SRAW: the limb with the sign",
        (top.clone() * m.clone() - row.signed) * row.is_sraw
            - negative * (m - AB::Expr::ONE) * TWO_16,
    );
    Sign16Msg { value: row.signed.into(), sign: row.sign.into() }.send(builder, active);

    // The word is made of 16-bit limbs, and the sign is a bit, so the result is canonical.
    let zero = AB::Expr::ZERO;
    let fill = row.sign * AB::Expr::from_u16(u16::MAX);
    let select = |near: AB::Expr, far: AB::Expr| near * is_near.clone() + far * row.is_far;
    let left = select(pair(&p0, &p1), pair(&zero, &p0));
    let logical = select(pair(&p1, &top), top.clone());
    let arithmetic = select(pair(&p1, &top), pair(&top, &fill));
    builder.constrain("SLLW: the result", (-left + row.word) * row.is_sllw);
    builder.constrain("SRLW: the result", (-logical + row.word) * row.is_srlw);
    builder.constrain("SRAW: the result", (-arithmetic + row.word) * row.is_sraw);
}

/// The row of one executed instruction.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    step: &Step,
    counts: &mut Counts,
) -> ShiftWordRow<Goldilocks> {
    let operation = instruction.operation;
    let is_sllw = matches!(operation, Operation::Sllw | Operation::Slliw);
    let is_sraw = matches!(operation, Operation::Sraw | Operation::Sraiw);
    let a = step.rs1.value as u32;
    let operand = Operand::of(instruction, step);
    let amount = operand % 32;
    let within = amount % 16;
    let result = semantics::alu(operation, step.rs1.value, operand);
    let factor: u64 = if is_sllw { 1 << within } else { 1 << (16 - within) };
    let product = u64::from(a) * factor;
    let limbs = [product as u16, (product >> 16) as u16];
    let digit = (product >> 32) as u16;
    let top = if is_sraw && a >> 31 == 1 { digit | (0x1_0000 - factor) as u16 } else { digit };
    let signed = if is_sraw { digit << within } else { (result as u32 >> 16) as u16 };
    for limb in [limbs[0], limbs[1], top] {
        counts.range16(limb);
    }
    counts.sign16(signed);
    ShiftWordRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_sllw: Goldilocks::from_bool(is_sllw),
        is_srlw: Goldilocks::from_bool(!is_sllw && !is_sraw),
        is_sraw: Goldilocks::from_bool(is_sraw),
        rd: Goldilocks::from_u8(destination(instruction.rd)),
        rs1: Goldilocks::from_u8(instruction.rs1),
        left: RegisterAccess::fill(step.rs1, step.time, counts),
        right: Operand::fill(instruction, step, counts),
        write: RegisterAccess::fill(step.rd, step.time + 3, counts),
        by: ShiftBy::fill(operand, AmountBits::Five, counts),
        is_far: Goldilocks::from_bool(amount >= 16),
        product: limbs.map(Goldilocks::from_u16),
        top: Goldilocks::from_u16(top),
        word: Goldilocks::from_u32(result as u32),
        signed: Goldilocks::from_u16(signed),
        sign: Goldilocks::from_bool(result >> 63 == 1),
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use lvm_isa::event::Access;
    use p3_field::PrimeField64;

    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::program::is_immediate;
    use crate::tables::testing::*;

    const REGISTER_FORMS: [Operation; 3] = [Operation::Sllw, Operation::Srlw, Operation::Sraw];
    const IMMEDIATE_FORMS: [Operation; 3] = [Operation::Slliw, Operation::Srliw, Operation::Sraiw];

    fn row(operation: Operation, a: u64, b: u64) -> ShiftWordRow<Goldilocks> {
        let mut counts = Counts::new(1);
        fill(PC, &instruction(operation, b as i64), &step(a, b), &mut counts)
    }

    fn check(instruction: &Instruction, step: &Step, operand: u64) {
        let a = step.rs1.value;
        let mut counts = Counts::new(1);
        let row = fill(PC, instruction, step, &mut counts);
        let case = case(instruction, a, operand);
        expect_honest(&case, &row, &counts, eval);
        let result = semantics::alu(instruction.operation, a, operand);
        let mut sends: Vec<(u64, u64, u64)> = Vec::from([(u64::from(instruction.rs1), a, 400)]);
        if !is_immediate(instruction.operation) {
            sends.push((u64::from(instruction.rs2), operand, 401));
        }
        sends.push((u64::from(destination(instruction.rd)), result, 403));
        assert_eq!(register_sends(&row, eval), sends, "{case}");
        assert_eq!(message(&row, Bus::Execution, Side::Send, eval), [404, PC + 4], "{case}");
        let program = program_fields(instruction);
        assert_eq!(message(&row, Bus::Program, Side::Send, eval), program, "{case}");
    }

    #[test]
    fn honest_rows_agree_with_the_semantics() {
        for operation in REGISTER_FORMS {
            for a in EDGES {
                let amounts = (0..64).map(|amount| amount | 0xABCD_EF12_3456_7880);
                for b in EDGES.into_iter().chain(amounts) {
                    check(&instruction(operation, 0), &step(a, b), b);
                }
            }
        }
        for operation in IMMEDIATE_FORMS {
            for a in EDGES {
                for amount in 0..32 {
                    let mut instruction = instruction(operation, amount);
                    instruction.rs2 = 0;
                    let mut step = step(a, 0);
                    step.rs2 = Access::default();
                    check(&instruction, &step, amount as u64);
                }
            }
        }
    }

    #[test]
    fn x0_and_equal_registers() {
        for operation in REGISTER_FORMS {
            let mut to_x0 = instruction(operation, 0);
            to_x0.rd = 0;
            check(&to_x0, &step(0x8123_4567_89AB_CDEF, 13), 13);
            let a = 0x8123_4567_89AB_CDEF;
            let same = Instruction { operation, rd: 9, rs1: 9, rs2: 9, imm: 0 };
            let step = Step {
                rs2: Access { value: a, time: 400 },
                rd: Access { value: a, time: 401 },
                ..step(a, a)
            };
            check(&same, &step, a);
        }
    }

    #[test]
    fn padding_does_nothing() {
        expect_padding::<ShiftWordRow<Goldilocks>>(eval);
    }

    type Change = fn(&mut ShiftWordRow<Goldilocks>);

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        const ONE: Goldilocks = Goldilocks::ONE;
        let a = 0x8123_4567_89AB_CDEF;
        for operation in [REGISTER_FORMS, IMMEDIATE_FORMS].concat() {
            let honest = row(operation, a, 21);
            let corrupt = |label: &str, change: Change| {
                let mut row = honest;
                change(&mut row);
                expect_violation(&row, label, eval);
            };
            let (name, direction) = match operation {
                Operation::Sllw | Operation::Slliw => ("SLLW", "left"),
                Operation::Srlw | Operation::Srliw => ("SRLW", "right"),
                _ => ("SRAW", "right"),
            };
            let product = &std::format!("{direction}: the product");
            let signed = &std::format!("{name}: the limb with the sign");
            let result = &std::format!("{name}: the result");
            corrupt("is_sllw is boolean", |r| r.is_sllw += Goldilocks::TWO);
            corrupt("is_srlw is boolean", |r| r.is_srlw += Goldilocks::TWO);
            corrupt("is_sraw is boolean", |r| r.is_sraw += Goldilocks::TWO);
            corrupt("at most one operation", |r| {
                (r.is_sllw, r.is_srlw, r.is_sraw) = (ONE, ONE, ONE);
            });
            corrupt("is_immediate is boolean", |r| r.right.is_immediate += Goldilocks::TWO);
            corrupt("an immediate form is an operation", |r| {
                (r.is_sllw, r.is_srlw, r.is_sraw) = Default::default();
                r.right.is_immediate = ONE;
            });
            corrupt("is_far is boolean", |r| r.is_far += ONE);
            corrupt("shift_amount", |r| r.by.amount += ONE);
            corrupt("shift_amount", |r| r.by.amount += Goldilocks::from_u8(32));
            corrupt("shift_amount", |r| r.by.multiplier += ONE);
            corrupt("shift_amount", |r| r.is_far = Goldilocks::ZERO);
            corrupt("range16", |r| r.right.access.before.lo -= ONE);
            corrupt("range16", |r| r.by.rest.low -= ONE);
            corrupt("range16", |r| r.left.time = Goldilocks::from_u32(400));
            corrupt("range16", |r| r.write.time = Goldilocks::from_u32(403));
            corrupt(product, |r| r.left.before.lo += ONE);
            corrupt(product, |r| r.product[0] += ONE);
            corrupt(product, |r| r.product[1] += ONE);
            corrupt(product, |r| r.top += ONE);
            corrupt(signed, |r| r.signed += ONE);
            corrupt("sign16", |r| r.sign = ONE - r.sign);
            corrupt(result, |r| r.word += ONE);
        }
    }

    /// Every choice of sign and of how the amount is taken apart, with all else computed to fit.
    fn forge(
        operation: Operation,
        a: u64,
        operand: u64,
        sign: bool,
        amount: u64,
        is_far: bool,
    ) -> ShiftWordRow<Goldilocks> {
        let mut row = row(operation, a, operand);
        let exponent = amount as i64 % 32 - 16 * i64::from(is_far);
        let two = |e: i64| Goldilocks::TWO.exp_u64(e.rem_euclid(192) as u64);
        let factor = two(if operation == Operation::Sllw { exponent } else { 16 - exponent });
        let m = two(exponent);
        row.by.amount = Goldilocks::from_u64(amount);
        row.by.multiplier = m;
        row.is_far = Goldilocks::from_bool(is_far);
        row.sign = Goldilocks::from_bool(sign);
        let negative = if operation == Operation::Sraw { row.sign } else { Goldilocks::ZERO };
        let product =
            (row.left.before.lo - negative * TWO_32) * factor + negative * TWO_32 * TWO_16;
        let product = product.as_canonical_u64();
        let [p0, p1, top] = [0, 16, 32].map(|bit| Goldilocks::from_u16((product >> bit) as u16));
        row.product = [p0, p1];
        row.top = top;
        let fill = negative * Goldilocks::from_u16(u16::MAX);
        let zero = Goldilocks::ZERO;
        let (low, high) = match (operation == Operation::Sllw, is_far) {
            (true, false) => (p0, p1),
            (true, true) => (zero, p0),
            (false, false) => (p1, top),
            (false, true) => (top, fill),
        };
        row.word = low + high * TWO_16;
        row.signed = if operation == Operation::Sraw {
            top * m - negative * (m - Goldilocks::ONE) * TWO_16
        } else {
            high
        };
        row
    }

    #[test]
    fn no_other_sign_amount_or_position_is_accepted() {
        let values = [0, 1, 0xFFFF, 0xFFFF_FFFF, 1 << 31, 0x7FFF_FFFF, 0x8000_FFFF, u64::MAX];
        for operation in REGISTER_FORMS {
            for a in values {
                for operand in [0, 1, 15, 16, 17, 31, 32, 48, 63] {
                    let expected = semantics::alu(operation, a, operand);
                    for sign in [false, true] {
                        for amount in [0, 15, 16, 31, 32, 63, operand, operand % 32] {
                            for is_far in [false, true] {
                                let row = forge(operation, a, operand, sign, amount, is_far);
                                let accepted = violations(&row, eval).is_empty();
                                let honest = amount == operand % 32
                                    && is_far == (amount >= 16)
                                    && sign == (expected >> 63 == 1);
                                assert_eq!(
                                    accepted, honest,
                                    "{operation:?} {a:#x} {operand} {sign} {amount} {is_far}"
                                );
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_product_may_not_wrap_the_field() {
        // product + p: the top limb would have to be larger than 16 bits.
        for operation in [Operation::Sllw, Operation::Srlw] {
            let mut row = row(operation, 0x8123_4567_89AB_CDEF, 5);
            row.product[0] += Goldilocks::ONE;
            row.top -= crate::gadgets::value::TWO_32_INVERSE;
            expect_violation(&row, "range16", eval);
        }
    }
}
