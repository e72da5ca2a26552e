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
use core::fmt;
use core::ops::Range;

use lvm_syscalls::layout::{MEMORY_END, MEMORY_START, PRIVATE_INPUT_END, PRIVATE_INPUT_START};

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

/// A program that breaks the promises of [`Program`]'s fields, on which proofs rely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidProgram {
    /// Instructions must have ascending pcs, multiples of 4 in memory.
    Instruction { pc: u64 },
    /// Words must have ascending addresses, multiples of 8 in memory outside of the private
    /// input's region.
    Word { address: u64 },
}

impl fmt::Display for InvalidProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instruction { pc } => {
                write!(f, "the instruction at {pc:#x} is misaligned, out of order or out of memory")
            }
            Self::Word { address } => write!(
                f,
                "the word at {address:#x} is misaligned, out of order, out of memory or in the \
                 private input's region"
            ),
        }
    }
}

impl core::error::Error for InvalidProgram {}

impl Program {
    /// Checks what the tables rely on: order, alignment and range of instructions and words.
    ///
    /// # Errors
    /// If one is out of place; the loader makes no such program.
    pub fn validate(&self) -> Result<(), InvalidProgram> {
        let memory = MEMORY_START..MEMORY_END;
        let private_input = PRIVATE_INPUT_START..PRIVATE_INPUT_END;
        let mut last = None;
        for &(pc, _) in &self.instructions {
            if last >= Some(pc) || !pc.is_multiple_of(4) || !memory.contains(&pc) {
                return Err(InvalidProgram::Instruction { pc });
            }
            last = Some(pc);
        }
        let mut last = None;
        for &(address, _) in &self.words {
            let in_place = address.is_multiple_of(8)
                && memory.contains(&address)
                && !private_input.contains(&address);
            if last >= Some(address) || !in_place {
                return Err(InvalidProgram::Word { address });
            }
            last = Some(address);
        }
        Ok(())
    }

    /// Position in [`Self::instructions`] of the instruction at `pc`; `None` when `pc` is
    /// misaligned, not executable or its word does not decode.
    pub fn index_of(&self, pc: u64) -> Option<usize> {
        self.instructions.binary_search_by_key(&pc, |&(at, _)| at).ok()
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
