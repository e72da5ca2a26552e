//! Verifies lvm proofs.
//!
//! A proof says: the program of this verifying key, run on some private input, ended with this
//! exit code after this public output. [`Verifier::verify`] checks it in these steps, which
//! `docs/protocol.md` tells in full, with these numbers, and the prover takes in the same order:
//!
//! - Step 1: The proof's key material hashes to the verifying key ([`key`]).
//! - Step 2: The head is one of a run ([`proof`]), its shapes are ones that the key allows ([`shape`]), and
//!   every list in the proof has the length that the shapes fix.
//! - Steps 2 to 4: For each part of the run, its ledger and its segments, a transcript begins with profile,
//!   key, the part's statement and shape ([`transcript`]) and the commitment to its border; from all
//!   of them, the exit code, the number of segments and the public output the challenges of the global
//!   buses follow.
//! - Steps 5 to 10: Each part's multi-table STARK is verified ([`stark`]).
//! - Step 11: The totals of the global buses add up to zero.
//!
//! Proofs come from strangers: decoding is bounded and refuses every second spelling
//! ([`proof`]), parameters come from an allow-list ([`profile`]) and never from the proof, and
//! the provable security of a shape is computed, not asserted ([`security`]).
#![no_std]
#![forbid(unsafe_code)]
// What a proof's bytes decide must neither stop nor surprise the verifier.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used,
    )
)]

extern crate alloc;

pub mod config;
mod decode;
pub mod encode;
pub mod error;
pub mod key;
pub mod profile;
pub mod proof;
mod reader;
pub mod security;
pub mod shape;
pub mod stark;
pub mod transcript;
mod verify;

pub use crate::error::VerifyError;
pub use crate::key::VerifyingKey;
pub use crate::profile::Profile;
pub use crate::proof::{Head, Proof};
pub use crate::verify::{Claim, Verification, Verifier};
