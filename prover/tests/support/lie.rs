//! Telling a lie as well as it can be told: cells are changed, and the lookup tables'
//! multiplicities follow, so that what stands in the way is the constraint or the bus that a test
//! names and nothing else.

use lvm_air::bus::Bus;
use lvm_air::check::Imbalance;
use lvm_air::table::Table;
use lvm_prover::RunTables;
use lvm_verifier::{Proof, VerifyError};
use lvm_vm::assemble::Assembler;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::support::{self, Run, part_mut};

/// An honest run and tables that needn't be.
pub(crate) struct Lie {
    pub(crate) run: Run,
    pub(crate) tables: RunTables,
}

impl Lie {
    /// Starts from a run of `assembler` without private input; the honest run must be accepted.
    pub(crate) fn about(assembler: &Assembler) -> Self {
        Self::of(Run::assembled(assembler))
    }

    /// Starts from `run`, which must be accepted.
    pub(crate) fn of(run: Run) -> Self {
        run.expect_accepted();
        let tables = run.fill();
        Self { run, tables }
    }

    /// Changes the recording, and fills the tables from it again.
    pub(crate) fn record(&mut self, change: impl FnOnce(&mut Run)) -> &mut Self {
        change(&mut self.run);
        self.tables = self.run.fill();
        self
    }

    /// Says that the run ended with `value`, which the halting ECALL read from x10.
    pub(crate) fn exit(&mut self, value: u64) -> &mut Self {
        self.record(|run| {
            run.recording.execution.exit_code = value;
            run.leave(10, value);
            let last = run.events().ecall.last_mut().expect("the run ends with an ECALL");
            last.a0.value = value;
        })
    }

    /// The cell `column` in row `row` of a table.
    pub(crate) fn cell(&mut self, table: Table, row: usize, column: &str) -> &mut Goldilocks {
        support::cell(&mut self.tables, table, row, column)
    }

    /// Sets a cell.
    pub(crate) fn set(&mut self, table: Table, row: usize, column: &str, value: u64) -> &mut Self {
        *self.cell(table, row, column) = Goldilocks::from_u64(value);
        self
    }

    /// Sets the cells of a value's limbs, with the 16-bit limbs that a range check has of it.
    pub(crate) fn set_value(
        &mut self,
        (table, row): (Table, usize),
        value_column: &str,
        limbs_column: &str,
        value: u64,
    ) -> &mut Self {
        self.set(table, row, &format!("{value_column}.lo"), value & 0xFFFF_FFFF);
        self.set(table, row, &format!("{value_column}.hi"), value >> 32);
        self.set(table, row, &format!("{limbs_column}.lo.low"), value & 0xFFFF);
        self.set(table, row, &format!("{limbs_column}.hi.low"), value >> 32 & 0xFFFF)
    }

    /// Corrects the multiplicities of each part's lookup tables, where an entry is asked for.
    fn recount(&mut self) {
        for (part, imbalances) in self.run.local_imbalances(&self.tables).into_iter().enumerate() {
            for imbalance in imbalances {
                let Some((table, row, column)) = self.entry(&imbalance) else { continue };
                let at = table.columns().iter().position(|c| c.name == column);
                let tables = part_mut(&mut self.tables, part);
                let filled = tables.iter_mut().find(|filled| filled.table == table);
                let rows = &mut filled.expect("the part has what it looks up").rows;
                let cell = row * rows.width + at.expect("the table has the column");
                rows.values[cell] += Goldilocks::from_u64(imbalance.excess);
            }
        }
    }

    /// The entry of a lookup table that a message asks for.
    fn entry(&self, message: &Imbalance) -> Option<(Table, usize, &'static str)> {
        let (table, column) = match message.bus {
            Bus::Range16 => (Table::Range, "range_multiplicity"),
            Bus::Sign16 => (Table::Range, "sign_multiplicity"),
            Bus::BitwiseAnd => (Table::Byte, "and_multiplicity"),
            Bus::BytePair => (Table::Byte, "pair_multiplicity"),
            Bus::ShiftAmount => (Table::ShiftAmount, "multiplicity"),
            Bus::Program => (Table::Program, "multiplicity"),
            _ => return None,
        };
        let entries = table.preprocessed(self.run.prover.program().loaded().program())?;
        let fields = message.fields.iter().map(|field| Goldilocks::from_u64(*field));
        let width = message.fields.len();
        let row = entries
            .values
            .chunks(entries.width)
            .position(|entry| fields.clone().eq(entry[..width].iter().copied()))?;
        Some((table, row, column))
    }

    /// Requires that the tables are accepted: the twin of a lie that is told in the same way.
    pub(crate) fn accepted(&mut self) {
        self.recount();
        assert_eq!(self.run.faults(&self.tables), "");
        self.run.verify(&self.run.prove(&self.tables)).expect("the twin is honest");
    }

    /// Requires that every fault that the row checker finds begins with one of `faults`, that each
    /// of them occurs, and that a proof of the tables is refused.
    pub(crate) fn refused(&mut self, faults: &[&str]) {
        self.recount();
        let found = self.run.faults(&self.tables);
        for line in found.lines() {
            assert!(faults.iter().any(|fault| line.starts_with(fault)), "unexpected: {line}");
        }
        for fault in faults {
            let is_found = found.lines().any(|line| line.starts_with(fault));
            assert!(is_found, "expected {fault:?} in:\n{found}");
        }
        let verdict = self.run.verify(&self.run.prove(&self.tables));
        assert!(
            matches!(verdict, Err(VerifyError::Part { .. } | VerifyError::Balance)),
            "the lie ({faults:?}) is not refused: {verdict:?}"
        );
    }
}

/// A copy of a proof, by way of its file.
pub(crate) fn copy(proof: &Proof) -> Proof {
    let bytes = proof.to_bytes().expect("the proof is encoded");
    Proof::from_bytes(&bytes).expect("the proof is decoded")
}
