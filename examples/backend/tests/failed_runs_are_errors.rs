//! A run that fails is an error that says why, and the backend works again afterwards.

#![cfg(feature = "prover")]

mod support;

use lvm_example_backend::backend::{LvmBackend, ProofFormat, ProverBackend};
use lvm_example_backend::input::Raw;
use lvm_example_backend::prover::LvmError;
use lvm_prover::ProveOptions;
use lvm_vm::elf::Abi;

/// Fibonacci takes at most 8 bytes.
const TOO_LONG: [u8; 9] = [0; 9];

#[test]
fn a_panic_is_an_error_and_the_next_run_a_proof() {
    let backend = support::backend("fibonacci");
    for (what, error) in [
        ("execution failed", backend.execute(&TOO_LONG).unwrap_err()),
        ("proving failed", backend.prove(&TOO_LONG, ProofFormat::Compressed).unwrap_err()),
    ] {
        let chain = support::chain(&error);
        assert_eq!((chain.len(), chain[0].as_str()), (2, what));
        let (start, end) = ("the guest ended with exit code 101: ", "n has at most 8 bytes");
        assert!(chain[1].starts_with(start) && chain[1].ends_with(end), "{chain:?}");
    }
    backend.execute(&[10]).unwrap();
    let proved = backend.prove(&[10], ProofFormat::Compressed).unwrap();
    assert_eq!(*proved.public_values, 55_u64.to_le_bytes());
    backend.verify(&proved).unwrap();
}

#[test]
fn an_exit_code_is_an_error() {
    let error = support::backend("exit-3").execute(&[]).unwrap_err();
    let chain = support::chain(&error);
    assert_eq!(chain[1], "the guest ended with exit code 3: no message");
}

#[test]
fn traps_and_limits_say_where() {
    let mut options = support::options();
    options.execution.max_cycles = 10;
    let elf = support::file("guests/elf/fibonacci.elf");
    let backend = LvmBackend::new(&elf, Abi::Lvm, Raw, options).unwrap();
    let error = backend.prove(&[10], ProofFormat::Compressed).unwrap_err();
    let chain = support::chain(&error);
    assert_eq!(chain[..2], ["proving failed", "the run has no result"]);
    assert!(chain[2].starts_with("the run has not ended after 10 cycles"), "{chain:?}");

    let elf = support::file("guests/foreign/lambda-vm/elf/given-stack.elf");
    let backend = LvmBackend::new(&elf, Abi::Lvm, Raw, support::options()).unwrap();
    let chain = support::chain(&backend.execute(b"input").unwrap_err());
    assert_eq!(chain[..2], ["execution failed", "the run has no result"]);
    assert!(chain[2].starts_with("trap at 0x"), "{chain:?}");
}

#[test]
fn a_file_that_is_no_program_is_refused() {
    let new = |elf: &[u8]| LvmBackend::new(elf, Abi::Lvm, Raw, ProveOptions::default()).err();
    let elf = support::file("guests/elf/fibonacci.elf");
    assert!(new(&elf).is_none());
    for (elf, cause) in [
        (&b""[..], "not an ELF file: it does not begin with the bytes 7f 45 4c 46"),
        (&elf[..40], "the ELF file ends inside its header: 40 bytes, at least 64 are needed"),
    ] {
        let error = new(elf).expect("it is refused");
        assert!(matches!(error, LvmError::Load(_)), "{error:?}");
        assert_eq!(support::chain(&error), ["the ELF file is no program", cause]);
    }
}
