//! Blocks with one thing wrong are refused for that reason, through the JSON of blockchain tests.
//!
//! Each fixture has first the wrong block, then its honest twin, which must be taken in and lead to
//! the state that the fixture says.

mod fork_rules;
mod headers;
#[path = "../support/mod.rs"]
mod support;
mod transactions;

use lvm_block::chain::Fork;
use lvm_block_tools::draft::{Draft, Sealed, complete_body};
use lvm_block_tools::fixture::Fixture;
use lvm_block_tools::suite;
use support::{World, encode};

/// Forks from the first on.
fn since(first: Fork) -> Vec<Fork> {
    Fork::ALL.into_iter().filter(|fork| *fork >= first).collect()
}

/// Changes a block of the world's draft, in each of the forks, and expects a refusal whose message
/// has `expected` in it.
#[track_caller]
fn check(forks: &[Fork], expected: &str, spoil: impl Fn(&mut Sealed, &World)) {
    check_draft(forks, expected, World::draft, spoil);
}

/// As [`check`], with another honest twin.
#[track_caller]
fn check_draft(
    forks: &[Fork],
    expected: &str,
    draft: impl Fn(&World) -> Draft,
    spoil: impl Fn(&mut Sealed, &World),
) {
    for &fork in forks {
        let mut world = World::new(fork);
        let honest = world.extend(draft(&world));
        let mut wrong = honest.clone();
        spoil(&mut wrong, &world);
        let wrong = encode(&wrong);
        assert_ne!(wrong, encode(&honest), "nothing is wrong");
        judge(&world, wrong, &honest, expected);
    }
}

#[track_caller]
fn judge(world: &World, wrong: alloy_primitives::Bytes, honest: &Sealed, expected: &str) {
    let blocks = [(wrong, Some(expected)), (encode(honest), None)];
    let json = world.fixture(world.network(), &blocks, &honest.header).to_string();
    let json = format!("{{\"test\": {json}}}");
    let tests = Fixture::parse_all(json.as_bytes()).expect("JSON of tests");
    let [(_, Ok(fixture))] = &tests[..] else { panic!("one test: {tests:?}") };
    let report = suite::run(fixture).expect("the network is known");
    let network = world.network();
    let [Err(invalid), Ok(claim)] = &report.verdicts[..] else {
        panic!("{network}: {:?}", report);
    };
    assert!(report.outcome.is_ok(), "{network}: {report:?}");
    assert_eq!(claim.post_state_root, honest.header.state_root);
    let said = invalid.to_string();
    println!("{network}: {said}");
    assert!(said.contains(expected), "{network}: said is {said:?}, not {expected:?}");
}

/// Puts another transaction in place of the one at `index`, as if the block were made with it.
fn replace(block: &mut Sealed, index: usize, by: lvm_block::block::Transaction) {
    block.body.transactions[index] = by;
    complete_body(block);
}
