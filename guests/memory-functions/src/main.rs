//! Copies, moves, fills and compares memory with many lengths and alignments, and commits a digest
//! of everything that came out. Run natively it commits the same, by another `memcpy`.
#![cfg_attr(target_os = "zkvm", no_std, no_main)]

use core::hint::black_box;

use lvm_guest_sdk::{commit, keccak256};

#[cfg(target_os = "zkvm")]
lvm_guest_sdk::entry!(main);

const BUFFER: usize = 512;
/// Where the second half of the buffer begins, with room for every length.
const HALF: usize = BUFFER / 2;
/// Every length around which a function changes its way.
const LENGTHS: [usize; 46] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 23, 24, 25, 31, 32, 33,
    39, 40, 41, 47, 48, 49, 63, 64, 65, 71, 72, 73, 95, 128, 136, 199, 200, 207, 208, 209,
];

fn main() {
    commit(&digest());
}

/// A digest of the buffer after each operation.
pub(crate) fn digest() -> [u8; 32] {
    let mut memory = Memory { bytes: [0; BUFFER], digest: [0; 32] };
    for (i, byte) in memory.bytes.iter_mut().enumerate() {
        *byte = (i * 167 + i / 256) as u8;
    }
    for length in LENGTHS {
        for to in 0..8 {
            // What matters is the alignment of both sides; not all pairs at all lengths.
            let from = (to * 5 + length) % 8;
            memory.copy(from, HALF + to, length);
            memory.copy(HALF + from, to, length);
            memory.fill(to, (length * 8 + to) as u8, length);
            memory.compare(to, HALF + from, length);
            for distance in [1, 7, 8, 9, 40] {
                memory.shift(to, to + distance, length);
                memory.shift(HALF + from + distance, HALF + from, length);
            }
        }
    }
    keccak256([memory.digest, large()].as_flattened())
}

/// A digest of a buffer whose parts, larger than what is copied at a time, were moved over it.
fn large() -> [u8; 32] {
    const PART: usize = 2 * (1 << 15) + 100;
    let mut bytes = [0; 2 * PART];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = (i * 167 + i / 256) as u8;
    }
    for (from, to) in [(3, 13), (40_013, 5), (8, 16), (1, PART), (PART, 80), (16, 8)] {
        bytes.copy_within(from..from + black_box(PART - 20), to);
    }
    keccak256(&bytes)
}

struct Memory {
    bytes: [u8; BUFFER],
    digest: [u8; 32],
}

impl Memory {
    /// `memcpy`
    fn copy(&mut self, from: usize, to: usize, length: usize) {
        let (low, high) = self.bytes.split_at_mut(HALF);
        let (from, to) = if from < to {
            (&low[from..], &mut high[to - HALF..])
        } else {
            (&high[from - HALF..], &mut low[to..])
        };
        let length = black_box(length);
        to[..length].copy_from_slice(&from[..length]);
        self.absorb();
    }

    /// `memmove`
    fn shift(&mut self, from: usize, to: usize, length: usize) {
        let length = black_box(length);
        self.bytes.copy_within(from..from + length, to);
        self.absorb();
    }

    /// `memset`
    fn fill(&mut self, at: usize, byte: u8, length: usize) {
        self.bytes[at..at + black_box(length)].fill(black_box(byte));
        self.absorb();
    }

    /// `memcmp` and `bcmp`, of ranges made to differ in one byte or in none.
    fn compare(&mut self, one: usize, other: usize, length: usize) {
        self.copy(one, other, length);
        for differing in [0, length / 2, length.saturating_sub(1), length] {
            let length = black_box(length);
            if differing < length {
                self.bytes[one + differing] ^= 0x81;
            }
            let (one, other) = (&self.bytes[one..][..length], &self.bytes[other..][..length]);
            let equal = black_box(one) == black_box(other);
            let order = black_box(one).cmp(black_box(other));
            self.bytes[BUFFER - 1] =
                self.bytes[BUFFER - 1].wrapping_mul(5) ^ (order as i8 as u8) ^ u8::from(equal) << 4;
        }
        self.absorb();
    }

    fn absorb(&mut self) {
        let mut message = [0; BUFFER + 32];
        message[..BUFFER].copy_from_slice(&self.bytes);
        message[BUFFER..].copy_from_slice(&self.digest);
        self.digest = keccak256(&message);
    }
}
