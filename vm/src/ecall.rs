//! The system calls, as far as they are the same whether or not a run is recorded.
//!
//! The contract of each call is in its file of the crate `lvm_syscalls`. Here a call's registers
//! become a [`Call`], and [`Host`] collects what calls hand to the outside. A call that the
//! contract does not define is a trap. Memory that a call changes is the caller's business.

use lvm_isa::semantics::WORD_BYTES;
use lvm_syscalls::layout::{MEMORY_END, MEMORY_START, PUBLIC_OUTPUT_MAX};
use lvm_syscalls::{commit, copy_words, halt, keccak_f, panic, print};

use crate::compute::computes;
use crate::error::Cause;
use crate::memory::{Fault, Memory, check_range};

/// Most bytes that are shown of one print call, so that a run's output stays in proportion to its
/// cycles.
const PRINT_MAX: u64 = 1 << 20;
/// Most bytes of a panic message that are kept.
const PANIC_MESSAGE_MAX: u64 = 1 << 16;

/// Bytes of a keccak-f state.
const STATE_BYTES: u64 = keccak_f::STATE_WORDS as u64 * WORD_BYTES;

/// A system call with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Commit {
        pointer: u64,
        length: u64,
    },
    Halt {
        code: u64,
    },
    Print {
        pointer: u64,
        length: u64,
    },
    Panic {
        pointer: u64,
        length: u64,
    },
    CopyWords {
        destination: u64,
        source: u64,
        words: u64,
    },
    KeccakF {
        pointer: u64,
    },
    /// One of the calls that compute, with a0 to a2.
    Compute {
        number: u64,
        pointers: [u64; 3],
    },
}

impl Call {
    pub(crate) fn from_registers(a7: u64, a0: u64, a1: u64, a2: u64) -> Result<Self, Cause> {
        Ok(match a7 {
            commit::NUMBER if a0 == commit::PUBLIC_OUTPUT => {
                Self::Commit { pointer: a1, length: a2 }
            }
            commit::NUMBER => return Err(Cause::CommitTarget { target: a0 }),
            halt::NUMBER => Self::Halt { code: a0 },
            print::NUMBER => Self::Print { pointer: a0, length: a1 },
            panic::NUMBER => Self::Panic { pointer: a0, length: a1 },
            copy_words::NUMBER if !a0.is_multiple_of(WORD_BYTES) => {
                return Err(Cause::CopyMisaligned { destination: a0 });
            }
            copy_words::NUMBER if !(1..=copy_words::WORDS_MAX).contains(&a2) => {
                return Err(Cause::CopyLength { words: a2 });
            }
            copy_words::NUMBER => Self::CopyWords { destination: a0, source: a1, words: a2 },
            keccak_f::NUMBER if a0.is_multiple_of(WORD_BYTES) => Self::KeccakF { pointer: a0 },
            keccak_f::NUMBER => return Err(Cause::KeccakMisaligned { pointer: a0 }),
            number if computes(number) => Self::Compute { number, pointers: [a0, a1, a2] },
            number => return Err(Cause::UnknownCall { number }),
        })
    }
}

/// What a run has handed to the outside so far.
pub(crate) struct Host<'a> {
    pub(crate) public_output: Vec<u8>,
    pub(crate) panic_message: Option<String>,
    print: &'a mut dyn FnMut(&[u8]),
    scratch: Vec<u8>,
}

impl<'a> Host<'a> {
    pub(crate) fn new(print: &'a mut dyn FnMut(&[u8])) -> Self {
        Self { public_output: Vec::new(), panic_message: None, print, scratch: Vec::new() }
    }

    pub(crate) fn commit(
        &mut self,
        memory: &Memory,
        pointer: u64,
        length: u64,
    ) -> Result<(), Fault> {
        if length == 0 {
            // The address may be the end of memory, or any below, but no number that is none.
            return match pointer {
                ..=MEMORY_END => Ok(()),
                _ => Err(Cause::OutsideMemory { address: pointer, width: 0 }.into()),
            };
        }
        if length > PUBLIC_OUTPUT_MAX - self.public_output.len() as u64 {
            return Err(Cause::CommitTooLong { length }.into());
        }
        memory.read_bytes(pointer, length, &mut self.public_output)
    }

    /// Shows the text, as far as it can be read and is not too long.
    pub(crate) fn print(&mut self, memory: &Memory, pointer: u64, length: u64) {
        self.read_text(memory, pointer, length.min(PRINT_MAX));
        if !self.scratch.is_empty() {
            (self.print)(&self.scratch);
        }
    }

    /// Keeps the message, as far as it can be read and is not too long.
    pub(crate) fn panic(&mut self, memory: &Memory, pointer: u64, length: u64) {
        self.read_text(memory, pointer, length.min(PANIC_MESSAGE_MAX));
        self.panic_message = Some(String::from_utf8_lossy(&self.scratch).into_owned());
    }

    /// Puts into `scratch` what can be read of the bytes. Texts are no part of what is proved, so
    /// that a bad pointer is no trap, which a proof would have to exclude.
    fn read_text(&mut self, memory: &Memory, pointer: u64, length: u64) {
        self.scratch.clear();
        if (MEMORY_START..MEMORY_END).contains(&pointer) {
            let readable = length.min(MEMORY_END - pointer);
            if memory.read_bytes(pointer, readable, &mut self.scratch).is_err() {
                self.scratch.clear();
            }
        }
    }
}

/// Checks that words can be copied: `words` of them, which is no more than a call may copy.
pub(crate) fn check_copy(
    memory: &Memory,
    destination: u64,
    source: u64,
    words: u64,
) -> Result<(), Fault> {
    let bytes = WORD_BYTES * words;
    check_range(source, bytes, bytes)?;
    memory.check_store(destination, bytes, bytes)
}

/// Checks that the state at `pointer` can be read and written.
pub(crate) fn check_keccak_state(memory: &Memory, pointer: u64) -> Result<(), Fault> {
    memory.check_store(pointer, STATE_BYTES, STATE_BYTES)
}
