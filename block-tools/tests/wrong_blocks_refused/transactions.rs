//! Transactions that no block may have.

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Signature, TxKind, U256, uint};
use lvm_block::block::Transaction;
use lvm_block::chain::Fork;

use crate::support::World;
use crate::{check, replace};

/// Puts another transaction of key 0 in the first place, in all forks.
#[track_caller]
fn check_first(expected: &str, change: fn(&mut TxEip1559)) {
    check(&Fork::ALL, expected, |block, world| {
        let mut transaction = world.transfer();
        change(&mut transaction);
        replace(block, 0, world.sign(0, transaction));
    });
}

#[test]
fn the_honest_one_is_the_block_s_first() {
    let world = World::new(Fork::Osaka);
    assert_eq!(world.draft().transactions[0], world.sign(0, world.transfer()));
}

#[test]
fn nonce_too_high() {
    check_first("nonce 1 too high", |transaction| transaction.nonce = 1);
}

#[test]
fn nonce_too_low() {
    check(&Fork::ALL, "nonce 0 too low", |block, world| {
        replace(block, 1, world.sign(0, world.token_call()));
    });
}

#[test]
fn more_than_the_sender_has() {
    check_first("lack of funds", |transaction| {
        transaction.value = U256::from(1_000_000_000_000_000_000_u64);
    });
}

#[test]
fn fees_that_the_sender_has_not() {
    check_first("lack of funds", |transaction| {
        transaction.max_fee_per_gas = 1_000_000_000_000_000;
    });
}

#[test]
fn less_gas_than_any_transaction_takes() {
    check_first("exceeds the gas limit", |transaction| transaction.gas_limit = 20_999);
}

#[test]
fn more_gas_than_the_block_has() {
    let forks = [Fork::Paris, Fork::Shanghai, Fork::Cancun, Fork::Prague];
    check(&forks, "gas limit", |block, world| {
        let transaction = TxEip1559 { gas_limit: 30_000_001, ..world.transfer() };
        replace(block, 0, world.sign(0, transaction));
    });
}

#[test]
fn more_gas_than_the_block_has_left() {
    let forks = [Fork::Paris, Fork::Shanghai, Fork::Cancun, Fork::Prague];
    check(&forks, "gas limit", |block, world| {
        let transaction = TxEip1559 { gas_limit: 29_990_000, ..world.transfer() };
        replace(block, 1, world.sign(1, transaction));
    });
}

#[test]
fn fee_below_the_base_fee() {
    check_first("less than basefee", |transaction| {
        transaction.max_fee_per_gas = 800_000_000;
    });
}

#[test]
fn priority_fee_above_the_fee() {
    check_first("riority fee", |transaction| {
        transaction.max_priority_fee_per_gas = 3_000_000_000;
    });
}

#[test]
fn of_another_chain() {
    check_first("chain ID", |transaction| transaction.chain_id = 5);
}

#[test]
fn of_a_sender_with_code() {
    check(&Fork::ALL, "deployed code", |block, world| {
        replace(block, 0, world.sign(7, world.transfer()));
    });
}

/// The order of secp256k1's group (SEC 2, section 2.4.1).
const ORDER: U256 = uint!(0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141_U256);

/// Signs the first transaction in another way.
#[track_caller]
fn check_signature(expected: &str, change: fn(&Signature) -> Signature) {
    check(&Fork::ALL, expected, |block, world| {
        let honest = world.sign(0, world.transfer());
        let changed = change(honest.signature());
        replace(block, 0, world.transfer().into_signed(changed).into());
    });
}

#[test]
fn signature_with_the_other_s() {
    check_signature("transaction 0 has no sender", |signature| {
        Signature::new(signature.r(), ORDER - signature.s(), !signature.v())
    });
}

#[test]
fn signature_with_r_out_of_range() {
    check_signature("transaction 0 has no sender", |signature| {
        Signature::new(ORDER, signature.s(), signature.v())
    });
}

#[test]
fn signature_of_zeros() {
    check_signature("transaction 0 has no sender", |_| {
        Signature::new(U256::ZERO, U256::ZERO, false)
    });
}

#[test]
fn signature_of_somebody_who_has_nothing() {
    check_signature("lack of funds", |signature| {
        Signature::new(signature.r(), signature.s(), !signature.v())
    });
}

#[test]
fn of_an_unknown_type() {
    let mut envelope: &[u8] = &[5, 0xC0];
    assert!(Transaction::decode_2718(&mut envelope).is_err());
    let mut world = World::new(Fork::Osaka);
    let honest = world.extend(world.draft());
    let encoding = crate::support::encode(&honest).to_vec();
    // The first transaction begins with its type, 2, within a string.
    let first = alloy_eips::eip2718::Encodable2718::encoded_2718(&honest.body.transactions[0]);
    let at = encoding.windows(first.len()).position(|window| window == first).expect("it's there");
    let mut wrong = encoding;
    wrong[at] = 5;
    crate::judge(&world, wrong.into(), &honest, "malformed");
}

#[test]
fn a_contract_with_too_much_code_to_run() {
    let forks = crate::since(Fork::Shanghai);
    check(&forks, "initcode", |block, world| {
        let transaction = TxEip1559 {
            to: TxKind::Create,
            input: vec![0; 49_153].into(),
            gas_limit: 4_000_000,
            ..world.transfer()
        };
        replace(block, 0, world.sign(0, transaction));
    });
}
