//! Every file of the committed corpus passes its target.

mod seed;

use std::fs;
use std::path::Path;

use lvm_fuzz_targets::proof_mutation::Seed;
use lvm_fuzz_targets::{decode, differential, elf, parse};

/// The corpus that one target's tests and runs begin with, in order of names.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut files: Vec<_> = files
        .map(|file| {
            let path = file.expect("the folder is read").path();
            let bytes = fs::read(&path).expect("the file is read");
            (path.display().to_string(), bytes)
        })
        .collect();
    files.sort();
    assert!(files.len() >= 10, "{} files of {target}", files.len());
    files
}

#[track_caller]
fn replay(target: &str, check: impl Fn(&[u8])) {
    for (name, bytes) in corpus(target) {
        // Shown when the check fails.
        println!("{name}");
        check(&bytes);
    }
}

#[test]
fn elf_corpus() {
    replay("elf", elf::check);
}

#[test]
fn decode_corpus() {
    replay("decode", decode::check);
}

#[test]
fn differential_corpus() {
    replay("differential", differential::check);
}

#[test]
fn parse_corpus() {
    replay("parse", parse::check);
}

#[test]
fn proof_mutation_corpus() {
    let (key, proof) = seed::prove().expect("the seed is proved");
    let seed = Seed::new(proof.to_bytes().expect("the proof is encoded"), key);
    // Without changes, the proof is accepted.
    seed.check(b"");
    replay("proof_mutation", |data| seed.check(data));
}

/// A spread of all words; `every_word` takes a minute.
#[test]
fn words_decode_as_elsewhere() {
    for number in 0..1 << 24 {
        decode::check_word(u32::wrapping_mul(number, 0x9e37_79b1));
    }
}

#[test]
#[ignore = "takes a minute"]
fn every_word() {
    for word in 0..=u32::MAX {
        decode::check_word(word);
    }
}
