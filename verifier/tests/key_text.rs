//! A verifying key has one text, but for the case of its letters; what isn't hexadecimal is
//! refused.

use lvm_verifier::VerifyingKey;

#[test]
fn keys_are_read_as_written() {
    let key = VerifyingKey::from_bytes(core::array::from_fn(|at| (at * 37) as u8));
    let text = key.to_string();
    assert_eq!(text.parse(), Ok(key));
    assert_eq!(text.to_uppercase().parse(), Ok(key));
}

#[test]
fn signs_are_no_digits() {
    let text = "00".repeat(32);
    assert!(text.parse::<VerifyingKey>().is_ok());
    for (at, sign) in [(0, "+"), (2, "+"), (62, "+"), (0, "-"), (62, "-"), (63, " "), (4, "0x")] {
        let mut other = text.clone();
        other.replace_range(at..at + sign.len(), sign);
        assert!(other.parse::<VerifyingKey>().is_err(), "{other}");
    }
}

#[test]
fn other_lengths_are_refused() {
    for length in [0, 1, 62, 63, 65, 66, 128] {
        assert!("0".repeat(length).parse::<VerifyingKey>().is_err(), "{length} digits");
    }
    // 64 bytes, but fewer characters.
    assert!("é".repeat(32).parse::<VerifyingKey>().is_err());
}
