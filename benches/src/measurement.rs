//! One workload, measured from program to verified proof.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::Context;
use lvm_prover::{ProveOptions, Prover};
use lvm_verifier::config::CHALLENGE_DEGREE;
use lvm_verifier::stark::QUOTIENT_WIDTH;
use lvm_verifier::{Claim, Profile, Proof, Verifier};
use serde::{Deserialize, Serialize};

use crate::machine::peak_memory;
use crate::phases;
use crate::workload::Workload;

/// Verifications, of which the median counts.
const VERIFICATIONS: usize = 9;

/// What was measured. Times are in seconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measurement {
    /// The workload's name.
    pub name: String,
    /// Cycles of the run.
    pub cycles: u64,
    /// Executing without recording.
    pub execute: f64,
    /// Committing to the program, once for each program.
    pub setup: f64,
    /// Segments of the run.
    pub segments: usize,
    /// Executing, cutting into segments, committing their borders.
    pub survey: f64,
    /// Waiting for segments to be recorded.
    pub record: f64,
    /// Filling the tables.
    pub fill: f64,
    /// Proving.
    pub prove: f64,
    /// Verifying: the median.
    pub verify: f64,
    /// Bytes of the proof.
    pub proof_bytes: usize,
    /// The most memory that the process had, in bytes.
    pub peak_memory: u64,
    /// Committed field elements by table.
    pub cells: Vec<Cells>,
    /// Seconds of proving by phase.
    pub phases: Vec<(String, f64)>,
}

/// What is committed for a table: columns times rows, padding included.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cells {
    /// The table's name.
    pub table: String,
    /// Field elements in main columns, columns of challenges and quotient.
    pub cells: u64,
}

impl Measurement {
    /// Cycles for each second of surveying, recording, filling and proving.
    #[must_use]
    pub fn cycles_per_second(&self) -> f64 {
        self.cycles as f64 / (self.survey + self.record + self.fill + self.prove)
    }

    /// Committed field elements for each cycle.
    #[must_use]
    pub fn cells_per_cycle(&self) -> f64 {
        self.cells.iter().map(|table| table.cells).sum::<u64>() as f64 / self.cycles as f64
    }
}

/// Cells of a part's quotients, of which there is one for each height among its tables.
fn quotient_cells(tables: &[(u8, u8)]) -> u64 {
    let heights: BTreeSet<u8> = tables.iter().map(|&(_, log_height)| log_height).collect();
    heights.into_iter().map(|log_height| (QUOTIENT_WIDTH as u64) << log_height).sum()
}

/// Measures a workload in this process. The peak of memory counts everything that the process did
/// before, so each workload should have a process of its own.
///
/// # Errors
/// If the run can't be proved, or the proof doesn't verify.
pub fn measure(workload: &Workload, profile: Profile) -> anyhow::Result<Measurement> {
    phases::start()?;
    let program = workload.program()?;
    let options = ProveOptions { profile, ..ProveOptions::default() };
    let started = Instant::now();
    program.execute(&workload.input, &options.execution, &mut |_| {})?;
    let execute = started.elapsed();

    let started = Instant::now();
    let prover = Prover::new(program)?;
    let setup = started.elapsed();
    let proved = prover.prove(&workload.input, &options, &mut |_| {})?;
    let phases = phases::seconds();
    let bytes = proved.proof.to_bytes()?;
    let peak_memory = peak_memory();

    let proof = Proof::from_bytes(&bytes)?;
    let verifier = Verifier::new(prover.verifying_key());
    let mut verifications = (0..VERIFICATIONS)
        .map(|_| {
            let started = Instant::now();
            verifier.verify(&proof, &Claim::default())?;
            Ok(started.elapsed())
        })
        .collect::<anyhow::Result<Vec<Duration>>>()?;
    verifications.sort_unstable();
    let verify = verifications.get(VERIFICATIONS / 2).context("nothing was verified")?;

    let mut cells: Vec<Cells> = proved
        .tables
        .iter()
        .map(|table| {
            let columns = table.width + CHALLENGE_DEGREE * table.extension_columns;
            Cells { table: table.name.to_owned(), cells: columns as u64 * table.rows }
        })
        .collect();
    let head = &proof.head;
    let parts = (0..head.parts()).filter_map(|index| head.part_head(index));
    let quotient: u64 = parts.map(|part| quotient_cells(&part.tables)).sum();
    cells.push(Cells { table: "quotient".to_owned(), cells: quotient });
    Ok(Measurement {
        name: workload.name.clone(),
        cycles: proved.execution.cycles,
        segments: head.segments.len(),
        survey: proved.timings.survey.as_secs_f64(),
        execute: execute.as_secs_f64(),
        setup: setup.as_secs_f64(),
        record: proved.timings.record.as_secs_f64(),
        fill: proved.timings.fill.as_secs_f64(),
        prove: proved.timings.prove.as_secs_f64(),
        verify: verify.as_secs_f64(),
        proof_bytes: bytes.len(),
        peak_memory,
        cells,
        phases,
    })
}
