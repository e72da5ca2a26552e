//! Answers of the accelerators are proved and verified.

mod support;

use std::path::Path;

use lvm_prover::Program;
use support::Run;

/// As the guest has them: the symbol, its arguments; the status, the result.
type Request = (&'static str, Vec<Vec<u8>>);
type Answer = (i32, Vec<u8>);

fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits"))
        .collect()
}

/// Proves the guest's run on `requests`, verifies it, and compares the proof's output.
fn check(requests: &[Request], expected: &[Answer]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/elf/accelerators.elf");
    let elf = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let input = postcard::to_allocvec(requests).expect("requests can be serialized");
    let run = Run::new(Program::load(&elf).expect("the guest loads"), &input);
    println!("{} cycles", run.recording.execution.cycles);
    let tables = run.fill();
    let faults = run.faults(&tables);
    assert!(faults.is_empty(), "{faults}");
    let output = run.verify(&run.prove(&tables)).expect("the proof verifies");
    let answers: Vec<Answer> = postcard::from_bytes(&output).expect("the output is answers");
    assert_eq!(answers, expected);
}

#[test]
fn hashes_of_abc() {
    let abc = || vec![b"abc".to_vec()];
    let mut ripemd160 = vec![0; 12];
    ripemd160.extend(unhex("8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"));
    // The last block of BLAKE2b-512 of "abc" (EIP-152, test vector 5), and a flag that is refused.
    let state = unhex(
        "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5\
         d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b",
    );
    let blake2f = |flag: u8| {
        let mut message = b"abc".to_vec();
        message.resize(128, 0);
        let mut offset = vec![3];
        offset.resize(16, 0);
        vec![vec![0, 0, 0, 12], state.clone(), message, offset, vec![flag]]
    };
    check(
        &[
            ("zkvm_keccak256", abc()),
            ("zkvm_sha256", abc()),
            ("zkvm_ripemd160", abc()),
            ("zkvm_blake2f", blake2f(1)),
            ("zkvm_blake2f", blake2f(2)),
        ],
        &[
            (0, unhex("4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")),
            (0, unhex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")),
            (0, ripemd160),
            (
                0,
                unhex(
                    "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1\
                     7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
                ),
            ),
            (-1, state.clone()),
        ],
    );
}

/// The transaction that is the example of EIP-155.
#[test]
fn key_of_a_signature() {
    let hash = unhex("daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
    let signature = unhex(
        "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276\
         67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83",
    );
    // 0x46…46 times the generator.
    let key = unhex(
        "4bc2a31265153f07e70e0bab08724e6b85e217f8cd628ceb62974247bb493382\
         ce28cab79ad7119ee1ad3ebcdb98a16805211530ecc6cfefa1b88e6dff99232a",
    );
    check(&[("zkvm_secp256k1_ecrecover", vec![hash, signature, vec![0]])], &[(0, key)]);
}
