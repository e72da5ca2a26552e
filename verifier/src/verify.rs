//! The verifier.

use alloc::vec::Vec;

use lvm_air::field::Challenge;
use p3_field::PrimeCharacteristicRing;

use crate::error::VerifyError;
use crate::key::VerifyingKey;
use crate::profile::Profile;
use crate::proof::{Head, Proof};
use crate::security::Judge;
use crate::stark::global::GlobalChallenges;
use crate::stark::interactions::Catalogue;
use crate::stark::{self, Begun, StarkProof, Subject};
use crate::transcript;

/// What a caller wants to see proved, besides the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Claim<'a> {
    /// The exit code that the run must have ended with; 0 is success.
    pub exit_code: u64,
    /// The public output that the run must have had; any, if `None`.
    pub public_output: Option<&'a [u8]>,
    /// The weakest profile that is good enough: one of fewer provable bits is refused.
    pub profile: Profile,
}

/// Verifies proofs of one program.
#[derive(Clone, Debug)]
pub struct Verifier {
    key: VerifyingKey,
}

impl Verifier {
    /// A verifier for the program that `key` stands for.
    #[must_use]
    pub const fn new(key: VerifyingKey) -> Self {
        Self { key }
    }

    /// The program's key.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Checks that `proof` proves a run of this program as `claim` wants it, and returns the
    /// run's public output.
    ///
    /// # Errors
    /// If it doesn't.
    pub fn verify<'p>(&self, proof: &'p Proof, claim: &Claim<'_>) -> Result<&'p [u8], VerifyError> {
        let mut verification = self.begin(&proof.head, claim)?;
        for part in &proof.parts {
            verification.part(part)?;
        }
        verification.finish()
    }

    /// Begins to verify a proof whose parts come one at a time: checks what its head says.
    ///
    /// # Errors
    /// If the head isn't that of such a proof.
    pub fn begin<'h>(
        &self,
        head: &'h Head,
        claim: &Claim<'_>,
    ) -> Result<Verification<'h>, VerifyError> {
        // 1. The key and the claim.
        let profile = Profile::from_id(head.profile)
            .ok_or(VerifyError::UnknownProfile { found: head.profile })?;
        let found = head.key.verifying_key();
        if found != self.key {
            return Err(VerifyError::OtherProgram { expected: self.key, found });
        }
        if profile.target_bits() < claim.profile.target_bits() {
            return Err(VerifyError::WeakProfile { expected: claim.profile, found: profile });
        }
        if head.exit_code != claim.exit_code {
            return Err(VerifyError::ExitCode { expected: claim.exit_code, found: head.exit_code });
        }
        if claim.public_output.is_some_and(|expected| expected != head.public_output) {
            return Err(VerifyError::PublicOutput);
        }

        // 2. The statements and shapes, the lengths that they fix, and the security they attain.
        head.check_places()?;
        let mut begun = Vec::with_capacity(head.parts());
        let mut catalogue = Catalogue::default();
        let mut judge = Judge::new(profile);
        for index in 0..head.parts() {
            let (shape, plan) = head.checked_plan(&mut catalogue, index)?;
            let Some(part) = head.part_head(index) else { continue };
            let expected = profile.target_bits();
            judge.check(&plan).map_err(|found| VerifyError::Security { index, expected, found })?;
            // 2 and 3. Each transcript begins with the statement and the border.
            let kind = head.part(index);
            let statement = head.statement(index).unwrap_or_default();
            let seed = transcript::part_seed(profile, &self.key, kind, &statement, &shape);
            begun.push(Begun::new(seed, head.key.root(kind), &part.border));
        }
        // 4. The global challenges.
        let global = head.global(profile, &begun)?;
        Ok(Verification { head, profile, begun, global, next: 0, sum: Challenge::ZERO })
    }
}

/// A proof under verification, part by part. Only [`Verification::finish`] says that the run is
/// proved: parts that verify may be of runs that don't fit together.
#[derive(Clone, Debug)]
pub struct Verification<'h> {
    head: &'h Head,
    profile: Profile,
    begun: Vec<Begun>,
    global: GlobalChallenges,
    /// Index of the part that comes next.
    next: usize,
    /// Sum of the global buses so far.
    sum: Challenge,
}

impl<'h> Verification<'h> {
    /// How many parts came and were found good; the index of the next one.
    #[must_use]
    pub const fn parts(&self) -> usize {
        self.next
    }

    /// Checks the next part: the ledger first, then the segments in order. One that is refused
    /// doesn't count: another may come in its place.
    ///
    /// # Errors
    /// If it doesn't prove what the head says of it, or there is none to come.
    pub fn part(&mut self, proof: &StarkProof) -> Result<(), VerifyError> {
        let global = self.global_total(self.next, proof)?;
        self.sum += global;
        self.next = self.next.saturating_add(1);
        Ok(())
    }

    /// Checks the part with this index alone, to find out which one is wrong. It doesn't count for
    /// [`Self::finish`], and says nothing of whether it fits to the others.
    ///
    /// # Errors
    /// As [`Self::part`].
    pub fn part_at(&self, index: usize, proof: &StarkProof) -> Result<(), VerifyError> {
        self.global_total(index, proof).map(drop)
    }

    /// Checks the part with this index, and returns its total of the global buses.
    fn global_total(&self, index: usize, proof: &StarkProof) -> Result<Challenge, VerifyError> {
        let parts = self.head.parts();
        let none = VerifyError::Parts { expected: parts, found: parts.saturating_add(1) };
        let (Some(begun), Some(part)) = (self.begun.get(index), self.head.part_head(index)) else {
            return Err(none);
        };
        let kind = self.head.part(index);
        let statement = self.head.statement(index).unwrap_or_default();
        let (_, plan) = self.head.plan(index)?;
        let range = usize::try_from(statement.output.start).unwrap_or(usize::MAX)
            ..usize::try_from(statement.output.end).unwrap_or(usize::MAX);
        let subject = Subject {
            plan: &plan,
            statement: &statement,
            output: self.head.public_output.get(range).unwrap_or_default(),
            preprocessed: self.head.key.root(kind),
        };
        let parameters = self.profile.parameters();
        stark::verify(&parameters, &subject, begun, &self.global, &part.border, proof)
            .map_err(|source| VerifyError::Part { index, source })
    }

    /// Checks that all parts came and fit together, and returns the run's public output.
    ///
    /// # Errors
    /// If they didn't.
    pub fn finish(self) -> Result<&'h [u8], VerifyError> {
        let (expected, found) = (self.head.parts(), self.next);
        if expected != found {
            return Err(VerifyError::Parts { expected, found });
        }
        // 11. The parts fit together.
        if self.sum != Challenge::ZERO {
            return Err(VerifyError::Balance);
        }
        Ok(&self.head.public_output)
    }
}
