//! What each instruction computes, as pure functions of its operands.
//!
//! Invariant: every function is total. For an operation outside the stated domain the result is
//! stated too, so that no caller can reach a panic.
//!
//! Source: RISC-V unprivileged specification, chapters "RV32I", "RV64I" and "M". State, memory,
//! traps and the system calls live in the emulator crate.

use crate::instruction::{Instruction, Operation};

/// Bytes in a memory word.
pub const WORD_BYTES: u64 = 8;

/// The second operand of an instruction that has no rs2: the immediate; for AUIPC the sum of the
/// immediate and the instruction's own address, so that `alu(Auipc, 0, ..)` is the result.
pub const fn immediate_operand(instruction: &Instruction, pc: u64) -> u64 {
    match instruction.operation {
        Operation::Auipc => pc.wrapping_add_signed(instruction.imm),
        _ => instruction.imm as u64,
    }
}

/// The value that an arithmetic instruction writes to rd.
///
/// `a` is rs1 (0 for LUI, AUIPC and FENCE), `b` is rs2 or [`immediate_operand`]. For every other
/// operation it is `a + b`: the address of a load or store, or the target of JAL and branches
/// with `a` = pc. (The target of JALR has its lowest bit cleared on top: [`jalr_target`].)
#[inline(always)]
pub const fn alu(operation: Operation, a: u64, b: u64) -> u64 {
    use Operation::*;
    match operation {
        Sub => a.wrapping_sub(b),
        Addw | Addiw => sign_extend_word(a.wrapping_add(b)),
        Subw => sign_extend_word(a.wrapping_sub(b)),
        And | Andi => a & b,
        Or | Ori => a | b,
        Xor | Xori => a ^ b,
        Slt | Slti => ((a as i64) < (b as i64)) as u64,
        Sltu | Sltiu => (a < b) as u64,
        // The shift amount is the low 6 bits of b, or the low 5 for the W forms; `wrapping_sh*`
        // masks in the same way.
        Sll | Slli => a.wrapping_shl(b as u32),
        Srl | Srli => a.wrapping_shr(b as u32),
        Sra | Srai => (a as i64).wrapping_shr(b as u32) as u64,
        Sllw | Slliw => sign_extend_word((a as u32).wrapping_shl(b as u32) as u64),
        Srlw | Srliw => sign_extend_word((a as u32).wrapping_shr(b as u32) as u64),
        Sraw | Sraiw => sign_extend_word((a as i32).wrapping_shr(b as u32) as u64),
        Mul => a.wrapping_mul(b),
        Mulh => ((a as i64 as i128 * b as i64 as i128) >> 64) as u64,
        // |rs1| ≤ 2^63 and rs2 < 2^64, so the product fits 128 bits.
        Mulhsu => ((a as i64 as i128 * b as i128) >> 64) as u64,
        Mulhu => ((a as u128 * b as u128) >> 64) as u64,
        Mulw => sign_extend_word(a.wrapping_mul(b)),
        Div => div_signed(a as i64, b as i64) as u64,
        Divu => div_unsigned(a, b),
        Rem => rem_signed(a as i64, b as i64) as u64,
        Remu => rem_unsigned(a, b),
        // The operands are extended, so i32::MIN / −1 is 2^31, whose low word is i32::MIN again.
        Divw => sign_extend_word(div_signed(a as i32 as i64, b as i32 as i64) as u64),
        Divuw => sign_extend_word(div_unsigned(a as u32 as u64, b as u32 as u64)),
        Remw => sign_extend_word(rem_signed(a as i32 as i64, b as i32 as i64) as u64),
        Remuw => sign_extend_word(rem_unsigned(a as u32 as u64, b as u32 as u64)),
        _ => a.wrapping_add(b),
    }
}

/// The low 32 bits, sign-extended.
#[inline(always)]
pub const fn sign_extend_word(value: u64) -> u64 {
    value as i32 as u64
}

/// Division by zero gives −1; the overflow i64::MIN / −1 gives i64::MIN.
#[inline(always)]
const fn div_signed(a: i64, b: i64) -> i64 {
    if b == 0 { -1 } else { a.wrapping_div(b) }
}

/// Division by zero gives 2^64 − 1.
#[inline(always)]
const fn div_unsigned(a: u64, b: u64) -> u64 {
    match a.checked_div(b) {
        Some(quotient) => quotient,
        None => u64::MAX,
    }
}

/// The remainder by zero is the dividend; i64::MIN % −1 is 0.
#[inline(always)]
const fn rem_signed(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { a.wrapping_rem(b) }
}

/// The remainder by zero is the dividend.
#[inline(always)]
const fn rem_unsigned(a: u64, b: u64) -> u64 {
    match a.checked_rem(b) {
        Some(remainder) => remainder,
        None => a,
    }
}

/// Whether a branch with rs1 = `a` and rs2 = `b` is taken; false for any other operation.
#[inline(always)]
pub const fn branch_taken(operation: Operation, a: u64, b: u64) -> bool {
    use Operation::*;
    match operation {
        Beq => a == b,
        Bne => a != b,
        Blt => (a as i64) < (b as i64),
        Bge => (a as i64) >= (b as i64),
        Bltu => a < b,
        Bgeu => a >= b,
        _ => false,
    }
}

/// The target of JALR: the sum with its lowest bit cleared.
#[inline(always)]
pub const fn jalr_target(rs1: u64, imm: i64) -> u64 {
    rs1.wrapping_add_signed(imm) & !1
}

/// Bytes that a load or store accesses: 1, 2, 4 or 8; 0 for any other operation.
#[inline(always)]
pub const fn access_width(operation: Operation) -> u64 {
    use Operation::*;
    match operation {
        Lb | Lbu | Sb => 1,
        Lh | Lhu | Sh => 2,
        Lw | Lwu | Sw => 4,
        Ld | Sd => 8,
        _ => 0,
    }
}

/// Whether an access of `width` (1, 2, 4 or 8) bytes at `address` is naturally aligned.
#[inline(always)]
pub const fn is_aligned(address: u64, width: u64) -> bool {
    address & width.wrapping_sub(1) == 0
}

/// Whether an access of `width` bytes at `address` reaches into the next 8-aligned word.
#[inline(always)]
pub const fn crosses_word(address: u64, width: u64) -> bool {
    (address % WORD_BYTES).wrapping_add(width) > WORD_BYTES
}

/// The value that a load writes to rd, of the bytes at its address, first byte lowest; bits above
/// the access width are ignored. For any other operation `raw` itself.
#[inline(always)]
pub const fn load_value(operation: Operation, raw: u64) -> u64 {
    use Operation::*;
    match operation {
        Lb => raw as i8 as u64,
        Lh => raw as i16 as u64,
        Lw => raw as i32 as u64,
        Lbu => raw as u8 as u64,
        Lhu => raw as u16 as u64,
        Lwu => raw as u32 as u64,
        _ => raw,
    }
}

/// The 8 bytes that start at byte `offset` of the 16 bytes `word`, `next_word`, as a
/// little-endian number. Only the low 3 bits of `offset` count, so an address will do.
#[inline(always)]
pub const fn extract(word: u64, next_word: u64, offset: u64) -> u64 {
    let both = (next_word as u128) << 64 | word as u128;
    (both >> (offset % WORD_BYTES * 8)) as u64
}

/// The two words after the low `width` (1, 2, 4 or 8) bytes of `value` are stored at byte
/// `offset` of the first. Only the low 3 bits of `offset` count, so an address will do.
#[inline(always)]
pub const fn store_merge(
    word: u64,
    next_word: u64,
    offset: u64,
    width: u64,
    value: u64,
) -> (u64, u64) {
    let mask = match width {
        1 => 0xff,
        2 => 0xffff,
        4 => 0xffff_ffff,
        _ => u64::MAX,
    };
    let shift = offset % WORD_BYTES * 8;
    let both = (next_word as u128) << 64 | word as u128;
    let merged = both & !((mask as u128) << shift) | ((value & mask) as u128) << shift;
    (merged as u64, (merged >> 64) as u64)
}
