//! `panic`: end the run because the guest panicked.
//!
//! | register | value |
//! | --- | --- |
//! | `a7` | 2 |
//! | `a0` | address of the message's first byte |
//! | `a1` | number of bytes |
//!
//! The run ends with the exit code [`EXIT_CODE`]. The host shows the message, which should be
//! UTF-8, to whoever runs the guest; a message that lies outside of memory is shown as far as it
//! can be read, and the run ends in the same way.
//!
//! Proved by the table `ecall`: to the proof this is a halt with that exit code. The message is
//! not part of the statement.

/// The number of the call.
pub const NUMBER: u64 = 2;

/// The exit code of a run that ended in this call: the one of a panicking Rust process.
pub const EXIT_CODE: u64 = 101;

/// Ends the run with [`EXIT_CODE`] and hands `message` to the host.
#[cfg(target_arch = "riscv64")]
#[inline]
pub fn panic(message: &[u8]) -> ! {
    // SAFETY: the call reads the bytes of a live slice, and the host never executes an
    // instruction after it.
    unsafe {
        core::arch::asm!(
            "ecall",
            in("a7") NUMBER,
            in("a0") message.as_ptr(),
            in("a1") message.len(),
            options(nostack, noreturn),
        );
    }
}
