//! What transcripts begin with: everything that the verifier knows before the prover speaks.
//!
//! Every field that is hashed has a fixed length or its length before it, so no two statements have
//! the same encoding.

use lvm_air::table::Part;
use lvm_isa::segment::{Exit, Statement};

use crate::key::VerifyingKey;
use crate::profile::Profile;
use crate::shape::Shape;
use crate::stark::merkle::Digest;

/// Separates runs from every other use of the hash, and versions of the protocol from each other.
const RUN: &str = "lvm run, protocol version 4";
/// The same for a run's parts.
const PART: &str = "lvm part of a run, protocol version 4";

/// The digest of a run: profile, verifying key, exit code, number of segments, public output.
#[must_use]
pub fn run_seed(
    profile: Profile,
    key: &VerifyingKey,
    exit_code: u64,
    segments: u32,
    public_output: &[u8],
) -> Digest {
    let mut hasher = blake3::Hasher::new_derive_key(RUN);
    hasher.update(&[profile.id()]);
    hasher.update(key.as_bytes());
    hasher.update(&exit_code.to_le_bytes());
    hasher.update(&segments.to_le_bytes());
    hasher.update(&(public_output.len() as u64).to_le_bytes());
    hasher.update(public_output);
    *hasher.finalize().as_bytes()
}

/// The digest of a part of a run, which doesn't know yet how the run ends: profile, verifying key,
/// which part, a segment's statement, and the shape. The bytes that a segment commits are in the
/// run's digest.
#[must_use]
pub fn part_seed(
    profile: Profile,
    key: &VerifyingKey,
    part: Part,
    statement: &Statement,
    shape: &Shape,
) -> Digest {
    let mut hasher = blake3::Hasher::new_derive_key(PART);
    hasher.update(&[profile.id()]);
    hasher.update(key.as_bytes());
    let Statement { segment, entry, exit, output } = statement;
    let (exit_kind, exit) = match exit {
        Exit::Continue(next) => (0, next),
        Exit::Halt(code) => (1, code),
    };
    match part {
        Part::Ledger => hasher.update(&[0]),
        Part::Segment => hasher
            .update(&[1])
            .update(&segment.to_le_bytes())
            .update(&entry.to_le_bytes())
            .update(&[exit_kind])
            .update(&exit.to_le_bytes())
            .update(&output.start.to_le_bytes())
            .update(&output.end.to_le_bytes()),
    };
    hasher.update(&(shape.tables().len() as u64).to_le_bytes());
    for &(table, log_height) in shape.tables() {
        hasher.update(&[table.id()]);
        hasher.update(&(log_height as u64).to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}
