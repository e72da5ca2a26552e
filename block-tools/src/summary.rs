//! What is in an input, without validating it.

use alloy_consensus::Transaction as _;
use alloy_primitives::B256;
use lvm_block::block::Block;
use lvm_block::chain::Fork;
use lvm_block::error::Invalid;
use lvm_block::input::{Ancestry, Input};
use serde::Serialize;

/// What is in an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The chain's id.
    pub chain_id: u64,
    /// Whether the schedule comes with the input.
    pub has_schedule: bool,
    /// The hash of chain id and schedule.
    pub chain_hash: B256,
    /// The fork whose rules apply, if the block isn't older than all.
    pub fork: Option<&'static str>,
    /// The block's number.
    pub number: u64,
    /// The block's hash.
    pub hash: B256,
    /// The block's length in bytes.
    pub block_bytes: usize,
    /// The gas that the header says was used.
    pub gas_used: u64,
    /// The gas limit.
    pub gas_limit: u64,
    /// The number of transactions.
    pub transactions: usize,
    /// The number of blobs.
    pub blobs: usize,
    /// The number of withdrawals, if there is a list of them.
    pub withdrawals: Option<usize>,
    /// Whether the state root and the hashes of ancestors are taken on trust.
    pub is_trusting: bool,
    /// Headers of ancestors.
    pub headers: Strings,
    /// Nodes of tries.
    pub nodes: Strings,
    /// Codes of contracts.
    pub codes: Strings,
    /// The input's length in bytes.
    pub bytes: usize,
}

/// So many byte strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Strings {
    /// How many.
    pub count: usize,
    /// How many bytes they have together.
    pub bytes: usize,
}

impl Strings {
    fn of(strings: &[&[u8]]) -> Self {
        Self { count: strings.len(), bytes: strings.iter().map(|string| string.len()).sum() }
    }
}

/// What is in the input that is encoded as `bytes`.
///
/// # Errors
/// When the input, its schedule or its block can't be decoded.
pub fn summarize(bytes: &[u8]) -> Result<Summary, Invalid> {
    let input = Input::decode(bytes)?;
    let chain = input.chain()?;
    let block = Block::decode(input.block).map_err(Invalid::Block)?;
    let header = &block.header;
    let (is_trusting, headers) = match &input.ancestry {
        Ancestry::Headers(headers) => (false, Strings::of(headers)),
        Ancestry::Trusted { .. } => (true, Strings { count: 0, bytes: 0 }),
    };
    let blobs = block.transactions.iter().filter_map(|transaction| transaction.blob_count());
    Ok(Summary {
        chain_id: input.chain_id,
        has_schedule: input.schedule.is_some(),
        chain_hash: chain.hash(),
        fork: chain.rules_at(header.timestamp).map(|rules| name(rules.fork)),
        number: header.number,
        hash: block.hash,
        block_bytes: input.block.len(),
        gas_used: header.gas_used,
        gas_limit: header.gas_limit,
        transactions: block.transactions.len(),
        blobs: blobs.map(|count| usize::try_from(count).unwrap_or(usize::MAX)).sum(),
        withdrawals: block.withdrawals.as_ref().map(Vec::len),
        is_trusting,
        headers,
        nodes: Strings::of(&input.nodes),
        codes: Strings::of(&input.codes),
        bytes: bytes.len(),
    })
}

/// What a fork is called.
pub const fn name(fork: Fork) -> &'static str {
    match fork {
        Fork::Paris => "Paris",
        Fork::Shanghai => "Shanghai",
        Fork::Cancun => "Cancun",
        Fork::Prague => "Prague",
        Fork::Osaka => "Osaka",
    }
}

/// The fork that is called so, in any case of letters.
pub fn fork(called: &str) -> Option<Fork> {
    Fork::ALL.into_iter().find(|fork| name(*fork).eq_ignore_ascii_case(called))
}
