//! Columns that no prover chooses, and what they are for: permutations that lie at multiples of a
//! power of two.

use core::ops::Range;

use crate::table::{LOG_HEIGHT_MIN, Table};
use crate::tables::keccak;

/// A column that is 1 in some rows of each period and 0 in the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Periodic {
    /// Its name.
    pub name: &'static str,
    /// The rows of a period in which it is 1.
    pub ones: Range<usize>,
}

/// Rows of a period.
pub const PERIOD: usize = 1 << keccak::LOG_ROWS;

impl Periodic {
    /// The column in a row.
    #[must_use]
    pub fn is_one(&self, row: usize) -> bool {
        self.ones.contains(&(row % PERIOD))
    }
}

impl Table {
    /// Log2 of the table's smallest height: that of one permutation in `keccak`.
    #[must_use]
    pub const fn log_height_min(self) -> usize {
        match self {
            Self::Keccak => keccak::LOG_ROWS,
            _ => LOG_HEIGHT_MIN,
        }
    }

    /// Columns that no prover chooses, which repeat; none for most tables.
    #[must_use]
    pub const fn periodic(self) -> &'static [Periodic] {
        match self {
            Self::Keccak => &keccak::PERIODIC,
            _ => &[],
        }
    }

    /// Whether the table's bits before and after permutations are tied by the layers between them
    /// ([`crate::keccak_f`]).
    #[must_use]
    pub const fn has_layers(self) -> bool {
        matches!(self, Self::Keccak)
    }
}
