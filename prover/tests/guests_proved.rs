//! The bundled guests run, and are proved and verified with 128 provable bits.

use std::path::Path;

use lvm_prover::{Program, ProveOptions, Proved, Prover};
use lvm_verifier::{Claim, Profile, Verifier, VerifyError, security};

fn prover(guest: &str) -> Prover {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../guests/elf")
        .join(guest)
        .with_extension("elf");
    let elf = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Prover::new(Program::load(&elf).expect("the guest loads")).expect("the guest is committed")
}

fn prove(prover: &Prover, private_input: &[u8]) -> Proved {
    prover
        .prove(private_input, &ProveOptions::default(), &mut |_| {})
        .expect("the guest's run is proved")
}

/// Proves and verifies, and checks the provable bits.
fn check(guest: &str, private_input: &[u8], exit_code: u64) -> Vec<u8> {
    let prover = prover(guest);
    let proved = prove(&prover, private_input);
    assert_eq!(proved.execution.exit_code, exit_code, "{guest}");
    let verifier = Verifier::new(prover.verifying_key());
    let claim = Claim { exit_code, ..Claim::default() };
    let output = verifier.verify(&proved.proof, &claim).expect("the proof verifies").to_vec();
    if exit_code != 0 {
        let verdict = verifier.verify(&proved.proof, &Claim::default());
        assert_eq!(verdict, Err(VerifyError::ExitCode { expected: 0, found: exit_code }));
    }
    let head = &proved.proof.head;
    let bits = (0..head.parts())
        .map(|index| {
            let (_, plan) = head.plan(index).expect("a shape");
            security::report(&Profile::default().parameters(), &plan).bits()
        })
        .fold(f64::INFINITY, f64::min);
    println!("{guest}: {} cycles, {bits:.1} provable bits", proved.execution.cycles);
    assert!(bits >= 128.0, "{guest}: {bits} bits");
    output
}

#[test]
fn fibonacci() {
    // fib(90) fits 64 bits.
    let output = check("fibonacci", &90u64.to_le_bytes(), 0);
    assert_eq!(output, 2_880_067_194_370_816_120u64.to_le_bytes());
}

#[test]
fn keccak256() {
    // Ethereum's hash of the empty string.
    let empty = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";
    let output = check("keccak256", b"", 0);
    let hex: String = output.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, empty);
}

#[test]
fn std_program_depends_on_every_byte() {
    let text = b"the quick brown fox jumps over the lazy dog, and the dog does not mind";
    let prover = prover("std-program");
    let proved = prove(&prover, text);
    let verifier = Verifier::new(prover.verifying_key());
    let claim = |output| Claim { public_output: Some(output), ..Claim::default() };
    verifier.verify(&proved.proof, &claim(&proved.execution.public_output)).expect("it verifies");

    let mut flipped = text.to_vec();
    flipped[20] ^= 1;
    let other = prover
        .program()
        .execute(&flipped, &Default::default(), &mut |_| {})
        .expect("the guest runs");
    assert_ne!(other.public_output, proved.execution.public_output);
    assert_eq!(
        verifier.verify(&proved.proof, &claim(&other.public_output)),
        Err(VerifyError::PublicOutput)
    );
}

#[test]
fn allocation() {
    check("allocation", b"", 0);
}

#[test]
fn panic() {
    check("panic", b"", lvm_syscalls::panic::EXIT_CODE);
}

#[test]
fn exit_3() {
    check("exit-3", b"", 3);
}

#[test]
fn one_prover_makes_many_proofs_side_by_side() {
    let prover = prover("fibonacci");
    let outputs: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let handles: Vec<_> = [10u64, 20]
            .map(|n| {
                let prover = &prover;
                scope.spawn(move || prove(prover, &n.to_le_bytes()).proof.head.public_output)
            })
            .into_iter()
            .collect();
        handles.into_iter().map(|handle| handle.join().expect("proved")).collect()
    });
    assert_eq!(outputs, [55u64.to_le_bytes().to_vec(), 6765u64.to_le_bytes().to_vec()]);
}
