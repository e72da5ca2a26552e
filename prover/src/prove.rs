//! Steps 2 to 4: recording, filling, proving.

use std::time::{Duration, Instant};

use lvm_air::tables::boundary::BoundaryStatement;
use lvm_air::trace::{self, Filled, Outcome};
use lvm_verifier::shape::Shape;
use lvm_verifier::stark::Plan;
use lvm_verifier::stark::interactions::Demands;
use lvm_verifier::{Claim, Profile, Proof, Verifier, VerifyError, VerifyingKey, transcript};
use lvm_vm::execute::{Execution, Options};
use lvm_vm::record::{Recording, record};
use p3_matrix::Matrix;
use tracing::info_span;

use crate::error::{ProveError, SetupError};
use crate::memory;
use crate::program::Program;
use crate::setup::Setup;
use crate::stark;

/// What a prover is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The program runs once to see how long it takes.
    Execute,
    /// The program runs again and is recorded.
    Record {
        /// Cycles of the run.
        cycles: u64,
    },
    /// The tables are filled.
    Fill,
    /// The tables are proved.
    Prove {
        /// Tables.
        tables: usize,
        /// Cells in their main columns.
        cells: u64,
    },
    /// The proof is verified.
    Verify,
}

/// How to prove.
#[derive(Clone, Debug, Default)]
pub struct ProveOptions {
    /// Protocol parameters.
    pub profile: Profile,
    /// The emulator's limits.
    pub execution: Options,
    /// Bytes of memory that proving may take; what is free on the machine, if `None`.
    pub memory_limit: Option<u64>,
}

/// How long the phases took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Executing and recording.
    pub record: Duration,
    /// Filling the tables.
    pub fill: Duration,
    /// Committing, LogUp, quotients, openings.
    pub prove: Duration,
    /// Verifying the finished proof.
    pub verify: Duration,
}

impl Timings {
    /// All phases.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.record + self.fill + self.prove + self.verify
    }
}

/// A proof and the run that it proves.
#[derive(Debug)]
pub struct Proved {
    /// The proof.
    pub proof: Proof,
    /// The run.
    pub execution: Execution,
    /// Rows and main columns of each table, without padding columns or extension columns.
    pub tables: Vec<TableSize>,
    /// How long it took.
    pub timings: Timings,
}

/// The size of one table in a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableSize {
    /// The table's name.
    pub name: &'static str,
    /// Rows, padding included.
    pub height: usize,
    /// Committed main columns.
    pub width: usize,
    /// Columns of challenges for interactions.
    pub extension_columns: usize,
}

/// Proves runs of one program. Holds the program's commitment, so one `Prover` serves any number
/// of proofs, one after another or side by side.
pub struct Prover {
    program: Program,
    setup: Setup,
}

impl Prover {
    /// Commits to `program`.
    ///
    /// # Errors
    /// If the program is too large for the tables.
    pub fn new(program: Program) -> Result<Self, SetupError> {
        let setup = info_span!("setup").in_scope(|| Setup::new(program.loaded().program()))?;
        Ok(Self { program, setup })
    }

    /// The program's commitment, for tests of the protocol.
    #[cfg(test)]
    pub(crate) const fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The program.
    #[must_use]
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// The key that stands for the program.
    #[must_use]
    pub const fn verifying_key(&self) -> VerifyingKey {
        self.setup.key
    }

    /// Runs the program on `private_input` and proves the run, whatever its exit code.
    ///
    /// `observe` is told what is being done.
    ///
    /// # Errors
    /// If the run traps or meets a limit, or is too long for the tables or the memory.
    pub fn prove(
        &self,
        private_input: &[u8],
        options: &ProveOptions,
        observe: &mut dyn FnMut(Phase),
    ) -> Result<Proved, ProveError> {
        let mut timings = Timings::default();
        let started = Instant::now();
        let limit = options.memory_limit.unwrap_or_else(memory::available);
        let (cycles, recording) = self.record(private_input, options, limit, observe)?;
        timings.record = started.elapsed();

        observe(Phase::Fill);
        let started = Instant::now();
        let tables = self.fill(&recording)?;
        let execution = recording.execution;
        drop(recording.events);
        timings.fill = started.elapsed();

        let needed = memory::estimate(&tables);
        if needed > limit {
            return Err(ProveError::Memory { cycles, needed, limit });
        }
        observe(Phase::Prove {
            tables: tables.len(),
            cells: tables.iter().map(|t| t.rows.values.len() as u64).sum(),
        });
        let started = Instant::now();
        let sizes = sizes(&tables);
        let proof = self.prove_tables(
            options.profile,
            &tables,
            execution.exit_code,
            execution.public_output.clone(),
        )?;
        timings.prove = started.elapsed();

        observe(Phase::Verify);
        let started = Instant::now();
        let claim = Claim {
            exit_code: execution.exit_code,
            public_output: Some(&execution.public_output),
            profile: options.profile,
        };
        Verifier::new(self.setup.key).verify(&proof, &claim)?;
        timings.verify = started.elapsed();
        Ok(Proved { proof, execution, tables: sizes, timings })
    }

    /// Executes to see the length, refuses what can't fit, then records.
    fn record(
        &self,
        private_input: &[u8],
        options: &ProveOptions,
        limit: u64,
        observe: &mut dyn FnMut(Phase),
    ) -> Result<(u64, Recording), ProveError> {
        let _span = info_span!("record").entered();
        observe(Phase::Execute);
        let run = self.program.execute(private_input, &options.execution, &mut |_| {})?;
        let cycles = run.cycles;
        let per_cycle = memory::RECORDING_BYTES_PER_CYCLE + memory::PROVING_BYTES_PER_CYCLE;
        let needed = cycles.saturating_mul(per_cycle);
        if needed > limit {
            return Err(ProveError::Memory { cycles, needed, limit });
        }
        observe(Phase::Record { cycles });
        let recording =
            record(self.program.loaded(), private_input, &options.execution, &mut |_| {})?;
        Ok((cycles, recording))
    }

    /// Fills the tables from a recording.
    ///
    /// # Errors
    /// If the run doesn't fit the tables.
    pub fn fill(&self, recording: &Recording) -> Result<Vec<Filled>, ProveError> {
        let _span = info_span!("fill").entered();
        let execution = &recording.execution;
        let outcome =
            Outcome { public_output: &execution.public_output, exit_code: execution.exit_code };
        trace::fill(self.program.loaded().program(), &recording.events, &outcome)
            .map_err(|source| ProveError::TooLong { cycles: execution.cycles, source })
    }

    /// Makes a proof from filled tables, honest or not: what is wrong with them shows when the
    /// proof is verified. [`Self::prove`] is what users want; tests of the verifier want this.
    ///
    /// # Errors
    /// If the tables aren't those of any proof, or the proof system fails.
    pub fn prove_tables(
        &self,
        profile: Profile,
        tables: &[Filled],
        exit_code: u64,
        public_output: Vec<u8>,
    ) -> Result<Proof, ProveError> {
        let _span = info_span!("prove").entered();
        let shape = shape_of(&self.setup, tables, &public_output)?;
        let plan = Plan::new(shape.tables());
        let statement = BoundaryStatement {
            entry: self.setup.material.entry,
            exit_code,
            output_len: public_output.len() as u64,
        };
        let seed = transcript::seed(profile, &self.setup.key, exit_code, &public_output, &shape);
        let stark = stark::prove(
            &self.setup.dft,
            &profile.parameters(),
            seed,
            &plan,
            &statement,
            &self.setup.preprocessed,
            tables,
        );
        Ok(Proof {
            profile: profile.id(),
            key: self.setup.material.clone(),
            exit_code,
            public_output,
            tables: shape.tables().iter().map(|&(t, log)| (t.id(), log as u8)).collect(),
            stark,
        })
    }
}

fn shape_of(setup: &Setup, tables: &[Filled], public_output: &[u8]) -> Result<Shape, ProveError> {
    let heights: Vec<(u8, u8)> = tables
        .iter()
        .map(|filled| (filled.table.id(), filled.rows.height().trailing_zeros() as u8))
        .collect();
    Shape::new(&heights, &setup.material, public_output)
        .map_err(|error| ProveError::Unsound(VerifyError::Shape(error)))
}

fn sizes(tables: &[Filled]) -> Vec<TableSize> {
    tables
        .iter()
        .map(|filled| TableSize {
            name: filled.table.name(),
            height: filled.rows.height(),
            width: filled.rows.width(),
            extension_columns: Demands::of(filled.table).columns,
        })
        .collect()
}
