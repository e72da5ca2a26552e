//! Why a proof is refused.

use crate::key::VerifyingKey;
use crate::profile::Profile;
use crate::shape::ShapeError;
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
    #[error(transparent)]
    Shape(#[from] ShapeError),
    #[error("the proof's shape attains {found:.1} provable bits, the profile wants {expected}")]
    Security { expected: u32, found: f64 },
    #[error("the proof does not verify: {0}")]
    Stark(#[from] StarkError),
}
