//! `copy_words`: copies words of memory from any address to an aligned one.
//!
//! | register | value |
//! | --- | --- |
//! | `a7` | 1024 |
//! | `a0` | address of the destination, a multiple of 8 |
//! | `a1` | address of the source, however aligned |
//! | `a2` | number of words of 8 bytes, 1 to [`WORDS_MAX`] |
//!
//! The host replaces the `8·a2` bytes at `a0` by those at `a1` as they are before the call, so that
//! source and destination may overlap in any way. The run traps when the destination is not a
//! multiple of 8, when the number of words is not one of those, or when a byte lies outside of
//! memory or, at the destination, in an executable segment.
//!
//! It is what `memcpy` and `memmove` do their main part with: a word copied takes one row, less
//! than the load and the store that it takes otherwise.
//!
//! Proved by the table `copy`, one row a word and one to begin with; `ecall` sends it the
//! addresses, the number of words and the time.

/// The number of the call.
pub const NUMBER: u64 = 1024;

/// Most words that one call copies.
pub const WORDS_MAX: u64 = 4096;
