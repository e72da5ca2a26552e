//! `lvm execute`
//!
//! A run that isn't profiled is executed by the plain interpreter.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use lvm_prover::{Program, budget, estimate};
use lvm_vm::error::ExecuteError;
use lvm_vm::execute::{Execution, Options};
use lvm_vm::profile::{Profile, Profiled, profile};
use serde::Serialize;

use super::load;
use crate::arguments::Execute;
use crate::display::{self, entry, hex, number};
use crate::files::{self, Destination};
use crate::profile::{NamedProfile, NamedProgram, ProfileFiles, Written};
use crate::statistics::Statistics;

/// What `--json` shows of a run.
#[derive(Serialize)]
struct Report<'a> {
    cycles: u64,
    misaligned: u64,
    exit_code: u64,
    panic_message: Option<&'a str>,
    public_output: String,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<Written>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistics: Option<Statistics>,
}

/// Runs the program; success is a run with exit code 0.
pub(crate) fn run(arguments: &Execute) -> anyhow::Result<ExitCode> {
    let inputs: Vec<_> = [
        Some(arguments.elf.as_path()),
        arguments.private_input.as_deref(),
        arguments.symbols.as_deref(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let program = load(&arguments.elf, arguments.abi)?;
    let private_input = files::read_input(arguments.private_input.as_deref())?;
    let destination = arguments
        .public_output
        .as_deref()
        .map(|path| Destination::new(path, &inputs))
        .transpose()?;
    let analysis = Analysis::new(arguments, &program, &inputs)?;

    let mut options = Options::default();
    if let Some(max_cycles) = arguments.max_cycles {
        options.max_cycles = max_cycles;
    }
    let started = Instant::now();
    // That nobody reads what the guest prints is no reason to end the run.
    let mut print = |text: &[u8]| drop(io::stderr().write_all(text));
    let (outcome, profile) = match &analysis {
        None => (program.execute(&private_input, &options, &mut print), None),
        Some(_) => {
            let Profiled { outcome, profile } =
                profile(program.loaded(), &private_input, &options, &mut print);
            (outcome, Some(profile))
        }
    };
    let elapsed = started.elapsed();
    let analysis = analysis.zip(profile);
    let found = analysis.map(|(analysis, profile)| analysis.profile(arguments, profile, &outcome));
    let execution =
        outcome.with_context(|| format!("cannot execute {}", arguments.elf.display()))?;
    let found = found.transpose()?;

    if let Some(destination) = destination {
        destination.write(&execution.public_output)?;
    }
    let statistics = match &found {
        Some(found) if arguments.stats => {
            let cells = budget::CELLS_DEFAULT;
            let estimate = estimate(&program, &private_input, &options, cells)
                .context("cannot say what proving takes")?;
            let Found { profile, named, .. } = found;
            Some(Statistics::new(&program, profile, &named.functions, &estimate))
        }
        _ => None,
    };
    let written = found.and_then(|found| found.written);
    if arguments.json {
        display::json(&Report {
            cycles: execution.cycles,
            misaligned: execution.misaligned,
            exit_code: execution.exit_code,
            panic_message: execution.panic_message.as_deref(),
            public_output: hex(&execution.public_output),
            seconds: elapsed.as_secs_f64(),
            profile: written,
            statistics,
        })?;
    } else {
        show(&execution)?;
        entry("time", display::seconds(elapsed))?;
        if let Some(written) = written {
            entry("profile", written.paths().join(", "))?;
        }
        if let Some(statistics) = statistics {
            statistics.show()?;
        }
    }
    say_panic(&execution);
    Ok(if execution.exit_code == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is wanted besides the outcome.
struct Analysis {
    named: NamedProgram,
    files: Option<ProfileFiles>,
}

/// Where a run's cycles went.
struct Found {
    profile: Profile,
    named: NamedProfile,
    written: Option<Written>,
}

impl Analysis {
    /// `None` if nothing is wanted. `inputs` are not overwritten.
    fn new(
        arguments: &Execute,
        program: &Program,
        inputs: &[&Path],
    ) -> anyhow::Result<Option<Self>> {
        if arguments.profile.is_none() && !arguments.stats {
            return Ok(None);
        }
        let others: Vec<_> =
            inputs.iter().copied().chain(arguments.public_output.as_deref()).collect();
        let files = arguments.profile.as_deref().map(|path| ProfileFiles::new(path, &others));
        let names = arguments.symbols.as_deref().unwrap_or(&arguments.elf);
        Ok(Some(Self { named: NamedProgram::new(names, program)?, files: files.transpose()? }))
    }

    /// Names what was profiled and writes the files, however the run ended.
    fn profile(
        &self,
        arguments: &Execute,
        profile: Profile,
        outcome: &Result<Execution, ExecuteError>,
    ) -> anyhow::Result<Found> {
        let named = NamedProfile::new(&profile, &self.named);
        named.say_shortcomings();
        let elf = arguments.elf.file_name().unwrap_or(arguments.elf.as_os_str());
        let end = if outcome.is_ok() { "" } else { ", until it failed" };
        let cycles = number(profile.cycles);
        let title = format!("{}: {cycles} cycles{end}", elf.to_string_lossy());
        let written = self.files.as_ref().map(|files| files.write(&named, &title)).transpose()?;
        Ok(Found { profile, named, written })
    }
}

/// Shows a run's outcome.
pub(super) fn show(execution: &Execution) -> anyhow::Result<()> {
    entry("cycles", number(execution.cycles))?;
    entry("misaligned accesses", number(execution.misaligned))?;
    entry("exit code", execution.exit_code)?;
    entry("public output", display::output(&execution.public_output))
}

/// Says what a guest that panicked said.
pub(super) fn say_panic(execution: &Execution) {
    if let Some(message) = &execution.panic_message {
        eprintln!("the guest panicked: {message}");
    } else if execution.exit_code != 0 {
        eprintln!("the guest ended with exit code {}", execution.exit_code);
    }
}
