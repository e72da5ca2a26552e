//! A trie that was changed has the root of a trie that was made anew, by an implementation that
//! shares no code with it; also when only the nodes that are needed are known.

use std::collections::BTreeMap;

use crate::seed::Seed;
use alloy_primitives::{B256, U256, keccak256};
use alloy_trie::root::storage_root;
use lvm_block::trie::{Store, Trie, TrieError};

type Words = BTreeMap<B256, U256>;

/// The root, by the other implementation.
fn expected(words: &Words) -> B256 {
    storage_root(words.iter().map(|(key, value)| (*key, *value)))
}

/// A key; of many keys some have long beginnings in common.
fn key(seed: &mut Seed) -> B256 {
    let mut key = keccak256([seed.below(64) as u8]);
    let end = [31, 31, 16, 2, 1, 0][seed.below(6)];
    key[end..].copy_from_slice(&keccak256(seed.next().to_be_bytes())[end..]);
    key
}

fn value(seed: &mut Seed) -> U256 {
    (U256::from(seed.next()) + U256::ONE) << seed.below(190)
}

/// All nodes of a trie that is wholly known.
fn nodes(trie: &mut Trie<'_>) -> Vec<Vec<u8>> {
    let mut nodes = Vec::new();
    trie.visit_nodes(&mut |node| nodes.push(node.to_vec()));
    nodes
}

fn slices(nodes: &[Vec<u8>]) -> Vec<&[u8]> {
    nodes.iter().map(Vec::as_slice).collect()
}

fn build(words: &Words) -> Trie<'static> {
    let mut trie = Trie::default();
    for (key, value) in words {
        trie.insert(&mut Store::default(), key, alloy_rlp::encode(value)).unwrap();
    }
    trie
}

/// Changes at random, of which every other removes what is there.
fn changes(words: &Words, seed: &mut Seed, count: usize) -> Vec<(B256, Option<U256>)> {
    let present: Vec<_> = words.keys().copied().collect();
    (0..count)
        .map(|_| match seed.below(4) {
            0 | 1 if !present.is_empty() => (present[seed.below(present.len())], None),
            2 if !present.is_empty() => (present[seed.below(present.len())], Some(value(seed))),
            3 if seed.below(4) == 0 => (key(seed), None),
            _ => (key(seed), Some(value(seed))),
        })
        .collect()
}

fn apply<'w>(
    trie: &mut Trie<'w>,
    store: &mut Store<'w>,
    changes: &[(B256, Option<U256>)],
) -> Result<B256, TrieError> {
    for (key, value) in changes {
        match value {
            Some(value) => trie.insert(store, key, alloy_rlp::encode(value))?,
            None => trie.remove(store, key)?,
        }
    }
    Ok(trie.root())
}

fn words_after(words: &Words, changes: &[(B256, Option<U256>)]) -> Words {
    let mut words = words.clone();
    for (key, value) in changes {
        match value {
            Some(value) => drop(words.insert(*key, *value)),
            None => drop(words.remove(key)),
        }
    }
    words
}

#[test]
fn changed_and_made_anew() {
    let mut seed = Seed::new("tries");
    for round in 0..400 {
        let words: Words =
            (0..seed.below(60)).map(|_| (key(&mut seed), value(&mut seed))).collect();
        let mut whole = build(&words);
        assert_eq!(whole.root(), expected(&words), "{round}");

        let nodes = nodes(&mut whole);
        let count = seed.below(40);
        let changes = changes(&words, &mut seed, count);
        let after = words_after(&words, &changes);
        assert_eq!(apply(&mut whole, &mut Store::default(), &changes), Ok(expected(&after)));

        // From the root alone, with all nodes at hand; then with those only that were used.
        let mut store = Store::new(&slices(&nodes));
        let mut trie = Trie::new(expected(&words));
        for key in words.keys() {
            let read = trie.get(&mut store, key).unwrap().map(<[u8]>::to_vec);
            assert_eq!(read, Some(alloy_rlp::encode(words[key])), "{round}");
        }
        assert_eq!(trie.root(), expected(&words));
        assert_eq!(apply(&mut trie, &mut store, &changes), Ok(expected(&after)), "{round}");

        let mut store = Store::new(&slices(&nodes));
        let mut trie = Trie::new(expected(&words));
        assert_eq!(apply(&mut trie, &mut store, &changes), Ok(expected(&after)), "{round}");
        let used = store.used();
        let (mut trie, mut store) = (Trie::new(expected(&words)), Store::new(&used));
        assert_eq!(apply(&mut trie, &mut store, &changes), Ok(expected(&after)), "{round}");

        // Each of them is needed.
        for missing in 0..used.len() {
            let mut fewer = used.clone();
            let hash = keccak256(fewer.remove(missing));
            if fewer.iter().any(|node| keccak256(node) == hash) {
                continue;
            }
            let (mut trie, mut store) = (Trie::new(expected(&words)), Store::new(&fewer));
            let error = apply(&mut trie, &mut store, &changes);
            assert_eq!(error, Err(TrieError::Missing(hash)), "{round}");
        }
    }
}

#[test]
fn a_branch_that_collapses_needs_its_last_child() {
    let [a, b] = [0x10, 0x20].map(B256::repeat_byte);
    let words = Words::from([(a, U256::ONE << 255), (b, U256::ONE << 255)]);
    let nodes = nodes(&mut build(&words));
    let mut store = Store::new(&slices(&nodes));
    let mut trie = Trie::new(expected(&words));
    assert_eq!(trie.get(&mut store, &a).map(|value| value.is_some()), Ok(true));
    let used = store.used();

    // What reading takes is the branch and one leaf; removing takes the other leaf, too.
    assert_eq!((used.len(), nodes.len()), (2, 3));
    let mut trie = Trie::new(expected(&words));
    let removal = trie.remove(&mut Store::new(&used), &a);
    assert!(matches!(removal, Err(TrieError::Missing(_))), "{removal:?}");
    let mut trie = Trie::new(expected(&words));
    trie.remove(&mut Store::new(&slices(&nodes)), &a).unwrap();
    assert_eq!(trie.root(), expected(&words_after(&words, &[(a, None)])));
}

#[test]
fn what_is_not_there_is_proved() {
    let words: Words =
        (0..50_u64).map(|i| (keccak256(i.to_be_bytes()), U256::from(i + 1))).collect();
    let nodes = nodes(&mut build(&words));
    let mut store = Store::new(&slices(&nodes));
    let mut trie = Trie::new(expected(&words));
    let absent = keccak256(b"absent");
    assert_eq!(trie.get(&mut store, &absent), Ok(None));
    let used = store.used();
    for missing in 0..used.len() {
        let mut fewer = used.clone();
        fewer.remove(missing);
        let error = Trie::new(expected(&words)).get(&mut Store::new(&fewer), &absent).map(|_| ());
        assert!(matches!(error, Err(TrieError::Missing(_))));
    }
    assert_eq!(Trie::new(expected(&words)).get(&mut Store::new(&used), &absent), Ok(None));
}

#[test]
fn malformed_nodes_are_refused() {
    let key = B256::repeat_byte(0x12);
    let check = |node: &[u8], expected: Result<bool, TrieError>| {
        let mut trie = Trie::new(keccak256(node));
        let found = trie.get(&mut Store::new(&[node]), &key).map(|value| value.is_some());
        assert_eq!(found, expected, "{node:02x?}");
    };
    let leaf = |path: &[u8]| -> Vec<u8> {
        let mut payload = alloy_rlp::encode(path);
        payload.push(0x05);
        [&[0xC0 + payload.len() as u8][..], &payload].concat()
    };
    let path = [&[0x20][..], &key[..]].concat();
    check(&leaf(&path), Ok(true));
    // The flag of an extension, an unknown flag, a padding that isn't zero, a path too long.
    for first in [0x00, 0x40, 0x21] {
        check(&leaf(&[&[first][..], &key[..]].concat()), Err(TrieError::Malformed));
    }
    check(&leaf(&[&path[..], &[0]].concat()), Err(TrieError::Malformed));
    check(&leaf(&[&[0x31][..], &key[..]].concat()), Err(TrieError::Malformed));
    check(&leaf(&[]), Err(TrieError::Malformed));
    check(&leaf(&[&[0x20][..], &key[1..]].concat()), Ok(false));
    for node in [&b""[..], b"\xC0", b"\xC1\x80", b"\xC2\x20", b"\xF8\x00", b"\xC2\x20\x05\x00"] {
        check(node, Err(TrieError::Malformed));
    }
    // A branch with one child, and one with a value.
    let branch = |children: usize, value: u8| {
        let mut payload = Vec::new();
        for nibble in 0..16 {
            if nibble < children {
                payload.extend_from_slice(&alloy_rlp::encode(B256::repeat_byte(7)));
            } else {
                payload.push(0x80);
            }
        }
        payload.push(value);
        list(&[payload])
    };
    check(&branch(2, 0x80), Err(TrieError::Missing(B256::repeat_byte(7))));
    check(&branch(1, 0x80), Err(TrieError::Malformed));
    check(&branch(2, 0x05), Err(TrieError::Malformed));
}

/// A node of `items`, which are encoded.
fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let payload = items.concat();
    let mut node = Vec::new();
    alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut node);
    [node, payload].concat()
}

#[test]
fn a_path_that_would_become_too_long_is_refused() {
    // An extension of 62 nibbles, and below a branch of two leaves: the one with the key 11…1, and
    // one whose path may be longer than what is left of a key.
    let key = B256::repeat_byte(0x11);
    let remove = |sibling: &[u8]| {
        let leaf = |path: &[u8]| {
            list(&[alloy_rlp::encode(path), alloy_rlp::encode([7_u8; 40].as_slice())])
        };
        let (first, second) = (leaf(&[0x31]), leaf(sibling));
        let mut children = vec![vec![0x80]; 17];
        children[1] = alloy_rlp::encode(keccak256(&first));
        children[2] = alloy_rlp::encode(keccak256(&second));
        let branch = list(&children);
        let path = [&[0x00][..], &[0x11; 31]].concat();
        let top =
            list(&[alloy_rlp::encode(path.as_slice()), alloy_rlp::encode(keccak256(&branch))]);
        let mut store = Store::new(&[&first, &second, &branch, &top]);
        let mut trie = Trie::new(keccak256(&top));
        assert!(trie.get(&mut store, &key).unwrap().is_some());
        trie.remove(&mut store, &key)
    };
    assert_eq!(remove(&[0x31]), Ok(()));
    assert_eq!(remove(&[0x20, 0x11]), Err(TrieError::Malformed));
    assert_eq!(remove(&[&[0x20][..], &[0x11; 32]].concat()), Err(TrieError::Malformed));
}
