//! What programs that were built for LambdaVM find there and not here.
//!
//! LambdaVM is another RV64IM machine. Its private input, its public output and its calls with the
//! numbers 64, 93, 2⁶⁴ − 2 and 2⁶⁴ − 11 are those of `lvm_syscalls`, so programs that need nothing else run
//! as they are. Those with LambdaVM's own runtime need two things more:
//!
//! - **A stack.** LambdaVM begins with the stack pointer at the end of its memory, here all
//!   registers begin as zero. So the program gets a few instructions before its own
//!   ([`start_code`]), which set the stack pointer to the end of this machine's memory.
//! - **The register `mstatus`.** The runtime's allocator turns interrupts off and on, as the crate
//!   `critical-section` does it on one hart. There are no interrupts, so `mstatus` reads as zero
//!   here and ignores what is written to it ([`decode`]). LambdaVM skips these instructions.
//!
//! Invariant: everything else is as for any program. In particular the word `unimp`, a write to
//! another register of this kind, still traps, so that a program doesn't run on where its compiler
//! says that it can't get to. Calls that only LambdaVM has trap like every unknown one.

use lvm_isa::decode::opcode;
use lvm_isa::instruction::{Instruction, Operation};
use lvm_isa::semantics::WORD_BYTES;
use lvm_syscalls::layout::{MEMORY_END, MEMORY_START};

use crate::assemble::{encode, i};

/// Where the instructions before the program's own lie: at the beginning of memory. Linkers leave
/// that free.
pub(crate) const START: u64 = MEMORY_START;

/// Where in them the address of the program's own first instruction lies.
const ENTRY_OFFSET: u64 = 24;
/// Their length.
pub(crate) const START_BYTES: u64 = ENTRY_OFFSET + WORD_BYTES;

/// Number of the register `mstatus` among the control and status registers.
const MSTATUS: u32 = 0x300;

const SP: u8 = 2;
const T0: u8 = 5;

/// The bytes at [`START`]: they set `sp` to the end of memory and jump to `entry`, whose address is
/// in `t0` then. All other registers stay zero.
pub(crate) fn start_code(entry: u64) -> [u8; START_BYTES as usize] {
    const AUIPC_OFFSET: u64 = 8;
    const _: () = assert!(MEMORY_END.is_power_of_two());
    let instructions = [
        i(Operation::Addi, SP, 0, 1),
        i(Operation::Slli, SP, SP, i64::from(MEMORY_END.trailing_zeros())),
        Instruction { operation: Operation::Auipc, rd: T0, rs1: 0, rs2: 0, imm: 0 },
        i(Operation::Ld, T0, T0, (ENTRY_OFFSET - AUIPC_OFFSET) as i64),
        i(Operation::Jalr, 0, T0, 0),
    ];
    let mut bytes = [0; START_BYTES as usize];
    for (place, instruction) in bytes.chunks_exact_mut(4).zip(instructions) {
        place.copy_from_slice(&encode(instruction).to_le_bytes());
    }
    bytes[ENTRY_OFFSET as usize..].copy_from_slice(&entry.to_le_bytes());
    bytes
}

/// The instruction `word`, where those on `mstatus` are such, too: they read zero.
pub(crate) fn decode(word: u32) -> Option<Instruction> {
    lvm_isa::decode::decode(word).or_else(|| {
        let funct3 = word >> 12 & 7;
        // 0 and 4 are no instructions on control and status registers.
        let is_csr = word & 0x7f == opcode::SYSTEM && !matches!(funct3, 0 | 4);
        let rd = (word >> 7 & 31) as u8;
        (is_csr && word >> 20 == MSTATUS).then(|| i(Operation::Addi, rd, 0, 0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mstatus_reads_zero_and_unimp_stays_none() {
        let check = |word, expected| assert_eq!(decode(word), expected, "{word:#010x}");
        // csrrci a1, mstatus, 8; csrs mstatus, a0; csrrw x0, mstatus, t0; csrwi, csrsi, csrrc.
        for (word, rd) in [
            (0x3004_75f3, 11),
            (0x3005_2073, 0),
            (0x3002_9073, 0),
            (0x3004_5073, 0),
            (0x3004_6073, 0),
            (0x3005_3673, 12),
        ] {
            check(word, Some(i(Operation::Addi, rd, 0, 0)));
            assert_eq!(lvm_isa::decode::decode(word), None, "the machine has no such instruction");
        }
        // unimp; csrr a0, mepc; funct3 4 on the number 0x300; mret.
        for word in [0xc000_1073, 0x3410_2573, 0x3000_4073, 0x3020_0073] {
            check(word, None);
        }
        let ecall = lvm_isa::decode::ECALL_WORD;
        check(ecall, lvm_isa::decode::decode(ecall));
    }
}
