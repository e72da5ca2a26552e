//! A small chain that fixtures are made on: its first state, valid blocks, and their JSON.

#![allow(dead_code, reason = "each test file uses its part")]

use alloy_consensus::{Header, TxEip1559, TxEip4844, TxEip7702};
use alloy_eips::eip4895::Withdrawal;
use alloy_eips::eip7702::Authorization;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, bytes, keccak256};
use lvm_block::block::Transaction;
use lvm_block::chain::{ChainSpec, Fork};
use lvm_block_tools::archive::{Account, Accounts, Archive};
use lvm_block_tools::draft::{Draft, Sealed, first_header};
use lvm_block_tools::key::Key;
use lvm_block_tools::summary::name;
use lvm_block_tools::{system, token};
use serde_json::{Value, json};

/// Gas that a blob has (EIP-4844).
pub(crate) const BLOB_GAS: u64 = 1 << 17;

/// Where the token contract is.
pub(crate) const TOKEN: Address = address!("0x1000000000000000000000000000000000000001");

/// A contract that stores, for each call, the hash of the block that lies so many blocks back as
/// the call's data says: `CALLDATALOAD(0)`, `NUMBER - it`, `BLOCKHASH`, `SSTORE` at the number.
pub(crate) const HISTORIAN: Address = address!("0x1000000000000000000000000000000000000002");

/// ```text
/// PUSH1 0  CALLDATALOAD  NUMBER  SUB  BLOCKHASH  NUMBER  SSTORE  STOP
/// ```
const HISTORIAN_CODE: Bytes = bytes!("600035430340435500");

/// A contract that sets the words 0 to 3 of its storage to the call's data.
pub(crate) const SETTER: Address = address!("0x1000000000000000000000000000000000000003");

/// ```text
/// PUSH1 0  CALLDATALOAD  DUP1  PUSH1 0  SSTORE  DUP1  PUSH1 1  SSTORE
/// DUP1  PUSH1 2  SSTORE  PUSH1 3  SSTORE  STOP
/// ```
const SETTER_CODE: Bytes = bytes!("60003580600055806001558060025560035500");

/// The first block, the state after it, and keys with a balance of 1 ether each.
pub(crate) struct World {
    pub(crate) fork: Fork,
    pub(crate) chain: ChainSpec,
    pub(crate) accounts: Accounts,
    pub(crate) archive: Archive,
    pub(crate) keys: Vec<Key>,
    pub(crate) headers: Vec<Header>,
}

impl World {
    /// A chain with the rules of `fork` from the first block on.
    pub(crate) fn new(fork: Fork) -> Self {
        Self::on(fork, ChainSpec::only(1, fork), system::contracts(fork))
    }

    /// A chain with other rules; `fork` is the first block's.
    pub(crate) fn on(fork: Fork, chain: ChainSpec, mut accounts: Accounts) -> Self {
        let keys: Vec<_> = (0..8).map(|index| Key::new(7, index).expect("a key")).collect();
        let ether = U256::from(1_000_000_000_000_000_000_u64);
        for key in &keys {
            accounts.insert(key.address(), Account { balance: ether, ..Account::default() });
        }
        // What key 7 signs is of a sender with code (EIP-3607).
        let with_code = Account { balance: ether, code: token::CODE, ..Account::default() };
        accounts.insert(keys[7].address(), with_code);
        let contract = |code: Bytes, storage: &[(U256, U256)]| Account {
            nonce: U256::ONE,
            code,
            storage: storage.iter().copied().collect(),
            ..Account::default()
        };
        let balances = keys.iter().map(|key| (token::slot(key.address()), U256::from(1000)));
        accounts.insert(TOKEN, contract(token::CODE, &balances.collect::<Vec<_>>()));
        accounts.insert(HISTORIAN, contract(HISTORIAN_CODE, &[]));
        let words = [0, 1, 2, 3, 77].map(|index| (U256::from(index), U256::from(9)));
        accounts.insert(SETTER, contract(SETTER_CODE, &words));
        let mut archive = Archive::default();
        let genesis = Header {
            timestamp: 1000,
            gas_limit: 30_000_000,
            gas_used: 0,
            base_fee_per_gas: Some(1_000_000_000),
            state_root: archive.add_state(&accounts).expect("a state"),
            ..first_header(chain.rules_at(1000).expect("rules"))
        };
        Self { fork, chain, accounts, archive, keys, headers: vec![genesis] }
    }

    pub(crate) fn parent(&self) -> &Header {
        self.headers.last().expect("there is a first block")
    }

    /// Seals a child of the last block, which becomes the last.
    pub(crate) fn extend(&mut self, draft: Draft) -> Sealed {
        let ancestors = self.headers.iter().rev().map(Header::hash_slow).collect();
        let parent = self.parent().clone();
        let sealed = draft
            .seal(&self.chain, &mut self.archive, &parent, ancestors)
            .unwrap_or_else(|error| panic!("{:?}: {error}", self.fork));
        self.headers.push(sealed.header.clone());
        sealed
    }

    /// A block with something of all that the fork has.
    pub(crate) fn draft(&self) -> Draft {
        let mut transactions = vec![
            self.sign(0, self.transfer()),
            self.sign(1, self.transfer()),
            self.sign(2, self.token_call()),
        ];
        if self.fork >= Fork::Cancun {
            transactions.push(self.sign_blobs(self.blobs(1)));
        }
        if self.fork >= Fork::Prague {
            transactions.push(self.sign_delegation(self.delegation()));
        }
        let withdrawal = Withdrawal {
            index: 1,
            validator_index: 2,
            address: Address::repeat_byte(0x77),
            amount: 3_000_000_000,
        };
        Draft {
            beneficiary: Address::repeat_byte(0xBE),
            extra_data: bytes!("6c766d"),
            randomness: keccak256("randomness"),
            beacon_root: keccak256("beacon root"),
            transactions,
            withdrawals: vec![withdrawal],
            ..Draft::after(self.parent())
        }
    }

    /// A transfer to a new account.
    pub(crate) fn transfer(&self) -> TxEip1559 {
        TxEip1559 {
            chain_id: 1,
            gas_limit: 21_000,
            max_fee_per_gas: 2_000_000_000,
            max_priority_fee_per_gas: 100_000_000,
            to: TxKind::Call(Address::repeat_byte(0x99)),
            value: U256::from(12345),
            ..TxEip1559::default()
        }
    }

    /// A transfer of tokens.
    pub(crate) fn token_call(&self) -> TxEip1559 {
        let input = token::transfer(Address::repeat_byte(0x99), U256::from(5));
        let to = TxKind::Call(TOKEN);
        TxEip1559 { gas_limit: 100_000, to, value: U256::ZERO, input, ..self.transfer() }
    }

    /// A transaction with so many blobs.
    pub(crate) fn blobs(&self, count: usize) -> TxEip4844 {
        let mut hash = keccak256("blob");
        hash.0[0] = 1;
        TxEip4844 {
            chain_id: 1,
            gas_limit: 21_000,
            max_fee_per_gas: 2_000_000_000,
            max_priority_fee_per_gas: 100_000_000,
            to: Address::repeat_byte(0x99),
            max_fee_per_blob_gas: 1_000_000_000,
            blob_versioned_hashes: vec![hash; count],
            ..TxEip4844::default()
        }
    }

    /// A transaction that delegates key 5's account to the token.
    pub(crate) fn delegation(&self) -> TxEip7702 {
        let authorization = Authorization { chain_id: U256::ONE, address: TOKEN, nonce: 0 };
        let hash = authorization.signature_hash();
        let signature = self.keys[5].sign_hash(&hash).expect("a signature");
        TxEip7702 {
            chain_id: 1,
            gas_limit: 100_000,
            max_fee_per_gas: 2_000_000_000,
            max_priority_fee_per_gas: 100_000_000,
            to: Address::repeat_byte(0x99),
            authorization_list: vec![authorization.into_signed(signature)],
            ..TxEip7702::default()
        }
    }

    pub(crate) fn sign(&self, key: usize, transaction: TxEip1559) -> Transaction {
        self.keys[key].sign(transaction).expect("a signature")
    }

    /// Signs with key 3.
    pub(crate) fn sign_blobs(&self, transaction: TxEip4844) -> Transaction {
        self.keys[3].sign(transaction).expect("a signature")
    }

    /// Signs with key 4.
    pub(crate) fn sign_delegation(&self, transaction: TxEip7702) -> Transaction {
        self.keys[4].sign(transaction).expect("a signature")
    }

    /// The JSON of a test with these blocks; those with an exception are expected to be refused.
    pub(crate) fn fixture(
        &self,
        network: &str,
        blocks: &[(Bytes, Option<&str>)],
        last: &Header,
    ) -> Value {
        let genesis = &self.headers[0];
        let blocks: Vec<_> = blocks
            .iter()
            .map(|(rlp, exception)| match exception {
                Some(exception) => json!({ "rlp": rlp, "expectException": exception }),
                None => json!({ "rlp": rlp }),
            })
            .collect();
        json!({
            "network": network,
            "genesisRLP": encode(&Sealed::new(genesis.clone(), Default::default())),
            "genesisBlockHeader": { "hash": genesis.hash_slow(), "stateRoot": genesis.state_root },
            "pre": self.accounts,
            "blocks": blocks,
            "lastblockhash": last.hash_slow(),
            "postStateHash": last.state_root,
            "config": { "network": network, "chainid": "0x01" },
        })
    }

    /// The fork's name, as a network.
    pub(crate) fn network(&self) -> &'static str {
        name(self.fork)
    }
}

/// The RLP of a block.
pub(crate) fn encode(block: &Sealed) -> Bytes {
    alloy_rlp::encode(block).into()
}

/// A word of which every byte is the same.
pub(crate) fn word(byte: u8) -> B256 {
    B256::repeat_byte(byte)
}
