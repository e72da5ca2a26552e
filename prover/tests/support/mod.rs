//! What the prover's tests share: recording, filling, checking, proving, verifying.

#![allow(dead_code, reason = "each test file uses its part")]

use lvm_air::check::{Report, check_tables};
use lvm_air::tables::boundary::BoundaryStatement;
use lvm_air::trace::Filled;
use lvm_prover::{Program, Prover};
use lvm_verifier::{Claim, Profile, Proof, Verifier, VerifyError};
use lvm_vm::assemble::Assembler;
use lvm_vm::execute::Options;
use lvm_vm::record::{Recording, record};

/// A program, its prover, and an honest recording of it.
pub(crate) struct Run {
    pub(crate) prover: Prover,
    pub(crate) recording: Recording,
}

impl Run {
    /// Records `program` on `private_input`.
    pub(crate) fn new(program: Program, private_input: &[u8]) -> Self {
        let prover = Prover::new(program).expect("the program's tables are committed");
        let recording =
            record(prover.program().loaded(), private_input, &Options::default(), &mut |_| {})
                .expect("the program runs");
        Self { prover, recording }
    }

    /// Records an assembled program without private input.
    pub(crate) fn assembled(assembler: &Assembler) -> Self {
        Self::new(Program::from(assembler.load()), &[])
    }

    /// Fills the tables from the recording, changed or not.
    pub(crate) fn fill(&self) -> Vec<Filled> {
        self.prover.fill(&self.recording).expect("the tables hold the run")
    }

    /// What the row checker finds wrong with `tables`.
    pub(crate) fn report(&self, tables: &[Filled]) -> Report {
        let execution = &self.recording.execution;
        let program = self.prover.program().loaded().program();
        let statement = BoundaryStatement {
            entry: program.entry,
            exit_code: execution.exit_code,
            output_len: execution.public_output.len() as u64,
        };
        check_tables(program, &statement, &execution.public_output, tables)
    }

    /// [`Self::report`] as text.
    pub(crate) fn faults(&self, tables: &[Filled]) -> String {
        self.report(tables).to_string()
    }

    /// Proves `tables` with the recording's exit code and public output.
    pub(crate) fn prove(&self, tables: &[Filled]) -> Proof {
        let execution = &self.recording.execution;
        self.prover
            .prove_tables(
                Profile::default(),
                tables,
                execution.exit_code,
                execution.public_output.clone(),
            )
            .expect("a proof is made, whatever it is worth")
    }

    /// Verifies `proof` against the recording's exit code.
    pub(crate) fn verify(&self, proof: &Proof) -> Result<Vec<u8>, VerifyError> {
        let claim = Claim { exit_code: self.recording.execution.exit_code, ..Claim::default() };
        Verifier::new(self.prover.verifying_key()).verify(proof, &claim).map(<[u8]>::to_vec)
    }

    /// Requires that the honest run is proved and verified.
    pub(crate) fn expect_accepted(&self) {
        let tables = self.fill();
        let faults = self.faults(&tables);
        assert!(faults.is_empty(), "{faults}");
        self.verify(&self.prove(&tables)).expect("an honest proof verifies");
    }

    /// Requires that a proof of `tables` is refused, and that the row checker says `fault` of
    /// them.
    pub(crate) fn expect_refused(&self, tables: &[Filled], fault: &str) {
        let faults = self.faults(tables);
        assert!(faults.contains(fault), "expected {fault:?} in:\n{faults}");
        let verdict = self.verify(&self.prove(tables));
        assert!(
            matches!(verdict, Err(VerifyError::Stark(_))),
            "the lie ({fault}) is not refused: {verdict:?}"
        );
    }
}
