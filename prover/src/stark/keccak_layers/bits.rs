//! Sums over bits that are 1 and −1: of a lane at a point, and of lanes over permutations.

use lvm_air::field::{Challenge, Val};
use lvm_air::keccak_f::BITS;
use p3_field::{BasedVectorSpace, PrimeCharacteristicRing, PrimeField64};
use rayon::prelude::*;

use crate::stark::keccak_layers::{BYTES, TASK, coefficients};

/// A challenge in halves of its coefficients, of which many are added up before one reduction.
#[derive(Clone, Copy, Default)]
struct Wide([u64; 8]);

impl Wide {
    fn new(challenge: Challenge) -> Self {
        let mut halves = [0; 8];
        for (i, coefficient) in coefficients(&challenge).iter().enumerate() {
            let value = coefficient.as_canonical_u64();
            (halves[i], halves[i + 4]) = (value & u64::from(u32::MAX), value >> 32);
        }
        Self(halves)
    }

    #[inline(always)]
    fn add(&mut self, other: &Self) {
        for (half, other) in self.0.iter_mut().zip(&other.0) {
            *half += other;
        }
    }

    /// The sums of all sets of up to eight weights, by the sets' bits.
    fn sets(weights: &[Challenge]) -> [Self; 256] {
        let mut sets = [Self::default(); 256];
        for (i, &weight) in weights.iter().enumerate() {
            let weight = Self::new(weight);
            let (without, with) = sets.split_at_mut(1 << i);
            for (with, without) in with.iter_mut().zip(without) {
                *with = *without;
                with.add(&weight);
            }
        }
        sets
    }

    /// The sum of fewer than 2^32 challenges.
    #[inline(always)]
    fn reduce(&self) -> Challenge {
        Challenge::from_basis_coefficients_fn(|i| {
            let sum = u128::from(self.0[i]) + (u128::from(self.0[i + 4]) << 32);
            Val::from_u128(sum)
        })
    }
}

/// The values of lanes at one point, by their bytes.
pub(super) struct BitTable(Vec<Wide>);

impl BitTable {
    pub(super) fn new(lagrange: &[Challenge; BITS]) -> Self {
        let part = |at: usize| {
            let (byte, value) = (at >> 8, at & 0xff);
            let bits = lagrange[8 * byte..][..8].iter().enumerate();
            Wide::new(bits.map(|(bit, &l)| if value >> bit & 1 == 1 { -l } else { l }).sum())
        };
        Self((0..BYTES << 8).map(part).collect())
    }

    #[inline(always)]
    pub(super) fn value(&self, lane: u64) -> Challenge {
        let mut sum = Wide::default();
        for (byte, value) in lane.to_le_bytes().into_iter().enumerate() {
            sum.add(&self.0[byte << 8 | usize::from(value)]);
        }
        sum.reduce()
    }
}

/// For each of the first lanes and each bit the weighted sum over permutations, where bits are 1
/// and −1.
pub(super) fn bit_sums<const N: usize>(
    weights: &[Challenge],
    width: usize,
    lanes: impl Fn(usize) -> [u64; N] + Sync,
) -> Vec<[Challenge; BITS]> {
    let add = |mut a: Vec<[Wide; BITS]>, b: Vec<[Wide; BITS]>| {
        for (a, b) in a.iter_mut().flatten().zip(b.iter().flatten()) {
            a.add(b);
        }
        a
    };
    let zero = || vec![[Wide::default(); BITS]; width];
    let ones = weights
        .par_chunks(TASK)
        .enumerate()
        .fold(zero, |mut sums, (task, weights)| {
            // For each eight permutations the sums of all sets of their weights.
            let sets: Vec<[Wide; 256]> = weights.chunks(8).map(Wide::sets).collect();
            let words: Vec<[u64; N]> = (0..weights.len()).map(|i| lanes(task * TASK + i)).collect();
            for (lane, sums) in sums.iter_mut().enumerate() {
                for (sets, words) in sets.iter().zip(words.chunks(8)) {
                    let mut bytes = [[0; BYTES]; 8];
                    for (bytes, words) in bytes.iter_mut().zip(words) {
                        *bytes = words[lane].to_le_bytes();
                    }
                    for (byte, sums) in sums.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                        let columns = transpose(u64::from_le_bytes(bytes.map(|b| b[byte])));
                        for (sum, set) in sums.iter_mut().zip(columns.to_le_bytes()) {
                            sum.add(&sets[usize::from(set)]);
                        }
                    }
                }
            }
            sums
        })
        .reduce(zero, add);
    let total: Challenge = weights.iter().copied().sum();
    ones.into_iter().map(|sums| sums.map(|sum| total - sum.reduce().double())).collect()
}

/// A square of 8 × 8 bits, mirrored.
const fn transpose(square: u64) -> u64 {
    let mut x = square;
    let mut swap = (x ^ x >> 7) & 0x00aa_00aa_00aa_00aa;
    x ^= swap ^ swap << 7;
    swap = (x ^ x >> 14) & 0x0000_cccc_0000_cccc;
    x ^= swap ^ swap << 14;
    swap = (x ^ x >> 28) & 0x0000_0000_f0f0_f0f0;
    x ^ swap ^ swap << 28
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_are_mirrored() {
        for (row, column) in (0..8).flat_map(|row| (0..8).map(move |column| (row, column))) {
            assert_eq!(transpose(1 << (8 * row + column)), 1 << (8 * column + row));
        }
    }
}
