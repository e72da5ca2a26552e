//! `lvm inspect`, and what other commands say of proofs.

use std::collections::HashSet;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use lvm_prover::TableSize;
use lvm_verifier::encode::Section;
use lvm_verifier::profile::Profile;
use lvm_verifier::proof::PartName;
use lvm_verifier::security::{self, Report as Security};
use lvm_verifier::{Head, VerifyError};
use serde::Serialize;

use crate::arguments::Inspect;
use crate::display::{self, bits, counted, entry, line, number};
use crate::proof_file;

/// What `--json` shows of a proof.
#[derive(Serialize)]
struct Report {
    profile: &'static str,
    verifying_key: String,
    entry: u64,
    exit_code: u64,
    public_output_bytes: usize,
    public_output: String,
    segments: usize,
    tables: Vec<TableReport>,
    provable_bits: f64,
    target_bits: u32,
    weakest_part: String,
    regimes: Vec<RegimeReport>,
    proof_bytes: u64,
    sections: Vec<SectionReport>,
    head_bytes: usize,
    ledger_bytes: usize,
    segment_bytes: SegmentBytes,
}

/// Rows of a table in all parts.
#[derive(Serialize)]
struct TableReport {
    name: &'static str,
    rows: u64,
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

/// A section of a proof and its size in all parts.
#[derive(Serialize)]
struct SectionReport {
    name: &'static str,
    bytes: u64,
}

/// The sizes of the segments' parts.
#[derive(Serialize)]
struct SegmentBytes {
    smallest: usize,
    largest: usize,
    average: u64,
}

/// The sizes of what a proof consists of, in bytes.
struct Sizes {
    proof: u64,
    sections: Vec<SectionReport>,
    head: usize,
    ledger: usize,
    segments: SegmentBytes,
}

/// Shows a proof.
pub(crate) fn run(arguments: &Inspect) -> anyhow::Result<ExitCode> {
    let (head, sizes) = read(&arguments.proof)?;
    let report = report(&head, sizes)
        .with_context(|| format!("no verifier accepts {}", arguments.proof.display()))?;
    if arguments.json {
        display::json(&report)?;
    } else {
        show(&report, &head.public_output)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a proof, of which only the head is kept.
fn read(path: &Path) -> anyhow::Result<(Head, Sizes)> {
    let (head, mut parts) = proof_file::open(path)?;
    let mut sections = head.sections()?.map(|(section, bytes)| (section, bytes as u64));
    let mut ledger = 0;
    let (mut smallest, mut largest, mut sum) = (usize::MAX, 0, 0_u64);
    while let Some(part) = parts.next(&head)? {
        let more = head.part_sections(part.index, &part.proof)?;
        for ((_, bytes), (_, more)) in sections.iter_mut().zip(more) {
            *bytes += more as u64;
        }
        if part.index == 0 {
            ledger = part.bytes;
            continue;
        }
        smallest = smallest.min(part.bytes);
        largest = largest.max(part.bytes);
        sum += part.bytes as u64;
    }
    let sizes = Sizes {
        proof: parts.head_bytes as u64 + ledger as u64 + sum,
        sections: sections
            .into_iter()
            .map(|(section, bytes)| SectionReport { name: name(section), bytes })
            .collect(),
        head: parts.head_bytes,
        ledger,
        segments: SegmentBytes { smallest, largest, average: sum / head.segments.len() as u64 },
    };
    Ok((head, sizes))
}

fn name(section: Section) -> &'static str {
    match section {
        Section::Statement => "statement and key",
        Section::Commitments => "commitments",
        Section::Values => "opened values",
        Section::Layers => "layers of permutations",
        Section::TableRows => "openings of tables: rows",
        Section::TablePaths => "openings of tables: paths",
        Section::Foldings => "openings of foldings",
    }
}

/// The provable security of a proof's shapes, in bits: that of its weakest part.
pub(super) fn provable_bits(head: &Head) -> anyhow::Result<f64> {
    Ok(weakest(head)?.2.bits())
}

/// The part with the least provable security.
fn weakest(head: &Head) -> anyhow::Result<(Profile, PartName, Security)> {
    let profile = Profile::from_id(head.profile)
        .ok_or(VerifyError::UnknownProfile { found: head.profile })?;
    let mut weakest: Option<(PartName, Security)> = None;
    // Most parts have the shape of another one.
    let mut seen = HashSet::new();
    for index in 0..head.parts() {
        let tables = head.part_head(index).map(|part| &part.tables);
        if !seen.insert(tables) {
            continue;
        }
        let (_, plan) = head.plan(index)?;
        let security = security::report(&profile.parameters(), &plan);
        if weakest.as_ref().is_none_or(|(_, other)| terms(&security) < terms(other)) {
            weakest = Some((PartName(index), security));
        }
    }
    let (part, security) = weakest.context("the proof has no parts")?;
    Ok((profile, part, security))
}

/// The terms of the better regime in ascending order. The first is often the hash's, the same in all
/// parts, and then the others say which part is weaker.
fn terms(security: &Security) -> Vec<f64> {
    let better = security.regimes.iter().max_by(|a, b| a.bits().total_cmp(&b.bits()));
    let mut terms: Vec<f64> =
        better.into_iter().flat_map(|regime| &regime.terms).map(|term| term.bits).collect();
    terms.sort_by(f64::total_cmp);
    terms
}

fn report(head: &Head, sizes: Sizes) -> anyhow::Result<Report> {
    let (profile, weakest, security) = weakest(head)?;
    Ok(Report {
        profile: profile.name(),
        verifying_key: head.key.verifying_key().to_string(),
        entry: head.key.entry,
        exit_code: head.exit_code,
        public_output_bytes: head.public_output.len(),
        public_output: display::hex(&head.public_output),
        segments: head.segments.len(),
        tables: TableSize::of(head)
            .into_iter()
            .map(|table| TableReport { name: table.name, rows: table.rows })
            .collect(),
        provable_bits: security.bits(),
        target_bits: profile.target_bits(),
        weakest_part: weakest.to_string(),
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
        proof_bytes: sizes.proof,
        sections: sizes.sections,
        head_bytes: sizes.head,
        ledger_bytes: sizes.ledger,
        segment_bytes: sizes.segments,
    })
}

fn show(report: &Report, public_output: &[u8]) -> anyhow::Result<()> {
    entry("profile", report.profile)?;
    entry("verifying key", &report.verifying_key)?;
    entry("entry", format_args!("{:#x}", report.entry))?;
    entry("exit code", report.exit_code)?;
    entry("public output", display::output(public_output))?;
    entry("segments", number(report.segments as u64))?;
    entry(
        "security",
        format_args!(
            "{} provable bits, the profile wants {}",
            bits(report.provable_bits),
            report.target_bits
        ),
    )?;
    line(format_args!("\nsecurity of the weakest part, {}", report.weakest_part))?;
    for regime in &report.regimes {
        line(format_args!("  {}: {} bits", regime.name, bits(regime.bits)))?;
        for term in &regime.terms {
            line(format_args!("    {:<26} {:>7}", term.name, bits(term.bits)))?;
        }
    }
    line(format_args!("\n{} in all parts", counted(report.tables.len() as u64, "table")))?;
    for table in &report.tables {
        line(format_args!("  {:<16} {:>16} rows", table.name, number(table.rows)))?;
    }
    line(format_args!("\n{}", counted(report.proof_bytes, "byte")))?;
    for section in &report.sections {
        line(format_args!("  {:<26} {:>14} bytes", section.name, number(section.bytes)))?;
    }
    line("\nby part")?;
    let SegmentBytes { smallest, largest, average } = report.segment_bytes;
    for (name, bytes) in [
        ("head", report.head_bytes as u64),
        ("ledger", report.ledger_bytes as u64),
        ("smallest segment", smallest as u64),
        ("average segment", average),
        ("largest segment", largest as u64),
    ] {
        line(format_args!("  {name:<26} {:>14} bytes", number(bytes)))?;
    }
    Ok(())
}
