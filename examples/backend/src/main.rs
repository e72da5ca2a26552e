//! Executes, proves and verifies a program as a service would, and says how long it took.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, ensure};
use clap::Parser;
use lvm_example_backend::backend::{LvmBackend, ProofFormat, ProverBackend};
use lvm_example_backend::codec::{Decode, Encode};
use lvm_example_backend::input::Raw;
use lvm_example_backend::prover::ZkvmProver;
use lvm_example_backend::verifier::{LvmVerifier, ZkvmVerifier};
use lvm_example_backend::workload::Workload;
use lvm_prover::ProveOptions;
use lvm_verifier::{Profile, Proof, VerifyingKey};
use lvm_vm::elf::Abi;

/// Executes, proves and verifies a program with an input. Without arguments it is a bundled one.
#[derive(Debug, Parser)]
struct Arguments {
    /// The program
    #[arg(long, value_name = "ELF", requires = "public_output")]
    elf: Option<PathBuf>,
    /// The program's private input; empty without it
    #[arg(long, value_name = "FILE", requires = "elf")]
    private_input: Option<PathBuf>,
    /// What the run must commit
    #[arg(long, value_name = "FILE", requires = "elf")]
    public_output: Option<PathBuf>,
    /// The program was built for LambdaVM
    #[arg(long, requires = "elf")]
    lambda_vm: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let workload = workload(arguments)?;
    let abi = if arguments.lambda_vm { Abi::LambdaVm } else { Abi::Lvm };
    let started = Instant::now();
    let backend = LvmBackend::new(&workload.elf, abi, Raw, ProveOptions::default())
        .with_context(|| format!("cannot prove {}", workload.name))?;
    let setup = started.elapsed();
    let machine = backend.prover();
    println!("{:<14} {} {}", "machine", machine.name(), machine.sdk_version());
    println!("{:<14} {}", "program", workload.name);
    println!("{:<14} {}", "verifying key", machine.program_vk());
    println!("{:<14} {setup:.3?}", "setup");

    let (input, serialized) = backend.serialize_input_timed(&workload.input)?;
    println!("{:<14} {} bytes, {serialized:.3?}", "input", input.stdin.len());
    let (output, execution) = machine.execute(&input).context("cannot execute")?;
    println!("{:<14} {}", "public output", hex(&output));
    ensure!(*output == workload.expected_output, "that is not what the run must commit");
    let duration = execution.execution_duration;
    println!("{:<14} {} cycles, {duration:.3?}", "execute", execution.total_num_cycles);

    let (proved, proving) = backend.prove_timed(&workload.input, ProofFormat::Compressed)?;
    backend.verify(&proved)?;
    let file = backend.to_proof_bytes(proved, ProofFormat::Compressed)?;
    println!("{:<14} {} bytes, {proving:.3?}", "prove", file.proof.len());

    // Another machine has the key's 32 bytes, the proof file and the expected output.
    let key = VerifyingKey::decode_from_slice(&machine.program_vk().encode_to_vec()?)?;
    let started = Instant::now();
    let proof = Proof::decode_from_slice(&file.proof)?;
    let verifier = LvmVerifier::new(key, Profile::default());
    verifier.verify_output(&proof, &workload.expected_output)?;
    println!("{:<14} by the key alone, {:.3?}", verifier.name(), started.elapsed());
    Ok(())
}

/// What is to be proved.
fn workload(arguments: &Arguments) -> anyhow::Result<Workload> {
    let (Some(elf), Some(expected)) = (&arguments.elf, &arguments.public_output) else {
        return Ok(Workload::bundled());
    };
    Ok(Workload {
        name: elf.display().to_string(),
        elf: Cow::Owned(read(elf)?),
        input: arguments.private_input.as_deref().map_or_else(|| Ok(Vec::new()), read)?,
        expected_output: read(expected)?,
    })
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
