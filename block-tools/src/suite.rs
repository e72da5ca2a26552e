//! Runs blockchain tests through inputs, as the guest would get them.
//!
//! For each block an input is made from all that is known of its parent's state; the input is cut
//! down to what the block needs, and validated as it is then. A block that is expected to be
//! invalid must be refused for what it is: an insufficient witness is always a failure, as all
//! nodes and codes are there.

use std::collections::BTreeMap;

use alloy_primitives::{B256, keccak256};
use lvm_block::block::Block;
use lvm_block::chain::ChainSpec;
use lvm_block::error::Invalid;
use lvm_block::input::{Ancestry, Input};
use lvm_block::output::Claim;
use lvm_block::trie::TrieError;
use lvm_block::validate;

use crate::archive::Archive;
use crate::fixture::{Fixture, FixtureBlock, Unsupported};
use crate::lineage::lineage;
use crate::prune::prune;

/// What came of a test.
#[derive(Debug)]
pub struct Report {
    /// What was said of each block until the end or the first failure.
    pub verdicts: Vec<Result<Claim, Invalid>>,
    /// Whether all was as expected.
    pub outcome: Result<(), Failure>,
}

/// What was not as expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The first block can't be decoded.
    #[error("the first block is malformed: {0}")]
    Genesis(#[from] alloy_rlp::Error),
    /// The first block has another hash than the test says.
    #[error("the first block's hash is {0}")]
    GenesisHash(B256),
    /// The tries can't be made.
    #[error(transparent)]
    State(#[from] TrieError),
    /// The state before the first block, or after the last, has another root than expected.
    #[error("the state root is {found}, not {expected}")]
    StateRoot {
        /// What the test says.
        expected: B256,
        /// What was computed.
        found: B256,
    },
    /// A block that is expected to be valid was refused.
    #[error("block {index} was refused: {reason}")]
    Refused {
        /// The block's place in the test, from 0.
        index: usize,
        /// What was said.
        reason: String,
    },
    /// A block that is expected to be invalid wasn't refused.
    #[error("block {index} was not refused, though it has {expected}")]
    NotRefused {
        /// The block's place in the test, from 0.
        index: usize,
        /// What the test says is wrong with it.
        expected: String,
    },
    /// The witness that was cut down gave another verdict.
    #[error("block {0}: the verdict changes with the unused part of the witness")]
    Pruning(usize),
    /// The last valid block is another.
    #[error("the last block is {found}, not {expected}")]
    LastBlock {
        /// What the test says.
        expected: B256,
        /// What was computed.
        found: B256,
    },
}

/// Runs a test.
///
/// # Errors
/// When it can't be run here. What fails is in the report.
pub fn run(fixture: &Fixture) -> Result<Report, Unsupported> {
    let chain = fixture.chain()?;
    let mut verdicts = Vec::new();
    let outcome = Run::new(chain, fixture).and_then(|mut run| run.all(fixture, &mut verdicts));
    Ok(Report { verdicts, outcome })
}

/// A chain that grows.
struct Run {
    chain: ChainSpec,
    archive: Archive,
    /// The RLP of the headers of all valid blocks, by hash.
    headers: BTreeMap<B256, Vec<u8>>,
    /// The hash of the last valid block.
    head: B256,
    /// The state after it.
    root: B256,
}

impl Run {
    fn new(chain: ChainSpec, fixture: &Fixture) -> Result<Self, Failure> {
        let mut archive = Archive::default();
        let root = archive.add_state(&fixture.pre)?;
        let block = Block::decode(&fixture.genesis_rlp)?;
        let header = alloy_rlp::encode(&block.header);
        let head = keccak256(&header);
        let genesis = &fixture.genesis_block_header;
        if head != genesis.hash {
            return Err(Failure::GenesisHash(head));
        }
        check_root(genesis.state_root, root)?;
        check_root(block.header.state_root, root)?;
        Ok(Self { chain, archive, headers: BTreeMap::from([(head, header)]), head, root })
    }

    fn all(
        &mut self,
        fixture: &Fixture,
        verdicts: &mut Vec<Result<Claim, Invalid>>,
    ) -> Result<(), Failure> {
        for (index, block) in fixture.blocks.iter().enumerate() {
            let verdict = self.take_in(index, block)?;
            let is_as_expected = match (&verdict, &block.expect_exception) {
                (Ok(_), None) => Ok(()),
                (Ok(_), Some(expected)) => {
                    Err(Failure::NotRefused { index, expected: expected.clone() })
                }
                (Err(Invalid::State(_)), _) | (Err(_), None) => {
                    let reason =
                        verdict.as_ref().map_or_else(ToString::to_string, |_| String::new());
                    Err(Failure::Refused { index, reason })
                }
                (Err(_), Some(_)) => Ok(()),
            };
            verdicts.push(verdict);
            is_as_expected?;
        }
        let expected = fixture.last_block_hash;
        if self.head != expected {
            return Err(Failure::LastBlock { expected, found: self.head });
        }
        if let Some(expected) = fixture.post_state_hash {
            check_root(expected, self.root)?;
        }
        if let Some(accounts) = &fixture.post_state {
            check_root(Archive::default().add_state(accounts)?, self.root)?;
        }
        Ok(())
    }

    /// Validates a block, and makes it the last one if it's valid.
    fn take_in(
        &mut self,
        index: usize,
        block: &FixtureBlock,
    ) -> Result<Result<Claim, Invalid>, Failure> {
        let decoded = Block::decode(&block.rlp);
        let parent = decoded.as_ref().map_or(self.head, |block| block.header.parent_hash);
        let ancestors = lineage(&self.headers, parent)?;
        let input = Input {
            chain_id: self.chain.chain_id(),
            block: &block.rlp,
            ancestry: Ancestry::Headers(ancestors.clone()),
            nodes: self.archive.nodes(),
            codes: self.archive.codes(),
            schedule: Some(&self.chain.encode_schedule()),
        };
        let claim = match prune(&input.encode()) {
            Ok((claim, pruned)) if validate(&pruned).ok() == Some(claim) => claim,
            Ok(_) => return Err(Failure::Pruning(index)),
            Err(invalid) => return Ok(Err(invalid)),
        };
        if let Ok(decoded) = &decoded {
            let hashes = ancestors.iter().rev().map(keccak256).collect();
            let (chain, root) = (&self.chain, claim.pre_state_root);
            if let Err(invalid) = self.archive.add_block(chain, decoded, root, hashes) {
                return Ok(Err(invalid));
            }
            self.headers.insert(claim.block_hash, alloy_rlp::encode(&decoded.header));
        }
        self.head = claim.block_hash;
        self.root = claim.post_state_root;
        Ok(Ok(claim))
    }
}

fn check_root(expected: B256, found: B256) -> Result<(), Failure> {
    if expected == found { Ok(()) } else { Err(Failure::StateRoot { expected, found }) }
}
