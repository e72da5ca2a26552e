//! Memory that remembers when each word was last accessed, and in which segment.
//!
//! Invariant: a word that the segment accessed has a nonzero time and is in `touched` exactly once,
//! with the state it had before the segment; a word that the run accessed has the number of the
//! last segment that did, and is in `first` exactly once, with the value it had before the run.
//! What is kept of a frame's words lies beside the frame, so a recording costs three quarters as much
//! again as the memory itself.

use lvm_isa::event::{Access, Touched};
use lvm_isa::segment::{Carried, Cell, SEGMENTS_MAX};
use lvm_isa::semantics::WORD_BYTES;

use crate::memory::{Fault, Memory, PAGE_WORDS, Slot};

const _: () = assert!(SEGMENTS_MAX <= u16::MAX as u32, "a frame keeps segments in 16 bits");

pub(crate) struct TimedMemory {
    pub(crate) memory: Memory,
    /// By frame and word; shorter than the list of frames until their words are accessed.
    frames: Vec<Times>,
    /// Address and state before the segment of accessed words, in order of first access.
    touched: Vec<(u64, Carried)>,
    /// Address and value before the run of words that any segment accessed.
    first: Vec<(u64, u64)>,
}

/// When the words of a frame were accessed last.
#[derive(Clone)]
struct Times {
    /// Time within the segment; 0 for none.
    times: [u32; PAGE_WORDS],
    /// The segment; 0 for none. Of words that the present segment accessed, the one before.
    segments: [u16; PAGE_WORDS],
}

impl TimedMemory {
    pub(crate) fn new(memory: Memory) -> Self {
        Self { memory, frames: Vec::new(), touched: Vec::new(), first: Vec::new() }
    }

    /// Words that the segment accessed so far.
    #[inline(always)]
    pub(crate) fn touched(&self) -> usize {
        self.touched.len()
    }

    /// Accesses the word that holds the byte at `address`, which must be in memory: how the access
    /// finds it, and where it is kept.
    #[inline(always)]
    pub(crate) fn access(&mut self, address: u64, time: u32) -> Result<(Access, Slot), Fault> {
        let slot = self.memory.slot(address)?;
        if self.frames.len() <= slot.frame {
            let none = Times { times: [0; PAGE_WORDS], segments: [0; PAGE_WORDS] };
            self.frames.resize(slot.frame + 1, none);
        }
        let value = self.memory.get(slot);
        let frame = &mut self.frames[slot.frame];
        let last = &mut frame.times[slot.word];
        let before = Access { value, time: *last };
        if before.time == 0 {
            let segment = u32::from(frame.segments[slot.word]);
            let address = address & !(WORD_BYTES - 1);
            self.touched.push((address, Carried { value, segment }));
            if segment == 0 {
                self.first.push((address, value));
            }
        }
        *last = time;
        Ok((before, slot))
    }

    /// Ends the segment: the words that it accessed, ascending by address.
    pub(crate) fn end_segment(&mut self, segment: u32) -> Result<Vec<Touched>, Fault> {
        let mut accessed = core::mem::take(&mut self.touched);
        accessed.sort_unstable_by_key(|&(address, _)| address);
        let mut touched = Vec::with_capacity(accessed.len());
        for (address, first) in accessed {
            let slot = self.memory.slot(address)?;
            let frame = &mut self.frames[slot.frame];
            let time = core::mem::take(&mut frame.times[slot.word]);
            frame.segments[slot.word] = segment as u16;
            let last = Access { value: self.memory.get(slot), time };
            let is_writable = !self.memory.is_executable(address);
            touched.push(Touched { address, is_writable, first, last });
        }
        Ok(touched)
    }

    /// The words that the run accessed, ascending by address. No segment is under way.
    pub(crate) fn into_cells(mut self) -> Result<Vec<Cell>, Fault> {
        self.first.sort_unstable();
        let mut cells = Vec::with_capacity(self.first.len());
        for (address, initial) in self.first {
            let slot = self.memory.slot(address)?;
            let segment = u32::from(self.frames[slot.frame].segments[slot.word]);
            let last = Carried { value: self.memory.get(slot), segment };
            cells.push(Cell { address, initial, last });
        }
        Ok(cells)
    }
}
