//! Hash functions.

use ripemd::Digest;

// SHA-256 is precompile 0x02.
pub use lvm_guest_sdk::{keccak256, sha256};

/// RIPEMD-160 of `data` (ISO/IEC 10118-3; precompile 0x03): 12 zero bytes, then the 20 of the
/// digest.
pub fn ripemd160(data: &[u8]) -> [u8; 32] {
    let mut padded = [0; 32];
    padded[12..].copy_from_slice(&ripemd::Ripemd160::digest(data));
    padded
}
