//! Headers that break a rule, or don't agree with the body or with what execution gives.

use alloy_consensus::constants::EMPTY_ROOT_HASH;
use alloy_primitives::{Address, B64, Bloom, Bytes, U256};
use lvm_block::chain::Fork;

use crate::support::{World, encode, word};
use crate::{check, judge, since};

/// Changes the header of a block in all forks.
#[track_caller]
fn check_header(expected: &str, spoil: fn(&mut alloy_consensus::Header)) {
    check(&Fork::ALL, expected, |block, _| spoil(&mut block.header));
}

#[test]
fn state_root() {
    check_header("state root", |header| header.state_root = word(1));
}

#[test]
fn receipts_root() {
    check_header("receipts' root", |header| header.receipts_root = word(1));
}

#[test]
fn logs_bloom() {
    check_header("bloom", |header| header.logs_bloom = Bloom::ZERO);
}

#[test]
fn gas_used() {
    check_header("gas used is", |header| header.gas_used += 1);
}

#[test]
fn gas_used_beyond_the_limit() {
    check_header("more gas is used", |header| header.gas_used = header.gas_limit + 1);
}

#[test]
fn base_fee() {
    check_header("base fee is wrong", |header| {
        header.base_fee_per_gas = header.base_fee_per_gas.map(|fee| fee + 1);
    });
}

#[test]
fn no_base_fee() {
    check(&[Fork::Paris], "base fee is wrong", |block, _| block.header.base_fee_per_gas = None);
}

#[test]
fn number_left_out() {
    check_header("number is not", |header| header.number += 1);
}

#[test]
fn number_not_increased() {
    check_header("number is not", |header| header.number -= 1);
}

#[test]
fn timestamp_not_increased() {
    check_header("timestamp is not", |header| header.timestamp -= 12);
}

#[test]
fn timestamp_decreased() {
    check_header("timestamp is not", |header| header.timestamp -= 13);
}

#[test]
fn gas_limit_raised_too_much() {
    check_header("gas limit is out", |header| header.gas_limit += header.gas_limit / 1024);
}

#[test]
fn gas_limit_lowered_too_much() {
    check_header("gas limit is out", |header| header.gas_limit -= header.gas_limit / 1024);
}

#[test]
fn gas_limit_below_the_least() {
    check_header("gas limit is out", |header| header.gas_limit = 4999);
}

#[test]
fn extra_data_too_long() {
    check_header("extra data", |header| header.extra_data = Bytes::from(vec![0; 33]));
}

#[test]
fn difficulty() {
    check_header("difficulty", |header| header.difficulty = U256::ONE);
}

#[test]
fn proof_of_work() {
    check_header("nonce", |header| header.nonce = B64::with_last_byte(1));
}

#[test]
fn hash_of_ommers() {
    check_header("ommers", |header| header.ommers_hash = EMPTY_ROOT_HASH);
}

#[test]
fn ommers() {
    check(&Fork::ALL, "ommers", |block, world| block.body.ommers = vec![world.headers[0].clone()]);
}

#[test]
fn unknown_parent() {
    check_header("parent's header", |header| header.parent_hash = word(1));
}

#[test]
fn other_beneficiary() {
    check_header("state root", |header| header.beneficiary = Address::repeat_byte(1));
}

#[test]
fn transactions_root() {
    check_header("transactions' root", |header| header.transactions_root = word(1));
}

#[test]
fn transactions_in_another_order() {
    check(&Fork::ALL, "transactions' root", |block, _| block.body.transactions.swap(0, 1));
}

#[test]
fn a_transaction_less() {
    check(&Fork::ALL, "transactions' root", |block, _| drop(block.body.transactions.pop()));
}

#[test]
fn withdrawals_root() {
    check(&since(Fork::Shanghai), "withdrawals' root", |block, _| {
        block.header.withdrawals_root = Some(EMPTY_ROOT_HASH);
    });
}

#[test]
fn another_withdrawal() {
    check(&since(Fork::Shanghai), "withdrawals' root", |block, _| {
        block.body.withdrawals.as_mut().unwrap()[0].amount += 1;
    });
}

#[test]
fn no_list_of_withdrawals() {
    check(&since(Fork::Shanghai), "withdrawals' root", |block, _| block.body.withdrawals = None);
}

#[test]
fn withdrawals_that_the_header_has_the_root_of_but_not_the_state() {
    check(&since(Fork::Shanghai), "state root", |block, _| {
        block.body.withdrawals.as_mut().unwrap()[0].amount += 1;
        lvm_block_tools::draft::complete_body(block);
    });
}

#[test]
fn blob_gas_used() {
    check(&since(Fork::Cancun), "blob gas used is", |block, _| {
        block.header.blob_gas_used = Some(0);
    });
}

#[test]
fn blob_gas_beyond_the_most() {
    check(&since(Fork::Cancun), "more blob gas", |block, _| {
        block.header.blob_gas_used = Some(10 * crate::support::BLOB_GAS);
    });
}

#[test]
fn excess_blob_gas() {
    check(&since(Fork::Cancun), "excess blob gas", |block, _| {
        block.header.excess_blob_gas = Some(crate::support::BLOB_GAS);
    });
}

#[test]
fn another_beacon_root() {
    check(&since(Fork::Cancun), "state root", |block, _| {
        block.header.parent_beacon_block_root = Some(word(1));
    });
}

#[test]
fn no_beacon_root() {
    check(&[Fork::Cancun], "fields", |block, _| block.header.parent_beacon_block_root = None);
}

#[test]
fn hash_of_requests() {
    check(&since(Fork::Prague), "requests' hash", |block, _| {
        block.header.requests_hash = Some(word(1));
    });
}

#[test]
fn no_hash_of_requests() {
    check(&since(Fork::Prague), "fields", |block, _| block.header.requests_hash = None);
}

#[test]
fn bytes_after_the_block() {
    check_bytes("malformed", |bytes| bytes.push(0));
}

#[test]
fn bytes_missing() {
    check_bytes("malformed", |bytes| bytes.truncate(bytes.len() - 1));
}

#[test]
fn no_bytes() {
    check_bytes("malformed", Vec::clear);
}

/// Changes the encoding of a block.
#[track_caller]
fn check_bytes(expected: &str, spoil: fn(&mut Vec<u8>)) {
    for fork in Fork::ALL {
        let mut world = World::new(fork);
        let honest = world.extend(world.draft());
        let mut bytes = encode(&honest).to_vec();
        spoil(&mut bytes);
        judge(&world, bytes.into(), &honest, expected);
    }
}
