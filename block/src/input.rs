//! What a block is validated from: the block, and the witness of the state before it.
//!
//! The encoding is RLP: `[chain id, block, [header, ...], [node, ...], [code, ...]]`, optionally
//! followed by a schedule. The block, headers, nodes and codes are byte strings. Decoding copies
//! nothing and believes nothing: it says what lies where, not whether it's right.
//!
//! There are two forms. In the first, the headers are those of ancestors, oldest first, each the
//! parent of the next, and the last the block's parent. In the second, there is one "header" of
//! 257 · 32 bytes: the state root before the block, then the hashes of the 256 blocks before it,
//! newest first. Nothing binds those to the block except that the first hash is its parent's; they
//! are taken on trust, which the output says. No header is as long as that.
//!
//! A schedule, a byte string with the encoding of [`ChainSpec::encode_schedule`], replaces the one
//! that is built in for the chain id.

use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_rlp::{Encodable, Header};

use crate::chain::{ChainError, ChainSpec};

/// How many ancestors' hashes a block can ask for (EVM instruction `BLOCKHASH`).
pub const ANCESTORS: usize = 256;

/// The length of the second form's "header".
const TRUSTED_LENGTH: usize = 32 * (1 + ANCESTORS);

/// The decoded input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input<'a> {
    /// The chain's id.
    pub chain_id: u64,
    /// The block's RLP.
    pub block: &'a [u8],
    /// What comes before the block.
    pub ancestry: Ancestry<'a>,
    /// Nodes of the state trie and of storage tries, in any order.
    pub nodes: Vec<&'a [u8]>,
    /// Codes of contracts, in any order.
    pub codes: Vec<&'a [u8]>,
    /// The encoding of a schedule that isn't built in.
    pub schedule: Option<&'a [u8]>,
}

/// What comes before the block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ancestry<'a> {
    /// The RLP of ancestors' headers, oldest first; the last is the parent's.
    Headers(Vec<&'a [u8]>),
    /// What is taken on trust.
    Trusted {
        /// The root of the state before the block.
        state_root: B256,
        /// The hashes of the 256 blocks before it, newest first, one after another.
        hashes: &'a [u8; 32 * ANCESTORS],
    },
}

/// Why bytes are no input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The bytes are not RLP, or not of the right structure.
    #[error("the input is malformed: {0}")]
    Rlp(#[from] alloy_rlp::Error),
    /// Bytes follow where the input should end.
    #[error("bytes follow the input")]
    Trailing,
}

impl<'a> Input<'a> {
    /// The input that is encoded as `bytes`, all of them.
    ///
    /// # Errors
    /// When the bytes are no encoding of an input.
    pub fn decode(mut bytes: &'a [u8]) -> Result<Self, InputError> {
        let mut fields = Header::decode_bytes(&mut bytes, true)?;
        let chain_id = alloy_rlp::Decodable::decode(&mut fields)?;
        let block = Header::decode_bytes(&mut fields, false)?;
        let headers = decode_strings(&mut fields)?;
        let nodes = decode_strings(&mut fields)?;
        let codes = decode_strings(&mut fields)?;
        let schedule = match fields {
            [] => None,
            _ => Some(Header::decode_bytes(&mut fields, false)?),
        };
        if !bytes.is_empty() || !fields.is_empty() {
            return Err(InputError::Trailing);
        }
        let ancestry = Ancestry::of_headers(headers);
        Ok(Self { chain_id, block, ancestry, nodes, codes, schedule })
    }

    /// The encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut fields = Vec::new();
        self.chain_id.encode(&mut fields);
        self.block.encode(&mut fields);
        match &self.ancestry {
            Ancestry::Headers(headers) => encode_strings(headers, &mut fields),
            Ancestry::Trusted { state_root, hashes } => {
                let header = [&state_root[..], &hashes[..]].concat();
                encode_strings(&[&header], &mut fields);
            }
        }
        encode_strings(&self.nodes, &mut fields);
        encode_strings(&self.codes, &mut fields);
        if let Some(schedule) = self.schedule {
            schedule.encode(&mut fields);
        }
        let mut bytes = Vec::new();
        Header { list: true, payload_length: fields.len() }.encode(&mut bytes);
        bytes.extend_from_slice(&fields);
        bytes
    }

    /// The chain whose rules apply.
    ///
    /// # Errors
    /// When the schedule is refused, or there is none and none is built in.
    pub fn chain(&self) -> Result<ChainSpec, ChainError> {
        match self.schedule {
            Some(schedule) => ChainSpec::decode_schedule(self.chain_id, schedule),
            None => ChainSpec::built_in(self.chain_id),
        }
    }
}

impl<'a> Ancestry<'a> {
    fn of_headers(headers: Vec<&'a [u8]>) -> Self {
        if let [header] = headers[..]
            && header.len() == TRUSTED_LENGTH
            && let Some((state_root, hashes)) = header.split_first_chunk::<32>()
            && let Ok(hashes) = hashes.try_into()
        {
            return Self::Trusted { state_root: B256::from(*state_root), hashes };
        }
        Self::Headers(headers)
    }
}

/// The byte strings of the list that `fields` begins with.
fn decode_strings<'a>(fields: &mut &'a [u8]) -> Result<Vec<&'a [u8]>, alloy_rlp::Error> {
    let mut list = Header::decode_bytes(fields, true)?;
    let mut strings = Vec::new();
    while !list.is_empty() {
        strings.push(Header::decode_bytes(&mut list, false)?);
    }
    Ok(strings)
}

fn encode_strings(strings: &[&[u8]], out: &mut Vec<u8>) {
    let payload_length = strings.iter().map(|string| string.length()).sum();
    Header { list: true, payload_length }.encode(out);
    for string in strings {
        string.encode(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn input<'a>(ancestry: Ancestry<'a>, schedule: Option<&'a [u8]>) -> Input<'a> {
        Input {
            chain_id: 1,
            block: b"block",
            ancestry,
            nodes: vec![b"", b"\x05", b"a node"],
            codes: vec![&[0x60; 300]],
            schedule,
        }
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let hashes = [7; 32 * ANCESTORS];
        let trusted = Ancestry::Trusted { state_root: B256::repeat_byte(3), hashes: &hashes };
        for ancestry in [Ancestry::Headers(vec![b"older", b"parent"]), trusted] {
            for schedule in [None, Some(&b"schedule"[..])] {
                let input = input(ancestry.clone(), schedule);
                assert_eq!(Input::decode(&input.encode()), Ok(input));
            }
        }
    }

    #[test]
    fn an_input_cut_or_extended_is_none() {
        let bytes = input(Ancestry::Headers(vec![b"parent"]), None).encode();
        for length in 0..bytes.len() {
            assert!(Input::decode(&bytes[..length]).is_err(), "{length}");
        }
        assert_eq!(Input::decode(&[&bytes[..], b"\x80"].concat()), Err(InputError::Trailing));
        assert!(Input::decode(&bytes).is_ok());
    }
}
