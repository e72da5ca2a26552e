//! From an instruction word to an [`Instruction`].
//!
//! Invariant: exactly the RV64IM encodings decode (RISC-V unprivileged specification, chapters
//! "RV32I", "RV64I", "M" and "Zifencei"); every reserved encoding is `None`. Fields that a format
//! lacks come out as zero, so two words decode to equal instructions only if the machine cannot
//! tell them apart.
//!
//! The only leniency is FENCE: any MISC-MEM word with funct3 0 or 1 is a
//! [`Operation::Fence`], as the specification asks of implementations that ignore its fields.

use crate::instruction::{Instruction, Operation};

/// Major opcodes, the low seven bits of a word.
pub mod opcode {
    pub const LOAD: u32 = 0b000_0011;
    pub const MISC_MEM: u32 = 0b000_1111;
    pub const OP_IMM: u32 = 0b001_0011;
    pub const AUIPC: u32 = 0b001_0111;
    pub const OP_IMM_32: u32 = 0b001_1011;
    pub const STORE: u32 = 0b010_0011;
    pub const OP: u32 = 0b011_0011;
    pub const LUI: u32 = 0b011_0111;
    pub const OP_32: u32 = 0b011_1011;
    pub const BRANCH: u32 = 0b110_0011;
    pub const JALR: u32 = 0b110_0111;
    pub const JAL: u32 = 0b110_1111;
    pub const SYSTEM: u32 = 0b111_0011;
}

/// The only word that is an ECALL.
pub const ECALL_WORD: u32 = 0x0000_0073;
/// The only word that is an EBREAK.
pub const EBREAK_WORD: u32 = 0x0010_0073;

/// Decodes a word; `None` when it is no RV64IM instruction.
pub const fn decode(word: u32) -> Option<Instruction> {
    use Operation::*;

    let rd = (word >> 7 & 31) as u8;
    let funct3 = word >> 12 & 7;
    let rs1 = (word >> 15 & 31) as u8;
    let rs2 = (word >> 20 & 31) as u8;
    let funct7 = word >> 25;
    let funct6 = word >> 26;

    Some(match word & 0x7f {
        opcode::LUI => i_type(Lui, rd, 0, imm_u(word)),
        opcode::AUIPC => i_type(Auipc, rd, 0, imm_u(word)),
        opcode::JAL => i_type(Jal, rd, 0, imm_j(word)),
        opcode::JALR if funct3 == 0 => i_type(Jalr, rd, rs1, imm_i(word)),
        opcode::BRANCH => {
            let operation = match funct3 {
                0b000 => Beq,
                0b001 => Bne,
                0b100 => Blt,
                0b101 => Bge,
                0b110 => Bltu,
                0b111 => Bgeu,
                _ => return None,
            };
            s_type(operation, rs1, rs2, imm_b(word))
        }
        opcode::LOAD => {
            let operation = match funct3 {
                0b000 => Lb,
                0b001 => Lh,
                0b010 => Lw,
                0b011 => Ld,
                0b100 => Lbu,
                0b101 => Lhu,
                0b110 => Lwu,
                _ => return None,
            };
            i_type(operation, rd, rs1, imm_i(word))
        }
        opcode::STORE => {
            let operation = match funct3 {
                0b000 => Sb,
                0b001 => Sh,
                0b010 => Sw,
                0b011 => Sd,
                _ => return None,
            };
            s_type(operation, rs1, rs2, imm_s(word))
        }
        opcode::OP_IMM => match (funct3, funct6) {
            (0b000, _) => i_type(Addi, rd, rs1, imm_i(word)),
            (0b010, _) => i_type(Slti, rd, rs1, imm_i(word)),
            (0b011, _) => i_type(Sltiu, rd, rs1, imm_i(word)),
            (0b100, _) => i_type(Xori, rd, rs1, imm_i(word)),
            (0b110, _) => i_type(Ori, rd, rs1, imm_i(word)),
            (0b111, _) => i_type(Andi, rd, rs1, imm_i(word)),
            (0b001, 0b00_0000) => i_type(Slli, rd, rs1, shamt6(word)),
            (0b101, 0b00_0000) => i_type(Srli, rd, rs1, shamt6(word)),
            (0b101, 0b01_0000) => i_type(Srai, rd, rs1, shamt6(word)),
            _ => return None,
        },
        opcode::OP_IMM_32 => match (funct3, funct7) {
            (0b000, _) => i_type(Addiw, rd, rs1, imm_i(word)),
            (0b001, 0b000_0000) => i_type(Slliw, rd, rs1, shamt5(word)),
            (0b101, 0b000_0000) => i_type(Srliw, rd, rs1, shamt5(word)),
            (0b101, 0b010_0000) => i_type(Sraiw, rd, rs1, shamt5(word)),
            _ => return None,
        },
        opcode::OP => {
            let operation = match (funct7, funct3) {
                (0b000_0000, 0b000) => Add,
                (0b010_0000, 0b000) => Sub,
                (0b000_0000, 0b001) => Sll,
                (0b000_0000, 0b010) => Slt,
                (0b000_0000, 0b011) => Sltu,
                (0b000_0000, 0b100) => Xor,
                (0b000_0000, 0b101) => Srl,
                (0b010_0000, 0b101) => Sra,
                (0b000_0000, 0b110) => Or,
                (0b000_0000, 0b111) => And,
                (0b000_0001, 0b000) => Mul,
                (0b000_0001, 0b001) => Mulh,
                (0b000_0001, 0b010) => Mulhsu,
                (0b000_0001, 0b011) => Mulhu,
                (0b000_0001, 0b100) => Div,
                (0b000_0001, 0b101) => Divu,
                (0b000_0001, 0b110) => Rem,
                (0b000_0001, 0b111) => Remu,
                _ => return None,
            };
            r_type(operation, rd, rs1, rs2)
        }
        opcode::OP_32 => {
            let operation = match (funct7, funct3) {
                (0b000_0000, 0b000) => Addw,
                (0b010_0000, 0b000) => Subw,
                (0b000_0000, 0b001) => Sllw,
                (0b000_0000, 0b101) => Srlw,
                (0b010_0000, 0b101) => Sraw,
                (0b000_0001, 0b000) => Mulw,
                (0b000_0001, 0b100) => Divw,
                (0b000_0001, 0b101) => Divuw,
                (0b000_0001, 0b110) => Remw,
                (0b000_0001, 0b111) => Remuw,
                _ => return None,
            };
            r_type(operation, rd, rs1, rs2)
        }
        opcode::MISC_MEM if funct3 <= 1 => r_type(Fence, 0, 0, 0),
        opcode::SYSTEM if word == ECALL_WORD => r_type(Ecall, 0, 0, 0),
        opcode::SYSTEM if word == EBREAK_WORD => r_type(Ebreak, 0, 0, 0),
        _ => return None,
    })
}

const fn r_type(operation: Operation, rd: u8, rs1: u8, rs2: u8) -> Instruction {
    Instruction { operation, rd, rs1, rs2, imm: 0 }
}

const fn i_type(operation: Operation, rd: u8, rs1: u8, imm: i64) -> Instruction {
    Instruction { operation, rd, rs1, rs2: 0, imm }
}

const fn s_type(operation: Operation, rs1: u8, rs2: u8, imm: i64) -> Instruction {
    Instruction { operation, rd: 0, rs1, rs2, imm }
}

/// The top `bits` bits of the word as a signed number.
const fn signed_top(word: u32, bits: u32) -> i64 {
    ((word as i32) >> (32 - bits)) as i64
}

const fn imm_i(word: u32) -> i64 {
    signed_top(word, 12)
}

const fn imm_s(word: u32) -> i64 {
    signed_top(word, 7) << 5 | (word >> 7 & 31) as i64
}

const fn imm_b(word: u32) -> i64 {
    signed_top(word, 1) << 12
        | ((word >> 7 & 1) << 11) as i64
        | ((word >> 25 & 0x3f) << 5) as i64
        | ((word >> 8 & 0xf) << 1) as i64
}

const fn imm_u(word: u32) -> i64 {
    (word & 0xffff_f000) as i32 as i64
}

const fn imm_j(word: u32) -> i64 {
    signed_top(word, 1) << 20
        | (word & 0x000f_f000) as i64
        | ((word >> 20 & 1) << 11) as i64
        | ((word >> 21 & 0x3ff) << 1) as i64
}

const fn shamt6(word: u32) -> i64 {
    (word >> 20 & 63) as i64
}

const fn shamt5(word: u32) -> i64 {
    (word >> 20 & 31) as i64
}
