//! ECDSA on the curve secp256k1 (SEC 1, section 4.1; SEC 2, section 2.4.1).
//!
//! A signature is r then s, a public key x then y, all of them 32 bytes, big-endian. Signatures
//! with s in the upper half of its range are as good as others: the restriction of EIP-2 is about
//! transactions and is the caller's.

use k256::ecdsa::signature::hazmat::PrehashVerifier;
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};

use crate::Error;

/// Whether `signature` is one of the message with the hash `hash`, under `public_key`.
///
/// A key that is not a point of the curve has no valid signatures, nor are there valid ones with r
/// or s outside of 1 to n − 1.
pub fn verify(hash: &[u8; 32], signature: &[u8; 64], public_key: &[u8; 64]) -> bool {
    let Ok(signature) = Signature::from_slice(signature) else {
        return false;
    };
    let Ok(key) = VerifyingKey::from_sec1_bytes(&uncompressed(public_key)) else {
        return false;
    };
    // The library takes only the lower of the two values of s that are valid together.
    key.verify_prehash(hash, &signature.normalize_s()).is_ok()
}

/// The public key under which `signature` is one of the message with the hash `hash` (SEC 1,
/// section 4.1.6; precompile 0x01, which gives the key's address instead).
///
/// `recovery_id` is the parity of the y coordinate of the signature's point R, whose x coordinate
/// is r itself, as in the precompile.
///
/// # Errors
/// [`Error::NotRecoverable`] when `recovery_id` is more than 1, when r or s is outside of 1 to
/// n − 1, and when no key fits.
pub fn recover(hash: &[u8; 32], signature: &[u8; 64], recovery_id: u8) -> Result<[u8; 64], Error> {
    let is_odd = match recovery_id {
        0 => false,
        1 => true,
        _ => return Err(Error::NotRecoverable),
    };
    let signature = Signature::from_slice(signature).map_err(|_| Error::NotRecoverable)?;
    let id = RecoveryId::new(is_odd, false);
    let key = VerifyingKey::recover_from_prehash(hash, &signature, id)
        .map_err(|_| Error::NotRecoverable)?;
    let encoded = key.to_sec1_point(false);
    encoded.as_bytes().get(1..).and_then(|key| key.try_into().ok()).ok_or(Error::NotRecoverable)
}

/// The encoding with the leading byte that says that both coordinates follow.
fn uncompressed(public_key: &[u8; 64]) -> [u8; 65] {
    let mut bytes = [4; 65];
    bytes[1..].copy_from_slice(public_key);
    bytes
}
