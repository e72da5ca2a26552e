//! `halt`: end the run.
//!
//! | register | value |
//! | --- | --- |
//! | `a7` | 93 |
//! | `a0` | exit code |
//!
//! The run ends with this instruction. An exit code of zero is success; anything else is a run
//! that failed, and the verifier pins the code, so that a failed run never passes for a
//! successful one. All 64 bits of `a0` are the exit code.
//!
//! Proved by the table `ecall`. The number is Linux' `exit`.

/// The number of the call.
pub const NUMBER: u64 = 93;

/// The exit code of a successful run.
pub const SUCCESS: u64 = 0;

/// Ends the run with `code`.
#[cfg(target_arch = "riscv64")]
#[inline]
pub fn halt(code: u64) -> ! {
    // SAFETY: the host never executes an instruction after this call.
    unsafe {
        core::arch::asm!(
            "ecall",
            in("a7") NUMBER,
            in("a0") code,
            options(nostack, noreturn),
        );
    }
}
