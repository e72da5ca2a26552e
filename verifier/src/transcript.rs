//! What the transcript begins with: everything that the verifier knows before the prover speaks.

use crate::key::VerifyingKey;
use crate::profile::Profile;
use crate::shape::Shape;
use crate::stark::merkle::Digest;

/// Separates proofs from every other use of the hash, and versions of the protocol from each
/// other.
const DOMAIN: &str = "lvm proof, protocol version 2";

/// The digest of profile, verifying key, exit code, public output and shape. Every field has a
/// fixed length or its length before it, so no two statements have the same encoding.
#[must_use]
pub fn seed(
    profile: Profile,
    key: &VerifyingKey,
    exit_code: u64,
    public_output: &[u8],
    shape: &Shape,
) -> Digest {
    let mut hasher = blake3::Hasher::new_derive_key(DOMAIN);
    hasher.update(&[profile.id()]);
    hasher.update(key.as_bytes());
    hasher.update(&exit_code.to_le_bytes());
    hasher.update(&(public_output.len() as u64).to_le_bytes());
    hasher.update(public_output);
    hasher.update(&(shape.tables().len() as u64).to_le_bytes());
    for &(table, log_height) in shape.tables() {
        hasher.update(&[table.id()]);
        hasher.update(&(log_height as u64).to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}
