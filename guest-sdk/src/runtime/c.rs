//! What C and C++ expect of the system below `main`, beyond what every guest needs.
//!
//! Every function here is weak: a program that brings its own, and a C library that is linked
//! before this one, take its place.
//!
//! The heap of a program with C begins at the linker script's `_heap_end`; what lies between
//! `_heap_start` and `_heap_end` is left to the program, which may bring an allocator for it.

mod allocation;
#[cfg(all(target_arch = "riscv64", target_os = "zkvm"))]
mod atomics;
#[cfg(all(target_arch = "riscv64", target_os = "zkvm"))]
mod cxx;
#[cfg(all(target_arch = "riscv64", target_os = "zkvm"))]
mod exit;

#[cfg(all(target_arch = "riscv64", target_os = "zkvm"))]
pub(super) use exit::run_exit_handlers;

#[cfg(all(target_arch = "riscv64", target_os = "zkvm"))]
use target::{Function, between};

#[cfg(all(target_arch = "riscv64", target_os = "zkvm"))]
mod target {
    use core::slice;

    /// What the linker collects in arrays: constructors and destructors.
    pub(super) type Function = extern "C" fn();

    /// The functions between two symbols of the linker script.
    ///
    /// # Safety
    /// The symbols are start and end of an array of functions.
    pub(super) unsafe fn between(
        start: *const Function,
        end: *const Function,
    ) -> &'static [Function] {
        // SAFETY: by this function's contract.
        unsafe { slice::from_raw_parts(start, end.offset_from_unsigned(start)) }
    }
}

// The linker script looks for this symbol when a program has something that needs this module.
#[cfg(all(target_arch = "riscv64", target_os = "zkvm"))]
core::arch::global_asm!(".globl __lvm_c_runtime", ".set __lvm_c_runtime, 1");

/// What C programs print with, as `lvm.h` declares it.
///
/// # Safety
/// `text` is valid for reads of `length` bytes, or `length` is zero.
#[cfg(all(target_arch = "riscv64", target_os = "zkvm"))]
#[unsafe(no_mangle)]
unsafe extern "C" fn lvm_print(text: *const u8, length: usize) {
    if length > 0 {
        // SAFETY: by this function's contract.
        crate::machine::print(unsafe { core::slice::from_raw_parts(text, length) });
    }
}

/// Sets the thread pointer, from which `errno` and other thread-local variables are found.
///
/// # Safety
/// No code that uses thread-local variables has run.
#[cfg(all(target_arch = "riscv64", target_os = "zkvm"))]
#[inline(always)]
pub(super) unsafe fn set_thread_pointer() {
    // SAFETY: compilers use the register for nothing else.
    unsafe { core::arch::asm!("la tp, __tls_base", options(nomem, nostack, preserves_flags)) };
}

/// Runs the constructors of global objects.
///
/// # Safety
/// They didn't run yet, and the heap has its memory.
#[cfg(all(target_arch = "riscv64", target_os = "zkvm"))]
pub(super) unsafe fn run_constructors() {
    unsafe extern "C" {
        static __preinit_array_start: Function;
        static __preinit_array_end: Function;
        static __init_array_start: Function;
        static __init_array_end: Function;
    }
    // SAFETY: the linker script defines the symbols so.
    let arrays = unsafe {
        [
            between(&raw const __preinit_array_start, &raw const __preinit_array_end),
            between(&raw const __init_array_start, &raw const __init_array_end),
        ]
    };
    arrays.into_iter().flatten().for_each(|constructor| constructor());
}
