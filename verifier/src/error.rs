//! Why a proof is refused.

use crate::key::VerifyingKey;
use crate::profile::Profile;
use crate::proof::{HeadError, PartName};
use crate::stark::StarkError;

/// Why a proof is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum VerifyError {
    #[error("profile {found} is not known")]
    UnknownProfile { found: u8 },
    #[error("the proof is of another program: its verifying key is {found}, expected {expected}")]
    OtherProgram { expected: VerifyingKey, found: VerifyingKey },
    #[error(
        "the proof's profile {found} gives {} provable bits, expected {}",
        found.target_bits(),
        expected.target_bits()
    )]
    WeakProfile { expected: Profile, found: Profile },
    #[error("the run ended with exit code {found}, expected {expected}")]
    ExitCode { expected: u64, found: u64 },
    #[error("the proof's public output is not the expected one")]
    PublicOutput,
    #[error("the proof is not one of a run: {0}")]
    Head(#[from] HeadError),
    #[error(
        "the shape of {} attains {found:.1} provable bits, the profile wants {expected}",
        PartName(*index)
    )]
    Security { index: usize, expected: u32, found: f64 },
    #[error("the proof of {} does not verify: {source}", PartName(*index))]
    Part { index: usize, source: StarkError },
    #[error("the proof has {found} parts, the run has {expected}")]
    Parts { expected: usize, found: usize },
    #[error("what segments take from each other and from the ledger is not what they leave")]
    Balance,
}
