//! `sha256`: the compression function of SHA-256, in place.
//!
//! | register | value |
//! | --- | --- |
//! | `a7` | 1064 |
//! | `a0` | address of the state, a multiple of 8 |
//! | `a1` | address of the block, a multiple of 8 |
//!
//! The state is the eight 32-bit words H0 to H7, each little-endian in memory, that is as an array
//! of `u32`. The block is the message's 64 bytes as they are. The host replaces the state by that
//! after the block (FIPS 180-4, section 6.2.2). State and block may overlap; both are read
//! before the state is written. The run traps when an address is not a multiple of 8, and when a
//! word lies outside of memory or, of the state, in an executable segment.

/// The number of the call.
pub const NUMBER: u64 = 1064;

/// 64-bit words of memory of a state.
pub const STATE_WORDS: usize = 4;
/// 64-bit words of memory of a block.
pub const BLOCK_WORDS: usize = 8;

/// A state at an address that is a multiple of 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(8))]
pub struct State(pub [u32; 8]);

/// A block at an address that is a multiple of 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(8))]
pub struct Block(pub [u8; 64]);

impl Block {
    /// The block that lies at `bytes`; `None` if their address is not a multiple of 8.
    #[inline(always)]
    #[must_use]
    pub fn at(bytes: &[u8; 64]) -> Option<&Self> {
        let block = core::ptr::from_ref(bytes).cast::<Self>();
        // SAFETY: the pointer is aligned, and a block is an array of 64 bytes and nothing else, so
        // that the reference to them may be one to it.
        block.is_aligned().then(|| unsafe { &*block })
    }
}

/// Replaces `state` by that after `block`.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn compress(state: &mut State, block: &Block) {
    // SAFETY: the call reads both references and writes the exclusive one; it changes no register.
    unsafe {
        core::arch::asm!(
            "ecall",
            in("a7") NUMBER,
            in("a0") state,
            in("a1") block,
            options(nostack, preserves_flags),
        );
    }
}
