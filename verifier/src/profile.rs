//! The parameter sets that verifiers accept.
//!
//! A proof names a profile by its number; the parameters are here and nowhere else.

use core::fmt;
use core::str::FromStr;

use lvm_air::table::LOG_HEIGHT_MIN;

/// A named set of protocol parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// 128 provable bits.
    #[default]
    Provable128,
    /// 100 provable bits, for smaller proofs where that is enough.
    Provable100,
}

/// Parameters of the low-degree test and of proof-of-work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// FRI queries.
    pub queries: usize,
    /// Log2 of the length at which FRI stops folding.
    pub log_final_len: usize,
    /// Bits of grinding before the challenge that batches the openings.
    pub batch_grinding: usize,
    /// Bits of grinding before the queries.
    pub query_grinding: usize,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 2] = [Self::Provable128, Self::Provable100];

    /// The profile's number in proofs and transcripts.
    #[must_use]
    pub const fn id(self) -> u8 {
        match self {
            Self::Provable128 => 1,
            Self::Provable100 => 2,
        }
    }

    /// The profile with a number, if there is one.
    #[must_use]
    pub fn from_id(id: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.id() == id)
    }

    /// The profile's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provable128 => "provable128",
            Self::Provable100 => "provable100",
        }
    }

    /// The security that the profile is meant to give, in bits; [`crate::security`] computes what
    /// a shape attains, and a verifier refuses a shape that attains less.
    #[must_use]
    pub const fn target_bits(self) -> u32 {
        match self {
            Self::Provable128 => 128,
            Self::Provable100 => 100,
        }
    }

    /// The parameters.
    #[must_use]
    pub const fn parameters(self) -> Parameters {
        match self {
            Self::Provable128 => Parameters {
                queries: 219,
                log_final_len: 4,
                batch_grinding: 16,
                query_grinding: 20,
            },
            Self::Provable100 => {
                Parameters { queries: 162, log_final_len: 4, batch_grinding: 0, query_grinding: 20 }
            }
        }
    }
}

/// Whether FRI folds as far as the smallest table of any proof with these profiles: it can't join
/// the function of a height below the last polynomial's length.
const fn reach_every_height(profiles: &[Profile]) -> bool {
    match profiles {
        [] => true,
        [first, rest @ ..] => {
            first.parameters().log_final_len <= LOG_HEIGHT_MIN && reach_every_height(rest)
        }
    }
}

const _: () = assert!(reach_every_height(&Profile::ALL));

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no profile's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown profile; the profiles are provable128 and provable100")]
pub struct UnknownProfile;

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, UnknownProfile> {
        Self::ALL.into_iter().find(|profile| profile.name() == name).ok_or(UnknownProfile)
    }
}
