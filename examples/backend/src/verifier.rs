//! Verifying alone: a key of 32 bytes and proofs, no ELF file, no prover.

use std::error::Error;
use std::fmt::Debug;
use std::ops::Deref;

use lvm_verifier::{Claim, Profile, Proof, Verifier, VerifyError, VerifyingKey};

use crate::codec::{Decode, Encode};

/// The name under which services know the machine.
pub const NAME: &str = "lvm";

/// What a run committed, in the order of its calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicValues(pub Vec<u8>);

impl Deref for PublicValues {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// Verifies proofs of one program.
pub trait ZkvmVerifier: 'static + Send + Sync + Clone + Debug {
    /// Stands for the program.
    type ProgramVk: 'static + Send + Sync + Encode + Decode;
    /// A proof of a run.
    type Proof: 'static + Send + Sync + Encode + Decode;
    /// Why a proof is refused.
    type Error: 'static + Send + Sync + Error;

    /// Verifies a proof that the program ran and succeeded, and returns what it committed.
    ///
    /// # Errors
    /// If it is no such proof.
    #[must_use = "what the run committed has to be compared with what is claimed"]
    fn verify(&self, proof: &Self::Proof) -> Result<PublicValues, Self::Error>;

    /// The key that stands for the program.
    fn program_vk(&self) -> &Self::ProgramVk;

    /// The machine's name.
    fn name(&self) -> &'static str;

    /// The machine's version.
    fn sdk_version(&self) -> &'static str;
}

/// Verifies lvm's proofs of one program, of runs that ended with exit code 0.
#[derive(Clone, Debug)]
pub struct LvmVerifier {
    verifier: Verifier,
    profile: Profile,
}

impl LvmVerifier {
    /// A verifier for the program that `key` stands for. Proofs of a weaker profile than `profile`
    /// are refused, whatever they say of themselves.
    #[must_use]
    pub const fn new(key: VerifyingKey, profile: Profile) -> Self {
        Self { verifier: Verifier::new(key), profile }
    }

    /// Verifies a proof of a run that committed `expected`, and nothing before or after it.
    ///
    /// # Errors
    /// If it is no such proof.
    pub fn verify_output(&self, proof: &Proof, expected: &[u8]) -> Result<(), VerifyError> {
        self.verify_claim(proof, Some(expected)).map(drop)
    }

    fn verify_claim<'p>(
        &self,
        proof: &'p Proof,
        public_output: Option<&[u8]>,
    ) -> Result<&'p [u8], VerifyError> {
        self.verifier.verify(proof, &Claim { exit_code: 0, public_output, profile: self.profile })
    }
}

impl ZkvmVerifier for LvmVerifier {
    type ProgramVk = VerifyingKey;
    type Proof = Proof;
    type Error = VerifyError;

    fn verify(&self, proof: &Proof) -> Result<PublicValues, VerifyError> {
        self.verify_claim(proof, None).map(|output| PublicValues(output.to_vec()))
    }

    fn program_vk(&self) -> &VerifyingKey {
        self.verifier.key()
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn sdk_version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}
