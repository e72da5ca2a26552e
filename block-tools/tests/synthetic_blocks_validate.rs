//! Synthetic blocks are valid, do what they say, are the same each time, and need all that is in
//! their witness.

use alloy_primitives::keccak256;
use lvm_block::block::Block;
use lvm_block::chain::Fork;
use lvm_block::error::Invalid;
use lvm_block::input::Input;
use lvm_block::validate;
use lvm_block_tools::prune::prune;
use lvm_block_tools::synthesize::{COUNT_MAX, Load, Specification, SynthesisError};

const LOADS: [Load; 4] =
    [Load::Transfers(0), Load::Transfers(1), Load::Transfers(10), Load::TokenCalls(10)];

fn specification(load: Load, fork: Fork) -> Specification {
    Specification { filler: 300, fork, ..Specification::new(load) }
}

#[test]
fn in_all_forks() {
    for fork in Fork::ALL {
        for load in LOADS {
            let input = specification(load, fork).synthesize().expect("a block");
            let claim = validate(&input).unwrap_or_else(|e| panic!("{fork:?} {load:?}: {e}"));
            let decoded = Input::decode(&input).expect("an input");
            let block = Block::decode(decoded.block).expect("a block");
            assert_eq!(block.transactions.len() as u64, load.transactions());
            assert_eq!(claim.post_state_root, block.header.state_root);
            assert_eq!(claim.block_hash, block.hash);
            let is_changed = claim.pre_state_root != claim.post_state_root;
            assert_eq!(is_changed, load.transactions() > 0 || fork >= Fork::Cancun);
        }
    }
}

#[test]
fn transactions_do_what_they_say() {
    let gas = |load| {
        let input = specification(load, Fork::Osaka).synthesize().expect("a block");
        let input = Input::decode(&input).expect("an input");
        let header = Block::decode(input.block).expect("a block").header;
        (header.gas_used, header.logs_bloom.is_zero())
    };
    assert_eq!(gas(Load::Transfers(10)), (10 * 21_000, true));
    // Each call has a log, which one that reverts has not, and writes two words: of ten, half are
    // new, which costs 17,100 more.
    let ((one, without_logs), (ten, _)) = (gas(Load::TokenCalls(1)), gas(Load::TokenCalls(10)));
    assert!(!without_logs);
    assert!((30_000..40_000).contains(&one), "{one}");
    let more = (ten - 10 * one).abs_diff(5 * 17_100);
    assert!(more < 1000, "{ten} is not about 10 · {one} + 5 · 17100");
}

#[test]
fn the_same_each_time() {
    for load in LOADS {
        let specification = specification(load, Fork::Osaka);
        let hash =
            |specification: Specification| keccak256(specification.synthesize().expect("a block"));
        assert_eq!(hash(specification), hash(specification));
        assert_ne!(hash(specification), hash(Specification { seed: 2, ..specification }));
    }
}

#[test]
fn with_a_witness_of_which_nothing_can_be_left_out() {
    for load in [Load::Transfers(3), Load::TokenCalls(4)] {
        let bytes = specification(load, Fork::Osaka).synthesize().expect("a block");
        let input = Input::decode(&bytes).expect("an input");
        let claim = validate(&bytes).expect("valid");
        assert!(input.nodes.len() > 20 && !input.codes.is_empty());
        for index in 0..input.nodes.len() {
            let mut less = input.clone();
            less.nodes.remove(index);
            let verdict = validate(&less.encode());
            assert!(matches!(verdict, Err(Invalid::State(_))), "node {index}: {verdict:?}");
        }
        for index in 0..input.codes.len() {
            let mut less = input.clone();
            less.codes.remove(index);
            let verdict = validate(&less.encode());
            assert!(matches!(verdict, Err(Invalid::State(_))), "code {index}: {verdict:?}");
        }
        assert_eq!(validate(&input.encode()).ok(), Some(claim));
    }
}

#[test]
fn cutting_down_keeps_the_claim() {
    let specification = specification(Load::TokenCalls(4), Fork::Osaka);
    let whole = specification.unpruned().expect("a block");
    let (claim, pruned) = prune(&whole).expect("valid");
    assert_eq!(validate(&whole).ok(), Some(claim));
    assert_eq!(validate(&pruned).ok(), Some(claim));
    assert!(pruned.len() < whole.len() / 2, "{} of {}", pruned.len(), whole.len());
    assert_eq!(specification.synthesize().ok(), Some(pruned.clone()));
    assert_eq!(prune(&pruned).expect("valid"), (claim, pruned));
}

#[test]
fn not_too_many() {
    let load = Load::Transfers(COUNT_MAX + 1);
    let verdict = Specification::new(load).synthesize();
    assert!(matches!(verdict, Err(SynthesisError::TooMany)));
}
