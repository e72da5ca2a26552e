//! The verifying key: 32 bytes that stand for one program.

use core::fmt;
use core::str::FromStr;

use lvm_air::table::Part;

use crate::stark::merkle::Digest;

/// Separates key hashes from every other use of the hash, and versions of the tables from each
/// other: a change of the tables or of preprocessed columns must change this text.
const DOMAIN: &str = "lvm verifying key, tables version 6";

/// Stands for a program: the hash of what [`KeyMaterial`] holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VerifyingKey([u8; 32]);

/// What a verifier must know of a program; part of every proof and checked against the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMaterial {
    /// Root of the preprocessed columns of a segment.
    pub segment: Digest,
    /// Root of the preprocessed columns of a ledger.
    pub ledger: Digest,
    /// Address of the first instruction.
    pub entry: u64,
    /// Log2 of the height of the table `program`.
    pub log_program: u8,
    /// Log2 of the height of the table `image`.
    pub log_image: u8,
}

impl KeyMaterial {
    /// Root of the preprocessed columns of a part.
    #[must_use]
    pub const fn root(&self, part: Part) -> &Digest {
        match part {
            Part::Ledger => &self.ledger,
            Part::Segment => &self.segment,
        }
    }

    /// The key that stands for this material.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        let mut hasher = blake3::Hasher::new_derive_key(DOMAIN);
        hasher.update(&self.segment);
        hasher.update(&self.ledger);
        hasher.update(&self.entry.to_le_bytes());
        hasher.update(&[self.log_program, self.log_image]);
        VerifyingKey(*hasher.finalize().as_bytes())
    }
}

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

/// Text that isn't a key: 64 digits, `0` to `9` and `a` to `f`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotHex {
    #[error("a verifying key has {DIGITS} hexadecimal digits, this has {found} bytes")]
    Length { found: usize },
    #[error("byte {position} of the verifying key is none of the digits 0 to 9 and a to f")]
    Digit { position: usize },
}

/// Digits of a key.
const DIGITS: usize = 2 * VerifyingKey::BYTES;

impl FromStr for VerifyingKey {
    type Err = NotHex;

    /// Reads what [`Display`](fmt::Display) writes, and no other spelling of it.
    fn from_str(text: &str) -> Result<Self, NotHex> {
        if text.len() != DIGITS {
            return Err(NotHex::Length { found: text.len() });
        }
        let mut key = [0; Self::BYTES];
        let mut digits = text.bytes().enumerate();
        for byte in &mut key {
            for (position, digit) in digits.by_ref().take(2) {
                let value = match digit {
                    b'0'..=b'9' => digit.wrapping_sub(b'0'),
                    b'a'..=b'f' => digit.wrapping_sub(b'a').wrapping_add(10),
                    _ => return Err(NotHex::Digit { position }),
                };
                *byte = (*byte << 4) | value;
            }
        }
        Ok(Self(key))
    }
}
