//! The backend that a service calls with its own inputs, and asks how long things took.

use std::error::Error;
use std::time::{Duration, Instant};

use lvm_prover::ProveOptions;
use lvm_verifier::Proof;
use lvm_verifier::proof::EncodeError;
use lvm_vm::elf::Abi;

use crate::codec::Encode;
use crate::input::InputCodec;
use crate::prover::{Input, LvmError, LvmProver, ZkvmProver};
use crate::verifier::{NAME, PublicValues};

/// What kind of proof a service asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProofFormat {
    /// The machine's own proof.
    #[default]
    Compressed,
    /// A proof by pairings, for contracts.
    Groth16,
}

/// A proof on its way out of the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofBytes {
    /// Who made it.
    pub prover_type: &'static str,
    /// The proof file's bytes.
    pub proof: Vec<u8>,
}

/// A proof, with what the run committed.
#[derive(Clone, Debug)]
pub struct ProofOutput {
    /// The proof.
    pub proof: Proof,
    /// What the run committed, as whoever proved it says.
    pub public_values: PublicValues,
}

/// Why a backend has no result.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    #[error("the input can't be serialized")]
    Serialization(#[source] Box<dyn Error + Send + Sync>),
    #[error("execution failed")]
    Execution(#[source] LvmError),
    #[error("proving failed")]
    Proving(#[source] LvmError),
    #[error("verification failed")]
    Verification(#[source] LvmError),
    #[error("there are no proofs of the format {0:?}")]
    Format(ProofFormat),
    #[error("the proof has no bytes")]
    Encoding(#[from] EncodeError),
}

/// Proves one program with inputs of one type.
pub trait ProverBackend {
    /// A proof and what the backend keeps with it.
    type ProofOutput;
    /// The input as the machine takes it.
    type SerializedInput;
    /// The input as the service has it.
    type ProgramInput: ?Sized;

    /// Who makes the proofs.
    fn prover_type(&self) -> &'static str;

    /// Brings the input into the machine's form.
    ///
    /// # Errors
    /// If it has none.
    fn serialize_input(
        &self,
        input: &Self::ProgramInput,
    ) -> Result<Self::SerializedInput, BackendError>;

    /// The same, and how long it took.
    ///
    /// # Errors
    /// As [`Self::serialize_input`].
    fn serialize_input_timed(
        &self,
        input: &Self::ProgramInput,
    ) -> Result<(Self::SerializedInput, Duration), BackendError> {
        timed(|| self.serialize_input(input))
    }

    /// Executes the program without proving.
    ///
    /// # Errors
    /// If the run has no result, or says itself that it failed.
    fn execute(&self, input: &Self::ProgramInput) -> Result<(), BackendError>;

    /// Executes the program and proves the run.
    ///
    /// # Errors
    /// As [`Self::execute`], or if the run can't be proved in this format.
    fn prove(
        &self,
        input: &Self::ProgramInput,
        format: ProofFormat,
    ) -> Result<Self::ProofOutput, BackendError>;

    /// Verifies a proof, and that the run committed what the output says.
    ///
    /// # Errors
    /// If it isn't so.
    fn verify(&self, proof: &Self::ProofOutput) -> Result<(), BackendError>;

    /// The proof as bytes.
    ///
    /// # Errors
    /// If there are none in this format.
    fn to_proof_bytes(
        &self,
        proof: Self::ProofOutput,
        format: ProofFormat,
    ) -> Result<ProofBytes, BackendError>;

    /// [`Self::execute`], and how long it took: without serializing, where the backend can tell.
    ///
    /// # Errors
    /// As there.
    fn execute_timed(&self, input: &Self::ProgramInput) -> Result<Duration, BackendError> {
        timed(|| self.execute(input)).map(|((), duration)| duration)
    }

    /// [`Self::prove`], and how long it took: without serializing, where the backend can tell.
    ///
    /// # Errors
    /// As there.
    fn prove_timed(
        &self,
        input: &Self::ProgramInput,
        format: ProofFormat,
    ) -> Result<(Self::ProofOutput, Duration), BackendError> {
        timed(|| self.prove(input, format))
    }
}

fn timed<T, E>(action: impl FnOnce() -> Result<T, E>) -> Result<(T, Duration), E> {
    let started = Instant::now();
    action().map(|result| (result, started.elapsed()))
}

/// The backend.
pub struct LvmBackend<C> {
    prover: LvmProver,
    codec: C,
}

impl<C: InputCodec> LvmBackend<C> {
    /// A backend for a program whose inputs `codec` encodes.
    ///
    /// # Errors
    /// If the ELF file isn't a program that can be proved.
    pub fn new(elf: &[u8], abi: Abi, codec: C, options: ProveOptions) -> Result<Self, LvmError> {
        Ok(Self { prover: LvmProver::new(elf, abi, options)?, codec })
    }

    /// What proves.
    #[must_use]
    pub const fn prover(&self) -> &LvmProver {
        &self.prover
    }
}

impl<C: InputCodec> ProverBackend for LvmBackend<C> {
    type ProofOutput = ProofOutput;
    type SerializedInput = Input;
    type ProgramInput = C::Input;

    fn prover_type(&self) -> &'static str {
        NAME
    }

    fn serialize_input(&self, input: &C::Input) -> Result<Input, BackendError> {
        let bytes = self.codec.encode(input);
        bytes.map(Input::from).map_err(|error| BackendError::Serialization(error.into()))
    }

    fn execute(&self, input: &C::Input) -> Result<(), BackendError> {
        self.execute_timed(input).map(drop)
    }

    fn prove(&self, input: &C::Input, format: ProofFormat) -> Result<ProofOutput, BackendError> {
        self.prove_timed(input, format).map(|(proof, _)| proof)
    }

    fn verify(&self, output: &ProofOutput) -> Result<(), BackendError> {
        self.prover
            .verifier()
            .verify_output(&output.proof, &output.public_values)
            .map_err(|error| BackendError::Verification(error.into()))
    }

    fn to_proof_bytes(
        &self,
        output: ProofOutput,
        format: ProofFormat,
    ) -> Result<ProofBytes, BackendError> {
        check_format(format)?;
        Ok(ProofBytes { prover_type: NAME, proof: output.proof.encode_to_vec()? })
    }

    fn execute_timed(&self, input: &C::Input) -> Result<Duration, BackendError> {
        let input = self.serialize_input(input)?;
        let (_, report) = self.prover.execute(&input).map_err(BackendError::Execution)?;
        Ok(report.execution_duration)
    }

    fn prove_timed(
        &self,
        input: &C::Input,
        format: ProofFormat,
    ) -> Result<(ProofOutput, Duration), BackendError> {
        check_format(format)?;
        let input = self.serialize_input(input)?;
        let (public_values, proof, report) =
            self.prover.prove(&input).map_err(BackendError::Proving)?;
        Ok((ProofOutput { proof, public_values }, report.proving_time))
    }
}

/// Proofs by pairings would be made of lvm's by another program, which there isn't.
fn check_format(format: ProofFormat) -> Result<(), BackendError> {
    match format {
        ProofFormat::Compressed => Ok(()),
        ProofFormat::Groth16 => Err(BackendError::Format(format)),
    }
}
