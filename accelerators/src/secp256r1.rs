//! ECDSA on the curve P-256 (FIPS 186-5; precompile 0x100, EIP-7951).
//!
//! A signature is r then s, a public key x then y, all of them 32 bytes, big-endian. Signatures
//! with s in the upper half of its range are as good as others.

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};

/// Whether `signature` is one of the message with the hash `hash`, under `public_key`.
///
/// A key that is not a point of the curve has no valid signatures, nor are there valid ones with r
/// or s outside of 1 to n − 1.
pub fn verify(hash: &[u8; 32], signature: &[u8; 64], public_key: &[u8; 64]) -> bool {
    let Ok(signature) = Signature::from_slice(signature) else {
        return false;
    };
    let mut uncompressed = [4; 65];
    uncompressed[1..].copy_from_slice(public_key);
    let Ok(key) = VerifyingKey::from_sec1_bytes(&uncompressed) else {
        return false;
    };
    key.verify_prehash(hash, &signature).is_ok()
}
