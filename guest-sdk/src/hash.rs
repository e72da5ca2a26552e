//! Keccak: the permutation, which is one system call on the machine, and Keccak-256 above it.

use crate::machine;

/// Bytes that Keccak-256 absorbs between two permutations.
const RATE: usize = 136;

/// Replaces `state` by its image under Keccak-f[1600] (FIPS 202, section 3.3).
///
/// Lane (x, y) is at index x + 5·y.
#[inline]
pub fn keccak_f(state: &mut [u64; 25]) {
    machine::keccak_f(state);
}

/// Keccak-256 of `data`, as Ethereum uses it: with the original padding `0x01`, not SHA-3's.
pub fn keccak256(data: &[u8]) -> [u8; 32] {
    let mut state = [0; 25];
    let (blocks, rest) = data.as_chunks::<RATE>();
    for block in blocks {
        absorb(&mut state, block);
        keccak_f(&mut state);
    }

    let (words, tail) = rest.as_chunks::<8>();
    absorb(&mut state, words.as_flattened());
    let mut last = [0; 8];
    last[..tail.len()].copy_from_slice(tail);
    last[tail.len()] = 0x01;
    // `rest` is shorter than the rate, so the word that takes the first padding bit is in it.
    state[words.len()] ^= u64::from_le_bytes(last);
    state[RATE / 8 - 1] ^= 1 << 63;
    keccak_f(&mut state);

    let mut digest = [0; 32];
    for (bytes, word) in digest.as_chunks_mut::<8>().0.iter_mut().zip(state) {
        *bytes = word.to_le_bytes();
    }
    digest
}

/// XORs the whole words of `bytes` onto the start of `state`.
#[inline(always)]
fn absorb(state: &mut [u64; 25], bytes: &[u8]) {
    for (word, bytes) in state.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *word ^= u64::from_le_bytes(*bytes);
    }
}

#[cfg(test)]
mod tests {
    use sha3::{Digest, Keccak256};

    use super::keccak256;

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|i| (i * 7 + i / 256) as u8).collect()
    }

    #[test]
    fn keccak256_agrees_with_an_independent_implementation() {
        for length in (0..=300).chain([407, 408, 409, 1 << 16]) {
            let data = bytes(length);
            assert_eq!(keccak256(&data), <[u8; 32]>::from(Keccak256::digest(&data)), "{length}");
        }
    }

    #[test]
    fn keccak256_known_answers() {
        let check = |data: &[u8], expected: &str| {
            let digest: String = keccak256(data).iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(digest, expected);
        };
        check(b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
        check(b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    }
}
