//! `lvm prove`

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use lvm_prover::{ProveOptions, Prover, Survey, Timings};
use serde::Serialize;

use super::{execute, inspect, load, prover};
use crate::arguments::{Prove, SEGMENT_SIZE_UNIT};
use crate::display::{self, entry, hex, line, number, seconds};
use crate::files::{self, Destination};
use crate::parts::{self, Parts, Place};
use crate::progress::Progress;

/// What `--json` shows of a proof that was made.
#[derive(Serialize)]
struct Report<'a> {
    proof: String,
    proof_bytes: u64,
    profile: &'a str,
    provable_bits: f64,
    verifying_key: String,
    cycles: u64,
    misaligned: u64,
    exit_code: u64,
    panic_message: Option<&'a str>,
    public_output: String,
    segments: usize,
    /// Those that an interrupted run had left.
    resumed_segments: usize,
    segment_cells: u64,
    cells: u64,
    cells_per_cycle: f64,
    tables: Vec<TableReport>,
    seconds: Seconds,
}

/// The size of a table in all parts.
#[derive(Serialize)]
struct TableReport {
    name: &'static str,
    rows: u64,
    width: usize,
    extension_columns: usize,
}

/// How long each phase took.
#[derive(Serialize)]
pub(super) struct Seconds {
    setup: f64,
    survey: f64,
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
            survey: timings.survey.as_secs_f64(),
            record: timings.record.as_secs_f64(),
            fill: timings.fill.as_secs_f64(),
            prove: timings.prove.as_secs_f64(),
            verify: timings.verify.as_secs_f64(),
            total: total.as_secs_f64(),
        }
    }
}

/// A proof that was made.
struct Made<'a> {
    prover: &'a Prover,
    survey: &'a Survey,
    /// The proof's file, as the user said it.
    file: String,
    bytes: u64,
    provable_bits: f64,
    resumed_segments: usize,
    setup: Duration,
    timings: Timings,
    total: Duration,
}

/// Proves a run and writes the proof.
pub(crate) fn run(arguments: &Prove, verbose: bool) -> anyhow::Result<ExitCode> {
    arguments.threads.apply()?;
    let mut files: Vec<_> = [Some(arguments.elf.as_path()), arguments.private_input.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    let proof_file = Destination::new(&arguments.output, &files)?;
    let place = Place::new(&proof_file, arguments.resume)?;
    let parts_folder = parts::folder_of(&arguments.output);
    files.extend([arguments.output.as_path(), &parts_folder]);
    let output_file = arguments
        .public_output
        .as_deref()
        .map(|path| Destination::new(path, &files))
        .transpose()?;
    let program = load(&arguments.elf, arguments.abi)?;
    let private_input = files::read_input(arguments.private_input.as_deref())?;
    let segment_size = arguments.segment_size.map(|size| size * SEGMENT_SIZE_UNIT);
    let mut options = ProveOptions {
        profile: arguments.profile,
        memory_limit: arguments.memory_limit,
        segment_cells: segment_size.map_or_else(|| place.cells(), |cells| Ok(Some(cells)))?,
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
    let cannot_prove = || format!("cannot prove {}", arguments.elf.display());
    let survey = prover
        .survey(&private_input, &options, &mut |phase| progress.phase(phase))
        .with_context(cannot_prove)?;
    let surveyed = started.elapsed();
    let mut verification = prover.verification(&survey).with_context(cannot_prove)?;
    let mut parts = Parts::open(place, &survey, &mut verification)?;
    let resumed_segments = parts.resumed().saturating_sub(1);
    let timings = prover
        .prove_parts(
            &private_input,
            &survey,
            &options.execution,
            verification,
            &mut |phase| progress.phase(phase),
            &mut |index, part| parts.keep(index, &part).map_err(Into::into),
        )
        .with_context(cannot_prove);
    let total = started.elapsed();
    drop(progress);
    let timings = timings.inspect_err(|_| say_how_to_go_on(&parts))?;
    let timings = Timings { survey: surveyed - setup, ..timings };

    if let Some(output_file) = output_file {
        output_file
            .write(&survey.execution.public_output)
            .inspect_err(|_| say_how_to_go_on(&parts))?;
    }
    parts.write(&proof_file).inspect_err(|_| say_how_to_go_on(&parts))?;
    let made = Made {
        prover: &prover,
        survey: &survey,
        file: proof_file.path().display().to_string(),
        bytes: parts.bytes(),
        provable_bits: inspect::provable_bits(&survey.head)?,
        resumed_segments,
        setup,
        timings,
        total,
    };
    if arguments.json {
        show_json(arguments, made)?;
    } else {
        show(arguments, &made)?;
    }
    let execution = &survey.execution;
    execute::say_panic(execution);
    if execution.exit_code != 0 {
        eprintln!(
            "the proof is of a run that failed: to verify it, say --exit-code {}",
            execution.exit_code
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what is left of a run that failed.
fn say_how_to_go_on(parts: &Parts<'_>) {
    if let Some(note) = parts.note() {
        eprintln!("{note}");
    }
}

fn show(arguments: &Prove, made: &Made<'_>) -> anyhow::Result<()> {
    let survey = made.survey;
    execute::show(&survey.execution)?;
    entry("verifying key", made.prover.verifying_key())?;
    entry("proof", format_args!("{}, {} bytes", made.file, number(made.bytes)))?;
    let segments = number(survey.head.segments.len() as u64);
    match made.resumed_segments {
        0 => entry("segments", segments)?,
        resumed => entry("segments", format_args!("{segments}, {resumed} of them from before"))?,
    }
    let (cells, per_cycle) = (survey.cells(), cells_per_cycle(survey));
    entry("cells", format_args!("{}, {per_cycle:.1} per cycle", number(cells)))?;
    entry("security", format_args!("{} provable bits", display::bits(made.provable_bits)))?;
    let Timings { survey, record, fill, prove, verify } = made.timings;
    for (phase, duration) in [
        ("setup", made.setup),
        ("survey", survey),
        ("record", record),
        ("fill", fill),
        ("prove", prove),
        ("verify", verify),
        ("total", made.total),
    ] {
        entry(phase, seconds(duration))?;
    }
    if arguments.time {
        line(format_args!("Proving time: {:.3}s", made.total.as_secs_f64()))?;
    }
    Ok(())
}

/// Committed cells of main and interaction columns for each cycle.
fn cells_per_cycle(survey: &Survey) -> f64 {
    survey.cells() as f64 / survey.execution.cycles as f64
}

fn show_json(arguments: &Prove, made: Made<'_>) -> anyhow::Result<()> {
    let survey = made.survey;
    let execution = &survey.execution;
    display::json(&Report {
        proof: made.file,
        proof_bytes: made.bytes,
        profile: arguments.profile.name(),
        provable_bits: made.provable_bits,
        verifying_key: made.prover.verifying_key().to_string(),
        cycles: execution.cycles,
        misaligned: execution.misaligned,
        exit_code: execution.exit_code,
        panic_message: execution.panic_message.as_deref(),
        public_output: hex(&execution.public_output),
        segments: survey.head.segments.len(),
        resumed_segments: made.resumed_segments,
        segment_cells: survey.segment_cells,
        cells: survey.cells(),
        cells_per_cycle: cells_per_cycle(survey),
        tables: survey
            .tables()
            .into_iter()
            .map(|table| TableReport {
                name: table.name,
                rows: table.rows,
                width: table.width,
                extension_columns: table.extension_columns,
            })
            .collect(),
        seconds: Seconds::new(made.setup, &made.timings, made.total),
    })
}
