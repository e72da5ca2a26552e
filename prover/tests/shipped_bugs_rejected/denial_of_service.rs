//! Completeness and denial of service: what a program does must be provable, and no argument of a
//! call may cost more than the call.

use lvm_isa::instruction::Operation::{Ld, Lwu};
use lvm_prover::{Program, ProveOptions, Prover};
use lvm_syscalls::layout::{MEMORY_END, PRIVATE_INPUT_START, PUBLIC_OUTPUT_MAX};
use lvm_syscalls::{commit, print};
use lvm_verifier::{Claim, Verifier};
use lvm_vm::assemble::{Assembler, ecall, i};

use crate::support::Run;

/// LambdaVM: programs that print had no proof.
#[test]
fn programs_that_print_are_proved() {
    let mut a = Assembler::new();
    a.data(Assembler::DATA_START, b"printed");
    a.li(17, print::NUMBER);
    for (pointer, length) in [(Assembler::DATA_START, 7), (0, 0), (u64::MAX, 1), (0x1000, u64::MAX)]
    {
        a.li(10, pointer).li(11, length).push(ecall());
    }
    a.halt(0);
    Run::assembled(&a).expect_accepted();
}

/// Makes a call with pointer and length from the private input.
fn calls(number: u64) -> Prover {
    let mut a = Assembler::new();
    a.li(5, PRIVATE_INPUT_START);
    // The input begins four bytes after the region, behind its length.
    a.push(i(Lwu, 10, 5, 4)).push(i(Ld, 11, 5, 8)).push(i(Ld, 12, 5, 16));
    a.li(17, number).push(ecall());
    a.halt(0);
    Prover::new(Program::from(a.load())).expect("the program is committed")
}

fn input(target: u32, pointer: u64, length: u64) -> Vec<u8> {
    [&target.to_le_bytes()[..], &pointer.to_le_bytes(), &length.to_le_bytes()].concat()
}

/// Lengths without bound, and pointers that wrap with their length: an error at once, and the same
/// prover serves the next input.
#[test]
fn lengths_are_bounded_and_sums_do_not_wrap() {
    let prover = calls(commit::NUMBER);
    let prove = |pointer: u64, length: u64| {
        prover.prove(&input(1, pointer, length), &ProveOptions::default(), &mut |_| {})
    };
    for (pointer, length) in [
        (0x1000, PUBLIC_OUTPUT_MAX + 1),
        (0x1000, 1 << 63),
        (0x1000, u64::MAX),
        (MEMORY_END - 4, 5),
        (u64::MAX, 2),
        (u64::MAX - 7, 16),
        (u64::MAX - 0xFFF, 0x2000),
    ] {
        assert!(prove(pointer, length).is_err(), "{pointer:#x} + {length:#x}");
    }
    for (pointer, length) in [(0x1000, 16), (MEMORY_END - 4, 4)] {
        let proved = prove(pointer, length).expect("the run is proved");
        let output = vec![0; length as usize];
        let claim = Claim { public_output: Some(&output), ..Claim::default() };
        Verifier::new(prover.verifying_key()).verify(&proved.proof, &claim).expect("it verifies");
    }
}
