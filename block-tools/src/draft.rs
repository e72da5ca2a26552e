//! New blocks, with headers that are valid.

use alloy_consensus::constants::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH};
use alloy_consensus::proofs::{calculate_transaction_root, calculate_withdrawals_root};
use alloy_consensus::{BlockBody, Header};
use alloy_eips::eip1559::BaseFeeParams;
use alloy_eips::eip4895::Withdrawal;
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{Address, B256, Bytes};
use lvm_block::block::{Block, Transaction};
use lvm_block::chain::{Activation, ChainSpec, Fork};
use lvm_block::error::Invalid;
use lvm_block::header::HeaderError;

use crate::archive::Archive;

/// A block, to be encoded as RLP.
pub type Sealed = alloy_consensus::Block<Transaction>;

/// What can be chosen of a block.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The time, in seconds since 1970.
    pub timestamp: u64,
    /// The most gas that the block may use.
    pub gas_limit: u64,
    /// Who gets the fees.
    pub beneficiary: Address,
    /// Up to 32 bytes.
    pub extra_data: Bytes,
    /// The randomness (EIP-4399).
    pub randomness: B256,
    /// The root of the parent's beacon block (EIP-4788); no matter before Cancun.
    pub beacon_root: B256,
    /// The transactions.
    pub transactions: Vec<Transaction>,
    /// The withdrawals; no matter before Shanghai.
    pub withdrawals: Vec<Withdrawal>,
}

impl Draft {
    /// A child of `parent` without transactions, 12 seconds later.
    pub fn after(parent: &Header) -> Self {
        Self {
            timestamp: parent.timestamp.saturating_add(12),
            gas_limit: parent.gas_limit,
            ..Self::default()
        }
    }

    /// The block, run on the state of its parent, which is in the archive, where the state after
    /// it will be. The hashes of the blocks before it are newest first.
    ///
    /// # Errors
    /// When there are no rules for the time, or the transactions can't be run.
    pub fn seal(
        self,
        chain: &ChainSpec,
        archive: &mut Archive,
        parent: &Header,
        ancestors: Vec<B256>,
    ) -> Result<Sealed, Invalid> {
        let mut block = self.unsealed(chain, parent)?;
        let encoding = alloy_rlp::encode(&block);
        let decoded = Block::decode(&encoding).map_err(Invalid::Block)?;
        let executed = archive.add_block(chain, &decoded, parent.state_root, ancestors)?;
        executed.complete(&mut block.header);
        complete_body(&mut block);
        Ok(block)
    }

    /// The block with a header that says what precedes execution, and nothing of what comes of it.
    ///
    /// # Errors
    /// When there are no rules for the time.
    pub fn unsealed(self, chain: &ChainSpec, parent: &Header) -> Result<Sealed, Invalid> {
        let rules = *chain.rules_at(self.timestamp).ok_or(HeaderError::NoRules)?;
        let header = Header {
            parent_hash: parent.hash_slow(),
            number: parent.number.saturating_add(1),
            timestamp: self.timestamp,
            gas_limit: self.gas_limit,
            beneficiary: self.beneficiary,
            extra_data: self.extra_data,
            mix_hash: self.randomness,
            base_fee_per_gas: parent.next_block_base_fee(BaseFeeParams::ethereum()),
            parent_beacon_block_root: (rules.fork >= Fork::Cancun).then_some(self.beacon_root),
            ..first_header(&rules)
        };
        let withdrawals = (rules.fork >= Fork::Shanghai).then(|| self.withdrawals.into());
        let body = BlockBody { transactions: self.transactions, ommers: Vec::new(), withdrawals };
        let mut block = Sealed::new(header, body);
        if let Some(blobs) = rules.blob_params() {
            block.header.excess_blob_gas = Some(blobs.next_block_excess_blob_gas_osaka(
                parent.excess_blob_gas.unwrap_or(0),
                parent.blob_gas_used.unwrap_or(0),
                parent.base_fee_per_gas.unwrap_or(0),
            ));
        }
        complete_body(&mut block);
        Ok(block)
    }
}

/// Writes the roots of the body into the header.
pub fn complete_body(block: &mut Sealed) {
    block.header.transactions_root = calculate_transaction_root(&block.body.transactions);
    block.header.withdrawals_root =
        block.body.withdrawals.as_deref().map(|list| calculate_withdrawals_root(list));
}

/// A header with all fields of the rules, as if nothing had ever happened.
pub fn first_header(rules: &Activation) -> Header {
    let since = |fork| rules.fork >= fork;
    Header {
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        state_root: EMPTY_ROOT_HASH,
        transactions_root: EMPTY_ROOT_HASH,
        receipts_root: EMPTY_ROOT_HASH,
        base_fee_per_gas: Some(0),
        withdrawals_root: since(Fork::Shanghai).then_some(EMPTY_ROOT_HASH),
        blob_gas_used: since(Fork::Cancun).then_some(0),
        excess_blob_gas: since(Fork::Cancun).then_some(0),
        parent_beacon_block_root: since(Fork::Cancun).then_some(B256::ZERO),
        requests_hash: since(Fork::Prague).then_some(EMPTY_REQUESTS_HASH),
        ..Header::default()
    }
}
