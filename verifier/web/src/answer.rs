//! Requests and answers as bytes.
//!
//! ```text
//! request: expected exit code   8 bytes
//!          public output given  1 byte, 0 or 1
//!          public output        4 bytes of length, the bytes
//!          verifying key        the rest: 32 bytes, or 64 hexadecimal digits
//! answer:  length of the rest   4 bytes
//!          verified             1 byte, 0 or 1
//! then, if verified:
//!          exit code            8 bytes
//!          provable bits        4 bytes
//!          public output        the rest
//! otherwise:
//!          why not              the rest, UTF-8
//! ```
//!
//! Numbers are little-endian.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use lvm_verifier::proof::{DecodeError, PREFIX};
use lvm_verifier::{Claim, Head, Profile, Verifier, VerifyingKey};

/// What the page wants to see proved.
struct Request<'a> {
    exit_code: u64,
    public_output: Option<&'a [u8]>,
    key: VerifyingKey,
}

/// The answer to a request, with its length before it.
#[must_use]
pub fn framed(request: &[u8], proof: &[u8]) -> Vec<u8> {
    let mut answer = Vec::from([0; 4]);
    match verified(request, proof, &mut answer) {
        Ok(()) => {}
        Err(reason) => {
            answer.truncate(4);
            answer.push(0);
            answer.extend_from_slice(reason.as_bytes());
        }
    }
    let length = u32::try_from(answer.len().saturating_sub(4)).unwrap_or(u32::MAX);
    if let Some(place) = answer.first_chunk_mut() {
        *place = length.to_le_bytes();
    }
    answer
}

fn verified(request: &[u8], proof: &[u8], answer: &mut Vec<u8>) -> Result<(), String> {
    let Request { exit_code, public_output, key } = read(request)?;
    // One part after another, so that only one is there decoded.
    let mut rest = proof;
    let prefix = rest.get(..PREFIX).unwrap_or(rest);
    let length = Head::length(prefix).map_err(|error| error.to_string())?;
    take(&mut rest, PREFIX)?;
    let head = Head::from_bytes(take(&mut rest, length)?).map_err(|error| error.to_string())?;
    // The page shows the bits.
    let claim = Claim { exit_code, public_output, profile: Profile::Provable100 };
    let verifier = Verifier::new(key);
    let mut verification = verifier.begin(&head, &claim).map_err(|error| error.to_string())?;
    for index in 0..head.parts() {
        let prefix = take(&mut rest, 4)?.first_chunk().copied().unwrap_or_default();
        let length = Head::part_length(prefix).map_err(|error| error.to_string())?;
        let part = head.part_from_bytes(index, take(&mut rest, length)?);
        let part = part.map_err(|error| error.to_string())?;
        verification.part(&part).map_err(|error| error.to_string())?;
    }
    if !rest.is_empty() {
        return Err(DecodeError::Trailing { extra: rest.len() }.to_string());
    }
    let output = verification.finish().map_err(|error| error.to_string())?;
    let bits = Profile::from_id(head.profile).map_or(0, Profile::target_bits);
    answer.push(1);
    answer.extend_from_slice(&head.exit_code.to_le_bytes());
    answer.extend_from_slice(&bits.to_le_bytes());
    answer.extend_from_slice(output);
    Ok(())
}

/// The next bytes of a proof.
fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], String> {
    let (bytes, others) =
        rest.split_at_checked(length).ok_or_else(|| DecodeError::CutOff.to_string())?;
    *rest = others;
    Ok(bytes)
}

fn read(request: &[u8]) -> Result<Request<'_>, String> {
    let cut_off = || String::from("the request is cut off");
    let (exit_code, rest) = request.split_first_chunk().ok_or_else(cut_off)?;
    let (&[given], rest) = rest.split_first_chunk().ok_or_else(cut_off)?;
    let (&length, rest) = rest.split_first_chunk().ok_or_else(cut_off)?;
    let length = usize::try_from(u32::from_le_bytes(length)).map_err(|_| cut_off())?;
    let (output, key) = rest.split_at_checked(length).ok_or_else(cut_off)?;
    Ok(Request {
        exit_code: u64::from_le_bytes(*exit_code),
        public_output: (given != 0).then_some(output),
        key: read_key(key)?,
    })
}

/// A key is its bytes, or its text with white space around it.
fn read_key(key: &[u8]) -> Result<VerifyingKey, String> {
    if key.len() == VerifyingKey::BYTES {
        return VerifyingKey::read(key).map_err(|error| error.to_string());
    }
    let text = core::str::from_utf8(key.trim_ascii())
        .map_err(|_| String::from("a verifying key has 32 bytes or 64 hexadecimal digits"))?;
    text.parse().map_err(|error: lvm_verifier::key::NotHex| error.to_string())
}

#[cfg(test)]
mod tests {
    use lvm_verifier::proof::{MAGIC, VERSION};

    use super::*;

    fn refused(request: &[u8]) -> String {
        let answer = framed(request, &[&MAGIC[..], &[VERSION, 1]].concat());
        let (length, rest) = answer.split_first_chunk().expect("there is a length");
        assert_eq!(u32::from_le_bytes(*length) as usize, rest.len());
        assert_eq!(rest[0], 0);
        String::from_utf8(rest[1..].to_vec()).expect("it is text")
    }

    #[test]
    fn requests_that_are_none() {
        for length in 0..13 {
            assert_eq!(refused(&[0; 13][..length]), "the request is cut off");
        }
        let mut request = vec![0; 13];
        request[9..13].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(refused(&request), "the request is cut off");
    }

    #[test]
    fn keys_in_both_forms() {
        let key = |key: &[u8]| refused(&[&[0; 13], key].concat());
        assert_eq!(key(&[7; 32]), "the proof is cut off");
        assert_eq!(key(&[b'a'; 64]), "the proof is cut off");
        assert_eq!(key(&[&[b'a'; 64][..], b"\n"].concat()), "the proof is cut off");
        assert!(key(&[7; 31]).contains("this has 31 bytes"), "{}", key(&[7; 31]));
        assert!(key(&[b'A'; 64]).contains("byte 0 of the verifying key"));
        assert!(key(&[0xFF; 64]).contains("32 bytes or 64 hexadecimal digits"));
    }
}
