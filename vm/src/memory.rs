//! The guest's memory: 2^35 sparse bytes.
//!
//! Invariant: memory that was never written reads as its initial value, which is zero where
//! neither the program nor the private input put anything; bytes of executable segments never
//! change; at most `frames_max` pages exist at a time, whatever the guest does.
//!
//! Two tables map a page to its frame: one for loads and one for stores. A page that holds
//! executable bytes stays out of the store table, and a page that does not exist yet stays out of
//! it too, so the fast path of a store needs no other check. Everything unusual (misaligned, not
//! mapped, protected, outside of memory) takes the slow path.
//!
//! Times and accesses are not recorded here.

use core::ops::Range;

use lvm_isa::semantics::{WORD_BYTES, crosses_word, extract, store_merge};
use lvm_syscalls::layout::{
    MEMORY_END, MEMORY_START, PRIVATE_INPUT_DATA, PRIVATE_INPUT_MAX, PRIVATE_INPUT_START,
};

use crate::elf::LoadedProgram;
use crate::error::{Cause, ExecuteError};

pub(crate) const PAGE_BYTES: u64 = 4096;
pub(crate) const PAGE_WORDS: usize = (PAGE_BYTES / WORD_BYTES) as usize;
const PAGES: usize = (MEMORY_END / PAGE_BYTES) as usize;

/// The frame of pages that do not exist yet: all zero, and never written.
const ZERO_FRAME: u32 = 0;
/// In the load table, a page outside of memory. No frame has this number.
const NO_FRAME: u32 = u32::MAX;

const _: () =
    assert!(MEMORY_START.is_multiple_of(PAGE_BYTES) && MEMORY_END.is_multiple_of(PAGE_BYTES));
const _: () = assert!(usize::BITS >= 64, "addresses are used as indices");

/// Why an access did not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The machine does not define it.
    Trap(Cause),
    /// The emulator may not use as much memory.
    MemoryLimit,
}

impl From<Cause> for Fault {
    fn from(cause: Cause) -> Self {
        Self::Trap(cause)
    }
}

/// Where a word is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) frame: usize,
    pub(crate) word: usize,
}

/// The memory of one run.
pub(crate) struct Memory {
    /// Frame of each page, for loads: [`ZERO_FRAME`] until the page exists.
    load_table: Vec<u32>,
    /// Frame of each page, for stores on the fast path; [`ZERO_FRAME`] means the slow path.
    store_table: Vec<u32>,
    frames: Vec<[u64; PAGE_WORDS]>,
    frames_max: usize,
    /// The words that executable segments have a part of, ascending.
    executable: Vec<Range<u64>>,
}

impl Memory {
    /// Memory as it is before the first instruction.
    pub(crate) fn new(
        program: &LoadedProgram,
        private_input: &[u8],
        bytes_max: u64,
    ) -> Result<Self, ExecuteError> {
        let length = private_input.len() as u64;
        if length > PRIVATE_INPUT_MAX {
            return Err(ExecuteError::PrivateInputTooLong { length, maximum: PRIVATE_INPUT_MAX });
        }
        let mut load_table = vec![ZERO_FRAME; PAGES];
        load_table[..(MEMORY_START / PAGE_BYTES) as usize].fill(NO_FRAME);
        let mut memory = Self {
            load_table,
            store_table: vec![ZERO_FRAME; PAGES],
            frames: vec![[0; PAGE_WORDS]],
            // Frame numbers stay below NO_FRAME; the zero frame comes on top.
            frames_max: (bytes_max / PAGE_BYTES).min(u64::from(NO_FRAME) - 1) as usize + 1,
            executable: program.program().read_only.clone(),
        };
        memory.fill(program, private_input).map_err(|_| {
            // Program and private input are inside memory, so the limit is all that can be hit.
            ExecuteError::InitialMemoryLimit { maximum: bytes_max }
        })?;
        Ok(memory)
    }

    fn fill(&mut self, program: &LoadedProgram, private_input: &[u8]) -> Result<(), Fault> {
        for &(address, word) in &program.program().words {
            self.set_initial(address, word)?;
        }
        // The length and the first data bytes share a word.
        const LENGTH_BYTES: usize = (PRIVATE_INPUT_DATA - PRIVATE_INPUT_START) as usize;
        let (head, rest) =
            private_input.split_at(private_input.len().min(WORD_BYTES as usize - LENGTH_BYTES));
        let mut first = [0; WORD_BYTES as usize];
        first[..LENGTH_BYTES].copy_from_slice(&(private_input.len() as u32).to_le_bytes());
        first[LENGTH_BYTES..LENGTH_BYTES + head.len()].copy_from_slice(head);
        self.set_initial(PRIVATE_INPUT_START, u64::from_le_bytes(first))?;
        let addresses = (PRIVATE_INPUT_START + WORD_BYTES..).step_by(WORD_BYTES as usize);
        for (address, chunk) in addresses.zip(rest.chunks(WORD_BYTES as usize)) {
            let mut word = [0; WORD_BYTES as usize];
            word[..chunk.len()].copy_from_slice(chunk);
            self.set_initial(address, u64::from_le_bytes(word))?;
        }
        Ok(())
    }

    fn set_initial(&mut self, address: u64, word: u64) -> Result<(), Fault> {
        if word != 0 {
            let slot = self.slot(address)?;
            self.frames[slot.frame][slot.word] = word;
        }
        Ok(())
    }

    /// The word that holds the byte at `address`, or `None` outside of memory.
    #[inline(always)]
    pub(crate) fn word(&self, address: u64) -> Option<u64> {
        let frame = *self.load_table.get((address / PAGE_BYTES) as usize)?;
        Some(self.frames.get(frame as usize)?[word_in_page(address)])
    }

    /// The word that holds the byte at `address`, for a store, if the fast path is open for it.
    #[inline(always)]
    pub(crate) fn word_mut(&mut self, address: u64) -> Option<&mut u64> {
        let frame = *self.store_table.get((address / PAGE_BYTES) as usize)?;
        if frame == ZERO_FRAME {
            return None;
        }
        Some(&mut self.frames.get_mut(frame as usize)?[word_in_page(address)])
    }

    /// The `width` bytes at `address`, however aligned, first byte lowest. Bits above them are
    /// unspecified.
    #[cold]
    #[inline(never)]
    pub(crate) fn load_any(&self, address: u64, width: u64) -> Result<u64, Fault> {
        check_range(address, width, width)?;
        let word = |address| self.word(address).unwrap_or(0);
        let next = if crosses_word(address, width) { word(address + WORD_BYTES) } else { 0 };
        Ok(extract(word(address), next, address))
    }

    /// Stores the low `width` bytes of `value` at `address`, however aligned.
    #[cold]
    #[inline(never)]
    pub(crate) fn store_any(&mut self, address: u64, width: u64, value: u64) -> Result<(), Fault> {
        self.check_store(address, width, width)?;
        let slot = self.slot(address)?;
        let next_slot = match crosses_word(address, width) {
            true => Some(self.slot(address + WORD_BYTES)?),
            false => None,
        };
        let next = next_slot.map_or(0, |slot| self.get(slot));
        let (word, next) = store_merge(self.get(slot), next, address, width, value);
        self.set(slot, word);
        if let Some(next_slot) = next_slot {
            self.set(next_slot, next);
        }
        Ok(())
    }

    /// Checks that `length` bytes at `address` are in memory and not executable. `width` is what
    /// the message calls the access's size.
    pub(crate) fn check_store(&self, address: u64, length: u64, width: u64) -> Result<(), Fault> {
        check_range(address, length, width)?;
        if self.overlaps_executable(address..address + length) {
            return Err(Cause::StoreToExecutable { address, width }.into());
        }
        Ok(())
    }

    /// The place of the word that holds the byte at `address`, which must be in memory. The page
    /// exists afterwards.
    pub(crate) fn slot(&mut self, address: u64) -> Result<Slot, Fault> {
        let page = (address / PAGE_BYTES) as usize;
        let mut frame = self.load_table[page];
        if frame == ZERO_FRAME {
            if self.frames.len() >= self.frames_max {
                return Err(Fault::MemoryLimit);
            }
            frame = self.frames.len() as u32;
            self.frames.push([0; PAGE_WORDS]);
            self.load_table[page] = frame;
            let start = page as u64 * PAGE_BYTES;
            if !self.overlaps_executable(start..start + PAGE_BYTES) {
                self.store_table[page] = frame;
            }
        }
        Ok(Slot { frame: frame as usize, word: word_in_page(address) })
    }

    #[inline(always)]
    pub(crate) fn get(&self, slot: Slot) -> u64 {
        self.frames[slot.frame][slot.word]
    }

    #[inline(always)]
    pub(crate) fn set(&mut self, slot: Slot, value: u64) {
        self.frames[slot.frame][slot.word] = value;
    }

    /// Appends the `length` bytes at `pointer` to `bytes`. The caller bounds `length`.
    pub(crate) fn read_bytes(
        &self,
        pointer: u64,
        length: u64,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        check_range(pointer, length, length)?;
        let mut address = pointer;
        let end = pointer + length;
        while address < end {
            let word = self.word(address).unwrap_or(0).to_le_bytes();
            let start = (address % WORD_BYTES) as usize;
            let stop = (WORD_BYTES as usize).min(start + (end - address) as usize);
            bytes.extend_from_slice(&word[start..stop]);
            address += (stop - start) as u64;
        }
        Ok(())
    }

    /// Copies words from `source` to the aligned `destination`, as if through a buffer. The caller
    /// has checked both ranges and bounds `words`.
    pub(crate) fn copy_words(
        &mut self,
        destination: u64,
        source: u64,
        words: u64,
    ) -> Result<(), Fault> {
        // Words are taken in the order in which none is overwritten before it is read.
        let copy = |memory: &mut Self, at: u64| {
            let address = source + WORD_BYTES * at;
            let word = |address| memory.word(address).unwrap_or(0);
            let crosses = crosses_word(address, WORD_BYTES);
            let next = if crosses { word(address + WORD_BYTES) } else { 0 };
            let value = extract(word(address), next, address);
            let slot = memory.slot(destination + WORD_BYTES * at)?;
            memory.set(slot, value);
            Ok(())
        };
        if destination <= source {
            (0..words).try_for_each(|at| copy(self, at))
        } else {
            (0..words).rev().try_for_each(|at| copy(self, at))
        }
    }

    /// Whether executable segments have a part of the word at the 8-aligned `address`.
    pub(crate) fn is_executable(&self, address: u64) -> bool {
        self.overlaps_executable(address..address + WORD_BYTES)
    }

    fn overlaps_executable(&self, range: Range<u64>) -> bool {
        let after = self.executable.partition_point(|other| other.start < range.end);
        self.executable[..after].last().is_some_and(|other| other.end > range.start)
    }
}

/// Checks that `length` bytes at `address` are in memory; `width` as in [`Memory::check_store`].
pub(crate) fn check_range(address: u64, length: u64, width: u64) -> Result<(), Fault> {
    let inside = (MEMORY_START..=MEMORY_END).contains(&address) && length <= MEMORY_END - address;
    if inside { Ok(()) } else { Err(Cause::OutsideMemory { address, width }.into()) }
}

#[inline(always)]
fn word_in_page(address: u64) -> usize {
    (address / WORD_BYTES) as usize % PAGE_WORDS
}
