//! Signatures and points of BN254 are answered as established software answers them: ten thousand of
//! them, natively and on the machine; and a sample of them is proved.
//!
//! Half of the inputs are made to meet every exception of the formulas: scalars with few bits or
//! next to the order, points that are such multiples of each other, so that equal points, opposite
//! ones and the one at infinity come up in the middle of a sum; coordinates that no point has, that
//! are not canonical, or that are r + n. A trap on the machine, as a panic natively, would fail the
//! tests.

mod bn254;
mod draw;
mod ecdsa;
#[path = "../../../guests/accelerators/src/main.rs"]
#[expect(dead_code, reason = "the guest's `main` function is not called")]
mod guest;

use std::fs;
use std::path::Path;

use guest::{Answer, Request, answer};
use lvm_prover::{Program, ProveOptions, Proved, Prover};
use lvm_verifier::{Claim, Verifier};
use lvm_vm::elf::load;
use lvm_vm::execute::{Options, execute};

/// A request, and what is to be answered.
struct Case {
    request: Request,
    expected: Answer,
}

impl Case {
    /// Of a symbol that answers with bytes, or, if `output` is `None`, fails and leaves 64 bytes.
    fn of_bytes(symbol: &str, arguments: Vec<Vec<u8>>, output: Option<Vec<u8>>) -> Self {
        let status = if output.is_some() { 0 } else { -1 };
        let output = output.unwrap_or_else(|| vec![0xA5; 64]);
        Self {
            request: Request { symbol: symbol.to_owned(), arguments },
            expected: Answer { status, output },
        }
    }

    /// Of a symbol that says whether something is so.
    fn of_verdict(symbol: &str, arguments: Vec<Vec<u8>>, verdict: bool) -> Self {
        Self {
            request: Request { symbol: symbol.to_owned(), arguments },
            expected: Answer { status: 0, output: vec![verdict.into()] },
        }
    }
}

fn check(cases: &[Case], answers: &[Answer]) {
    assert_eq!(cases.len(), answers.len());
    for (case, answer) in cases.iter().zip(answers) {
        assert_eq!(
            case.expected, *answer,
            "{}: {:02x?}",
            case.request.symbol, case.request.arguments
        );
    }
}

fn check_natively(cases: &[Case]) {
    let answers: Vec<_> = cases.iter().map(|case| answer(&case.request)).collect();
    check(cases, &answers);
    let succeeded = |case: &&Case| case.expected.status == 0 && case.expected.output != [0];
    println!("{} cases, {} succeed", cases.len(), cases.iter().filter(succeeded).count());
}

/// The committed guest.
fn elf() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/elf/accelerators.elf");
    fs::read(path).expect("the file is committed")
}

/// The guest's input.
fn input(cases: &[Case]) -> Vec<u8> {
    let requests: Vec<_> = cases.iter().map(|case| &case.request).collect();
    postcard::to_allocvec(&requests).expect("requests can be serialized")
}

/// What the guest leaves is what is expected.
fn check_output(cases: &[Case], output: &[u8]) {
    let answers: Vec<_> = postcard::from_bytes(output).expect("the output is answers");
    check(cases, &answers);
}

fn check_on_the_machine(cases: &[Case]) {
    let program = load(&elf()).expect("the guest loads");
    let options = Options::default();
    let execution =
        execute(&program, &input(cases), &options, &mut |_| {}).expect("the guest runs");
    assert_eq!((execution.exit_code, &execution.panic_message), (0, &None));
    println!("{} cases, {} cycles", cases.len(), execution.cycles);
    check_output(cases, &execution.public_output);
}

fn check_both(cases: &[Case]) {
    check_natively(cases);
    check_on_the_machine(cases);
}

#[test]
fn random_recoveries() {
    check_both(&ecdsa::recoveries(0, 2500));
}

#[test]
fn constructed_recoveries() {
    check_both(&ecdsa::constructed_recoveries(1, 2500));
}

#[test]
fn verifications_on_secp256k1() {
    check_both(&ecdsa::verifications(&ecdsa::secp256k1(), 2, 2000));
}

#[test]
fn verifications_on_secp256r1() {
    check_both(&ecdsa::verifications(&ecdsa::secp256r1(), 3, 2000));
}

#[test]
fn sums_and_products_on_bn254() {
    check_both(&bn254::sums(4, 500));
    check_both(&bn254::products(5, 1500));
}

/// Some of each kind, in one run whose proof is verified.
#[test]
fn a_sample_is_proved() {
    let mut cases = ecdsa::recoveries(6, 4);
    cases.extend(ecdsa::constructed_recoveries(7, 10));
    cases.extend(ecdsa::verifications(&ecdsa::secp256k1(), 8, 6));
    cases.extend(ecdsa::verifications(&ecdsa::secp256r1(), 9, 6));
    cases.extend(bn254::sums(10, 6));
    cases.extend(bn254::products(11, 6));
    let prover = Prover::new(Program::load(&elf()).expect("the guest loads"))
        .expect("the guest is committed");
    let Proved { proof, .. } = prover
        .prove(&input(&cases), &ProveOptions::default(), &mut |_| {})
        .expect("the run is proved");
    Verifier::new(prover.verifying_key()).verify(&proof, &Claim::default()).expect("it verifies");
    check_output(&cases, &proof.head.public_output);
}

#[test]
fn all_four_recovery_ids() {
    ecdsa::check_all_recovery_ids(12, 500);
}
