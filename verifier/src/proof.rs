//! The proof file.
//!
//! ```text
//! "lvm proof"  9 bytes
//! version      1 byte, 1
//! body         bincode, fixed-width little-endian integers
//! ```
//!
//! There is one spelling of each proof: decoding refuses trailing bytes, field elements that are
//! not canonical, and anything that would be encoded otherwise.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use lvm_air::table::Table;
use p3_batch_stark::config::PcsProof;
use p3_batch_stark::{BatchCommitments, BatchOpenedValues};
use p3_lookup::LookupTerminal;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::config::{Challenge, Commitment, Config, StarkProof, Val};
use crate::key::KeyMaterial;

/// Bytes that every proof begins with.
pub const MAGIC: &[u8; 9] = b"lvm proof";
/// Version of the format.
pub const VERSION: u8 = 1;
/// Largest proof that is decoded, several times the largest honest one. Decoding takes at most a
/// small multiple of a file's size in memory.
pub const BYTES_MAX: usize = 32 << 20;

/// A proof of one run.
#[derive(Serialize)]
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
        let (wire, used) = bincode::serde::decode_from_slice::<Wire, _>(body, format())
            .map_err(|_| DecodeError::Malformed)?;
        let proof = Self::from(wire);
        if used != body.len() {
            return Err(DecodeError::Trailing { extra: body.len().saturating_sub(used) });
        }
        if proof.to_bytes()? != bytes {
            return Err(DecodeError::NotCanonical);
        }
        Ok(proof)
    }
}

/// What is decoded: a [`Proof`] with limits on the lists whose elements take far less room in a
/// file than in memory.
#[derive(Deserialize)]
struct Wire {
    profile: u8,
    key: KeyMaterial,
    exit_code: u64,
    public_output: Vec<u8>,
    tables: OnePerTable<(u8, u8)>,
    stark: StarkWire,
}

/// The fields of a [`StarkProof`], in its order.
#[derive(Deserialize)]
struct StarkWire {
    commitments: BatchCommitments<Commitment>,
    opened_values: BatchOpenedValues<Challenge>,
    opening_proof: PcsProof<Config>,
    lookup_terminals: OnePerTable<Option<LookupTerminal<Challenge>>>,
    degree_bits: OnePerTable<usize>,
    lookup_pow_witness: Option<Val>,
    ood_pow_witness: Val,
}

impl From<Wire> for Proof {
    fn from(wire: Wire) -> Self {
        let stark = wire.stark;
        Self {
            profile: wire.profile,
            key: wire.key,
            exit_code: wire.exit_code,
            public_output: wire.public_output,
            tables: wire.tables.0,
            stark: StarkProof {
                commitments: stark.commitments,
                opened_values: stark.opened_values,
                opening_proof: stark.opening_proof,
                lookup_terminals: stark.lookup_terminals.0,
                degree_bits: stark.degree_bits.0,
                lookup_pow_witness: stark.lookup_pow_witness,
                ood_pow_witness: stark.ood_pow_witness,
            },
        }
    }
}

/// A list with at most one element for each table.
struct OnePerTable<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OnePerTable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {} elements", Table::ALL.len())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<T>, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = sequence.next_element()? {
                    if elements.len() == Table::ALL.len() {
                        return Err(A::Error::custom("more elements than tables"));
                    }
                    elements.push(element);
                }
                Ok(elements)
            }
        }

        deserializer.deserialize_seq(Elements(PhantomData)).map(Self)
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
