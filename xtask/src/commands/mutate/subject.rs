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
use lvm_air::check::{FilledPart, RowChecker, RowMessage, check_parts, is_permuted};
use lvm_air::degree::Degrees;
use lvm_air::keccak_f::LANES;
use lvm_air::table::{PERIOD, Table};
use lvm_air::trace::Filled;
use lvm_isa::segment::{Budget, Exit, Statement};
use lvm_prover::{Program, Prover, RunTables, SegmentTables};
use lvm_verifier::{Claim, Profile, Verifier};
use lvm_vm::execute::Options;
use lvm_vm::record::{Recording, record};
use p3_field::{PrimeCharacteristicRing, PrimeField64};
use p3_goldilocks::Goldilocks;
use p3_matrix::Matrix;
use p3_matrix::dense::RowMajorMatrix;

use super::program;

/// A message's identity: the part within which its bus balances, none if over all of them; bus and
/// fields.
pub(super) type Key = (Option<usize>, Bus, Vec<u64>);

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

/// A cell: table (as position among the tables of all parts), row and column.
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

/// A table of a part of the run.
pub(super) struct Rows {
    /// Which table.
    pub(super) table: Table,
    /// Which part: the ledger is 0, segments have their numbers.
    pub(super) part: usize,
    /// The table's name, and the part's if others have such a table too.
    pub(super) name: String,
    /// Names of its columns.
    pub(super) names: Vec<String>,
    /// Its honest cells.
    pub(super) cells: RowMajorMatrix<Goldilocks>,
    /// Rows that mean something: they have messages, or a word of a permutation that was called.
    pub(super) used: Vec<usize>,
    /// The other rows.
    pub(super) unused: Vec<usize>,
    fixed: Option<RowMajorMatrix<Goldilocks>>,
    reads_next_row: bool,
    /// Whether the run halts in this part.
    halts: bool,
}

/// Stands for a column that is 1 in all rows of the segment in which the run halts, and 0 in others.
pub(super) const HALTS: &str = "statement.halts";

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
        if name == HALTS {
            return Some(u64::from(self.halts));
        }
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
    /// The tables of the run, part by part, in the order of proofs.
    pub(super) tables: Vec<Rows>,
    prover: Prover,
    recording: Recording,
    /// The parts' statements; the ledger's is of no meaning.
    statements: Vec<Statement>,
    /// Where the multiplicity of each preprocessed entry is.
    entries: HashMap<Key, Place>,
    honest: RefCell<HashMap<(usize, usize), Messages>>,
}

impl Subject {
    /// Records the run and requires that it is honest and that every table has rows.
    pub(super) fn new() -> anyhow::Result<Self> {
        let (assembler, last_cycles) = program::assemble();
        let prover = Prover::new(Program::from(assembler.load()))?;
        let loaded = prover.program().loaded();
        let record = |budget: &Budget| {
            let options = Options::default();
            record(loaded, program::PRIVATE_INPUT, &options, budget, &mut |_| {})
        };
        let cycles = record(&Budget::UNLIMITED)?.execution.cycles;
        let recording = record(&Budget::cycles(cycles - last_cycles))?;
        ensure!(recording.segments.len() == 2, "{} segments", recording.segments.len());
        let RunTables { ledger, segments } = prover.fill(&recording)?;
        let mut parts = vec![ledger];
        parts.extend(segments.into_iter().map(|segment| segment.tables));
        let mut statements = vec![Statement::default()];
        statements.extend(recording.segments.iter().map(|segment| segment.statement.clone()));
        let is_in = |table: Table, part: &[Filled]| part.iter().any(|f| f.table == table);
        let missing = Table::ALL.into_iter().find(|&t| !parts.iter().any(|part| is_in(t, part)));
        ensure!(missing.is_none(), "the run has no rows in {missing:?}");
        let program = loaded.program();
        let filled: Vec<FilledPart<'_>> = statements
            .iter()
            .zip(&parts)
            .map(|(statement, tables)| FilledPart { statement, tables })
            .collect();
        let report = check_parts(program, &recording.execution.public_output, &filled);
        ensure!(report.is_clean(), "the honest run has faults:\n{report}");
        let name = |table: Table, part: usize| {
            let others = parts.iter().filter(|part| is_in(table, part)).count();
            match (others, part) {
                (1, _) => table.name().to_owned(),
                (_, 0) => format!("{}, ledger", table.name()),
                (_, segment) => format!("{}, segment {segment}", table.name()),
            }
        };
        let mut tables = Vec::new();
        for (part, filled) in parts.iter().enumerate() {
            tables.extend(filled.iter().map(|Filled { table, rows }| Rows {
                table: *table,
                part,
                name: name(*table, part),
                names: table.columns().into_iter().map(|column| column.name).collect(),
                fixed: table.preprocessed(program),
                reads_next_row: Degrees::of(*table).reads_next_row,
                halts: part > 0 && matches!(statements[part].exit, Exit::Halt(_)),
                used: Vec::new(),
                unused: Vec::new(),
                cells: rows.clone(),
            }));
        }
        let (entries, honest) = Default::default();
        let mut subject = Self { tables, prover, recording, statements, entries, honest };
        subject.sort_rows();
        subject.collect_entries()?;
        Ok(subject)
    }

    /// Tells used rows from others.
    fn sort_rows(&mut self) {
        for at in 0..self.tables.len() {
            let segment = self.tables[at].part.checked_sub(1);
            let segment = segment.map(|segment| &self.recording.segments[segment]);
            let permutations = segment.map_or(0, |segment| segment.events.keccaks.len());
            let is_word = |row: usize| row / PERIOD < permutations && row % PERIOD < LANES;
            let rows = 0..self.tables[at].cells.height();
            let (used, unused) = rows.partition(|&row| match self.tables[at].table {
                Table::Keccak => is_word(row),
                _ => !self.evaluate(at, row, &Forgery::new()).messages.is_empty(),
            });
            (self.tables[at].used, self.tables[at].unused) = (used, unused);
        }
    }

    /// Finds the preprocessed entries by setting their multiplicities.
    fn collect_entries(&mut self) -> anyhow::Result<()> {
        for at in 0..self.tables.len() {
            let Rows { table, part, cells, .. } = &self.tables[at];
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
                        let key = key(*part, &message);
                        self.entries.entry(key).or_insert((at, row, column));
                    }
                }
            }
        }
        Ok(())
    }

    /// A row with some cells changed.
    fn forged(&self, at: usize, row: usize, forgery: &Forgery) -> Vec<Goldilocks> {
        let row = row % self.tables[at].cells.height();
        let mut cells = self.tables[at].row(row).to_vec();
        for (&(_, _, column), &value) in forgery.range((at, row, 0)..(at, row, usize::MAX)) {
            cells[column] = value;
        }
        cells
    }

    /// Whether a row with some cells changed is one of a permutation that isn't what its words say.
    fn breaks_layers(&self, at: usize, row: usize, forgery: &Forgery) -> bool {
        let Rows { table, cells, .. } = &self.tables[at];
        let first = row / PERIOD * PERIOD;
        let rows = || (first..first + PERIOD).flat_map(|row| self.forged(at, row, forgery));
        table.has_layers() && !is_permuted(&rows().collect::<Vec<_>>(), cells.width)
    }

    /// Evaluates one row with some cells changed.
    pub(super) fn evaluate(&self, at: usize, row: usize, forgery: &Forgery) -> RowChecker {
        let rows = &self.tables[at];
        let height = rows.cells.height();
        let (current, next) = (self.forged(at, row, forgery), self.forged(at, row + 1, forgery));
        let fixed = [rows.fixed(row), rows.fixed(row + 1)];
        let mut checker = RowChecker::new(rows.table, [&current, &next], fixed, row, height);
        rows.table.eval(&self.statements[rows.part], &mut checker);
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
            if !checker.failures.is_empty() || self.breaks_layers(at, row, forgery) {
                return Verdict::Refused;
            }
            for message in &checker.messages {
                *excess.entry(key(self.tables[at].part, message)).or_default() += signed(message);
            }
            for message in self.messages(at, row).iter() {
                *excess.entry(key(self.tables[at].part, message)).or_default() -= signed(message);
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
        let mut parts: Vec<Vec<Filled>> = vec![Vec::new(); self.statements.len()];
        for (at, Rows { table, part, cells, .. }) in self.tables.iter().enumerate() {
            let mut rows = cells.clone();
            let forged =
                forgeries.iter().copied().flatten().filter(|((other, ..), _)| *other == at);
            for (&(_, row, column), &value) in forged {
                rows.values[row * rows.width + column] = value;
            }
            parts[*part].push(Filled { table: *table, rows });
        }
        let mut parts = parts.into_iter();
        let ledger = parts.next().context("the ledger comes first")?;
        let segments = parts
            .zip(&self.statements[1..])
            .map(|(tables, Statement { entry, output, .. })| SegmentTables {
                entry: *entry,
                output_start: output.start,
                tables,
            })
            .collect();
        let tables = RunTables { ledger, segments };
        let execution = &self.recording.execution;
        let (exit_code, public_output) = (execution.exit_code, execution.public_output.clone());
        let proof = self
            .prover
            .prove_tables(Profile::default(), tables, exit_code, public_output)
            .context("a forged trace has a proof, though one that is refused")?;
        let claim = Claim { exit_code, ..Claim::default() };
        Ok(Verifier::new(self.prover.verifying_key()).verify(&proof, &claim).is_ok())
    }
}

/// The identity of a message of this part.
pub(super) fn key(part: usize, message: &RowMessage) -> Key {
    let scope = (!message.bus.is_global()).then_some(part);
    (scope, message.bus, message.fields.iter().map(PrimeField64::as_canonical_u64).collect())
}

/// A message's multiplicity, negative if received.
fn signed(message: &RowMessage) -> Goldilocks {
    match message.side {
        Side::Send => message.multiplicity,
        Side::Receive => -message.multiplicity,
    }
}
