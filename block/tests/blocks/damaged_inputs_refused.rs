//! An input with a flipped bit is refused, or what it leads to is true all the same.
//!
//! A bit that doesn't matter may be flipped: in a node or code that isn't needed, or in a part of a
//! header that nothing follows from, such as its extra data. The claim then is what it was, except
//! for the hashes that tell the reader that the header, or what was taken on trust, is another.

use crate::files;
use crate::seed::Seed;
use lvm_block::input::{Ancestry, Input};
use lvm_block::output::Claim;
use lvm_block::validate;

/// Damaged inputs for each part of each block.
const SAMPLES: usize = 50;

/// The parts of an input that bits are flipped in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Block,
    Ancestry,
    Nodes,
    Codes,
}

/// Where the bytes of a part are in the encoded input.
fn places(bytes: &[u8], input: &Input<'_>, part: Part) -> Vec<usize> {
    let strings: Vec<&[u8]> = match (part, &input.ancestry) {
        (Part::Block, _) => vec![input.block],
        (Part::Ancestry, Ancestry::Headers(headers)) => headers.clone(),
        (Part::Ancestry, Ancestry::Trusted { hashes, .. }) => vec![&hashes[..]],
        (Part::Nodes, _) => input.nodes.clone(),
        (Part::Codes, _) => input.codes.clone(),
    };
    let start = bytes.as_ptr().addr();
    strings
        .iter()
        .flat_map(|string| {
            let first = string.as_ptr().addr() - start;
            first..first + string.len()
        })
        .collect()
}

/// What must hold of a claim that was made in spite of the damage.
fn check(part: Part, ancestry: &Ancestry<'_>, honest: &Claim, damaged: &Claim, place: usize) {
    assert_eq!(damaged.pre_state_root, honest.pre_state_root, "{part:?} {place}");
    assert_eq!(damaged.post_state_root, honest.post_state_root, "{part:?} {place}");
    assert_eq!(damaged.chain_hash, honest.chain_hash, "{part:?} {place}");
    match (part, ancestry) {
        (Part::Block, _) => assert_ne!(damaged.block_hash, honest.block_hash, "{place}"),
        (Part::Ancestry, Ancestry::Headers(_)) => panic!("a header was damaged at {place}"),
        (Part::Ancestry, Ancestry::Trusted { .. }) => {
            assert_ne!(damaged.trusted_ancestors, honest.trusted_ancestors, "{place}");
        }
        (Part::Nodes | Part::Codes, _) => assert_eq!(damaged, honest, "{part:?} {place}"),
    }
}

fn flip_bits(name: &str) {
    let Some(mut bytes) = files::block(name) else { return };
    let honest = validate(&bytes).unwrap();
    let mut seed = Seed::new(name);
    let mut refused = 0;
    for part in [Part::Block, Part::Ancestry, Part::Nodes, Part::Codes] {
        let places = places(&bytes, &Input::decode(&bytes).unwrap(), part);
        for _ in 0..SAMPLES {
            let place = places[seed.below(places.len())];
            let bit = 1 << seed.below(8);
            bytes[place] ^= bit;
            match validate(&bytes) {
                Err(_) => refused += 1,
                Ok(damaged) => {
                    let input = Input::decode(&bytes).unwrap();
                    check(part, &input.ancestry, &honest, &damaged, place);
                }
            }
            bytes[place] ^= bit;
        }
    }
    println!("{name}: {refused} of {} refused", 4 * SAMPLES);
    assert!(refused > 2 * SAMPLES);
    assert_eq!(validate(&bytes).unwrap(), honest);
}

#[test]
fn hoodi_1265656() {
    flip_bits("hoodi_1265656");
}

#[test]
fn mainnet_23587691() {
    flip_bits("mainnet_23587691");
}

#[test]
fn mainnet_24647140() {
    flip_bits("mainnet_24647140");
}
