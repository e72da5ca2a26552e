//! Checks filled rows without proving: which constraint fails, in which row, and which message
//! has no partner.
//!
//! Used by tests, and by the prover to say what is wrong with a trace instead of handing out a
//! proof that nobody accepts.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use p3_air::AirBuilder;
use p3_field::{PrimeCharacteristicRing, PrimeField64};
use p3_goldilocks::Goldilocks;
use p3_matrix::dense::RowMajorMatrix;

use crate::builder::{Side, TableBuilder};
use crate::bus::Bus;
#[cfg(feature = "fill")]
use crate::table::PERIOD;
use crate::table::Table;

/// A message of one row with a multiplicity that isn't zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowMessage {
    /// The bus.
    pub bus: Bus,
    /// Sent or received.
    pub side: Side,
    /// The fields.
    pub fields: Vec<Goldilocks>,
    /// How many times.
    pub multiplicity: Goldilocks,
}

/// A builder that evaluates one concrete row.
pub struct RowChecker {
    periodic: Vec<Goldilocks>,
    main: RowMajorMatrix<Goldilocks>,
    preprocessed: RowMajorMatrix<Goldilocks>,
    row: usize,
    height: usize,
    /// Labels of the constraints that don't hold; unlabelled ones appear by their position.
    pub failures: Vec<String>,
    /// Messages with a multiplicity that isn't zero.
    pub messages: Vec<RowMessage>,
    /// Constraints evaluated.
    pub constraints: usize,
}

impl RowChecker {
    /// A checker for row `row` of `height` of a table: two consecutive rows of main and
    /// preprocessed cells.
    #[must_use]
    pub fn new(
        table: Table,
        main: [&[Goldilocks]; 2],
        preprocessed: [&[Goldilocks]; 2],
        row: usize,
        height: usize,
    ) -> Self {
        let periodic = table.periodic().iter();
        Self {
            periodic: periodic.map(|column| Goldilocks::from_bool(column.is_one(row))).collect(),
            main: window(main),
            preprocessed: window(preprocessed),
            row,
            height,
            failures: Vec::new(),
            messages: Vec::new(),
            constraints: 0,
        }
    }

    /// A checker for a row of a table without preprocessed or periodic cells or transitions.
    #[must_use]
    pub fn single(main: &[Goldilocks]) -> Self {
        Self::new(Table::Add, [main, main], [&[], &[]], 0, 1)
    }
}

/// What [`is_permuted`] asks.
pub const PERMUTED: &str = "the bits after are the permutation of those before";

/// Whether the words after a permutation are those that keccak-f makes of the words before it, of
/// the rows of one permutation of `keccak`. The proof protocol demands it of all of them.
#[must_use]
pub fn is_permuted(rows: &[Goldilocks], width: usize) -> bool {
    let [before, after] = crate::tables::keccak::words(rows, width);
    crate::keccak_f::permute(&before) == after
}

/// Two rows as the window that a table's constraints see.
fn window([current, next]: [&[Goldilocks]; 2]) -> RowMajorMatrix<Goldilocks> {
    RowMajorMatrix::new([current, next].concat(), current.len())
}

impl AirBuilder for RowChecker {
    type F = Goldilocks;
    type Expr = Goldilocks;
    type Var = Goldilocks;
    type PreprocessedWindow = RowMajorMatrix<Goldilocks>;
    type MainWindow = RowMajorMatrix<Goldilocks>;
    type PublicVar = Goldilocks;
    type PeriodicVar = Goldilocks;

    fn main(&self) -> Self::MainWindow {
        self.main.clone()
    }

    fn preprocessed(&self) -> &Self::PreprocessedWindow {
        &self.preprocessed
    }

    fn periodic_values(&self) -> &[Goldilocks] {
        &self.periodic
    }

    fn is_first_row(&self) -> Goldilocks {
        Goldilocks::from_bool(self.row == 0)
    }

    fn is_last_row(&self) -> Goldilocks {
        Goldilocks::from_bool(self.row + 1 == self.height)
    }

    fn is_transition(&self) -> Goldilocks {
        Goldilocks::from_bool(self.row + 1 < self.height)
    }

    fn assert_zero<I: Into<Goldilocks>>(&mut self, zero: I) {
        if zero.into() != Goldilocks::ZERO {
            self.failures.push(alloc::format!("constraint {}", self.constraints));
        }
        self.constraints += 1;
    }
}

impl TableBuilder for RowChecker {
    fn constrain(&mut self, label: &'static str, zero: impl Into<Goldilocks>) {
        if zero.into() != Goldilocks::ZERO {
            self.failures.push(String::from(label));
        }
        self.constraints += 1;
    }

    fn message(
        &mut self,
        bus: Bus,
        side: Side,
        fields: impl IntoIterator<Item = Goldilocks>,
        multiplicity: Goldilocks,
        _multiplicity_max: u32,
    ) {
        if multiplicity != Goldilocks::ZERO {
            let fields = fields.into_iter().collect();
            self.messages.push(RowMessage { bus, side, fields, multiplicity });
        }
    }
}

/// A row that sent or received a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Name of the table.
    pub table: &'static str,
    /// Row in the table.
    pub row: usize,
    /// Sent or received.
    pub side: Side,
}

/// A message that was not sent as often as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imbalance {
    /// The bus.
    pub bus: Bus,
    /// The fields.
    pub fields: Vec<u64>,
    /// Times sent minus times received, modulo the field's order.
    pub excess: u64,
    /// Some of the rows that have the message.
    pub places: Vec<Place>,
}

impl fmt::Display for Imbalance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let excess = if self.excess > u64::MAX / 2 {
            -i128::from(Goldilocks::ORDER_U64 - self.excess)
        } else {
            i128::from(self.excess)
        };
        write!(f, "bus {}: message {:?} has excess {excess};", self.bus.name(), self.fields)?;
        for place in &self.places {
            let verb = if place.side == Side::Send { "sent" } else { "received" };
            write!(f, " {verb} by {} row {};", place.table, place.row)?;
        }
        Ok(())
    }
}

/// Adds up messages over all tables.
#[derive(Debug, Default)]
pub struct Balance {
    totals: BTreeMap<(Bus, Vec<u64>), (Goldilocks, Vec<Place>)>,
}

/// Rows that an imbalance names at most.
const PLACES_MAX: usize = 4;

impl Balance {
    /// Adds the messages of one row.
    pub fn add(&mut self, table: &'static str, row: usize, messages: Vec<RowMessage>) {
        for message in messages {
            let fields = message.fields.iter().map(PrimeField64::as_canonical_u64).collect();
            let (total, places) = self.totals.entry((message.bus, fields)).or_default();
            match message.side {
                Side::Send => *total += message.multiplicity,
                Side::Receive => *total -= message.multiplicity,
            }
            if places.len() < PLACES_MAX {
                places.push(Place { table, row, side: message.side });
            }
        }
    }

    /// The messages that don't balance.
    #[must_use]
    pub fn imbalances(self) -> Vec<Imbalance> {
        self.totals
            .into_iter()
            .filter(|(_, (total, _))| *total != Goldilocks::ZERO)
            .map(|((bus, fields), (total, places))| Imbalance {
                bus,
                fields,
                excess: total.as_canonical_u64(),
                places,
            })
            .collect()
    }
}

/// What is wrong with filled tables.
#[cfg(feature = "fill")]
#[derive(Debug, Default)]
pub struct Report {
    /// Constraints that don't hold: table, row, label.
    pub failures: Vec<(&'static str, usize, String)>,
    /// Messages without a partner.
    pub imbalances: Vec<Imbalance>,
}

#[cfg(feature = "fill")]
impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.failures.is_empty() && self.imbalances.is_empty()
    }
}

#[cfg(feature = "fill")]
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (table, row, label) in &self.failures {
            writeln!(f, "table {table} row {row}: {label}")?;
        }
        for imbalance in &self.imbalances {
            writeln!(f, "{imbalance}")?;
        }
        Ok(())
    }
}

/// One part of a run, filled.
#[cfg(feature = "fill")]
#[derive(Clone, Copy, Debug)]
pub struct FilledPart<'a> {
    /// The segment's statement; of no meaning to a ledger.
    pub statement: &'a lvm_isa::segment::Statement,
    /// The tables.
    pub tables: &'a [crate::trace::Filled],
}

/// Evaluates every row of the parts of a run and balances every bus: global ones over all parts,
/// others in each. Slow: for tests and for finding out why a trace has no proof.
#[cfg(feature = "fill")]
#[must_use]
pub fn check_parts(
    program: &lvm_isa::program::Program,
    public_output: &[u8],
    parts: &[FilledPart<'_>],
) -> Report {
    let mut report = Report::default();
    let mut global = Balance::default();
    for part in parts {
        let local = check_part(program, public_output, part, &mut report, &mut global);
        report.imbalances.extend(local.imbalances());
    }
    report.imbalances.extend(global.imbalances());
    report
}

/// Evaluates every row of a part; returns the balance of its own buses.
#[cfg(feature = "fill")]
fn check_part(
    program: &lvm_isa::program::Program,
    public_output: &[u8],
    part: &FilledPart<'_>,
    report: &mut Report,
    global: &mut Balance,
) -> Balance {
    use p3_matrix::Matrix;

    let mut local = Balance::default();
    for filled in part.tables {
        let (table, height) = (filled.table, filled.rows.height());
        let preprocessed = table.preprocessed(program);
        let width = filled.rows.width;
        let main = |row: usize| &filled.rows.values[row % height * width..][..width];
        let fixed = |row: usize| match &preprocessed {
            Some(rows) => &rows.values[row % height * rows.width..][..rows.width],
            None => &[],
        };
        if table.has_layers() {
            for row in (0..height).step_by(PERIOD) {
                let rows = &filled.rows.values[row * width..][..PERIOD * width];
                if !is_permuted(rows, width) {
                    report.failures.push((table.name(), row, String::from(PERMUTED)));
                }
            }
        }
        for row in 0..height {
            let mut checker = RowChecker::new(
                table,
                [main(row), main(row + 1)],
                [fixed(row), fixed(row + 1)],
                row,
                height,
            );
            table.eval(part.statement, &mut checker);
            let name = table.name();
            report.failures.extend(checker.failures.into_iter().map(|label| (name, row, label)));
            let (of_all, of_part): (Vec<_>, Vec<_>) =
                checker.messages.into_iter().partition(|message| message.bus.is_global());
            global.add(name, row, of_all);
            local.add(name, row, of_part);
        }
    }
    let range = part.statement.output.clone();
    let is_ledger = part.tables.iter().any(|filled| filled.table == Table::Ledger);
    let committed = public_output.get(range.start as usize..range.end as usize);
    let committed = committed.filter(|_| !is_ledger).unwrap_or_default();
    for (row, fields) in crate::public::output_messages(range.start, committed).enumerate() {
        let message = RowMessage {
            bus: Bus::Output,
            side: Side::Receive,
            fields: fields.to_vec(),
            multiplicity: Goldilocks::ONE,
        };
        local.add("statement", row, alloc::vec![message]);
    }
    local
}
