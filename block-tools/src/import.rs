//! Inputs from what a node's JSON-RPC answers: `eth_getBlockByNumber` with full transactions or
//! `debug_getRawBlock`, and `debug_executionWitness`.
//!
//! Answers may be bare results or in the envelope of JSON-RPC. Nodes differ in how they give a
//! witness; these forms are known: nodes and codes as lists, or as values of objects; headers as
//! RLP in hexadecimal or as objects, in any order. Of the headers those are taken that lead back
//! from the block's parent without a gap. Keys, which some nodes give, aren't needed.

use std::collections::BTreeMap;

use alloy_consensus::{BlockBody, Header, Transaction as _};
use alloy_eips::eip4895::Withdrawals;
use alloy_primitives::{B256, Bytes, keccak256};
use lvm_block::block::{Block, Transaction};
use lvm_block::chain::{ChainSpec, Fork};
use lvm_block::input::{Ancestry, Input};
use serde::Deserialize;
use serde_json::Value;

use crate::draft::Sealed;
use crate::lineage::lineage;

/// What the answers don't say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The chain's id, if it isn't the one that the block's transactions are for.
    pub chain_id: Option<u64>,
    /// The fork whose rules apply, on chains without a built-in schedule.
    pub fork: Option<Fork>,
}

/// Why there is no input.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The text is no JSON, or not of the right structure.
    #[error("the JSON is not as expected: {0}")]
    Json(#[from] serde_json::Error),
    /// The text is neither JSON nor hexadecimal.
    #[error("neither JSON nor hexadecimal digits")]
    Hexadecimal,
    /// The node answered with an error.
    #[error("the node answered with an error: {0}")]
    Rpc(String),
    /// The node has no such block or witness.
    #[error("the node answered that there is none")]
    None,
    /// The block, or a header, is malformed.
    #[error("malformed RLP: {0}")]
    Rlp(#[from] alloy_rlp::Error),
    /// The transactions are hashes.
    #[error("the transactions are not there in full: ask for the block with full transactions")]
    OnlyHashes,
    /// The block has ommers, of which only the hashes are there.
    #[error("the block has ommers, which no block has since the merge")]
    Ommers,
    /// The block as it's understood has another hash than it says.
    #[error("the block's hash is {computed}, not {claimed}: it has fields that are not known here")]
    Hash {
        /// What the block says.
        claimed: B256,
        /// What it is.
        computed: B256,
    },
    /// The parent's header isn't in the witness.
    #[error("the witness doesn't have the header of the block's parent, {0}")]
    NoParent(B256),
    /// There is no transaction to say which chain it is.
    #[error("the block doesn't say which chain it is of")]
    UnknownChain,
}

/// The input with this block and this witness, all of it.
///
/// # Errors
/// When one of the texts is not what is expected, or they don't fit each other.
pub fn import(block: &str, witness: &str, options: Options) -> Result<Vec<u8>, ImportError> {
    let block = read_block(block)?;
    let witness = Witness::read(witness)?;
    let decoded = Block::decode(&block)?;
    let in_transactions = || decoded.transactions.iter().find_map(|t| t.chain_id());
    let chain_id = options.chain_id.or_else(in_transactions).ok_or(ImportError::UnknownChain)?;
    let schedule = options.fork.map(|fork| ChainSpec::only(chain_id, fork).encode_schedule());
    let headers = witness.ancestors(decoded.header.parent_hash)?;
    let input = Input {
        chain_id,
        block: &block,
        ancestry: Ancestry::Headers(headers.iter().map(|header| &header[..]).collect()),
        nodes: witness.nodes.iter().map(|node| &node[..]).collect(),
        codes: witness.codes.iter().map(|code| &code[..]).collect(),
        schedule: schedule.as_deref(),
    };
    Ok(input.encode())
}

/// The RLP of a block.
fn read_block(text: &str) -> Result<Vec<u8>, ImportError> {
    match result(text)? {
        Value::String(digits) => hexadecimal(&digits),
        value => Ok(alloy_rlp::encode(block_of(value)?)),
    }
}

/// The block that an object describes.
fn block_of(value: Value) -> Result<Sealed, ImportError> {
    /// What is next to the header's fields.
    #[derive(Deserialize)]
    struct Rest {
        hash: Option<B256>,
        transactions: Vec<Value>,
        #[serde(default)]
        uncles: Vec<Value>,
        withdrawals: Option<Withdrawals>,
    }

    let header = Header::deserialize(&value)?;
    let rest = Rest::deserialize(value)?;
    if !rest.uncles.is_empty() {
        return Err(ImportError::Ommers);
    }
    if rest.transactions.iter().any(Value::is_string) {
        return Err(ImportError::OnlyHashes);
    }
    let computed = header.hash_slow();
    match rest.hash {
        Some(claimed) if claimed != computed => {
            return Err(ImportError::Hash { claimed, computed });
        }
        _ => {}
    }
    let transactions = rest.transactions.into_iter().map(serde_json::from_value::<Transaction>);
    let transactions = transactions.collect::<Result<_, _>>()?;
    let body = BlockBody { transactions, ommers: Vec::new(), withdrawals: rest.withdrawals };
    Ok(Sealed::new(header, body))
}

/// What a node says about the state before a block.
#[derive(Clone, Debug)]
struct Witness {
    nodes: Vec<Bytes>,
    codes: Vec<Bytes>,
    /// The RLP of headers by their hash.
    headers: BTreeMap<B256, Vec<u8>>,
}

impl Witness {
    fn read(text: &str) -> Result<Self, ImportError> {
        #[derive(Deserialize)]
        struct Answer {
            state: Strings,
            codes: Strings,
            headers: Vec<Value>,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Strings {
            List(Vec<Bytes>),
            ByKey(BTreeMap<String, Bytes>),
        }
        impl Strings {
            fn into_list(self) -> Vec<Bytes> {
                match self {
                    Self::List(list) => list,
                    Self::ByKey(strings) => strings.into_values().collect(),
                }
            }
        }

        let Answer { state, codes, headers } = Answer::deserialize(result(text)?)?;
        let headers = headers.into_iter().map(|header| {
            let header = match header {
                Value::String(digits) => hexadecimal(&digits)?,
                object => alloy_rlp::encode(Header::deserialize(object)?),
            };
            Ok((keccak256(&header), header))
        });
        Ok(Self {
            nodes: state.into_list(),
            codes: codes.into_list(),
            headers: headers.collect::<Result<_, ImportError>>()?,
        })
    }

    /// The headers that lead to the one with the hash `parent`, oldest first.
    fn ancestors(&self, parent: B256) -> Result<Vec<&[u8]>, ImportError> {
        let ancestors = lineage(&self.headers, parent)?;
        if ancestors.is_empty() { Err(ImportError::NoParent(parent)) } else { Ok(ancestors) }
    }
}

/// What is answered: bare, or in an envelope; text that isn't JSON is taken for a string.
fn result(text: &str) -> Result<Value, ImportError> {
    let text = text.trim();
    if !text.starts_with(['{', '"', '[']) {
        return Ok(Value::String(text.to_owned()));
    }
    let mut value: Value = serde_json::from_str(text)?;
    if let Some(error) = value.get("error").filter(|error| !error.is_null()) {
        return Err(ImportError::Rpc(error.to_string()));
    }
    if let Some(result) = value.get_mut("result") {
        value = result.take();
    }
    if value.is_null() { Err(ImportError::None) } else { Ok(value) }
}

fn hexadecimal(digits: &str) -> Result<Vec<u8>, ImportError> {
    alloy_primitives::hex::decode(digits).map_err(|_| ImportError::Hexadecimal)
}
