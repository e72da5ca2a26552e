//! The verifier needs a key and a proof, refuses every other spelling of either, and is compiled
//! without the prover.

#![cfg(feature = "prover")]

mod support;

use std::process::Command;

use lvm_example_backend::backend::{ProofFormat, ProverBackend};
use lvm_example_backend::codec::{Decode, Encode};
use lvm_example_backend::prover::{LvmProver, ZkvmProver};
use lvm_example_backend::verifier::{LvmVerifier, ZkvmVerifier};
use lvm_prover::ProveOptions;
use lvm_verifier::proof::DecodeError;
use lvm_verifier::{Profile, Proof, VerifyError, VerifyingKey};
use lvm_vm::elf::Abi;

#[test]
fn keys_and_proofs_have_one_spelling() {
    let backend = support::backend("fibonacci");
    let proved = backend.prove(&[10], ProofFormat::Compressed).unwrap();
    let file = backend.to_proof_bytes(proved, ProofFormat::Compressed).unwrap().proof;
    let key = backend.prover().program_vk().encode_to_vec().unwrap();
    drop(backend);

    let verifier =
        LvmVerifier::new(VerifyingKey::decode_from_slice(&key).unwrap(), Profile::default());
    let proof = Proof::decode_from_slice(&file).unwrap();
    assert_eq!(*verifier.verify(&proof).unwrap(), 55_u64.to_le_bytes());
    verifier.verify_output(&proof, &55_u64.to_le_bytes()).unwrap();
    assert_eq!(proof.encode_to_vec().unwrap(), file);
    assert_eq!((verifier.name(), verifier.sdk_version()), ("lvm", env!("CARGO_PKG_VERSION")));

    for output in [&b""[..], &55_u64.to_le_bytes()[..7], &[55, 0, 0, 0, 0, 0, 0, 0, 0]] {
        assert_eq!(verifier.verify_output(&proof, output), Err(VerifyError::PublicOutput));
    }
    for length in [0, 31, 33] {
        let bytes: Vec<u8> = key.iter().copied().cycle().take(length).collect();
        let error = VerifyingKey::decode_from_slice(&bytes).unwrap_err();
        assert_eq!(error.found, length);
    }
    let refused = |bytes: &[u8]| Proof::decode_from_slice(bytes).expect_err("it is no proof");
    assert_eq!(refused(&file[..file.len() - 1]), DecodeError::CutOff);
    assert_eq!(refused(&[file.as_slice(), &[0]].concat()), DecodeError::Trailing { extra: 1 });
    let mut other_key = key.clone();
    other_key[0] ^= 1;
    let other =
        LvmVerifier::new(VerifyingKey::decode_from_slice(&other_key).unwrap(), Profile::default());
    let error = other.verify(&proof).unwrap_err();
    assert!(matches!(error, VerifyError::OtherProgram { .. }), "{error}");
}

#[test]
fn a_weaker_profile_is_refused() {
    let elf = support::file("guests/elf/fibonacci.elf");
    let weak = ProveOptions { profile: Profile::Provable100, ..support::options() };
    let prover = LvmProver::new(&elf, Abi::Lvm, weak).unwrap();
    let (output, proof, _) = prover.prove(&vec![10].into()).unwrap();
    assert_eq!(prover.verify(&proof).unwrap(), output);
    let verifier = LvmVerifier::new(*prover.program_vk(), Profile::Provable128);
    let error = verifier.verify(&proof).unwrap_err();
    assert!(matches!(error, VerifyError::WeakProfile { .. }), "{error}");
}

#[test]
fn it_is_compiled_without_the_prover() {
    let packages = |features: &[&str]| {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--offline", "--edges", "normal", "--prefix", "none"])
            .args(["--package", env!("CARGO_PKG_NAME")])
            .args(features)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let has = |tree: &str, package: &str| tree.lines().any(|line| line.starts_with(package));
    let (all, alone) = (packages(&[]), packages(&["--no-default-features"]));
    for package in ["lvm-prover ", "lvm-vm ", "rayon ", "clap "] {
        assert!(has(&all, package), "{package}");
        assert!(!has(&alone, package), "{package}");
    }
    assert!(has(&alone, "lvm-verifier "));
}
