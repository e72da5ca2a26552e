//! Whole states: all nodes of their tries and all codes, by hash.
//!
//! States are made from accounts, or by running a block on one that is there. An archive only
//! grows, so that blocks can be run on any of its states.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_trie::TrieAccount;
use lvm_block::block::Block;
use lvm_block::chain::ChainSpec;
use lvm_block::error::Invalid;
use lvm_block::execute::{Executed, execute};
use lvm_block::header::HeaderError;
use lvm_block::state::State;
use lvm_block::trie::{Store, Trie, TrieError};
use serde::{Deserialize, Serialize};

/// An account with its code and storage. As JSON, what fixtures have it to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The number of transactions sent, or of contracts made.
    #[serde(default)]
    pub nonce: U256,
    /// The balance in wei.
    #[serde(default)]
    pub balance: U256,
    /// The code; empty for accounts without.
    #[serde(default)]
    pub code: Bytes,
    /// Words of storage by their index; those that are zero are not there.
    #[serde(default)]
    pub storage: BTreeMap<U256, U256>,
}

/// Accounts by address.
pub type Accounts = BTreeMap<Address, Account>;

/// Nodes and codes of whole states.
#[derive(Clone, Debug, Default)]
pub struct Archive {
    nodes: BTreeMap<B256, Vec<u8>>,
    codes: BTreeMap<B256, Vec<u8>>,
}

impl Archive {
    /// Adds the state with exactly these accounts, and gives its root.
    ///
    /// A nonce of more than 64 bits, which no chain has, is taken for the greatest of 64 bits.
    ///
    /// # Errors
    /// When two keys have the same hash, that is never.
    pub fn add_state(&mut self, accounts: &Accounts) -> Result<B256, TrieError> {
        let mut store = Store::default();
        let mut trie = Trie::default();
        for (address, account) in accounts {
            let mut storage = Trie::default();
            for (index, value) in account.storage.iter().filter(|(_, value)| !value.is_zero()) {
                let key = keccak256(index.to_be_bytes::<32>());
                storage.insert(&mut store, &key, alloy_rlp::encode(value))?;
            }
            let code_hash = self.add_code(&account.code);
            let nonce = account.nonce.saturating_to();
            let after = TrieAccount::new(nonce, account.balance, storage.root(), code_hash);
            self.add_nodes(&mut storage);
            trie.insert(&mut store, &keccak256(address), alloy_rlp::encode(after))?;
        }
        let root = trie.root();
        self.add_nodes(&mut trie);
        Ok(root)
    }

    /// Runs a block on the state with the root `root`, which is there, and adds the state after it.
    /// The hashes of the blocks before it are newest first.
    ///
    /// What the header says of the outcome isn't compared with it.
    ///
    /// # Errors
    /// When the block can't be run, as [`execute`].
    pub fn add_block(
        &mut self,
        chain: &ChainSpec,
        block: &Block<'_>,
        root: B256,
        ancestors: Vec<B256>,
    ) -> Result<Executed, Invalid> {
        let rules = chain.rules_at(block.header.timestamp).ok_or(HeaderError::NoRules)?;
        let (mut nodes, mut codes) = (Vec::new(), Vec::new());
        let executed = {
            let number = block.header.number;
            let mut state = State::new(root, number, ancestors, &self.nodes(), &self.codes());
            let executed = execute(chain, rules, block, &mut state)?;
            state.visit_after(&mut |node| nodes.push(node.to_vec()), &mut |code| {
                codes.push(code.to_vec())
            });
            executed
        };
        self.nodes.extend(nodes.into_iter().map(|node| (keccak256(&node), node)));
        for code in codes {
            self.add_code(&code);
        }
        Ok(executed)
    }

    /// All nodes, in the order of their hashes.
    pub fn nodes(&self) -> Vec<&[u8]> {
        self.nodes.values().map(Vec::as_slice).collect()
    }

    /// All codes, in the order of their hashes.
    pub fn codes(&self) -> Vec<&[u8]> {
        self.codes.values().map(Vec::as_slice).collect()
    }

    fn add_code(&mut self, code: &[u8]) -> B256 {
        let hash = keccak256(code);
        if !code.is_empty() {
            self.codes.insert(hash, code.to_vec());
        }
        hash
    }

    fn add_nodes(&mut self, trie: &mut Trie<'_>) {
        trie.visit_nodes(&mut |node| {
            self.nodes.insert(keccak256(node), node.to_vec());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::b256;
    use alloy_trie::EMPTY_ROOT_HASH;

    #[test]
    fn no_accounts_have_the_root_of_an_empty_trie() {
        assert_eq!(Archive::default().add_state(&Accounts::new()), Ok(EMPTY_ROOT_HASH));
    }

    #[test]
    fn accounts_have_the_root_that_others_compute() {
        let mut accounts = Accounts::new();
        for byte in 0..=255 {
            let index = U256::from(byte);
            let storage = (0..byte % 7).map(|at| (U256::from(at), index)).collect();
            let code = Bytes::from(vec![byte; usize::from(byte % 3)]);
            let account = Account { nonce: index, balance: index, code, storage };
            accounts.insert(Address::repeat_byte(byte), account);
        }
        // alloy-trie builds tries in another way, from sorted leaves.
        let leaves = accounts.iter().map(|(address, account)| {
            let slots = account.storage.iter().filter(|(_, value)| !value.is_zero());
            let slots = slots.map(|(index, value)| (B256::from(*index), *value));
            let root = alloy_trie::root::storage_root_unhashed(slots);
            let hash = keccak256(&account.code);
            (*address, TrieAccount::new(account.nonce.to(), account.balance, root, hash))
        });
        let expected = alloy_trie::root::state_root_unhashed(leaves);
        assert_eq!(Archive::default().add_state(&accounts), Ok(expected));
        assert_ne!(
            expected,
            b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
        );
    }
}
