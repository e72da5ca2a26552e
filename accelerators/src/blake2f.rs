//! The compression function F of BLAKE2b (RFC 7693, section 3.2) with any number of rounds
//! (EIP-152; precompile 0x09).
//!
//! Crates with BLAKE2b don't offer F with a number of rounds, so that it is written out here.

use crate::Error;

/// Initialization vector (RFC 7693, section 2.6).
const IV: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

/// Which word of the message goes where in each round (RFC 7693, section 2.7).
const SIGMA: [[usize; 16]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

/// The state after `rounds` rounds.
///
/// `state` is h, 8 words; `message` is m, 16 words; `offset` is t, 2 words, all of them
/// little-endian. `is_last` is the byte f: 1 for the last block, 0 for others. BLAKE2b has 12
/// rounds.
///
/// # Errors
/// [`Error::Flag`] when `is_last` is neither 0 nor 1.
pub fn blake2f(
    rounds: u32,
    state: &[u8; 64],
    message: &[u8; 128],
    offset: &[u8; 16],
    is_last: u8,
) -> Result<[u8; 64], Error> {
    if is_last > 1 {
        return Err(Error::Flag);
    }
    let state: [u64; 8] = words(state);
    let message: [u64; 16] = words(message);
    let offset: [u64; 2] = words(offset);

    let mut v = [0; 16];
    v[..8].copy_from_slice(&state);
    v[8..].copy_from_slice(&IV);
    v[12] ^= offset[0];
    v[13] ^= offset[1];
    if is_last == 1 {
        v[14] = !v[14];
    }
    let permutations = SIGMA.iter().cycle();
    for (s, _) in permutations.zip(0..rounds) {
        mix(&mut v, [0, 4, 8, 12], message[s[0]], message[s[1]]);
        mix(&mut v, [1, 5, 9, 13], message[s[2]], message[s[3]]);
        mix(&mut v, [2, 6, 10, 14], message[s[4]], message[s[5]]);
        mix(&mut v, [3, 7, 11, 15], message[s[6]], message[s[7]]);
        mix(&mut v, [0, 5, 10, 15], message[s[8]], message[s[9]]);
        mix(&mut v, [1, 6, 11, 12], message[s[10]], message[s[11]]);
        mix(&mut v, [2, 7, 8, 13], message[s[12]], message[s[13]]);
        mix(&mut v, [3, 4, 9, 14], message[s[14]], message[s[15]]);
    }

    let mut result = [0; 64];
    for (i, bytes) in result.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        *bytes = (state[i] ^ v[i] ^ v[i + 8]).to_le_bytes();
    }
    Ok(result)
}

/// The function G (RFC 7693, section 3.1).
#[inline(always)]
fn mix(v: &mut [u64; 16], [a, b, c, d]: [usize; 4], x: u64, y: u64) {
    v[a] = v[a].wrapping_add(v[b]).wrapping_add(x);
    v[d] = (v[d] ^ v[a]).rotate_right(32);
    v[c] = v[c].wrapping_add(v[d]);
    v[b] = (v[b] ^ v[c]).rotate_right(24);
    v[a] = v[a].wrapping_add(v[b]).wrapping_add(y);
    v[d] = (v[d] ^ v[a]).rotate_right(16);
    v[c] = v[c].wrapping_add(v[d]);
    v[b] = (v[b] ^ v[c]).rotate_right(63);
}

fn words<const N: usize>(bytes: &[u8]) -> [u64; N] {
    let mut words = [0; N];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}
