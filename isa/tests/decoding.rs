//! `decode` accepts exactly the RV64IM encodings, with the right fields.
//!
//! The table below is independent of the decoder: mask and match words as in the RISC-V opcode
//! database (riscv-opcodes `rv_i`, `rv64_i`, `rv_m`, `rv64_m`, `rv_zifencei`), and immediates
//! gathered bit by bit from the format diagrams of the specification.

use lvm_isa::decode::decode;
use lvm_isa::instruction::Operation::{self, *};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    R,
    I,
    /// Shift by 6 or 5 bits of immediate.
    Shift(u32),
    S,
    B,
    U,
    J,
    Bare,
}

const TABLE: [(u32, u32, Operation, Format); 66] = [
    (0x0000_007f, 0x0000_0037, Lui, Format::U),
    (0x0000_007f, 0x0000_0017, Auipc, Format::U),
    (0x0000_007f, 0x0000_006f, Jal, Format::J),
    (0x0000_707f, 0x0000_0067, Jalr, Format::I),
    (0x0000_707f, 0x0000_0063, Beq, Format::B),
    (0x0000_707f, 0x0000_1063, Bne, Format::B),
    (0x0000_707f, 0x0000_4063, Blt, Format::B),
    (0x0000_707f, 0x0000_5063, Bge, Format::B),
    (0x0000_707f, 0x0000_6063, Bltu, Format::B),
    (0x0000_707f, 0x0000_7063, Bgeu, Format::B),
    (0x0000_707f, 0x0000_0003, Lb, Format::I),
    (0x0000_707f, 0x0000_1003, Lh, Format::I),
    (0x0000_707f, 0x0000_2003, Lw, Format::I),
    (0x0000_707f, 0x0000_3003, Ld, Format::I),
    (0x0000_707f, 0x0000_4003, Lbu, Format::I),
    (0x0000_707f, 0x0000_5003, Lhu, Format::I),
    (0x0000_707f, 0x0000_6003, Lwu, Format::I),
    (0x0000_707f, 0x0000_0023, Sb, Format::S),
    (0x0000_707f, 0x0000_1023, Sh, Format::S),
    (0x0000_707f, 0x0000_2023, Sw, Format::S),
    (0x0000_707f, 0x0000_3023, Sd, Format::S),
    (0x0000_707f, 0x0000_0013, Addi, Format::I),
    (0x0000_707f, 0x0000_2013, Slti, Format::I),
    (0x0000_707f, 0x0000_3013, Sltiu, Format::I),
    (0x0000_707f, 0x0000_4013, Xori, Format::I),
    (0x0000_707f, 0x0000_6013, Ori, Format::I),
    (0x0000_707f, 0x0000_7013, Andi, Format::I),
    (0xfc00_707f, 0x0000_1013, Slli, Format::Shift(6)),
    (0xfc00_707f, 0x0000_5013, Srli, Format::Shift(6)),
    (0xfc00_707f, 0x4000_5013, Srai, Format::Shift(6)),
    (0x0000_707f, 0x0000_001b, Addiw, Format::I),
    (0xfe00_707f, 0x0000_101b, Slliw, Format::Shift(5)),
    (0xfe00_707f, 0x0000_501b, Srliw, Format::Shift(5)),
    (0xfe00_707f, 0x4000_501b, Sraiw, Format::Shift(5)),
    (0xfe00_707f, 0x0000_0033, Add, Format::R),
    (0xfe00_707f, 0x4000_0033, Sub, Format::R),
    (0xfe00_707f, 0x0000_1033, Sll, Format::R),
    (0xfe00_707f, 0x0000_2033, Slt, Format::R),
    (0xfe00_707f, 0x0000_3033, Sltu, Format::R),
    (0xfe00_707f, 0x0000_4033, Xor, Format::R),
    (0xfe00_707f, 0x0000_5033, Srl, Format::R),
    (0xfe00_707f, 0x4000_5033, Sra, Format::R),
    (0xfe00_707f, 0x0000_6033, Or, Format::R),
    (0xfe00_707f, 0x0000_7033, And, Format::R),
    (0xfe00_707f, 0x0000_003b, Addw, Format::R),
    (0xfe00_707f, 0x4000_003b, Subw, Format::R),
    (0xfe00_707f, 0x0000_103b, Sllw, Format::R),
    (0xfe00_707f, 0x0000_503b, Srlw, Format::R),
    (0xfe00_707f, 0x4000_503b, Sraw, Format::R),
    (0xfe00_707f, 0x0200_0033, Mul, Format::R),
    (0xfe00_707f, 0x0200_1033, Mulh, Format::R),
    (0xfe00_707f, 0x0200_2033, Mulhsu, Format::R),
    (0xfe00_707f, 0x0200_3033, Mulhu, Format::R),
    (0xfe00_707f, 0x0200_4033, Div, Format::R),
    (0xfe00_707f, 0x0200_5033, Divu, Format::R),
    (0xfe00_707f, 0x0200_6033, Rem, Format::R),
    (0xfe00_707f, 0x0200_7033, Remu, Format::R),
    (0xfe00_707f, 0x0200_003b, Mulw, Format::R),
    (0xfe00_707f, 0x0200_403b, Divw, Format::R),
    (0xfe00_707f, 0x0200_503b, Divuw, Format::R),
    (0xfe00_707f, 0x0200_603b, Remw, Format::R),
    (0xfe00_707f, 0x0200_703b, Remuw, Format::R),
    (0x0000_707f, 0x0000_000f, Fence, Format::Bare),
    (0x0000_707f, 0x0000_100f, Fence, Format::Bare),
    (0xffff_ffff, 0x0000_0073, Ecall, Format::Bare),
    (0xffff_ffff, 0x0010_0073, Ebreak, Format::Bare),
];

/// The immediate whose bits, from the highest, are these bits of the word; `zeros` zero bits
/// follow. The first bit is the sign.
fn gather(word: u32, bits: &[u32], zeros: u32) -> i64 {
    let mut value = if word >> bits[0] & 1 == 1 { -1 } else { 0 };
    for bit in bits {
        value = value * 2 + i64::from(word >> bit & 1);
    }
    value << zeros
}

fn check(word: u32) {
    let rows: Vec<_> = TABLE.iter().filter(|row| word & row.0 == row.1).collect();
    let decoded = decode(word);
    let Some((_, _, operation, format)) = rows.first() else {
        assert_eq!(decoded, None, "{word:#010x} is reserved");
        return;
    };
    assert_eq!(rows.len(), 1, "the table is ambiguous for {word:#010x}");
    let instruction = decoded.unwrap_or_else(|| panic!("{word:#010x} is {operation}"));
    assert_eq!(instruction.operation, *operation, "{word:#010x}");

    let (rd, rs1, rs2) = ((word >> 7 & 31) as u8, (word >> 15 & 31) as u8, (word >> 20 & 31) as u8);
    let down = |high: u32, low: u32| (low..=high).rev().collect::<Vec<_>>();
    let expected = match format {
        Format::R => (rd, rs1, rs2, 0),
        Format::I => (rd, rs1, 0, gather(word, &down(31, 20), 0)),
        Format::Shift(bits) => (rd, rs1, 0, i64::from(word >> 20 & ((1 << bits) - 1))),
        Format::S => (0, rs1, rs2, gather(word, &[down(31, 25), down(11, 7)].concat(), 0)),
        Format::B => {
            let bits = [vec![31, 7], down(30, 25), down(11, 8)].concat();
            (0, rs1, rs2, gather(word, &bits, 1))
        }
        Format::U => (rd, 0, 0, gather(word, &down(31, 12), 12)),
        Format::J => {
            let bits = [vec![31], down(19, 12), vec![20], down(30, 21)].concat();
            (rd, 0, 0, gather(word, &bits, 1))
        }
        Format::Bare => (0, 0, 0, 0),
    };
    let fields = (instruction.rd, instruction.rs1, instruction.rs2, instruction.imm);
    assert_eq!(fields, expected, "{word:#010x} is {operation}");
}

#[test]
fn the_table_has_every_operation() {
    for operation in Operation::ALL {
        assert!(TABLE.iter().any(|row| row.2 == operation), "{operation}");
    }
}

/// Every combination of opcode, funct3 and funct7, with some values of the other fields.
#[test]
fn every_encoding_decodes_or_is_reserved() {
    for selector in 0..1u32 << 17 {
        let (opcode, funct3, funct7) = (selector & 127, selector >> 7 & 7, selector >> 10);
        let base = opcode | funct3 << 12 | funct7 << 25;
        for fields in [0u32, 0x01ff_8f80, 0x0010_0000, 0x0155_0a80, 0x00aa_8500] {
            check(base | fields);
        }
    }
}

/// Every SYSTEM word that differs from ECALL in one or two bits.
#[test]
fn only_two_system_words_decode() {
    for first in 0..32 {
        for second in 0..32 {
            check(0x0000_0073 ^ 1 << first ^ 1 << second);
            check(0x0010_0073 ^ 1 << first ^ 1 << second);
        }
    }
}

#[test]
fn fences_of_any_kind_decode() {
    // FENCE rw,rw; FENCE.TSO; PAUSE; FENCE.I; and one with reserved fields.
    for word in [0x0330_000f, 0x8330_000f, 0x0100_000f, 0x0000_100f, 0xffff_8f8f] {
        assert_eq!(decode(word).map(|instruction| instruction.operation), Some(Fence));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]
    #[test]
    fn random_words_decode_or_are_reserved(word: u32, row in 0..TABLE.len()) {
        check(word);
        let (mask, value, ..) = TABLE[row];
        check(word & !mask | value);
    }
}
