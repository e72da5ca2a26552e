//! Memory that remembers when each word was last accessed.
//!
//! Invariant: a word that was accessed has a nonzero time and is in `touched` exactly once, with
//! the value it had before the run; the times of a frame's words are kept beside the frame, so a
//! recording costs half as much again as the memory itself.

use lvm_isa::event::{Access, Cell};
use lvm_isa::semantics::WORD_BYTES;

use crate::memory::{Fault, Memory, PAGE_WORDS, Slot};

pub(crate) struct TimedMemory {
    pub(crate) memory: Memory,
    /// Time of the last access by frame and word; 0 for none. Shorter than the list of frames
    /// until their words are accessed.
    times: Vec<[u32; PAGE_WORDS]>,
    /// Address and initial value of accessed words, in order of first access.
    touched: Vec<(u64, u64)>,
}

impl TimedMemory {
    pub(crate) fn new(memory: Memory) -> Self {
        Self { memory, times: Vec::new(), touched: Vec::new() }
    }

    /// Accesses the word that holds the byte at `address`, which must be in memory: how the access
    /// finds it, and where it is kept.
    #[inline(always)]
    pub(crate) fn access(&mut self, address: u64, time: u32) -> Result<(Access, Slot), Fault> {
        let slot = self.memory.slot(address)?;
        if self.times.len() <= slot.frame {
            self.times.resize(slot.frame + 1, [0; PAGE_WORDS]);
        }
        let value = self.memory.get(slot);
        let last = &mut self.times[slot.frame][slot.word];
        let before = Access { value, time: *last };
        if before.time == 0 {
            self.touched.push((address & !(WORD_BYTES - 1), value));
        }
        *last = time;
        Ok((before, slot))
    }

    /// The accessed words, ascending by address.
    pub(crate) fn into_cells(mut self) -> Result<Vec<Cell>, Fault> {
        self.touched.sort_unstable();
        let mut cells = Vec::with_capacity(self.touched.len());
        for (address, initial) in self.touched {
            let slot = self.memory.slot(address)?;
            let time = self.times[slot.frame][slot.word];
            cells.push(Cell {
                address,
                initial,
                last: Access { value: self.memory.get(slot), time },
            });
        }
        Ok(cells)
    }
}
