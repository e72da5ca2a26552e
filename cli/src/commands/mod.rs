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
use lvm_vm::elf::{self, Abi};

use crate::files;

/// The program in the file `path`, which was built for the machine that `abi` says.
fn load(path: &Path, abi: Abi) -> anyhow::Result<Program> {
    let loaded = elf::load_for(abi, &files::read_elf(path)?)
        .with_context(|| format!("cannot load the program {}", path.display()))?;
    Ok(loaded.into())
}

/// A prover of `program`, which came from the file `path`.
fn prover(program: Program, path: &Path) -> anyhow::Result<Prover> {
    Prover::new(program).with_context(|| format!("cannot set up proving for {}", path.display()))
}
