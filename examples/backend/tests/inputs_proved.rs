//! Inputs of any type are serialized, executed, proved and verified, and the public output is
//! compared with what another implementation computes.

#![cfg(feature = "prover")]

mod support;

use lvm_example_backend::backend::{BackendError, ProofFormat, ProverBackend};
use lvm_example_backend::input::{InputCodec, Postcard};
use lvm_example_backend::prover::{Input, LvmError, ZkvmProver};
use lvm_example_backend::workload::Workload;
use serde::{Serialize, Serializer};
use sha3::{Digest, Keccak256};

/// As a service might have it.
#[derive(Serialize)]
struct Transfer {
    from: [u8; 20],
    to: [u8; 20],
    amount: u128,
    memo: String,
}

fn transfer() -> Transfer {
    Transfer { from: [1; 20], to: [2; 20], amount: 10_u128.pow(18), memo: "rent".to_owned() }
}

#[test]
fn a_value_in_postcard() {
    let backend = support::backend_with("keccak256", Postcard::<Transfer>::default());
    let (input, serializing) = backend.serialize_input_timed(&transfer()).unwrap();
    let expected = Keccak256::digest(&input.stdin);
    assert_eq!(input.stdin.len(), 20 + 20 + 9 + 1 + 4, "postcard's spelling");

    let executing = backend.execute_timed(&transfer()).unwrap();
    let (proved, proving) = backend.prove_timed(&transfer(), ProofFormat::Compressed).unwrap();
    println!("serialized in {serializing:?}, executed in {executing:?}, proved in {proving:?}");
    assert!(executing < proving, "{executing:?}, {proving:?}");
    assert_eq!(*proved.public_values, *expected);
    backend.verify(&proved).unwrap();

    let mut other = proved;
    other.public_values.0[0] ^= 1;
    let error = backend.verify(&other).unwrap_err();
    assert_eq!(
        support::chain(&error),
        [
            "verification failed",
            "the proof is refused",
            "the proof's public output is not the expected one",
        ]
    );
}

#[test]
fn bytes_as_they_are() {
    let workload = Workload::bundled();
    let backend = support::backend("keccak256");
    let (output, report) = backend.prover().execute(&workload.input.clone().into()).unwrap();
    assert_eq!(*output, workload.expected_output);
    let (output, proof, proved) = backend.prover().prove(&workload.input.into()).unwrap();
    assert_eq!(*output, workload.expected_output);
    assert_eq!(report.total_num_cycles, proved.total_num_cycles);
    assert_eq!(backend.prover().verify(&proof).unwrap(), output);
}

#[test]
fn what_has_no_form_is_an_error() {
    /// A value that says no.
    struct Unwilling;

    impl Serialize for Unwilling {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }

    let backend = support::backend_with("keccak256", Postcard::<Unwilling>::default());
    let cause = Postcard::<Unwilling>::default().encode(&Unwilling).unwrap_err();
    let error = backend.execute(&Unwilling).unwrap_err();
    assert!(matches!(error, BackendError::Serialization(_)), "{error:?}");
    assert_eq!(
        support::chain(&error),
        ["the input can't be serialized".to_owned(), cause.to_string()]
    );

    let backend = support::backend("keccak256");
    let error = backend.prove(b"", ProofFormat::Groth16).unwrap_err();
    assert!(matches!(error, BackendError::Format(ProofFormat::Groth16)), "{error:?}");
    let input = Input { stdin: Vec::new(), proofs: Some(Vec::new()) };
    let error = backend.prover().execute(&input).unwrap_err();
    assert!(matches!(error, LvmError::ProofsGiven), "{error:?}");
}
