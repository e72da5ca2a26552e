//! Byte strings found by their Keccak-256 hash: the trie nodes and the codes of a witness.
//!
//! Each string is hashed once, when it's put in; what is got out for a hash has that hash. The
//! store remembers what was got out, so that a witness can be cut down to what a block needs.

use alloc::vec;
use alloc::vec::Vec;
use core::hash::{BuildHasherDefault, Hasher};

use alloy_primitives::map::HashMap;
use alloy_primitives::{B256, keccak256};

/// Byte strings by hash.
#[derive(Clone, Debug, Default)]
pub struct Store<'w> {
    items: Vec<&'w [u8]>,
    by_hash: HashMap<B256, usize, BuildHasherDefault<HashOfHash>>,
    is_used: Vec<bool>,
}

impl<'w> Store<'w> {
    /// A store of all `items`.
    pub fn new(items: &[&'w [u8]]) -> Self {
        let mut by_hash = HashMap::with_capacity_and_hasher(items.len(), Default::default());
        for (index, item) in items.iter().enumerate() {
            by_hash.insert(keccak256(item), index);
        }
        Self { items: items.to_vec(), by_hash, is_used: vec![false; items.len()] }
    }

    /// The string with the hash `hash`, marked as used.
    pub fn take(&mut self, hash: &B256) -> Option<&'w [u8]> {
        let index = *self.by_hash.get(hash)?;
        if let Some(is_used) = self.is_used.get_mut(index) {
            *is_used = true;
        }
        self.items.get(index).copied()
    }

    /// The strings that were taken, in the order in which they were put in.
    pub fn used(&self) -> Vec<&'w [u8]> {
        let used = self.items.iter().zip(&self.is_used).filter(|(_, is_used)| **is_used);
        used.map(|(item, _)| *item).collect()
    }
}

/// Takes the first 8 bytes of a hash, which are as good as any, for its hash.
///
/// Whoever makes a witness can make many nodes that begin alike; their own run becomes longer.
#[derive(Clone, Copy, Debug, Default)]
struct HashOfHash(u64);

impl Hasher for HashOfHash {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    // The length of a slice, the same for all hashes.
    #[inline]
    fn write_usize(&mut self, _: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_found_by_their_hash_alone() {
        let items: [&[u8]; 3] = [b"one", b"", b"three"];
        let mut store = Store::new(&items);
        assert_eq!(store.take(&keccak256(b"three")), Some(&b"three"[..]));
        assert_eq!(store.take(&keccak256(b"")), Some(&b""[..]));
        assert_eq!(store.take(&keccak256(b"two")), None);
        assert_eq!(store.used(), [&b""[..], b"three"]);
    }
}
