//! The field Fp12 in which pairings have their values: Fp2\[w\] with w⁶ = ξ.
//!
//! An element is its six coefficients, the lowest power of w first. Products are summed up term by
//! term: with calls that multiply and add at once, methods that trade products for additions lose.

use core::mem::swap;

use super::Curve;
use super::field::{Extension, Field};

/// Squarings in a row that are cheaper compressed, with what it takes to decompress.
const COMPRESSED_MIN: usize = 3;

/// An element of Fp12.
pub(crate) struct Fp12<C: Curve>(pub(super) [C::Fp2; 6]);

/// Room for multiples of coefficients. Making it anew would write it, for nothing.
pub(crate) struct Scratch<C: Curve>([C::Fp2; 8]);

impl<C: Curve> Scratch<C> {
    pub(super) fn new() -> Self {
        Self([C::Fp2::ZERO; 8])
    }
}

impl<C: Curve> Clone for Fp12<C> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<C: Curve> Fp12<C> {
    pub(super) fn one() -> Self {
        let mut one = [C::Fp2::ZERO; 6];
        one[0] = *C::Fp2::ONE;
        Self(one)
    }

    /// Whether this is 1.
    pub(super) fn is_one(&self) -> bool {
        self.0[0] == *C::Fp2::ONE && self.0[1..].iter().all(Field::is_zero)
    }

    /// Replaces this by `a·b`.
    #[inline(never)]
    pub(super) fn set_product(&mut self, a: &Self, b: &Self, scratch: &mut Scratch<C>) {
        let [a0, a1, a2, a3, a4, a5] = &a.0;
        let [b0, b1, b2, b3, b4, b5] = &b.0;
        let [x1, x2, x3, x4, x5, ..] = &mut scratch.0;
        set_multiples([x1, x2, x3, x4, x5], [b1, b2, b3, b4, b5], C::XI);
        let [d0, d1, d2, d3, d4, d5] = &mut self.0;
        d0.set_sum([[a0, b0], [a1, x5], [a2, x4], [a3, x3], [a4, x2], [a5, x1]]);
        d1.set_sum([[a0, b1], [a1, b0], [a2, x5], [a3, x4], [a4, x3], [a5, x2]]);
        d2.set_sum([[a0, b2], [a1, b1], [a2, b0], [a3, x5], [a4, x4], [a5, x3]]);
        d3.set_sum([[a0, b3], [a1, b2], [a2, b1], [a3, b0], [a4, x5], [a5, x4]]);
        d4.set_sum([[a0, b4], [a1, b3], [a2, b2], [a3, b1], [a4, b0], [a5, x5]]);
        d5.set_sum([[a0, b5], [a1, b4], [a2, b3], [a3, b2], [a4, b1], [a5, b0]]);
    }

    /// Replaces this by `a²`.
    #[inline(never)]
    pub(super) fn set_square(&mut self, a: &Self, scratch: &mut Scratch<C>) {
        let [a0, a1, a2, a3, a4, a5] = &a.0;
        let [t0, t1, t2, t3, t4, x3, x4, x5] = &mut scratch.0;
        set_multiples([x3, x4, x5], [a3, a4, a5], C::XI);
        set_multiples([t0, t1, t2, t3, t4], [a0, a1, a2, a3, a4], C::Fp2::TWO);
        let [d0, d1, d2, d3, d4, d5] = &mut self.0;
        d0.set_sum([[a0, a0], [t1, x5], [t2, x4], [a3, x3]]);
        d1.set_sum([[t0, a1], [t2, x5], [t3, x4]]);
        d2.set_sum([[t0, a2], [a1, a1], [t3, x5], [a4, x4]]);
        d3.set_sum([[t0, a3], [t1, a2], [t4, x5]]);
        d4.set_sum([[t0, a4], [t1, a3], [a2, a2], [a5, x5]]);
        d5.set_sum([[t0, a5], [t1, a4], [t2, a3]]);
    }

    /// Replaces this by its product with `1 + a·w + b·w³`, where a and b are the products of
    /// `at` with the slope and the intercept.
    #[inline(always)]
    pub(super) fn multiply_by_line(
        &mut self,
        at: &[C::Fp2; 2],
        slope: &C::Fp2,
        intercept: &C::Fp2,
        scratch: &mut Scratch<C>,
    ) {
        let [d0, d1, d2, d3, d4, d5] = &mut self.0;
        let [a, b, x3, x4, x5, ..] = &mut scratch.0;
        a.set_product(&at[0], slope);
        b.set_product(&at[1], intercept);
        set_multiples([x3, x4, x5], [d3, d4, d5], C::XI);
        d5.add_product(d4, a);
        d5.add_product(d2, b);
        d4.add_product(d3, a);
        d4.add_product(d1, b);
        d3.add_product(d2, a);
        d3.add_product(d0, b);
        d2.add_product(d1, a);
        d2.add_product(x5, b);
        d1.add_product(d0, a);
        d1.add_product(x4, b);
        d0.add_product(x5, a);
        d0.add_product(x3, b);
    }

    /// Replaces this by `a²`, where `a` is of the cyclotomic subgroup: where its power p⁴ − p² + 1
    /// is 1 (Granger, Scott: Faster squaring in the cyclotomic subgroup of sixth degree extensions,
    /// section 3.2).
    ///
    /// With s = w³, `a` is A + B·w + C·w² over Fp4 = Fp2\[s\], and the square is
    /// (3A² − 2Ā) + (3s·C² + 2B̄)·w + (3B² − 2C̄)·w².
    #[inline(never)]
    pub(super) fn set_cyclotomic_square(&mut self, a: &Self, scratch: &mut Scratch<C>) {
        self.set_compressed_square(a, scratch);
        let [a0, _, _, a3, _, _] = &a.0;
        let [d0, _, _, d3, _, _] = &mut self.0;
        let [t0, x3, ..] = &mut scratch.0;
        t0.set_product(a0, C::Fp2::THREE);
        x3.set_product(a3, C::THREE_XI);
        d0.set_sum([[t0, a0], [x3, a3]]);
        d0.subtract_product(a0, C::Fp2::TWO);
        d3.set_sum([[t0, a3], [a3, C::Fp2::ONE]]);
        d3.multiply(C::Fp2::TWO);
    }

    /// The coefficients B and C of `a²`, for which those of `a` are enough, where `a` is of the
    /// cyclotomic subgroup. The other ones are left as they are.
    #[inline(never)]
    fn set_compressed_square(&mut self, a: &Self, scratch: &mut Scratch<C>) {
        let [_, a1, a2, _, a4, a5] = &a.0;
        let [_, d1, d2, _, d4, d5] = &mut self.0;
        let [t1, t2, x4, x5, ..] = &mut scratch.0;
        let (one, two) = (C::Fp2::ONE, C::Fp2::TWO);
        set_multiples([t1, t2], [a1, a2], C::Fp2::THREE);
        set_multiples([x4, x5], [a4, a5], C::THREE_XI);
        d2.set_sum([[t1, a1], [x4, a4]]);
        d2.subtract_product(a2, two);
        d5.set_sum([[t1, a4], [a5, one]]);
        d5.multiply(two);
        d4.set_sum([[t2, a2], [x5, a5]]);
        d4.subtract_product(a4, two);
        d1.set_sum([[x5, a2], [a1, one]]);
        d1.multiply(two);
    }

    /// Computes A from B and C, of an element of the cyclotomic subgroup.
    ///
    /// In that subgroup the power p⁴ + 1 is the power p². The coefficients of both are
    /// A² − s·B·C = Ā, A·B − s·C² = B̄, B² − A·C = C̄. So A is (B̄ + s·C²)/B. Where B is 0, so is C,
    /// and A² = Ā: then A³ is 1, A is in Fp, as 3 divides p − 1, and is 1.
    fn decompress(&mut self, scratch: &mut Scratch<C>) {
        let [d0, d1, d2, d3, d4, d5] = &mut self.0;
        if d1.is_zero() && d4.is_zero() {
            *d0 = *C::Fp2::ONE;
            *d3 = C::Fp2::ZERO;
            return;
        }
        let (one, two) = (C::Fp2::ONE, C::Fp2::TWO);
        let [u0, u1, x4, x5, norm, inverse, ..] = &mut scratch.0;
        set_multiples([x4, x5], [d4, d5], C::XI);
        // B̄ + s·C² is (d1 + 2ξ·d2·d5) + (d2² + ξ·d5² − d4)·s.
        u0.set_product(d2, x5);
        u0.multiply(two);
        u0.add_product(d1, one);
        u1.set_sum([[d2, d2], [d5, x5]]);
        u1.subtract_product(d4, one);
        // 1/B is (d1 − d4·s)/(d1² − ξ·d4²).
        norm.set_product(d1, d1);
        norm.subtract_product(d4, x4);
        inverse.set_inverse(norm);
        d0.set_product(u0, d1);
        d0.subtract_product(u1, x4);
        d0.multiply(inverse);
        d3.set_product(u1, d1);
        d3.subtract_product(u0, d4);
        d3.multiply(inverse);
    }

    /// `a·b`.
    pub(super) fn product(a: &Self, b: &Self, scratch: &mut Scratch<C>) -> Self {
        let mut product = Self::one();
        product.set_product(a, b, scratch);
        product
    }

    /// `a²`, where `a` is of the cyclotomic subgroup.
    pub(super) fn cyclotomic_square(a: &Self, scratch: &mut Scratch<C>) -> Self {
        let mut square = Self::one();
        square.set_cyclotomic_square(a, scratch);
        square
    }

    /// The power p⁶: w becomes −w. In the cyclotomic subgroup this is the inverse.
    pub(super) fn conjugate(&self) -> Self {
        let mut conjugate = self.clone();
        for at in [1, 3, 5] {
            conjugate.0[at].negate();
        }
        conjugate
    }

    /// The power p.
    pub(super) fn frobenius(&self) -> Self {
        let mut power = self.clone();
        power.0[0].conjugate();
        for (coefficient, factor) in power.0[1..].iter_mut().zip(C::FROBENIUS) {
            coefficient.conjugate();
            coefficient.multiply(factor);
        }
        power
    }

    /// The power whose signed digits are given, the lowest first and the highest one positive, of an
    /// element of the cyclotomic subgroup. Digits are odd and less than 4, or 0.
    pub(super) fn power(&self, digits: &[i8], scratch: &mut Scratch<C>) -> Self {
        let mut square = Self::cyclotomic_square(self, scratch);
        let cube = Self::product(&square, self, scratch);
        let (inverse, cube_inverse) = (self.conjugate(), cube.conjugate());
        let (mut power, mut next) = (&mut Self::one(), &mut square);
        let (mut squares, mut is_one) = (0, true);
        for (at, digit) in digits.iter().enumerate().rev() {
            squares += usize::from(!is_one);
            if *digit == 0 && at > 0 {
                continue;
            }
            let is_compressed = squares >= COMPRESSED_MIN;
            for _ in 0..squares {
                if is_compressed {
                    next.set_compressed_square(power, scratch);
                } else {
                    next.set_cyclotomic_square(power, scratch);
                }
                swap(&mut power, &mut next);
            }
            if is_compressed {
                power.decompress(scratch);
            }
            squares = 0;
            let factor = match digit {
                1 => self,
                3 => &cube,
                -1 => &inverse,
                -3 => &cube_inverse,
                _ => continue,
            };
            next.set_product(power, factor, scratch);
            swap(&mut power, &mut next);
            is_one = false;
        }
        power.clone()
    }

    /// The power (p⁶ − 1)·(p² + 1), which is of the cyclotomic subgroup.
    pub(super) fn easy_part(&self, scratch: &mut Scratch<C>) -> Self {
        // The norm over Fp6 = Fp2[w²]: without odd powers of w, and not 0, as this isn't.
        let conjugate = self.conjugate();
        let norm = Self::product(self, &conjugate, scratch);
        let inverse = Self::product(&conjugate, &norm.inverse_of_even(scratch), scratch);
        let power = Self::product(&conjugate, &inverse, scratch);
        Self::product(&power.frobenius().frobenius(), &power, scratch)
    }

    /// The inverse of an element without odd powers of w, which isn't 0.
    fn inverse_of_even(&self, scratch: &mut Scratch<C>) -> Self {
        let [a0, _, a1, _, a2, _] = &self.0;
        let [x1, x2, norm, factor, ..] = &mut scratch.0;
        set_multiples([x1, x2], [a1, a2], C::XI);
        let mut inverse = Self::one();
        let [d0, _, d1, _, d2, _] = &mut inverse.0;
        // a0² − ξ·a1·a2, ξ·a2² − a0·a1, a1² − a0·a2: with these, the factors of a0, ξ·a2 and
        // ξ·a1 below sum up to the norm over Fp2.
        d0.set_product(a0, a0);
        d0.subtract_product(x1, a2);
        d1.set_product(x2, a2);
        d1.subtract_product(a0, a1);
        d2.set_product(a1, a1);
        d2.subtract_product(a0, a2);
        norm.set_sum([[a0, d0], [x2, d1], [x1, d2]]);
        factor.set_inverse(norm);
        for coefficient in [d0, d1, d2] {
            coefficient.multiply(factor);
        }
        inverse
    }
}

/// Replaces each of `multiples` by an element times the factor.
#[inline(always)]
fn set_multiples<F: Field, const N: usize>(multiples: [&mut F; N], elements: [&F; N], factor: &F) {
    for (multiple, element) in multiples.into_iter().zip(elements) {
        multiple.set_product(element, factor);
    }
}
