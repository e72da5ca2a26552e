//! Instructions as assembly text, for messages to people.
//!
//! The text follows the mnemonics and operand order of the RISC-V assembly manual, with numbered
//! registers and without pseudo-instructions. Nothing parses it back.

use core::fmt;

use crate::instruction::{Instruction, Operation};

impl Operation {
    /// The lower-case mnemonic.
    pub const fn mnemonic(self) -> &'static str {
        use Operation::*;
        match self {
            Lui => "lui",
            Auipc => "auipc",
            Jal => "jal",
            Jalr => "jalr",
            Beq => "beq",
            Bne => "bne",
            Blt => "blt",
            Bge => "bge",
            Bltu => "bltu",
            Bgeu => "bgeu",
            Lb => "lb",
            Lh => "lh",
            Lw => "lw",
            Ld => "ld",
            Lbu => "lbu",
            Lhu => "lhu",
            Lwu => "lwu",
            Sb => "sb",
            Sh => "sh",
            Sw => "sw",
            Sd => "sd",
            Addi => "addi",
            Slti => "slti",
            Sltiu => "sltiu",
            Xori => "xori",
            Ori => "ori",
            Andi => "andi",
            Slli => "slli",
            Srli => "srli",
            Srai => "srai",
            Addiw => "addiw",
            Slliw => "slliw",
            Srliw => "srliw",
            Sraiw => "sraiw",
            Add => "add",
            Sub => "sub",
            Sll => "sll",
            Slt => "slt",
            Sltu => "sltu",
            Xor => "xor",
            Srl => "srl",
            Sra => "sra",
            Or => "or",
            And => "and",
            Addw => "addw",
            Subw => "subw",
            Sllw => "sllw",
            Srlw => "srlw",
            Sraw => "sraw",
            Mul => "mul",
            Mulh => "mulh",
            Mulhsu => "mulhsu",
            Mulhu => "mulhu",
            Div => "div",
            Divu => "divu",
            Rem => "rem",
            Remu => "remu",
            Mulw => "mulw",
            Divw => "divw",
            Divuw => "divuw",
            Remw => "remw",
            Remuw => "remuw",
            Fence => "fence",
            Ecall => "ecall",
            Ebreak => "ebreak",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mnemonic())
    }
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Operation::*;
        let Self { operation, rd, rs1, rs2, imm } = *self;
        match operation {
            Lui | Auipc => write!(f, "{operation} x{rd}, {:#x}", imm >> 12 & 0xf_ffff),
            Jal => write!(f, "{operation} x{rd}, {imm}"),
            Beq | Bne | Blt | Bge | Bltu | Bgeu => {
                write!(f, "{operation} x{rs1}, x{rs2}, {imm}")
            }
            Jalr | Lb | Lh | Lw | Ld | Lbu | Lhu | Lwu => {
                write!(f, "{operation} x{rd}, {imm}(x{rs1})")
            }
            Sb | Sh | Sw | Sd => write!(f, "{operation} x{rs2}, {imm}(x{rs1})"),
            Addi | Slti | Sltiu | Xori | Ori | Andi | Slli | Srli | Srai | Addiw | Slliw
            | Srliw | Sraiw => write!(f, "{operation} x{rd}, x{rs1}, {imm}"),
            Add | Sub | Sll | Slt | Sltu | Xor | Srl | Sra | Or | And | Addw | Subw | Sllw
            | Srlw | Sraw | Mul | Mulh | Mulhsu | Mulhu | Div | Divu | Rem | Remu | Mulw | Divw
            | Divuw | Remw | Remuw => write!(f, "{operation} x{rd}, x{rs1}, x{rs2}"),
            Fence | Ecall | Ebreak => write!(f, "{operation}"),
        }
    }
}
