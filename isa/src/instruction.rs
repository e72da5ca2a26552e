//! The RV64IM instructions and the class (table) that proves each of them.
//!
//! Names follow the RISC-V unprivileged specification, volume I, version 20240411.

/// An RV64IM operation, one variant per mnemonic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Operation {
    Lui,
    Auipc,
    Jal,
    Jalr,
    Beq,
    Bne,
    Blt,
    Bge,
    Bltu,
    Bgeu,
    Lb,
    Lh,
    Lw,
    Ld,
    Lbu,
    Lhu,
    Lwu,
    Sb,
    Sh,
    Sw,
    Sd,
    Addi,
    Slti,
    Sltiu,
    Xori,
    Ori,
    Andi,
    Slli,
    Srli,
    Srai,
    Addiw,
    Slliw,
    Srliw,
    Sraiw,
    Add,
    Sub,
    Sll,
    Slt,
    Sltu,
    Xor,
    Srl,
    Sra,
    Or,
    And,
    Addw,
    Subw,
    Sllw,
    Srlw,
    Sraw,
    Mul,
    Mulh,
    Mulhsu,
    Mulhu,
    Div,
    Divu,
    Rem,
    Remu,
    Mulw,
    Divw,
    Divuw,
    Remw,
    Remuw,
    /// FENCE, FENCE.TSO, PAUSE and FENCE.I: no effect on a single hart without caches.
    Fence,
    Ecall,
    /// Decodes, and always traps when it is executed: it has no table.
    Ebreak,
}

/// A decoded instruction. Fields that the format lacks are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instruction {
    /// What it does.
    pub operation: Operation,
    /// Destination register, 0..32. Writes to x0 are discarded.
    pub rd: u8,
    /// First source register, 0..32.
    pub rs1: u8,
    /// Second source register, 0..32.
    pub rs2: u8,
    /// Immediate, sign-extended; for LUI and AUIPC already shifted left by 12; for shifts by an
    /// immediate the shift amount (0..64, or 0..32 for the W forms).
    pub imm: i64,
}

/// The table that proves an instruction. Loads and stores that are not naturally aligned are
/// proved by [`Class::Misaligned`], whatever [`Operation::class`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Class {
    /// ADDI; LUI and AUIPC as `x0 + constant`; FENCE as `x0 + 0` into nowhere.
    AddImmediate,
    /// ADD, SUB.
    Add,
    /// ADDW, SUBW, ADDIW.
    AddWord,
    /// AND, OR, XOR and their immediate forms.
    Bitwise,
    /// SLT, SLTU, SLTI, SLTIU.
    Compare,
    /// BEQ, BNE.
    BranchEqual,
    /// BLT, BGE, BLTU, BGEU.
    BranchLess,
    /// JAL.
    Jump,
    /// JALR.
    JumpRegister,
    /// LD, aligned.
    LoadDouble,
    /// LB, LBU, LH, LHU, LW, LWU, aligned.
    LoadNarrow,
    /// SD, aligned.
    StoreDouble,
    /// SB, SH, SW, aligned.
    StoreNarrow,
    /// Any load or store that is not naturally aligned.
    Misaligned,
    /// SLL, SRL, SRA and their immediate forms.
    Shift,
    /// SLLW, SRLW, SRAW and their immediate forms.
    ShiftWord,
    /// MUL, MULH, MULHSU, MULHU, MULW.
    Multiply,
    /// DIV, DIVU, REM, REMU and their W forms.
    Divide,
    /// ECALL.
    Ecall,
}

impl Class {
    /// Number of classes.
    pub const COUNT: usize = Self::ALL.len();

    /// Every class, in order.
    pub const ALL: [Self; 19] = [
        Self::AddImmediate,
        Self::Add,
        Self::AddWord,
        Self::Bitwise,
        Self::Compare,
        Self::BranchEqual,
        Self::BranchLess,
        Self::Jump,
        Self::JumpRegister,
        Self::LoadDouble,
        Self::LoadNarrow,
        Self::StoreDouble,
        Self::StoreNarrow,
        Self::Misaligned,
        Self::Shift,
        Self::ShiftWord,
        Self::Multiply,
        Self::Divide,
        Self::Ecall,
    ];
}

impl Operation {
    /// Every operation, in declaration order.
    pub const ALL: [Self; 65] = {
        use Operation::*;
        [
            Lui, Auipc, Jal, Jalr, Beq, Bne, Blt, Bge, Bltu, Bgeu, Lb, Lh, Lw, Ld, Lbu, Lhu, Lwu,
            Sb, Sh, Sw, Sd, Addi, Slti, Sltiu, Xori, Ori, Andi, Slli, Srli, Srai, Addiw, Slliw,
            Srliw, Sraiw, Add, Sub, Sll, Slt, Sltu, Xor, Srl, Sra, Or, And, Addw, Subw, Sllw, Srlw,
            Sraw, Mul, Mulh, Mulhsu, Mulhu, Div, Divu, Rem, Remu, Mulw, Divw, Divuw, Remw, Remuw,
            Fence, Ecall, Ebreak,
        ]
    };

    /// The table that proves this operation, or `None` for EBREAK, which always traps.
    pub const fn class(self) -> Option<Class> {
        use Operation::*;
        Some(match self {
            Lui | Auipc | Addi | Fence => Class::AddImmediate,
            Add | Sub => Class::Add,
            Addw | Subw | Addiw => Class::AddWord,
            And | Or | Xor | Andi | Ori | Xori => Class::Bitwise,
            Slt | Sltu | Slti | Sltiu => Class::Compare,
            Beq | Bne => Class::BranchEqual,
            Blt | Bge | Bltu | Bgeu => Class::BranchLess,
            Jal => Class::Jump,
            Jalr => Class::JumpRegister,
            Ld => Class::LoadDouble,
            Lb | Lbu | Lh | Lhu | Lw | Lwu => Class::LoadNarrow,
            Sd => Class::StoreDouble,
            Sb | Sh | Sw => Class::StoreNarrow,
            Sll | Srl | Sra | Slli | Srli | Srai => Class::Shift,
            Sllw | Srlw | Sraw | Slliw | Srliw | Sraiw => Class::ShiftWord,
            Mul | Mulh | Mulhsu | Mulhu | Mulw => Class::Multiply,
            Div | Divu | Rem | Remu | Divw | Divuw | Remw | Remuw => Class::Divide,
            Ecall => Class::Ecall,
            Ebreak => return None,
        })
    }

    /// Whether the instruction has rs1. LUI, AUIPC and FENCE have none (their table reads x0).
    pub const fn reads_rs1(self) -> bool {
        use Operation::*;
        !matches!(self, Lui | Auipc | Jal | Fence | Ecall | Ebreak)
    }

    /// Whether the instruction has rs2, so that its second operand is not the immediate.
    pub const fn reads_rs2(self) -> bool {
        use Operation::*;
        matches!(
            self,
            Beq | Bne
                | Blt
                | Bge
                | Bltu
                | Bgeu
                | Sb
                | Sh
                | Sw
                | Sd
                | Add
                | Sub
                | Sll
                | Slt
                | Sltu
                | Xor
                | Srl
                | Sra
                | Or
                | And
                | Addw
                | Subw
                | Sllw
                | Srlw
                | Sraw
                | Mul
                | Mulh
                | Mulhsu
                | Mulhu
                | Div
                | Divu
                | Rem
                | Remu
                | Mulw
                | Divw
                | Divuw
                | Remw
                | Remuw
        )
    }

    /// Whether the instruction has rd. FENCE has none (its table writes nowhere).
    pub const fn writes_rd(self) -> bool {
        use Operation::*;
        !matches!(
            self,
            Beq | Bne | Blt | Bge | Bltu | Bgeu | Sb | Sh | Sw | Sd | Fence | Ecall | Ebreak
        )
    }
}
