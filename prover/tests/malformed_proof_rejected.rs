//! A proof file with any byte changed, cut off or added is refused, without a panic.

mod support;

use lvm_isa::instruction::Operation::Add;
use lvm_syscalls::halt;
use lvm_verifier::proof::DecodeError;
use lvm_verifier::{Claim, Proof, Verifier, VerifyingKey};
use lvm_vm::assemble::{Assembler, ecall, r};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use support::Run;

/// Positions of the file that are tried.
const SAMPLES: usize = 200;

fn proof() -> (VerifyingKey, Vec<u8>) {
    let mut a = Assembler::new();
    a.data(Assembler::DATA_START, b"public output");
    a.commit(Assembler::DATA_START, 13);
    a.li(17, halt::NUMBER).li(5, 0).li(6, 0).push(r(Add, 10, 5, 6)).push(ecall());
    let run = Run::assembled(&a);
    let proof = run.prove(&run.fill());
    (run.prover.verifying_key(), proof.to_bytes().expect("the proof is encoded"))
}

/// Whether the file is a proof that verifies.
fn accepted(key: VerifyingKey, bytes: &[u8]) -> bool {
    Proof::from_bytes(bytes)
        .is_ok_and(|proof| Verifier::new(key).verify(&proof, &Claim::default()).is_ok())
}

#[test]
fn changed_cut_and_extended_files() {
    let (key, honest) = proof();
    assert!(accepted(key, &honest));
    let mut rng = StdRng::seed_from_u64(0x6C76_6D01);
    // The header and the first fields byte by byte, the rest sampled.
    let sampled = (0..SAMPLES).map(|_| rng.random_range(200..honest.len()));
    let positions: Vec<usize> = (0..200).chain(sampled).collect();
    for position in positions {
        let mut bytes = honest.clone();
        bytes[position] ^= 1 << rng.random_range(0..8);
        assert!(!accepted(key, &bytes), "a flipped bit in byte {position} is accepted");
    }
    for _ in 0..SAMPLES {
        let length = rng.random_range(0..honest.len());
        assert!(!accepted(key, &honest[..length]), "the first {length} bytes are accepted");
    }
    for extra in [1, 8, 4096] {
        let mut bytes = honest.clone();
        bytes.resize(honest.len() + extra, 0);
        assert_eq!(Proof::from_bytes(&bytes).err(), Some(DecodeError::Trailing { extra }));
    }
}

#[test]
fn lengths_that_promise_too_much() {
    let (_, honest) = proof();
    // Every 8-byte window among the first fields, overwritten with a huge length.
    for position in 10..300 {
        let mut bytes = honest.clone();
        bytes[position..position + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        let _ = Proof::from_bytes(&bytes);
        bytes[position..position + 8].copy_from_slice(&(1u64 << 40).to_le_bytes());
        let _ = Proof::from_bytes(&bytes);
    }
}

#[test]
fn files_that_are_no_proofs() {
    let (_, honest) = proof();
    assert_eq!(Proof::from_bytes(b"").err(), Some(DecodeError::Magic));
    assert_eq!(Proof::from_bytes(b"\x7fELF").err(), Some(DecodeError::Magic));
    let mut other = honest;
    other[9] = 2;
    assert_eq!(Proof::from_bytes(&other).err(), Some(DecodeError::Version { found: 2 }));
}

/// The same statement with another statement's STARK proof.
#[test]
fn a_proof_of_another_run() {
    let run = |exit: u64| {
        let mut a = Assembler::new();
        a.halt(exit);
        Run::assembled(&a)
    };
    let (one, two) = (run(1), run(2));
    let (mut proof_of_one, proof_of_two) = (one.prove(&one.fill()), two.prove(&two.fill()));
    one.verify(&proof_of_one).expect("an honest proof verifies");
    proof_of_one.stark = proof_of_two.stark;
    assert!(one.verify(&proof_of_one).is_err());
}
