//! Sums at a pack of points: of the parts of a lane, and over permutations of what a gate makes,
//! times the permutations' weights.
//!
//! These are most of the additions and multiplications. Where the machine adds up products of 52
//! bits, they are reduced once for many products.

use lvm_air::field::{CHALLENGE_DEGREE, Challenge};
use p3_field::PrimeCharacteristicRing;

use crate::stark::interactions::Packed;
use crate::stark::keccak_layers::{BYTES, coefficients};

#[cfg(not(all(
    target_arch = "x86_64",
    target_feature = "avx512f",
    target_feature = "avx512ifma"
)))]
pub(super) use by_field::{BlockWeights, Part, Sum};
#[cfg(all(target_arch = "x86_64", target_feature = "avx512f", target_feature = "avx512ifma"))]
pub(super) use by_limbs::{BlockWeights, Part, Sum};

/// Permutations whose products are added up at a time.
pub(super) const BLOCK: usize = 8;
/// Products that a sum takes, at most.
pub(super) const MAX_PRODUCTS: usize = 1 << 10;

/// Sums by the field's own operations: where the machine doesn't add up products of 52 bits.
#[cfg_attr(
    all(target_arch = "x86_64", target_feature = "avx512f", target_feature = "avx512ifma"),
    cfg(test)
)]
mod by_field {
    use lvm_air::field::Val;
    use p3_field::Algebra;

    use super::*;

    /// A part of a lane at the points.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Part(Packed);

    impl Part {
        pub(in super::super) fn new(part: Packed) -> Self {
            Self(part)
        }

        #[inline(always)]
        pub(in super::super) fn sum(parts: [&Self; BYTES]) -> Packed {
            Packed::sum_array::<BYTES>(&parts.map(|part| part.0))
        }
    }

    /// The weights of a block of permutations, by their coefficients.
    #[derive(Clone, Copy)]
    pub(in super::super) struct BlockWeights([[Val; BLOCK]; CHALLENGE_DEGREE]);

    impl BlockWeights {
        pub(in super::super) fn new(weights: &[Challenge; BLOCK]) -> Self {
            Self(core::array::from_fn(|i| weights.map(|weight| coefficients(&weight)[i])))
        }
    }

    /// A sum so far, by its coefficients.
    #[derive(Clone, Copy, Default)]
    pub(in super::super) struct Sum([Packed; CHALLENGE_DEGREE]);

    impl Sum {
        /// Adds the values of a block of permutations, times their weights.
        #[inline(always)]
        pub(in super::super) fn add(&mut self, values: &[Packed; BLOCK], weights: &BlockWeights) {
            for (sum, weights) in self.0.iter_mut().zip(&weights.0) {
                let halves =
                    values.as_chunks::<{ BLOCK / 2 }>().0.iter().zip(weights.as_chunks().0);
                for (values, weights) in halves {
                    *sum += Packed::mixed_dot_product::<{ BLOCK / 2 }>(values, weights);
                }
            }
        }

        pub(in super::super) fn reduce(&self) -> [Packed; CHALLENGE_DEGREE] {
            self.0
        }
    }
}

/// Sums by instructions that multiply numbers of 52 bits and add a half of the product to 64 bits.
#[cfg(all(target_arch = "x86_64", target_feature = "avx512f", target_feature = "avx512ifma"))]
mod by_limbs {
    use core::array::from_fn;

    use lvm_air::field::Val;
    use p3_field::{Algebra, PackedValue, PrimeField64};
    use wide::u64x8;

    use super::*;

    /// Bits that a product has of each factor.
    const FACTOR: u32 = 52;
    /// Bits of a weight's lower limb. With what is left of a value above 52 bits it makes 52.
    const LOW: u32 = 40;

    /// A part of a lane at the points, as numbers below the field's order.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Part(u64x8);

    impl Part {
        pub(in super::super) fn new(part: Packed) -> Self {
            Self(numbers(part))
        }

        #[inline(always)]
        pub(in super::super) fn sum(parts: [&Self; BYTES]) -> Packed {
            // Instead of 2^64 there is 2^64 modulo the order. A sum that a number below the order
            // made overflow is below the order as well, so the correction doesn't overflow.
            let correction = u64x8::splat(Val::ORDER_U64.wrapping_neg());
            let [first, rest @ ..] = parts;
            let sum = rest.into_iter().fold(first.0, |sum, part| {
                let next = sum + part.0;
                next + (next.simd_lt(part.0) & correction)
            });
            elements(sum)
        }
    }

    /// The elements as numbers below the field's order.
    #[inline(always)]
    fn numbers(elements: Packed) -> u64x8 {
        u64x8::new(from_fn(|lane| elements.as_slice()[lane].as_canonical_u64()))
    }

    #[inline(always)]
    fn elements(numbers: u64x8) -> Packed {
        let numbers = numbers.to_array();
        Packed::from_fn(|lane| Val::new(numbers[lane]))
    }

    /// The weights of a block of permutations, by their coefficients, in two limbs.
    #[derive(Clone, Copy)]
    pub(in super::super) struct BlockWeights([[[u64; 2]; BLOCK]; CHALLENGE_DEGREE]);

    impl BlockWeights {
        pub(in super::super) fn new(weights: &[Challenge; BLOCK]) -> Self {
            Self(from_fn(|i| {
                weights.map(|weight| {
                    let weight = coefficients(&weight)[i].as_canonical_u64();
                    [weight & ((1 << LOW) - 1), weight >> LOW]
                })
            }))
        }
    }

    /// A sum so far, by its coefficients: what counts 1, 2^40, 2^52 and 2^92. No product adds 2^54
    /// to one of these.
    #[derive(Clone, Copy, Default)]
    pub(in super::super) struct Sum([[u64x8; 4]; CHALLENGE_DEGREE]);

    impl Sum {
        /// Adds the values of a block of permutations, times their weights.
        #[inline(always)]
        pub(in super::super) fn add(&mut self, values: &[Packed; BLOCK], weights: &BlockWeights) {
            let mut sums = self.0;
            for (at, value) in values.iter().enumerate() {
                let value = numbers(*value);
                let top = value >> FACTOR;
                for (sums, weights) in sums.iter_mut().zip(&weights.0) {
                    let [low, high] = weights[at].map(u64x8::splat);
                    sums[0] = sums[0].add_mul_lo::<FACTOR>(value, low);
                    sums[1] = sums[1].add_mul_lo::<FACTOR>(value, high);
                    sums[2] = sums[2].add_mul_hi::<FACTOR>(value, low);
                    sums[3] = sums[3].add_mul_hi::<FACTOR>(value, high);
                    sums[2] = sums[2].add_mul_lo::<FACTOR>(top, low);
                    sums[3] = sums[3].add_mul_lo::<FACTOR>(top, high);
                }
            }
            self.0 = sums;
        }

        pub(in super::super) fn reduce(&self) -> [Packed; CHALLENGE_DEGREE] {
            let places = [0, LOW, FACTOR, LOW + FACTOR].map(|bits| Val::TWO.exp_u64(bits.into()));
            self.0.map(|sums| Packed::mixed_dot_product(&sums.map(elements), &places))
        }
    }
}

#[cfg(test)]
mod tests {
    use core::array::from_fn;

    use lvm_air::field::Val;
    use p3_field::{BasedVectorSpace, PackedValue, PrimeField64};

    use super::*;

    #[test]
    fn sums_are_of_the_products() {
        let mut random = 1;
        let mut next = || {
            random = u64::wrapping_mul(random, 0x5851_f42d_4c95_7f2d)
                .wrapping_add(0x1405_7b7e_f767_814f);
            // Some at the ends of what a number can be.
            match random >> 61 {
                0 => Val::new(u64::MAX - (random & 1)),
                1 => Val::new(Val::ORDER_U64 - (random & 3)),
                _ => Val::new(random),
            }
        };
        let mut limbs = Sum::default();
        let mut field = by_field::Sum::default();
        let mut expected = [Packed::ZERO; CHALLENGE_DEGREE];
        for _ in 0..MAX_PRODUCTS / BLOCK {
            let weights = from_fn(|_| Challenge::from_basis_coefficients_fn(|_| next()));
            let values = from_fn(|_| Packed::from_fn(|_| next()));
            limbs.add(&values, &BlockWeights::new(&weights));
            field.add(&values, &by_field::BlockWeights::new(&weights));
            for (value, weight) in values.iter().zip(&weights) {
                for (sum, &coefficient) in expected.iter_mut().zip(coefficients(weight)) {
                    *sum += *value * coefficient;
                }
            }
        }
        assert_eq!(limbs.reduce(), expected);
        assert_eq!(field.reduce(), expected);
    }
}
