//! Why there is no proof.

use lvm_air::trace::TooLong;
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
    /// The run doesn't fit the tables.
    #[error("the run of {cycles} cycles is too long for one proof: {source}")]
    TooLong {
        cycles: u64,
        #[source]
        source: TooLong,
    },
    /// Proving would take more memory than there is.
    #[error(
        "proving the run of {cycles} cycles needs about {} MiB of memory, and {} MiB may be used",
        needed >> 20,
        limit >> 20
    )]
    Memory {
        cycles: u64,
        /// Bytes needed, estimated.
        needed: u64,
        /// Bytes that may be used.
        limit: u64,
    },
    /// The proof system failed.
    #[error("the proof can't be made: {0}")]
    Stark(String),
    /// The finished proof doesn't verify: a bug, not a property of the run.
    #[error("the finished proof doesn't verify: {0}")]
    Unsound(#[from] lvm_verifier::VerifyError),
}
