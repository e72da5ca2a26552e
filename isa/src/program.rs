//! A loaded program: its entry point, its instructions and its initial memory.
//!
//! Invariant: `instructions` is sorted by pc and has one entry per decodable, 4-aligned word of
//! executable memory; `words` is sorted by address and has every 8-aligned word that a loaded
//! segment covers, whether or not it is zero, each address once, all in
//! `[MEMORY_START, MEMORY_END)`.
//!
//! Loading from ELF lives in the emulator crate; this type is what both sides of a proof agree on.

use alloc::vec::Vec;

use crate::instruction::Instruction;

/// A program as the machine sees it at its first instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Address of the first instruction; 4-aligned and executable.
    pub entry: u64,
    /// Every decodable word of executable memory as `(pc, instruction)`, ascending.
    pub instructions: Vec<(u64, Instruction)>,
    /// The initial image as `(address, little-endian word)`, 8-aligned, ascending.
    pub words: Vec<(u64, u64)>,
}
