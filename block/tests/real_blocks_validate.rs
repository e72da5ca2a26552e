//! Real blocks are valid, natively and on the machine, and lead to the state root that the chain
//! agreed on.

mod support;

use std::time::Instant;

use lvm_block::block::Block;
use lvm_block::input::{Ancestry, Input};
use lvm_block::{record, validate};

#[test]
fn natively() {
    for name in support::BLOCKS {
        let Some(bytes) = support::block(name) else { continue };
        let input = Input::decode(&bytes).unwrap();
        let block = Block::decode(input.block).unwrap();
        let start = Instant::now();
        let claim = validate(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        println!("{name}: {:?}", start.elapsed());
        assert_eq!(claim.block_hash, block.hash);
        assert_eq!(claim.parent_hash, block.header.parent_hash);
        assert_eq!(claim.post_state_root, block.header.state_root);
        let is_trusted = matches!(input.ancestry, Ancestry::Trusted { .. });
        assert_eq!(claim.trusted_ancestors.is_some(), is_trusted);
    }
}

#[test]
fn with_only_what_is_used() {
    for name in support::BLOCKS {
        let Some(bytes) = support::block(name) else { continue };
        let (claim, used) = record(&bytes).unwrap();
        let mut input = Input::decode(&bytes).unwrap();
        println!(
            "{name}: {} of {} nodes, {} of {} codes, {} ancestors",
            used.nodes.len(),
            input.nodes.len(),
            used.codes.len(),
            input.codes.len(),
            used.ancestors,
        );
        input.nodes = used.nodes;
        input.codes = used.codes;
        assert_eq!(validate(&input.encode()).unwrap(), claim);
    }
}
