//! `commit`: append bytes to the public output.
//!
//! | register | value |
//! | --- | --- |
//! | `a7` | 64 |
//! | `a0` | [`PUBLIC_OUTPUT`] |
//! | `a1` | address of the first byte |
//! | `a2` | number of bytes |
//!
//! The host appends the bytes to the public output, in the order of the calls. The run traps when
//! `a0` is anything else, when a byte lies outside of memory (`a1 + a2` is computed without
//! wrapping), or when the output would become longer than
//! [`PUBLIC_OUTPUT_MAX`](crate::layout::PUBLIC_OUTPUT_MAX). An address needs no alignment; with a
//! length of zero it may be anything up to and including the end of memory.
//!
//! Proved by the table `commit`, one row for each word; `ecall` sends it the range. The number and
//! the meaning of `a0` are Linux' `write` to standard output, so that a guest can also run under a
//! user-mode emulator.

/// The number of the call.
pub const NUMBER: u64 = 64;

/// The only value that the first argument can have: the public output.
pub const PUBLIC_OUTPUT: u64 = 1;

/// Appends `bytes` to the public output.
#[cfg(target_arch = "riscv64")]
#[inline]
pub fn commit(bytes: &[u8]) {
    // SAFETY: the call reads the bytes of a live slice and writes neither memory nor registers.
    unsafe {
        core::arch::asm!(
            "ecall",
            in("a7") NUMBER,
            in("a0") PUBLIC_OUTPUT,
            in("a1") bytes.as_ptr(),
            in("a2") bytes.len(),
            options(nostack, readonly, preserves_flags),
        );
    }
}
