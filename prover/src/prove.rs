//! Steps 2 to 9: surveying, recording, filling, proving.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use lvm_air::table::{Part, Table};
use lvm_air::trace::{self, Filled};
use lvm_isa::segment::{Segment, Statement};
use lvm_verifier::proof::{Head, PartHead, PartName, SegmentHead};
use lvm_verifier::shape::Shape;
use lvm_verifier::stark::global::GlobalChallenges;
use lvm_verifier::stark::{Begun, Plan, StarkProof};
use lvm_verifier::{
    Claim, Profile, Proof, Verification, Verifier, VerifyError, VerifyingKey, transcript,
};
use lvm_vm::error::ExecuteError;
use lvm_vm::execute::{Execution, Options};
use lvm_vm::record::{Recorder, Recording};
use p3_matrix::Matrix;
use tracing::info_span;

use crate::budget;
use crate::error::{ProveError, SetupError};
use crate::job::Job;
use crate::memory;
use crate::program::Program;
use crate::setup::Setup;
use crate::stark::{self, Bordered};
use crate::survey::{Survey, TableSize};

/// What a prover is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The program runs, and its segments' borders are committed.
    Survey {
        /// Segments so far.
        segments: u32,
        /// Cycles so far.
        cycles: u64,
    },
    /// A part is proved.
    Prove {
        /// The part: 0 for the ledger, then the segments.
        part: usize,
        /// Parts of the run.
        parts: usize,
        /// Cycles of the segments that are done.
        done: u64,
        /// Cycles of the run.
        cycles: u64,
    },
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
    /// Cells of main and interaction columns in a segment; what the memory allows, if `None`. More
    /// than a given memory limit allows are refused.
    pub segment_cells: Option<u64>,
}

/// How long the phases took, added up over all parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Executing, cutting into segments, committing their borders.
    pub survey: Duration,
    /// Waiting for a segment to be recorded.
    pub record: Duration,
    /// Filling the tables.
    pub fill: Duration,
    /// Committing, LogUp, quotients, openings.
    pub prove: Duration,
    /// Verifying the finished parts.
    pub verify: Duration,
}

impl Timings {
    /// All phases.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.survey + self.record + self.fill + self.prove + self.verify
    }
}

/// A proof and the run that it proves.
#[derive(Debug)]
pub struct Proved {
    /// The proof.
    pub proof: Proof,
    /// The run.
    pub execution: Execution,
    /// Rows and columns of each table, over all parts.
    pub tables: Vec<TableSize>,
    /// How long it took.
    pub timings: Timings,
}

/// The filled tables of a run, honest or not.
#[derive(Clone, Debug)]
pub struct RunTables {
    /// The ledger's tables.
    pub ledger: Vec<Filled>,
    /// The segments.
    pub segments: Vec<SegmentTables>,
}

/// The filled tables of a segment, and where it begins.
#[derive(Clone, Debug)]
pub struct SegmentTables {
    /// Address of its first instruction.
    pub entry: u64,
    /// Length of the public output before it.
    pub output_start: u64,
    /// Its tables.
    pub tables: Vec<Filled>,
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
        let started = Instant::now();
        let survey = self.survey(private_input, options, observe)?;
        let surveyed = started.elapsed();
        let mut parts = Vec::new();
        let keep = &mut |_: usize, part: StarkProof| {
            parts.push(part);
            Ok(())
        };
        let verification = self.verification(&survey)?;
        let execution = &options.execution;
        let timings =
            self.prove_parts(private_input, &survey, execution, verification, observe, keep)?;
        let timings = Timings { survey: surveyed, ..timings };
        let tables = survey.tables();
        let Survey { execution, head, .. } = survey;
        Ok(Proved { proof: Proof { head, parts }, execution, tables, timings })
    }

    /// Runs the program on `private_input`, cuts the run into segments and commits to their
    /// borders and to the ledger's.
    ///
    /// # Errors
    /// If the run traps or meets a limit, or is too long for the tables or the memory.
    pub fn survey(
        &self,
        private_input: &[u8],
        options: &ProveOptions,
        observe: &mut dyn FnMut(Phase),
    ) -> Result<Survey, ProveError> {
        let _span = info_span!("survey").entered();
        let segment_cells = segment_cells(options)?;
        let budget = budget::of_cells(segment_cells);
        let program = self.program.loaded();
        let mut ignore = |_: &[u8]| {};
        let mut recorder =
            Recorder::new(program, private_input, &options.execution, &budget, &mut ignore)?;
        let mut segments = Vec::new();
        let mut cycles = Vec::new();
        let mut begun = Vec::new();
        let buffer = |cells| self.setup.reused.buffer(cells);
        observe(Phase::Survey { segments: 0, cycles: 0 });
        while let Some(segment) = recorder.segment(false)? {
            let Segment { statement, tally, .. } = &segment;
            let heights = trace::segment_heights(program.program(), tally);
            let part = PartName(statement.segment as usize);
            let tables = trace::fill_border(program.program(), &segment, &buffer)
                .map_err(|source| ProveError::TooLong { part, source })?;
            let (shape, bordered) =
                self.begin(options.profile, part, statement, &numbered(&heights), &tables)?;
            self.give_back(tables);
            let (border, transcript) = bordered.into_said(&self.setup.reused);
            segments.push(SegmentHead {
                entry: statement.entry,
                output_start: statement.output.start,
                part: PartHead { tables: shape, border },
            });
            begun.push(transcript);
            cycles.push(segment.cycles);
            let done = cycles.iter().sum();
            observe(Phase::Survey { segments: statement.segment, cycles: done });
        }
        let (execution, ledger) = recorder.finish()?;
        let tables = trace::fill_ledger(program.program(), &ledger, &buffer)
            .map_err(|source| ProveError::TooLong { part: PartName(0), source })?;
        let (shape, bordered) = self.begin(
            options.profile,
            PartName(0),
            &Statement::default(),
            &heights_of(&tables),
            &tables,
        )?;
        self.give_back(tables);
        let (border, transcript) = bordered.into_said(&self.setup.reused);
        begun.insert(0, transcript);
        let head = Head {
            profile: options.profile.id(),
            key: self.setup.material.clone(),
            exit_code: execution.exit_code,
            public_output: execution.public_output.clone(),
            ledger: PartHead { tables: shape, border },
            segments,
        };
        let global = head
            .global(options.profile, &begun)
            .map_err(|error| ProveError::Unsound(error.into()))?;
        let profile = options.profile;
        Ok(Survey { execution, head, cycles, segment_cells, profile, ledger, global })
    }

    /// What verifies the parts of a surveyed run. Parts that were proved before are shown to it, in
    /// order, and [`Self::prove_parts`] goes on from there.
    ///
    /// # Errors
    /// If the survey is of another program.
    pub fn verification<'s>(&self, survey: &'s Survey) -> Result<Verification<'s>, ProveError> {
        let claim = Claim {
            exit_code: survey.head.exit_code,
            public_output: None,
            profile: survey.profile,
        };
        Ok(Verifier::new(self.setup.key).begin(&survey.head, &claim)?)
    }

    /// Proves the parts of a surveyed run that `verification` has not seen yet, and hands each
    /// finished and verified one with its index to `keep`: the ledger has 0, segments have their
    /// numbers.
    ///
    /// `execution` must be as for the survey.
    ///
    /// # Errors
    /// If the run isn't the surveyed one, or `keep` fails.
    pub fn prove_parts(
        &self,
        private_input: &[u8],
        survey: &Survey,
        execution: &Options,
        mut verification: Verification<'_>,
        observe: &mut dyn FnMut(Phase),
        keep: &mut dyn FnMut(
            usize,
            StarkProof,
        ) -> Result<(), Box<dyn core::error::Error + Send + Sync>>,
    ) -> Result<Timings, ProveError> {
        let mut timings = Timings::default();
        let first = verification.parts();
        let parts = survey.head.parts();
        let cycles: u64 = survey.cycles.iter().sum();
        let mut done: u64 = survey.cycles.iter().take(first.saturating_sub(1)).sum();
        let mut finish = |index: usize, part: StarkProof| -> Result<Duration, ProveError> {
            let started = Instant::now();
            verification.part(&part)?;
            let elapsed = started.elapsed();
            keep(index, part)
                .map_err(|source| ProveError::Keep { part: PartName(index), source })?;
            Ok(elapsed)
        };
        if first == 0 {
            observe(Phase::Prove { part: 0, parts, done, cycles });
            let started = Instant::now();
            let ledger = self.prove_ledger(survey)?;
            timings.prove += started.elapsed();
            timings.verify += finish(0, ledger)?;
        }
        std::thread::scope(|scope| {
            // The next segment, and no other, is recorded while one is proved. When the receiver is
            // gone, sending fails and the thread ends.
            let (sender, receiver) = mpsc::sync_channel(0);
            let budget = budget::of_cells(survey.segment_cells);
            let program = self.program.loaded();
            scope.spawn(move || {
                let mut ignore = |_: &[u8]| {};
                let recorder =
                    Recorder::new(program, private_input, execution, &budget, &mut ignore);
                let result = recorder.and_then(|mut recorder| {
                    loop {
                        let keeps = recorder.next_segment() as usize >= first;
                        let Some(segment) = recorder.segment(keeps)? else { break };
                        if keeps && sender.send(Ok(segment)).is_err() {
                            break;
                        }
                    }
                    Ok::<(), ExecuteError>(())
                });
                if let Err(error) = result {
                    let _ = sender.send(Err(error));
                }
            });
            for index in first.max(1)..parts {
                observe(Phase::Prove { part: index, parts, done, cycles });
                let started = Instant::now();
                let segments = survey.cycles.len() as u32;
                let none = || ProveError::NoSegment { segment: index as u32, segments };
                let segment = receiver.recv().map_err(|_| none())??;
                timings.record += started.elapsed();
                let job = survey.job(segment.statement.segment);
                done += segment.cycles;
                let part = self.prove_segment(&job, segment, &mut timings)?;
                timings.verify += finish(index, part)?;
            }
            Ok::<(), ProveError>(())
        })?;
        verification.finish()?;
        Ok(timings)
    }

    /// Proves one segment: runs the program up to it, records and proves it. Any process that has
    /// the program and the private input can do it; the survey's head tells whether the result
    /// verifies.
    ///
    /// # Errors
    /// If the run traps, meets a limit or has no such segment.
    pub fn prove_job(
        &self,
        private_input: &[u8],
        execution: &Options,
        job: &Job,
    ) -> Result<StarkProof, ProveError> {
        let budget = budget::of_cells(job.segment_cells);
        let mut ignore = |_: &[u8]| {};
        let mut recorder =
            Recorder::new(self.program.loaded(), private_input, execution, &budget, &mut ignore)?;
        loop {
            let number = recorder.next_segment();
            match recorder.segment(number == job.segment)? {
                Some(segment) if number == job.segment => {
                    return self.prove_segment(job, segment, &mut Timings::default());
                }
                Some(_) => {}
                None => {
                    let (segment, segments) = (job.segment, number - 1);
                    return Err(ProveError::NoSegment { segment, segments });
                }
            }
        }
    }

    fn prove_segment(
        &self,
        job: &Job,
        segment: Segment,
        timings: &mut Timings,
    ) -> Result<StarkProof, ProveError> {
        let started = Instant::now();
        let part = PartName(segment.statement.segment as usize);
        let buffer = |cells| self.setup.reused.buffer(cells);
        let tables = info_span!("fill")
            .in_scope(|| trace::fill_segment(self.program.loaded().program(), &segment, &buffer))
            .map_err(|source| ProveError::TooLong { part, source })?;
        let statement = segment.statement;
        drop(segment.events);
        timings.fill += started.elapsed();
        let started = Instant::now();
        let heights = heights_of(&tables);
        let (_, bordered) = self.begin(job.profile, part, &statement, &heights, &tables)?;
        let global = GlobalChallenges::of(job.global);
        let proof = self.finish(job.profile, part, &statement, bordered, &global, tables)?;
        timings.prove += started.elapsed();
        Ok(proof)
    }

    fn prove_ledger(&self, survey: &Survey) -> Result<StarkProof, ProveError> {
        let part = PartName(0);
        let buffer = |cells| self.setup.reused.buffer(cells);
        let tables = trace::fill_ledger(self.program.loaded().program(), &survey.ledger, &buffer)
            .map_err(|source| ProveError::TooLong { part, source })?;
        let heights = heights_of(&tables);
        let statement = Statement::default();
        let (_, bordered) = self.begin(survey.profile, part, &statement, &heights, &tables)?;
        self.finish(survey.profile, part, &statement, bordered, &survey.global, tables)
    }

    /// Commits to the border tables among `tables`, which all have `heights`.
    fn begin(
        &self,
        profile: Profile,
        part: PartName,
        statement: &Statement,
        heights: &[(u8, u8)],
        tables: &[Filled],
    ) -> Result<(Vec<(u8, u8)>, Bordered), ProveError> {
        let (shape, plan) = self.plan(part, heights)?;
        let kind = kind_of(part);
        let seed = transcript::part_seed(profile, &self.setup.key, kind, statement, &shape);
        let preprocessed = self.setup.preprocessed(kind);
        let bordered = stark::begin(&self.setup.reused, seed, &plan, preprocessed, tables);
        Ok((heights.to_vec(), bordered))
    }

    /// Keeps the memory of filled tables for later.
    fn give_back(&self, tables: Vec<Filled>) {
        for table in tables {
            self.setup.reused.give_back(table.rows.values);
        }
    }

    /// Proves a part whose border is committed.
    fn finish(
        &self,
        profile: Profile,
        part: PartName,
        statement: &Statement,
        bordered: Bordered,
        global: &GlobalChallenges,
        tables: Vec<Filled>,
    ) -> Result<StarkProof, ProveError> {
        let _span = info_span!("prove", %part).entered();
        let (_, plan) = self.plan(part, &heights_of(&tables))?;
        Ok(stark::prove(
            &self.setup.reused,
            &profile.parameters(),
            &plan,
            statement,
            self.setup.preprocessed(kind_of(part)),
            bordered,
            global,
            tables,
        ))
    }

    fn plan(&self, part: PartName, heights: &[(u8, u8)]) -> Result<(Shape, Plan), ProveError> {
        let shape = Shape::new(kind_of(part), heights, &self.setup.material).map_err(|source| {
            let head = lvm_verifier::proof::HeadError::Shape { index: part.0, source };
            ProveError::Unsound(VerifyError::Head(head))
        })?;
        let plan = Plan::new(shape.tables());
        Ok((shape, plan))
    }

    /// Fills the tables from a recording.
    ///
    /// # Errors
    /// If the run doesn't fit the tables.
    pub fn fill(&self, recording: &Recording) -> Result<RunTables, ProveError> {
        let _span = info_span!("fill").entered();
        let program = self.program.loaded().program();
        let too_long =
            |index: usize| move |source| ProveError::TooLong { part: PartName(index), source };
        let ledger =
            trace::fill_ledger(program, &recording.ledger, &trace::fresh).map_err(too_long(0))?;
        let segments = recording
            .segments
            .iter()
            .map(|segment| {
                let Statement { segment: number, entry, output, .. } = &segment.statement;
                let tables = trace::fill_segment(program, segment, &trace::fresh)
                    .map_err(too_long(*number as usize))?;
                Ok(SegmentTables { entry: *entry, output_start: output.start, tables })
            })
            .collect::<Result<_, ProveError>>()?;
        Ok(RunTables { ledger, segments })
    }

    /// Makes a proof from filled tables, honest or not: what is wrong with them shows when the
    /// proof is verified. [`Self::prove`] is what users want; tests of the verifier want this.
    ///
    /// # Errors
    /// If the tables aren't those of any proof.
    pub fn prove_tables(
        &self,
        profile: Profile,
        tables: RunTables,
        exit_code: u64,
        public_output: Vec<u8>,
    ) -> Result<Proof, ProveError> {
        let empty = |tables: &[Filled]| PartHead {
            tables: heights_of(tables),
            border: lvm_verifier::stark::Border { root: [0; 32], values: Vec::new() },
        };
        let mut head = Head {
            profile: profile.id(),
            key: self.setup.material.clone(),
            exit_code,
            public_output,
            ledger: empty(&tables.ledger),
            segments: tables
                .segments
                .iter()
                .map(|segment| SegmentHead {
                    entry: segment.entry,
                    output_start: segment.output_start,
                    part: empty(&segment.tables),
                })
                .collect(),
        };
        let mut all = vec![tables.ledger];
        all.extend(tables.segments.into_iter().map(|segment| segment.tables));
        let mut begun: Vec<Begun> = Vec::new();
        let mut bordered = Vec::new();
        for (index, tables) in all.iter().enumerate() {
            let statement = head.statement(index).unwrap_or_default();
            let part = PartName(index);
            let (_, mine) = self.begin(profile, part, &statement, &heights_of(tables), tables)?;
            match index.checked_sub(1) {
                None => head.ledger.border = mine.border.clone(),
                Some(segment) => head.segments[segment].part.border = mine.border.clone(),
            }
            begun.push(mine.begun.clone());
            bordered.push(mine);
        }
        let global =
            head.global(profile, &begun).map_err(|error| ProveError::Unsound(error.into()))?;
        let parts = all
            .into_iter()
            .zip(bordered)
            .enumerate()
            .map(|(index, (tables, bordered))| {
                let statement = head.statement(index).unwrap_or_default();
                self.finish(profile, PartName(index), &statement, bordered, &global, tables)
            })
            .collect::<Result<_, _>>()?;
        Ok(Proof { head, parts })
    }
}

const fn kind_of(part: PartName) -> Part {
    if part.0 == 0 { Part::Ledger } else { Part::Segment }
}

/// Cells of a segment, as options and memory say.
fn segment_cells(options: &ProveOptions) -> Result<u64, ProveError> {
    // Whoever says how large segments are, and no limit, knows what there is.
    let unlimited = options.segment_cells.map(|_| u64::MAX);
    let limit = options.memory_limit.or(unlimited).unwrap_or_else(memory::available);
    let smallest = options.segment_cells.unwrap_or(budget::CELLS_MIN);
    let needed = memory::FIXED.saturating_add(smallest.saturating_mul(memory::BYTES_PER_CELL));
    if limit < needed {
        return Err(ProveError::Memory { needed, limit });
    }
    Ok(options.segment_cells.unwrap_or_else(|| budget::cells_for(limit)))
}

pub(crate) fn heights_of(tables: &[Filled]) -> Vec<(u8, u8)> {
    tables
        .iter()
        .map(|filled| (filled.table.id(), filled.rows.height().trailing_zeros() as u8))
        .collect()
}

pub(crate) fn numbered(heights: &[(Table, usize)]) -> Vec<(u8, u8)> {
    heights.iter().map(|&(table, log)| (table.id(), log as u8)).collect()
}
