//! The module's answers about an honest proof of several parts, and about what isn't quite one.

use lvm_isa::segment::Budget;
use lvm_prover::{Program, Prover};
use lvm_verifier::Profile;
use lvm_verifier_web::answer::framed;
use lvm_vm::assemble::Assembler;
use lvm_vm::execute::Options;
use lvm_vm::record::record;

/// A proof's file of a run in segments that commits `output`, and the program's key.
fn proved(output: &[u8]) -> (Vec<u8>, [u8; 32]) {
    let mut a = Assembler::new();
    a.data(Assembler::DATA_START, output);
    a.commit(Assembler::DATA_START, output.len() as u64).halt(0);
    let prover = Prover::new(Program::from(a.load())).expect("the program is committed");
    let program = prover.program().loaded();
    let budget = Budget::cycles(4);
    let recording = record(program, &[], &Options::default(), &budget, &mut |_| {});
    let recording = recording.expect("the program runs");
    assert!(recording.segments.len() > 1);
    let tables = prover.fill(&recording).expect("the tables hold the run");
    let proof = prover
        .prove_tables(Profile::Provable100, tables, 0, output.to_vec())
        .expect("the run is proved");
    (proof.to_bytes().expect("the proof is encoded"), *prover.verifying_key().as_bytes())
}

/// A request for exit code 0 and, if there is one, this output.
fn request(output: Option<&[u8]>, key: &[u8]) -> Vec<u8> {
    let mut request = vec![0; 8];
    request.push(u8::from(output.is_some()));
    let output = output.unwrap_or_default();
    request.extend((output.len() as u32).to_le_bytes());
    request.extend(output);
    request.extend(key);
    request
}

/// What follows the answer's length.
fn answer(request: &[u8], proof: &[u8]) -> Vec<u8> {
    let answer = framed(request, proof);
    let (length, rest) = answer.split_first_chunk().expect("there is a length");
    assert_eq!(u32::from_le_bytes(*length) as usize, rest.len());
    rest.to_vec()
}

#[track_caller]
fn refused(request: &[u8], proof: &[u8], reason: &str) {
    let answer = answer(request, proof);
    let (verified, text) = answer.split_first().expect("there is an answer");
    assert_eq!(*verified, 0);
    let text = String::from_utf8_lossy(text);
    assert!(text.contains(reason), "{text}");
}

#[test]
fn an_honest_proof_and_what_is_none() {
    let (proof, key) = proved(b"output");
    let good = [&[1][..], &[0; 8], &100u32.to_le_bytes(), b"output"].concat();
    assert_eq!(answer(&request(None, &key), &proof), good);
    assert_eq!(answer(&request(Some(b"output"), &key), &proof), good);
    refused(&request(Some(b"others"), &key), &proof, "public output");
    refused(&request(None, &[7; 32]), &proof, "another program");

    let any = request(None, &key);
    for length in [13, 14, 500, proof.len() / 2, proof.len() - 1] {
        refused(&any, &proof[..length], "cut off");
    }
    let mut longer = proof.clone();
    longer.push(0);
    refused(&any, &longer, "1 trailing bytes");
    let mut changed = proof.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    refused(&any, &changed, "does not verify");
}
