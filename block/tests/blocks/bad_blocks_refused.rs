//! Real blocks with one thing wrong are refused for that very reason. The honest twin of each is
//! the block as it is, through the same path.

use crate::files;
use alloy_consensus::constants::EMPTY_ROOT_HASH;
use alloy_consensus::{Header, SignableTransaction};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B64, B256, Bytes, U256, keccak256, uint};
use lvm_block::block::{Block, Transaction, decode_header};
use lvm_block::chain::{Activation, ChainError, ChainSpec, Fork};
use lvm_block::error::{AncestryError, Disagreement, Invalid};
use lvm_block::header::HeaderError;
use lvm_block::input::{Ancestry, Input};
use lvm_block::output::{Output, Reason};
use lvm_block::state::StateError;
use lvm_block::trie::TrieError;
use lvm_block::{output, record, validate};

/// An input that can be changed: a real block of Prague with its parent, and what is used of its
/// witness.
#[derive(Clone)]
struct Parts {
    chain_id: u64,
    header: Header,
    transactions: Vec<Transaction>,
    ommers: Vec<Header>,
    withdrawals: Option<alloy_eips::eip4895::Withdrawals>,
    ancestors: Vec<Vec<u8>>,
    nodes: Vec<Vec<u8>>,
    codes: Vec<Vec<u8>>,
    schedule: Option<Vec<u8>>,
}

impl Parts {
    fn new(bytes: &[u8]) -> Self {
        let input = Input::decode(bytes).unwrap();
        let (_, used) = record(bytes).unwrap();
        let Ancestry::Headers(headers) = &input.ancestry else { panic!("the block has a parent") };
        let block = Block::decode(input.block).unwrap();
        let owned = |strings: &[&[u8]]| strings.iter().map(|string| string.to_vec()).collect();
        Self {
            chain_id: input.chain_id,
            header: block.header,
            transactions: block.transactions,
            ommers: Vec::new(),
            withdrawals: block.withdrawals.map(Into::into),
            ancestors: owned(headers),
            nodes: owned(&used.nodes),
            codes: owned(&used.codes),
            schedule: None,
        }
    }

    fn encode(&self) -> Vec<u8> {
        let body = alloy_consensus::BlockBody {
            transactions: self.transactions.clone(),
            ommers: self.ommers.clone(),
            withdrawals: self.withdrawals.clone(),
        };
        let block = alloy_rlp::encode(self.header.clone().into_block(body));
        let slices = |strings: &[Vec<u8>]| -> Vec<Vec<u8>> { strings.to_vec() };
        let (ancestors, nodes, codes) =
            (slices(&self.ancestors), slices(&self.nodes), slices(&self.codes));
        Input {
            chain_id: self.chain_id,
            block: &block,
            ancestry: Ancestry::Headers(ancestors.iter().map(Vec::as_slice).collect()),
            nodes: nodes.iter().map(Vec::as_slice).collect(),
            codes: codes.iter().map(Vec::as_slice).collect(),
            schedule: self.schedule.as_deref(),
        }
        .encode()
    }

    /// Makes the transactions those of the header.
    fn seal_transactions(&mut self) {
        self.header.transactions_root =
            alloy_consensus::proofs::calculate_transaction_root(&self.transactions);
    }

    /// Changes the parent's header, and makes it the parent again.
    fn change_parent(&mut self, change: impl FnOnce(&mut Header)) {
        let parent = self.ancestors.last_mut().unwrap();
        let mut header = decode_header(parent).unwrap().0;
        change(&mut header);
        *parent = alloy_rlp::encode(&header);
        self.header.parent_hash = keccak256(parent);
    }
}

/// The block that all of these tests change.
fn parts() -> Option<Parts> {
    let parts = Parts::new(&files::block("hoodi_1265656")?);
    let claim = validate(&parts.encode()).expect("the block as it is is valid");
    assert_eq!(claim.post_state_root, parts.header.state_root);
    Some(parts)
}

/// What is said of the block after `change`.
#[track_caller]
fn refused(parts: &Parts, change: impl FnOnce(&mut Parts)) -> Invalid {
    let mut changed = parts.clone();
    change(&mut changed);
    let bytes = changed.encode();
    let invalid = validate(&bytes).expect_err("the change is noticed");
    let said = output(&bytes);
    assert_eq!(said.refused, Some(Reason::from(&invalid)));
    assert_eq!(said.claim.post_state_root, B256::ZERO);
    assert_eq!(Output::decode(&said.encode()), Ok(said));
    invalid
}

macro_rules! assert_refused {
    ($parts:expr, $change:expr, $($expected:tt)+) => {
        let invalid = refused($parts, $change);
        assert!(matches!(invalid, $($expected)+), "{invalid:?}");
    };
}

#[test]
fn insufficient_witnesses() {
    let Some(parts) = parts() else { return };
    for index in (0..parts.nodes.len()).step_by(97) {
        let hash = keccak256(&parts.nodes[index]);
        let invalid = refused(&parts, |parts| drop(parts.nodes.remove(index)));
        let expected = StateError::Trie(TrieError::Missing(hash));
        assert!(matches!(invalid, Invalid::State(error) if error == expected), "{invalid:?}");
    }
    for index in 0..parts.codes.len() {
        let hash = keccak256(&parts.codes[index]);
        let invalid = refused(&parts, |parts| drop(parts.codes.remove(index)));
        assert!(
            matches!(invalid, Invalid::State(StateError::Code(code)) if code == hash),
            "{invalid:?}"
        );
    }
    assert_refused!(
        &parts,
        |parts| drop(parts.ancestors.drain(..2)),
        Invalid::State(StateError::BlockHash(_))
    );
}

#[test]
fn headers_that_are_no_ancestors() {
    let Some(parts) = parts() else { return };
    let hash = AncestryError::Hash;
    assert_refused!(
        &parts,
        |parts| parts.ancestors.clear(),
        Invalid::Ancestry(AncestryError::None)
    );
    assert_refused!(&parts, |parts| drop(parts.ancestors.pop()), Invalid::Ancestry(error) if error == hash);
    assert_refused!(&parts, |parts| drop(parts.ancestors.remove(2)), Invalid::Ancestry(error) if error == hash);
    assert_refused!(&parts, |parts| parts.ancestors.swap(0, 1), Invalid::Ancestry(error) if error == hash);
    assert_refused!(&parts, |parts| parts.header.parent_hash.0[5] ^= 1, Invalid::Ancestry(error) if error == hash);
    assert_refused!(
        &parts,
        |parts| parts.ancestors = vec![parts.ancestors[0].clone(); 257],
        Invalid::Ancestry(AncestryError::TooMany)
    );
    assert_refused!(
        &parts,
        |parts| parts.ancestors.last_mut().unwrap().push(0),
        Invalid::Ancestry(AncestryError::Rlp(_))
    );
}

#[test]
fn headers_that_break_a_rule() {
    let Some(parts) = parts() else { return };
    let check = |expected: HeaderError, change: fn(&mut Header)| {
        let invalid = refused(&parts, |parts| change(&mut parts.header));
        assert!(matches!(invalid, Invalid::Header(error) if error == expected), "{invalid:?}");
    };
    check(HeaderError::Number, |header| header.number += 1);
    check(HeaderError::Timestamp, |header| header.timestamp -= 12);
    check(HeaderError::GasLimit, |header| header.gas_limit += header.gas_limit / 500);
    check(HeaderError::GasLimit, |header| header.gas_limit = 4999);
    check(HeaderError::GasLimit, |header| header.gas_limit = 1 << 63);
    check(HeaderError::GasUsed, |header| header.gas_used = header.gas_limit + 1);
    check(HeaderError::BaseFee, |header| *header.base_fee_per_gas.as_mut().unwrap() += 1);
    check(HeaderError::ExtraData, |header| header.extra_data = Bytes::from(vec![0; 33]));
    check(HeaderError::ProofOfWork, |header| header.difficulty = U256::ONE);
    check(HeaderError::ProofOfWork, |header| header.nonce = B64::with_last_byte(1));
    check(HeaderError::ProofOfWork, |header| header.ommers_hash = EMPTY_ROOT_HASH);
    check(HeaderError::Fields, |header| {
        header.block_access_list_hash = Some(B256::ZERO);
    });
    check(HeaderError::Fields, |header| header.requests_hash = None);
    check(HeaderError::BlobGasUsed, |header| header.blob_gas_used = Some(10 << 17));
    check(HeaderError::ExcessBlobGas, |header| *header.excess_blob_gas.as_mut().unwrap() += 1);
    check(HeaderError::Fields, |header| header.timestamp = 1);

    let implausible = |change: fn(&mut Header)| {
        let invalid = refused(&parts, |parts| parts.change_parent(change));
        assert!(matches!(invalid, Invalid::Header(HeaderError::Parent)), "{invalid:?}");
    };
    implausible(|parent| parent.excess_blob_gas = Some(u64::MAX));
    implausible(|parent| parent.blob_gas_used = Some(u64::MAX));
    implausible(|parent| parent.base_fee_per_gas = Some(u64::MAX));
    implausible(|parent| parent.gas_used = u64::MAX);
}

#[test]
fn headers_that_disagree_with_execution() {
    let Some(parts) = parts() else { return };
    let check = |expected: fn(&Disagreement) -> bool, change: fn(&mut Header)| {
        let invalid = refused(&parts, |parts| change(&mut parts.header));
        assert!(matches!(&invalid, Invalid::Disagreement(error) if expected(error)), "{invalid:?}");
    };
    check(|e| matches!(e, Disagreement::GasUsed { .. }), |header| header.gas_used -= 1);
    check(|e| *e == Disagreement::ReceiptsRoot, |header| header.receipts_root.0[0] ^= 1);
    check(|e| *e == Disagreement::LogsBloom, |header| header.logs_bloom.0[0] ^= 1);
    check(|e| *e == Disagreement::StateRoot, |header| header.state_root.0[0] ^= 1);
    check(
        |e| *e == Disagreement::RequestsHash,
        |header| {
            header.requests_hash = Some(B256::ZERO);
        },
    );
    check(
        |e| matches!(e, Disagreement::BlobGasUsed { .. }),
        |header| {
            header.blob_gas_used = Some(header.blob_gas_used.unwrap() ^ 1 << 17);
        },
    );
    // The root that goes into the contract of beacon roots (EIP-4788).
    check(
        |e| *e == Disagreement::StateRoot,
        |header| {
            header.parent_beacon_block_root = Some(B256::repeat_byte(1));
        },
    );
    check(|e| *e == Disagreement::TransactionsRoot, |header| header.transactions_root.0[0] ^= 1);
    check(
        |e| *e == Disagreement::WithdrawalsRoot,
        |header| {
            header.withdrawals_root = Some(EMPTY_ROOT_HASH);
        },
    );
}

#[test]
fn bodies_that_are_not_the_headers() {
    let Some(parts) = parts() else { return };
    let check = |expected: Disagreement, change: fn(&mut Parts)| {
        let invalid = refused(&parts, change);
        assert!(matches!(&invalid, Invalid::Disagreement(e) if *e == expected), "{invalid:?}");
    };
    check(Disagreement::TransactionsRoot, |parts| drop(parts.transactions.pop()));
    check(Disagreement::TransactionsRoot, |parts| parts.transactions.swap(0, 1));
    check(Disagreement::WithdrawalsRoot, |parts| parts.withdrawals = None);
    check(Disagreement::WithdrawalsRoot, |parts| {
        parts.withdrawals.as_mut().unwrap()[0].amount += 1;
    });
    check(Disagreement::Ommers, |parts| parts.ommers.push(parts.header.clone()));
}

/// The order of secp256k1's group (SEC 2, section 2.4.1).
const ORDER: U256 = uint!(0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141_U256);

#[test]
fn transactions_that_nobody_signed() {
    let Some(parts) = parts() else { return };
    // The same signature with the other s (EIP-2), and r out of range.
    let resigned = |parts: &mut Parts, change: fn(U256, U256, bool) -> (U256, U256, bool)| {
        let (index, transaction) = parts
            .transactions
            .iter()
            .enumerate()
            .find_map(|(i, t)| t.as_eip1559().map(|t| (i, t.clone())))
            .expect("the block has such a transaction");
        let signature = transaction.signature();
        let (r, s, is_odd) = change(signature.r(), signature.s(), signature.v());
        let changed = alloy_primitives::Signature::new(r, s, is_odd);
        let transaction = transaction.strip_signature().into_signed(changed);
        parts.transactions[index] = transaction.into();
        parts.seal_transactions();
    };
    assert_refused!(
        &parts,
        |parts| resigned(parts, |r, s, is_odd| (r, ORDER - s, !is_odd)),
        Invalid::Sender { .. }
    );
    assert_refused!(
        &parts,
        |parts| resigned(parts, |_, s, is_odd| (ORDER, s, is_odd)),
        Invalid::Sender { .. }
    );
    // Somebody else's, who can't pay or has another nonce.
    assert_refused!(
        &parts,
        |parts| resigned(parts, |r, s, is_odd| (r, s, !is_odd)),
        Invalid::Execution(_) | Invalid::State(_) | Invalid::Sender { .. }
    );
    let mut honest = parts.clone();
    honest.transactions.iter_mut().for_each(|transaction| {
        let encoding = transaction.encoded_2718();
        *transaction = alloy_eips::eip2718::Decodable2718::decode_2718(&mut &encoding[..]).unwrap();
    });
    honest.seal_transactions();
    assert!(validate(&honest.encode()).is_ok());
}

#[test]
fn other_rules() {
    let Some(parts) = parts() else { return };
    let with = |schedule: ChainSpec| {
        move |parts: &mut Parts| parts.schedule = Some(schedule.encode_schedule())
    };
    let id = parts.chain_id;
    assert_refused!(&parts, |parts| parts.chain_id = 5, Invalid::Chain(ChainError::Unknown(5)));
    assert_refused!(
        &parts,
        with(ChainSpec::only(id, Fork::Cancun)),
        Invalid::Header(HeaderError::Fields)
    );
    assert_refused!(
        &parts,
        |parts| parts.schedule = Some(vec![0xC0]),
        Invalid::Chain(ChainError::Encoding)
    );
    let later = Activation::new(parts.header.timestamp + 1, Fork::Prague);
    let later = ChainSpec::new(id, alloy_primitives::Address::ZERO, vec![later]).unwrap();
    assert_refused!(&parts, with(later), Invalid::Header(HeaderError::NoRules));

    // Transactions are signed for a chain (EIP-155).
    let elsewhere = |parts: &mut Parts| {
        parts.chain_id += 1;
        parts.schedule = Some(ChainSpec::hoodi().encode_schedule());
    };
    assert_refused!(&parts, elsewhere, Invalid::Execution(_));

    // The chain's own rules, and those of its fork alone, lead to the same root; the claim says
    // which were applied.
    let honest = validate(&parts.encode()).unwrap();
    let mut own = parts.clone();
    with(ChainSpec::hoodi())(&mut own);
    assert_eq!(validate(&own.encode()).unwrap(), honest);
    let mut only = parts.clone();
    with(ChainSpec::only(id, Fork::Prague))(&mut only);
    let claim = validate(&only.encode()).unwrap();
    assert_eq!(claim.post_state_root, honest.post_state_root);
    assert_ne!(claim.chain_hash, honest.chain_hash);
}
