//! `lvm prove`

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use lvm_prover::{ProveOptions, Proved, Timings};
use lvm_verifier::VerifyingKey;
use serde::Serialize;

use super::{execute, inspect, load, prover};
use crate::arguments::Prove;
use crate::display::{self, entry, hex, line, number, seconds};
use crate::files::{self, Destination};
use crate::progress::Progress;

/// What `--json` shows of a proof that was made.
#[derive(Serialize)]
struct Report<'a> {
    proof: String,
    proof_bytes: usize,
    profile: &'a str,
    provable_bits: f64,
    verifying_key: String,
    cycles: u64,
    misaligned: u64,
    exit_code: u64,
    panic_message: Option<&'a str>,
    public_output: String,
    tables: Vec<TableReport>,
    seconds: Seconds,
}

#[derive(Serialize)]
struct TableReport {
    name: &'static str,
    height: usize,
    width: usize,
    extension_columns: usize,
}

/// How long each phase took.
#[derive(Serialize)]
pub(super) struct Seconds {
    setup: f64,
    record: f64,
    fill: f64,
    prove: f64,
    verify: f64,
    total: f64,
}

impl Seconds {
    pub(super) fn new(setup: Duration, timings: &Timings, total: Duration) -> Self {
        Self {
            setup: setup.as_secs_f64(),
            record: timings.record.as_secs_f64(),
            fill: timings.fill.as_secs_f64(),
            prove: timings.prove.as_secs_f64(),
            verify: timings.verify.as_secs_f64(),
            total: total.as_secs_f64(),
        }
    }
}

/// Proves a run and writes the proof.
pub(crate) fn run(arguments: &Prove, verbose: bool) -> anyhow::Result<ExitCode> {
    arguments.threads.apply()?;
    let mut files: Vec<_> = [Some(arguments.elf.as_path()), arguments.private_input.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    let proof_file = Destination::new(&arguments.output, &files)?;
    files.push(&arguments.output);
    let output_file = arguments
        .public_output
        .as_deref()
        .map(|path| Destination::new(path, &files))
        .transpose()?;
    let program = load(&arguments.elf)?;
    let private_input = files::read_input(arguments.private_input.as_deref())?;
    let mut options = ProveOptions {
        profile: arguments.profile,
        memory_limit: arguments.memory_limit,
        ..ProveOptions::default()
    };
    if let Some(max_cycles) = arguments.max_cycles {
        options.execution.max_cycles = max_cycles;
    }

    let mut progress = Progress::new(verbose);
    let started = Instant::now();
    progress.begin("committing to the program");
    let prover = prover(program, &arguments.elf)?;
    let setup = started.elapsed();
    let proved = prover
        .prove(&private_input, &options, &mut |phase| progress.phase(phase))
        .with_context(|| format!("cannot prove {}", arguments.elf.display()))?;
    let bytes = proved.proof.to_bytes().context("cannot encode the proof")?;
    let total = started.elapsed();
    drop(progress);

    if let Some(output_file) = output_file {
        output_file.write(&proved.execution.public_output)?;
    }
    proof_file.write(&bytes)?;
    let key = prover.verifying_key();
    let seconds = Seconds::new(setup, &proved.timings, total);
    let file = proof_file.path().display().to_string();
    if arguments.json {
        show_json(arguments, file, bytes.len(), key, &proved, seconds)?;
    } else {
        show(arguments, &file, bytes.len(), key, &proved, setup, total)?;
    }
    execute::say_panic(&proved.execution);
    if proved.execution.exit_code != 0 {
        eprintln!(
            "the proof is of a run that failed: to verify it, say --exit-code {}",
            proved.execution.exit_code
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn show(
    arguments: &Prove,
    file: &str,
    bytes: usize,
    key: VerifyingKey,
    proved: &Proved,
    setup: Duration,
    total: Duration,
) -> anyhow::Result<()> {
    execute::show(&proved.execution)?;
    entry("verifying key", key)?;
    entry("proof", format_args!("{file}, {} bytes", number(bytes as u64)))?;
    let bits = inspect::provable_bits(&proved.proof)?;
    entry("security", format_args!("{} provable bits", display::bits(bits)))?;
    let Timings { record, fill, prove, verify } = proved.timings;
    for (phase, duration) in [
        ("setup", setup),
        ("record", record),
        ("fill", fill),
        ("prove", prove),
        ("verify", verify),
        ("total", total),
    ] {
        entry(phase, seconds(duration))?;
    }
    if arguments.time {
        line(format_args!("Proving time: {:.3}s", total.as_secs_f64()))?;
    }
    Ok(())
}

fn show_json(
    arguments: &Prove,
    proof: String,
    proof_bytes: usize,
    key: VerifyingKey,
    proved: &Proved,
    seconds: Seconds,
) -> anyhow::Result<()> {
    let execution = &proved.execution;
    display::json(&Report {
        proof,
        proof_bytes,
        profile: arguments.profile.name(),
        provable_bits: inspect::provable_bits(&proved.proof)?,
        verifying_key: key.to_string(),
        cycles: execution.cycles,
        misaligned: execution.misaligned,
        exit_code: execution.exit_code,
        panic_message: execution.panic_message.as_deref(),
        public_output: hex(&execution.public_output),
        tables: proved
            .tables
            .iter()
            .map(|table| TableReport {
                name: table.name,
                height: table.height,
                width: table.width,
                extension_columns: table.extension_columns,
            })
            .collect(),
        seconds,
    })
}
