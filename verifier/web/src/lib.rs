//! The verifier as a WebAssembly module: what `docs/verify` loads.
//!
//! The module imports nothing. A page allocates with [`lvm_allocate`], writes key, claim and proof
//! there, calls [`lvm_verify`] and reads the answer. `docs/verify/verifier.js` is the other side;
//! [`answer`] has the formats. On other targets this is an ordinary library, so that the answers
//! can be tested without a browser.
//!
//! A page takes a new instance of the module for every proof, so memory is never given back.
#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

pub mod answer;

use alloc::boxed::Box;
use alloc::vec;
use core::slice;

#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// A panic, which no input is known to cause, is a trap, which the page reports.
#[cfg(target_family = "wasm")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Bytes of the largest proof that is read: a page has all of the file in its memory, and besides it
/// the head and one part, decoded.
const PROOF_BYTES_MAX: usize = 128 << 20;

/// Bytes of the largest proof that is read.
#[unsafe(no_mangle)]
pub extern "C" fn lvm_proof_bytes_max() -> usize {
    PROOF_BYTES_MAX
}

/// `length` bytes of zeros, for the page to write to. They are never given back.
#[unsafe(no_mangle)]
pub extern "C" fn lvm_allocate(length: usize) -> *mut u8 {
    Box::leak(vec![0; length].into_boxed_slice()).as_mut_ptr()
}

/// Checks a proof against a request, both in memory from [`lvm_allocate`], and returns the
/// address of the answer, which begins with the length of the rest, 4 bytes.
///
/// # Safety
/// Both ranges must be memory that `lvm_allocate` returned, with lengths no larger than what was
/// asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lvm_verify(
    request: *const u8,
    request_length: usize,
    proof: *const u8,
    proof_length: usize,
) -> *const u8 {
    // SAFETY: the caller says that these bytes were allocated, and nothing writes to them.
    let request = unsafe { slice::from_raw_parts(request, request_length) };
    // SAFETY: as above.
    let proof = unsafe { slice::from_raw_parts(proof, proof_length) };
    Box::leak(answer::framed(request, proof).into_boxed_slice()).as_ptr()
}
