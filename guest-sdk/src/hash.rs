//! Hash functions above what is one system call on the machine: Keccak-256 above the permutation of
//! Keccak, SHA-256 above its compression function.

use crate::machine;
use crate::machine::sha256::{Block, State};

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

/// The state that SHA-256 begins with (FIPS 180-4, section 5.3.3).
const INITIAL: State = State([
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
]);

/// SHA-256 of `data` (FIPS 180-4, section 6.2).
///
/// Blocks are copied if the address of `data` isn't a multiple of 8.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    let mut state = INITIAL;
    let (blocks, rest) = data.as_chunks::<64>();
    for block in blocks {
        match Block::at(block) {
            Some(block) => machine::sha256::compress(&mut state, block),
            None => machine::sha256::compress(&mut state, &Block(*block)),
        }
    }

    // Padding: a bit, zeros, and the number of bits in the last eight bytes of a block.
    let mut last = Block([0; 64]);
    last.0[..rest.len()].copy_from_slice(rest);
    last.0[rest.len()] = 0x80;
    if rest.len() >= 56 {
        machine::sha256::compress(&mut state, &last);
        last = Block([0; 64]);
    }
    let bits = (data.len() as u64) << 3;
    last.0[56..].copy_from_slice(&bits.to_be_bytes());
    machine::sha256::compress(&mut state, &last);

    let mut digest = [0; 32];
    for (bytes, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state.0) {
        *bytes = word.to_be_bytes();
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

    use super::{keccak256, sha256};

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
    #[test]
    fn sha256_agrees_with_an_independent_implementation() {
        // From every address modulo 8.
        let data = bytes(8 + (1 << 14));
        for length in (0..=300).chain([(1 << 14) - 1, 1 << 14]) {
            for start in 0..8 {
                let data = &data[start..start + length];
                let expected = <[u8; 32]>::from(sha2::Sha256::digest(data));
                assert_eq!(sha256(data), expected, "{length} bytes from {start}");
            }
        }
    }

    /// The examples of FIPS 180-4, as NIST publishes them for SHA-256.
    #[test]
    fn sha256_known_answers() {
        let check = |data: &[u8], expected: &str| {
            let digest: String = sha256(data).iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(digest, expected);
        };
        check(b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        check(b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        check(
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        );
        let million = vec![b'a'; 1_000_000];
        check(&million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
}
