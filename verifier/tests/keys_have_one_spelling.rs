//! A verifying key is read from 32 bytes or from the text that it is printed as, and from nothing
//! else.

use lvm_verifier::VerifyingKey;
use lvm_verifier::key::{KeyLength, NotHex};

const KEY: [u8; 32] = [0xAB; 32];

fn parse(text: &str) -> Result<VerifyingKey, NotHex> {
    text.parse()
}

#[test]
fn what_is_printed_is_read() {
    let key = VerifyingKey::from_bytes(KEY);
    assert_eq!(parse(&key.to_string()), Ok(key));
    assert_eq!(VerifyingKey::read(key.as_bytes()), Ok(key));
    let digits = "0123456789abcdef".repeat(4);
    assert_eq!(parse(&digits).map(|key| key.to_string()), Ok(digits));
}

#[test]
fn other_lengths_are_refused() {
    for found in [0, 31, 33, 64] {
        assert_eq!(VerifyingKey::read(&vec![7; found]), Err(KeyLength { found }));
    }
    for found in [0, 32, 63, 65, 66] {
        assert_eq!(parse(&"a".repeat(found)), Err(NotHex::Length { found }));
    }
}

#[test]
fn other_spellings_are_refused() {
    let text = "ab".repeat(32);
    assert!(parse(&text).is_ok());
    // Upper case, signs and blanks are what parsers of numbers take besides digits.
    for other in ["A", "+", "-", " ", "g", "\0"] {
        for position in [0, 1, 62, 63] {
            let mut changed = text.clone();
            changed.replace_range(position..=position, other);
            assert_eq!(parse(&changed), Err(NotHex::Digit { position }), "{other:?}");
        }
    }
    assert_eq!(parse(&"é".repeat(32)), Err(NotHex::Digit { position: 0 }));
}
