//! The verifier.

use lvm_air::tables::boundary::BoundaryStatement;

use crate::error::VerifyError;
use crate::key::VerifyingKey;
use crate::profile::Profile;
use crate::proof::Proof;
use crate::security;
use crate::shape::Shape;
use crate::stark::{self, Plan};
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
        // 1. The key.
        let profile = Profile::from_id(proof.profile)
            .ok_or(VerifyError::UnknownProfile { found: proof.profile })?;
        let found = proof.key.verifying_key();
        if found != self.key {
            return Err(VerifyError::OtherProgram { expected: self.key, found });
        }
        if profile.target_bits() < claim.profile.target_bits() {
            return Err(VerifyError::WeakProfile { expected: claim.profile, found: profile });
        }
        if proof.exit_code != claim.exit_code {
            return Err(VerifyError::ExitCode {
                expected: claim.exit_code,
                found: proof.exit_code,
            });
        }
        if claim.public_output.is_some_and(|expected| expected != proof.public_output) {
            return Err(VerifyError::PublicOutput);
        }

        // 2. The shape, the lengths that it fixes, and the security that it attains.
        let shape = Shape::new(&proof.tables, &proof.key, &proof.public_output)?;
        let plan = Plan::new(shape.tables());
        let attained = security::report(&profile.parameters(), &plan).bits();
        if attained < f64::from(profile.target_bits()) {
            return Err(VerifyError::Security { expected: profile.target_bits(), found: attained });
        }

        // 3. The transcript begins with the statement.
        let seed =
            transcript::seed(profile, &self.key, proof.exit_code, &proof.public_output, &shape);

        // 4. The STARK.
        let statement = BoundaryStatement {
            entry: proof.key.entry,
            exit_code: proof.exit_code,
            output_len: proof.public_output.len() as u64,
        };
        stark::verify(
            &profile.parameters(),
            seed,
            &plan,
            &statement,
            &proof.public_output,
            &proof.key.root,
            &proof.stark,
        )?;
        Ok(&proof.public_output)
    }
}
