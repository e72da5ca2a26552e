//! Synthetic blocks: transfers of ether, or calls of the [`token`] contract, on a state with so
//! many other accounts. The same specification gives the same bytes in every run.
//!
//! Each transaction has a sender of its own. Every other recipient is new to the state; the others
//! have a balance already. The chain has an id of its own and a schedule that comes with the input,
//! with the rules of one fork from its first block on.

use alloy_consensus::{Header, TxEip1559};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use lvm_block::chain::{ChainSpec, Fork};
use lvm_block::error::Invalid;
use lvm_block::input::{Ancestry, Input};
use lvm_block::trie::TrieError;

use crate::archive::{Account, Accounts, Archive};
use crate::draft::{Draft, first_header};
use crate::key::{Key, NoSignature};
use crate::prune::prune;
use crate::{system, token};

/// The id of the chain.
pub const CHAIN_ID: u64 = 2_674_001;

/// Accounts that no transaction touches, unless another number is asked for.
pub const FILLER: u64 = 1000;

/// The most accounts and transactions that can be asked for.
pub const COUNT_MAX: u64 = 1 << 20;

/// What the transactions do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// So many transfers of ether.
    Transfers(u64),
    /// So many transfers of tokens.
    TokenCalls(u64),
}

/// What block to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Specification {
    /// The transactions.
    pub load: Load,
    /// Accounts that no transaction touches, and as many owners of tokens.
    pub filler: u64,
    /// The rules.
    pub fork: Fork,
    /// All keys and addresses follow from it.
    pub seed: u64,
}

/// Why there is no such block.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SynthesisError {
    /// More accounts or transactions are asked for than [`COUNT_MAX`].
    #[error("at most {COUNT_MAX} accounts or transactions can be made")]
    TooMany,
    /// A transaction can't be signed.
    #[error(transparent)]
    Signature(#[from] NoSignature),
    /// The state can't be made.
    #[error(transparent)]
    State(#[from] TrieError),
    /// The block isn't valid, which would be a mistake in this module.
    #[error(transparent)]
    Block(#[from] Invalid),
}

impl Load {
    /// The number of transactions.
    pub const fn transactions(self) -> u64 {
        match self {
            Self::Transfers(count) | Self::TokenCalls(count) => count,
        }
    }
}

impl Specification {
    /// A block of Osaka with this load and [`FILLER`] other accounts.
    pub const fn new(load: Load) -> Self {
        Self { load, filler: FILLER, fork: Fork::Osaka, seed: 1 }
    }

    /// Makes the block, and the input that it's validated from, with no more than it needs.
    ///
    /// # Errors
    /// When too much is asked for.
    pub fn synthesize(&self) -> Result<Vec<u8>, SynthesisError> {
        prune(&self.unpruned()?).map(|(_, input)| input).map_err(Into::into)
    }

    /// As [`Self::synthesize`], with all nodes and codes of the state.
    ///
    /// # Errors
    /// When too much is asked for.
    pub fn unpruned(&self) -> Result<Vec<u8>, SynthesisError> {
        if self.filler.max(self.load.transactions()) > COUNT_MAX {
            return Err(SynthesisError::TooMany);
        }
        let chain = ChainSpec::only(CHAIN_ID, self.fork);
        let keys: Vec<_> = (0..self.load.transactions())
            .map(|index| Key::new(self.seed, index))
            .collect::<Result<_, _>>()?;
        let mut archive = Archive::default();
        let root = archive.add_state(&self.accounts(&keys))?;
        let parent = self.parent(&chain, root);
        let before = archive.clone();

        let transactions = self.transactions(&keys, &parent)?;
        let draft = Draft {
            beneficiary: self.address("beneficiary", 0),
            randomness: keccak256("randomness"),
            beacon_root: keccak256("beacon root"),
            transactions,
            ..Draft::after(&parent)
        };
        let block = draft.seal(&chain, &mut archive, &parent, vec![parent.hash_slow()])?;
        let (block, parent) = (alloy_rlp::encode(block), alloy_rlp::encode(parent));
        let input = Input {
            chain_id: CHAIN_ID,
            block: &block,
            ancestry: Ancestry::Headers(vec![&parent]),
            nodes: before.nodes(),
            codes: before.codes(),
            schedule: Some(&chain.encode_schedule()),
        };
        Ok(input.encode())
    }

    /// The state before the block.
    fn accounts(&self, keys: &[Key]) -> Accounts {
        let with_balance =
            |balance: u64| Account { balance: U256::from(balance), ..Account::default() };
        let mut accounts = system::contracts(self.fork);
        let mut balances = std::collections::BTreeMap::new();
        for index in 0..self.filler {
            accounts.insert(self.address("filler", index), with_balance(index + 1));
            balances.insert(token::slot(self.address("owner", index)), U256::from(index + 1));
        }
        accounts.insert(self.address("beneficiary", 0), with_balance(1));
        for (index, key) in (0..).zip(keys) {
            accounts.insert(key.address(), with_balance(1_000_000_000_000_000_000));
            balances.insert(token::slot(key.address()), U256::from(1_000_000));
            if index % 2 == 0 {
                accounts.insert(self.address("recipient", index), with_balance(7));
                balances.insert(token::slot(self.address("recipient", index)), U256::from(7));
            }
        }
        let contract = Account {
            nonce: U256::ONE,
            code: token::CODE,
            storage: balances,
            ..Account::default()
        };
        accounts.insert(self.address("token", 0), contract);
        accounts
    }

    fn parent(&self, chain: &ChainSpec, state_root: B256) -> Header {
        let gas_limit = 60_000_000.max(200_000 * self.load.transactions());
        let Some(rules) = chain.rules_at(0) else {
            return Header::default();
        };
        Header {
            number: 1000,
            timestamp: 1_800_000_000,
            gas_limit,
            // Half of the limit leaves the base fee as it is.
            gas_used: gas_limit / 2,
            base_fee_per_gas: Some(1_000_000_000),
            state_root,
            ..first_header(rules)
        }
    }

    fn transactions(
        &self,
        keys: &[Key],
        parent: &Header,
    ) -> Result<Vec<lvm_block::block::Transaction>, NoSignature> {
        let fee = u128::from(parent.base_fee_per_gas.unwrap_or(0));
        let transactions = (0..).zip(keys).map(|(index, key)| {
            let recipient = self.address("recipient", index);
            let amount = U256::from(1000 + index);
            let (to, value, input, gas_limit) = match self.load {
                Load::Transfers(_) => (recipient, amount, Bytes::new(), 21_000),
                Load::TokenCalls(_) => {
                    let input = token::transfer(recipient, amount);
                    (self.address("token", 0), U256::ZERO, input, 100_000)
                }
            };
            key.sign(TxEip1559 {
                chain_id: CHAIN_ID,
                nonce: 0,
                gas_limit,
                max_fee_per_gas: 2 * fee,
                max_priority_fee_per_gas: fee / 10,
                to: TxKind::Call(to),
                value,
                input,
                ..TxEip1559::default()
            })
        });
        transactions.collect()
    }

    fn address(&self, role: &str, index: u64) -> Address {
        let hash = keccak256(format!("lvm synthetic {role} {} {index}", self.seed));
        Address::from_word(hash)
    }
}
