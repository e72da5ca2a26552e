//! What a block does to accounts and storage changes the state root as it should. The roots that
//! are expected are those of states made anew, by an implementation that shares no code.

use std::collections::BTreeMap;

use alloy_primitives::map::AddressMap;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_trie::root::{state_root_unhashed, storage_root_unhashed};
use alloy_trie::{EMPTY_ROOT_HASH, KECCAK_EMPTY, TrieAccount};
use lvm_block::state::{State, StateError};
use lvm_block::trie::{Store, Trie, TrieError};
use revm::bytecode::Bytecode;
use revm::database_interface::{Database, DatabaseCommit};
use revm::state::{Account, AccountInfo, EvmStorageSlot, TransactionId};

/// An account as it's described here.
#[derive(Clone, Default)]
struct Described {
    nonce: u64,
    balance: u64,
    code: Vec<u8>,
    storage: BTreeMap<u64, u64>,
}

type World = BTreeMap<Address, Described>;

fn address(number: u8) -> Address {
    Address::repeat_byte(number)
}

fn code_hash(code: &[u8]) -> B256 {
    if code.is_empty() { KECCAK_EMPTY } else { keccak256(code) }
}

fn word(number: u64) -> B256 {
    B256::from(U256::from(number))
}

fn trie_account(account: &Described) -> TrieAccount {
    let storage = account.storage.iter().map(|(k, v)| (word(*k), U256::from(*v)));
    let root = storage_root_unhashed(storage);
    TrieAccount::new(account.nonce, U256::from(account.balance), root, code_hash(&account.code))
}

/// The root, by the other implementation.
fn root(world: &World) -> B256 {
    state_root_unhashed(world.iter().map(|(address, account)| (*address, trie_account(account))))
}

/// All nodes and codes of a world.
fn witness(world: &World) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (mut nodes, mut codes) = (Vec::new(), Vec::new());
    let mut accounts = Trie::default();
    let mut store = Store::default();
    for (address, account) in world {
        let mut storage = Trie::default();
        for (index, value) in &account.storage {
            let key = keccak256(word(*index));
            storage.insert(&mut store, &key, alloy_rlp::encode(value)).unwrap();
        }
        assert_eq!(storage.root(), trie_account(account).storage_root);
        storage.visit_nodes(&mut |node| nodes.push(node.to_vec()));
        let value = alloy_rlp::encode(trie_account(account));
        accounts.insert(&mut store, &keccak256(address), value).unwrap();
        codes.push(account.code.clone());
    }
    accounts.visit_nodes(&mut |node| nodes.push(node.to_vec()));
    assert_eq!(accounts.root(), root(world));
    (nodes, codes)
}

/// A change as `revm` hands it over.
fn change(account: &Described) -> Account {
    let code = Bytecode::new_raw(Bytes::from(account.code.clone()));
    let info = AccountInfo {
        balance: U256::from(account.balance),
        nonce: account.nonce,
        code_hash: code_hash(&account.code),
        account_id: None,
        code: Some(code),
    };
    let mut changed = Account::from(info);
    changed.mark_touch();
    changed
}

fn set(changed: &mut Account, index: u64, from: u64, to: u64) {
    let transaction = TransactionId::ZERO;
    let slot = EvmStorageSlot::new_changed(U256::from(from), U256::from(to), transaction);
    changed.storage.insert(U256::from(index), slot);
}

/// Accounts 1 to 40, of which the tens have code and storage.
fn world() -> World {
    (1..=40_u8)
        .map(|number| {
            let mut account =
                Described { nonce: 1, balance: u64::from(number) * 1000, ..Default::default() };
            if number % 10 == 0 {
                account.code = vec![0x60, number, 0x00];
                account.storage = (0..number.into()).map(|i| (i, i * i + 1)).collect();
            }
            (address(number), account)
        })
        .collect()
}

/// What a transaction changes, or what it found missing.
type Changes = Result<AddressMap<Account>, StateError>;

/// Runs `transactions` on a state with all of the world's nodes, then on one with those only that
/// were used. Each transaction reads what it changes first, as the EVM does.
#[track_caller]
fn check(before: &World, expected: &World, transactions: &[&dyn Fn(&mut State<'_>) -> Changes]) {
    let (nodes, codes) = witness(before);
    let nodes: Vec<&[u8]> = nodes.iter().map(Vec::as_slice).collect();
    let codes: Vec<&[u8]> = codes.iter().map(Vec::as_slice).collect();
    let run = |nodes: &[&[u8]]| -> Result<(B256, usize), StateError> {
        let mut state = State::new(root(before), 1, Vec::new(), nodes, &codes);
        for transaction in transactions {
            let Ok(changes) = transaction(&mut state) else { break };
            state.commit(changes);
        }
        Ok((state.root()?, state.used().nodes.len()))
    };
    let (found, used) = run(&nodes).unwrap();
    assert_eq!(found, root(expected));
    assert!(used < nodes.len());

    let mut state = State::new(root(before), 1, Vec::new(), &nodes, &codes);
    for transaction in transactions {
        let changes = transaction(&mut state).unwrap();
        state.commit(changes);
    }
    state.root().unwrap();
    let used = state.used().nodes;
    assert_eq!(run(&used), Ok((root(expected), used.len())));
    for missing in 0..used.len() {
        let mut fewer = used.clone();
        let hash = keccak256(fewer.remove(missing));
        let expected = StateError::Trie(TrieError::Missing(hash));
        assert_eq!(run(&fewer), Err(expected), "{missing} of {}", used.len());
    }
}

fn changes<const N: usize>(accounts: [(Address, Account); N]) -> Changes {
    Ok(accounts.into_iter().collect())
}

#[test]
fn balances_move() {
    let before = world();
    let mut after = before.clone();
    after.get_mut(&address(3)).unwrap().balance -= 500;
    after.get_mut(&address(3)).unwrap().nonce += 1;
    after.insert(address(99), Described { balance: 500, ..Default::default() });
    let (from, to) = (after[&address(3)].clone(), after[&address(99)].clone());
    check(
        &before,
        &after,
        &[&|state| {
            assert_eq!(state.basic(address(99))?, None);
            let info = state.basic(address(3))?.unwrap();
            assert_eq!((info.balance, info.code), (U256::from(3000), None));
            changes([(address(3), change(&from)), (address(99), change(&to))])
        }],
    );
}

#[test]
fn storage_is_set_and_cleared() {
    let before = world();
    let mut after = before.clone();
    let account = after.get_mut(&address(30)).unwrap();
    account.storage.insert(1000, 7);
    account.storage.insert(5, 6);
    for index in 10..30 {
        account.storage.remove(&index);
    }
    let unchanged = Described { storage: BTreeMap::new(), ..before[&address(30)].clone() };
    check(
        &before,
        &after,
        &[&|state| {
            let mut changed = change(&unchanged);
            assert_eq!(state.storage(address(30), U256::from(1000))?, U256::ZERO);
            assert_eq!(state.storage(address(30), U256::from(5))?, U256::from(26));
            set(&mut changed, 1000, 0, 7);
            set(&mut changed, 5, 26, 6);
            for index in 10..30 {
                let value = state.storage(address(30), U256::from(index)).unwrap_or_default();
                assert!(state.failure().is_some() || value == U256::from(index * index + 1));
                set(&mut changed, index, index * index + 1, 0);
            }
            changes([(address(30), changed)])
        }],
    );
}

#[test]
fn storage_that_ends_as_it_was_changes_nothing() {
    let before = world();
    let account = before[&address(30)].clone();
    check(
        &before,
        &before,
        &[
            &|_| {
                let mut changed = change(&account);
                set(&mut changed, 7, 50, 0);
                changes([(address(30), changed)])
            },
            &|state| {
                assert_eq!(state.storage(address(30), U256::from(7))?, U256::ZERO);
                let mut changed = change(&account);
                set(&mut changed, 7, 0, 50);
                changes([(address(30), changed)])
            },
        ],
    );
}

#[test]
fn a_touched_empty_account_is_deleted() {
    let mut before = world();
    before.insert(address(77), Described::default());
    let mut after = before.clone();
    after.remove(&address(77));
    after.remove(&address(5));
    check(
        &before,
        &after,
        &[&|_| {
            let empty = Described::default();
            // One that was there and empty, one that becomes empty, one that never was.
            changes([
                (address(77), change(&empty)),
                (address(5), change(&empty)),
                (address(98), change(&empty)),
            ])
        }],
    );
    // One that isn't touched stays, and one that was only read.
    check(
        &before,
        &before,
        &[&|state| {
            assert_eq!(state.basic(address(77))?.map(|info| info.nonce), Some(0));
            Ok(AddressMap::default())
        }],
    );
}

#[test]
fn a_destroyed_account_loses_its_storage() {
    let before = world();
    let mut after = before.clone();
    after.remove(&address(20));
    let destroyed = || {
        let mut changed = change(&Described { nonce: 1, ..Default::default() });
        changed.mark_selfdestruct();
        changed
    };
    check(&before, &after, &[&|_| changes([(address(20), destroyed())])]);

    // Made again in the same block, it has none of what it had.
    let code = vec![0x5F, 0x5F];
    let made = Described { nonce: 1, balance: 4, code, storage: [(3, 9)].into() };
    after.insert(address(20), made.clone());
    check(
        &before,
        &after,
        &[
            &|state| {
                assert_eq!(state.storage(address(20), U256::from(2))?, U256::from(5));
                changes([(address(20), destroyed())])
            },
            &|state| {
                assert_eq!(state.basic(address(20))?, None);
                assert_eq!(state.storage(address(20), U256::from(2))?, U256::ZERO);
                let mut changed = change(&made);
                changed.mark_created();
                set(&mut changed, 3, 0, 9);
                changes([(address(20), changed)])
            },
            &|state| {
                assert_eq!(state.storage(address(20), U256::from(2))?, U256::ZERO);
                assert_eq!(state.storage(address(20), U256::from(3))?, U256::from(9));
                Ok(AddressMap::default())
            },
        ],
    );
}

#[test]
fn a_code_made_in_the_block_is_found() {
    let before = world();
    let mut after = before.clone();
    let made = Described { nonce: 1, code: vec![0x5F, 0x5F], ..Default::default() };
    after.insert(address(88), made.clone());
    check(
        &before,
        &after,
        &[
            &|_| {
                let mut changed = change(&made);
                changed.mark_created();
                changes([(address(88), changed)])
            },
            &|state| {
                let code = state.code_by_hash(keccak256([0x5F, 0x5F]))?;
                assert_eq!(code.original_byte_slice(), [0x5F, 0x5F]);
                let missing = keccak256([0x5F]);
                let mut other = State::new(EMPTY_ROOT_HASH, 1, Vec::new(), &[], &[]);
                assert_eq!(other.code_by_hash(missing), Err(StateError::Code(missing)));
                assert_eq!(other.root(), Err(StateError::Code(missing)));
                Ok(AddressMap::default())
            },
        ],
    );
}
