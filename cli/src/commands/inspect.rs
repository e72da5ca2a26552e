//! `lvm inspect`, and what other commands say of proofs.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use lvm_verifier::encode::Section;
use lvm_verifier::profile::Profile;
use lvm_verifier::proof::BYTES_MAX;
use lvm_verifier::security::{self, Report as Security};
use lvm_verifier::shape::Shape;
use lvm_verifier::stark::Plan;
use lvm_verifier::{Proof, VerifyError};
use serde::Serialize;

use crate::arguments::Inspect;
use crate::display::{self, bits, counted, entry, line, number};
use crate::files;

/// What `--json` shows of a proof.
#[derive(Serialize)]
struct Report {
    profile: &'static str,
    verifying_key: String,
    entry: u64,
    exit_code: u64,
    public_output_bytes: usize,
    public_output: String,
    tables: Vec<TableReport>,
    provable_bits: f64,
    target_bits: u32,
    regimes: Vec<RegimeReport>,
    proof_bytes: usize,
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct TableReport {
    name: &'static str,
    height: u64,
}

#[derive(Serialize)]
struct RegimeReport {
    name: String,
    bits: f64,
    terms: Vec<TermReport>,
}

#[derive(Serialize)]
struct TermReport {
    name: &'static str,
    bits: f64,
}

/// A part of a proof and its size.
#[derive(Serialize)]
struct Part {
    name: &'static str,
    bytes: usize,
}

/// Shows a proof.
pub(crate) fn run(arguments: &Inspect) -> anyhow::Result<ExitCode> {
    let proof = read(&arguments.proof)?;
    let report = report(&proof)
        .with_context(|| format!("no verifier accepts {}", arguments.proof.display()))?;
    if arguments.json {
        display::json(&report)?;
    } else {
        show(&report, &proof.public_output)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a proof.
pub(super) fn read(path: &Path) -> anyhow::Result<Proof> {
    let bytes = files::read(path, "the proof", BYTES_MAX as u64)?;
    Proof::from_bytes(&bytes).with_context(|| format!("cannot read the proof {}", path.display()))
}

/// The provable security of a proof's shape, in bits.
pub(super) fn provable_bits(proof: &Proof) -> anyhow::Result<f64> {
    Ok(security_of(proof)?.2.bits())
}

fn security_of(proof: &Proof) -> anyhow::Result<(Profile, Shape, Security)> {
    let profile = Profile::from_id(proof.profile)
        .ok_or(VerifyError::UnknownProfile { found: proof.profile })?;
    let shape = Shape::new(&proof.tables, &proof.key, &proof.public_output)?;
    let security = security::report(&profile.parameters(), &Plan::new(shape.tables()));
    Ok((profile, shape, security))
}

fn report(proof: &Proof) -> anyhow::Result<Report> {
    let (profile, shape, security) = security_of(proof)?;
    Ok(Report {
        profile: profile.name(),
        verifying_key: proof.key.verifying_key().to_string(),
        entry: proof.key.entry,
        exit_code: proof.exit_code,
        public_output_bytes: proof.public_output.len(),
        public_output: display::hex(&proof.public_output),
        tables: shape
            .tables()
            .iter()
            .map(|&(table, log_height)| TableReport { name: table.name(), height: 1 << log_height })
            .collect(),
        provable_bits: security.bits(),
        target_bits: profile.target_bits(),
        regimes: security
            .regimes
            .iter()
            .map(|regime| RegimeReport {
                name: regime.regime.clone(),
                bits: regime.bits(),
                terms: regime
                    .terms
                    .iter()
                    .map(|term| TermReport { name: term.name, bits: term.bits })
                    .collect(),
            })
            .collect(),
        proof_bytes: proof.to_bytes()?.len(),
        parts: parts(proof)?,
    })
}

/// The sizes of a proof's sections.
fn parts(proof: &Proof) -> anyhow::Result<Vec<Part>> {
    let name = |section| match section {
        Section::Statement => "statement and key",
        Section::Commitments => "commitments",
        Section::Values => "opened values",
        Section::TableRows => "openings of tables: rows",
        Section::TablePaths => "openings of tables: paths",
        Section::Foldings => "openings of foldings",
    };
    let sections = proof.sections()?;
    Ok(sections.into_iter().map(|(section, bytes)| Part { name: name(section), bytes }).collect())
}

fn show(report: &Report, public_output: &[u8]) -> anyhow::Result<()> {
    entry("profile", report.profile)?;
    entry("verifying key", &report.verifying_key)?;
    entry("entry", format_args!("{:#x}", report.entry))?;
    entry("exit code", report.exit_code)?;
    entry("public output", display::output(public_output))?;
    entry(
        "security",
        format_args!(
            "{} provable bits, the profile wants {}",
            bits(report.provable_bits),
            report.target_bits
        ),
    )?;
    for regime in &report.regimes {
        line(format_args!("\n{}: {} bits", regime.name, bits(regime.bits)))?;
        for term in &regime.terms {
            line(format_args!("  {:<28} {:>7}", term.name, bits(term.bits)))?;
        }
    }
    line(format_args!("\n{}", counted(report.tables.len() as u64, "table")))?;
    for table in &report.tables {
        line(format_args!("  {:<16} {:>14} rows", table.name, number(table.height)))?;
    }
    line(format_args!("\n{} bytes", number(report.proof_bytes as u64)))?;
    for part in &report.parts {
        line(format_args!("  {:<24} {:>10} bytes", part.name, number(part.bytes as u64)))?;
    }
    Ok(())
}
