//! RV64IM as data, shared by the emulator, the tables and the verifier.
//!
//! This crate says what an instruction *is* (`instruction`, `decode`), what it *means*
//! (`semantics`, and `arithmetic` for the calls that compute; pure functions), what a loaded program is (`program`), how a run is cut into
//! segments (`segment`), and what a recorded segment leaves behind for the tables (`event`). It runs nothing and proves nothing.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "arithmetic")]
pub mod arithmetic;
pub mod decode;
pub mod display;
pub mod event;
pub mod instruction;
#[cfg(feature = "arithmetic")]
pub mod multiple;
pub mod program;
pub mod segment;
pub mod semantics;
