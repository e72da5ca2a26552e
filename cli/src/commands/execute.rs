//! `lvm execute`

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use lvm_vm::execute::{Execution, Options};
use serde::Serialize;

use super::load;
use crate::arguments::Execute;
use crate::display::{self, entry, hex, number};
use crate::files::{self, Destination};

/// What `--json` shows of a run.
#[derive(Serialize)]
struct Report<'a> {
    cycles: u64,
    misaligned: u64,
    exit_code: u64,
    panic_message: Option<&'a str>,
    public_output: String,
    seconds: f64,
}

/// Runs the program; success is a run with exit code 0.
pub(crate) fn run(arguments: &Execute) -> anyhow::Result<ExitCode> {
    let inputs: Vec<_> = [Some(arguments.elf.as_path()), arguments.private_input.as_deref()]
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

    let mut options = Options::default();
    if let Some(max_cycles) = arguments.max_cycles {
        options.max_cycles = max_cycles;
    }
    let started = Instant::now();
    // That nobody reads what the guest prints is no reason to end the run.
    let execution = program
        .execute(&private_input, &options, &mut |text| drop(io::stderr().write_all(text)))
        .with_context(|| format!("cannot execute {}", arguments.elf.display()))?;
    let elapsed = started.elapsed();

    if let Some(destination) = destination {
        destination.write(&execution.public_output)?;
    }
    if arguments.json {
        display::json(&Report {
            cycles: execution.cycles,
            misaligned: execution.misaligned,
            exit_code: execution.exit_code,
            panic_message: execution.panic_message.as_deref(),
            public_output: hex(&execution.public_output),
            seconds: elapsed.as_secs_f64(),
        })?;
    } else {
        show(&execution)?;
        entry("time", display::seconds(elapsed))?;
    }
    say_panic(&execution);
    Ok(if execution.exit_code == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
