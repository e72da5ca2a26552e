//! Sizes that the security accounting needs.

pub use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};

/// Bits of the challenge field's order, rounded down.
pub const CHALLENGE_BITS: usize = 191;
/// Collision resistance of a 32-byte Blake3 digest, in bits.
pub const COLLISION_BITS: usize = 128;
