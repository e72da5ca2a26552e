//! Programs that were written for LambdaVM and know nothing of lvm are executed, proved and
//! verified, and commit what another implementation of Keccak-256 computes.

#![cfg(feature = "prover")]

mod support;

use lvm_example_backend::backend::{LvmBackend, ProofFormat, ProverBackend};
use lvm_example_backend::input::Raw;
use lvm_example_backend::prover::ZkvmProver;
use lvm_vm::elf::Abi;
use sha3::{Digest, Keccak256};

const INPUT: &[u8] = b"The quick brown fox jumps over the lazy dog";

fn backend(name: &str, abi: Abi) -> LvmBackend<Raw> {
    let elf = support::file(&format!("guests/foreign/lambda-vm/elf/{name}.elf"));
    LvmBackend::new(&elf, abi, Raw, support::options()).unwrap()
}

#[track_caller]
fn check(backend: &LvmBackend<Raw>, expected: &[u8]) {
    backend.execute(INPUT).unwrap();
    let proved = backend.prove(INPUT, ProofFormat::Compressed).unwrap();
    assert_eq!(*proved.public_values, *expected);
    backend.verify(&proved).unwrap();
}

#[test]
fn as_any_other() {
    check(&backend("own-stack", Abi::Lvm), &Keccak256::digest(INPUT));
}

#[test]
fn with_the_stack_that_lambda_vm_gives() {
    let reversed: Vec<u8> = INPUT.iter().rev().copied().collect();
    let expected = [Keccak256::digest(INPUT), Keccak256::digest(reversed)].concat();
    check(&backend("given-stack", Abi::LambdaVm), &expected);
}

#[test]
fn a_file_for_one_machine_is_another_program_for_the_other() {
    let [ours, theirs] = [Abi::Lvm, Abi::LambdaVm].map(|abi| backend("own-stack", abi));
    assert_ne!(ours.prover().program_vk(), theirs.prover().program_vk());
    let proved = ours.prove(INPUT, ProofFormat::Compressed).unwrap();
    ours.verify(&proved).unwrap();
    let chain = support::chain(&theirs.verify(&proved).unwrap_err());
    assert!(chain[2].starts_with("the proof is of another program"), "{chain:?}");
}
