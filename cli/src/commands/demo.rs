//! `lvm demo`: proves the guests `fibonacci` and `keccak256`, whose ELF files are part of this
//! binary, and verifies the proofs from their bytes, as somebody else would.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use lvm_prover::{Program, ProveOptions, Proved, Prover};
use lvm_verifier::{Claim, Proof, Verifier, VerifyError, VerifyingKey};
use serde::Serialize;

use super::inspect;
use super::prove::Seconds;
use crate::arguments::Demo;
use crate::display::{self, bits, entry, hex, line, number, seconds};
use crate::progress::Progress;

/// The input of the guest `fibonacci`: which number to compute.
const FIBONACCI_N: u64 = 10_000;
/// The input of the guest `keccak256`.
const MESSAGE: &[u8] = b"the quick brown fox jumps over the lazy dog";

/// A program to prove.
struct Guest {
    name: &'static str,
    what: String,
    elf: &'static [u8],
    input: Vec<u8>,
}

fn guests() -> [Guest; 2] {
    [
        Guest {
            name: "fibonacci",
            what: format!("Fibonacci number {} modulo 2^64", number(FIBONACCI_N)),
            elf: include_bytes!("../../../guests/elf/fibonacci.elf"),
            input: FIBONACCI_N.to_le_bytes().to_vec(),
        },
        Guest {
            name: "keccak256",
            what: format!("Keccak-256 of \"{}\"", String::from_utf8_lossy(MESSAGE)),
            elf: include_bytes!("../../../guests/elf/keccak256.elf"),
            input: MESSAGE.to_vec(),
        },
    ]
}

/// What `--json` shows.
#[derive(Serialize)]
struct Report {
    guests: Vec<GuestReport>,
}

#[derive(Serialize)]
struct GuestReport {
    name: &'static str,
    cycles: u64,
    exit_code: u64,
    public_output: String,
    verifying_key: String,
    profile: &'static str,
    provable_bits: f64,
    proof_bytes: usize,
    verified: bool,
    tampered_refused: bool,
    seconds: Seconds,
    verify_seconds: f64,
}

/// A proof that was made and verified.
struct Outcome {
    key: VerifyingKey,
    proved: Proved,
    proof_bytes: usize,
    provable_bits: f64,
    setup: Duration,
    total: Duration,
    verify: Duration,
}

/// Proves and verifies each guest.
pub(crate) fn run(arguments: &Demo, verbose: bool) -> anyhow::Result<ExitCode> {
    arguments.threads.apply()?;
    let mut report = Report { guests: Vec::new() };
    for (at, guest) in guests().into_iter().enumerate() {
        if !arguments.json {
            let space = if at == 0 { "" } else { "\n" };
            line(format_args!("{space}{}: {}", guest.name, guest.what))?;
        }
        let outcome = prove_and_verify(&guest, arguments, verbose)
            .with_context(|| format!("the demonstration fails at {}", guest.name))?;
        if arguments.json {
            report.guests.push(guest_report(&guest, arguments, &outcome));
        } else {
            show(&outcome)?;
        }
    }
    if arguments.json {
        display::json(&report)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn prove_and_verify(guest: &Guest, arguments: &Demo, verbose: bool) -> anyhow::Result<Outcome> {
    let mut progress = Progress::new(verbose);
    let started = Instant::now();
    progress.begin("committing to the program");
    let prover = Prover::new(Program::load(guest.elf)?)?;
    let setup = started.elapsed();
    let options = ProveOptions { profile: arguments.profile, ..ProveOptions::default() };
    let proved = prover.prove(&guest.input, &options, &mut |phase| progress.phase(phase))?;
    let bytes = proved.proof.to_bytes()?;
    let total = started.elapsed();
    drop(progress);

    // From here on only the bytes and the key count.
    let key = VerifyingKey::read(prover.verifying_key().as_bytes())?;
    let proof = Proof::from_bytes(&bytes)?;
    let started = Instant::now();
    let output = Verifier::new(key).verify(&proof, &Claim::default())?;
    let verify = started.elapsed();
    ensure!(output == proved.execution.public_output, "the proof has another public output");
    refuse_tampered(&bytes, key)?;
    Ok(Outcome {
        key,
        proof_bytes: bytes.len(),
        provable_bits: inspect::provable_bits(&proof.head)?,
        proved,
        setup,
        total,
        verify,
    })
}

/// A proof that claims another public output must be refused.
fn refuse_tampered(bytes: &[u8], key: VerifyingKey) -> anyhow::Result<()> {
    let mut proof = Proof::from_bytes(bytes)?;
    let byte = proof.head.public_output.first_mut().context("there is no public output")?;
    *byte ^= 1;
    let verified = Verifier::new(key).verify(&proof, &Claim::default());
    ensure!(
        matches!(verified, Err(VerifyError::Part { .. })),
        "a proof whose public output was changed is not refused"
    );
    Ok(())
}

fn show(outcome: &Outcome) -> anyhow::Result<()> {
    let execution = &outcome.proved.execution;
    entry("cycles", number(execution.cycles))?;
    entry("public output", display::output(&execution.public_output))?;
    entry("verifying key", outcome.key)?;
    entry(
        "proved",
        format_args!(
            "in {}, {} bytes, {} provable bits",
            seconds(outcome.total),
            number(outcome.proof_bytes as u64),
            bits(outcome.provable_bits)
        ),
    )?;
    entry("verified", format_args!("in {}, from bytes and key alone", seconds(outcome.verify)))?;
    entry("refused", "the same proof with one bit of the public output changed")
}

fn guest_report(guest: &Guest, arguments: &Demo, outcome: &Outcome) -> GuestReport {
    let execution = &outcome.proved.execution;
    GuestReport {
        name: guest.name,
        cycles: execution.cycles,
        exit_code: execution.exit_code,
        public_output: hex(&execution.public_output),
        verifying_key: outcome.key.to_string(),
        profile: arguments.profile.name(),
        provable_bits: outcome.provable_bits,
        proof_bytes: outcome.proof_bytes,
        verified: true,
        tampered_refused: true,
        seconds: Seconds::new(outcome.setup, &outcome.proved.timings, outcome.total),
        verify_seconds: outcome.verify.as_secs_f64(),
    }
}
