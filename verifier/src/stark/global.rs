//! The challenges of the global buses: drawn from all parts of a run when all their borders are
//! known.

use crate::stark::interactions::AlphaBeta;
use crate::stark::merkle::Digest;
use crate::stark::transcript::Transcript;

/// Separates this hash from every other.
const DOMAIN: &str = "lvm global buses, protocol version 4";

/// The challenges of the global buses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalChallenges {
    /// The hash of all parts' transcripts up to here. Every part absorbs it.
    pub digest: Digest,
    /// The challenges.
    pub challenges: AlphaBeta,
}

impl GlobalChallenges {
    /// The challenges that follow from a digest.
    #[must_use]
    pub fn of(digest: Digest) -> Self {
        Self { digest, challenges: AlphaBeta::draw(&mut Transcript::new(digest)) }
    }
}

/// Collects the transcripts of a run's segments in order, the ledger's, and the run's digest.
/// Each is 32 bytes, and how many segments there are is in the run's digest, so no two runs have the
/// same sequence of bytes.
#[derive(Clone, Debug)]
pub struct Gathering(blake3::Hasher);

impl Default for Gathering {
    fn default() -> Self {
        Self(blake3::Hasher::new_derive_key(DOMAIN))
    }
}

impl Gathering {
    /// Adds the next segment.
    pub fn segment(&mut self, transcript: &Transcript) {
        self.0.update(transcript.state());
    }

    /// Adds the ledger and the run's digest, and draws the challenges.
    #[must_use]
    pub fn finish(mut self, ledger: &Transcript, run: &Digest) -> GlobalChallenges {
        self.0.update(ledger.state());
        self.0.update(run);
        GlobalChallenges::of(*self.0.finalize().as_bytes())
    }
}
