//! Published test vectors are answered through the C symbols, natively and on the machine.

mod support;

use std::fs;
use std::path::Path;

use lvm_isa::segment::Budget;
use lvm_prover::budget::cells;
use lvm_prover::{Program, ProveOptions, Proved, Prover};
use lvm_verifier::{Claim, Verifier};
use lvm_vm::elf::{LoadedProgram, load};
use lvm_vm::execute::{Execution, Options, execute};
use lvm_vm::record::Recorder;
use support::guest::{Answer, Request, answer};
use support::symbols::SYMBOLS;
use support::{Vector, all};

fn options() -> Options {
    Options { max_cycles: 20_000_000_000, ..Options::default() }
}

/// The committed guest.
fn guest() -> LoadedProgram {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/elf/accelerators.elf");
    load(&fs::read(path).expect("the file is committed")).expect("the guest loads")
}

/// What the committed guest does with `requests`.
fn run(requests: &[&Request]) -> (Execution, Vec<Answer>) {
    let input = postcard::to_allocvec(requests).expect("requests can be serialized");
    let execution = execute(&guest(), &input, &options(), &mut |_| {}).expect("the guest runs");
    assert_eq!((execution.exit_code, &execution.panic_message), (0, &None));
    let answers = postcard::from_bytes(&execution.public_output).expect("the output is answers");
    (execution, answers)
}

/// The cycles of the guest's answers to `requests`, and the cells of the rows that prove them.
fn costs(requests: &[&Request]) -> [u64; 2] {
    let program = guest();
    let input = postcard::to_allocvec(requests).expect("requests can be serialized");
    let (options, print) = (options(), &mut |_: &[u8]| {});
    let budget = Budget::UNLIMITED;
    let mut recorder = Recorder::new(&program, &input, &options, &budget, print)
        .expect("program and input fit into memory");
    let segment = recorder.segment(false).expect("the guest runs").expect("a segment");
    [segment.cycles, cells(&segment.tally)]
}

fn check(vectors: &[Vector], answers: &[Answer]) {
    assert_eq!(vectors.len(), answers.len());
    let wrong: Vec<_> = vectors
        .iter()
        .zip(answers)
        .filter(|(vector, answer)| vector.expected != **answer)
        .map(|(vector, answer)| {
            format!(
                "{}\n  expected {:02x?}\n  found    {answer:02x?}",
                vector.title, vector.expected
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
}

#[test]
fn natively() {
    let vectors = all();
    let answers: Vec<_> = vectors.iter().map(|vector| answer(&vector.request)).collect();
    check(&vectors, &answers);
}

#[test]
fn on_the_machine() {
    let vectors = all();
    let requests: Vec<_> = vectors.iter().map(|vector| &vector.request).collect();
    let (execution, answers) = run(&requests);
    println!("{} vectors, {} cycles", vectors.len(), execution.cycles);
    check(&vectors, &answers);
}

/// One call of each symbol, but for the one that takes ten times as long as all others together.
#[test]
fn typical_calls_are_proved() {
    let vectors: Vec<_> = typical()
        .into_iter()
        .filter(|(symbol, _)| *symbol != "zkvm_modexp")
        .map(|(_, vector)| vector)
        .collect();
    let requests: Vec<_> = vectors.iter().map(|vector| &vector.request).collect();
    let input = postcard::to_allocvec(&requests).expect("requests can be serialized");
    let prover = Prover::new(Program::from(guest())).expect("the guest is committed");
    let Proved { proof, .. } =
        prover.prove(&input, &ProveOptions::default(), &mut |_| {}).expect("the run is proved");
    Verifier::new(prover.verifying_key()).verify(&proof, &Claim::default()).expect("it verifies");
    let answers: Vec<_> =
        postcard::from_bytes(&proof.head.public_output).expect("the output is answers");
    check(&vectors, &answers);
}

/// Each symbol has published vectors which it answers, and inputs that it refuses, where there are
/// any that it refuses.
#[test]
fn vectors_are_published_and_of_all_kinds() {
    let vectors = all();
    let never_refuses = |symbol: &str| {
        ["_keccak256", "_sha256", "_ripemd160", "_modexp"].iter().any(|end| symbol.ends_with(end))
    };
    for symbol in SYMBOLS {
        let of_symbol = || vectors.iter().filter(|vector| vector.request.symbol == symbol);
        let published = of_symbol()
            .filter(|vector| vector.expected.status == 0 && !vector.source.contains("computed"))
            .count();
        let refused = of_symbol()
            .filter(|vector| vector.expected.status != 0 || vector.expected.output == [0])
            .count();
        println!("{symbol}: {}, {published} published, {refused} refused", of_symbol().count());
        assert!(published >= 2, "{symbol} has {published} published vectors");
        assert!(refused >= 2 || never_refuses(symbol), "{symbol} has {refused} refused vectors");
    }
}

/// What `docs/accelerators.md` says; run with `--nocapture` to see the numbers.
#[test]
fn costs_of_typical_calls() {
    let documentation =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/accelerators.md"))
            .expect("the page is there");
    let mut wrong = Vec::new();
    for (symbol, vector) in typical() {
        // The difference of two runs is one call: reading the input and writing the output are in
        // it, starting is not.
        let [one, two] = [1, 2].map(|count| costs(&vec![&vector.request; count]));
        let found = [two[0] - one[0], two[1] - one[1]];
        println!("{}: {found:?}", vector.title);
        let found = found.map(|number| rounded(number).to_string());
        let documented: Option<Vec<String>> = documentation
            .lines()
            .find_map(|line| line.strip_prefix(&format!("| `{symbol}` |")))
            .map(|row| row.trim_end_matches([' ', '|']).rsplit('|').take(2))
            .map(|numbers| numbers.map(|it| it.trim().replace(',', "")).collect());
        if documented.as_deref() != Some(&[found[1].clone(), found[0].clone()]) {
            wrong.push(format!("{symbol}: {found:?}, not {documented:?}"));
        }
    }
    assert!(wrong.is_empty(), "docs/accelerators.md:\n{}", wrong.join("\n"));
}

/// The call of each symbol that the documentation gives the costs of.
fn typical() -> Vec<(&'static str, Vector)> {
    let mut vectors = all();
    let find = |(symbol, name): (&'static str, &str)| {
        let start = format!("{symbol}, {name} (");
        let found = vectors.iter().position(|vector| vector.title.starts_with(&start));
        let at = found.unwrap_or_else(|| panic!("{symbol} has no {name}"));
        (symbol, vectors.swap_remove(at))
    };
    TYPICAL.map(find).into()
}

/// To three digits.
fn rounded(cycles: u64) -> u64 {
    let unit = 10_u64.pow(cycles.max(1).ilog10().saturating_sub(2));
    (cycles + unit / 2) / unit * unit
}

/// Their symbols and how their titles go on.
const TYPICAL: [(&str, &str); 19] = [
    ("zkvm_keccak256", "1000 bytes"),
    ("zkvm_sha256", "1000 bytes"),
    ("zkvm_ripemd160", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
    ("zkvm_secp256k1_verify", "EIP-155 transaction"),
    ("zkvm_secp256k1_ecrecover", "EIP-155 transaction"),
    ("zkvm_secp256r1_verify", "sample"),
    ("zkvm_modexp", "2048 bits, odd"),
    ("zkvm_bn254_g1_add", "chfast1"),
    ("zkvm_bn254_g1_mul", "seeded 0"),
    ("zkvm_bn254_pairing", "jeff1"),
    ("zkvm_blake2f", "test vector 5"),
    ("zkvm_kzg_point_eval", "correct_proof_4_4"),
    ("zkvm_bls12_g1_add", "bls_g1add_g1+p1"),
    ("zkvm_bls12_g1_msm", "bls_g1msm_multiple"),
    ("zkvm_bls12_g2_add", "bls_g2add_g2+p2"),
    ("zkvm_bls12_g2_msm", "four pairs, seeded"),
    ("zkvm_bls12_pairing", "e(aP, bQ) = e(abP, Q), seeded"),
    ("zkvm_bls12_map_fp_to_g1", "bls_g1map_616263"),
    ("zkvm_bls12_map_fp2_to_g2", "bls_g2map_616263"),
];
