//! The honest run that is forged, and the judge of forgeries.
//!
//! The judge looks only at the rows that a forgery touches. All other rows are honest, so the
//! forged tables are right exactly if the touched rows satisfy their constraints and put the same
//! messages on the buses as before. It is lenient in one way: how often a preprocessed entry is
//! looked up is the prover's to say, so a forgery that only looks up other entries that do exist
//! is *mended* by changing their multiplicities, as a liar would.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use anyhow::{Context, ensure};
use lvm_air::builder::Side;
use lvm_air::bus::Bus;
use lvm_air::check::{RowChecker, RowMessage, check_tables};
use lvm_air::degree::Degrees;
use lvm_air::table::Table;
use lvm_air::tables::boundary::BoundaryStatement;
use lvm_air::tables::keccak;
use lvm_air::trace::Filled;
use lvm_prover::{Program, Prover};
use lvm_verifier::{Claim, Profile, Verifier};
use lvm_vm::execute::Options;
use lvm_vm::record::{Recording, record};
use p3_field::{PrimeCharacteristicRing, PrimeField64};
use p3_goldilocks::Goldilocks;
use p3_matrix::Matrix;
use p3_matrix::dense::RowMajorMatrix;

use super::program;

/// A message's identity: bus and fields.
pub(super) type Key = (Bus, Vec<u64>);

/// The tables that provide entries on lookup buses, as often as the prover says.
const PROVIDERS: [Table; 4] = [Table::Program, Table::Range, Table::Byte, Table::ShiftAmount];

/// Buses on which one side is a table of preprocessed entries.
const fn is_lookup(bus: Bus) -> bool {
    matches!(
        bus,
        Bus::Program
            | Bus::Range16
            | Bus::Sign16
            | Bus::BitwiseAnd
            | Bus::BytePair
            | Bus::ShiftAmount
    )
}

/// The messages of a row.
type Messages = Rc<Vec<RowMessage>>;

/// A cell: table (as position among the run's tables), row and column.
pub(super) type Place = (usize, usize, usize);

/// Changed cells with their new values.
pub(super) type Forgery = BTreeMap<Place, Goldilocks>;

/// What the judge says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A constraint fails or a bus is unbalanced.
    Refused,
    /// Nothing is wrong, once the prover has corrected these multiplicities; none for a cell that
    /// isn't used.
    Accepted(Forgery),
}

/// A table of the run.
pub(super) struct Rows {
    /// Which table.
    pub(super) table: Table,
    /// Names of its columns.
    pub(super) names: Vec<String>,
    /// Its honest cells.
    pub(super) cells: RowMajorMatrix<Goldilocks>,
    /// Rows that mean something: they have messages, or belong to a permutation that was called.
    pub(super) used: Vec<usize>,
    /// The other rows.
    pub(super) unused: Vec<usize>,
    fixed: Option<RowMajorMatrix<Goldilocks>>,
    reads_next_row: bool,
}

impl Rows {
    /// The honest cells of a row.
    pub(super) fn row(&self, row: usize) -> &[Goldilocks] {
        let width = self.cells.width;
        &self.cells.values[row % self.cells.height() * width..][..width]
    }

    fn fixed(&self, row: usize) -> &[Goldilocks] {
        match &self.fixed {
            Some(rows) => &rows.values[row % self.cells.height() * rows.width..][..rows.width],
            None => &[],
        }
    }

    /// Whether a part of each row is preprocessed.
    pub(super) const fn is_preprocessed(&self) -> bool {
        self.fixed.is_some()
    }

    /// The cell of a row in the column `name`, the prover's or a preprocessed one.
    pub(super) fn cell(&self, row: usize, name: &str) -> Option<u64> {
        let cell = match self.names.iter().position(|column| column == name) {
            Some(column) => self.row(row)[column],
            None => {
                let columns = self.table.preprocessed_columns();
                self.fixed(row)[columns.iter().position(|column| column.name == name)?]
            }
        };
        Some(cell.as_canonical_u64())
    }
}

/// The honest run.
pub(super) struct Subject {
    /// The tables of the run, in the order of proofs.
    pub(super) tables: Vec<Rows>,
    prover: Prover,
    recording: Recording,
    statement: BoundaryStatement,
    /// Where the multiplicity of each preprocessed entry is.
    entries: HashMap<Key, Place>,
    honest: RefCell<HashMap<(usize, usize), Messages>>,
}

impl Subject {
    /// Records the run and requires that it is honest and that every table has rows.
    pub(super) fn new() -> anyhow::Result<Self> {
        let prover = Prover::new(Program::from(program::assemble().load()))?;
        let loaded = prover.program().loaded();
        let recording = record(loaded, program::PRIVATE_INPUT, &Options::default(), &mut |_| {})?;
        let filled = prover.fill(&recording)?;
        let missing = Table::ALL.iter().find(|&table| filled.iter().all(|f| f.table != *table));
        ensure!(missing.is_none(), "the run has no rows in {missing:?}");
        let program = loaded.program();
        let execution = &recording.execution;
        let public_output = &execution.public_output;
        let statement = BoundaryStatement {
            entry: program.entry,
            exit_code: execution.exit_code,
            output_len: public_output.len() as u64,
        };
        let report = check_tables(program, &statement, public_output, &filled);
        ensure!(report.is_clean(), "the honest run has faults:\n{report}");
        let tables = filled
            .into_iter()
            .map(|Filled { table, rows }| Rows {
                table,
                names: table.columns().into_iter().map(|column| column.name).collect(),
                fixed: table.preprocessed(program),
                reads_next_row: Degrees::of(table).reads_next_row,
                used: Vec::new(),
                unused: Vec::new(),
                cells: rows,
            })
            .collect();
        let (entries, honest) = Default::default();
        let mut subject = Self { tables, prover, recording, statement, entries, honest };
        subject.sort_rows();
        subject.collect_entries()?;
        Ok(subject)
    }

    /// Tells used rows from others.
    fn sort_rows(&mut self) {
        let permutations = self.recording.events.keccaks.len();
        for at in 0..self.tables.len() {
            let rows = 0..self.tables[at].cells.height();
            let (used, unused) = rows.partition(|&row| match self.tables[at].table {
                Table::Keccak => row < permutations * keccak::ROUNDS,
                _ => !self.evaluate(at, row, &Forgery::new()).messages.is_empty(),
            });
            (self.tables[at].used, self.tables[at].unused) = (used, unused);
        }
    }

    /// Finds the preprocessed entries by setting their multiplicities.
    fn collect_entries(&mut self) -> anyhow::Result<()> {
        for at in 0..self.tables.len() {
            let Rows { table, cells, .. } = &self.tables[at];
            let (width, height) = (cells.width, cells.height());
            if !PROVIDERS.contains(table) {
                continue;
            }
            for row in 0..height {
                for column in 0..width {
                    let mut only: Forgery =
                        (0..width).map(|c| ((at, row, c), Goldilocks::ZERO)).collect();
                    only.insert((at, row, column), Goldilocks::ONE);
                    for message in self.evaluate(at, row, &only).messages {
                        let provided = is_lookup(message.bus) && message.side == Side::Receive;
                        ensure!(provided, "{} provides only entries", table.name());
                        self.entries.entry(key(&message)).or_insert((at, row, column));
                    }
                }
            }
        }
        Ok(())
    }

    /// Evaluates one row with some cells changed.
    pub(super) fn evaluate(&self, at: usize, row: usize, forgery: &Forgery) -> RowChecker {
        let rows = &self.tables[at];
        let height = rows.cells.height();
        let forged = |row: usize| {
            let row = row % height;
            let mut cells = rows.row(row).to_vec();
            for (&(_, _, column), &value) in forgery.range((at, row, 0)..(at, row, usize::MAX)) {
                cells[column] = value;
            }
            cells
        };
        let (current, next) = (forged(row), forged(row + 1));
        let fixed = [rows.fixed(row), rows.fixed(row + 1)];
        let mut checker = RowChecker::new([&current, &next], fixed, row, height);
        rows.table.eval(&self.statement, &mut checker);
        checker
    }

    /// The messages of an honest row.
    pub(super) fn messages(&self, at: usize, row: usize) -> Messages {
        let mut honest = self.honest.borrow_mut();
        let messages = || Rc::new(self.evaluate(at, row, &Forgery::new()).messages);
        Rc::clone(honest.entry((at, row)).or_insert_with(messages))
    }

    /// Whether the forged tables are refused.
    pub(super) fn judge(&self, forgery: &Forgery) -> Verdict {
        let mut touched = BTreeSet::new();
        for &(at, row, _) in forgery.keys() {
            touched.insert((at, row));
            if self.tables[at].reads_next_row {
                let height = self.tables[at].cells.height();
                touched.insert((at, (row + height - 1) % height));
            }
        }
        let mut excess: HashMap<Key, Goldilocks> = HashMap::new();
        for &(at, row) in &touched {
            let checker = self.evaluate(at, row, forgery);
            if !checker.failures.is_empty() {
                return Verdict::Refused;
            }
            for message in &checker.messages {
                *excess.entry(key(message)).or_default() += signed(message);
            }
            for message in self.messages(at, row).iter() {
                *excess.entry(key(message)).or_default() -= signed(message);
            }
        }
        let mut mends = Forgery::new();
        for (key, excess) in excess {
            if excess == Goldilocks::ZERO {
                continue;
            }
            match self.entries.get(&key) {
                // A multiplicity that the forgery itself says wrong can't be mended.
                Some(place) if !forgery.contains_key(place) => {
                    let (at, row, column) = *place;
                    mends.insert(*place, self.tables[at].row(row)[column] + excess);
                }
                _ => return Verdict::Refused,
            }
        }
        Verdict::Accepted(mends)
    }

    /// Proves the forged tables and says whether the verifier accepts.
    pub(super) fn is_proved(&self, forgeries: &[&Forgery]) -> anyhow::Result<bool> {
        let mut tables: Vec<Filled> = self
            .tables
            .iter()
            .map(|rows| Filled { table: rows.table, rows: rows.cells.clone() })
            .collect();
        for (&(at, row, column), &value) in forgeries.iter().copied().flatten() {
            let rows = &mut tables[at].rows;
            rows.values[row * rows.width + column] = value;
        }
        let execution = &self.recording.execution;
        let (exit_code, public_output) = (execution.exit_code, execution.public_output.clone());
        let proof = self
            .prover
            .prove_tables(Profile::default(), &tables, exit_code, public_output)
            .context("a forged trace has a proof, though one that is refused")?;
        let claim = Claim { exit_code, ..Claim::default() };
        Ok(Verifier::new(self.prover.verifying_key()).verify(&proof, &claim).is_ok())
    }
}

/// A message's bus and fields.
pub(super) fn key(message: &RowMessage) -> Key {
    (message.bus, message.fields.iter().map(PrimeField64::as_canonical_u64).collect())
}

/// A message's multiplicity, negative if received.
fn signed(message: &RowMessage) -> Goldilocks {
    match message.side {
        Side::Send => message.multiplicity,
        Side::Receive => -message.multiplicity,
    }
}
