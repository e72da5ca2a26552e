//! Which tables a proof has, and how high they are.
//!
//! Invariant of [`Shape`]: tables in ascending order without repetition; every preprocessed table
//! is there, with the height that the key says; every height within limits.

use alloc::vec::Vec;

use lvm_air::table::{LOG_HEIGHT_MAX, LOG_HEIGHT_MIN, Table, padded_height};
use lvm_air::tables::boundary;
use lvm_syscalls::layout::PUBLIC_OUTPUT_MAX;

use crate::key::KeyMaterial;

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
        let fixed = [
            (Table::Program, usize::from(key.log_program)),
            (Table::Image, usize::from(key.log_image)),
            (Table::Range, 16),
            (Table::Byte, 16),
            (Table::ShiftAmount, 6),
            (Table::Boundary, log_padded(boundary::ROWS)),
        ];
        for (table, expected) in fixed {
            let found = known.iter().find(|(t, _)| *t == table).map(|(_, height)| *height);
            match found {
                Some(found) if expected != found => {
                    return Err(ShapeError::FixedHeight { table, expected, found });
                }
                Some(_) => {}
                None => return Err(ShapeError::Missing { table }),
            }
        }
        Ok(Self { tables: known })
    }

    /// The tables with the log2 of their heights, in order.
    #[must_use]
    pub fn tables(&self) -> &[(Table, usize)] {
        &self.tables
    }
}

/// Log2 of the height that holds `rows` rows.
#[must_use]
pub const fn log_padded(rows: usize) -> usize {
    padded_height(rows).trailing_zeros() as usize
}
