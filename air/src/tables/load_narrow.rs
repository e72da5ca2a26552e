//! `load_narrow`: LB, LBU, LH, LHU, LW and LWU from naturally aligned addresses.
//!
//! Statement: at `time` the machine at `pc` executes a load of 1, 2 or 4 bytes and rd becomes
//! those bytes at the address rs1 + displacement, a multiple of their number, sign-extended by
//! LB, LH and LW and zero-extended by the others.
//!
//! The bytes lie in one memory word. Of its two limbs the one with the bytes is taken apart, into
//! halves, and one half into bytes; a word's half is its upper one, which has its sign.

use lvm_isa::event::MemoryStep;
use lvm_isa::instruction::{Instruction, Operation};
use lvm_isa::semantics;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{BytePairMsg, Sign16Msg};
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::fetch::{Decoded, Fetch};
use crate::gadgets::limbs::range16;
use crate::gadgets::memory::{MemoryAccess, effective_address, fill_effective_address};
use crate::gadgets::register::RegisterAccess;
use crate::gadgets::value::{TWO_16, Value};
use crate::tables::program::{code, destination, signed};

/// 2^-8 as a field element: `2^8·(p − 1)/2^8 = −1`.
const TWO_8_INVERSE: Goldilocks = Goldilocks::new(P - (P - 1) / 256);
/// The field's order.
const P: u64 = 0xFFFF_FFFF_0000_0001;

columns! {
    /// One executed aligned load of less than a memory word.
    pub struct LoadNarrowRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 for LB and LBU; 0 or 1.
        is_byte: cell,
        /// 1 for LH and LHU; 0 or 1.
        is_half: cell,
        /// 1 for LW and LWU; 0 or 1.
        is_word: cell,
        /// 1 for LB, LH and LW; 0 or 1.
        is_signed: cell,
        /// Destination register, or the sink.
        rd: cell,
        /// Register with the base address.
        rs1: cell,
        /// Signed displacement, as the program has it.
        displacement: cell,
        /// Read of rs1.
        base: RegisterAccess,
        /// Read of the memory word with the bytes.
        word: MemoryAccess,
        /// Write of rd.
        write: RegisterAccess,
        /// Bit 2 of the address, which chooses the limb; 0 or 1.
        limb_bit: cell,
        /// Bit 1 of the address, which chooses the half; 0 or 1; 1 for LW and LWU.
        half_bit: cell,
        /// Bit 0 of the address, which chooses the byte; 0 or 1; 0 unless LB or LBU.
        byte_bit: cell,
        /// The chosen half of the chosen limb; below 2^16.
        half: cell,
        /// The limb's other half; below 2^16.
        other_half: cell,
        /// The chosen byte of the chosen half; below 2^8.
        byte: cell,
        /// The top bit of the bytes for LB, LH and LW, else 0; 0 or 1.
        sign: cell,
        /// Low 32 bits of the result; below 2^32.
        result_lo: cell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = LoadNarrowRow::<AB::Var>::of(builder.main().current_slice());
    let active: AB::Expr = row.is_byte + row.is_half + row.is_word;
    builder.constrain_bool("is_byte is boolean", row.is_byte);
    builder.constrain_bool("is_half is boolean", row.is_half);
    builder.constrain_bool("is_word is boolean", row.is_word);
    builder.constrain_bool("at most one width", active.clone());
    builder.constrain_bool("is_signed is boolean", row.is_signed);
    builder.constrain_bool("a signed load is a load", active.clone() - row.is_signed);
    builder.constrain_bool("limb_bit is boolean", row.limb_bit);
    builder.constrain_bool("half_bit is boolean", row.half_bit);
    builder.constrain_bool("byte_bit is boolean", row.byte_bit);
    builder
        .constrain("a word's half is the upper one", row.is_word * (AB::Expr::ONE - row.half_bit));
    builder
        .constrain("only bytes have odd addresses", row.byte_bit * (AB::Expr::ONE - row.is_byte));

    // Codes come in pairs: LBU, LHU and LWU are one above LB, LH and LW.
    let decoded = Decoded {
        code: row.is_byte * AB::Expr::from_u8(code(Operation::Lbu))
            + row.is_half * AB::Expr::from_u8(code(Operation::Lhu))
            + row.is_word * AB::Expr::from_u8(code(Operation::Lwu))
            - row.is_signed,
        operands: [
            row.rd.into(),
            row.rs1.into(),
            row.displacement.into(),
            AB::Expr::ZERO,
            AB::Expr::ZERO,
        ],
    };
    // Low limb: every part of it is ranged below. High limb: 0 or 2^32 − 1.
    let result = Value { lo: row.result_lo.into(), hi: row.sign * AB::Expr::from_u32(u32::MAX) };
    row.fetch.constrain(builder, decoded, row.fetch.fallthrough::<AB>(), active.clone());
    row.base.constrain_read(builder, row.rs1, row.fetch.at::<AB>(0), active.clone());
    // Memory has only multiples of 8, so the offset is the address modulo 8, whatever was chosen.
    let address = effective_address(builder, row.base.before, row.displacement, active.clone());
    let offset = row.limb_bit * AB::Expr::from_u8(4)
        + (row.half_bit - row.is_word) * AB::Expr::TWO
        + row.byte_bit;
    row.word.constrain_read(builder, address - offset, row.fetch.at::<AB>(2), active.clone());
    row.write.constrain_write(builder, row.rd, result, row.fetch.at::<AB>(3), active.clone());

    // The limb is canonical and its halves are ranged (`half` as two bytes), so this leaves one
    // choice of each.
    let word = row.word.before();
    let limb = row.limb_bit * (word.hi - word.lo) + word.lo;
    let halves = row.other_half * TWO_16 + row.half;
    let swapped = row.half * TWO_16 + row.other_half;
    builder.constrain(
        "the halves make up the limb",
        row.half_bit * (swapped.clone() - halves.clone()) + halves - limb,
    );
    range16(builder, row.other_half, active.clone());
    // half = byte + 256·other, or 256·byte + other.
    let other_if_low: AB::Expr = (row.half - row.byte) * TWO_8_INVERSE;
    let other_if_high: AB::Expr = row.byte * -Goldilocks::from_u16(256) + row.half;
    BytePairMsg {
        a: row.byte.into(),
        b: row.byte_bit * (other_if_high - other_if_low.clone()) + other_if_low,
    }
    .send(builder, active);

    // The sign is the top bit of the half, or of the byte.
    let byte_on_top: AB::Expr = row.byte * Goldilocks::from_u16(256);
    Sign16Msg { value: row.is_byte * (byte_on_top - row.half) + row.half, sign: row.sign.into() }
        .send(builder, row.is_signed);
    builder.constrain("only signed loads have a sign", row.sign * (AB::Expr::ONE - row.is_signed));

    let above = |bits: u32| row.sign * AB::Expr::from_u32(u32::MAX << bits);
    builder.constrain("LB, LBU: the result", (above(8) + row.byte - row.result_lo) * row.is_byte);
    builder.constrain("LH, LHU: the result", (above(16) + row.half - row.result_lo) * row.is_half);
    builder.constrain("LW, LWU: the result", (swapped - row.result_lo) * row.is_word);
}

/// The row of one executed instruction; `is_writable` tells whether stores may change the word.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    event: &MemoryStep,
    is_writable: bool,
    counts: &mut Counts,
) -> LoadNarrowRow<Goldilocks> {
    let step = &event.step;
    let operation = instruction.operation;
    let is_signed = matches!(operation, Operation::Lb | Operation::Lh | Operation::Lw);
    let width = semantics::access_width(operation);
    let address = step.rs1.value.wrapping_add_signed(instruction.imm);
    let raw = semantics::extract(event.word.value, 0, address);
    let result = semantics::load_value(operation, raw);

    let bit = |position: u32| address >> position & 1 == 1;
    let half_bit = width == 4 || bit(1);
    let limb = (event.word.value >> ((address & 4) * 8)) as u32;
    let [low, high] = [limb as u16, (limb >> 16) as u16];
    let (half, other_half) = if half_bit { (high, low) } else { (low, high) };
    let [low, high] = half.to_le_bytes();
    let (byte, other_byte) = if width == 1 && bit(0) { (high, low) } else { (low, high) };

    fill_effective_address(step.rs1.value, counts);
    counts.range16(other_half);
    counts.byte_pair(byte, other_byte);
    if is_signed {
        counts.sign16(if width == 1 { u16::from(byte) << 8 } else { half });
    }
    LoadNarrowRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_byte: Goldilocks::from_bool(width == 1),
        is_half: Goldilocks::from_bool(width == 2),
        is_word: Goldilocks::from_bool(width == 4),
        is_signed: Goldilocks::from_bool(is_signed),
        rd: Goldilocks::from_u8(destination(instruction.rd)),
        rs1: Goldilocks::from_u8(instruction.rs1),
        displacement: signed(instruction.imm),
        base: RegisterAccess::fill(step.rs1, step.time, counts),
        word: MemoryAccess::fill(event.word, is_writable, step.time + 2, counts),
        write: RegisterAccess::fill(step.rd, step.time + 3, counts),
        limb_bit: Goldilocks::from_bool(bit(2)),
        half_bit: Goldilocks::from_bool(half_bit),
        byte_bit: Goldilocks::from_bool(width == 1 && bit(0)),
        half: Goldilocks::from_u16(half),
        other_half: Goldilocks::from_u16(other_half),
        byte: Goldilocks::from_u8(byte),
        sign: Goldilocks::from_bool(is_signed && result >> 63 == 1),
        result_lo: Goldilocks::from_u32(result as u32),
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
    use crate::gadgets::value::TWO_32;
    use crate::tables::program::operands;
    use crate::tables::testing::*;

    const OPERATIONS: [Operation; 6] = [
        Operation::Lb,
        Operation::Lbu,
        Operation::Lh,
        Operation::Lhu,
        Operation::Lw,
        Operation::Lwu,
    ];
    const BASE: u64 = 0x2000;

    fn offsets(operation: Operation) -> impl Iterator<Item = i64> {
        (0..8).step_by(semantics::access_width(operation) as usize)
    }

    fn row(operation: Operation, offset: i64, word: u64) -> LoadNarrowRow<Goldilocks> {
        let event = memory_step(BASE, 0, word, 0);
        fill(PC, &instruction(operation, offset), &event, true, &mut Counts::new(1))
    }

    fn check(instruction: &Instruction, event: &MemoryStep) {
        let mut counts = Counts::new(1);
        let row = fill(PC, instruction, event, true, &mut counts);
        let (base, word) = (event.step.rs1.value, event.word.value);
        let case = case(instruction, base, word);
        expect_honest(&case, &row, &counts, eval);
        let address = base.wrapping_add_signed(instruction.imm);
        let raw = semantics::extract(word, 0, address);
        let result = semantics::load_value(instruction.operation, raw);
        assert_eq!(
            register_sends(&row, eval),
            [
                (u64::from(instruction.rs1), base, 400),
                (u64::from(destination(instruction.rd)), result, 403)
            ],
            "{case}"
        );
        assert_eq!(memory_sends(&row, eval), [(address & !7, word, 402)], "{case}");
        assert_eq!(
            message(&row, Bus::Memory, Side::Receive, eval),
            [address & !7, 1, word & 0xFFFF_FFFF, word >> 32, 395],
            "{case}"
        );
        assert_eq!(message(&row, Bus::Execution, Side::Send, eval), [404, PC + 4], "{case}");
        let mut program = Vec::from([PC, u64::from(code(instruction.operation))]);
        program.extend(operands(PC, instruction).iter().map(PrimeField64::as_canonical_u64));
        assert_eq!(message(&row, Bus::Program, Side::Send, eval), program, "{case}");
    }

    #[test]
    fn honest_rows_agree_with_the_semantics() {
        for operation in OPERATIONS {
            for offset in offsets(operation) {
                for word in EDGES.into_iter().chain([0x80FF_7F01_FE81_A55A, 0x7F80_017F_8000_FF80])
                {
                    let event = memory_step(BASE, 0, word, 0);
                    check(&instruction(operation, offset), &event);
                    check(&instruction(operation, offset - 2048), &event);
                    let event = memory_step(0xFFFF_FFF8 + offset as u64, 0, word, 0);
                    check(&instruction(operation, 8), &event);
                    let mut to_x0 = instruction(operation, 8);
                    to_x0.rd = 0;
                    check(&to_x0, &event);
                }
                let same = Instruction { operation, rd: 9, rs1: 9, rs2: 0, imm: offset };
                let mut event = memory_step(BASE, 0, 0x0123_4567_89AB_CDEF, 0);
                event.step.rd = Access { value: BASE, time: 400 };
                check(&same, &event);
            }
        }
    }

    #[test]
    fn padding_does_nothing() {
        expect_padding::<LoadNarrowRow<Goldilocks>>(eval);
    }

    type Change = fn(&mut LoadNarrowRow<Goldilocks>);

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        const ONE: Goldilocks = Goldilocks::ONE;
        for operation in OPERATIONS {
            let honest = row(operation, 4, 0xC3D4_E5F6_0718_293A);
            let corrupt = |label: &str, change: Change| {
                let mut row = honest;
                change(&mut row);
                expect_violation(&row, label, eval);
            };
            corrupt("is_byte is boolean", |r| r.is_byte += Goldilocks::TWO);
            corrupt("is_half is boolean", |r| r.is_half += Goldilocks::TWO);
            corrupt("is_word is boolean", |r| r.is_word += Goldilocks::TWO);
            corrupt("at most one width", |r| (r.is_byte, r.is_half, r.is_word) = (ONE, ONE, ONE));
            corrupt("is_signed is boolean", |r| r.is_signed += Goldilocks::TWO);
            corrupt("a signed load is a load", |r| {
                (r.is_byte, r.is_half, r.is_word) = Default::default();
                r.is_signed = ONE;
            });
            corrupt("limb_bit is boolean", |r| r.limb_bit += ONE);
            corrupt("half_bit is boolean", |r| r.half_bit += Goldilocks::TWO);
            corrupt("byte_bit is boolean", |r| r.byte_bit += Goldilocks::TWO);
            corrupt("the halves make up the limb", |r| r.limb_bit = Goldilocks::ZERO);
            corrupt("the halves make up the limb", |r| r.half_bit = ONE - r.half_bit);
            corrupt("the halves make up the limb", |r| r.half += ONE);
            corrupt("the halves make up the limb", |r| r.other_half += ONE);
            corrupt("the halves make up the limb", |r| r.word.found.before.hi += ONE);
            corrupt("byte_pair", |r| r.byte += ONE);
            corrupt("range16", |r| r.base.time = Goldilocks::from_u32(400));
            corrupt("range16", |r| r.word.found.time = Goldilocks::from_u32(402));
            corrupt("range16", |r| r.write.time = Goldilocks::from_u32(403));
            // Another choice of halves with the same sum.
            corrupt("range16", |r| {
                r.other_half += TWO_16;
                r.half -= if r.half_bit == ONE { ONE } else { TWO_32 };
            });
            let name = match semantics::access_width(operation) {
                1 => "LB, LBU",
                2 => "LH, LHU",
                _ => "LW, LWU",
            };
            corrupt(&std::format!("{name}: the result"), |r| r.result_lo += ONE);
            if honest.is_signed == ONE {
                corrupt("sign16", |r| r.sign = ONE - r.sign);
            } else {
                corrupt("only signed loads have a sign", |r| r.sign = ONE);
            }
            if honest.is_word == ONE {
                corrupt("a word's half is the upper one", |r| r.half_bit = Goldilocks::ZERO);
            }
            if honest.is_byte != ONE {
                corrupt("only bytes have odd addresses", |r| r.byte_bit = ONE);
            }
        }
    }

    #[test]
    fn another_part_of_the_word_has_another_address() {
        // Bytes 0 and 1 of the word at BASE: to load byte 1 instead is to access BASE − 1.
        let mut row = row(Operation::Lbu, 0, 0x1122_3344_5566_7788);
        row.byte_bit = Goldilocks::ONE;
        row.byte = Goldilocks::from_u8(0x77);
        row.result_lo = row.byte;
        assert!(violations(&row, eval).is_empty());
        assert_eq!(memory_sends(&row, eval)[0].0, BASE - 1);
        // A word's half_bit is not part of its address.
        let word = self::row(Operation::Lw, 4, 5);
        assert_eq!(memory_sends(&word, eval)[0].0, BASE);
    }

    #[test]
    fn a_half_of_more_than_16_bits_is_refused() {
        // The low half takes 2^16 from the upper one.
        let mut row = row(Operation::Lhu, 0, 0x1122_3344_5566_7788);
        row.half += TWO_16;
        row.other_half -= Goldilocks::ONE;
        row.result_lo = row.half;
        expect_violation(&row, "byte_pair", eval);
        // Whatever byte the half is said to have.
        row.byte += TWO_16;
        expect_violation(&row, "byte_pair", eval);
    }

    #[test]
    fn a_base_that_aliases_an_address_is_refused() {
        let event = memory_step(0xFFFF_FFFF_0000_2002, 0, 5, 0);
        let row = fill(PC, &instruction(Operation::Lb, -1), &event, true, &mut Counts::new(1));
        expect_violation(&row, "range16", eval);
    }
}
