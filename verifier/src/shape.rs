//! Which tables the proof of a part has, and how high they are.
//!
//! Invariant of [`Shape`]: tables of the part in ascending order, those that occur several times in
//! descending order of height; every preprocessed table of the part is there once, with the height
//! that the key says; every height within limits, and so the sum of heights of each table.

use alloc::vec::Vec;

use lvm_air::table::{Part, Table, padded_height};
use lvm_air::tables::{boundary, ledger};

use crate::key::KeyMaterial;

/// Most tables in a proof, each counted as often as it occurs.
pub const TABLES_MAX: usize = 128;

/// The tables of a part's proof with the log2 of their heights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    tables: Vec<(Table, usize)>,
}

/// A shape that no honest prover makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    #[error("there is no table with number {id}")]
    UnknownTable { id: u8 },
    #[error("table {} is not one of a {}", table.name(), part.name())]
    OtherPart { table: Table, part: Part },
    #[error("table {} is out of order or repeated", table.name())]
    Order { table: Table },
    #[error("table {} is missing", table.name())]
    Missing { table: Table },
    #[error("table {} has height 2^{found} instead of 2^{expected}", table.name())]
    FixedHeight { table: Table, expected: usize, found: usize },
    #[error("table {} has height 2^{found}, outside 2^{} to 2^{}", table.name(), table.log_height_min(), table.log_height_max())]
    Height { table: Table, found: usize },
    #[error("table {} has more than 2^{} rows", table.name(), table.log_height_max())]
    Rows { table: Table },
    #[error("there are {found} tables, more than {TABLES_MAX}")]
    TooMany { found: usize },
}

impl Shape {
    /// The shape of `part` with these tables, as `(number, log2 of height)`.
    ///
    /// # Errors
    /// If the invariant doesn't hold for `key`.
    pub fn new(part: Part, tables: &[(u8, u8)], key: &KeyMaterial) -> Result<Self, ShapeError> {
        if tables.len() > TABLES_MAX {
            return Err(ShapeError::TooMany { found: tables.len() });
        }
        let mut known: Vec<(Table, usize)> = Vec::new();
        let mut rows = 0_usize;
        for &(id, log_height) in tables {
            let table = Table::from_id(id).ok_or(ShapeError::UnknownTable { id })?;
            if !table.is_of(part) {
                return Err(ShapeError::OtherPart { table, part });
            }
            let found = usize::from(log_height);
            if !(table.log_height_min()..=table.log_height_max()).contains(&found) {
                return Err(ShapeError::Height { table, found });
            }
            if let Some(&(last, height)) = known.last() {
                let may_repeat = !part.preprocessed().contains(&table) && height >= found;
                if last > table || (last == table && !may_repeat) {
                    return Err(ShapeError::Order { table });
                }
                if last != table {
                    rows = 0;
                }
            }
            rows = rows.saturating_add(1 << found);
            if rows > 1 << table.log_height_max() {
                return Err(ShapeError::Rows { table });
            }
            known.push((table, found));
        }
        for &table in part.preprocessed() {
            let expected = fixed_log_height(table, key);
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

/// Log2 of the height of a preprocessed table.
fn fixed_log_height(table: Table, key: &KeyMaterial) -> usize {
    match table {
        Table::Program => usize::from(key.log_program),
        Table::Image => usize::from(key.log_image),
        Table::Range | Table::Byte => 16,
        Table::ShiftAmount => 6,
        Table::Ledger => log_padded(ledger::ROWS),
        _ => log_padded(boundary::ROWS),
    }
}

/// Log2 of the height that holds `rows` rows.
#[must_use]
pub const fn log_padded(rows: usize) -> usize {
    padded_height(rows).trailing_zeros() as usize
}
