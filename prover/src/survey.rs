//! Steps 2 to 4: the run in segments, the commitments to their borders, and the sizes of their tables.

use lvm_air::table::Table;
use lvm_isa::segment::Ledger;
use lvm_verifier::Profile;
use lvm_verifier::proof::Head;
use lvm_verifier::stark::global::GlobalChallenges;
use lvm_verifier::stark::interactions::Demands;
use lvm_vm::execute::Execution;

use crate::budget;
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
        let parts = (0..self.head.parts()).filter_map(|index| self.head.part_head(index));
        let tables = parts.flat_map(|part| &part.tables);
        tables
            .filter_map(|&(id, log)| {
                let table = Table::from_id(id)?;
                Some(u64::from(budget::row_cells(table)) << log)
            })
            .sum()
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
        let mut rows = [0_u64; Table::ALL.len()];
        for part in (0..head.parts()).filter_map(|index| head.part_head(index)) {
            for &(id, log) in &part.tables {
                rows[usize::from(id)] += 1 << log;
            }
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
}
