//! What a table is, for people: its columns, constraints and messages as text.
//!
//! A table's `eval` runs here on names instead of cells, so a description can't differ from the
//! constraints that are proved. `docs/tables/` has the descriptions of all tables; a test keeps
//! them up to date, so that every change of a constraint is a change of a text.

mod expression;
mod markdown;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use lvm_isa::segment::{Exit, Statement};
use p3_air::{AirBuilder, BaseEntry, BaseLeaf};
use p3_goldilocks::Goldilocks;
use p3_matrix::dense::RowMajorMatrix;

use crate::builder::{Side, TableBuilder};
use crate::bus::Bus;
use crate::columns::Column;
use crate::describe::expression::{Names, Symbolic, Variable, Writer};
use crate::table::Table;

pub use crate::describe::markdown::documents;

/// An expression over the cells of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    /// How it reads.
    pub text: String,
    /// Its degree in the cells.
    pub degree: usize,
}

/// A constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// What it demands; empty if the table doesn't say.
    pub label: &'static str,
    /// What is zero on every row.
    pub zero: Expression,
}

/// A message that every row puts on a bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The bus.
    pub bus: Bus,
    /// Sent or received.
    pub side: Side,
    /// The fields.
    pub fields: Vec<Expression>,
    /// How many times.
    pub multiplicity: Expression,
    /// Bound of the multiplicity; 0 if it is provided to be asked for any number of times.
    pub multiplicity_max: u32,
    /// Which segments have the message; all, if `None`.
    pub when: Option<&'static str>,
}

/// A table in names and texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Which table.
    pub table: Table,
    /// Main columns.
    pub columns: Vec<Column>,
    /// Preprocessed columns; their names begin with `fixed.`.
    pub preprocessed: Vec<Column>,
    /// Constraints, in order.
    pub constraints: Vec<Constraint>,
    /// Messages, in order.
    pub messages: Vec<Message>,
    /// Names of the columns that neither a constraint nor a message mentions.
    pub unmentioned: Vec<String>,
}

/// Stands for the statement of a segment with this end; no table has other constants like these.
const fn statement(exit: Exit) -> Statement {
    Statement {
        segment: 0x5EED_0001,
        entry: 0x5EED_0000_0000_0002,
        exit,
        output: 0x5EED_0004_5EED_0005..0x5EED_0006_5EED_0007,
    }
}

/// How a segment ends, and what is said of messages that only such segments have.
const EXITS: [(Exit, &str); 2] = [
    (Exit::Continue(0x5EED_0000_0000_0003), "if the run goes on"),
    (Exit::Halt(0x5EED_0008_5EED_0009), "if the run halts"),
];

/// The statement's parts as field elements, and their names.
const STATEMENT_NAMES: [(Goldilocks, &str); 10] = [
    (Goldilocks::new(0x5EED_0001), "statement.segment"),
    (Goldilocks::new(0x5EED_0000), "(statement.segment − 1)"),
    (Goldilocks::new(0x5EED_0000_0000_0002), "statement.entry"),
    (Goldilocks::new(0x5EED_0000_0000_0003), "statement.next_entry"),
    (Goldilocks::new(0x5EED_0004), "statement.output.start.hi"),
    (Goldilocks::new(0x5EED_0005), "statement.output.start.lo"),
    (Goldilocks::new(0x5EED_0006), "statement.output.end.hi"),
    (Goldilocks::new(0x5EED_0007), "statement.output.end.lo"),
    (Goldilocks::new(0x5EED_0008), "statement.exit_code.hi"),
    (Goldilocks::new(0x5EED_0009), "statement.exit_code.lo"),
];

impl Description {
    /// The description of `table`.
    #[must_use]
    pub fn of(table: Table) -> Self {
        let columns = table.columns();
        let mut preprocessed = table.preprocessed_columns();
        for column in &mut preprocessed {
            column.name = format!("fixed.{}", column.name);
        }
        let [continued, halted] = EXITS.map(|(exit, when)| {
            let mut describer = Describer::new(table, &columns, &preprocessed);
            table.eval(&statement(exit), &mut describer);
            (describer, when)
        });
        // How a run ends decides of some messages whether they are there, and of nothing else.
        let (mut describer, goes_on) = continued;
        let (other, halts) = halted;
        for (message, other) in describer.messages.iter_mut().zip(other.messages) {
            match [&*message, &other].map(|message| message.multiplicity.text == "0") {
                [false, true] => message.when = Some(goes_on),
                [true, false] => *message = Message { when: Some(halts), ..other },
                _ => {}
            }
        }
        describer.writer.mentioned.extend(other.writer.mentioned);
        let unmentioned = columns
            .iter()
            .chain(&preprocessed)
            .filter(|column| !describer.writer.mentioned.contains(&column.name))
            .map(|column| column.name.to_string())
            .collect();
        Self {
            table,
            columns,
            preprocessed,
            constraints: describer.constraints,
            messages: describer.messages,
            unmentioned,
        }
    }

    /// The largest degree of a constraint; 0 if there is none.
    #[must_use]
    pub fn degree(&self) -> usize {
        self.constraints.iter().map(|constraint| constraint.zero.degree).max().unwrap_or(0)
    }

    /// Estimated cost of a row in cells, in halves: a message counts as one and a half.
    #[must_use]
    pub const fn half_cells(&self) -> usize {
        2 * self.columns.len() + 3 * self.messages.len()
    }

    /// The messages on `bus`.
    pub fn messages_on(&self, bus: Bus) -> impl Iterator<Item = &Message> {
        self.messages.iter().filter(move |message| message.bus == bus)
    }

    /// Whether the table puts messages on `side` of `bus`.
    #[must_use]
    pub fn is_on(&self, bus: Bus, side: Side) -> bool {
        self.messages_on(bus).any(|message| message.side == side)
    }
}

/// Two rows of `width` cells.
fn window(width: usize, entry: impl Fn(usize) -> BaseEntry) -> RowMajorMatrix<Variable> {
    let row = |offset| (0..width).map(move |index| (offset, index));
    let cells = row(0).chain(row(1)).map(|(offset, index)| Variable::new(entry(offset), index));
    RowMajorMatrix::new(cells.collect(), width)
}

/// A builder that writes constraints and messages down.
struct Describer {
    main: RowMajorMatrix<Variable>,
    preprocessed: RowMajorMatrix<Variable>,
    periodic: Vec<Variable>,
    writer: Writer,
    constraints: Vec<Constraint>,
    messages: Vec<Message>,
}

impl Describer {
    fn new(table: Table, columns: &[Column], preprocessed: &[Column]) -> Self {
        let names = |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect();
        let names = Names {
            main: names(columns),
            preprocessed: names(preprocessed),
            periodic: table.periodic().iter().map(|column| column.name).collect(),
            constants: STATEMENT_NAMES.to_vec(),
        };
        Self {
            main: window(columns.len(), |offset| BaseEntry::Main { offset }),
            preprocessed: window(preprocessed.len(), |offset| BaseEntry::Preprocessed { offset }),
            periodic: (0..table.periodic().len())
                .map(|index| Variable::new(BaseEntry::Periodic, index))
                .collect(),
            writer: Writer::new(names),
            constraints: Vec::new(),
            messages: Vec::new(),
        }
    }

    fn expression(&mut self, expression: &Symbolic) -> Expression {
        Expression { text: self.writer.write(expression), degree: expression.degree_multiple() }
    }
}

impl AirBuilder for Describer {
    type F = Goldilocks;
    type Expr = Symbolic;
    type Var = Variable;
    type PreprocessedWindow = RowMajorMatrix<Variable>;
    type MainWindow = RowMajorMatrix<Variable>;
    type PublicVar = Variable;
    type PeriodicVar = Variable;

    fn main(&self) -> Self::MainWindow {
        self.main.clone()
    }

    fn preprocessed(&self) -> &Self::PreprocessedWindow {
        &self.preprocessed
    }

    fn periodic_values(&self) -> &[Variable] {
        &self.periodic
    }

    fn is_first_row(&self) -> Symbolic {
        Symbolic::Leaf(BaseLeaf::IsFirstRow)
    }

    fn is_last_row(&self) -> Symbolic {
        Symbolic::Leaf(BaseLeaf::IsLastRow)
    }

    fn is_transition(&self) -> Symbolic {
        Symbolic::Leaf(BaseLeaf::IsTransition)
    }

    fn assert_zero<I: Into<Symbolic>>(&mut self, zero: I) {
        self.constrain("", zero);
    }
}

impl TableBuilder for Describer {
    fn constrain(&mut self, label: &'static str, zero: impl Into<Symbolic>) {
        let zero = self.expression(&zero.into());
        self.constraints.push(Constraint { label, zero });
    }

    fn message(
        &mut self,
        bus: Bus,
        side: Side,
        fields: impl IntoIterator<Item = Symbolic>,
        multiplicity: Symbolic,
        multiplicity_max: u32,
    ) {
        let fields = fields.into_iter().map(|field| self.expression(&field)).collect();
        let multiplicity = self.expression(&multiplicity);
        let when = None;
        self.messages.push(Message { bus, side, fields, multiplicity, multiplicity_max, when });
    }
}
