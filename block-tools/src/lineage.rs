//! The headers that lead to a block, out of many.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use lvm_block::block::decode_header;
use lvm_block::input::ANCESTORS;

/// Of the headers, which are RLP by their hash, those that lead to the one with the hash `last`
/// without a gap, oldest first: at most as many as a block can ask for, and none when the last
/// isn't there.
///
/// # Errors
/// When one of them is malformed.
pub fn lineage(
    headers: &BTreeMap<B256, Vec<u8>>,
    last: B256,
) -> Result<Vec<&[u8]>, alloy_rlp::Error> {
    let mut found = Vec::new();
    let mut hash = last;
    while let Some(header) = headers.get(&hash)
        && found.len() < ANCESTORS
    {
        found.push(&header[..]);
        hash = decode_header(header)?.0.parent_hash;
    }
    found.reverse();
    Ok(found)
}
