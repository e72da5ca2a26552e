//! Everything that the verifier reads, from any bytes: proofs, and verifying keys as bytes and as
//! text.
//!
//! Checked: nothing panics; what is read is written as the same bytes again; a proof that decodes
//! and is not made by a prover does not verify.
//!
//! The first byte says what the rest is.

use lvm_verifier::proof::{MAGIC, VERSION};
use lvm_verifier::{Claim, Profile, Proof, Verifier, VerifyingKey};

/// Checks bytes.
pub fn check(data: &[u8]) {
    let Some((&kind, rest)) = data.split_first() else { return };
    match kind % 4 {
        0 => check_proof(rest),
        1 => check_proof(&[&MAGIC[..], &[VERSION], rest].concat()),
        2 => check_key(rest),
        _ => check_text(&String::from_utf8_lossy(rest)),
    }
}

fn check_proof(bytes: &[u8]) {
    let proof = match Proof::from_bytes(bytes) {
        Ok(proof) => proof,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(proof.to_bytes().is_ok_and(|again| again == bytes), "one spelling");
    assert!(!format!("{proof:?}").is_empty());
    let claim = Claim {
        exit_code: proof.head.exit_code,
        public_output: Some(&proof.head.public_output),
        profile: Profile::Provable100,
    };
    let verdict = Verifier::new(proof.head.key.verifying_key()).verify(&proof, &claim);
    let error = verdict.expect_err("a proof that no prover made");
    assert!(!error.to_string().is_empty());
}

fn check_key(bytes: &[u8]) {
    match VerifyingKey::read(bytes) {
        Ok(key) => {
            assert_eq!(key.as_bytes(), bytes);
            assert_eq!(VerifyingKey::from_bytes(*key.as_bytes()), key);
            assert_eq!(key.to_string().parse(), Ok(key), "the text is the key's");
        }
        Err(error) => {
            assert_ne!(bytes.len(), VerifyingKey::BYTES);
            assert!(!error.to_string().is_empty());
        }
    }
}

fn check_text(text: &str) {
    match text.parse::<VerifyingKey>() {
        Ok(key) => assert_eq!(key.to_string(), text, "one spelling"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
