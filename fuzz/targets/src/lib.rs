//! What the fuzz targets check, as functions of bytes.
//!
//! Each module has one function `check`, which returns on all bytes and panics on a find. It is
//! called by the libFuzzer executable of the same name in `fuzz/fuzz_targets/`, and by a test here
//! on every file of `fuzz/corpus/`, so that the corpus is checked wherever the tests run.
#![forbid(unsafe_code)]

pub mod decode;
pub mod differential;
pub mod elf;
pub mod parse;
pub mod proof_mutation;

// The checks of recorded events that the emulator's own tests use.
#[path = "../../../vm/tests/both/mod.rs"]
mod both;
#[path = "../../../vm/tests/snapshots/mod.rs"]
mod snapshots;
