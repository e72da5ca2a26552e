//! The honest proof that the target `proof_mutation` changes.

use lvm_prover::{Program, ProveOptions, Prover};
use lvm_verifier::{Profile, Proof, VerifyingKey};
use lvm_vm::assemble::Assembler;

/// A proof of a run that commits six bytes and ends, and the program's key.
pub(crate) fn prove() -> Result<(VerifyingKey, Proof), Box<dyn std::error::Error>> {
    let mut code = Assembler::new();
    code.data(Assembler::DATA_START, b"output").commit(Assembler::DATA_START, 6).halt(0);
    let prover = Prover::new(Program::from(code.load()))?;
    let options = ProveOptions { profile: Profile::Provable100, ..ProveOptions::default() };
    let proved = prover.prove(&[], &options, &mut |_| {})?;
    Ok((prover.verifying_key(), proved.proof))
}
