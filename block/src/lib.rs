//! Stateless validation of an Ethereum block: from the block and its execution witness up to the
//! state root after it.
//!
//! [`validate`] takes bytes, in the format of [`input`], and gives what is known of the block, in
//! the format of [`mod@output`], or why the input is refused. It does the same natively and in the
//! guest `ethereum-block`. In the order of what it does:
//!
//! 1. [`input`] says what lies where in the bytes, [`chain`] which rules apply.
//! 2. [`block`] decodes the block. Its hash is that of the header's bytes.
//! 3. Ancestors are bound to the block by their hashes; the parent has the root of the state.
//! 4. [`header`] checks the header's rules, and [`block`] that the body is the header's.
//! 5. [`state`] reads accounts, storage and codes from the witness, through the sparse tries of
//!    [`trie`]. Every node and code is found by its hash.
//! 6. [`execute`] runs the block and compares all that comes of it with the header.
//!
//! Nothing here panics or fails to end, whatever the bytes: an invalid block and a bad witness are
//! results. Gas bounds the time of execution; the sizes of all allocations follow from it and from
//! the length of the input.
//!
//! Consensus is not checked; [`mod@output`] says what that leaves to the reader of the output.
//!
//! # For tools on a host
//! [`input::Input`] also encodes. [`record`] says what of a witness was used, which is how a
//! witness is cut down to what is needed. [`trie::Trie`] also builds whole tries. The headers of
//! new blocks are completed by [`block::Block::complete`] and [`execute::Executed::complete`].
#![cfg_attr(not(test), no_std)]

extern crate alloc;

#[cfg(feature = "accelerators")]
pub mod accelerated;
pub mod block;
pub mod chain;
pub mod error;
pub mod execute;
pub mod header;
pub mod input;
pub mod output;
pub mod state;
pub mod trie;

use alloc::vec::Vec;

use alloy_consensus::Header;
use alloy_primitives::{B256, keccak256};

use block::{Block, decode_header, parent_hash};
use error::{AncestryError, Invalid};
use input::{ANCESTORS, Ancestry, Input};
use output::{Claim, Output};
use state::{State, Used};

/// Validates the block of an encoded input.
///
/// # Errors
/// When the block is invalid, or the witness doesn't show that it's valid.
pub fn validate(input: &[u8]) -> Result<Claim, Invalid> {
    validate_into(input, &mut Claim::default(), &mut |_| ())
}

/// Validates the block of an encoded input, and gives what the guest commits to.
pub fn output(input: &[u8]) -> Output {
    let mut known = Claim::default();
    match validate_into(input, &mut known, &mut |_| ()) {
        Ok(claim) => Output::valid(claim),
        Err(invalid) => Output::refused((&invalid).into(), known),
    }
}

/// Validates the block of an encoded input, and says what of the witness was used for it.
///
/// # Errors
/// As [`validate`].
pub fn record(input: &[u8]) -> Result<(Claim, Used<'_>), Invalid> {
    let mut used = None;
    let claim = validate_into(input, &mut Claim::default(), &mut |state| {
        used = Some(state.used());
    })?;
    let nothing = Used { nodes: Vec::new(), codes: Vec::new(), ancestors: 1 };
    Ok((claim, used.unwrap_or(nothing)))
}

/// Validates, leaves in `known` what becomes known on the way, and shows the state at the end.
fn validate_into<'a>(
    input: &'a [u8],
    known: &mut Claim,
    finish: &mut dyn FnMut(&State<'a>),
) -> Result<Claim, Invalid> {
    let input = Input::decode(input)?;
    let chain = input.chain()?;
    known.chain_id = chain.chain_id();
    known.chain_hash = chain.hash();
    let block = Block::decode(input.block).map_err(Invalid::Block)?;
    known.block_hash = block.hash;
    known.parent_hash = block.header.parent_hash;

    let ancestors = Ancestors::bind(&input.ancestry, block.header.parent_hash)?;
    known.pre_state_root = ancestors.state_root;
    known.trusted_ancestors = ancestors.trusted;
    let rules = chain
        .rules_at(block.header.timestamp)
        .ok_or(Invalid::Header(header::HeaderError::NoRules))?;
    header::check(&block.header, rules)?;
    if let Some(parent) = &ancestors.parent {
        header::check_against_parent(&block.header, parent, rules)?;
    }

    block.check(rules)?;

    let mut state = State::new(
        ancestors.state_root,
        block.header.number,
        ancestors.hashes,
        &input.nodes,
        &input.codes,
    );
    let executed = execute::execute(&chain, rules, &block, &mut state)?;
    executed.check(&block.header)?;
    known.post_state_root = executed.state_root;
    finish(&state);
    Ok(*known)
}

/// What comes before a block, bound to its parent's hash as far as that can be.
#[derive(Clone, Debug)]
struct Ancestors {
    /// The parent's header; not there when ancestors are taken on trust.
    parent: Option<Header>,
    /// The root of the state before the block.
    state_root: B256,
    /// The hashes of the blocks before it, newest first.
    hashes: Vec<B256>,
    /// Keccak-256 of the hashes, when they are taken on trust.
    trusted: Option<B256>,
}

impl Ancestors {
    fn bind(ancestry: &Ancestry<'_>, parent: B256) -> Result<Self, AncestryError> {
        match ancestry {
            Ancestry::Headers(headers) => Self::bind_headers(headers, parent),
            Ancestry::Trusted { state_root, hashes } => {
                let trusted = Some(keccak256(hashes));
                let hashes: Vec<_> =
                    hashes.as_chunks().0.iter().map(|hash| B256::from(*hash)).collect();
                if hashes.first() != Some(&parent) {
                    return Err(AncestryError::Hash);
                }
                Ok(Self { parent: None, state_root: *state_root, hashes, trusted })
            }
        }
    }

    fn bind_headers(headers: &[&[u8]], parent: B256) -> Result<Self, AncestryError> {
        if headers.len() > ANCESTORS {
            return Err(AncestryError::TooMany);
        }
        let (last, older) = headers.split_last().ok_or(AncestryError::None)?;
        let (header, hash) = decode_header(last)?;
        if hash != parent {
            return Err(AncestryError::Hash);
        }
        let mut hashes = Vec::from([hash, header.parent_hash]);
        for bytes in older.iter().rev() {
            if hashes.last() != Some(&keccak256(bytes)) {
                return Err(AncestryError::Hash);
            }
            hashes.push(parent_hash(bytes)?);
        }
        hashes.truncate(ANCESTORS);
        let state_root = header.state_root;
        Ok(Self { parent: Some(header), state_root, hashes, trusted: None })
    }
}
