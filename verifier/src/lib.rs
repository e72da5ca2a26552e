//! Verifies lvm proofs.
//!
//! A proof says: the program of this verifying key, run on some private input, ended with this
//! exit code after this public output. [`Verifier::verify`] checks it in these steps, which
//! `docs/protocol.md` tells in full and the prover takes in the same order:
//!
//! 1. The proof's key material hashes to the verifying key ([`key`]).
//! 2. The shape is one that the statement and the key allow ([`shape`]).
//! 3. Profile, key, exit code, public output and shape are absorbed into the transcript
//!    ([`transcript`]), before anything that the prover sends.
//! 4. The multi-table STARK is verified ([`stark`]).
//!
//! Proofs come from strangers: decoding is bounded and refuses every second spelling
//! ([`proof`]), parameters come from an allow-list ([`profile`]) and never from the proof, and
//! the provable security of a shape is computed, not asserted ([`security`]).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod config;
pub mod error;
pub mod key;
pub mod profile;
pub mod proof;
pub mod security;
pub mod shape;
pub mod stark;
pub mod transcript;
mod verify;

pub use crate::error::VerifyError;
pub use crate::key::VerifyingKey;
pub use crate::profile::Profile;
pub use crate::proof::Proof;
pub use crate::verify::{Claim, Verifier};
