//! The private input: what the prover knows and the verifier does not.
//!
//! The input is constant during a run: every call sees it from its first byte.

use alloc::vec::Vec;

use serde::Deserialize;

use crate::machine;

/// The private input, in place.
///
/// # Panics
/// When the host claims a length of more than 512 MiB.
#[inline]
pub fn input() -> &'static [u8] {
    machine::input()
}

/// A copy of the private input.
///
/// # Panics
/// As [`input`] does.
pub fn input_vec() -> Vec<u8> {
    input().to_vec()
}

/// The private input as a value in postcard's format.
///
/// Strings and byte slices of `T` can borrow from the input. Bytes after the value are ignored.
///
/// # Errors
/// When the input is not a `T`.
pub fn read<T: Deserialize<'static>>() -> Result<T, postcard::Error> {
    postcard::from_bytes(input())
}
