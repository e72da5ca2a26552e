//! What the prover's tests share: recording, filling, checking, proving, verifying.

#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod layout;
pub(crate) mod lie;

use lvm_air::check::{FilledPart, Imbalance, Report, check_parts};
use lvm_air::table::Table;
use lvm_air::trace::Filled;
use lvm_isa::event::Events;
use lvm_isa::segment::{Budget, Exit, Statement};
use lvm_prover::{Program, Prover, RunTables};
use lvm_verifier::{Claim, Profile, Proof, Verifier, VerifyError};
use lvm_vm::assemble::Assembler;
use lvm_vm::execute::Options;
use lvm_vm::record::{Recording, record};
use p3_goldilocks::Goldilocks;

/// A program, its prover, and an honest recording of it.
pub(crate) struct Run {
    pub(crate) prover: Prover,
    pub(crate) recording: Recording,
}

impl Run {
    /// Records `program` on `private_input` in one segment.
    pub(crate) fn new(program: Program, private_input: &[u8]) -> Self {
        Self::in_segments(program, private_input, &Budget::UNLIMITED)
    }

    /// Records `program` on `private_input`, cut as `budget` says.
    pub(crate) fn in_segments(program: Program, private_input: &[u8], budget: &Budget) -> Self {
        let prover = Prover::new(program).expect("the program's tables are committed");
        let loaded = prover.program().loaded();
        let recording = record(loaded, private_input, &Options::default(), budget, &mut |_| {})
            .expect("the program runs");
        Self { prover, recording }
    }

    /// The events of the first segment.
    pub(crate) fn events(&mut self) -> &mut Events {
        &mut self.recording.segments[0].events
    }

    /// Records an assembled program without private input.
    pub(crate) fn assembled(assembler: &Assembler) -> Self {
        Self::new(Program::from(assembler.load()), &[])
    }

    /// Says that the run of one segment ends with `value` in `register`.
    pub(crate) fn leave(&mut self, register: usize, value: u64) {
        self.events().last_registers[register].value = value;
        self.recording.ledger.registers[register].value = value;
    }

    /// Says that the run of one segment finds `first` in the word at `address`, which it touches,
    /// and leaves `last` there.
    pub(crate) fn touch(&mut self, address: u64, first: u64, last: u64) {
        let word = self.events().touched.iter_mut().find(|word| word.address == address);
        let word = word.expect("the run touches the word");
        (word.first.value, word.last.value) = (first, last);
        let cell = self.recording.ledger.cells.iter_mut().find(|cell| cell.address == address);
        let cell = cell.expect("the ledger has what is touched");
        (cell.initial, cell.last.value) = (first, last);
    }

    /// Fills the tables from the recording, changed or not.
    pub(crate) fn fill(&self) -> RunTables {
        self.prover.fill(&self.recording).expect("the tables hold the run")
    }

    /// What the row checker finds wrong with `tables`.
    pub(crate) fn report(&self, tables: &RunTables) -> Report {
        self.check(tables, check_parts)
    }

    /// The messages without a partner on the buses of each part alone, the ledger's first.
    pub(crate) fn local_imbalances(&self, tables: &RunTables) -> Vec<Vec<Imbalance>> {
        self.check(tables, |program, output, parts| {
            let of_part = |part: &FilledPart<'_>| {
                let mut found = check_parts(program, output, &[*part]).imbalances;
                found.retain(|imbalance| !imbalance.bus.is_global());
                found
            };
            parts.iter().map(of_part).collect()
        })
    }

    /// Has `check` look at the parts.
    fn check<T>(
        &self,
        tables: &RunTables,
        check: impl FnOnce(&lvm_isa::program::Program, &[u8], &[FilledPart<'_>]) -> T,
    ) -> T {
        let execution = &self.recording.execution;
        let program = self.prover.program().loaded().program();
        // As the verifier makes them: a segment ends where the next one begins.
        let statements: Vec<Statement> = tables
            .segments
            .iter()
            .enumerate()
            .map(|(index, segment)| {
                let next = tables.segments.get(index + 1);
                let exit =
                    next.map_or(Exit::Halt(execution.exit_code), |next| Exit::Continue(next.entry));
                let end = next.map_or(execution.public_output.len() as u64, |n| n.output_start);
                Statement {
                    segment: index as u32 + 1,
                    entry: segment.entry,
                    exit,
                    output: segment.output_start..end,
                }
            })
            .collect();
        let ledger = Statement::default();
        let mut parts = vec![FilledPart { statement: &ledger, tables: &tables.ledger }];
        parts.extend(
            statements
                .iter()
                .zip(&tables.segments)
                .map(|(statement, segment)| FilledPart { statement, tables: &segment.tables }),
        );
        check(program, &execution.public_output, &parts)
    }

    /// [`Self::report`] as text.
    pub(crate) fn faults(&self, tables: &RunTables) -> String {
        self.report(tables).to_string()
    }

    /// Proves `tables` with the recording's exit code and public output.
    pub(crate) fn prove(&self, tables: &RunTables) -> Proof {
        let execution = &self.recording.execution;
        self.prover
            .prove_tables(
                Profile::default(),
                tables.clone(),
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
    pub(crate) fn expect_refused(&self, tables: &RunTables, fault: &str) {
        let faults = self.faults(tables);
        assert!(faults.contains(fault), "expected {fault:?} in:\n{faults}");
        let verdict = self.verify(&self.prove(tables));
        assert!(
            matches!(verdict, Err(VerifyError::Part { .. } | VerifyError::Balance)),
            "the lie ({fault}) is not refused: {verdict:?}"
        );
    }
}

/// The tables of all parts, the ledger's first.
pub(crate) fn all(tables: &RunTables) -> impl Iterator<Item = &Filled> {
    let segments = tables.segments.iter().flat_map(|segment| &segment.tables);
    tables.ledger.iter().chain(segments)
}

/// The first table with this name: that of a segment, if segments have such a table.
pub(crate) fn table_mut(tables: &mut RunTables, table: Table) -> &mut Filled {
    let segments = tables.segments.iter_mut().flat_map(|segment| &mut segment.tables);
    let mut all = segments.chain(&mut tables.ledger);
    all.find(|filled| filled.table == table).expect("the run has the table")
}

/// The tables of the part with this index: the ledger's are 0, those of segments have their
/// numbers.
pub(crate) fn part_mut(tables: &mut RunTables, index: usize) -> &mut Vec<Filled> {
    match index {
        0 => &mut tables.ledger,
        number => &mut tables.segments[number - 1].tables,
    }
}

/// The cell `column` in row `row` of the first such table, as [`table_mut`] finds it.
pub(crate) fn cell<'t>(
    tables: &'t mut RunTables,
    table: Table,
    row: usize,
    column: &str,
) -> &'t mut Goldilocks {
    let columns = table.columns();
    let at = columns.iter().position(|c| c.name == column);
    let at = at.unwrap_or_else(|| panic!("{} has no column {column}", table.name()));
    let rows = &mut table_mut(tables, table).rows;
    &mut rows.values[row * rows.width + at]
}
