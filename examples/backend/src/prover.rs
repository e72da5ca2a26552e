//! Executing and proving one program, any number of times.

use std::error::Error;
use std::time::{Duration, Instant};

use lvm_prover::error::SetupError;
use lvm_prover::{Program, ProveError, ProveOptions, Prover};
use lvm_verifier::{Proof, VerifyError};
use lvm_vm::elf::{self, Abi};
use lvm_vm::error::{ElfError, ExecuteError};
use lvm_vm::execute::Execution;

use crate::verifier::{LvmVerifier, PublicValues, ZkvmVerifier};

/// What a run is given.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The private input.
    pub stdin: Vec<u8>,
    /// Serialized proofs that the program verifies, where a machine has a way of its own for that.
    /// lvm has none: a program that verifies proofs reads them from its private input.
    pub proofs: Option<Vec<u8>>,
}

impl From<Vec<u8>> for Input {
    fn from(stdin: Vec<u8>) -> Self {
        Self { stdin, proofs: None }
    }
}

/// What executing took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExecutionReport {
    /// Executed instructions.
    pub total_num_cycles: u64,
    /// Wall time.
    pub execution_duration: Duration,
}

/// What proving took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvingReport {
    /// Wall time, from the input to the proof.
    pub proving_time: Duration,
    /// Executed instructions.
    pub total_num_cycles: u64,
    /// Segments of the run.
    pub segments: usize,
}

/// Executes and proves one program.
pub trait ZkvmProver: Sync {
    /// Verifies what this proves.
    type Verifier: ZkvmVerifier;
    /// Why a run isn't proved.
    type Error: 'static + Send + Sync + Error + From<<Self::Verifier as ZkvmVerifier>::Error>;

    /// The verifier.
    fn verifier(&self) -> &Self::Verifier;

    /// Executes the program.
    ///
    /// # Errors
    /// If the run has no result, or says itself that it failed.
    fn execute(&self, input: &Input) -> Result<(PublicValues, ExecutionReport), Self::Error>;

    /// Executes the program and proves the run.
    ///
    /// # Errors
    /// As [`Self::execute`], or if the run can't be proved.
    fn prove(
        &self,
        input: &Input,
    ) -> Result<(PublicValues, ProofOf<Self>, ProvingReport), Self::Error>;

    /// Verifies a proof of the program, and returns what the run committed.
    ///
    /// # Errors
    /// If it is none.
    #[must_use = "what the run committed has to be compared with what is claimed"]
    fn verify(&self, proof: &ProofOf<Self>) -> Result<PublicValues, Self::Error> {
        Ok(self.verifier().verify(proof)?)
    }

    /// The key that stands for the program.
    fn program_vk(&self) -> &<Self::Verifier as ZkvmVerifier>::ProgramVk {
        self.verifier().program_vk()
    }

    /// The machine's name.
    fn name(&self) -> &'static str {
        self.verifier().name()
    }

    /// The machine's version.
    fn sdk_version(&self) -> &'static str {
        self.verifier().sdk_version()
    }
}

/// The proofs of a prover.
pub type ProofOf<P> = <<P as ZkvmProver>::Verifier as ZkvmVerifier>::Proof;

/// Why lvm has no result.
#[derive(Debug, thiserror::Error)]
pub enum LvmError {
    #[error("the ELF file is no program")]
    Load(#[from] ElfError),
    #[error("the program can't be set up for proving")]
    Setup(#[from] SetupError),
    #[error("proofs can't be given beside the private input")]
    ProofsGiven,
    #[error("the run has no result")]
    Execute(#[from] ExecuteError),
    /// The guest panicked, or ended with another exit code than 0. It could be proved that it did;
    /// a service wants to hear of it at once.
    #[error("the guest ended with exit code {exit_code}: {}", panic_message.as_deref().unwrap_or("no message"))]
    GuestFailed { exit_code: u64, panic_message: Option<String> },
    #[error("the run can't be proved")]
    Prove(#[source] ProveError),
    #[error("the proof is refused")]
    Verify(#[from] VerifyError),
}

impl From<ProveError> for LvmError {
    fn from(error: ProveError) -> Self {
        match error {
            ProveError::Execute(error) => Self::Execute(error),
            error => Self::Prove(error),
        }
    }
}

/// lvm, with one program.
pub struct LvmProver {
    pub(crate) prover: Prover,
    verifier: LvmVerifier,
    pub(crate) options: ProveOptions,
}

impl LvmProver {
    /// Loads and commits to a program. This is done once; it takes a fraction of a second.
    ///
    /// `options` hold for every run. Where several proofs are made side by side, their memory limits
    /// should add up to what there is: each prover that has none takes what is free when it begins.
    ///
    /// # Errors
    /// If the ELF file isn't a program that can be proved.
    pub fn new(elf: &[u8], abi: Abi, options: ProveOptions) -> Result<Self, LvmError> {
        let prover = Prover::new(Program::from(elf::load_for(abi, elf)?))?;
        let verifier = LvmVerifier::new(prover.verifying_key(), options.profile);
        Ok(Self { prover, verifier, options })
    }
}

/// The private input, if there is nothing else.
fn private_input(input: &Input) -> Result<&[u8], LvmError> {
    match input.proofs {
        None => Ok(&input.stdin),
        Some(_) => Err(LvmError::ProofsGiven),
    }
}

/// Whether a run succeeded.
pub(crate) fn succeeded(execution: &Execution) -> Result<(), LvmError> {
    match execution.exit_code {
        0 => Ok(()),
        exit_code => {
            let panic_message = execution.panic_message.clone();
            Err(LvmError::GuestFailed { exit_code, panic_message })
        }
    }
}

impl ZkvmProver for LvmProver {
    type Verifier = LvmVerifier;
    type Error = LvmError;

    fn verifier(&self) -> &LvmVerifier {
        &self.verifier
    }

    fn execute(&self, input: &Input) -> Result<(PublicValues, ExecutionReport), LvmError> {
        let started = Instant::now();
        let program = self.prover.program();
        let ignore = &mut |_: &[u8]| {};
        let execution = program.execute(private_input(input)?, &self.options.execution, ignore)?;
        let execution_duration = started.elapsed();
        succeeded(&execution)?;
        let report = ExecutionReport { total_num_cycles: execution.cycles, execution_duration };
        Ok((PublicValues(execution.public_output), report))
    }

    fn prove(&self, input: &Input) -> Result<(PublicValues, Proof, ProvingReport), LvmError> {
        let started = Instant::now();
        let private_input = private_input(input)?;
        // Surveying takes a small part of the time, and says how the run ends.
        let survey = self.prover.survey(private_input, &self.options, &mut |_| {})?;
        succeeded(&survey.execution)?;
        let verification = self.prover.verification(&survey)?;
        let mut parts = Vec::with_capacity(survey.head.parts());
        self.prover.prove_parts(
            private_input,
            &survey,
            &self.options.execution,
            verification,
            &mut |_| {},
            &mut |_, part| {
                parts.push(part);
                Ok(())
            },
        )?;
        let report = ProvingReport {
            proving_time: started.elapsed(),
            total_num_cycles: survey.execution.cycles,
            segments: survey.cycles.len(),
        };
        let output = PublicValues(survey.execution.public_output);
        Ok((output, Proof { head: survey.head, parts }, report))
    }
}
