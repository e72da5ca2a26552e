//! What proving a run will take, without proving anything.
//!
//! The run is recorded as for a survey (step 2) and cut into the same segments, so the tables and
//! their heights are those of the proof. Nothing is committed.

use lvm_air::trace;
use lvm_isa::instruction::Class;
use lvm_isa::segment::Ledger;
use lvm_verifier::proof::PartName;
use lvm_vm::execute::{Execution, Options};
use lvm_vm::record::Recorder;

use crate::budget;
use crate::error::ProveError;
use crate::program::Program;
use crate::prove::{heights_of, numbered};
use crate::survey::TableSize;

/// A run and the tables that prove it.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// The run.
    pub execution: Execution,
    /// Cycles of each segment.
    pub segments: Vec<u64>,
    /// Executed instructions of each class, in the order of [`Class`].
    pub classes: [u64; Class::COUNT],
    /// The cells before and after the run; its memory words are all that the run touched.
    pub ledger: Ledger,
    /// The tables with their sizes over all parts.
    pub tables: Vec<TableSize>,
}

impl Estimate {
    /// Cells of main and interaction columns in all parts, padding included.
    #[must_use]
    pub fn cells(&self) -> u64 {
        self.tables.iter().map(TableSize::cells).sum()
    }
}

/// Runs `program` on `private_input`, and says what proving the run takes in segments of
/// `segment_cells` cells. What the run prints is dropped.
///
/// # Errors
/// If the run traps or meets a limit, or is too long for the tables.
pub fn estimate(
    program: &Program,
    private_input: &[u8],
    options: &Options,
    segment_cells: u64,
) -> Result<Estimate, ProveError> {
    let loaded = program.loaded();
    let budget = budget::of_cells(segment_cells);
    let mut ignore = |_: &[u8]| {};
    let mut recorder = Recorder::new(loaded, private_input, options, &budget, &mut ignore)?;
    let mut segments = Vec::new();
    let mut classes = [0; Class::COUNT];
    let mut heights = Vec::new();
    while let Some(segment) = recorder.segment(false)? {
        segments.push(segment.cycles);
        for (sum, count) in classes.iter_mut().zip(segment.tally.classes) {
            *sum += count;
        }
        heights.extend(numbered(&trace::segment_heights(loaded.program(), &segment.tally)));
    }
    let (execution, ledger) = recorder.finish()?;
    let tables = trace::fill_ledger(loaded.program(), &ledger, &trace::fresh)
        .map_err(|source| ProveError::TooLong { part: PartName(0), source })?;
    heights.extend(heights_of(&tables));
    let tables = TableSize::of_heights(heights);
    Ok(Estimate { execution, segments, classes, ledger, tables })
}
