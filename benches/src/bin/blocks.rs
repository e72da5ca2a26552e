//! Proves the validation of blocks and writes the figures for `docs/performance.md` as Markdown.
//!
//! ```text
//! cargo run --release -p lvm-benches --bin blocks
//! cargo run --release -p lvm-benches --bin blocks -- hoodi_1265656 mainnet_23587691 block.input
//! ```
//!
//! Without names the synthetic blocks are proved. The real ones take minutes to hours. Each block
//! is measured in a process of its own, so that its peak of memory is its own: this binary starts
//! itself with `--only`.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use clap::Parser;
use lvm_benches::block::{Block, SYNTHETIC};
use lvm_benches::machine::Machine;
use lvm_benches::measurement::{Measurement, measure};
use lvm_verifier::Profile;
use serde::{Deserialize, Serialize};

/// Proves the validation of blocks and writes the figures for docs/performance.md as Markdown.
#[derive(Debug, Parser)]
struct Arguments {
    /// Synthetic blocks, real ones in the folder LVM_BLOCKS, or files; default: all synthetic ones
    blocks: Vec<String>,
    /// Protocol parameters: provable128 or provable100
    #[arg(long, value_name = "NAME", default_value_t)]
    profile: Profile,
    /// Measure only this block, in this process, and write it as JSON
    #[arg(long, value_name = "BLOCK", conflicts_with = "blocks")]
    only: Option<String>,
}

/// A block, and what its proof took.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    gas: u64,
    transactions: usize,
    keccaks: u64,
    measurement: Measurement,
}

fn main() -> anyhow::Result<()> {
    let Arguments { mut blocks, profile, only } = Arguments::parse();
    if let Some(name) = only {
        let block = Block::named(&name)?;
        // Measured first: the peak of memory is the process's.
        let measurement = measure(&block.workload, profile)?;
        let keccaks = block.keccaks()?;
        let Block { gas, transactions, .. } = block;
        let measured = Measured { gas, transactions, keccaks, measurement };
        println!("{}", serde_json::to_string(&measured)?);
        return Ok(());
    }
    if blocks.is_empty() {
        blocks = SYNTHETIC.map(|(name, _)| name.to_owned()).into();
    }
    // A name that's wrong shall not be found out after hours.
    for name in &blocks {
        Block::named(name)?;
    }
    head(profile);
    for name in &blocks {
        row(&measure_apart(name, profile)?);
    }
    Ok(())
}

/// Measures in another process.
fn measure_apart(name: &str, profile: Profile) -> anyhow::Result<Measured> {
    let program = std::env::current_exe().context("this binary can't be found")?;
    let output = Command::new(program)
        .args(["--only", name, "--profile", profile.name()])
        .stderr(Stdio::inherit())
        .output()
        .context("this binary can't be started")?;
    ensure!(output.status.success(), "{name} failed: {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn head(profile: Profile) {
    let machine = Machine::this();
    println!(
        "Profile {profile}. {}, {} threads, {} GiB of memory; vector instructions: {}.\n",
        machine.processor,
        machine.threads,
        machine.memory >> 30,
        machine.vectors
    );
    let columns = [
        "gas",
        "transactions",
        "cycles",
        "keccak-f",
        "segments",
        "prove",
        "cycles/s",
        "peak memory",
        "proof",
        "verify",
    ];
    println!("| block | {} |", columns.join(" | "));
    println!("| --- |{}", " ---: |".repeat(columns.len()));
}

/// The time of proving counts from the survey to the last part.
fn row(measured: &Measured) {
    let Measured { gas, transactions, keccaks, measurement: m } = measured;
    let prove = m.cycles as f64 / m.cycles_per_second();
    println!(
        "| {} | {gas} | {transactions} | {} | {keccaks} | {} | {prove:.1} s | {:.0} | {} MiB \
         | {:.1} MiB | {:.0} ms |",
        m.name,
        m.cycles,
        m.segments,
        m.cycles_per_second(),
        m.peak_memory >> 20,
        m.proof_bytes as f64 / f64::from(1 << 20),
        m.verify * 1000.0,
    );
}
