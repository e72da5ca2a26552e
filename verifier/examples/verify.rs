//! The smallest verifier: `verify KEY PROOF` with two files, a key of 32 bytes and a proof.
//!
//! It links `lvm-verifier` and the standard library, and writes the public output to standard
//! output if the proof says that the run succeeded.

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs, io};

use lvm_verifier::{Claim, Proof, Verifier, VerifyingKey};

fn main() -> ExitCode {
    let files: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [key, proof] = files.as_slice() else {
        eprintln!("usage: verify KEY PROOF");
        return ExitCode::from(2);
    };
    match verify(key, proof) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("refused: {error}");
            ExitCode::FAILURE
        }
    }
}

fn verify(key: &PathBuf, proof: &PathBuf) -> Result<(), Box<dyn Error>> {
    let verifier = Verifier::new(VerifyingKey::read(&fs::read(key)?)?);
    let proof = Proof::from_bytes(&fs::read(proof)?)?;
    let output = verifier.verify(&proof, &Claim::default())?;
    io::stdout().write_all(output)?;
    Ok(())
}
