//! `lvm verify`: reads and verifies one part of the proof after another.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use lvm_syscalls::layout::PUBLIC_OUTPUT_MAX;
use lvm_verifier::{Claim, Verifier, VerifyingKey};
use serde::Serialize;

use super::{inspect, load, prover, vk};
use crate::arguments::Verify;
use crate::display::{self, entry, hex, number, seconds};
use crate::{files, proof_file};

/// What `--json` shows of a proof that was verified.
#[derive(Serialize)]
struct Report {
    verified: bool,
    verifying_key: String,
    exit_code: u64,
    public_output: String,
    segments: usize,
    provable_bits: f64,
    seconds: f64,
}

/// Verifies a proof.
pub(crate) fn run(arguments: &Verify) -> anyhow::Result<ExitCode> {
    arguments.threads.apply()?;
    let file = arguments.proof.display();
    let (head, mut parts) = proof_file::open(&arguments.proof)?;
    let key = key(arguments)?;
    let public_output = arguments
        .public_output
        .as_deref()
        .map(|path| files::read(path, "the expected public output", PUBLIC_OUTPUT_MAX))
        .transpose()?;
    let claim = Claim {
        exit_code: arguments.exit_code,
        public_output: public_output.as_deref(),
        profile: arguments.profile,
    };

    let started = Instant::now();
    let refused = || format!("the proof {file} is refused");
    let verifier = Verifier::new(key);
    let mut verification = verifier.begin(&head, &claim).with_context(refused)?;
    while let Some(part) = parts.next(&head)? {
        verification.part(&part.proof).with_context(refused)?;
    }
    let output = verification.finish().with_context(refused)?;
    let elapsed = started.elapsed();
    let segments = head.segments.len();
    let provable_bits = inspect::provable_bits(&head)?;
    if arguments.json {
        display::json(&Report {
            verified: true,
            verifying_key: key.to_string(),
            exit_code: arguments.exit_code,
            public_output: hex(output),
            segments,
            provable_bits,
            seconds: elapsed.as_secs_f64(),
        })?;
    } else {
        entry("verified", &file)?;
        entry("verifying key", key)?;
        entry("exit code", arguments.exit_code)?;
        entry("public output", display::output(output))?;
        entry("segments", number(segments as u64))?;
        entry("security", format_args!("{} provable bits", display::bits(provable_bits)))?;
        entry("time", seconds(elapsed))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The key to verify with.
fn key(arguments: &Verify) -> anyhow::Result<VerifyingKey> {
    match (&arguments.vk, &arguments.elf) {
        (Some(path), _) => vk::read(path),
        (None, Some(elf)) => Ok(prover(load(elf, arguments.abi)?, elf)?.verifying_key()),
        (None, None) => anyhow::bail!("neither a program nor a verifying key was given"),
    }
}
