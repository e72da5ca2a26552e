//! Running a block on a state, and comparing what comes of it with the header.
//!
//! System calls, transactions, withdrawals and requests are run by `alloy-evm` and `revm`. This
//! adds what they leave to their callers: senders, the layout of deposits, that system contracts
//! exist, and all roots.
//!
//! [`execute`] believes nothing that is computed here to be what the header says, so that it also
//! serves to complete the header of a new block: see [`Executed::complete`].

use alloc::boxed::Box;
use alloc::vec::Vec;

use alloy_consensus::transaction::{Recovered, SignerRecoverable};
use alloy_consensus::{Eip658Value, Header, Receipt, ReceiptEnvelope, TxReceipt, TxType};
use alloy_eips::eip2718::Encodable2718;
use alloy_eips::{eip7002, eip7251};
use alloy_evm::block::BlockExecutor;
use alloy_evm::eth::receipt_builder::{ReceiptBuilder, ReceiptBuilderCtx};
use alloy_evm::eth::spec::EthExecutorSpec;
use alloy_evm::eth::{EthBlockExecutionCtx, EthBlockExecutor, EthEvmFactory};
use alloy_evm::{Evm, EvmEnv, EvmFactory};
use alloy_primitives::{Address, B256, Bloom, Log, U256, b256};
use alloy_trie::KECCAK_EMPTY;
use alloy_trie::root::ordered_trie_root_with_encoder;
use revm::database_interface::Database;

use crate::block::{Block, Transaction};
use crate::chain::{Activation, ChainSpec, Fork};
use crate::error::{Disagreement, Invalid};
use crate::state::State;

/// What came of running a block.
#[derive(Clone, Debug)]
pub struct Executed {
    /// One receipt for each transaction.
    pub receipts: Vec<ReceiptEnvelope>,
    /// The root of the receipts.
    pub receipts_root: B256,
    /// The bloom filter of all logs.
    pub logs_bloom: Bloom,
    /// The gas that all transactions used.
    pub gas_used: u64,
    /// The blob gas of all transactions; `None` before Cancun.
    pub blob_gas_used: Option<u64>,
    /// The hash of the requests (EIP-7685); `None` before Prague.
    pub requests_hash: Option<B256>,
    /// The root of the state after the block.
    pub state_root: B256,
}

/// Runs `block` on `state`, the one before it, by the rules of `chain` at the block's time.
///
/// Of the header this believes what determines execution: parent's hash and beacon root, number,
/// timestamp, fees, gas limit, beneficiary, randomness. It must keep [`crate::header::check`].
///
/// # Errors
/// When a transaction or a system call is invalid, or the state insufficient.
pub fn execute(
    chain: &ChainSpec,
    rules: &Activation,
    block: &Block<'_>,
    state: &mut State<'_>,
) -> Result<Executed, Invalid> {
    let executed = run(chain, rules, block, state);
    // What the witness lacks says more than what came of it, and is never passed over.
    match state.failure() {
        Some(failure) => Err(failure.into()),
        None => executed,
    }
}

fn run(
    chain: &ChainSpec,
    rules: &Activation,
    block: &Block<'_>,
    state: &mut State<'_>,
) -> Result<Executed, Invalid> {
    let header = &block.header;
    let env = EvmEnv::for_eth_block(header, chain, chain.chain_id(), rules.blob_params());
    let evm = EthEvmFactory::default().create_evm(&mut *state, env);
    let context = EthBlockExecutionCtx {
        parent_hash: header.parent_hash,
        parent_beacon_block_root: header.parent_beacon_block_root,
        ommers: &[],
        withdrawals: block.withdrawals.as_deref().map(Into::into),
        extra_data: header.extra_data.clone(),
        tx_count_hint: Some(block.transactions.len()),
        slot_number: None,
    };
    let mut executor = EthBlockExecutor::new(evm, context, chain, Receipts);
    let failed = |error| Invalid::Execution(Box::new(error));
    executor.apply_pre_execution_changes().map_err(failed)?;
    let mut buffer = Vec::new();
    for (index, transaction) in block.transactions.iter().enumerate() {
        let sender =
            transaction.recover_with_buf(&mut buffer).map_err(|_| Invalid::Sender { index })?;
        let transaction = Recovered::new_unchecked(transaction, sender);
        executor.execute_transaction(transaction).map_err(failed)?;
    }
    if rules.fork >= Fork::Prague {
        check_system_contracts(executor.evm_mut().db_mut())?;
    }
    let (evm, result) = executor.finish().map_err(failed)?;
    drop(evm);

    if rules.fork >= Fork::Prague {
        check_deposits(chain, &result.receipts)?;
    }
    let encode = |receipt: &ReceiptEnvelope, out: &mut Vec<u8>| receipt.encode_2718(out);
    Ok(Executed {
        receipts_root: ordered_trie_root_with_encoder(&result.receipts, |receipt, out| {
            encode(receipt, out);
        }),
        logs_bloom: result.receipts.iter().fold(Bloom::ZERO, |all, receipt| all | receipt.bloom()),
        gas_used: result.gas_used,
        blob_gas_used: (rules.fork >= Fork::Cancun).then_some(result.blob_gas_used),
        requests_hash: (rules.fork >= Fork::Prague).then(|| result.requests.requests_hash()),
        state_root: state.root()?,
        receipts: result.receipts,
    })
}

impl Executed {
    /// Compares what the header says with what was computed.
    ///
    /// # Errors
    /// Names what disagrees.
    pub fn check(&self, header: &Header) -> Result<(), Disagreement> {
        let ensure = |holds: bool, error| if holds { Ok(()) } else { Err(error) };
        let (claimed, computed) = (header.gas_used, self.gas_used);
        ensure(claimed == computed, Disagreement::GasUsed { claimed, computed })?;
        let claimed = header.blob_gas_used.unwrap_or(0);
        let computed = self.blob_gas_used.unwrap_or(0);
        ensure(
            self.blob_gas_used == header.blob_gas_used,
            Disagreement::BlobGasUsed { claimed, computed },
        )?;
        ensure(self.receipts_root == header.receipts_root, Disagreement::ReceiptsRoot)?;
        ensure(self.logs_bloom == header.logs_bloom, Disagreement::LogsBloom)?;
        ensure(self.requests_hash == header.requests_hash, Disagreement::RequestsHash)?;
        ensure(self.state_root == header.state_root, Disagreement::StateRoot)
    }

    /// Writes what was computed into `header`, which is then one that [`Self::check`] passes.
    /// [`Block::complete`] does the same for what follows from the block's body.
    pub fn complete(&self, header: &mut Header) {
        header.gas_used = self.gas_used;
        header.blob_gas_used = self.blob_gas_used;
        header.receipts_root = self.receipts_root;
        header.logs_bloom = self.logs_bloom;
        header.requests_hash = self.requests_hash;
        header.state_root = self.state_root;
    }
}

/// Blocks whose requests can't be asked for are invalid (EIP-7002, EIP-7251: "if there is no code
/// at the address").
fn check_system_contracts(state: &mut State<'_>) -> Result<(), Invalid> {
    let contracts = [
        eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
        eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
    ];
    for contract in contracts {
        let account = state.basic(contract)?;
        if account.is_none_or(|account| account.code_hash == KECCAK_EMPTY) {
            return Err(Invalid::SystemContract(contract));
        }
    }
    Ok(())
}

/// The first topic of a deposit's log (EIP-6110, `DEPOSIT_EVENT_SIGNATURE_HASH`).
const DEPOSIT_TOPIC: B256 =
    b256!("0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5");

/// Where the five fields of a deposit's log begin, and how long they are (EIP-6110,
/// `is_valid_deposit_event_data`).
const DEPOSIT_FIELDS: [(u64, u64); 5] = [(160, 48), (256, 32), (320, 8), (384, 96), (512, 8)];

/// The length of the data of a deposit's log (EIP-6110).
const DEPOSIT_LENGTH: usize = 576;

/// Blocks with deposits that have another layout are invalid (EIP-6110).
fn check_deposits(chain: &ChainSpec, receipts: &[ReceiptEnvelope]) -> Result<(), Invalid> {
    let contract: Option<Address> = chain.deposit_contract_address();
    let is_deposit =
        |log: &&Log| Some(log.address) == contract && log.topics().first() == Some(&DEPOSIT_TOPIC);
    let logs = receipts.iter().flat_map(|receipt| receipt.logs());
    if logs.filter(is_deposit).all(|log| is_deposit_layout(&log.data.data)) {
        Ok(())
    } else {
        Err(Invalid::DepositLayout)
    }
}

fn is_deposit_layout(data: &[u8]) -> bool {
    let (words, []) = data.as_chunks::<32>() else {
        return false;
    };
    let has = |at: u64, value: u64| {
        let word = usize::try_from(at / 32).ok().and_then(|index| words.get(index));
        word.is_some_and(|word| U256::from_be_bytes(*word) == U256::from(value))
    };
    data.len() == DEPOSIT_LENGTH
        && (0..)
            .step_by(32)
            .zip(DEPOSIT_FIELDS)
            .all(|(head, (start, length))| has(head, start) && has(start, length))
}

/// Makes receipts with their bloom filters.
#[derive(Clone, Copy, Debug)]
struct Receipts;

impl ReceiptBuilder for Receipts {
    type Transaction = Transaction;
    type Receipt = ReceiptEnvelope;

    fn build_receipt<E: Evm>(&self, context: ReceiptBuilderCtx<'_, TxType, E>) -> ReceiptEnvelope {
        let receipt = Receipt {
            status: Eip658Value::Eip658(context.result.is_success()),
            cumulative_gas_used: context.cumulative_gas_used,
            logs: context.result.into_logs(),
        };
        ReceiptEnvelope::from_typed(context.tx_type, receipt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The data of a log whose fields hold nothing but their lengths.
    fn deposit() -> Vec<u8> {
        let mut data = vec![0; DEPOSIT_LENGTH];
        for (index, (start, length)) in DEPOSIT_FIELDS.into_iter().enumerate() {
            for (at, value) in [(32 * index, start), (start as usize, length)] {
                data[at..at + 32].copy_from_slice(&U256::from(value).to_be_bytes::<32>());
            }
        }
        data
    }

    #[test]
    fn deposits_have_one_layout() {
        let data = deposit();
        assert!(is_deposit_layout(&data));
        for (index, (start, _)) in DEPOSIT_FIELDS.into_iter().enumerate() {
            for at in [32 * index, 32 * index + 31, start as usize + 30, start as usize + 31] {
                let mut changed = data.clone();
                changed[at] ^= 1;
                assert!(!is_deposit_layout(&changed), "{at}");
            }
            // What is in a field doesn't matter.
            let mut changed = data.clone();
            changed[start as usize + 32] ^= 1;
            assert!(is_deposit_layout(&changed));
        }
        assert!(!is_deposit_layout(&data[..544]));
        assert!(!is_deposit_layout(&[&data[..], &[0; 32]].concat()));
        assert!(!is_deposit_layout(&[]));
    }
}
