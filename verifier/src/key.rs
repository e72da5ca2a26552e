//! The verifying key: 32 bytes that stand for one program.

use core::fmt;
use core::str::FromStr;

use alloc::string::String;
use serde::{Deserialize, Serialize};

use crate::config::Commitment;

/// Separates key hashes from every other use of the hash, and versions of the tables from each
/// other: a change of the tables or of preprocessed columns must change this text.
const DOMAIN: &str = "lvm verifying key, tables version 1";

/// Stands for a program: the hash of what [`KeyMaterial`] holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VerifyingKey([u8; 32]);

/// What a verifier must know of a program; part of every proof and checked against the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyMaterial {
    /// Commitment to the preprocessed columns of all preprocessed tables.
    pub commitment: Commitment,
    /// Address of the first instruction.
    pub entry: u64,
    /// Log2 of the height of the table `program`.
    pub log_program: u8,
    /// Log2 of the height of the table `image`.
    pub log_image: u8,
}

impl KeyMaterial {
    /// The key that stands for this material.
    ///
    /// # Errors
    /// If the commitment isn't a single digest, which no honest prover makes.
    pub fn verifying_key(&self) -> Result<VerifyingKey, NotOneRoot> {
        let [root] = self.commitment.roots() else { return Err(NotOneRoot) };
        let mut hasher = blake3::Hasher::new_derive_key(DOMAIN);
        hasher.update(root);
        hasher.update(&self.entry.to_le_bytes());
        hasher.update(&[self.log_program, self.log_image]);
        Ok(VerifyingKey(*hasher.finalize().as_bytes()))
    }
}

/// A commitment that isn't one digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the commitment to the program is not a single digest")]
pub struct NotOneRoot;

impl VerifyingKey {
    /// Bytes in a key.
    pub const BYTES: usize = 32;

    /// The key made of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads a key from a file's contents.
    ///
    /// # Errors
    /// If there aren't exactly 32 bytes.
    pub fn read(bytes: &[u8]) -> Result<Self, KeyLength> {
        bytes.try_into().map(Self).map_err(|_| KeyLength { found: bytes.len() })
    }

    /// The key's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A verifying key of the wrong length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a verifying key has 32 bytes, this has {found}")]
pub struct KeyLength {
    /// Bytes found.
    pub found: usize,
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({self})")
    }
}

/// Text that isn't a key of 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not 64 hexadecimal digits: {0:?}")]
pub struct NotHex(String);

impl FromStr for VerifyingKey {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        let not_hex = || NotHex(String::from(text));
        // `from_str_radix` alone would take a sign for a digit.
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(not_hex());
        }
        let mut key = [0; 32];
        for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = core::str::from_utf8(digits).map_err(|_| not_hex())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| not_hex())?;
        }
        Ok(Self(key))
    }
}
