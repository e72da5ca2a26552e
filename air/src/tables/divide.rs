//! `divide`: DIV, DIVU, REM, REMU and their W forms.
//!
//! Statement: at `time` the machine at `pc` executes one of them and rd becomes the quotient or
//! the remainder of rs1 by rs2, as the specification's chapter "M" defines them.
//!
//! In three steps:
//!
//! 1. Operands. A W form takes the low 32 bits, extended by its signedness. Then each operand is
//!    split into a sign, which is 0 for the unsigned forms, and a magnitude below 2^64.
//! 2. Division of the magnitudes: `dividend = quotient·divisor + remainder` over the integers,
//!    with `remainder < divisor` unless the divisor is 0. For a divisor of 0 the remainder comes
//!    out as the dividend, and the quotient is set to 1, with a negative sign.
//! 3. Output. Quotient or remainder, with its sign, modulo 2^64. The remainder has the dividend's
//!    sign; the quotient is negative if the signs differ, or if the divisor is 0, which makes it
//!    −1. The magnitude 2^63 of i64::MIN / −1 is i64::MIN again. A W form sign-extends the low 32
//!    bits.

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
use crate::gadgets::less_than::LessThan;
use crate::gadgets::limbs::{Limbs32, Limbs64};
use crate::gadgets::product::{LIMB_MAX, LimbProduct};
use crate::gadgets::register::RegisterAccess;
use crate::gadgets::value::{TWO_32_INVERSE, Value};
use crate::tables::program::{code, destination};

/// What the unsigned forms, the remainders and the W forms add to DIV's code.
const UNSIGNED_CODE: u8 = code(Operation::Divu) - code(Operation::Div);
const REMAINDER_CODE: u8 = code(Operation::Rem) - code(Operation::Div);
const WORD_CODE: u8 = code(Operation::Divw) - code(Operation::Div);
const _: () = assert!(
    code(Operation::Remu) == code(Operation::Div) + UNSIGNED_CODE + REMAINDER_CODE
        && code(Operation::Divuw) == code(Operation::Div) + UNSIGNED_CODE + WORD_CODE
        && code(Operation::Remw) == code(Operation::Div) + REMAINDER_CODE + WORD_CODE
        && code(Operation::Remuw)
            == code(Operation::Div) + UNSIGNED_CODE + REMAINDER_CODE + WORD_CODE
);

columns! {
    /// An operand as sign and magnitude.
    pub struct SignedOperand {
        /// The limb whose bit 31 is the sign: the register's low limb for W forms, else its high
        /// limb; below 2^32.
        top: cell,
        /// Limbs of `top` for the signed forms, else 0.
        top_limbs: Limbs32,
        /// 1 if the form is signed and the operand negative; 0 or 1.
        sign: cell,
        /// High limb of the extended operand, of which the register's low limb is the low one;
        /// below 2^32.
        high: cell,
        /// The operand's absolute value; canonical.
        magnitude: Value,
        /// Limbs of the magnitude.
        limbs: Limbs64,
    }
}

columns! {
    /// A 64-bit value with its limbs.
    pub struct RangedValue {
        /// The value; canonical.
        value: Value,
        /// Its limbs.
        limbs: Limbs64,
    }
}

columns! {
    /// One executed division.
    pub struct DivideRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 on the row of an instruction, 0 in padding.
        is_real: cell,
        /// 1 for the unsigned forms; 0 or 1, and 0 in padding.
        is_unsigned: cell,
        /// 1 for the remainders; 0 or 1.
        is_remainder: cell,
        /// 1 for the W forms; 0 or 1.
        is_word: cell,
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
        /// rs1 as the operation takes it.
        dividend: SignedOperand,
        /// rs2 as the operation takes it.
        divisor: SignedOperand,
        /// Magnitude of the quotient; 1 if the divisor is 0.
        quotient: RangedValue,
        /// Magnitude of the remainder.
        remainder: RangedValue,
        /// `quotient_lo·divisor_lo + remainder_lo`, of which the dividend has the low limb.
        product: LimbProduct,
        /// Limbs of `dividend_hi − remainder_hi`, below 2^32.
        rest_limbs: Limbs32,
        /// Whether the remainder is less than the divisor: 0 only if the divisor is 0.
        remainder_less: LessThan,
        /// Magnitude of what is asked for, quotient or remainder; canonical.
        magnitude: Value,
        /// Whether the sign of what is asked for is negative; 0 or 1.
        is_negative: cell,
        /// What is asked for, modulo 2^64.
        output: RangedValue,
        /// Bit 31 of the output; 0 or 1.
        word_sign: cell,
        /// High limb of the result; below 2^32.
        result_hi: cell,
    }
}

/// Requires `negated` to be −`value` modulo 2^64 if `is_negative`, else `value`.
///
/// Assumes that both are canonical and that `is_negative` is 0 or 1.
fn constrain_negation<AB: TableBuilder>(
    builder: &mut AB,
    value: Value<AB::Expr>,
    negated: Value<AB::Expr>,
    is_negative: AB::Var,
) {
    let is_positive = AB::Expr::ONE - is_negative;
    builder.constrain(
        "positive: low limb is kept",
        (negated.lo.clone() - value.lo.clone()) * is_positive.clone(),
    );
    builder.constrain(
        "positive: high limb is kept",
        (negated.hi.clone() - value.hi.clone()) * is_positive,
    );
    // value + negated = 0 or 2^64, with a carry of 0 or 1 out of each limb: for each limb of the
    // value there is one limb below 2^32 for which that is so.
    let is_bit = |carry: AB::Expr| carry.clone() * (carry - AB::Expr::ONE);
    let carry_lo = (value.lo + negated.lo) * TWO_32_INVERSE;
    let carry_hi = (value.hi + negated.hi + carry_lo.clone()) * TWO_32_INVERSE;
    builder.constrain("negative: low limbs add up to 0", is_bit(carry_lo) * is_negative);
    builder.constrain("negative: high limbs add up to 0", is_bit(carry_hi) * is_negative);
}

impl<V: Copy> SignedOperand<V> {
    /// Guarantees, where active, that sign and magnitude are those of `register` as the form
    /// takes it. Assumes that `register` is canonical; `[is_real, is_unsigned, is_word]` are the
    /// row's flags.
    fn constrain<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        register: Value<V>,
        [is_real, is_unsigned, is_word]: [V; 3],
    ) {
        let [is_real, is_unsigned, is_word] =
            [is_real, is_unsigned, is_word].map(Into::<AB::Expr>::into);
        let Value { lo, hi } = register.into_exprs::<AB::Expr>();
        let sign: AB::Expr = self.sign.into();
        builder.constrain(
            "the sign is that of the low limb for W forms, else of the high",
            is_word.clone() * (lo.clone() - hi.clone()) + hi.clone() - self.top,
        );
        builder.constrain("unsigned operands have no sign", is_unsigned.clone() * sign.clone());
        builder.constrain(
            "unsigned operands need no limbs of the sign",
            is_unsigned.clone() * self.top_limbs.low,
        );
        self.top_limbs.constrain_signed(
            builder,
            self.top,
            self.sign,
            is_real.clone() - is_unsigned,
        );
        builder.constrain(
            "the high limb extends the sign for W forms",
            is_word * (sign * LIMB_MAX - hi.clone()) + hi - self.high,
        );
        let extended = Value { lo, hi: self.high.into() };
        self.limbs.constrain(builder, self.magnitude, is_real);
        constrain_negation(builder, extended, self.magnitude.into_exprs(), self.sign);
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = DivideRow::<AB::Var>::of(builder.main().current_slice());
    builder.constrain_bool("is_real is boolean", row.is_real);
    builder.constrain_bool("is_unsigned is boolean", row.is_unsigned);
    builder.constrain_bool("is_remainder is boolean", row.is_remainder);
    builder.constrain_bool("is_word is boolean", row.is_word);
    builder.constrain_bool("padding is not unsigned", row.is_real - row.is_unsigned);

    let decoded = Decoded {
        code: row.is_real * AB::Expr::from_u8(code(Operation::Div))
            + row.is_unsigned * AB::Expr::from_u8(UNSIGNED_CODE)
            + row.is_remainder * AB::Expr::from_u8(REMAINDER_CODE)
            + row.is_word * AB::Expr::from_u8(WORD_CODE),
        operands: [row.rd.into(), row.rs1.into(), row.rs2.into(), AB::Expr::ZERO, AB::Expr::ZERO],
    };
    row.fetch.constrain(builder, decoded, row.fetch.fallthrough::<AB>(), row.is_real);
    row.left.constrain_read(builder, row.rs1, row.fetch.at::<AB>(0), row.is_real);
    row.right.constrain_read(builder, row.rs2, row.fetch.at::<AB>(1), row.is_real);
    let output = row.output.value;
    let result = Value { lo: output.lo.into(), hi: row.result_hi.into() };
    row.write.constrain_write(builder, row.rd, result, row.fetch.at::<AB>(3), row.is_real);

    // 1. Operands.
    let flags = [row.is_real, row.is_unsigned, row.is_word];
    row.dividend.constrain(builder, row.left.before, flags);
    row.divisor.constrain(builder, row.right.before, flags);

    // 2. Division: n = q·d + r. With t the high limb of q0·d0 + r0:
    //   q0·d0 + r0 = n0 + 2^32·t, exactly, by the gadget;
    //   q1·d1 = 0, as q·d is below 2^64;
    //   q0·d1 + q1·d0 + t = n1 − r1, where one product is 0 and the other at most (2^32 − 1)², so
    //     that the left side is below p, and the right side is proved to be below 2^32.
    // The gadget's bound on t excludes no division: t = 2^32 − 1 takes q0 = d0 = r0 = 2^32 − 1,
    // and r < d then takes a d, hence a q·d, that is too large.
    let (n, d) = (row.dividend.magnitude, row.divisor.magnitude);
    let (q, r) = (row.quotient.value, row.remainder.value);
    row.quotient.limbs.constrain(builder, q, row.is_real);
    row.remainder.limbs.constrain(builder, r, row.is_real);
    row.product.constrain(builder, [q.lo, d.lo], r.lo, n.lo, row.is_real);
    builder.constrain("quotient times divisor is below 2^64", q.hi * d.hi);
    let rest: AB::Expr = n.hi - r.hi;
    row.rest_limbs.constrain(builder, rest.clone(), row.is_real);
    builder.constrain(
        "quotient times divisor, high limb",
        q.lo * d.hi + q.hi * d.lo + row.product.high - rest,
    );
    // No remainder is less than 0, so that is_zero is 1 if the divisor is 0; and if is_zero is 1,
    // so are both limbs, of which the sum can't wrap.
    row.remainder_less.constrain(builder, r, d, row.is_real);
    let is_zero: AB::Expr = row.is_real - row.remainder_less.is_less;
    builder.constrain("the remainder is less than the divisor", (d.lo + d.hi) * is_zero.clone());
    builder
        .constrain("the quotient by 0 has magnitude 1", (q.lo - AB::Expr::ONE) * is_zero.clone());
    builder.constrain("the quotient by 0 has no high limb", is_zero.clone() * q.hi);

    // 3. Output. For a divisor of 0, which has sign 0, the quotient's sign is
    // sa + (1 − sa) = 1, and otherwise sa xor sb.
    let (sa, sb) = (row.dividend.sign, row.divisor.sign);
    let quotient_sign = sa + sb - (sa * sb).double() + (AB::Expr::ONE - sa) * is_zero;
    builder.constrain(
        "the sign is that of the quotient or the remainder",
        (-quotient_sign.clone() + sa) * row.is_remainder + quotient_sign - row.is_negative,
    );
    let m = row.magnitude;
    builder.constrain(
        "the magnitude's low limb is that of the quotient or the remainder",
        row.is_remainder * (r.lo - q.lo) + q.lo - m.lo,
    );
    builder.constrain(
        "the magnitude's high limb is that of the quotient or the remainder",
        row.is_remainder * (r.hi - q.hi) + q.hi - m.hi,
    );
    row.output.limbs.lo.constrain_signed(builder, output.lo, row.word_sign, row.is_real);
    row.output.limbs.hi.constrain(builder, output.hi, row.is_real);
    constrain_negation(builder, m.into_exprs(), output.into_exprs(), row.is_negative);
    builder.constrain(
        "the result's high limb extends the sign for W forms",
        (row.word_sign * LIMB_MAX - output.hi) * row.is_word + output.hi - row.result_hi,
    );
}

/// `value`, or its negative modulo 2^64.
const fn negate_if(is_negative: bool, value: u64) -> u64 {
    if is_negative { value.wrapping_neg() } else { value }
}

impl SignedOperand<Goldilocks> {
    /// The operand in `register`, with its sign and magnitude.
    fn fill(
        register: u64,
        is_unsigned: bool,
        is_word: bool,
        counts: &mut Counts,
    ) -> (Self, bool, u64) {
        let extended = match (is_word, is_unsigned) {
            (false, _) => register,
            (true, false) => semantics::sign_extend_word(register),
            (true, true) => u64::from(register as u32),
        };
        let sign = !is_unsigned && (extended as i64) < 0;
        let magnitude = negate_if(sign, extended);
        let top = if is_word { register as u32 } else { (register >> 32) as u32 };
        let operand = Self {
            top: Goldilocks::from_u32(top),
            top_limbs: if is_unsigned {
                Limbs32::default()
            } else {
                Limbs32::fill_signed(top, counts)
            },
            sign: Goldilocks::from_bool(sign),
            high: Goldilocks::from_u32((extended >> 32) as u32),
            magnitude: Value::from_u64(magnitude),
            limbs: Limbs64::fill(magnitude, counts),
        };
        (operand, sign, magnitude)
    }
}

impl RangedValue<Goldilocks> {
    /// The value, ranged by [`Limbs64::constrain`].
    fn fill(value: u64, counts: &mut Counts) -> Self {
        Self { value: Value::from_u64(value), limbs: Limbs64::fill(value, counts) }
    }
}

/// The row of one executed instruction.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    step: &Step,
    counts: &mut Counts,
) -> DivideRow<Goldilocks> {
    use Operation::{Divu, Divuw, Divw, Rem, Remu, Remuw, Remw};
    let operation = instruction.operation;
    let is_unsigned = matches!(operation, Divu | Remu | Divuw | Remuw);
    let is_remainder = matches!(operation, Rem | Remu | Remw | Remuw);
    let is_word = matches!(operation, Divw | Divuw | Remw | Remuw);
    let (dividend, sa, n) = SignedOperand::fill(step.rs1.value, is_unsigned, is_word, counts);
    let (divisor, sb, d) = SignedOperand::fill(step.rs2.value, is_unsigned, is_word, counts);
    let q = n.checked_div(d).unwrap_or(1);
    let r = n.checked_rem(d).unwrap_or(n);
    let (magnitude, is_negative) = if is_remainder { (r, sa) } else { (q, sa != sb || d == 0) };
    let output = negate_if(is_negative, magnitude);
    let result = semantics::alu(operation, step.rs1.value, step.rs2.value);
    DivideRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_real: Goldilocks::ONE,
        is_unsigned: Goldilocks::from_bool(is_unsigned),
        is_remainder: Goldilocks::from_bool(is_remainder),
        is_word: Goldilocks::from_bool(is_word),
        rd: Goldilocks::from_u8(destination(instruction.rd)),
        rs1: Goldilocks::from_u8(instruction.rs1),
        rs2: Goldilocks::from_u8(instruction.rs2),
        left: RegisterAccess::fill(step.rs1, step.time, counts),
        right: RegisterAccess::fill(step.rs2, step.time + 1, counts),
        write: RegisterAccess::fill(step.rd, step.time + 3, counts),
        dividend,
        divisor,
        quotient: RangedValue::fill(q, counts),
        remainder: RangedValue::fill(r, counts),
        product: LimbProduct::fill(q as u32, d as u32, r as u32, counts),
        rest_limbs: Limbs32::fill((n >> 32) as u32 - (r >> 32) as u32, counts),
        remainder_less: LessThan::fill(r, d, counts),
        magnitude: Value::from_u64(magnitude),
        is_negative: Goldilocks::from_bool(is_negative),
        output: RangedValue {
            value: Value::from_u64(output),
            limbs: Limbs64 {
                lo: Limbs32::fill_signed(output as u32, counts),
                hi: Limbs32::fill((output >> 32) as u32, counts),
            },
        },
        word_sign: Goldilocks::from_u64(output >> 31 & 1),
        result_hi: Goldilocks::from_u32((result >> 32) as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::gadgets::value::TWO_32;
    use crate::tables::testing::*;

    const OPERATIONS: [Operation; 8] = [
        Operation::Div,
        Operation::Divu,
        Operation::Rem,
        Operation::Remu,
        Operation::Divw,
        Operation::Divuw,
        Operation::Remw,
        Operation::Remuw,
    ];

    fn row(operation: Operation, a: u64, b: u64) -> (DivideRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let row = fill(PC, &instruction(operation, 0), &step(a, b), &mut counts);
        (row, counts)
    }

    fn expect_semantics(operation: Operation, a: u64, b: u64) {
        let instruction = instruction(operation, 0);
        let (row, counts) = row(operation, a, b);
        let case = case(&instruction, a, b);
        expect_honest(&case, &row, &counts, eval);
        let result = semantics::alu(operation, a, b);
        assert_eq!(
            register_sends(&row, eval),
            [(5, a, 400), (6, b, 401), (7, result, 403)],
            "{case}"
        );
        assert_eq!(message(&row, Bus::Program, Side::Send, eval), program_fields(&instruction));
        assert_eq!(message(&row, Bus::Execution, Side::Send, eval), [404, PC + 4]);
    }

    #[test]
    fn honest_rows_agree_with_the_semantics() {
        for operation in OPERATIONS {
            for a in EDGES {
                for b in EDGES {
                    expect_semantics(operation, a, b);
                }
            }
        }
    }

    #[test]
    fn the_largest_limb_products_have_rows() {
        // Quotients, divisors and remainders with limbs of 2^32 − 1 or next to it.
        let max = 0xFFFF_FFFF_u64;
        for d in [max, max - 1, max << 32, u64::MAX, (1 << 32) + max] {
            for q in [max, max - 1, 1, max << 32, u64::MAX] {
                for r in [0, 1, d - 1, d.min(max) - 1] {
                    if let Some(n) = q.checked_mul(d).and_then(|n| n.checked_add(r)) {
                        for operation in OPERATIONS {
                            expect_semantics(operation, n, d);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn honest_random_rows_agree_with_the_semantics() {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = || {
            state = state.wrapping_mul(0xD129_0FB2_3A5B_1C6D).wrapping_add(0x2545_F491_4F6C_DD1D);
            state ^ (state >> 29)
        };
        for _ in 0..500 {
            let (a, b) = (next(), next() >> (next() % 64));
            for operation in OPERATIONS {
                expect_semantics(operation, a, b);
                expect_semantics(operation, a, b.wrapping_neg());
            }
        }
    }

    #[test]
    fn registers_may_coincide_and_x0_goes_to_the_sink() {
        let mut counts = Counts::new(1);
        let same = Instruction { operation: Operation::Div, rd: 9, rs1: 9, rs2: 9, imm: 0 };
        let row = fill(PC, &same, &step(77, 77), &mut counts);
        expect_honest("same", &row, &counts, eval);
        assert_eq!(register_sends(&row, eval), [(9, 77, 400), (9, 77, 401), (9, 1, 403)]);
        let mut counts = Counts::new(1);
        let sink = Instruction { operation: Operation::Remu, rd: 0, rs1: 5, rs2: 6, imm: 0 };
        let row = fill(PC, &sink, &step(7, 4), &mut counts);
        expect_honest("sink", &row, &counts, eval);
        assert_eq!(register_sends(&row, eval)[2], (32, 3, 403));
    }

    #[test]
    fn the_cases_that_the_specification_singles_out() {
        let (min, max) = (i64::MIN as u64, u64::MAX);
        let word_min = i32::MIN as i64 as u64;
        let result = |operation, a, b| {
            let (row, _) = row(operation, a, b);
            assert!(violations(&row, eval).is_empty());
            register_sends(&row, eval)[2].1
        };
        assert_eq!(result(Operation::Div, min, max), min);
        assert_eq!(result(Operation::Rem, min, max), 0);
        assert_eq!(result(Operation::Divw, word_min, max), word_min);
        assert_eq!(result(Operation::Remw, word_min, max), 0);
        for a in EDGES {
            assert_eq!(result(Operation::Div, a, 0), max);
            assert_eq!(result(Operation::Divu, a, 0), max);
            assert_eq!(result(Operation::Divw, a, 0), max);
            assert_eq!(result(Operation::Divuw, a, 1 << 32), max);
            assert_eq!(result(Operation::Rem, a, 0), a);
            assert_eq!(result(Operation::Remu, a, 0), a);
            assert_eq!(result(Operation::Remw, a, 1 << 32), a as i32 as u64);
            assert_eq!(result(Operation::Remuw, a, 0), a as i32 as u64);
        }
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        for operation in OPERATIONS {
            let (honest, _) = row(operation, 0x8123_4567_89AB_CDEF, 0xFFFF_FFFF_8765_4321);
            let corrupt = |label: &str, change: fn(&mut DivideRow<Goldilocks>)| {
                let mut row = honest;
                change(&mut row);
                expect_violation(&row, label, eval);
            };
            let one = Goldilocks::ONE;
            corrupt("the sign is that of the low limb for W forms, else of the high", |r| {
                r.divisor.top += Goldilocks::ONE
            });
            corrupt("the high limb extends the sign for W forms", |r| {
                r.dividend.high += Goldilocks::ONE
            });
            corrupt("limb product", |r| r.quotient.value.lo += Goldilocks::ONE);
            corrupt("limb product", |r| r.remainder.value.lo += Goldilocks::ONE);
            corrupt("quotient times divisor, high limb", |r| {
                r.remainder.value.hi += Goldilocks::ONE
            });
            corrupt("quotient times divisor is below 2^64", |r| {
                (r.quotient.value.hi, r.divisor.magnitude.hi) = (Goldilocks::ONE, Goldilocks::ONE);
            });
            corrupt("the remainder is less than the divisor", |r| {
                r.remainder_less.is_less = Goldilocks::ZERO
            });
            corrupt("the deciding limbs are in the stated order", |r| {
                r.remainder_less.is_less = Goldilocks::ZERO
            });
            corrupt("the sign is that of the quotient or the remainder", |r| {
                r.is_negative = Goldilocks::ONE - r.is_negative
            });
            corrupt("the magnitude's low limb is that of the quotient or the remainder", |r| {
                r.magnitude.lo += Goldilocks::ONE
            });
            corrupt("the magnitude's high limb is that of the quotient or the remainder", |r| {
                r.magnitude.hi += Goldilocks::ONE
            });
            corrupt("the result's high limb extends the sign for W forms", |r| {
                r.result_hi += Goldilocks::ONE
            });
            corrupt("sign16", |r| r.word_sign = Goldilocks::ONE - r.word_sign);
            corrupt("range16", |r| r.quotient.limbs.lo.low += Goldilocks::ONE);
            corrupt("range16", |r| r.remainder.limbs.hi.low += Goldilocks::ONE);
            corrupt("range16", |r| r.dividend.limbs.lo.low += Goldilocks::ONE);
            corrupt("range16", |r| r.divisor.limbs.hi.low += Goldilocks::ONE);
            corrupt("range16", |r| r.output.limbs.hi.low += Goldilocks::ONE);
            corrupt("range16", |r| r.rest_limbs.low += Goldilocks::ONE);
            corrupt("range16", |r| r.write.time = Goldilocks::from_u32(403));
            corrupt("is_real is boolean", |r| r.is_real = Goldilocks::TWO);
            corrupt("is_unsigned is boolean", |r| r.is_unsigned = Goldilocks::TWO);
            corrupt("is_remainder is boolean", |r| r.is_remainder = Goldilocks::TWO);
            corrupt("is_word is boolean", |r| r.is_word = Goldilocks::TWO);
            let kept = honest.is_negative != one;
            let label = |positive: &'static str, negative| if kept { positive } else { negative };
            corrupt(label("positive: low limb is kept", "negative: low limbs add up to 0"), |r| {
                r.output.value.lo += Goldilocks::ONE;
            });
            corrupt(
                label("positive: high limb is kept", "negative: high limbs add up to 0"),
                |r| {
                    r.output.value.hi += Goldilocks::ONE;
                },
            );
            if honest.is_unsigned == one {
                corrupt("unsigned operands have no sign", |r| r.dividend.sign = Goldilocks::ONE);
                corrupt("unsigned operands need no limbs of the sign", |r| {
                    r.divisor.top_limbs.low = Goldilocks::ONE;
                });
            } else {
                corrupt("sign16", |r| r.dividend.sign = Goldilocks::ONE - r.dividend.sign);
                corrupt("negative: low limbs add up to 0", |r| {
                    r.divisor.magnitude.lo += Goldilocks::ONE
                });
            }
        }
        let (mut row, _) = row(Operation::Div, 5, 0);
        row.quotient.value.lo += Goldilocks::ONE;
        expect_violation(&row, "the quotient by 0 has magnitude 1", eval);
        row.quotient.value.hi += Goldilocks::ONE;
        expect_violation(&row, "the quotient by 0 has no high limb", eval);
    }

    /// The row of a forger who chooses magnitudes of quotient and remainder and is right in
    /// everything that follows from them.
    fn forge(operation: Operation, a: u64, b: u64, q: u64, r: u64) -> DivideRow<Goldilocks> {
        let mut counts = Counts::new(1);
        let (mut row, _) = row(operation, a, b);
        let limbs = |v: Value<Goldilocks>| {
            use p3_field::PrimeField64;
            v.lo.as_canonical_u64() + (v.hi.as_canonical_u64() << 32)
        };
        let (n, d) = (limbs(row.dividend.magnitude), limbs(row.divisor.magnitude));
        row.quotient = RangedValue::fill(q, &mut counts);
        row.remainder = RangedValue::fill(r, &mut counts);
        row.product = LimbProduct::fill(q as u32, d as u32, r as u32, &mut counts);
        row.rest_limbs =
            Limbs32::fill(((n >> 32) as u32).wrapping_sub((r >> 32) as u32), &mut counts);
        row.remainder_less = LessThan::fill(r, d, &mut counts);
        let asked = if row.is_remainder == Goldilocks::ONE { r } else { q };
        row.magnitude = Value::from_u64(asked);
        let output = negate_if(row.is_negative == Goldilocks::ONE, asked);
        row.output.value = Value::from_u64(output);
        row.output.limbs = Limbs64 {
            lo: Limbs32::fill_signed(output as u32, &mut counts),
            hi: Limbs32::fill((output >> 32) as u32, &mut counts),
        };
        row.word_sign = Goldilocks::from_u64(output >> 31 & 1);
        row.result_hi = if row.is_word == Goldilocks::ONE {
            row.word_sign * LIMB_MAX
        } else {
            row.output.value.hi
        };
        row
    }

    #[test]
    fn a_smaller_quotient_with_a_larger_remainder_is_refused() {
        for operation in OPERATIONS {
            let row = forge(operation, 17, 5, 3, 2);
            assert!(violations(&row, eval).is_empty(), "the honest twin");
            let row = forge(operation, 17, 5, 2, 7);
            expect_violation(&row, "the remainder is less than the divisor", eval);
        }
    }

    #[test]
    fn a_larger_quotient_with_a_negative_remainder_is_refused() {
        let mut row = forge(Operation::Divu, 17, 5, 4, 0);
        row.remainder.value.lo = -Goldilocks::from_u8(3);
        row.remainder.limbs.lo.low = row.remainder.value.lo;
        row.product = LimbProduct::fill(0, 0, 0, &mut Counts::new(1));
        expect_violation(&row, "range16", eval);
    }

    #[test]
    fn a_quotient_whose_product_overflows_is_refused() {
        // 3·q = 1 modulo 2^64.
        let q = 0xAAAA_AAAA_AAAA_AAAB;
        assert_eq!(3u64.wrapping_mul(q), 1);
        for operation in [Operation::Divu, Operation::Remu] {
            let row = forge(operation, 1, 3, q, 0);
            let found = violations(&row, eval);
            assert_eq!(found, ["quotient times divisor, high limb"]);
        }
        // Both high limbs set: (2^32)·(2^32) = 0 modulo 2^64.
        let row = forge(Operation::Divu, 5, 1 << 32, 1 << 32, 5);
        assert_eq!(violations(&row, eval), ["quotient times divisor is below 2^64"]);
    }

    #[test]
    fn a_high_limb_that_is_right_modulo_p_is_refused() {
        // q0 = d1 = 2^32 − 1 gives q0·d1 = p − 2^32, which wraps with t and r1; the rest n1 − r1
        // is then negative.
        let (q, d) = (0xFFFF_FFFF_u64, u64::MAX);
        let t = (q * 0xFFFF_FFFF + 0xFFFF_FFFE) >> 32;
        let r = (0xFFFF_FFFE << 32) + 0xFFFF_FFFE;
        // q·d1 + t + r1 − p, a high limb of the dividend.
        let n_hi = (u128::from(q) * 0xFFFF_FFFF + u128::from(t) + 0xFFFF_FFFE) as i128
            - 0xFFFF_FFFF_0000_0001_i128;
        let n_hi = u64::try_from(n_hi).expect("the sum wraps");
        let n_lo = (q * 0xFFFF_FFFF + 0xFFFF_FFFE) & 0xFFFF_FFFF;
        assert!(n_hi < 1 << 32);
        let row = forge(Operation::Divu, n_lo + (n_hi << 32), d, q, r);
        let found = violations(&row, eval);
        assert!(found.iter().all(|violation| violation == "range16"), "{found:?}");
        assert!(!found.is_empty());
    }

    #[test]
    fn division_by_zero_has_one_quotient() {
        for operation in OPERATIONS {
            for q in [0, 2, 5, u64::MAX] {
                let row = forge(operation, 17, 0, q, 17);
                let found = violations(&row, eval);
                assert!(
                    found.iter().any(|f| f == "the quotient by 0 has magnitude 1"),
                    "{found:?}"
                );
            }
            // And a remainder that is not the dividend.
            let row = forge(operation, 17, 0, 1, 16);
            expect_violation(&row, "limb product", eval);
        }
        // The sign of the quotient is no choice either.
        let (mut row, _) = row(Operation::Divu, 17, 0);
        row.is_negative = Goldilocks::ZERO;
        expect_violation(&row, "the sign is that of the quotient or the remainder", eval);
    }

    #[test]
    fn no_divisor_but_zero_is_zero() {
        // is_less = 0 with the gap that a remainder of at least the divisor would have.
        let (mut row, _) = row(Operation::Remu, 17, 5);
        row.remainder_less.is_less = Goldilocks::ZERO;
        row.remainder_less.gap.limbs = [-Goldilocks::from_u8(3), Goldilocks::ZERO];
        expect_violation(&row, "the remainder is less than the divisor", eval);
        expect_violation(&row, "range16", eval);
    }

    #[test]
    fn signed_and_unsigned_divisions_are_not_mixed_up() {
        for (a, b) in [(u64::MAX - 6, 2), (7, u64::MAX - 1), (u64::MAX - 6, u64::MAX - 1)] {
            for (operation, other) in
                [(0, 1), (1, 0), (2, 3), (3, 2), (4, 5), (5, 4), (6, 7), (7, 6)]
            {
                let (mut row, _) = row(OPERATIONS[operation], a, b);
                let (as_other, _) = self::row(OPERATIONS[other], a, b);
                row.is_unsigned = as_other.is_unsigned;
                assert!(!violations(&row, eval).is_empty());
            }
        }
        // Signs that an unsigned form doesn't have: −7 / 2 = −3.
        let (mut row, _) = row(Operation::Div, u64::MAX - 6, 2);
        row.is_unsigned = Goldilocks::ONE;
        row.dividend.top_limbs = Limbs32::default();
        row.divisor.top_limbs = Limbs32::default();
        assert_eq!(violations(&row, eval), ["unsigned operands have no sign"]);
    }

    #[test]
    fn a_word_form_takes_no_high_bits() {
        // The row of the 64-bit form, called a W form.
        for (operation, word) in [(0, 4), (1, 5), (2, 6), (3, 7)] {
            let (mut row, _) = row(OPERATIONS[operation], 0x5_0000_0007, 0x1_0000_0002);
            row.is_word = Goldilocks::ONE;
            expect_violation(&row, "the high limb extends the sign for W forms", eval);
            expect_semantics(OPERATIONS[word], 0x5_0000_0007, 0x1_0000_0002);
        }
    }

    #[test]
    fn the_negative_of_zero_is_zero() {
        // −0 as 2^32 in the low limb, or as 2^64.
        for [lo, hi] in [[TWO_32, Goldilocks::ZERO], [Goldilocks::ZERO, TWO_32]] {
            let (mut row, _) = row(Operation::Rem, -6i64 as u64, 3);
            row.output.value = Value { lo, hi };
            (row.result_hi, row.output.limbs) = (hi, Limbs64::default());
            let found = violations(&row, eval);
            assert!(found.iter().any(|f| f == "range16" || f == "sign16"), "{found:?}");
        }
    }

    #[test]
    fn padding_does_nothing() {
        expect_padding::<DivideRow<Goldilocks>>(eval);
        let row = DivideRow { is_unsigned: Goldilocks::ONE, ..Default::default() };
        expect_violation(&row, "padding is not unsigned", eval);
    }
}
