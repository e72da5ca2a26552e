//! Which tables a proof has, and how high they are.
//!
//! Invariant of [`Shape`]: tables in ascending order without repetition; every preprocessed table
//! is there, with the height that the key says; `output` is there exactly if there is public
//! output, with the height that its length says; every height within limits.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use lvm_air::check::RowChecker;
use lvm_air::table::{LOG_HEIGHT_MAX, LOG_HEIGHT_MIN, Table, TableAir, padded_height};
use lvm_air::tables::boundary::{self, BoundaryStatement};
use lvm_air::tables::output;
use lvm_syscalls::layout::PUBLIC_OUTPUT_MAX;
use p3_batch_stark::CommonData;
use p3_batch_stark::common::{GlobalPreprocessed, PreprocessedInstanceMeta};
use p3_field::PrimeCharacteristicRing;
use p3_lookup::{LogUpGadget, Lookups};

use crate::config::{Challenge, Commitment, Config, Val};
use crate::key::KeyMaterial;

/// Degree that constraints and packed interactions may have at blowup 2.
pub const DEGREE_MAX: usize = 3;

/// The tables of a proof with the log2 of their heights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    tables: Vec<(Table, usize)>,
}

/// A shape that no honest prover makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    #[error("there is no table with number {id}")]
    UnknownTable { id: u8 },
    #[error("table {} is out of order or repeated", table.name())]
    Order { table: Table },
    #[error("table {} is missing", table.name())]
    Missing { table: Table },
    #[error("table {} is there without public output", table.name())]
    Unexpected { table: Table },
    #[error("table {} has height 2^{found} instead of 2^{expected}", table.name())]
    FixedHeight { table: Table, expected: usize, found: usize },
    #[error("table {} has height 2^{found}, outside 2^{LOG_HEIGHT_MIN} to 2^{LOG_HEIGHT_MAX}", table.name())]
    Height { table: Table, found: usize },
    #[error("there are {found} tables, more than all that exist")]
    TooMany { found: usize },
    #[error("the public output has {bytes} bytes, more than {PUBLIC_OUTPUT_MAX}")]
    OutputTooLong { bytes: usize },
}

impl Shape {
    /// The shape with these tables, as `(number, log2 of height)`.
    ///
    /// # Errors
    /// If the invariant doesn't hold for `key` and `public_output`.
    pub fn new(
        tables: &[(u8, u8)],
        key: &KeyMaterial,
        public_output: &[u8],
    ) -> Result<Self, ShapeError> {
        if public_output.len() as u64 > PUBLIC_OUTPUT_MAX {
            return Err(ShapeError::OutputTooLong { bytes: public_output.len() });
        }
        if tables.len() > Table::ALL.len() {
            return Err(ShapeError::TooMany { found: tables.len() });
        }
        let mut known: Vec<(Table, usize)> = Vec::new();
        for &(id, log_height) in tables {
            let table = Table::from_id(id).ok_or(ShapeError::UnknownTable { id })?;
            if known.last().is_some_and(|&(last, _)| last >= table) {
                return Err(ShapeError::Order { table });
            }
            let found = usize::from(log_height);
            if !(LOG_HEIGHT_MIN..=LOG_HEIGHT_MAX).contains(&found) {
                return Err(ShapeError::Height { table, found });
            }
            known.push((table, found));
        }
        let log_output = (!public_output.is_empty()).then(|| log_padded(public_output.len()));
        let fixed = [
            (Table::Program, Some(usize::from(key.log_program))),
            (Table::Image, Some(usize::from(key.log_image))),
            (Table::Range, Some(16)),
            (Table::Byte, Some(16)),
            (Table::ShiftAmount, Some(6)),
            (Table::Boundary, Some(log_padded(boundary::ROWS))),
            (Table::Output, log_output),
        ];
        for (table, expected) in fixed {
            let found = known.iter().find(|(t, _)| *t == table).map(|(_, height)| *height);
            match (expected, found) {
                (Some(expected), Some(found)) if expected != found => {
                    return Err(ShapeError::FixedHeight { table, expected, found });
                }
                (Some(_), None) => return Err(ShapeError::Missing { table }),
                (None, Some(_)) => return Err(ShapeError::Unexpected { table }),
                _ => {}
            }
        }
        Ok(Self { tables: known })
    }

    /// The tables with the log2 of their heights, in order.
    #[must_use]
    pub fn tables(&self) -> &[(Table, usize)] {
        &self.tables
    }

    /// The tables as the STARK sees them, for a statement. The preprocessed rows are left out.
    #[must_use]
    pub fn airs(&self, entry: u64, exit_code: u64, public_output: &[u8]) -> Vec<TableAir> {
        let statement =
            BoundaryStatement { entry, exit_code, output_len: public_output.len() as u64 };
        let columns = |table: Table| match table {
            Table::Output => output::columns_of(public_output, padded_height(public_output.len())),
            _ => vec![],
        };
        self.tables
            .iter()
            .map(|&(table, _)| TableAir {
                table,
                statement,
                output: Arc::new(columns(table)),
                preprocessed: None,
            })
            .collect()
    }

    /// What prover and verifier know in common: the preprocessed commitment, which table has
    /// which part of it, and the interactions of each table, from the tables' `constraints`.
    #[must_use]
    pub fn common(
        &self,
        constraints: Vec<TableConstraints>,
        commitment: Commitment,
    ) -> CommonData<Config> {
        let preprocessed = |table: Table| Table::PREPROCESSED.iter().position(|t| *t == table);
        let instances = self
            .tables
            .iter()
            .map(|&(table, log_height)| {
                preprocessed(table).map(|matrix_index| PreprocessedInstanceMeta {
                    matrix_index,
                    width: table.preprocessed_width(),
                    degree_bits: log_height,
                })
            })
            .collect();
        // The preprocessed tables are the first ones of every shape.
        let matrix_to_instance = (0..Table::PREPROCESSED.len()).collect();
        CommonData::new(
            Some(GlobalPreprocessed { commitment, instances, matrix_to_instance }),
            constraints.into_iter().map(|table| table.interactions).collect(),
        )
    }
}

/// What a table demands and says. It doesn't depend on the statement.
#[derive(Clone, Debug)]
pub struct TableConstraints {
    /// Constraints on the main columns.
    pub constraints: usize,
    /// Messages of a row.
    pub messages: usize,
    /// The interactions, two on a column where they share a bus and degrees allow.
    pub interactions: Lookups<Val>,
}

impl TableConstraints {
    /// Evaluates a table.
    #[must_use]
    pub fn of(air: &TableAir) -> Self {
        let interactions = Lookups::from_air::<Challenge, TableAir>(air);
        Self {
            constraints: constraints(air.table),
            messages: interactions.iter().map(|lookup| lookup.elements.len()).sum(),
            interactions: interactions.pack_same_bus(&LogUpGadget::new(), DEGREE_MAX),
        }
    }

    /// Columns of challenges: one for each packed interaction, and their running sum.
    #[must_use]
    pub fn extension_columns(&self) -> usize {
        self.interactions.len().saturating_add(1)
    }
}

/// Constraints of a table on its main columns, counted on a row of zeros.
fn constraints(table: Table) -> usize {
    let main = vec![Val::ZERO; table.width()];
    let preprocessed = vec![Val::ZERO; table.preprocessed_width()];
    let mut checker = RowChecker::new([&main; 2], [&preprocessed; 2], &[Val::ZERO; 3], 0, 2);
    table.eval(&BoundaryStatement::default(), &mut checker);
    checker.constraints
}

/// Log2 of the height that holds `rows` rows.
#[must_use]
pub const fn log_padded(rows: usize) -> usize {
    padded_height(rows).trailing_zeros() as usize
}
