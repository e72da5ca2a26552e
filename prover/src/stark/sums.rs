//! Sums of which only the result is an element: of several base-field elements, and of products of
//! base-field elements and challenges.
//!
//! Much of the prover's work is such sums. Where the machine adds up halves of products of 52 bits
//! (AVX-512 IFMA), a product takes six instructions instead of about twenty, and is reduced
//! together with hundreds of others.

use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use p3_field::PrimeCharacteristicRing;

use crate::stark::interactions::{Packed, coefficients};

#[cfg(not(all(
    target_arch = "x86_64",
    target_feature = "avx512f",
    target_feature = "avx512ifma"
)))]
pub(crate) use by_field::{Factor, Part, Sum};
#[cfg(all(target_arch = "x86_64", target_feature = "avx512f", target_feature = "avx512ifma"))]
pub(crate) use by_limbs::{Factor, Part, Sum};

/// Products that a sum takes before it has to be reduced.
pub(crate) const MAX_PRODUCTS: usize = 1 << 10;
/// Products that are added at a time.
pub(crate) const BLOCK: usize = 8;

/// Sums by the field's own operations.
#[cfg(any(
    test,
    not(all(target_arch = "x86_64", target_feature = "avx512f", target_feature = "avx512ifma"))
))]
#[cfg_attr(test, allow(dead_code, reason = "the other ones are taken where the machine has them"))]
mod by_field {
    use core::array::from_fn;

    use p3_field::Algebra;

    use super::*;

    /// An element in each lane.
    #[derive(Clone, Copy)]
    pub(crate) struct Part(Packed);

    impl Part {
        pub(crate) fn new(part: Packed) -> Self {
            Self(part)
        }

        #[inline(always)]
        pub(crate) fn sum<const N: usize>(parts: [&Self; N]) -> Packed {
            Packed::sum_array::<N>(&parts.map(|part| part.0))
        }
    }

    /// A challenge, the same in all lanes.
    #[derive(Clone, Copy)]
    pub(crate) struct Factor([Val; CHALLENGE_DEGREE]);

    impl Factor {
        pub(crate) fn new(challenge: Challenge) -> Self {
            Self(from_fn(|i| coefficients(&challenge)[i]))
        }
    }

    /// A sum of challenges in each lane.
    #[derive(Clone, Copy, Default)]
    pub(crate) struct Sum([Packed; CHALLENGE_DEGREE]);

    impl Sum {
        /// Adds values times challenges.
        #[inline(always)]
        pub(crate) fn add<const N: usize>(&mut self, values: &[Packed; N], factors: &[Factor; N]) {
            for (i, sum) in self.0.iter_mut().enumerate() {
                *sum += Packed::mixed_dot_product(values, &factors.map(|factor| factor.0[i]));
            }
        }

        /// The coefficients.
        pub(crate) fn reduce(&self) -> [Packed; CHALLENGE_DEGREE] {
            self.0
        }
    }
}

/// Sums of halves of products of limbs.
#[cfg(all(target_arch = "x86_64", target_feature = "avx512f", target_feature = "avx512ifma"))]
mod by_limbs {
    use core::array::from_fn;

    use p3_field::{Algebra, PrimeField64};
    use wide::u64x8;

    use super::*;
    use crate::stark::words::{add, elements, numbers};

    /// Bits that the instructions read of a factor, and that halves of products have.
    const HALF: u32 = 52;
    /// Bits of the lower limb of a factor in two limbs. Its product with the 12 bits that another
    /// factor has above 52 has 52 bits, so the lower half is all of it.
    const LOW: u32 = 40;

    /// An element in each lane, as a number below the field's order.
    #[derive(Clone, Copy)]
    pub(crate) struct Part(u64x8);

    impl Part {
        pub(crate) fn new(part: Packed) -> Self {
            Self(numbers(part))
        }

        #[inline(always)]
        pub(crate) fn sum<const N: usize>(parts: [&Self; N]) -> Packed {
            elements(parts.into_iter().fold(u64x8::ZERO, |sum, part| add(sum, part.0)))
        }
    }

    /// A challenge, the same in all lanes: the limbs of its coefficients.
    #[derive(Clone, Copy)]
    pub(crate) struct Factor([[u64; 2]; CHALLENGE_DEGREE]);

    impl Factor {
        pub(crate) fn new(challenge: Challenge) -> Self {
            Self(from_fn(|i| {
                let coefficient = coefficients(&challenge)[i].as_canonical_u64();
                [coefficient & ((1 << LOW) - 1), coefficient >> LOW]
            }))
        }
    }

    /// What counts 1, 2^40, 2^52 and 2^92. A product adds less than 2^54 to each.
    type Places = [u64x8; 4];

    const _: () = assert!(MAX_PRODUCTS <= 1 << (64 - 54));

    /// What they count: 2^92 is 2^60 − 2^28.
    const PLACES: [Val; 4] =
        [Val::ONE, Val::new(1 << LOW), Val::new(1 << HALF), Val::new((1 << 60) - (1 << 28))];

    /// Adds the product of a number and of another one in limbs.
    #[inline(always)]
    fn add_product(sum: &mut Places, number: u64x8, [low, high]: [u64x8; 2]) {
        let top = number >> HALF;
        sum[0] = sum[0].add_mul_lo::<HALF>(number, low);
        sum[1] = sum[1].add_mul_lo::<HALF>(number, high);
        sum[2] = sum[2].add_mul_hi::<HALF>(number, low);
        sum[3] = sum[3].add_mul_hi::<HALF>(number, high);
        sum[2] = sum[2].add_mul_lo::<HALF>(top, low);
        sum[3] = sum[3].add_mul_lo::<HALF>(top, high);
    }

    /// A sum of at most [`MAX_PRODUCTS`] challenges in each lane, by their coefficients.
    #[derive(Clone, Copy, Default)]
    pub(crate) struct Sum([Places; CHALLENGE_DEGREE]);

    impl Sum {
        /// Adds values times challenges.
        #[inline(always)]
        pub(crate) fn add<const N: usize>(&mut self, values: &[Packed; N], factors: &[Factor; N]) {
            // In registers.
            let mut sums = self.0;
            for (value, factor) in values.iter().zip(factors) {
                let value = numbers(*value);
                for (sum, limbs) in sums.iter_mut().zip(&factor.0) {
                    add_product(sum, value, limbs.map(u64x8::splat));
                }
            }
            self.0 = sums;
        }

        /// The coefficients.
        #[inline]
        pub(crate) fn reduce(&self) -> [Packed; CHALLENGE_DEGREE] {
            self.0.map(|sums| Packed::mixed_dot_product(&sums.map(elements), &PLACES))
        }
    }
}

#[cfg(test)]
mod tests {
    use core::array::from_fn;

    use p3_field::{BasedVectorSpace, PackedValue, PrimeField64};

    use super::*;

    /// Elements, some of them at the ends of what numbers of 64 bits can be.
    fn elements() -> impl FnMut() -> Val {
        let mut random = 1u64;
        move || {
            random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            match random >> 61 {
                0 => Val::new(u64::MAX - (random & 1)),
                1 => Val::new(Val::ORDER_U64 - (random & 3)),
                _ => Val::new(random),
            }
        }
    }

    #[test]
    fn parts_are_added() {
        let mut next = elements();
        for _ in 0..1000 {
            let parts: [Packed; 8] = from_fn(|_| Packed::from_fn(|_| next()));
            let expected: Packed = parts.into_iter().sum();
            assert_eq!(Part::sum(parts.map(Part::new).each_ref()), expected);
            assert_eq!(by_field::Part::sum(parts.map(by_field::Part::new).each_ref()), expected);
        }
    }

    #[test]
    fn as_many_products_as_a_sum_takes_are_added() {
        let mut next = elements();
        let mut expected = [Packed::ZERO; CHALLENGE_DEGREE];
        let (mut sum, mut by_field) = (Sum::default(), by_field::Sum::default());
        for _ in 0..MAX_PRODUCTS / BLOCK {
            let values: [Packed; BLOCK] = from_fn(|_| Packed::from_fn(|_| next()));
            let factors: [Challenge; BLOCK] =
                from_fn(|_| Challenge::from_basis_coefficients_fn(|_| next()));
            sum.add(&values, &factors.map(Factor::new));
            by_field.add(&values, &factors.map(by_field::Factor::new));
            for (&value, factor) in values.iter().zip(&factors) {
                for (sum, &factor) in expected.iter_mut().zip(coefficients(factor)) {
                    *sum += value * factor;
                }
            }
        }
        assert_eq!(sum.reduce(), expected);
        assert_eq!(by_field.reduce(), expected);
    }

    #[test]
    fn the_largest_products_dont_overflow() {
        // All bits but one are ones.
        let largest = -Val::TWO;
        let challenge = Challenge::from_basis_coefficients_fn(|_| largest);
        let mut sum = Sum::default();
        for _ in 0..MAX_PRODUCTS / BLOCK {
            sum.add(&[Packed::from(largest); BLOCK], &[Factor::new(challenge); BLOCK]);
        }
        let expected = Packed::from(Val::from_usize(4 * MAX_PRODUCTS));
        assert_eq!(sum.reduce(), [expected; CHALLENGE_DEGREE]);
    }
}
