//! Many proofs are made at the same time, in one process and in several, and share nothing that
//! could mix them up.

#![cfg(feature = "prover")]

mod support;

use std::fs;
use std::process::{Command, Stdio};
use std::thread;

use lvm_example_backend::backend::{LvmBackend, ProofFormat, ProofOutput, ProverBackend};
use lvm_example_backend::input::Raw;
use sha3::{Digest, Keccak256};

/// Proves each input in a thread of its own, and verifies with every backend.
fn check(backends: [&LvmBackend<Raw>; 2], inputs: [&[u8]; 2]) {
    let proved: Vec<ProofOutput> = thread::scope(|scope| {
        let threads = [0, 1].map(|at| {
            let (backend, input) = (backends[at], inputs[at]);
            scope.spawn(move || backend.prove(input, ProofFormat::Compressed).unwrap())
        });
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (output, input) in proved.iter().zip(inputs) {
        assert_eq!(*output.public_values, *Keccak256::digest(input));
        for backend in backends {
            backend.verify(output).unwrap();
        }
    }
    let mixed_up = ProofOutput {
        proof: proved[0].proof.clone(),
        public_values: proved[1].public_values.clone(),
    };
    backends[0].verify(&mixed_up).unwrap_err();
}

#[test]
fn by_one_backend() {
    let backend = support::backend("keccak256");
    check([&backend; 2], [b"one", &[7; 3000]]);
}

#[test]
fn by_two_backends() {
    let backends = [support::backend("keccak256"), support::backend("keccak256")];
    check([&backends[0], &backends[1]], [b"two", &[9; 300]]);
}

#[test]
fn by_two_processes_in_one_folder_without_files() {
    let folder = tempfile::tempdir().unwrap();
    let children = [(); 2].map(|()| {
        Command::new(env!("CARGO_BIN_EXE_lvm-example-backend"))
            .current_dir(folder.path())
            .env("TMPDIR", folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    });
    for child in children {
        let output = child.wait_with_output().unwrap();
        let (said, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{said}{errors}");
        assert!(said.contains("by the key alone"), "{said}");
        assert_eq!(errors, "");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "no file is left");
}
