//! The C symbols of the zkVM standards, for libraries that are written against them.
//!
//! `read_input` and `write_output` are the I/O interface, and `abort` is termination. The
//! accelerators are in the crate `lvm-accelerators`.
//! `native_keccak256` is the name that the Ethereum crates of the alloy project call with their
//! feature `native-keccak`.

use core::slice;

use crate::{commit, input, keccak256};

/// Sets `*buffer` and `*length` to the private input.
///
/// # Safety
/// Both pointers are valid for a write.
#[unsafe(no_mangle)]
unsafe extern "C" fn read_input(buffer: *mut *const u8, length: *mut usize) {
    let input = input();
    // SAFETY: by this function's contract.
    unsafe {
        *buffer = input.as_ptr();
        *length = input.len();
    }
}

/// Appends `length` bytes at `data` to the public output.
///
/// # Safety
/// `data` is valid for reads of `length` bytes, or `length` is zero.
#[unsafe(no_mangle)]
unsafe extern "C" fn write_output(data: *const u8, length: usize) {
    // SAFETY: by this function's contract.
    commit(unsafe { bytes(data, length) });
}

/// Writes Keccak-256 of `length` bytes at `data` to `digest`.
///
/// # Safety
/// `data` is valid for reads of `length` bytes, or `length` is zero; `digest` is valid for a write.
#[unsafe(no_mangle)]
unsafe extern "C" fn native_keccak256(data: *const u8, length: usize, digest: *mut [u8; 32]) {
    // SAFETY: by this function's contract.
    unsafe { *digest = keccak256(bytes(data, length)) };
}

/// Ends the run as a panic does.
#[unsafe(no_mangle)]
extern "C" fn abort() -> ! {
    lvm_syscalls::panic::panic(b"abort was called")
}

/// The bytes that a C caller means by a pointer and a length; C allows any pointer with zero.
///
/// # Safety
/// `data` is valid for reads of `length` bytes for as long as the result is used, or `length` is
/// zero.
unsafe fn bytes<'a>(data: *const u8, length: usize) -> &'a [u8] {
    if length == 0 {
        return &[];
    }
    // SAFETY: by this function's contract.
    unsafe { slice::from_raw_parts(data, length) }
}
