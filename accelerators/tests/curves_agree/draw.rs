//! Numbers from a seed: random ones, and those that make trouble.

use num_bigint::BigUint;
use sha2::{Digest, Sha256};

/// A source of numbers that are the same in every run.
pub(crate) struct Draw {
    seed: u64,
    drawn: u64,
}

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    /// Any number of 256 bits.
    pub(crate) fn number(&mut self) -> BigUint {
        self.drawn += 1;
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        hash.update(self.drawn.to_le_bytes());
        BigUint::from_bytes_be(&hash.finalize())
    }

    /// A number less than `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let digits = self.number().to_u64_digits();
        (digits.first().copied().unwrap_or(0) % bound as u64) as usize
    }

    pub(crate) fn chosen<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.below(from.len());
        &from[at]
    }

    /// A number with few digits other than 0 in a window of 4 or 8 bits, or of the `edges`, or, one
    /// in four times, random; of 256 bits at most.
    pub(crate) fn awkward(&mut self, edges: &[BigUint]) -> BigUint {
        match self.below(4) {
            0 => self.number(),
            1 => self.chosen(edges).clone(),
            2 => BigUint::from(self.below(300)) << (4 * self.below(60)),
            _ => {
                let low = BigUint::from(self.below(20));
                low + (BigUint::from(self.below(20)) << (4 * self.below(62)))
            }
        }
    }
}

/// The 32 bytes of a number, big-endian.
pub(crate) fn bytes(number: &BigUint) -> Vec<u8> {
    let digits = number.to_bytes_be();
    let mut bytes = vec![0; 32_usize.checked_sub(digits.len()).expect("at most 256 bits")];
    bytes.extend(digits);
    bytes
}

/// Numbers around each of `numbers`, less than 2²⁵⁶.
pub(crate) fn around(numbers: &[BigUint]) -> Vec<BigUint> {
    let mut around = Vec::new();
    for number in numbers {
        for distance in 0..3_u8 {
            around.push(number + distance);
            if *number >= BigUint::from(distance) {
                around.push(number - distance);
            }
        }
    }
    around.retain(|number| number.bits() <= 256);
    around
}

pub(crate) fn hex(digits: &str) -> BigUint {
    BigUint::parse_bytes(digits.as_bytes(), 16).expect("the digits are hexadecimal")
}
