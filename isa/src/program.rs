//! A loaded program: its entry point, its instructions and its initial memory.
//!
//! Invariant: `instructions` is sorted by pc and has one entry per decodable, 4-aligned word of
//! executable memory; `words` is sorted by address and has every 8-aligned word that the
//! file data of a loaded segment covers, in whole or in part and whether or not it is zero, each
//! address once, all in `[MEMORY_START, MEMORY_END)`. Memory outside `words` and the private input
//! starts out as zero.
//!
//! Loading from ELF lives in the emulator crate; this type is what both sides of a proof agree on.

use alloc::vec::Vec;
use core::ops::Range;

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
    /// The words that no store may change, as ranges of 8-aligned addresses, ascending and
    /// disjoint: those of which executable segments have a part. All of them are in `words`.
    pub read_only: Vec<Range<u64>>,
}

impl Program {
    /// Position in [`Self::instructions`] of the instruction at `pc`; `None` when `pc` is
    /// misaligned, not executable or its word does not decode.
    pub fn index_of(&self, pc: u64) -> Option<usize> {
        self.instructions
            .binary_search_by_key(&pc, |&(at, _)| at)
            .ok()
    }

    /// Whether no store may change the word at the 8-aligned `address`.
    pub fn is_read_only(&self, address: u64) -> bool {
        let after = self.read_only.partition_point(|range| range.start <= address);
        self.read_only[..after].last().is_some_and(|range| address < range.end)
    }

    /// The initial value of the word at the 8-aligned `address`, as far as the image says: 0 for
    /// words that it does not list (the private input included).
    pub fn initial_word(&self, address: u64) -> u64 {
        match self.words.binary_search_by_key(&address, |&(at, _)| at) {
            Ok(position) => self.words[position].1,
            Err(_) => 0,
        }
    }
}
