//! `shift`: SLL, SRL, SRA and their immediate forms.
//!
//! Statement: at `time` the machine at `pc` executes one of SLL, SRL, SRA, SLLI, SRLI, SRAI and
//! rd becomes rs1 shifted by the low 6 bits of the second operand, which is rs2 or the immediate.
//!
//! The amount is `s + 16·position` with s below 16. A shift within limbs is a product of 80 bits
//! in five 16-bit limbs, `rs1·2^s` to the left and `rs1·2^(16−s)` to the right; the result is four
//! of its limbs, counted from `position`, filled up with zeros or copies of the sign. Products of
//! a 32-bit limb and at most 2^16 stay far below the field's order.

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
    /// One executed 64-bit shift.
    pub struct ShiftRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 for SLL and SLLI; 0 or 1.
        is_sll: cell,
        /// 1 for SRL and SRLI; 0 or 1.
        is_srl: cell,
        /// 1 for SRA and SRAI; 0 or 1.
        is_sra: cell,
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
        /// Shift amount: the second operand's low 6 bits, below 64.
        by: ShiftBy,
        /// 1 when amount / 16 is 1, 2, 3 respectively; 0 or 1, at most one of them.
        positions: [cell; 3],
        /// Bits 0..64 of the product; below 2^16.
        product: [cell; 4],
        /// Bits 64..80 of the product, for SRA of a negative value with the bits above the
        /// shifted ones set; below 2^16.
        top: cell,
        /// What the low half's product carries into the high half's; below 2^16.
        carry: cell,
        /// For SRA the sign of rs1, else 0; 0 or 1.
        sign: cell,
        /// The result; canonical.
        result: Value,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = ShiftRow::<AB::Var>::of(builder.main().current_slice());
    let is_right: AB::Expr = row.is_srl + row.is_sra;
    let active = is_right.clone() + row.is_sll;
    builder.constrain_bool("is_sll is boolean", row.is_sll);
    builder.constrain_bool("is_srl is boolean", row.is_srl);
    builder.constrain_bool("is_sra is boolean", row.is_sra);
    builder.constrain_bool("at most one operation", active.clone());
    for position in row.positions {
        builder.constrain_bool("positions are boolean", position);
    }
    let [at_1, at_2, at_3] = row.positions;
    let moved: AB::Expr = at_1 + at_2 + at_3;
    builder.constrain_bool("at most one position", moved.clone());

    let decoded = Decoded {
        code: row.is_sll * AB::Expr::from_u8(code(Operation::Sll))
            + row.is_srl * AB::Expr::from_u8(code(Operation::Srl))
            + row.is_sra * AB::Expr::from_u8(code(Operation::Sra))
            + row.right.code::<AB>(),
        operands: row.right.operands::<AB>(row.rd, row.rs1),
    };
    row.fetch.constrain(builder, decoded, row.fetch.fallthrough::<AB>(), active.clone());
    row.left.constrain_read(builder, row.rs1, row.fetch.at::<AB>(0), active.clone());
    row.right.constrain(builder, row.fetch.at::<AB>(1), active.clone());
    row.write.constrain_write(
        builder,
        row.rd,
        row.result.into_exprs(),
        row.fetch.at::<AB>(3),
        active.clone(),
    );

    let [by_16, by_32] = [at_1 + at_3, at_2 + at_3];
    row.by.constrain(
        builder,
        row.right.value().lo,
        AmountBits::Six,
        [by_16, by_32],
        active.clone(),
    );

    // The product a·2^s or a·2^(16−s), half by half. To the right, with m = 2^s, the equation is
    // multiplied by m: product·m = a·2^16. A half's product is at most 2^48 + 2^16 in size and m
    // at most 2^15, so that both sides differ by less than 2^63 + 2^50: equations hold over the
    // integers. As product, carry and top are 16-bit limbs, they are the digits of the product.
    for limb in row.product.into_iter().chain([row.top, row.carry]) {
        range16(builder, limb, active.clone());
    }
    let a = row.left.before;
    let m: AB::Expr = row.by.multiplier.into();
    let [p0, p1, p2, p3] = row.product.map(Into::<AB::Expr>::into);
    let (top, carry): (AB::Expr, AB::Expr) = (row.top.into(), row.carry.into());
    let pair = |low: &AB::Expr, high: &AB::Expr| low.clone() + high.clone() * TWO_16;
    let low_product = pair(&p0, &p1) + carry.clone() * TWO_32;
    // For SRA a negative value's high half is a_hi − 2^32, and the digit above the product's
    // low 64 bits is top − 2^16. Whatever the sign is said to be, the two corrections together
    // leave unchanged that (digit + 2^16·sign) is top.
    let high_product = pair(&p2, &p3) + (top.clone() - row.sign * TWO_16) * TWO_32 - carry.clone();
    builder.constrain(
        "left: low half of the product",
        (m.clone() * a.lo - low_product.clone()) * row.is_sll,
    );
    builder.constrain(
        "left: high half of the product",
        (m.clone() * a.hi - high_product.clone()) * row.is_sll,
    );
    builder.constrain(
        "right: low half of the product",
        (low_product * m.clone() - a.lo * TWO_16) * is_right.clone(),
    );
    builder.constrain(
        "right: high half of the product",
        (high_product * m.clone() - (row.sign * -TWO_32 + a.hi) * TWO_16) * is_right.clone(),
    );

    // top = d + sign·(2^16 − 2^(16−s)) where d = rs1 >> (48 + s), by the last equation, whichever
    // sign was chosen. So d·2^s, which is top·m − sign·2^16·(m − 1), is rs1 >> 48 with its low
    // s ≤ 15 bits cleared: a 16-bit number with the sign of rs1 on top.
    builder.constrain("only SRA has a sign", row.sign * (AB::Expr::ONE - row.is_sra));
    Sign16Msg {
        value: m.clone() * row.top - (m - AB::Expr::ONE) * row.sign * TWO_16,
        sign: row.sign.into(),
    }
    .send(builder, row.is_sra);

    // The result is made of 16-bit limbs, so it is canonical.
    let at_0 = active - moved;
    let fill = row.sign * AB::Expr::from_u16(u16::MAX);
    let zero = AB::Expr::ZERO;
    let select = |pairs: [AB::Expr; 4]| {
        let [pair_0, pair_1, pair_2, pair_3] = pairs;
        pair_0 * at_0.clone() + pair_1 * at_1 + pair_2 * at_2 + pair_3 * at_3
    };
    let left_lo = select([pair(&p0, &p1), pair(&zero, &p0), zero.clone(), zero.clone()]);
    let left_hi = select([pair(&p2, &p3), pair(&p1, &p2), pair(&p0, &p1), pair(&zero, &p0)]);
    let right_lo = select([pair(&p1, &p2), pair(&p2, &p3), pair(&p3, &top), pair(&top, &fill)]);
    let right_hi =
        select([pair(&p3, &top), pair(&top, &fill), pair(&fill, &fill), pair(&fill, &fill)]);
    let result = row.result;
    builder.constrain("left: low half of the result", (-left_lo + result.lo) * row.is_sll);
    builder.constrain("left: high half of the result", (-left_hi + result.hi) * row.is_sll);
    builder.constrain("right: low half of the result", (-right_lo + result.lo) * is_right.clone());
    builder.constrain("right: high half of the result", (-right_hi + result.hi) * is_right);
}

/// The row of one executed instruction.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    step: &Step,
    counts: &mut Counts,
) -> ShiftRow<Goldilocks> {
    let operation = instruction.operation;
    let is_sll = matches!(operation, Operation::Sll | Operation::Slli);
    let is_sra = matches!(operation, Operation::Sra | Operation::Srai);
    let a = step.rs1.value;
    let operand = Operand::of(instruction, step);
    let amount = operand % 64;
    let within = amount % 16;
    let factor: u64 = if is_sll { 1 << within } else { 1 << (16 - within) };
    let product = u128::from(a) * u128::from(factor);
    let limb = |number: u128, position: u32| (number >> (16 * position)) as u16;
    let carry = (((a & 0xFFFF_FFFF) * factor) >> 32) as u16;
    let digit = limb(product, 4);
    let sign = is_sra && a >> 63 == 1;
    let top = if sign { digit | (0x1_0000 - factor) as u16 } else { digit };
    for limb in [limb(product, 0), limb(product, 1), limb(product, 2), limb(product, 3), top, carry]
    {
        counts.range16(limb);
    }
    if is_sra {
        counts.sign16(digit << within);
    }
    ShiftRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_sll: Goldilocks::from_bool(is_sll),
        is_srl: Goldilocks::from_bool(!is_sll && !is_sra),
        is_sra: Goldilocks::from_bool(is_sra),
        rd: Goldilocks::from_u8(destination(instruction.rd)),
        rs1: Goldilocks::from_u8(instruction.rs1),
        left: RegisterAccess::fill(step.rs1, step.time, counts),
        right: Operand::fill(instruction, step, counts),
        write: RegisterAccess::fill(step.rd, step.time + 3, counts),
        by: ShiftBy::fill(operand, AmountBits::Six, counts),
        positions: [1, 2, 3].map(|position| Goldilocks::from_bool(amount / 16 == position)),
        product: [0, 1, 2, 3].map(|position| Goldilocks::from_u16(limb(product, position))),
        top: Goldilocks::from_u16(top),
        carry: Goldilocks::from_u16(carry),
        sign: Goldilocks::from_bool(sign),
        result: Value::from_u64(semantics::alu(operation, a, operand)),
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
    use crate::gadgets::value::TWO_32_INVERSE;
    use crate::tables::program::is_immediate;
    use crate::tables::testing::*;

    const REGISTER_FORMS: [Operation; 3] = [Operation::Sll, Operation::Srl, Operation::Sra];
    const IMMEDIATE_FORMS: [Operation; 3] = [Operation::Slli, Operation::Srli, Operation::Srai];

    fn row(operation: Operation, a: u64, b: u64) -> ShiftRow<Goldilocks> {
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
                for b in EDGES {
                    check(&instruction(operation, 0), &step(a, b), b);
                }
                for b in 0..64 {
                    check(
                        &instruction(operation, 0),
                        &step(a, b | 0xABCD_EF12_3456_7880),
                        b | 0xABCD_EF12_3456_7880,
                    );
                }
            }
        }
        for operation in IMMEDIATE_FORMS {
            for a in EDGES {
                for amount in 0..64 {
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
        expect_padding::<ShiftRow<Goldilocks>>(eval);
    }

    type Change = fn(&mut ShiftRow<Goldilocks>);

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
            let name = if matches!(operation, Operation::Sll | Operation::Slli) {
                "left"
            } else {
                "right"
            };
            let side = |rest: &str| std::format!("{name}: {rest}");
            corrupt("is_sll is boolean", |r| r.is_sll += Goldilocks::TWO);
            corrupt("is_srl is boolean", |r| r.is_srl += Goldilocks::TWO);
            corrupt("is_sra is boolean", |r| r.is_sra += Goldilocks::TWO);
            corrupt("at most one operation", |r| (r.is_sll, r.is_srl, r.is_sra) = (ONE, ONE, ONE));
            corrupt("is_immediate is boolean", |r| r.right.is_immediate += Goldilocks::TWO);
            corrupt("an immediate form is an operation", |r| {
                (r.is_sll, r.is_srl, r.is_sra) = Default::default();
                r.right.is_immediate = ONE;
            });
            corrupt("positions are boolean", |r| r.positions[0] += ONE);
            corrupt("at most one position", |r| r.positions[2] = ONE);
            corrupt("shift_amount", |r| r.by.amount += ONE);
            corrupt("shift_amount", |r| r.by.multiplier += ONE);
            corrupt("shift_amount", |r| r.positions = [Goldilocks::ZERO; 3]);
            corrupt("shift_amount", |r| r.positions = [Goldilocks::ZERO, ONE, Goldilocks::ZERO]);
            corrupt("range16", |r| r.right.access.before.lo -= ONE);
            corrupt("range16", |r| r.by.rest.low -= ONE);
            corrupt("range16", |r| r.left.time = Goldilocks::from_u32(400));
            corrupt("range16", |r| r.write.time = Goldilocks::from_u32(403));
            corrupt(&side("low half of the product"), |r| r.left.before.lo += ONE);
            corrupt(&side("low half of the product"), |r| r.product[0] += ONE);
            corrupt(&side("low half of the product"), |r| r.product[1] += ONE);
            corrupt(&side("low half of the product"), |r| r.carry += ONE);
            corrupt(&side("high half of the product"), |r| r.left.before.hi += ONE);
            corrupt(&side("high half of the product"), |r| r.product[2] += ONE);
            corrupt(&side("high half of the product"), |r| r.product[3] += ONE);
            corrupt(&side("high half of the product"), |r| r.top += ONE);
            corrupt(&side("low half of the result"), |r| r.result.lo += ONE);
            corrupt(&side("high half of the result"), |r| r.result.hi += ONE);
        }
        for operation in [Operation::Sll, Operation::Srl] {
            let mut row = row(operation, a, 21);
            row.sign = ONE;
            expect_violation(&row, "only SRA has a sign", eval);
        }
    }

    /// Every choice of sign and of how the amount is taken apart, with all else computed to fit.
    fn forge(
        operation: Operation,
        a: u64,
        operand: u64,
        sign: bool,
        amount: u64,
        position: u64,
    ) -> ShiftRow<Goldilocks> {
        let mut row = row(operation, a, operand);
        let (m, top_factor) = {
            let exponent = amount as i64 % 32 - 16 * (position as i64 % 2);
            let two = |e: i64| Goldilocks::TWO.exp_u64(e.rem_euclid(192) as u64);
            (two(exponent), two(16 - exponent))
        };
        row.by.amount = Goldilocks::from_u64(amount);
        row.by.multiplier = m;
        row.positions = [1, 2, 3].map(|p| Goldilocks::from_bool(p == position));
        row.sign = Goldilocks::from_bool(sign);
        let factor = if operation == Operation::Sll { m } else { top_factor };
        let digits = |number: u64| {
            [number as u16, (number >> 16) as u16, (number >> 32) as u16].map(Goldilocks::from_u16)
        };
        let low = (row.left.before.lo * factor).as_canonical_u64();
        let [p0, p1, carry] = digits(low);
        let high =
            (row.left.before.hi - row.sign * TWO_32) * factor + carry + row.sign * TWO_32 * TWO_16;
        let [p2, p3, top] = digits(high.as_canonical_u64());
        row.product = [p0, p1, p2, p3];
        (row.carry, row.top) = (carry, top);
        let fill = row.sign * Goldilocks::from_u16(u16::MAX);
        let zero = Goldilocks::ZERO;
        let window = if operation == Operation::Sll {
            [zero, zero, zero, p0, p1, p2, p3]
        } else {
            [p1, p2, p3, top, fill, fill, fill]
        };
        let start = if operation == Operation::Sll { 3 - position } else { position } as usize;
        row.result.lo = window[start] + window[start + 1] * TWO_16;
        row.result.hi = window[start + 2] + window[start + 3] * TWO_16;
        row
    }

    #[test]
    fn no_other_sign_amount_or_position_is_accepted() {
        let values = [
            0,
            1,
            0xFFFF,
            0xFFFF_FFFF,
            0x1_0000_0000,
            0xFFFF_FFFF_0000_1234,
            1 << 63,
            u64::MAX,
            0x7FFF_FFFF_FFFF_FFFF,
        ];
        for operation in REGISTER_FORMS {
            for a in values {
                for operand in [0, 1, 15, 16, 17, 31, 32, 48, 63] {
                    let signs =
                        if operation == Operation::Sra { [false, true] } else { [false; 2] };
                    for sign in signs {
                        for amount in [0, 15, 16, 31, 32, 63, operand] {
                            for position in 0..4 {
                                let row = forge(operation, a, operand, sign, amount, position);
                                let accepted = violations(&row, eval).is_empty();
                                let honest = amount == operand
                                    && position == operand / 16
                                    && sign == (operation == Operation::Sra && a >> 63 == 1);
                                assert_eq!(
                                    accepted, honest,
                                    "{operation:?} {a:#x} {operand} {sign} {amount} {position}"
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
        // product + p: the digit above would have to be larger than 16 bits.
        for operation in [Operation::Sll, Operation::Srl] {
            let honest = row(operation, 0x8123_4567_89AB_CDEF, 5);
            let mut low = honest;
            low.product[0] += Goldilocks::ONE;
            low.carry -= TWO_32_INVERSE;
            expect_violation(&low, "range16", eval);
            // With a result that fits, nothing else notices.
            let mut high = honest;
            high.product[2] += Goldilocks::ONE;
            high.top -= TWO_32_INVERSE;
            if operation == Operation::Sll {
                high.result.hi += Goldilocks::ONE;
            } else {
                high.result.lo += TWO_16;
                high.result.hi -= TWO_16 * TWO_32_INVERSE;
            }
            assert_eq!(violations(&high, eval), ["range16"]);
        }
    }

    #[test]
    fn the_operand_is_the_programs() {
        // Another immediate changes what is asked of the program.
        let mut row = row(Operation::Slli, 3, 5);
        row.right.access.before.lo = Goldilocks::from_u8(5 + 64);
        assert_eq!(message(&row, Bus::Program, Side::Send, eval)[5], 69);
        // A register form asks for an instruction without an immediate, and reads rs2.
        let row = self::row(Operation::Sll, 3, 5);
        assert_eq!(message(&row, Bus::Program, Side::Send, eval)[4..], [6, 0, 0]);
        assert_eq!(register_sends(&row, eval).len(), 3);
    }
}
