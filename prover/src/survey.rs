//! Steps 2 to 4: the run in segments, the commitments to their borders, and the sizes of their tables.

use lvm_air::table::Table;
use lvm_isa::segment::Ledger;
use lvm_verifier::Profile;
use lvm_verifier::config::CHALLENGE_DEGREE;
use lvm_verifier::proof::Head;
use lvm_verifier::stark::global::GlobalChallenges;
use lvm_verifier::stark::interactions::Demands;
use lvm_vm::execute::Execution;

use crate::job::Job;

/// A run that is ready to be proved part by part.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The run.
    pub execution: Execution,
    /// The proof's head.
    pub head: Head,
    /// Cycles of each segment.
    pub cycles: Vec<u64>,
    /// Cells of a segment.
    pub segment_cells: u64,
    pub(crate) profile: Profile,
    pub(crate) ledger: Ledger,
    pub(crate) global: GlobalChallenges,
}

impl Survey {
    /// The jobs of all segments, in order.
    pub fn jobs(&self) -> impl Iterator<Item = Job> + '_ {
        (1..).take(self.cycles.len()).map(|segment| self.job(segment))
    }

    /// The job of a segment.
    pub(crate) fn job(&self, segment: u32) -> Job {
        Job {
            profile: self.profile,
            segment,
            segment_cells: self.segment_cells,
            global: self.global.digest,
        }
    }

    /// The tables with their sizes over all parts.
    #[must_use]
    pub fn tables(&self) -> Vec<TableSize> {
        TableSize::of(&self.head)
    }

    /// Cells of main and interaction columns in all parts, padding included.
    #[must_use]
    pub fn cells(&self) -> u64 {
        self.tables().iter().map(TableSize::cells).sum()
    }
}

/// The size of one table in a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableSize {
    /// The table's name.
    pub name: &'static str,
    /// Rows, padding included, in all parts.
    pub rows: u64,
    /// Committed main columns.
    pub width: usize,
    /// Columns of challenges for interactions.
    pub extension_columns: usize,
}

impl TableSize {
    /// The tables of a proof with this head, which must be one that a run can have.
    #[must_use]
    pub fn of(head: &Head) -> Vec<Self> {
        let parts = (0..head.parts()).filter_map(|index| head.part_head(index));
        Self::of_heights(parts.flat_map(|part| &part.tables).copied())
    }

    /// The tables with these numbers and log2 of heights.
    pub(crate) fn of_heights(heights: impl IntoIterator<Item = (u8, u8)>) -> Vec<Self> {
        let mut rows = [0_u64; Table::ALL.len()];
        for (id, log) in heights {
            rows[usize::from(id)] += 1 << log;
        }
        Table::ALL
            .into_iter()
            .zip(rows)
            .filter(|&(_, rows)| rows > 0)
            .map(|(table, rows)| Self {
                name: table.name(),
                rows,
                width: table.width(),
                extension_columns: Demands::of(table).columns(),
            })
            .collect()
    }

    /// Cells of main and interaction columns, padding included.
    #[must_use]
    pub fn cells(&self) -> u64 {
        self.rows * (self.width + CHALLENGE_DEGREE * self.extension_columns) as u64
    }
}
