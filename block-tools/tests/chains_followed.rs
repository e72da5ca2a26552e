//! Tests with several blocks are followed from state to state, over forks too; what isn't as a test
//! expects is a failure; what can't be run is said to be so.

mod support;

use alloy_consensus::TxEip1559;
use alloy_primitives::{Bytes, TxKind, U256};
use lvm_block::chain::{Activation, ChainSpec, Fork};
use lvm_block::error::Invalid;
use lvm_block_tools::draft::{Draft, Sealed};
use lvm_block_tools::fixture::{Fixture, Unsupported};
use lvm_block_tools::suite::{Failure, Report, run};
use lvm_block_tools::system;
use serde_json::{Value, json};
use support::{HISTORIAN, SETTER, World, encode};

fn parse(test: &Value) -> Result<Fixture, Unsupported> {
    let file = json!({ "test": test }).to_string();
    let mut tests = Fixture::parse_all(file.as_bytes()).expect("JSON of tests");
    tests.remove(0).1
}

fn report(test: &Value) -> Report {
    run(&parse(test).expect("a test")).expect("the network is known")
}

#[track_caller]
fn passes(test: &Value, blocks: usize) {
    let report = report(test);
    assert!(report.outcome.is_ok(), "{report:?}");
    assert_eq!(report.verdicts.len(), blocks);
}

/// A block with one call of key 0.
fn call(world: &World, nonce: u64, to: alloy_primitives::Address, word: u64) -> Draft {
    let transaction = TxEip1559 {
        nonce,
        to: TxKind::Call(to),
        value: U256::ZERO,
        gas_limit: 200_000,
        input: U256::from(word).to_be_bytes_vec().into(),
        ..world.transfer()
    };
    Draft { transactions: vec![world.sign(0, transaction)], ..Draft::after(world.parent()) }
}

fn blocks(sealed: &[Sealed]) -> Vec<(Bytes, Option<&'static str>)> {
    sealed.iter().map(|block| (encode(block), None)).collect()
}

#[test]
fn hashes_of_ancestors() {
    for fork in Fork::ALL {
        let mut world = World::new(fork);
        // From the parent to the first block, and one before it, which doesn't exist.
        let sealed: Vec<_> = [1, 2, 3, 2, 5, 7]
            .into_iter()
            .zip(0..)
            .map(|(distance, nonce)| world.extend(call(&world, nonce, HISTORIAN, distance)))
            .collect();
        let head = world.parent().clone();
        passes(&world.fixture(world.network(), &blocks(&sealed), &head), 6);
    }
}

#[test]
fn storage_set_cleared_and_set_again() {
    for fork in Fork::ALL {
        let mut world = World::new(fork);
        let sealed: Vec<_> = [5, 0, 0, 6, 0]
            .into_iter()
            .zip(0..)
            .map(|(word, nonce)| world.extend(call(&world, nonce, SETTER, word)))
            .collect();
        let head = world.parent().clone();
        passes(&world.fixture(world.network(), &blocks(&sealed), &head), 5);
    }
}

/// A fixture with one block of each side of a fork at the timestamp 15000.
fn transition(first: Fork, second: Fork) -> (World, Vec<Sealed>) {
    let activations = vec![Activation::new(0, first), Activation::new(15_000, second)];
    let deposits = alloy_eips::eip6110::MAINNET_DEPOSIT_CONTRACT_ADDRESS;
    let chain = ChainSpec::new(1, deposits, activations).expect("a schedule");
    let mut world = World::on(first, chain, system::contracts(second));
    let sealed = [14_999, 15_000, 15_012].map(|timestamp| {
        let draft = Draft { timestamp, ..Draft::after(world.parent()) };
        world.extend(draft)
    });
    (world, sealed.into())
}

#[test]
fn forks_at_their_time() {
    for (pair, network) in Fork::ALL.windows(2).zip([
        "ParisToShanghaiAtTime15k",
        "ShanghaiToCancunAtTime15k",
        "CancunToPragueAtTime15k",
        "PragueToOsakaAtTime15k",
    ]) {
        let (world, sealed) = transition(pair[0], pair[1]);
        let head = world.parent().clone();
        passes(&world.fixture(network, &blocks(&sealed), &head), 3);
        // By the rules of one of the forks alone, one of the blocks is wrong.
        for fork in pair {
            let name = lvm_block_tools::summary::name(*fork);
            let report = report(&world.fixture(name, &blocks(&sealed), &head));
            let refused = matches!(report.outcome, Err(Failure::Refused { .. }));
            // The limits of Osaka don't show in the fields of empty blocks.
            assert!(refused || pair[1] == Fork::Osaka, "{name}: {report:?}");
        }
    }
}

#[test]
fn numbers_of_blobs_from_the_file() {
    let mut world = World::new(Fork::Osaka);
    let blobs = |world: &World| {
        let transactions = vec![world.sign_blobs(world.blobs(6))];
        Draft { transactions, ..Draft::after(world.parent()) }
    };
    let sealed = world.extend(blobs(&world));
    let head = world.parent().clone();
    let mut test = world.fixture("Osaka", &blocks(&[sealed]), &head);
    passes(&test, 1);
    test["config"]["blobSchedule"] = json!({
        "Osaka": { "target": "0x03", "max": "0x05", "baseFeeUpdateFraction": "0x32f0ed" },
    });
    let report = report(&test);
    assert!(matches!(report.outcome, Err(Failure::Refused { index: 0, .. })), "{report:?}");
}

/// A test with one valid block, which passes.
fn simple() -> Value {
    let mut world = World::new(Fork::Prague);
    let sealed = world.extend(world.draft());
    let test = world.fixture("Prague", &blocks(std::slice::from_ref(&sealed)), &sealed.header);
    passes(&test, 1);
    test
}

#[test]
fn wrong_expectations_are_failures() {
    let check = |change: fn(&mut Value), expected: fn(&Failure) -> bool| {
        let mut test = simple();
        change(&mut test);
        let failure = report(&test).outcome.expect_err("not as expected");
        assert!(expected(&failure), "{failure:?}");
    };
    check(
        |test| test["blocks"][0]["expectException"] = json!("something"),
        |failure| matches!(failure, Failure::NotRefused { index: 0, .. }),
    );
    check(
        |test| test["blocks"][0]["rlp"] = json!("0xc0"),
        |failure| matches!(failure, Failure::Refused { index: 0, .. }),
    );
    check(
        |test| test["lastblockhash"] = json!(support::word(1)),
        |failure| matches!(failure, Failure::LastBlock { .. }),
    );
    check(
        |test| test["postStateHash"] = json!(support::word(1)),
        |failure| matches!(failure, Failure::StateRoot { .. }),
    );
    check(
        |test| test["postState"] = test["pre"].clone(),
        |failure| matches!(failure, Failure::StateRoot { .. }),
    );
    check(
        |test| test["pre"]["0x00000000000000000000000000000000000000ff"] = json!({}),
        |failure| matches!(failure, Failure::StateRoot { .. }),
    );
    check(
        |test| test["genesisBlockHeader"]["hash"] = json!(support::word(1)),
        |failure| matches!(failure, Failure::GenesisHash(_)),
    );
    check(
        |test| test["genesisRLP"] = json!("0xc0"),
        |failure| matches!(failure, Failure::Genesis(_)),
    );
}

#[test]
fn what_cannot_be_run_is_said() {
    let check = |change: fn(&mut Value), expected: &str| {
        let mut test = simple();
        change(&mut test);
        let unsupported = parse(&test).and_then(|fixture| run(&fixture).map(drop));
        assert_eq!(unsupported.expect_err("not run").to_string(), expected);
    };
    check(|test| test["network"] = json!("London"), "network London");
    check(|test| test["network"] = json!("Amsterdam"), "network Amsterdam");
    check(|test| test["network"] = json!("BPO9"), "network BPO9");
    check(
        |test| test["network"] = json!("ParisToShanghaiAtTime16k"),
        "network ParisToShanghaiAtTime16k",
    );
    check(
        |test| test["network"] = json!("OsakaToPragueAtTime15k"),
        "the schedule's activations are not in order",
    );
    check(
        |test| {
            let storage = json!({ "0x01": "0x01" });
            test["pre"]["0x00000000000000000000000000000000000000ff"] =
                json!({ "storage": storage });
        },
        "storage of an account without code and nonce (EIP-7610)",
    );
    check(|test| *test = json!({ "engineNewPayloads": [] }), "not a blockchain test");
    check(|test| *test = json!(5), "not a blockchain test");
}

#[test]
fn files_that_are_none() {
    for json in
        ["", "[]", "{\"a\": ", "{\"a\": {\"blocks\": [], \"pre\": 5, \"network\": \"Osaka\"}}"]
    {
        assert!(Fixture::parse_all(json.as_bytes()).is_err(), "{json}");
    }
    assert!(Fixture::parse_all(b"{}").is_ok_and(|tests| tests.is_empty()));
}

#[test]
fn refusals_have_their_reason() {
    let mut test = simple();
    test["blocks"][0]["rlp"] = json!("0xc0");
    assert!(matches!(report(&test).verdicts[..], [Err(Invalid::Block(_))]));
}
