//! `lvm vk`

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use lvm_verifier::VerifyingKey;

use super::{load, prover};
use crate::arguments::Vk;
use crate::display::line;
use crate::files::{self, Destination};

/// Makes a verifying key.
pub(crate) fn run(arguments: &Vk) -> anyhow::Result<ExitCode> {
    arguments.threads.apply()?;
    let destination = arguments
        .output
        .as_deref()
        .map(|path| Destination::new(path, &[&arguments.elf]))
        .transpose()?;
    let program = load(&arguments.elf, arguments.abi)?;
    let key = prover(program, &arguments.elf)?.verifying_key();
    match destination {
        Some(destination) => destination.write(key.as_bytes())?,
        None => line(key)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a verifying key.
pub(super) fn read(path: &Path) -> anyhow::Result<VerifyingKey> {
    let bytes = files::read(path, "the verifying key", 1 << 20)?;
    VerifyingKey::read(&bytes)
        .with_context(|| format!("cannot read the verifying key {}", path.display()))
}
