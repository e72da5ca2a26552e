//! Sums over bits that are 1 and −1: of a lane at a point, and of lanes over permutations.

use lvm_air::field::{Challenge, Val};
use lvm_air::keccak_f::BITS;
use p3_field::{BasedVectorSpace, PrimeCharacteristicRing, PrimeField64};
use rayon::prelude::*;
use wide::u64x8;

use crate::stark::interactions::coefficients;
use crate::stark::keccak_layers::{BYTES, TASK};

/// A challenge in halves of its coefficients, of which many are added up before one reduction.
#[derive(Clone, Copy, Default)]
struct Wide(u64x8);

impl Wide {
    fn new(challenge: Challenge) -> Self {
        let mut halves = [0; 8];
        for (i, coefficient) in coefficients(&challenge).iter().enumerate() {
            let value = coefficient.as_canonical_u64();
            (halves[i], halves[i + 4]) = (value & u64::from(u32::MAX), value >> 32);
        }
        Self(u64x8::new(halves))
    }

    #[inline(always)]
    fn add(&mut self, other: &Self) {
        self.0 += other.0;
    }

    /// The sums of all sets of up to eight weights, by the sets' bits.
    fn sets(weights: &[Challenge], sets: &mut [Self; 256]) {
        let mut all = [Self::default(); 8];
        for (wide, &weight) in all.iter_mut().zip(weights) {
            *wide = Self::new(weight);
        }
        sets[0] = Self::default();
        for (bit, weight) in all.iter().enumerate() {
            let (without, with) = sets.split_at_mut(1 << bit);
            for (with, without) in with.iter_mut().zip(without) {
                with.0 = without.0 + weight.0;
            }
        }
    }

    /// The sum of fewer than 2^32 challenges.
    #[inline(always)]
    fn reduce(&self) -> Challenge {
        let halves = self.0.to_array();
        Challenge::from_basis_coefficients_fn(|i| {
            let sum = u128::from(halves[i]) + (u128::from(halves[i + 4]) << 32);
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
            let mut sets = vec![[Wide::default(); 256]; weights.len().div_ceil(8)];
            for (sets, weights) in sets.iter_mut().zip(weights.chunks(8)) {
                Wide::sets(weights, sets);
            }
            let words: Vec<[u64; N]> = (0..weights.len()).map(|i| lanes(task * TASK + i)).collect();
            for (lane, sums) in sums.iter_mut().enumerate() {
                let squares: Vec<[[u8; BYTES]; 8]> =
                    words.chunks(8).map(|words| mirrored(words, lane)).collect();
                for (byte, sums) in sums.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                    let mut new = *sums;
                    for (sets, squares) in sets.iter().zip(&squares) {
                        for (sum, square) in new.iter_mut().zip(squares) {
                            sum.add(&sets[usize::from(square[byte])]);
                        }
                    }
                    *sums = new;
                }
            }
            sums
        })
        .reduce(zero, add);
    let total: Challenge = weights.iter().copied().sum();
    ones.into_iter().map(|sums| sums.map(|sum| total - sum.reduce().double())).collect()
}

/// The bits of one lane of up to eight permutations, by their numbers modulo 8, then divided by 8.
#[inline(always)]
fn mirrored<const N: usize>(words: &[[u64; N]], lane: usize) -> [[u8; BYTES]; 8] {
    let mut rows = [0; 8];
    for (row, words) in rows.iter_mut().zip(words) {
        *row = words[lane];
    }
    // For each byte the eight rows are a square of bits. Its quarters are swapped, and theirs.
    for (step, mask) in [(4, u64::MAX / 0x11), (2, u64::MAX / 5), (1, u64::MAX / 3)] {
        for low in (0..8).filter(|row| row & step == 0) {
            let swapped = (rows[low] >> step ^ rows[low + step]) & mask;
            rows[low] ^= swapped << step;
            rows[low + step] ^= swapped;
        }
    }
    rows.map(u64::to_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_mirrored() {
        let words: [[u64; 1]; 8] =
            core::array::from_fn(|i| [(i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)]);
        let mirrored = mirrored(&words, 0);
        for (bit, n) in (0..BITS).flat_map(|bit| (0..8).map(move |n| (bit, n))) {
            assert_eq!(mirrored[bit % 8][bit / 8] >> n & 1, (words[n][0] >> bit & 1) as u8);
        }
    }
}
