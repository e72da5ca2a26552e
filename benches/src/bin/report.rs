//! Measures the figures in `docs/performance.md` and writes them as Markdown.
//!
//! ```text
//! cargo run --release -p lvm-benches --bin report
//! ```
//!
//! Each workload is measured in a process of its own, so that its peak of memory is its own: this
//! binary starts itself with `--only`.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use clap::Parser;
use lvm_benches::machine::Machine;
use lvm_benches::measurement::{Measurement, measure};
use lvm_benches::workload::Workload;
use lvm_verifier::Profile;

/// Measures the figures in docs/performance.md and writes them as Markdown.
#[derive(Debug, Parser)]
struct Arguments {
    /// Protocol parameters: provable128 or provable100
    #[arg(long, value_name = "NAME", default_value_t)]
    profile: Profile,
    /// Measure only the workload with this number, in this process, and write it as JSON
    #[arg(long, value_name = "N")]
    only: Option<usize>,
}

/// Some of one segment and some of several.
fn workloads() -> Vec<Workload> {
    vec![
        Workload::fibonacci(200_000),
        Workload::fibonacci(2_000_000),
        Workload::std_program(8 << 10),
        Workload::std_program(64 << 10),
        Workload::keccak256(64 << 10),
        Workload::keccak256(512 << 10),
    ]
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let Some(only) = arguments.only {
        let workloads = workloads();
        let workload = workloads.get(only).context("there is no workload with this number")?;
        println!("{}", serde_json::to_string(&measure(workload, arguments.profile)?)?);
        return Ok(());
    }
    let measurements = (0..workloads().len())
        .map(|number| measure_apart(number, arguments.profile))
        .collect::<anyhow::Result<Vec<_>>>()?;
    print(arguments.profile, &measurements);
    Ok(())
}

/// Measures in another process.
fn measure_apart(number: usize, profile: Profile) -> anyhow::Result<Measurement> {
    let program = std::env::current_exe().context("this binary can't be found")?;
    let output = Command::new(program)
        .args(["--only", &number.to_string(), "--profile", profile.name()])
        .stderr(Stdio::inherit())
        .output()
        .context("this binary can't be started")?;
    ensure!(output.status.success(), "workload {number} failed: {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn print(profile: Profile, measurements: &[Measurement]) {
    let machine = Machine::this();
    println!(
        "Profile {profile}. {}, {} threads, {} GiB of memory; vector instructions: {}.\n",
        machine.processor,
        machine.threads,
        machine.memory >> 30,
        machine.vectors
    );
    head("", measurements);
    let seconds = |seconds: f64| format!("{seconds:.3} s");
    row("cycles", measurements, |m| m.cycles.to_string());
    row("execute", measurements, |m| seconds(m.execute));
    row("setup, once for each program", measurements, |m| seconds(m.setup));
    row("segments", measurements, |m| m.segments.to_string());
    row("survey", measurements, |m| seconds(m.survey));
    row("record", measurements, |m| seconds(m.record));
    row("fill", measurements, |m| seconds(m.fill));
    row("prove", measurements, |m| seconds(m.prove));
    row("cycles/s, surveyed to proved", measurements, |m| format!("{:.0}", m.cycles_per_second()));
    row("peak memory", measurements, |m| format!("{} MiB", m.peak_memory >> 20));
    row("proof", measurements, |m| format!("{:.0} KiB", m.proof_bytes as f64 / 1024.0));
    row("verify", measurements, |m| format!("{:.1} ms", m.verify * 1000.0));
    row("proof, a segment", measurements, |m| {
        format!("{:.0} KiB", m.proof_bytes as f64 / m.segments as f64 / 1024.0)
    });
    row("verify, a segment", measurements, |m| {
        format!("{:.1} ms", m.verify * 1000.0 / m.segments as f64)
    });
    row("committed cells per cycle", measurements, |m| format!("{:.1}", m.cells_per_cycle()));

    println!("\nShares of proving's time.\n");
    head("phase", measurements);
    let phases = measurements.first().map_or(&[][..], |m| m.phases.as_slice());
    for (index, (phase, _)) in phases.iter().enumerate() {
        row(phase, measurements, |m| {
            let total: f64 = m.phases.iter().map(|(_, seconds)| seconds).sum();
            m.phases
                .get(index)
                .map_or_else(String::new, |(_, s)| format!("{:.0} %", 100.0 * s / total))
        });
    }

    println!("\nCommitted cells per cycle by table: main columns, columns of challenges and the");
    println!("quotient times rows, padding included.\n");
    head("table", measurements);
    let mut tables: Vec<&str> = Vec::new();
    for cells in measurements.iter().flat_map(|measurement| &measurement.cells) {
        if !tables.contains(&cells.table.as_str()) {
            tables.push(&cells.table);
        }
    }
    for table in tables {
        row(&format!("`{table}`"), measurements, |measurement| {
            let found = measurement.cells.iter().find(|cells| cells.table == table);
            found.map_or_else(String::new, |found| {
                format!("{:.2}", found.cells as f64 / measurement.cycles as f64)
            })
        });
    }
}

fn head(title: &str, measurements: &[Measurement]) {
    row(title, measurements, |measurement| measurement.name.clone());
    println!("| --- |{}", " ---: |".repeat(measurements.len()));
}

fn row(title: &str, measurements: &[Measurement], value: impl Fn(&Measurement) -> String) {
    let values: String = measurements.iter().map(|m| format!(" {} |", value(m))).collect();
    println!("| {title} |{values}");
}
