//! `keccak_f`: the permutation Keccak-f[1600], in place.
//!
//! | register | value |
//! | --- | --- |
//! | `a7` | 2⁶⁴ − 2 |
//! | `a0` | address of the state, a multiple of 8 |
//!
//! The state is [`STATE_WORDS`] words of 64 bits, little-endian, lane (x, y) at index x + 5·y as
//! in FIPS 202, section 3.1.2. The host replaces it by its image under the 24 rounds of the
//! permutation. The run traps when the address is not a multiple of 8 or a word lies outside of
//! memory.
//!
//! Proved by the tables `keccak` (the rounds) and `keccak_memory` (reading and writing the 25
//! words); `ecall` sends the address and the time.

/// The number of the call.
pub const NUMBER: u64 = u64::MAX - 1;

/// The number of 64-bit words of the state.
pub const STATE_WORDS: usize = 25;

/// Replaces `state` by its image under Keccak-f[1600].
#[cfg(target_arch = "riscv64")]
#[inline]
pub fn keccak_f(state: &mut [u64; STATE_WORDS]) {
    // SAFETY: the call reads and writes the 25 words of an exclusively borrowed, 8-aligned array
    // and changes no register.
    unsafe {
        core::arch::asm!(
            "ecall",
            in("a7") NUMBER,
            in("a0") state.as_mut_ptr(),
            options(nostack, preserves_flags),
        );
    }
}
