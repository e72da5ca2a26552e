//! Nodes of a Merkle-Patricia trie (yellow paper, appendix D), decoded in place.
//!
//! A decoded node borrows from its encoding. Keys have 32 bytes, so that no branch has a value of
//! its own; a branch that has one is malformed.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use alloy_rlp::{EMPTY_STRING_CODE, Header};
use alloy_trie::Nibbles;

use super::TrieError;

/// The most nibbles in a key.
pub(super) const KEY_NIBBLES: usize = 64;

/// How a node or the trie itself refers to a node below.
#[derive(Clone, Copy, Debug)]
pub(super) enum Link<'w> {
    /// What the encoding of the node above has: a string of 32 bytes, the hash of the node; or the
    /// node itself when its encoding has less than 32 bytes; or the empty string when there is
    /// nothing.
    Encoded(&'w [u8]),
    /// The node at this index of the trie's nodes.
    Open(u32),
}

impl Link<'_> {
    /// There is nothing.
    pub(super) const EMPTY: Self = Self::Encoded(&[EMPTY_STRING_CODE]);

    /// Whether there is nothing.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Encoded([_]))
    }
}

/// A decoded node.
#[derive(Clone, Debug)]
pub(super) enum Node<'w> {
    Leaf { path: Nibbles, value: Cow<'w, [u8]> },
    Extension { path: Nibbles, child: Link<'w> },
    Branch { children: [Link<'w>; 16] },
}

impl<'w> Node<'w> {
    /// The node that `encoding` is, all of it.
    pub(super) fn decode(encoding: &'w [u8]) -> Result<Self, TrieError> {
        let mut payload = encoding;
        let header = Header::decode(&mut payload).map_err(|_| TrieError::Malformed)?;
        if !header.list || header.payload_length != payload.len() {
            return Err(TrieError::Malformed);
        }
        let first = take_item(&mut payload)?;
        let second = take_item(&mut payload)?;
        if payload.is_empty() {
            return Self::decode_pair(first, second);
        }
        let mut children = [Link::EMPTY; 16];
        children[0] = decode_link(first)?;
        children[1] = decode_link(second)?;
        for child in &mut children[2..] {
            *child = take_link(&mut payload)?;
        }
        let links = children.iter().filter(|child| !child.is_empty()).count();
        if payload != [EMPTY_STRING_CODE] || links < 2 {
            return Err(TrieError::Malformed);
        }
        Ok(Self::Branch { children })
    }

    /// A leaf or an extension, of its two items.
    fn decode_pair(path: &'w [u8], content: &'w [u8]) -> Result<Self, TrieError> {
        let (path, is_leaf) = decode_path(string(path)?)?;
        if is_leaf {
            return Ok(Self::Leaf { path, value: Cow::Borrowed(string(content)?) });
        }
        match decode_link(content)? {
            child if !path.is_empty() && !child.is_empty() => Ok(Self::Extension { path, child }),
            _ => Err(TrieError::Malformed),
        }
    }
}

/// Takes the first item of `payload`, with its header.
fn take_item<'w>(payload: &mut &'w [u8]) -> Result<&'w [u8], TrieError> {
    let mut rest = *payload;
    let header = Header::decode(&mut rest).map_err(|_| TrieError::Malformed)?;
    // The header of a single byte is the byte itself.
    let length = payload.len().saturating_sub(rest.len()).saturating_add(header.payload_length);
    let (item, rest) = payload.split_at_checked(length).ok_or(TrieError::Malformed)?;
    *payload = rest;
    Ok(item)
}

/// Takes the first item of `payload` for what it refers to. Most are hashes, and most others are
/// empty.
#[inline]
fn take_link<'w>(payload: &mut &'w [u8]) -> Result<Link<'w>, TrieError> {
    if let [0xA0, ..] = payload
        && let Some((item, rest)) = payload.split_at_checked(33)
    {
        *payload = rest;
        return Ok(Link::Encoded(item));
    }
    if let [EMPTY_STRING_CODE, rest @ ..] = payload {
        *payload = rest;
        return Ok(Link::EMPTY);
    }
    decode_link(take_item(payload)?)
}

/// What an item refers to.
fn decode_link(item: &[u8]) -> Result<Link<'_>, TrieError> {
    match item {
        [EMPTY_STRING_CODE] => Ok(Link::EMPTY),
        [0xA0, hash @ ..] if hash.len() == 32 => Ok(Link::Encoded(item)),
        [0xC0..=0xFF, _, ..] if item.len() < 32 => Ok(Link::Encoded(item)),
        _ => Err(TrieError::Malformed),
    }
}

/// The bytes of an item that is a string.
fn string(mut item: &[u8]) -> Result<&[u8], TrieError> {
    Header::decode_bytes(&mut item, false).map_err(|_| TrieError::Malformed)
}

/// The path of the compact encoding `bytes` (yellow paper, appendix C), and whether it's a leaf's.
fn decode_path(bytes: &[u8]) -> Result<(Nibbles, bool), TrieError> {
    let (&first, rest) = bytes.split_first().ok_or(TrieError::Malformed)?;
    if first > 0x3F || rest.len() > KEY_NIBBLES / 2 {
        return Err(TrieError::Malformed);
    }
    let (is_leaf, is_odd) = (first & 0x20 != 0, first & 0x10 != 0);
    let rest = Nibbles::unpack(rest);
    let path = match (is_odd, first & 0x0F) {
        (true, nibble) if rest.len() < KEY_NIBBLES => Nibbles::from_nibbles([nibble]).join(&rest),
        (false, 0) => rest,
        _ => return Err(TrieError::Malformed),
    };
    Ok((path, is_leaf))
}

/// Appends the encoding of a branch whose children are encoded as `items`.
pub(super) fn encode_branch(items: &[&[u8]; 16], out: &mut Vec<u8>) {
    let payload_length = items.iter().map(|item| item.len()).sum::<usize>().saturating_add(1);
    Header { list: true, payload_length }.encode(out);
    for item in items {
        out.extend_from_slice(item);
    }
    out.push(EMPTY_STRING_CODE);
}
