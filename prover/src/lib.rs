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
//! [`Prover::prove`] takes these steps, the same as `docs/protocol.md` and the verifier:
//!
//! 1. The program's preprocessed tables are committed, once for each [`Prover`] ([`setup`]); the
//!    verifying key is the commitment's hash.
//! 2. The run is recorded and the tables are filled; their heights are the proof's shape.
//! 3. Profile, key, exit code, public output and shape begin the transcript.
//! 4. The multi-table STARK is proved over the filled tables.
//!
//! The finished proof is verified before it is handed out.
#![forbid(unsafe_code)]

pub mod error;
pub mod memory;
pub mod program;
mod prove;
pub mod setup;
mod stark;

pub use crate::error::ProveError;
pub use crate::program::Program;
pub use crate::prove::{Phase, ProveOptions, Proved, Prover, Timings};
