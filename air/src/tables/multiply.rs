//! `multiply`: MUL, MULH, MULHSU, MULHU and MULW.
//!
//! Statement: at `time` the machine at `pc` executes one of them and rd becomes the low (MUL) or
//! the high 64 bits of the product of rs1 and rs2, taken as signed (MULH), as signed and unsigned
//! (MULHSU) or as unsigned (MULHU), or the product's low 32 bits, sign-extended (MULW).
//!
//! # The product
//! Let `a = a0 + 2^32·a1 = A + 2^64·sa` with `A = a0 + 2^32·A1` the signed value and `sa` the sign
//! bit, and `b` alike. Then `A·B = low + 2^32·middle + 2^64·carry + 2^64·A1·B1`, where
//!
//! - `a0·b0 = low + 2^32·top`,
//! - `top + a0·B1 + A1·b0 = middle + 2^32·carry`,
//!
//! `low`, `middle` and `top` are below 2^32, and `carry` is signed. As `a·b = A·B` modulo 2^64,
//! MUL is `middle, low` for all signs. The high halves follow from the expansion of `a·b`:
//!
//! - MULH: `A1·B1 + carry`,
//! - MULHSU: `A1·b1 + carry + sb·a0`,
//! - MULHU: `a1·b1 + carry + sb·a0 + sa·b0`.
//!
//! # Why the second equation has one solution
//! Its left side ranges over almost 2^65, and with `middle` and a 33-bit carry it would have
//! several solutions modulo p. But the signs say where it lies. `top` is 0 or less than `a0`, and
//! 0 or less than `b0`; let `offset = 2^31·(sa + sb) − sa·sb` and `shifted = carry + offset`.
//!
//! | signs | left side is at least | and at most | `2^32·offset` |
//! | --- | --- | --- | --- |
//! | 0, 0 | 0 | 2·(2^32 − 1)·(2^31 − 1) + 2^32 | 0 |
//! | 1, 0 | −2^31·(2^32 − 1) | (2^32 − 1)·(2^31 − 1) | 2^63 |
//! | 0, 1 | −2^31·(2^32 − 1) | (2^32 − 1)·(2^31 − 1) | 2^63 |
//! | 1, 1 | −2^32·(2^32 − 1) | 0 | 2^64 − 2^32 |
//!
//! So `middle + 2^32·shifted`, being the left side plus `2^32·offset`, is in `0..=p − 1`, and
//! `shifted` is below 2^32. Requiring this of the cells (`middle` is 0 if `shifted` is 2^32 − 1,
//! since `p − 1 = 2^32·(2^32 − 1)`) makes both sides equal as integers.

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
use crate::gadgets::limbs::{Limbs32, Limbs64};
use crate::gadgets::product::{LIMB_MAX, LimbProduct};
use crate::gadgets::register::RegisterAccess;
use crate::gadgets::value::{TWO_32, Value, join};
use crate::tables::program::{code, destination};

/// 2^31 as a field element.
const TWO_31: Goldilocks = Goldilocks::new(1 << 31);
/// 2^64 as a field element.
const TWO_64: Goldilocks = Goldilocks::new(0xFFFF_FFFF);

columns! {
    /// One executed multiplication.
    pub struct MultiplyRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 for MUL; 0 or 1.
        is_mul: cell,
        /// 1 for MULH; 0 or 1.
        is_mulh: cell,
        /// 1 for MULHSU; 0 or 1.
        is_mulhsu: cell,
        /// 1 for MULHU; 0 or 1.
        is_mulhu: cell,
        /// 1 for MULW; 0 or 1.
        is_mulw: cell,
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
        /// Bit 63 of rs1; 0 or 1.
        left_sign: cell,
        /// Limbs of rs1's high limb.
        left_limbs: Limbs32,
        /// Bit 63 of rs2; 0 or 1.
        right_sign: cell,
        /// Limbs of rs2's high limb.
        right_limbs: Limbs32,
        /// Bits 0 to 31 of the product; below 2^32.
        low: cell,
        /// Limbs of `low`.
        low_limbs: Limbs32,
        /// The product of the low limbs, with `low`.
        top: LimbProduct,
        /// Bits 32 to 63 of the product, 0 for MULW; below 2^32.
        middle: cell,
        /// Limbs of `middle`.
        middle_limbs: Limbs32,
        /// Carry out of bits 32 to 63, plus the signs' offset; for MULW `2·low` without bit 32.
        /// Below 2^32.
        shifted: cell,
        /// Limbs of `shifted`.
        shifted_limbs: Limbs32,
        /// Inverse of `2^32 − 1 − shifted` unless `middle` is 0.
        shifted_inverse: cell,
        /// The result; canonical.
        result: Value,
        /// Limbs of the result.
        result_limbs: Limbs64,
        /// Bit 63 of the result; 0 or 1.
        result_sign: cell,
        /// Inverse of the result's high limb for MULHU of two values of 2^63 or more.
        high_inverse: cell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = MultiplyRow::<AB::Var>::of(builder.main().current_slice());
    let is_double: AB::Expr = row.is_mul + row.is_mulh + row.is_mulhsu + row.is_mulhu;
    let active: AB::Expr = is_double.clone() + row.is_mulw;
    builder.constrain_bool("is_mul is boolean", row.is_mul);
    builder.constrain_bool("is_mulh is boolean", row.is_mulh);
    builder.constrain_bool("is_mulhsu is boolean", row.is_mulhsu);
    builder.constrain_bool("is_mulhu is boolean", row.is_mulhu);
    builder.constrain_bool("is_mulw is boolean", row.is_mulw);
    builder.constrain_bool("at most one operation", active.clone());

    let decoded = Decoded {
        code: row.is_mul * AB::Expr::from_u8(code(Operation::Mul))
            + row.is_mulh * AB::Expr::from_u8(code(Operation::Mulh))
            + row.is_mulhsu * AB::Expr::from_u8(code(Operation::Mulhsu))
            + row.is_mulhu * AB::Expr::from_u8(code(Operation::Mulhu))
            + row.is_mulw * AB::Expr::from_u8(code(Operation::Mulw)),
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

    let (a, b) = (row.left.before, row.right.before);
    let (sa, sb) = (row.left_sign, row.right_sign);
    row.left_limbs.constrain_signed(builder, a.hi, sa, active.clone());
    row.right_limbs.constrain_signed(builder, b.hi, sb, active.clone());
    row.low_limbs.constrain(builder, row.low, active.clone());
    row.middle_limbs.constrain(builder, row.middle, active.clone());
    row.shifted_limbs.constrain(builder, row.shifted, active.clone());
    row.result_limbs.constrain_signed(builder, row.result, row.result_sign, active.clone());

    // The product up to bit 63, and the carry out of it: see the module's description.
    row.top.constrain(builder, [a.lo, b.lo], AB::Expr::ZERO, row.low, active);
    let a_high = a.hi - sa * TWO_32;
    let b_high = b.hi - sb * TWO_32;
    let carry = (sa * sb) - (sa + sb) * TWO_31 + row.shifted;
    let middle = b_high.clone() * a.lo + a_high.clone() * b.lo + row.top.high;
    builder.constrain(
        "bits 32 to 63 and their carry",
        is_double * (middle - row.middle - carry.clone() * TWO_32),
    );
    let below_max = (AB::Expr::from(LIMB_MAX) - row.shifted) * row.shifted_inverse;
    builder.constrain(
        "bits 32 to 63 and their carry are below p",
        (AB::Expr::ONE - below_max) * row.middle,
    );

    // MUL.
    builder.constrain("MUL: low limb", row.is_mul * (row.result.lo - row.low));
    builder.constrain("MUL: high limb", row.is_mul * (row.result.hi - row.middle));

    // MULW: the high limb is s·(2^32 − 1), and 2·low = shifted + 2^32·s, so that s is bit 31 of
    // the low limb: it is the only bit that leaves a number below 2^32.
    let s_times_max: AB::Expr = row.result.hi.into();
    builder.constrain("MULW: low limb", row.is_mulw * (row.result.lo - row.low));
    builder.constrain("MULW: middle is unused", row.is_mulw * row.middle);
    builder.constrain(
        "MULW: all bits of the high limb are alike",
        (row.result.hi - LIMB_MAX) * row.result.hi * row.is_mulw,
    );
    let doubled_rest = Into::<AB::Expr>::into(row.low).double() - row.shifted;
    builder.constrain(
        "MULW: the high limb is the sign",
        (doubled_rest * LIMB_MAX - s_times_max * TWO_32) * row.is_mulw,
    );

    // MULH: |high half| is at most 2^62 + 2^32 and the signed result is in −2^63..2^63, so that
    // the equation holds over the integers.
    let result = join::<AB::Expr>(row.result.lo, row.result.hi);
    let signed_result = result.clone() - row.result_sign * TWO_64;
    builder.constrain(
        "MULH: high half",
        (a_high.clone() * b_high + carry.clone() - signed_result.clone()) * row.is_mulh,
    );

    // MULHSU: the high half is in 0..2^63 for sa = 0, and in −2^63..=0 for sa = 1. So is the
    // signed result, except that where the signs disagree its high limb is 0; in either case the
    // two sides are at most 2^63 + 2^32 apart, and the equation holds over the integers.
    let carry_su = carry + sb * a.lo;
    builder.constrain(
        "MULHSU: high half",
        (a_high * b.hi + carry_su.clone() - signed_result) * row.is_mulhsu,
    );
    builder.constrain(
        "MULHSU: a result without the sign of rs1 is 0",
        (sa - row.result_sign) * row.result.hi * row.is_mulhsu,
    );

    // MULHU: unless both sign bits are set, the high half and the result are below 2^63. If both
    // are, the high half is at least 2^62, and the result at least 2^32; both being below 2^64,
    // they can't be p apart.
    builder.constrain(
        "MULHU: high half",
        (a.hi * b.hi + carry_su + sa * b.lo - result) * row.is_mulhu,
    );
    builder.constrain(
        "MULHU: a result of 2^63 or more has rs1 of 2^63 or more",
        (AB::Expr::ONE - sa) * row.result_sign * row.is_mulhu,
    );
    builder.constrain(
        "MULHU: a result of 2^63 or more has rs2 of 2^63 or more",
        (AB::Expr::ONE - sb) * row.result_sign * row.is_mulhu,
    );
    builder.constrain(
        "MULHU: values of 2^63 or more have a high limb",
        row.result.hi * row.high_inverse - sa * sb * row.is_mulhu,
    );
}

/// The row of one executed instruction.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    step: &Step,
    counts: &mut Counts,
) -> MultiplyRow<Goldilocks> {
    let operation = instruction.operation;
    let is = |other: Operation| Goldilocks::from_bool(operation == other);
    let (a, b) = (step.rs1.value, step.rs2.value);
    let result = semantics::alu(operation, a, b);
    let [sa, sb] = [a >> 63, b >> 63];
    let limb = |value: u64| value as u32;

    let product = a.wrapping_mul(b);
    let low = limb(product);
    // The signed sum in the second equation needs 66 bits.
    let top = ((u128::from(limb(a)) * u128::from(limb(b))) >> 32) as i128;
    let [a_high, b_high] = [a, b].map(|value| i128::from(value as i64 >> 32));
    let sum = top + i128::from(limb(a)) * b_high + i128::from(limb(b)) * a_high;
    let offset = (i128::from(sa + sb) << 31) - i128::from(sa * sb);
    let (middle, shifted) = if operation == Operation::Mulw {
        (0, low << 1)
    } else {
        (sum as u32, ((sum >> 32) + offset) as u32)
    };
    let inverse = |x: Goldilocks| x.try_inverse().unwrap_or_default();
    let both = operation == Operation::Mulhu && sa * sb == 1;
    MultiplyRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_mul: is(Operation::Mul),
        is_mulh: is(Operation::Mulh),
        is_mulhsu: is(Operation::Mulhsu),
        is_mulhu: is(Operation::Mulhu),
        is_mulw: is(Operation::Mulw),
        rd: Goldilocks::from_u8(destination(instruction.rd)),
        rs1: Goldilocks::from_u8(instruction.rs1),
        rs2: Goldilocks::from_u8(instruction.rs2),
        left: RegisterAccess::fill(step.rs1, step.time, counts),
        right: RegisterAccess::fill(step.rs2, step.time + 1, counts),
        write: RegisterAccess::fill(step.rd, step.time + 3, counts),
        left_sign: Goldilocks::from_u64(sa),
        left_limbs: Limbs32::fill_signed(limb(a >> 32), counts),
        right_sign: Goldilocks::from_u64(sb),
        right_limbs: Limbs32::fill_signed(limb(b >> 32), counts),
        low: Goldilocks::from_u32(low),
        low_limbs: Limbs32::fill(low, counts),
        top: LimbProduct::fill(limb(a), limb(b), 0, counts),
        middle: Goldilocks::from_u32(middle),
        middle_limbs: Limbs32::fill(middle, counts),
        shifted: Goldilocks::from_u32(shifted),
        shifted_limbs: Limbs32::fill(shifted, counts),
        shifted_inverse: inverse(LIMB_MAX - Goldilocks::from_u32(shifted)),
        result: Value::from_u64(result),
        result_limbs: Limbs64::fill_signed(result, counts),
        result_sign: Goldilocks::from_u64(result >> 63),
        high_inverse: if both {
            inverse(Goldilocks::from_u64(result >> 32))
        } else {
            Goldilocks::ZERO
        },
    }
}

#[cfg(test)]
mod tests {
    use p3_field::PrimeField64;

    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    const OPERATIONS: [Operation; 5] =
        [Operation::Mul, Operation::Mulh, Operation::Mulhsu, Operation::Mulhu, Operation::Mulw];
    const P: u64 = Goldilocks::ORDER_U64;

    /// Values at the corners of the equations, besides the edges.
    const CORNERS: [u64; 8] = [
        0x8000_0000_FFFF_FFFF,
        0xFFFF_FFFF_FFFF_FFFE,
        0x7FFF_FFFF_0000_0001,
        0xFFFF_FFFE_FFFF_FFFF,
        0xFFFF_FFFF_0000_0001,
        0x0000_0000_FFFF_FFFE,
        0x8000_0001_0000_0000,
        0x7FFF_FFFF_FFFF_FFFE,
    ];

    fn row(operation: Operation, a: u64, b: u64) -> (MultiplyRow<Goldilocks>, Counts) {
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
            for a in EDGES.into_iter().chain(CORNERS) {
                for b in EDGES.into_iter().chain(CORNERS) {
                    expect_semantics(operation, a, b);
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
                expect_semantics(operation, b, a);
            }
        }
    }

    #[test]
    fn registers_may_coincide_and_x0_goes_to_the_sink() {
        let mut counts = Counts::new(1);
        let same = Instruction { operation: Operation::Mul, rd: 9, rs1: 9, rs2: 9, imm: 0 };
        let row = fill(PC, &same, &step(77, 77), &mut counts);
        expect_honest("same", &row, &counts, eval);
        assert_eq!(register_sends(&row, eval), [(9, 77, 400), (9, 77, 401), (9, 5929, 403)]);
        let mut counts = Counts::new(1);
        let sink = Instruction { operation: Operation::Mulh, rd: 0, rs1: 5, rs2: 6, imm: 0 };
        let row = fill(PC, &sink, &step(3, 4), &mut counts);
        expect_honest("sink", &row, &counts, eval);
        assert_eq!(register_sends(&row, eval)[2], (32, 0, 403));
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        for operation in OPERATIONS {
            let (honest, _) = row(operation, 0x8123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210);
            let corrupt = |label: &str, change: fn(&mut MultiplyRow<Goldilocks>)| {
                let mut row = honest;
                change(&mut row);
                expect_violation(&row, label, eval);
            };
            corrupt("limb product", |r| r.low += Goldilocks::ONE);
            corrupt("limb product", |r| r.top.high += Goldilocks::ONE);
            corrupt("the high limb of a product is below 2^32 − 1", |r| {
                r.top.inverse += Goldilocks::ONE
            });
            corrupt("sign16", |r| r.left_sign = Goldilocks::ONE - r.left_sign);
            corrupt("sign16", |r| r.right_sign = Goldilocks::ONE - r.right_sign);
            corrupt("sign16", |r| r.result_sign = Goldilocks::ONE - r.result_sign);
            corrupt("range16", |r| r.low_limbs.low += Goldilocks::ONE);
            corrupt("range16", |r| r.middle_limbs.low += Goldilocks::ONE);
            corrupt("range16", |r| r.shifted_limbs.low += Goldilocks::ONE);
            corrupt("range16", |r| r.top.high_limbs.low += Goldilocks::ONE);
            corrupt("range16", |r| r.result_limbs.lo.low += Goldilocks::ONE);
            corrupt("range16", |r| r.write.time = Goldilocks::from_u32(403));
            corrupt("is_mul is boolean", |r| r.is_mul += Goldilocks::TWO);
            corrupt("is_mulh is boolean", |r| r.is_mulh += Goldilocks::TWO);
            corrupt("is_mulhsu is boolean", |r| r.is_mulhsu += Goldilocks::TWO);
            corrupt("is_mulhu is boolean", |r| r.is_mulhu += Goldilocks::TWO);
            corrupt("is_mulw is boolean", |r| r.is_mulw += Goldilocks::TWO);
            corrupt("at most one operation", |r| {
                (r.is_mul, r.is_mulw) = (Goldilocks::ONE, Goldilocks::ONE);
            });
            if operation == Operation::Mulw {
                corrupt("MULW: low limb", |r| r.result.lo += Goldilocks::ONE);
                corrupt("MULW: middle is unused", |r| r.middle += Goldilocks::ONE);
                corrupt("MULW: all bits of the high limb are alike", |r| {
                    r.result.hi = Goldilocks::ONE
                });
                corrupt("MULW: the high limb is the sign", |r| {
                    r.result.hi = LIMB_MAX - r.result.hi
                });
                corrupt("MULW: the high limb is the sign", |r| r.shifted += Goldilocks::ONE);
                continue;
            }
            corrupt("bits 32 to 63 and their carry", |r| r.middle += Goldilocks::ONE);
            corrupt("bits 32 to 63 and their carry", |r| r.shifted -= Goldilocks::ONE);
            corrupt("bits 32 to 63 and their carry are below p", |r| {
                r.shifted_inverse += Goldilocks::ONE
            });
            match operation {
                Operation::Mul => {
                    corrupt("MUL: low limb", |r| r.result.lo += Goldilocks::ONE);
                    corrupt("MUL: high limb", |r| r.result.hi += Goldilocks::ONE);
                }
                Operation::Mulh => corrupt("MULH: high half", |r| r.result.hi += Goldilocks::ONE),
                Operation::Mulhsu => {
                    corrupt("MULHSU: high half", |r| r.result.lo += Goldilocks::ONE);
                    corrupt("MULHSU: a result without the sign of rs1 is 0", |r| {
                        r.result_sign = Goldilocks::ONE - r.result_sign;
                    });
                }
                _ => {
                    corrupt("MULHU: high half", |r| r.result.lo += Goldilocks::ONE);
                    corrupt("MULHU: values of 2^63 or more have a high limb", |r| {
                        r.high_inverse += Goldilocks::ONE
                    });
                    corrupt("MULHU: a result of 2^63 or more has rs1 of 2^63 or more", |r| {
                        r.left_sign = Goldilocks::ZERO
                    });
                    corrupt("MULHU: a result of 2^63 or more has rs2 of 2^63 or more", |r| {
                        r.right_sign = Goldilocks::ZERO
                    });
                }
            }
        }
    }

    /// Sets the result with everything that depends on it alone, as a forger would.
    fn forge_result(row: &mut MultiplyRow<Goldilocks>, result: u64) {
        let mut counts = Counts::new(1);
        row.result = Value::from_u64(result);
        row.result_limbs = Limbs64::fill_signed(result, &mut counts);
        row.result_sign = Goldilocks::from_u64(result >> 63);
        if row.high_inverse != Goldilocks::ZERO {
            row.high_inverse = row.result.hi.try_inverse().unwrap_or_default();
        }
    }

    #[test]
    fn the_first_product_plus_p_is_refused() {
        // 3·5 = 15 as low + 2^32·top = 15 + p, of which top is 2^32 − 1.
        let (mut row, _) = row(Operation::Mul, 3, 5);
        let mut counts = Counts::new(1);
        let forged = 15 + P;
        (row.low, row.low_limbs) =
            (Goldilocks::from_u32(forged as u32), Limbs32::fill(forged as u32, &mut counts));
        row.top.high = LIMB_MAX;
        row.top.high_limbs = Limbs32::fill(u32::MAX, &mut counts);
        // The second equation and the result follow suit.
        (row.middle, row.middle_limbs) = (row.top.high, row.top.high_limbs);
        forge_result(&mut row, forged);
        for inverse in [Goldilocks::ZERO, Goldilocks::ONE] {
            row.top.inverse = inverse;
            assert_eq!(violations(&row, eval), ["the high limb of a product is below 2^32 − 1"]);
        }
    }

    #[test]
    fn the_second_sum_plus_p_is_refused() {
        // middle + 2^32·shifted = 35 as 35 + p.
        let (mut row, _) = row(Operation::Mul, 7, 5 << 32);
        assert_eq!((row.middle, row.shifted), (Goldilocks::from_u8(35), Goldilocks::ZERO));
        let mut counts = Counts::new(1);
        row.middle = Goldilocks::from_u8(36);
        row.middle_limbs = Limbs32::fill(36, &mut counts);
        (row.shifted, row.shifted_limbs) = (LIMB_MAX, Limbs32::fill(u32::MAX, &mut counts));
        forge_result(&mut row, 36 << 32);
        for inverse in [Goldilocks::ZERO, Goldilocks::ONE] {
            row.shifted_inverse = inverse;
            assert_eq!(violations(&row, eval), ["bits 32 to 63 and their carry are below p"]);
        }
    }

    /// The second sum and its value plus or minus p, whatever the operands.
    #[test]
    fn no_second_sum_has_another_row() {
        let mut forgeries = 0;
        for a in EDGES.into_iter().chain(CORNERS) {
            for b in EDGES.into_iter().chain(CORNERS) {
                let (honest, _) = row(Operation::Mul, a, b);
                let sum =
                    honest.middle.as_canonical_u64() + (honest.shifted.as_canonical_u64() << 32);
                assert!(sum < P);
                if let Some(forged) = sum.checked_add(P) {
                    let mut counts = Counts::new(1);
                    let mut row = honest;
                    row.middle = Goldilocks::from_u32(forged as u32);
                    row.middle_limbs = Limbs32::fill(forged as u32, &mut counts);
                    row.shifted = Goldilocks::from_u64(forged >> 32);
                    row.shifted_limbs = Limbs32::fill((forged >> 32) as u32, &mut counts);
                    row.shifted_inverse = Goldilocks::ZERO;
                    let low = a.wrapping_mul(b) & 0xFFFF_FFFF;
                    forge_result(&mut row, low + (forged << 32));
                    let label = "bits 32 to 63 and their carry are below p";
                    assert_eq!(violations(&row, eval), [label], "{a:#x} {b:#x}");
                    forgeries += 1;
                }
            }
        }
        assert!(forgeries > 50);
    }

    #[test]
    fn the_largest_second_sum_has_a_row() {
        // Both signs set, both low limbs 0: the sum is 0, and with the offset p − 1.
        let a = 0x8000_0000_0000_0000;
        let (row, counts) = row(Operation::Mulhu, a, a);
        assert_eq!((row.middle, row.shifted), (Goldilocks::ZERO, LIMB_MAX));
        expect_honest("largest", &row, &counts, eval);
    }

    /// High halves that are the right one modulo p.
    #[test]
    fn a_high_half_that_is_right_modulo_p_is_refused() {
        let mut forgeries = 0;
        for operation in [Operation::Mulh, Operation::Mulhsu, Operation::Mulhu] {
            for a in EDGES.into_iter().chain(CORNERS) {
                for b in EDGES.into_iter().chain(CORNERS) {
                    let (honest, _) = row(operation, a, b);
                    let right = semantics::alu(operation, a, b);
                    // Over the integers the signed result plus or minus p, with any sign bit that
                    // the forger likes; −1 and 1 are 2^64 − p and its negative.
                    let value = if operation == Operation::Mulhu {
                        i128::from(right)
                    } else {
                        i128::from(right as i64)
                    };
                    for forged in [value + i128::from(P), value - i128::from(P)] {
                        for shift in [0, 1i128 << 64] {
                            let Ok(result) = u64::try_from(forged + shift) else { continue };
                            if result == right {
                                continue;
                            }
                            for inverse in [false, true] {
                                let mut row = honest;
                                if inverse {
                                    row.high_inverse = Goldilocks::ONE;
                                }
                                forge_result(&mut row, result);
                                assert!(
                                    !violations(&row, eval).is_empty(),
                                    "{operation:?} {a:#x} {b:#x} as {result:#x}"
                                );
                                forgeries += 1;
                            }
                        }
                    }
                }
            }
        }
        assert!(forgeries > 1000);
    }

    #[test]
    fn mulhu_of_the_largest_values_is_not_small() {
        // (2^64 − 1)² has the high half 2^64 − 2 = p + 2^32 − 3.
        let (mut row, _) = row(Operation::Mulhu, u64::MAX, u64::MAX);
        forge_result(&mut row, 0xFFFF_FFFD);
        assert_eq!(violations(&row, eval), ["MULHU: values of 2^63 or more have a high limb"]);
    }

    #[test]
    fn mulhu_of_small_values_is_not_large() {
        // 2^32·2^32 has the high half 1, which is 1 + p modulo p.
        let (mut row, _) = row(Operation::Mulhu, 1 << 32, 1 << 32);
        forge_result(&mut row, 1 + P);
        assert_eq!(
            violations(&row, eval),
            [
                "MULHU: a result of 2^63 or more has rs1 of 2^63 or more",
                "MULHU: a result of 2^63 or more has rs2 of 2^63 or more",
            ]
        );
    }

    #[test]
    fn mulhsu_of_a_negative_value_is_not_positive() {
        // −2^63·(2^64 − 1) has the high half −2^63, which is p − 2^63 modulo p.
        let (mut row, _) = row(Operation::Mulhsu, 1 << 63, u64::MAX);
        forge_result(&mut row, P - (1 << 63));
        assert_eq!(violations(&row, eval), ["MULHSU: a result without the sign of rs1 is 0"]);
        // And (2^63 − 1)·(2^64 − 1), with the high half 2^63 − 2, is not negative.
        let (mut row, _) = self::row(Operation::Mulhsu, (1 << 63) - 1, u64::MAX);
        forge_result(&mut row, ((1u64 << 63) - 2).wrapping_sub(P));
        assert_eq!(violations(&row, eval), ["MULHSU: a result without the sign of rs1 is 0"]);
    }

    #[test]
    fn signed_and_unsigned_products_are_not_mixed_up() {
        let (a, b) = (u64::MAX, 3);
        let high = [Operation::Mulh, Operation::Mulhsu, Operation::Mulhu];
        for operation in high {
            for other in high {
                let (right, forged) =
                    (semantics::alu(operation, a, b), semantics::alu(other, b, a));
                if right != forged {
                    let (mut row, _) = row(operation, a, b);
                    forge_result(&mut row, forged);
                    assert!(!violations(&row, eval).is_empty(), "{operation:?} as {other:?}");
                }
            }
        }
    }

    #[test]
    fn padding_does_nothing() {
        expect_padding::<MultiplyRow<Goldilocks>>(eval);
    }
}
