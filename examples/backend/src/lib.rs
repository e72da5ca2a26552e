//! A proving backend that holds lvm.
//!
//! Services that prove with several machines have a trait for a machine, and a crate for each that
//! implements it. This crate has such traits, with the methods of two of those services, and
//! implements them with lvm:
//!
//! | module | shaped like | without the feature `prover` |
//! | --- | --- | --- |
//! | [`codec`] | ere's `Encode` and `Decode` | there |
//! | [`verifier`] | ere's `zkVMVerifier` | there |
//! | `prover` | ere's `zkVMProver` | |
//! | `backend`, `input` | ethrex's `ProverBackend` | |
//! | `split` | several machines that make one proof | |
//! | `workload` | what is proved: a program, its input, the output that it must have | |
//!
//! Invariant: nothing here writes a file, starts a process or keeps anything from one proof to the
//! next but the commitment to the program, so any number of proofs can be made side by side, with
//! one backend or with several. Every error has its cause as its source.
//!
//! `docs/integration.md` says what else a service needs to know.
#![forbid(unsafe_code)]

#[cfg(feature = "prover")]
pub mod backend;
pub mod codec;
#[cfg(feature = "prover")]
pub mod input;
#[cfg(feature = "prover")]
pub mod prover;
#[cfg(feature = "prover")]
pub mod split;
pub mod verifier;
#[cfg(feature = "prover")]
pub mod workload;
