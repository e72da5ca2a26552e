//! An input without what its block doesn't need.

use lvm_block::error::Invalid;
use lvm_block::input::{Ancestry, Input};
use lvm_block::output::Claim;
use lvm_block::record;

/// Validates the block of an input and leaves out the nodes, codes and oldest headers that it
/// doesn't need. What is claimed of the block stays the same.
///
/// # Errors
/// When the input is refused.
pub fn prune(input: &[u8]) -> Result<(Claim, Vec<u8>), Invalid> {
    let (claim, used) = record(input)?;
    let mut input = Input::decode(input)?;
    input.nodes = used.nodes;
    input.codes = used.codes;
    if let Ancestry::Headers(headers) = &mut input.ancestry {
        // The oldest header has the hash of one ancestor more.
        let needed = used.ancestors.saturating_sub(1).max(1);
        headers.drain(..headers.len().saturating_sub(needed));
    }
    Ok((claim, input.encode()))
}
