//! The state that a block runs on: accounts and storage, read from a witness, and what the block
//! changed of them.
//!
//! What is read is proved by the tries, also that something isn't there. Codes are found by their
//! hash. Where the witness is insufficient, the first such failure is kept, so that an answer that
//! was computed in spite of it is never used.
//!
//! Accounts are those of Paris and later: an account that a transaction touches and leaves empty
//! is deleted (EIP-161).

use alloc::vec::Vec;

use alloy_consensus::constants::KECCAK_EMPTY;
use alloy_primitives::map::{AddressMap, B256Map, Entry, U256Map};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::{Decodable, Encodable};
use alloy_trie::{EMPTY_ROOT_HASH, TrieAccount};
use revm::bytecode::Bytecode;
use revm::database_interface::{DBErrorMarker, Database, DatabaseCommit};
use revm::state::{Account, AccountInfo};

use crate::trie::{Store, Trie, TrieError};

/// What a witness lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A node of a trie is missing or malformed.
    #[error(transparent)]
    Trie(#[from] TrieError),
    /// The value of a leaf is no account, or no word of storage.
    #[error("a value in a trie is malformed")]
    Value,
    /// The code with this hash is missing.
    #[error("the code {0} is missing")]
    Code(B256),
    /// The hash of the block with this number is missing.
    #[error("the hash of block {0} is missing")]
    BlockHash(u64),
}

impl DBErrorMarker for StateError {}

/// The state before a block and the changes to it.
#[derive(Debug)]
pub struct State<'w> {
    nodes: Store<'w>,
    codes: Store<'w>,
    /// The number of the block.
    number: u64,
    /// Hashes of the blocks before it, newest first.
    ancestors: Vec<B256>,
    /// The most ancestors that were asked for.
    ancestors_used: usize,
    trie: Trie<'w>,
    accounts: AddressMap<Cached<'w>>,
    /// Codes that were loaded, and those that the block made.
    loaded: B256Map<Bytecode>,
    failure: Option<StateError>,
}

/// An account that was read.
#[derive(Debug)]
struct Cached<'w> {
    /// Keccak-256 of the address.
    key: B256,
    /// The account before the block.
    before: Option<TrieAccount>,
    /// The account now.
    now: Option<AccountInfo>,
    /// Whether the storage before the block is no longer the account's.
    is_wiped: bool,
    /// The storage before the block, once it's needed.
    trie: Option<Trie<'w>>,
    slots: U256Map<Slot>,
}

/// A word of storage.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Keccak-256 of the index, once a trie needed it.
    key: Option<B256>,
    before: U256,
    now: U256,
}

/// What of a witness was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used<'w> {
    /// The nodes that were opened, in the order of the witness.
    pub nodes: Vec<&'w [u8]>,
    /// The codes that were loaded, in the order of the witness.
    pub codes: Vec<&'w [u8]>,
    /// How many blocks back a hash was asked for; at least 1, the parent. The headers of one block
    /// fewer are enough, since a header has its parent's hash; but the parent's is always needed.
    pub ancestors: usize,
}

impl<'w> State<'w> {
    /// The state with the root `root`, before the block `number`. The hashes of blocks before it
    /// are newest first.
    pub fn new(
        root: B256,
        number: u64,
        ancestors: Vec<B256>,
        nodes: &[&'w [u8]],
        codes: &[&'w [u8]],
    ) -> Self {
        Self {
            nodes: Store::new(nodes),
            codes: Store::new(codes),
            number,
            ancestors,
            ancestors_used: 1,
            trie: Trie::new(root),
            accounts: AddressMap::default(),
            loaded: B256Map::default(),
            failure: None,
        }
    }

    /// What of the witness was used until now.
    pub fn used(&self) -> Used<'w> {
        Used { nodes: self.nodes.used(), codes: self.codes.used(), ancestors: self.ancestors_used }
    }

    /// The first thing that the witness lacked.
    pub const fn failure(&self) -> Option<StateError> {
        self.failure
    }

    /// The root of the state with all changes, which go into the tries now.
    ///
    /// # Errors
    /// When the tries can't be changed because the witness is insufficient, also if it was found
    /// to be so before.
    pub fn root(&mut self) -> Result<B256, StateError> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let root = self.apply();
        if let Err(error) = root {
            self.failure = Some(error);
        }
        root
    }

    /// Values that are new or changed go in before others are removed. A removal needs a node
    /// that is otherwise unknown if it leaves one child below a branch, and then as few do.
    fn apply(&mut self) -> Result<B256, StateError> {
        let mut removed = Vec::new();
        for account in self.accounts.values_mut() {
            let Some(info) = &account.now else {
                if account.before.is_some() {
                    removed.push(account.key);
                }
                continue;
            };
            let (nonce, balance, code_hash) = (info.nonce, info.balance, info.code_hash);
            let storage_root = account.storage_root(&mut self.nodes)?;
            let after = TrieAccount::new(nonce, balance, storage_root, code_hash);
            if account.before != Some(after) {
                self.trie.insert(&mut self.nodes, &account.key, alloy_rlp::encode(after))?;
            }
        }
        for key in removed {
            self.trie.remove(&mut self.nodes, &key)?;
        }
        Ok(self.trie.root())
    }

    /// The account at `address`, read if it wasn't, and the nodes to read its storage from.
    fn account(
        &mut self,
        address: Address,
    ) -> Result<(&mut Cached<'w>, &mut Store<'w>), StateError> {
        let nodes = &mut self.nodes;
        match self.accounts.entry(address) {
            Entry::Occupied(entry) => Ok((entry.into_mut(), nodes)),
            Entry::Vacant(entry) => {
                let key = keccak256(address);
                let before = match self.trie.get(nodes, &key)? {
                    None => None,
                    Some(value) => Some(decode::<TrieAccount>(value)?),
                };
                let now = before.as_ref().map(|account| AccountInfo {
                    balance: account.balance,
                    nonce: account.nonce,
                    code_hash: account.code_hash,
                    account_id: None,
                    code: None,
                });
                let (is_wiped, trie, slots) = (false, None, U256Map::default());
                let account = Cached { key, before, now, is_wiped, trie, slots };
                Ok((entry.insert(account), nodes))
            }
        }
    }

    fn read_code(&mut self, hash: B256) -> Result<Bytecode, StateError> {
        if hash == KECCAK_EMPTY {
            return Ok(Bytecode::default());
        }
        if let Some(code) = self.loaded.get(&hash) {
            return Ok(code.clone());
        }
        let bytes = Bytes::copy_from_slice(self.codes.take(&hash).ok_or(StateError::Code(hash))?);
        let code = Bytecode::new_raw_checked(bytes.clone())
            .unwrap_or_else(|_| Bytecode::new_legacy(bytes));
        self.loaded.insert(hash, code.clone());
        Ok(code)
    }

    fn read_block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        let missing = StateError::BlockHash(number);
        let distance = self.number.checked_sub(number).ok_or(missing)?;
        let index = distance.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let index = index.ok_or(missing)?;
        let hash = *self.ancestors.get(index).ok_or(missing)?;
        self.ancestors_used = self.ancestors_used.max(index + 1);
        Ok(hash)
    }

    /// Keeps the first failure.
    fn note<T>(&mut self, result: Result<T, StateError>) -> Result<T, StateError> {
        if let Err(error) = &result {
            self.failure.get_or_insert(*error);
        }
        result
    }

    fn change(&mut self, address: Address, changed: Account) -> Result<(), StateError> {
        if !changed.is_touched() {
            return Ok(());
        }
        let (account, nodes) = self.account(address)?;
        if changed.is_selfdestructed() || changed.is_empty() {
            account.now = None;
            account.wipe();
            return Ok(());
        }
        if changed.is_created() {
            account.wipe();
        }
        for (index, value) in changed.changed_storage_slots() {
            account.slot(nodes, *index)?.now = value.present_value();
        }
        let info = changed.info;
        let code_before = account.now.as_ref().map_or(KECCAK_EMPTY, |info| info.code_hash);
        let is_new = info.code_hash != KECCAK_EMPTY && info.code_hash != code_before;
        let new_code = if is_new { info.code.clone() } else { None };
        let code_hash = info.code_hash;
        account.now = Some(info);
        if let Some(code) = new_code {
            self.loaded.insert(code_hash, code);
        }
        Ok(())
    }
}

impl<'w> Cached<'w> {
    /// The word of storage at `index`, read if it wasn't.
    fn slot(&mut self, nodes: &mut Store<'w>, index: U256) -> Result<&mut Slot, StateError> {
        let root = self.storage_before();
        let entry = match self.slots.entry(index) {
            Entry::Occupied(entry) => return Ok(entry.into_mut()),
            Entry::Vacant(entry) => entry,
        };
        let mut slot = Slot { key: None, before: U256::ZERO, now: U256::ZERO };
        if let Some(root) = root {
            let key = keccak256(index.to_be_bytes::<32>());
            slot.key = Some(key);
            let trie = self.trie.get_or_insert_with(|| Trie::new(root));
            if let Some(value) = trie.get(nodes, &key)? {
                slot.before = decode(value)?;
                slot.now = slot.before;
            }
        }
        Ok(entry.insert(slot))
    }

    /// The root of the storage before the block, if that is still the account's and not empty.
    fn storage_before(&self) -> Option<B256> {
        let root = self.before.as_ref()?.storage_root;
        (!self.is_wiped && root != EMPTY_ROOT_HASH).then_some(root)
    }

    /// Leaves the account without storage.
    fn wipe(&mut self) {
        self.is_wiped = true;
        self.trie = None;
        self.slots.clear();
    }

    /// The root of the storage with all changes.
    fn storage_root(&mut self, nodes: &mut Store<'w>) -> Result<B256, StateError> {
        let before = self.storage_before().unwrap_or(EMPTY_ROOT_HASH);
        if self.slots.values().all(|slot| slot.before == slot.now) {
            return Ok(before);
        }
        let trie = self.trie.get_or_insert_with(|| Trie::new(before));
        let mut removed = Vec::new();
        for (index, slot) in &self.slots {
            if slot.before == slot.now {
                continue;
            }
            let key = slot.key.unwrap_or_else(|| keccak256(index.to_be_bytes::<32>()));
            if slot.now.is_zero() {
                removed.push(key);
            } else {
                trie.insert(nodes, &key, alloy_rlp::encode(slot.now))?;
            }
        }
        for key in removed {
            trie.remove(nodes, &key)?;
        }
        Ok(trie.root())
    }
}

/// The value of a leaf, all of it.
fn decode<T: Decodable + Encodable>(mut value: &[u8]) -> Result<T, StateError> {
    let decoded = T::decode(&mut value).map_err(|_| StateError::Value)?;
    if value.is_empty() { Ok(decoded) } else { Err(StateError::Value) }
}

impl Database for State<'_> {
    type Error = StateError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        let info = self.account(address).map(|(account, _)| account.now.clone());
        self.note(info)
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, StateError> {
        let code = self.read_code(hash);
        self.note(code)
    }

    fn storage(&mut self, address: Address, index: U256) -> Result<U256, StateError> {
        let value = self
            .account(address)
            .and_then(|(account, nodes)| account.slot(nodes, index).map(|slot| slot.now));
        self.note(value)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        let hash = self.read_block_hash(number);
        self.note(hash)
    }
}

impl DatabaseCommit for State<'_> {
    fn commit(&mut self, changes: AddressMap<Account>) {
        for (address, changed) in changes {
            let change = self.change(address, changed);
            // The failure is kept, and there is no root with one.
            let _ = self.note(change);
        }
    }
}

// For tools on a host; the guest is the same with it and without.
#[cfg(not(target_os = "zkvm"))]
impl State<'_> {
    /// Calls `node` with the encoding of each node that is known of the state after the block, and
    /// `code` with each code that was loaded or made. It's for after [`Self::root`]: with the nodes
    /// and codes of a whole state, they are those of the whole state after the block.
    pub fn visit_after(&mut self, node: &mut dyn FnMut(&[u8]), code: &mut dyn FnMut(&[u8])) {
        self.trie.visit_nodes(node);
        for trie in self.accounts.values_mut().filter_map(|account| account.trie.as_mut()) {
            trie.visit_nodes(node);
        }
        for bytecode in self.loaded.values() {
            code(bytecode.original_byte_slice());
        }
    }
}
