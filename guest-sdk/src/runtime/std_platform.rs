//! The functions that the standard library calls on its platform `zkvm`.
//!
//! Their names and signatures are the library's (`std::sys::pal::zkvm::abi`), where an unsigned
//! 32-bit integer is called a word. `sys_exit` is ours: the guest builder makes `process::exit`
//! call it.

extern crate std;

use core::alloc::{GlobalAlloc, Layout};
use core::ptr;
use core::slice;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::alloc::set_alloc_error_hook;

use lvm_syscalls::halt::halt;
use lvm_syscalls::panic::panic;

use super::pseudo_random;
use super::start::HEAP;
use crate::machine;

/// `std`'s file number of the standard input.
const STDIN: u32 = 0;

/// Makes an allocation that fails end the run as a panic rather than as an undecodable word.
pub(super) fn report_failed_allocations() {
    set_alloc_error_hook(|_| panic(b"out of memory"));
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sys_alloc_aligned(size: usize, align: usize) -> *mut u8 {
    match Layout::from_size_align(size.max(1), align) {
        // SAFETY: the size is not zero.
        Ok(layout) => unsafe { HEAP.alloc(layout) },
        Err(_) => ptr::null_mut(),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sys_alloc_words(words: usize) -> *mut u32 {
    // SAFETY: the contract is the same.
    unsafe { sys_alloc_aligned(words.saturating_mul(4), 4).cast() }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sys_write(_file: u32, text: *const u8, length: usize) {
    // SAFETY: `std` passes a slice's parts. Standard output and standard error are the same place.
    machine::print(unsafe { slice::from_raw_parts(text, length) });
}

/// Standard input is the private input.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_read(file: u32, buffer: *mut u8, length: usize) -> usize {
    static POSITION: AtomicUsize = AtomicUsize::new(0);
    if file != STDIN {
        return 0;
    }
    let rest = &machine::input()[POSITION.load(Ordering::Relaxed)..];
    let length = length.min(rest.len());
    // SAFETY: `std` passes the parts of a buffer of at least `length` bytes, which cannot be in
    // the private input, where no Rust object is.
    unsafe { ptr::copy_nonoverlapping(rest.as_ptr(), buffer, length) };
    POSITION.fetch_add(length, Ordering::Relaxed);
    length
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sys_rand(words: *mut u32, count: usize) {
    for i in 0..count {
        // SAFETY: `std` passes the parts of a slice of `count` words.
        unsafe { words.add(i).write((pseudo_random::next() >> 32) as u32) };
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sys_panic(message: *const u8, length: usize) -> ! {
    // SAFETY: `std` passes a string's parts.
    panic(unsafe { slice::from_raw_parts(message, length) })
}

/// The end of `std::process::exit`.
#[unsafe(no_mangle)]
extern "C" fn sys_exit(code: i32) -> ! {
    #[cfg(feature = "c")]
    super::c::run_exit_handlers();
    halt(u64::from(code.cast_unsigned()))
}

/// No environment variable is set.
#[unsafe(no_mangle)]
extern "C" fn sys_getenv(
    _value: *mut u32,
    _words: usize,
    _name: *const u8,
    _length: usize,
) -> usize {
    usize::MAX
}

/// There are no arguments, not even a program name.
#[unsafe(no_mangle)]
extern "C" fn sys_argc() -> usize {
    0
}

/// Never called, since there are no arguments.
#[unsafe(no_mangle)]
extern "C" fn sys_argv(_value: *mut u32, _words: usize, _index: usize) -> usize {
    0
}
