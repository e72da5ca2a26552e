//! Why there is no proof.

use lvm_air::trace::TooLong;
use lvm_verifier::proof::PartName;
use lvm_vm::error::ExecuteError;

/// Why a prover can't be set up for a program.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The program's tables can't be committed.
    #[error("the program's tables can't be committed: {0}")]
    Commit(String),
    /// The program isn't one that the loader makes.
    #[error("not a program for the tables: {0}")]
    Invalid(#[from] lvm_isa::program::InvalidProgram),
    /// The program has too many instructions or words of initial memory.
    #[error("the program is too large: table {table} would have {rows} rows")]
    TooLarge { table: &'static str, rows: usize },
}

/// Why a run is not proved.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The run has no result: it traps, or meets a limit.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// A part doesn't fit the tables.
    #[error("{part} is too long for one proof: {source}")]
    TooLong {
        part: PartName,
        #[source]
        source: TooLong,
    },
    /// Proving segments of the wanted size, or even the smallest, would take more memory than there
    /// is.
    #[error(
        "proving needs {} MiB of memory, and {} MiB may be used",
        needed >> 20,
        limit >> 20
    )]
    Memory {
        /// Bytes needed, estimated.
        needed: u64,
        /// Bytes that may be used.
        limit: u64,
    },
    /// There is no such segment.
    #[error("the run has {segments} segments, there is none with number {segment}")]
    NoSegment { segment: u32, segments: u32 },
    /// Whoever takes the parts failed, or wants no more of them.
    #[error("the proof of {part} can't be kept: {source}")]
    Keep {
        part: PartName,
        #[source]
        source: Box<dyn core::error::Error + Send + Sync>,
    },
    /// The finished proof doesn't verify: a bug, not a property of the run.
    #[error("the finished proof doesn't verify: {0}")]
    Unsound(#[from] lvm_verifier::VerifyError),
}
