//! One module for each command.

pub(crate) mod build;
pub(crate) mod conformance;
pub(crate) mod demo;
pub(crate) mod execute;
pub(crate) mod inspect;
pub(crate) mod new;
pub(crate) mod prove;
pub(crate) mod sysroot;
pub(crate) mod verify;
pub(crate) mod vk;

use std::path::Path;

use anyhow::Context;
use lvm_prover::{Program, Prover};

use crate::files;

/// The program in the file `path`.
fn load(path: &Path) -> anyhow::Result<Program> {
    let elf = files::read_elf(path)?;
    Program::load(&elf).with_context(|| format!("cannot load the program {}", path.display()))
}

/// A prover of `program`, which came from the file `path`.
fn prover(program: Program, path: &Path) -> anyhow::Result<Prover> {
    Prover::new(program).with_context(|| format!("cannot set up proving for {}", path.display()))
}
