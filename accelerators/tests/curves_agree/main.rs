//! Signatures and points of BN254 are answered as established software answers them: natively, ten
//! thousand of them, and some hundreds on the machine.
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

/// What the committed guest answers is what is expected.
fn check_on_the_machine(cases: &[Case]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/elf/accelerators.elf");
    let program = load(&fs::read(path).expect("the file is committed")).expect("the guest loads");
    let requests: Vec<_> = cases.iter().map(|case| &case.request).collect();
    let input = postcard::to_allocvec(&requests).expect("requests can be serialized");
    let execution =
        execute(&program, &input, &Options::default(), &mut |_| {}).expect("the guest runs");
    assert_eq!((execution.exit_code, &execution.panic_message), (0, &None));
    println!("{} cases, {} cycles", cases.len(), execution.cycles);
    let answers: Vec<_> =
        postcard::from_bytes(&execution.public_output).expect("the output is answers");
    check(cases, &answers);
}

#[test]
fn random_recoveries_natively() {
    check_natively(&ecdsa::recoveries(0, 2500));
}

#[test]
fn constructed_recoveries_natively() {
    check_natively(&ecdsa::constructed_recoveries(1, 2500));
}

#[test]
fn verifications_on_secp256k1_natively() {
    check_natively(&ecdsa::verifications(&ecdsa::secp256k1(), 2, 2000));
}

#[test]
fn verifications_on_secp256r1_natively() {
    check_natively(&ecdsa::verifications(&ecdsa::secp256r1(), 3, 2000));
}

#[test]
fn bn254_natively() {
    check_natively(&bn254::sums(4, 500));
    check_natively(&bn254::products(5, 1500));
}

#[test]
fn all_kinds_on_the_machine() {
    check_on_the_machine(&ecdsa::recoveries(6, 100));
    check_on_the_machine(&ecdsa::constructed_recoveries(7, 200));
    check_on_the_machine(&ecdsa::verifications(&ecdsa::secp256k1(), 8, 200));
    check_on_the_machine(&ecdsa::verifications(&ecdsa::secp256r1(), 9, 200));
    check_on_the_machine(&bn254::sums(10, 200));
    check_on_the_machine(&bn254::products(11, 200));
}

#[test]
fn all_four_recovery_ids() {
    ecdsa::check_all_recovery_ids(12, 500);
}
