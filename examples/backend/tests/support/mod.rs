//! Backends for the tests.

#![allow(dead_code, reason = "not every test file needs all of it")]

use std::path::Path;

use lvm_example_backend::backend::LvmBackend;
use lvm_example_backend::input::{InputCodec, Raw};
use lvm_prover::ProveOptions;
use lvm_vm::elf::Abi;

/// A file of the repository.
pub(crate) fn file(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Small segments, so that provers side by side have room.
pub(crate) fn options() -> ProveOptions {
    ProveOptions { memory_limit: Some(2 << 30), ..ProveOptions::default() }
}

/// A backend with a bundled guest.
pub(crate) fn backend_with<C: InputCodec>(guest: &str, codec: C) -> LvmBackend<C> {
    LvmBackend::new(&file(&format!("guests/elf/{guest}.elf")), Abi::Lvm, codec, options())
        .unwrap_or_else(|error| panic!("{guest}: {error}"))
}

/// The same, taking bytes.
pub(crate) fn backend(guest: &str) -> LvmBackend<Raw> {
    backend_with(guest, Raw)
}

/// The error and its causes, outermost first.
pub(crate) fn chain(error: &dyn std::error::Error) -> Vec<String> {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect()
}
