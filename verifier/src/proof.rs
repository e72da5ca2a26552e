//! The proof file.
//!
//! ```text
//! "lvm proof"  9 bytes
//! version      1 byte, 2
//! body         bincode, fixed-width little-endian integers
//! ```
//!
//! There is one spelling of each proof: decoding refuses trailing bytes, field elements that are
//! not canonical, and anything that would be encoded otherwise.

use alloc::vec::Vec;
use core::fmt;

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use serde::{Deserialize, Serialize};

use crate::key::KeyMaterial;
use crate::stark::StarkProof;

/// Bytes that every proof begins with.
pub const MAGIC: &[u8; 9] = b"lvm proof";
/// Version of the format.
pub const VERSION: u8 = 2;
/// Largest proof that is decoded, several times the largest honest one. Decoding takes at most a
/// small multiple of a file's size in memory.
pub const BYTES_MAX: usize = 32 << 20;

/// A proof of one run.
#[derive(Serialize, Deserialize)]
pub struct Proof {
    /// Number of the profile.
    pub profile: u8,
    /// What the verifying key stands for.
    pub key: KeyMaterial,
    /// Exit code of the run.
    pub exit_code: u64,
    /// Public output of the run.
    pub public_output: Vec<u8>,
    /// The tables, as `(number, log2 of height)`.
    pub tables: Vec<(u8, u8)>,
    /// The proof over all tables.
    pub stark: StarkProof,
}

/// Bytes that aren't a proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("not an lvm proof: it does not begin with \"lvm proof\"")]
    Magic,
    #[error("proof format version {found} is not known; this verifier knows version {VERSION}")]
    Version { found: u8 },
    #[error("the proof has {found} bytes, more than {BYTES_MAX}")]
    TooLong { found: usize },
    #[error("the proof is malformed or cut off")]
    Malformed,
    #[error("the proof has {extra} trailing bytes")]
    Trailing { extra: usize },
    #[error("the proof is not in canonical form")]
    NotCanonical,
}

const fn format() -> Configuration<LittleEndian, Fixint, Limit<BYTES_MAX>> {
    bincode::config::legacy().with_limit::<BYTES_MAX>()
}

impl Proof {
    /// The file's bytes.
    ///
    /// # Errors
    /// If the proof is larger than [`BYTES_MAX`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, DecodeError> {
        let body = bincode::serde::encode_to_vec(self, format())
            .map_err(|_| DecodeError::TooLong { found: BYTES_MAX })?;
        let mut bytes = Vec::with_capacity(MAGIC.len() + 1 + body.len());
        bytes.extend_from_slice(MAGIC);
        bytes.push(VERSION);
        bytes.extend_from_slice(&body);
        if bytes.len() > BYTES_MAX {
            return Err(DecodeError::TooLong { found: bytes.len() });
        }
        Ok(bytes)
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// If they aren't exactly one proof in canonical form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > BYTES_MAX {
            return Err(DecodeError::TooLong { found: bytes.len() });
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or(DecodeError::Magic)?;
        let (&version, body) = rest.split_first().ok_or(DecodeError::Malformed)?;
        if version != VERSION {
            return Err(DecodeError::Version { found: version });
        }
        let (proof, used) = bincode::serde::decode_from_slice::<Self, _>(body, format())
            .map_err(|_| DecodeError::Malformed)?;
        if used != body.len() {
            return Err(DecodeError::Trailing { extra: body.len().saturating_sub(used) });
        }
        if proof.to_bytes()? != bytes {
            return Err(DecodeError::NotCanonical);
        }
        Ok(proof)
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proof")
            .field("profile", &self.profile)
            .field("exit_code", &self.exit_code)
            .field("public_output", &self.public_output.len())
            .field("tables", &self.tables)
            .finish_non_exhaustive()
    }
}
