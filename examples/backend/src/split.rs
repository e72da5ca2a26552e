//! One proof made by several machines, each with the same program and the same private input.
//!
//! 1. The one that wants the proof surveys the run ([`LvmProver::survey`]) and has a [`Task`] for
//!    each segment after the first.
//! 2. Any machine proves a task ([`LvmProver::prove_task`]) and answers with the part's bytes. It
//!    runs the program up to the end of its segment for that, and records that segment alone.
//! 3. Meanwhile the first machine proves what it keeps to itself: the ledger and the first segment
//!    ([`Surveyed::own_parts`]).
//! 4. [`Surveyed::assemble`] verifies each part as it puts the proof together, so that an answer
//!    that isn't right is noticed, and whose it was.
//!
//! Only tasks and answers travel, as bytes. How they do is the service's business.

use lvm_prover::{Job, ProveError, Survey};
use lvm_verifier::proof::{DecodeError, PREFIX, PartName};
use lvm_verifier::stark::StarkProof;
use lvm_verifier::{Head, Proof};

use crate::prover::{LvmError, LvmProver, succeeded};

/// What a machine needs to prove a segment, besides program and private input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The proof's bytes before its parts. An answer is laid out as they say.
    pub head: Vec<u8>,
    /// The segment, as [`Job::to_bytes`] has it.
    pub job: Vec<u8>,
}

/// Why parts don't make a proof.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    #[error(transparent)]
    Lvm(#[from] LvmError),
    #[error("the task has no job")]
    Job(#[from] lvm_prover::job::JobError),
    #[error("the task has no head")]
    Head(#[source] DecodeError),
    #[error("the part has no bytes")]
    Encode(#[from] lvm_verifier::proof::EncodeError),
    #[error("the answer for {part} is no part of the proof")]
    Answer { part: PartName, source: DecodeError },
    #[error("the answer for {part} is refused")]
    Refused { part: PartName, source: lvm_verifier::VerifyError },
}

/// A run that is ready to be proved by several machines.
pub struct Surveyed<'p> {
    prover: &'p LvmProver,
    survey: Survey,
    private_input: Vec<u8>,
}

/// Parts that a machine proves for itself: the ledger and the first segment.
const OWN_PARTS: usize = 2;

impl LvmProver {
    /// Executes the program, cuts the run into segments and commits to what is between them.
    ///
    /// # Errors
    /// If the run has no result, or says itself that it failed.
    pub fn survey(&self, private_input: Vec<u8>) -> Result<Surveyed<'_>, LvmError> {
        let survey = self.prover.survey(&private_input, &self.options, &mut |_| {})?;
        succeeded(&survey.execution)?;
        Ok(Surveyed { prover: self, survey, private_input })
    }

    /// Proves a segment for another machine, and returns the part's bytes.
    ///
    /// # Errors
    /// If the task isn't one for this program and input.
    pub fn prove_task(&self, private_input: &[u8], task: &Task) -> Result<Vec<u8>, SplitError> {
        let job = Job::from_bytes(&task.job)?;
        let (prefix, rest) = task.head.split_at(task.head.len().min(PREFIX));
        let head = Head::length(prefix).and_then(|_| Head::from_bytes(rest));
        let head = head.map_err(SplitError::Head)?;
        let part = self
            .prover
            .prove_job(private_input, &self.options.execution, &job)
            .map_err(LvmError::from)?;
        Ok(head.part_to_bytes(job.segment as usize, &part)?)
    }
}

impl Surveyed<'_> {
    /// The tasks for other machines, in the order of their segments; none if the run has but one.
    ///
    /// # Errors
    /// If the proof has no bytes.
    pub fn tasks(&self) -> Result<Vec<Task>, SplitError> {
        let head = self.survey.head.to_bytes()?;
        let jobs = self.survey.jobs().skip(OWN_PARTS - 1);
        Ok(jobs.map(|job| Task { head: head.clone(), job: job.to_bytes() }).collect())
    }

    /// Proves the ledger and the first segment.
    ///
    /// # Errors
    /// If they can't be proved.
    pub fn own_parts(&self) -> Result<Vec<StarkProof>, LvmError> {
        let mut parts = Vec::new();
        let prover = &self.prover.prover;
        let all = self.survey.head.parts();
        let proved = prover.prove_parts(
            &self.private_input,
            &self.survey,
            &self.prover.options.execution,
            prover.verification(&self.survey)?,
            &mut |_| {},
            &mut |_, part| {
                parts.push(part);
                let is_enough = parts.len() == OWN_PARTS && all > OWN_PARTS;
                if is_enough { Err("others prove the rest".into()) } else { Ok(()) }
            },
        );
        match proved {
            Err(ProveError::Keep { .. }) | Ok(_) => Ok(parts),
            Err(error) => Err(error.into()),
        }
    }

    /// The proof, of the parts that this machine has proved and the answers to its tasks.
    ///
    /// # Errors
    /// If an answer isn't what was wanted; the error says which.
    pub fn assemble(self, own: Vec<StarkProof>, answers: &[Vec<u8>]) -> Result<Proof, SplitError> {
        let head = &self.survey.head;
        let mut parts = own;
        for answer in answers {
            let index = parts.len();
            let part = read_part(head, index, answer)
                .map_err(|source| SplitError::Answer { part: PartName(index), source })?;
            parts.push(part);
        }
        let mut verification =
            self.prover.prover.verification(&self.survey).map_err(LvmError::from)?;
        for (index, part) in parts.iter().enumerate() {
            verification
                .part(part)
                .map_err(|source| SplitError::Refused { part: PartName(index), source })?;
        }
        verification.finish().map_err(LvmError::from)?;
        Ok(Proof { head: self.survey.head, parts })
    }
}

fn read_part(head: &Head, index: usize, bytes: &[u8]) -> Result<StarkProof, DecodeError> {
    let (prefix, rest) = bytes.split_first_chunk().ok_or(DecodeError::CutOff)?;
    let length = Head::part_length(*prefix)?;
    match rest.len().checked_sub(length) {
        None => Err(DecodeError::CutOff),
        Some(0) => head.part_from_bytes(index, rest),
        Some(extra) => Err(DecodeError::Trailing { extra }),
    }
}
