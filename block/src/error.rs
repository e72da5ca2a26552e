//! Why an input is refused.

use alloc::boxed::Box;

use alloy_evm::block::BlockExecutionError;
use alloy_primitives::Address;

use crate::chain::ChainError;
use crate::header::HeaderError;
use crate::input::InputError;
use crate::state::StateError;

/// Why an input is refused: the block is invalid, or it can't be said with this witness.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// The input is malformed.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The block is malformed.
    #[error("the block is malformed: {0}")]
    Block(alloy_rlp::Error),
    /// The chain's rules are unknown or refused.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The headers before the block are not its ancestors'.
    #[error(transparent)]
    Ancestry(#[from] AncestryError),
    /// The header breaks a rule.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The signature of a transaction is not one that a sender can have made (EIP-2, EIP-155).
    #[error("transaction {index} has no sender")]
    Sender {
        /// The number of the transaction in the block, from 0.
        index: usize,
    },
    /// A transaction or a system call is invalid.
    #[error(transparent)]
    Execution(Box<BlockExecutionError>),
    /// A log of the deposit contract has another layout than deposits have (EIP-6110).
    #[error("a deposit's log has the wrong layout")]
    DepositLayout,
    /// A contract that is called after the transactions has no code (EIP-7002, EIP-7251).
    #[error("the system contract {0} has no code")]
    SystemContract(Address),
    /// The header doesn't agree with the body or with what execution gave.
    #[error(transparent)]
    Disagreement(#[from] Disagreement),
    /// The witness is insufficient.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What is wrong with the headers before a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AncestryError {
    /// There is no header.
    #[error("there is no parent's header")]
    None,
    /// There are more than 256 headers.
    #[error("there are more than 256 headers")]
    TooMany,
    /// A header is malformed.
    #[error("a header is malformed: {0}")]
    Rlp(#[from] alloy_rlp::Error),
    /// A header is not the next one's parent.
    #[error("the headers are not a chain that ends with the block's parent")]
    Hash,
}

/// What in the header is another than what was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Disagreement {
    /// There are ommers.
    #[error("the block has ommers")]
    Ommers,
    /// The block is longer than it may be (EIP-7934).
    #[error("the block's encoding is too long")]
    BlockLength,
    /// The root of the transactions.
    #[error("the transactions' root is wrong")]
    TransactionsRoot,
    /// The root of the withdrawals, or whether there are any.
    #[error("the withdrawals' root is wrong")]
    WithdrawalsRoot,
    /// The gas used.
    #[error("the gas used is {computed}, not {claimed}")]
    GasUsed {
        /// What the header says.
        claimed: u64,
        /// What execution gave.
        computed: u64,
    },
    /// The blob gas used.
    #[error("the blob gas used is {computed}, not {claimed}")]
    BlobGasUsed {
        /// What the header says.
        claimed: u64,
        /// What the transactions have.
        computed: u64,
    },
    /// The root of the receipts.
    #[error("the receipts' root is wrong")]
    ReceiptsRoot,
    /// The bloom filter of the logs.
    #[error("the logs' bloom filter is wrong")]
    LogsBloom,
    /// The hash of the requests (EIP-7685).
    #[error("the requests' hash is wrong")]
    RequestsHash,
    /// The root of the state.
    #[error("the state root is wrong")]
    StateRoot,
}
