//! `store_narrow`: SB, SH and SW to naturally aligned addresses.
//!
//! Statement: at `time` the machine at `pc` executes a store of 1, 2 or 4 bytes and the bytes of
//! memory at the address rs1 + displacement, a multiple of their number, become the low bytes of
//! rs2; all other bytes stay.
//!
//! The bytes lie in one memory word. Of its two limbs the one with the bytes is taken apart, into
//! halves, and one half into bytes, and so are the low bits of rs2. The limb changes by the
//! difference between the new and the old part, times the weight of the part.

use lvm_isa::event::MemoryStep;
use lvm_isa::instruction::{Instruction, Operation};
use lvm_isa::semantics;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::BytePairMsg;
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::fetch::{Decoded, Fetch};
use crate::gadgets::limbs::range16;
use crate::gadgets::memory::{MemoryWrite, effective_address, fill_effective_address};
use crate::gadgets::register::RegisterAccess;
use crate::gadgets::value::{TWO_16, TWO_16_INVERSE, Value};
use crate::tables::program::{code, signed};

/// 2^8 as a field element.
const TWO_8: Goldilocks = Goldilocks::new(1 << 8);

columns! {
    /// One executed aligned store of less than a memory word.
    pub struct StoreNarrowRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 for SB; 0 or 1.
        is_byte: cell,
        /// 1 for SH; 0 or 1.
        is_half: cell,
        /// 1 for SW; 0 or 1.
        is_word: cell,
        /// Register with the base address.
        rs1: cell,
        /// Register with the value.
        rs2: cell,
        /// Signed displacement, as the program has it.
        displacement: cell,
        /// Read of rs1.
        base: RegisterAccess,
        /// Read of rs2.
        value: RegisterAccess,
        /// Write of the memory word with the bytes.
        word: MemoryWrite,
        /// The memory word afterwards; canonical.
        after: Value,
        /// Bit 2 of the address, which chooses the limb; 0 or 1.
        limb_bit: cell,
        /// Bit 1 of the address, which chooses the half; 0 or 1; 0 for SW.
        half_bit: cell,
        /// Bit 0 of the address, which chooses the byte; 0 or 1; 0 unless SB.
        byte_bit: cell,
        /// `2^(16·half_bit + 8·byte_bit)`.
        weight: cell,
        /// The chosen byte of the chosen half of the chosen limb; below 2^8.
        byte: cell,
        /// The half's other byte; below 2^8.
        other_byte: cell,
        /// The limb's other half; below 2^16.
        other_half: cell,
        /// Bits 0..8 of rs2; below 2^8.
        new_byte: cell,
        /// Bits 8..16 of rs2; below 2^8.
        new_other_byte: cell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = StoreNarrowRow::<AB::Var>::of(builder.main().current_slice());
    let active: AB::Expr = row.is_byte + row.is_half + row.is_word;
    builder.constrain_bool("is_byte is boolean", row.is_byte);
    builder.constrain_bool("is_half is boolean", row.is_half);
    builder.constrain_bool("is_word is boolean", row.is_word);
    builder.constrain_bool("at most one width", active.clone());
    builder.constrain_bool("limb_bit is boolean", row.limb_bit);
    builder.constrain_bool("half_bit is boolean", row.half_bit);
    builder.constrain_bool("byte_bit is boolean", row.byte_bit);
    builder.constrain("words have addresses 0 and 4", row.half_bit * row.is_word);
    builder
        .constrain("only bytes have odd addresses", row.byte_bit * (AB::Expr::ONE - row.is_byte));

    let decoded = Decoded {
        code: row.is_byte * AB::Expr::from_u8(code(Operation::Sb))
            + row.is_half * AB::Expr::from_u8(code(Operation::Sh))
            + row.is_word * AB::Expr::from_u8(code(Operation::Sw)),
        operands: [
            row.rs2.into(),
            row.rs1.into(),
            row.displacement.into(),
            AB::Expr::ZERO,
            AB::Expr::ZERO,
        ],
    };
    row.fetch.constrain(builder, decoded, row.fetch.fallthrough::<AB>(), active.clone());
    row.base.constrain_read(builder, row.rs1, row.fetch.at::<AB>(0), active.clone());
    row.value.constrain_read(builder, row.rs2, row.fetch.at::<AB>(1), active.clone());
    // Memory has only multiples of 8, so the offset is the address modulo 8, whatever was chosen.
    let address = effective_address(builder, row.base.before, row.displacement, active.clone());
    let offset = row.limb_bit * AB::Expr::from_u8(4) + row.half_bit * AB::Expr::TWO + row.byte_bit;
    row.word.constrain(
        builder,
        address - offset,
        row.after.into_exprs(),
        row.fetch.at::<AB>(2),
        active.clone(),
    );

    // The limb is canonical and its parts are ranged, so this leaves one choice of each.
    let (word, after) = (row.word.before, row.after);
    let limb = row.limb_bit * (word.hi - word.lo) + word.lo;
    let two_8_minus_1 = TWO_8 - Goldilocks::ONE;
    let two_16_minus_1 = TWO_16 - Goldilocks::ONE;
    let low_half: AB::Expr = row.other_byte * TWO_8 + row.byte;
    let half = row.byte_bit * (row.byte - row.other_byte) * two_8_minus_1 + low_half.clone();
    builder.constrain(
        "the parts make up the limb",
        row.half_bit * (half.clone() - row.other_half) * two_16_minus_1
            + half
            + row.other_half * TWO_16
            - limb.clone(),
    );
    BytePairMsg { a: row.byte.into(), b: row.other_byte.into() }.send(builder, active.clone());
    range16(builder, row.other_half, active.clone());

    // So is the low limb of rs2.
    let value = row.value.before.lo;
    let new_half: AB::Expr = row.new_other_byte * TWO_8 + row.new_byte;
    BytePairMsg { a: row.new_byte.into(), b: row.new_other_byte.into() }
        .send(builder, active.clone());
    range16(builder, (-new_half.clone() + value) * TWO_16_INVERSE, active.clone());

    builder.constrain(
        "the weight of the part",
        row.byte_bit * (row.half_bit * two_16_minus_1 + AB::Expr::ONE) * two_8_minus_1
            + row.half_bit * two_16_minus_1
            + active
            - row.weight,
    );
    // Only the chosen limb changes, so the sum of both changes is its change. A part is replaced
    // by one of the same range, so the word after is canonical.
    let change = after.lo - word.lo + (after.hi - word.hi);
    builder.constrain("the low limb stays", row.limb_bit * (after.lo - word.lo));
    builder.constrain("the high limb stays", (AB::Expr::ONE - row.limb_bit) * (after.hi - word.hi));
    builder.constrain(
        "SB: the change",
        (row.weight * (row.new_byte - row.byte) - change.clone()) * row.is_byte,
    );
    // byte_bit is 0.
    builder.constrain(
        "SH: the change",
        ((new_half - low_half) * row.weight - change.clone()) * row.is_half,
    );
    builder.constrain("SW: the change", (-limb + value - change) * row.is_word);
}

/// The row of one executed instruction.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    event: &MemoryStep,
    counts: &mut Counts,
) -> StoreNarrowRow<Goldilocks> {
    let step = &event.step;
    let width = semantics::access_width(instruction.operation);
    let address = step.rs1.value.wrapping_add_signed(instruction.imm);
    let value = step.rs2.value;
    let (after, _) = semantics::store_merge(event.word.value, 0, address, width, value);

    let [limb_bit, half_bit, byte_bit] = [2, 1, 0].map(|position| address >> position & 1 == 1);
    let limb = (event.word.value >> ((address & 4) * 8)) as u32;
    let [low, high] = [limb as u16, (limb >> 16) as u16];
    let (half, other_half) = if half_bit { (high, low) } else { (low, high) };
    let [low, high] = half.to_le_bytes();
    let (byte, other_byte) = if byte_bit { (high, low) } else { (low, high) };
    let [new_byte, new_other_byte] = (value as u16).to_le_bytes();

    fill_effective_address(step.rs1.value, counts);
    counts.byte_pair(byte, other_byte);
    counts.range16(other_half);
    counts.byte_pair(new_byte, new_other_byte);
    counts.range16((value >> 16) as u16);
    StoreNarrowRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_byte: Goldilocks::from_bool(width == 1),
        is_half: Goldilocks::from_bool(width == 2),
        is_word: Goldilocks::from_bool(width == 4),
        rs1: Goldilocks::from_u8(instruction.rs1),
        rs2: Goldilocks::from_u8(instruction.rs2),
        displacement: signed(instruction.imm),
        base: RegisterAccess::fill(step.rs1, step.time, counts),
        value: RegisterAccess::fill(step.rs2, step.time + 1, counts),
        word: MemoryWrite::fill(event.word, step.time + 2, counts),
        after: Value::from_u64(after),
        limb_bit: Goldilocks::from_bool(limb_bit),
        half_bit: Goldilocks::from_bool(half_bit),
        byte_bit: Goldilocks::from_bool(byte_bit),
        weight: Goldilocks::from_u32(1 << (16 * u32::from(half_bit) + 8 * u32::from(byte_bit))),
        byte: Goldilocks::from_u8(byte),
        other_byte: Goldilocks::from_u8(other_byte),
        other_half: Goldilocks::from_u16(other_half),
        new_byte: Goldilocks::from_u8(new_byte),
        new_other_byte: Goldilocks::from_u8(new_other_byte),
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

    const OPERATIONS: [Operation; 3] = [Operation::Sb, Operation::Sh, Operation::Sw];
    const BASE: u64 = 0x2000;
    const ONE: Goldilocks = Goldilocks::ONE;
    const ZERO: Goldilocks = Goldilocks::ZERO;

    fn offsets(operation: Operation) -> impl Iterator<Item = i64> {
        (0..8).step_by(semantics::access_width(operation) as usize)
    }

    fn row(operation: Operation, offset: i64, value: u64, word: u64) -> StoreNarrowRow<Goldilocks> {
        let event = memory_step(BASE, value, word, 0);
        fill(PC, &instruction(operation, offset), &event, &mut Counts::new(1))
    }

    fn check(instruction: &Instruction, event: &MemoryStep) {
        let mut counts = Counts::new(1);
        let row = fill(PC, instruction, event, &mut counts);
        let (base, value, word) = (event.step.rs1.value, event.step.rs2.value, event.word.value);
        let case = std::format!("{} over {word:#x}", case(instruction, base, value));
        expect_honest(&case, &row, &counts, eval);
        assert_eq!(
            register_sends(&row, eval),
            [(u64::from(instruction.rs1), base, 400), (u64::from(instruction.rs2), value, 401)],
            "{case}"
        );
        let address = base.wrapping_add_signed(instruction.imm);
        let width = semantics::access_width(instruction.operation);
        let (after, _) = semantics::store_merge(word, 0, address, width, value);
        assert_eq!(memory_sends(&row, eval), [(address & !7, after, 402)], "{case}");
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
                for value in EDGES {
                    for word in [0, 0x0123_4567_89AB_CDEF, 0x80FF_7F01_FE81_A55A, u64::MAX] {
                        let event = memory_step(BASE, value, word, 0);
                        check(&instruction(operation, offset), &event);
                        check(&instruction(operation, offset - 2048), &event);
                        let event = memory_step(0xFFFF_FFF8 + offset as u64, value, word, 0);
                        check(&instruction(operation, 8), &event);
                    }
                }
                let same = Instruction { operation, rd: 0, rs1: 9, rs2: 9, imm: offset };
                let mut event = memory_step(BASE, BASE, 0x0123_4567_89AB_CDEF, 0);
                event.step.rs2 = Access { value: BASE, time: 400 };
                check(&same, &event);
            }
        }
    }

    #[test]
    fn padding_does_nothing() {
        expect_padding::<StoreNarrowRow<Goldilocks>>(eval);
    }

    type Change = fn(&mut StoreNarrowRow<Goldilocks>);

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        for operation in OPERATIONS {
            for offset in [0, 4] {
                let honest = row(operation, offset, 0x1112_1314_1516_1718, 0xC3D4_E5F6_0718_293A);
                let corrupt = |label: &str, change: Change| {
                    let mut row = honest;
                    change(&mut row);
                    expect_violation(&row, label, eval);
                };
                corrupt("is_byte is boolean", |r| r.is_byte += Goldilocks::TWO);
                corrupt("is_half is boolean", |r| r.is_half += Goldilocks::TWO);
                corrupt("is_word is boolean", |r| r.is_word += Goldilocks::TWO);
                corrupt("at most one width", |r| {
                    (r.is_byte, r.is_half, r.is_word) = (ONE, ONE, ONE);
                });
                corrupt("limb_bit is boolean", |r| r.limb_bit += Goldilocks::TWO);
                corrupt("half_bit is boolean", |r| r.half_bit += Goldilocks::TWO);
                corrupt("byte_bit is boolean", |r| r.byte_bit += Goldilocks::TWO);
                corrupt("the parts make up the limb", |r| r.limb_bit = ONE - r.limb_bit);
                corrupt("the parts make up the limb", |r| r.half_bit = ONE - r.half_bit);
                corrupt("the parts make up the limb", |r| r.byte_bit = ONE - r.byte_bit);
                corrupt("the parts make up the limb", |r| r.byte += ONE);
                corrupt("the parts make up the limb", |r| r.other_byte += ONE);
                corrupt("the parts make up the limb", |r| r.other_half += ONE);
                corrupt("the weight of the part", |r| r.weight += ONE);
                corrupt("the weight of the part", |r| r.half_bit = ONE - r.half_bit);
                corrupt("the weight of the part", |r| r.byte_bit = ONE - r.byte_bit);
                corrupt("range16", |r| r.new_byte += ONE);
                corrupt("range16", |r| r.value.before.lo += ONE);
                corrupt("range16", |r| r.base.time = Goldilocks::from_u32(400));
                corrupt("range16", |r| r.value.time = Goldilocks::from_u32(401));
                corrupt("range16", |r| r.word.time = Goldilocks::from_u32(402));
                let name = match operation {
                    Operation::Sb => "SB: the change",
                    Operation::Sh => "SH: the change",
                    _ => "SW: the change",
                };
                corrupt(name, |r| r.after.lo += ONE);
                corrupt(name, |r| r.after.hi += ONE);
                // A change in the other limb, alone or made up for in the first.
                if offset == 0 {
                    corrupt("the high limb stays", |r| {
                        r.after.hi += ONE;
                        r.after.lo -= ONE;
                    });
                } else {
                    corrupt("the low limb stays", |r| {
                        r.after.lo += ONE;
                        r.after.hi -= ONE;
                    });
                }
                // Parts that add up, out of range.
                corrupt("byte_pair", |r| {
                    r.byte -= TWO_8;
                    r.other_byte += ONE;
                });
                corrupt("byte_pair", |r| {
                    r.other_byte += TWO_8;
                    r.other_half -= ONE;
                });
                corrupt("byte_pair", |r| {
                    r.new_byte += TWO_8;
                    r.new_other_byte -= ONE;
                });
                corrupt("byte_pair", |r| r.new_other_byte += TWO_8);
                corrupt("range16", |r| {
                    r.byte -= TWO_32;
                    r.other_half += TWO_16;
                });
                match operation {
                    Operation::Sb => {}
                    Operation::Sh => corrupt("only bytes have odd addresses", |r| r.byte_bit = ONE),
                    _ => {
                        corrupt("only bytes have odd addresses", |r| r.byte_bit = ONE);
                        corrupt("words have addresses 0 and 4", |r| r.half_bit = ONE);
                    }
                }
            }
        }
    }

    #[test]
    fn another_part_of_the_word_has_another_address() {
        // A row for byte 1 of the word, at an address that ends in 0: it accesses BASE − 1.
        let mut forged = row(Operation::Sb, 1, 0xAB, 0x1122_3344_5566_7788);
        forged.displacement = ZERO;
        assert!(violations(&forged, eval).is_empty());
        assert_eq!(memory_sends(&forged, eval), [(BASE - 1, 0x1122_3344_5566_AB88, 402)]);
    }

    #[test]
    fn a_stored_part_of_more_than_its_width_is_refused() {
        // SB of 0x1AB as if it were one byte.
        let mut forged = row(Operation::Sb, 0, 0x1AB, 0x1122_3344_5566_7788);
        forged.new_byte = Goldilocks::from_u16(0x1AB);
        forged.new_other_byte = ZERO;
        forged.after.lo = Goldilocks::from_u32(0x5566_7700 + 0x1AB);
        assert_eq!(violations(&forged, eval), ["byte_pair"]);
        // SH of 0x1ABCD.
        let mut forged = row(Operation::Sh, 0, 0x1ABCD, 0x1122_3344_5566_7788);
        forged.new_other_byte = Goldilocks::from_u16(0x1AB);
        forged.after.lo = Goldilocks::from_u32(0x5566_0000 + 0x1ABCD);
        assert_eq!(violations(&forged, eval), ["byte_pair"]);
        // Bits of rs2 that only divide in the field.
        let mut forged = row(Operation::Sb, 0, 0x1AB, 0x1122_3344_5566_7788);
        forged.new_byte = Goldilocks::from_u8(0x99);
        forged.after.lo = Goldilocks::from_u32(0x5566_7799);
        assert_eq!(violations(&forged, eval), ["range16"]);
    }

    #[test]
    fn a_base_that_aliases_an_address_is_refused() {
        let event = memory_step(0xFFFF_FFFF_0000_2002, 1, 5, 0);
        let row = fill(PC, &instruction(Operation::Sb, -1), &event, &mut Counts::new(1));
        expect_violation(&row, "range16", eval);
    }
}
