//! Synthetic blocks are proved and verified, and the proof says what native validation says.
//!
//! Signatures are recovered in software, which is nearly all of the work: a block of 10
//! transactions takes some 13 million cycles, in a dozen segments. On two cores that have nothing
//! else to do, its proof takes less than a minute.

use std::path::Path;
use std::time::Instant;

use lvm_block::output;
use lvm_block::output::Output;
use lvm_block_tools::synthesize::{Load, Specification};
use lvm_prover::{Program, ProveOptions, Prover};
use lvm_verifier::{Claim, Verifier, VerifyError};

fn prover() -> Prover {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/elf/ethereum-block.elf");
    let elf = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Prover::new(Program::load(&elf).expect("the guest loads")).expect("the guest is committed")
}

/// Proves and verifies the validation of an input.
fn check(input: &[u8], exit_code: u64) {
    let prover = prover();
    let start = Instant::now();
    let proved =
        prover.prove(input, &ProveOptions::default(), &mut |_| {}).expect("the run is proved");
    let head = &proved.proof.head;
    let (cycles, segments) = (proved.execution.cycles, head.segments.len());
    println!("{cycles} cycles in {segments} segments, {:.1?}", start.elapsed());

    let verifier = Verifier::new(prover.verifying_key());
    let claim = Claim { exit_code, ..Claim::default() };
    let said = verifier.verify(&proved.proof, &claim).expect("the proof verifies");
    assert_eq!(Output::decode(said), Ok(output(input)));
    assert_eq!(output(input).refused.is_none(), exit_code == 0);
    let other = Claim { exit_code: 1 - exit_code, ..Claim::default() };
    let verdict = verifier.verify(&proved.proof, &other);
    assert!(matches!(verdict, Err(VerifyError::ExitCode { .. })), "{verdict:?}");
}

fn synthesize(load: Load) -> Vec<u8> {
    Specification::new(load).synthesize().expect("a block")
}

#[test]
fn no_transactions() {
    check(&synthesize(Load::Transfers(0)), 0);
}

#[test]
fn ten_transfers() {
    check(&synthesize(Load::Transfers(10)), 0);
}

#[test]
fn ten_token_calls() {
    check(&synthesize(Load::TokenCalls(10)), 0);
}

#[test]
fn a_refusal() {
    let input = synthesize(Load::Transfers(0));
    let mut input = lvm_block::input::Input::decode(&input).expect("an input");
    input.nodes.pop();
    check(&input.encode(), 1);
}
