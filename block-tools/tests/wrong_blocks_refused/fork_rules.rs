//! What a fork doesn't have yet, and limits that a fork begins with.

use alloy_consensus::{TxEip1559, TxEip4844, TxEip7702};
use alloy_eips::eip4895::Withdrawals;
use alloy_primitives::{TxKind, U256};
use lvm_block::chain::Fork;
use lvm_block_tools::draft::Draft;

use crate::support::{World, word};
use crate::{check, check_draft, replace, since};

#[test]
fn withdrawals_before_shanghai() {
    check(&[Fork::Paris], "withdrawals' root", |block, _| {
        block.body.withdrawals = Some(Withdrawals::default());
    });
}

#[test]
fn root_of_withdrawals_before_shanghai() {
    check(&[Fork::Paris], "fields", |block, _| {
        block.header.withdrawals_root = Some(word(1));
    });
}

#[test]
fn blob_fields_before_cancun() {
    check(&[Fork::Shanghai], "fields", |block, _| {
        block.header.blob_gas_used = Some(0);
        block.header.excess_blob_gas = Some(0);
        block.header.parent_beacon_block_root = Some(word(0));
    });
}

#[test]
fn hash_of_requests_before_prague() {
    check(&[Fork::Cancun], "fields", |block, _| block.header.requests_hash = Some(word(1)));
}

#[test]
fn blob_transactions_before_cancun() {
    check(&[Fork::Paris, Fork::Shanghai], "4844", |block, world| {
        replace(block, 0, world.sign_blobs(world.blobs(1)));
    });
}

#[test]
fn delegations_before_prague() {
    check(&[Fork::Paris, Fork::Shanghai, Fork::Cancun], "7702", |block, world| {
        replace(block, 0, world.sign_delegation(world.delegation()));
    });
}

/// Puts another blob transaction in place of the draft's, from Cancun on.
#[track_caller]
fn check_blobs(forks: &[Fork], expected: &str, change: fn(&mut TxEip4844)) {
    check(forks, expected, |block, world| {
        let mut transaction = world.blobs(1);
        change(&mut transaction);
        replace(block, 3, world.sign_blobs(transaction));
    });
}

#[test]
fn blob_transactions_without_blobs() {
    check_blobs(&since(Fork::Cancun), "blob", |transaction| {
        transaction.blob_versioned_hashes.clear();
    });
}

#[test]
fn blobs_of_an_unknown_version() {
    check_blobs(&since(Fork::Cancun), "ersion", |transaction| {
        transaction.blob_versioned_hashes[0].0[0] = 2;
    });
}

#[test]
fn blobs_that_pay_less_than_they_cost() {
    check_blobs(&since(Fork::Cancun), "blob", |transaction| transaction.max_fee_per_blob_gas = 0);
}

/// A block with one blob transaction with so many blobs.
fn with_blobs(count: usize) -> impl Fn(&World) -> Draft {
    move |world| {
        let transactions = vec![world.sign_blobs(world.blobs(count))];
        Draft { transactions, ..Draft::after(world.parent()) }
    }
}

#[test]
fn more_blobs_than_a_block_may_have() {
    for (fork, max) in [(Fork::Cancun, 6), (Fork::Prague, 9)] {
        check_draft(&[fork], "blob", with_blobs(max), |block, world| {
            replace(block, 0, world.sign_blobs(world.blobs(max + 1)));
        });
    }
}

#[test]
fn more_blobs_than_a_block_may_have_in_all_its_transactions() {
    for (fork, max) in [(Fork::Cancun, 6), (Fork::Prague, 9), (Fork::Osaka, 9)] {
        let second =
            |world: &World, count| world.sign_blobs(TxEip4844 { nonce: 1, ..world.blobs(count) });
        let draft = |world: &World| {
            let first = world.sign_blobs(world.blobs(4));
            let transactions = vec![first, second(world, max - 4)];
            Draft { transactions, ..Draft::after(world.parent()) }
        };
        check_draft(&[fork], "blob gas", draft, |block, world| {
            replace(block, 1, second(world, max - 3));
        });
    }
}

#[test]
fn more_blobs_than_a_transaction_may_have_since_osaka() {
    check_draft(&[Fork::Osaka], "blob", with_blobs(6), |block, world| {
        replace(block, 0, world.sign_blobs(world.blobs(7)));
    });
}

#[test]
fn delegations_to_nobody() {
    check(&since(Fork::Prague), "uthorization list", |block, world| {
        let transaction = TxEip7702 { authorization_list: Vec::new(), ..world.delegation() };
        replace(block, 4, world.sign_delegation(transaction));
    });
}

/// A call with 1000 bytes of data that aren't zero, and so much gas.
fn with_data(world: &World, gas_limit: u64) -> lvm_block::block::Transaction {
    world.sign(0, TxEip1559 { input: vec![1; 1000].into(), gas_limit, ..world.transfer() })
}

#[test]
fn gas_below_the_floor_for_data_since_prague() {
    // 21,000 and 16 for each byte suffice until then; from Prague on, 40 are needed (EIP-7623).
    for (fork, least) in [(Fork::Cancun, 37_000), (Fork::Prague, 61_000), (Fork::Osaka, 61_000)] {
        let draft = |world: &World| Draft {
            transactions: vec![with_data(world, least)],
            ..Draft::after(world.parent())
        };
        check_draft(&[fork], "gas", draft, |block, world| {
            replace(block, 0, with_data(world, least - 1));
        });
    }
}

#[test]
fn gas_beyond_a_transaction_s_limit_since_osaka() {
    // 2²⁴ gas (EIP-7825).
    let with_gas =
        |world: &World, gas_limit| world.sign(0, TxEip1559 { gas_limit, ..world.transfer() });
    for (fork, most) in [(Fork::Prague, 30_000_000), (Fork::Osaka, 1 << 24)] {
        let draft = |world: &World| Draft {
            transactions: vec![with_gas(world, most)],
            ..Draft::after(world.parent())
        };
        check_draft(&[fork], "gas limit", draft, |block, world| {
            replace(block, 0, with_gas(world, most + 1));
        });
    }
}

#[test]
fn blocks_too_long_since_osaka() {
    // 8 MiB (EIP-7934), all of it data that no gas limit of today allows: the length is refused
    // before anything is run.
    let padded = |world: &World, bytes: usize| TxEip1559 {
        input: vec![0; bytes].into(),
        to: TxKind::Call(alloy_primitives::Address::repeat_byte(0x99)),
        value: U256::ZERO,
        ..world.transfer()
    };
    check(&[Fork::Osaka], "too long", |block, world| {
        replace(block, 0, world.sign(0, padded(world, 8 << 20)));
    });
    check(&[Fork::Osaka], "exceeds", |block, world| {
        replace(block, 0, world.sign(0, padded(world, (8 << 20) - 4096)));
    });
}

#[test]
fn no_contract_for_withdrawal_requests_since_prague() {
    use alloy_eips::eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS as CONTRACT;
    for fork in since(Fork::Prague) {
        let mut accounts = lvm_block_tools::system::contracts(fork);
        let contract = accounts.remove(&CONTRACT).expect("it's there");
        assert!(!contract.code.is_empty());
        let chain = lvm_block::chain::ChainSpec::only(1, fork);
        let world = World::on(fork, chain.clone(), accounts);
        let ancestors = vec![world.parent().hash_slow()];
        let verdict =
            world.draft().seal(&chain, &mut world.archive.clone(), world.parent(), ancestors);
        let invalid = verdict.expect_err("refused");
        assert!(invalid.to_string().contains("has no code"), "{invalid}");
        // With the contract, the same draft is sealed.
        World::new(fork).extend(World::new(fork).draft());
    }
}
