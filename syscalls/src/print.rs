//! `print`: show a text to whoever runs the guest.
//!
//! | register | value |
//! | --- | --- |
//! | `a7` | 1 |
//! | `a0` | address of the first byte |
//! | `a1` | number of bytes |
//!
//! The host shows the bytes or drops them, as it likes: the call changes nothing that a proof is
//! about, and a verifier learns nothing of it. For the same reason it never traps: what lies
//! outside of memory, or is more than a MiB, is not shown. The bytes should be UTF-8; what is not,
//! the host shows in its own way.
//!
//! Proved by the table `ecall`, where it is a step that does nothing: the bytes are not read
//! through the memory argument.

/// The number of the call.
pub const NUMBER: u64 = 1;

/// Shows `text` to whoever runs the guest.
#[cfg(target_arch = "riscv64")]
#[inline]
pub fn print(text: &[u8]) {
    // SAFETY: the call reads the bytes of a live slice and writes neither memory nor registers.
    unsafe {
        core::arch::asm!(
            "ecall",
            in("a7") NUMBER,
            in("a0") text.as_ptr(),
            in("a1") text.len(),
            options(nostack, readonly, preserves_flags),
        );
    }
}
