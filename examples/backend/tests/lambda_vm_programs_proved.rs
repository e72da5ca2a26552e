//! Programs that were written for LambdaVM and know nothing of lvm are executed, proved and
//! verified, and commit what another implementation of Keccak-256 computes, or multiples of a point
//! that are known.

#![cfg(feature = "prover")]

mod support;

use lvm_example_backend::backend::{LvmBackend, ProofFormat, ProverBackend};
use lvm_example_backend::input::Raw;
use lvm_example_backend::prover::ZkvmProver;
use lvm_vm::elf::Abi;
use sha3::{Digest, Keccak256};

const INPUT: &[u8] = b"The quick brown fox jumps over the lazy dog";

/// x of the base point of secp256k1 (SEC 2, section 2.4.1), and of 2 and 5 times it.
const G: &str = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const G_2: &str = "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5";
const G_5: &str = "2f8bde4d1a07209355b4a7250a5c5128e88b84bddc619ab7cba8d569b240efe4";
/// The curve's order less 2.
const MINUS_2: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd036413f";

/// A number that is written with its highest digit first, its lowest byte first.
fn number(digits: &str) -> [u8; 32] {
    core::array::from_fn(|at| u8::from_str_radix(&digits[62 - 2 * at..][..2], 16).unwrap())
}

fn backend(name: &str, abi: Abi) -> LvmBackend<Raw> {
    let elf = support::file(&format!("guests/foreign/lambda-vm/elf/{name}.elf"));
    LvmBackend::new(&elf, abi, Raw, support::options()).unwrap()
}

#[track_caller]
fn check(backend: &LvmBackend<Raw>, expected: &[u8]) {
    check_with(backend, INPUT, expected);
}

#[track_caller]
fn check_with(backend: &LvmBackend<Raw>, input: &[u8], expected: &[u8]) {
    backend.execute(input).unwrap();
    let proved = backend.prove(input, ProofFormat::Compressed).unwrap();
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
fn with_multiples_of_points() {
    let input = [G, MINUS_2].map(number).concat();
    let expected = [G_5, G_2].map(number).concat();
    check_with(&backend("multiples", Abi::LambdaVm), &input, &expected);
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
