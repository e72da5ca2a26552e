//! Halving scalars with an endomorphism (Gallant, Lambert and Vanstone, "Faster Point
//! Multiplication on Elliptic Curves with Efficient Endomorphisms").
//!
//! On a curve y² = x³ + b the map (x, y) → (β·x, y), with β a cube root of one, multiplies points
//! by a number λ. A scalar is k = k₁ + k₂·λ modulo the order n for many pairs of k₁ and k₂;
//! [`Endomorphism::split`] finds one where both are at least 0 and less than 2¹³².
//!
//! Take numbers of which a₁ − b₁·λ and a₂ + b₂·λ are multiples of n, with a₁·b₂ + a₂·b₁ = n. For
//! all c₁ and c₂ the numbers k₁ = k − c₁·a₁ − c₂·a₂ and k₂ = c₁·b₁ − c₂·b₂ are such a pair, and
//! with f₁ = b₂·k/n − c₁ and f₂ = b₁·k/n − c₂ they are k₁ = f₁·a₁ + f₂·a₂ and k₂ = f₂·b₂ − f₁·b₁.
//! Here c₁ and c₂ come of two words of each factor: they are multiples of 2ˢ that are too small by
//! less than 2·2ˢ + 1 + 2¹²⁸·b/n. A constant offset of both makes k₁ and k₂ positive. Only this is
//! estimated: whatever c₁ and c₂ are, k₁ and k₂ are those of the scalar.

use lvm_guest_sdk::arithmetic::modular;

use super::multiples::Multiples;
use crate::number::Number;

/// Bytes of k₁ and k₂.
pub(crate) const HALF_BYTES: usize = 17;

/// The constants of a curve.
pub(crate) struct Endomorphism {
    /// The order n of the curve.
    pub(crate) order: &'static Number,
    /// β.
    pub(crate) beta: Number,
    /// λ.
    pub(crate) lambda: Number,
    /// 2²⁵⁶⁻ˢ·b₂/n and 2²⁵⁶⁻ˢ·b₁/n, rounded down.
    pub(crate) estimates: [u128; 2],
    /// 2ˢ·b₁ and 2ˢ·b₂.
    pub(crate) steps: [Number; 2],
    /// What k₂ is for c₁ = c₂ = 0, that is, by the offsets alone.
    pub(crate) offset: Number,
}

impl Endomorphism {
    /// The parts k₁ and k₂ of a scalar less than the order.
    #[inline(always)]
    pub(crate) fn split(&self, scalar: &Number) -> [Number; 2] {
        let high = u128::from(scalar[3]) << 64 | u128::from(scalar[2]);
        let [c1, c2] = self.estimates.map(|estimate| {
            let c = high_product(high, estimate);
            [c as u64, (c >> 64) as u64, 0, 0]
        });
        let mut second = self.offset;
        modular::multiply_add(&mut second, &c1, &self.steps[0], self.order);
        modular::multiply_subtract(&mut second, &c2, &self.steps[1], self.order);
        let mut first = *scalar;
        modular::multiply_subtract(&mut first, &second, &self.lambda, self.order);
        [first, second]
    }

    /// Makes the multiples of λ·P of those of P, over the field with this modulus.
    #[inline(always)]
    pub(crate) fn apply(&self, multiples: &mut Multiples, modulus: &Number) {
        for multiple in &mut multiples[1..] {
            let Some(x) = multiple.first_chunk_mut() else { unreachable!("a point has 8 words") };
            modular::multiply_assign(x, &self.beta, modulus);
        }
    }
}

/// a·b / 2¹²⁸, rounded down.
#[inline(always)]
fn high_product(a: u128, b: u128) -> u128 {
    let product = |a: u128, b: u128| u128::from(a as u64) * u128::from(b as u64);
    let low = product(a, b) >> 64;
    let (first, second) = (product(a >> 64, b), product(a, b >> 64));
    let middle = low + u128::from(first as u64) + u128::from(second as u64);
    product(a >> 64, b >> 64) + (first >> 64) + (second >> 64) + (middle >> 64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::number::{ONE, is_less};
    use crate::{bn254, secp256k1};

    fn check(endomorphism: &Endomorphism, scalar: &Number) {
        let [first, second] = endomorphism.split(scalar);
        let bound = [0, 0, 1 << 4, 0];
        assert!(is_less(&first, &bound) && is_less(&second, &bound), "{first:x?} {second:x?}");
        let mut recomposed = first;
        modular::multiply_add(&mut recomposed, &second, &endomorphism.lambda, endomorphism.order);
        assert_eq!(recomposed, *scalar);
    }

    proptest! {
        #[test]
        fn halves_are_short(number: [u64; 4], multiple: u64, below: bool) {
            for endomorphism in [&secp256k1::ENDOMORPHISM, &bn254::ENDOMORPHISM] {
                let reduce = |number| modular::multiply(&number, &ONE, endomorphism.order);
                check(endomorphism, &reduce(number));
                // The two words that the estimates don't look at are the least or the most.
                let low = if below { u64::MAX } else { 0 };
                check(endomorphism, &reduce([low, low, multiple, number[3]]));
            }
        }

        #[test]
        fn high_products(a: u128, b: u128) {
            let product = [a as u64, (a >> 64) as u64, 0, 0];
            let other = [b as u64, (b >> 64) as u64, 0, 0];
            // Modulo 2^256 − 1 the product of two such numbers is itself.
            let [_, _, low, high] = modular::multiply(&product, &other, &[u64::MAX; 4]);
            prop_assert_eq!(high_product(a, b), u128::from(high) << 64 | u128::from(low));
        }
    }

    #[test]
    fn halves_of_extreme_scalars_are_short() {
        for endomorphism in [&secp256k1::ENDOMORPHISM, &bn254::ENDOMORPHISM] {
            for small in 0..100 {
                check(endomorphism, &[small, 0, 0, 0]);
                let (below, _) = crate::number::subtract(endomorphism.order, &[small + 1, 0, 0, 0]);
                check(endomorphism, &below);
            }
        }
    }
}
