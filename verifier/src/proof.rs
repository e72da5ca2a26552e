//! The proof file.
//!
//! ```text
//! "lvm proof"      9 bytes
//! version          1 byte, 3
//! profile          1 byte
//! key material     32 bytes of commitment, 8 of entry point, log2 of two heights, a byte each
//! exit code        8 bytes
//! public output    4 bytes of length, the bytes
//! tables           1 byte of length; number and log2 of height of each, a byte each
//! STARK proof      what the above says and nothing else
//! ```
//!
//! Numbers are little-endian. The STARK proof has no lengths in it but those of the queries'
//! openings: profile and tables fix all others ([`Plan`]). Field elements are 8 bytes, below the field's
//! order; an element of the challenge field is three of them. So each proof has one spelling, and
//! nothing can be made to look longer than the file is.

use alloc::vec::Vec;
use core::fmt;

use lvm_syscalls::layout::PUBLIC_OUTPUT_MAX;

use crate::decode;
use crate::encode::{self, Count, Section};
use crate::key::KeyMaterial;
use crate::profile::Profile;
use crate::reader::Reader;
use crate::shape::{Shape, ShapeError};
use crate::stark::{self, Plan, StarkError, StarkProof};

/// Bytes that every proof begins with.
pub const MAGIC: &[u8; 9] = b"lvm proof";
/// Version of the format.
pub const VERSION: u8 = 3;
/// Largest proof that is decoded, several times the largest honest one. Decoding takes at most a
/// small multiple of a file's size in memory.
pub const BYTES_MAX: usize = 32 << 20;

/// A proof of one run.
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
    #[error("the proof is cut off")]
    CutOff,
    #[error("the proof has {extra} trailing bytes")]
    Trailing { extra: usize },
    #[error("profile {found} is not known")]
    UnknownProfile { found: u8 },
    #[error("the proof's shape is not one of a run: {0}")]
    Shape(#[from] ShapeError),
    #[error("byte {position} of the proof begins a field element that is not canonical")]
    NotCanonical { position: usize },
}

/// A proof that has no file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    #[error("profile {found} is not known")]
    UnknownProfile { found: u8 },
    #[error("the proof's shape is not one of a run: {0}")]
    Shape(#[from] ShapeError),
    #[error("the proof is not laid out as its shape wants: {0}")]
    Layout(#[from] StarkError),
    #[error("the proof has {found} bytes, more than {BYTES_MAX}")]
    TooLong { found: usize },
}

impl Proof {
    /// The file's bytes.
    ///
    /// # Errors
    /// If the proof isn't laid out as its shape wants, or is larger than [`BYTES_MAX`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, EncodeError> {
        self.check()?;
        let mut bytes = self.statement()?;
        encode::write(&self.stark, &mut bytes);
        if bytes.len() > BYTES_MAX {
            return Err(EncodeError::TooLong { found: bytes.len() });
        }
        Ok(bytes)
    }

    /// The sections of the file with their sizes in bytes, which add up to the file's. They don't
    /// lie in one piece each.
    ///
    /// # Errors
    /// As [`Self::to_bytes`].
    pub fn sections(&self) -> Result<Vec<(Section, usize)>, EncodeError> {
        self.check()?;
        let statement = self.statement()?.len();
        Section::ALL
            .into_iter()
            .map(|section| {
                if section == Section::Statement {
                    return Ok((section, statement));
                }
                let mut count = Count { section, bytes: 0 };
                encode::write(&self.stark, &mut count);
                Ok((section, count.bytes))
            })
            .collect()
    }

    /// The STARK proof has the lengths that profile and tables ask for.
    fn check(&self) -> Result<(), EncodeError> {
        let profile = Profile::from_id(self.profile)
            .ok_or(EncodeError::UnknownProfile { found: self.profile })?;
        let shape = Shape::new(&self.tables, &self.key, &self.public_output)?;
        Ok(stark::check_lengths(&profile.parameters(), &Plan::new(shape.tables()), &self.stark)?)
    }

    /// Everything before the STARK proof.
    fn statement(&self) -> Result<Vec<u8>, EncodeError> {
        let too_long = ShapeError::OutputTooLong { bytes: self.public_output.len() };
        let output_len = u32::try_from(self.public_output.len()).map_err(|_| too_long)?;
        let tables = u8::try_from(self.tables.len())
            .map_err(|_| ShapeError::TooMany { found: self.tables.len() })?;
        let mut bytes = Vec::new();
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&[VERSION, self.profile]);
        bytes.extend_from_slice(&self.key.root);
        bytes.extend_from_slice(&self.key.entry.to_le_bytes());
        bytes.extend_from_slice(&[self.key.log_program, self.key.log_image]);
        bytes.extend_from_slice(&self.exit_code.to_le_bytes());
        bytes.extend_from_slice(&output_len.to_le_bytes());
        bytes.extend_from_slice(&self.public_output);
        bytes.push(tables);
        for &(id, log_height) in &self.tables {
            bytes.extend_from_slice(&[id, log_height]);
        }
        Ok(bytes)
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// If they aren't exactly one proof in its one spelling. That the proof is laid out right
    /// says nothing of what it proves: [`crate::Verifier::verify`] does.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > BYTES_MAX {
            return Err(DecodeError::TooLong { found: bytes.len() });
        }
        if !bytes.starts_with(MAGIC) {
            return Err(DecodeError::Magic);
        }
        let mut reader = Reader::new(bytes);
        reader.slice(MAGIC.len())?;
        let version = reader.byte()?;
        if version != VERSION {
            return Err(DecodeError::Version { found: version });
        }
        let found = reader.byte()?;
        let profile = Profile::from_id(found).ok_or(DecodeError::UnknownProfile { found })?;
        let root = reader.array()?;
        let entry = reader.u64()?;
        let [log_program, log_image] = reader.array()?;
        let key = KeyMaterial { root, entry, log_program, log_image };
        let exit_code = reader.u64()?;
        let public_output = public_output(&mut reader)?;
        let tables = usize::from(reader.byte()?);
        let tables = reader.list(tables, 2, |reader| reader.array().map(<(u8, u8)>::from))?;

        let shape = Shape::new(&tables, &key, public_output)?;
        let stark = decode::read(&mut reader, &profile.parameters(), &Plan::new(shape.tables()))?;
        reader.end()?;
        Ok(Self {
            profile: found,
            key,
            exit_code,
            public_output: public_output.to_vec(),
            tables,
            stark,
        })
    }
}

fn public_output<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
    let length = reader.u32()?;
    if u64::from(length) > PUBLIC_OUTPUT_MAX {
        return Err(
            ShapeError::OutputTooLong { bytes: length.try_into().unwrap_or(usize::MAX) }.into()
        );
    }
    reader.slice(length.try_into().map_err(|_| DecodeError::CutOff)?)
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
