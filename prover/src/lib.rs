//! Proves runs of RV64IM programs.
//!
//! ```no_run
//! use lvm_prover::{Program, ProveOptions, Prover};
//! use lvm_verifier::{Claim, Verifier};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let program = Program::load(&std::fs::read("guest.elf")?)?;
//! let prover = Prover::new(program)?;
//! let proved = prover.prove(b"private input", &ProveOptions::default(), &mut |_| {})?;
//! let verifier = Verifier::new(prover.verifying_key());
//! let output = verifier.verify(&proved.proof, &Claim::default())?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Prover::prove`] takes these steps, with the numbers of `docs/protocol.md`:
//!
//! - Step 1: The program's preprocessed tables are committed, once for each [`Prover`] ([`setup`]); the
//!   verifying key is the commitments' hash.
//! - Steps 2 to 4: The run is surveyed ([`Prover::survey`]): cut into segments, whose borders are committed.
//!   The challenges that all parts share follow from the borders.
//! - Steps 5 to 9: The ledger and each segment are proved, each by itself ([`Prover::prove_parts`]): it is
//!   recorded, its tables are filled, and the multi-table STARK is proved over them. While one
//!   segment is proved the next is recorded. Other processes can do it, too ([`Job`]).
//!
//! Every finished part is verified before it is handed out. Memory is needed for one segment at a
//! time and for what the guest touches, however long the run is.
#![forbid(unsafe_code)]

pub mod budget;
pub mod error;
mod estimate;
pub mod job;
pub mod memory;
pub mod program;
mod prove;
pub mod setup;
mod stark;
mod survey;

pub use crate::error::ProveError;
pub use crate::estimate::{Estimate, estimate};
pub use crate::job::Job;
pub use crate::program::Program;
pub use crate::prove::{Phase, ProveOptions, Proved, Prover, RunTables, SegmentTables, Timings};
pub use crate::survey::{Survey, TableSize};
