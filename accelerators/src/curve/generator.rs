//! Multiples of points that are known when this is compiled.
//!
//! The compiler computes them, which no run pays for: affine additions, with one inversion for all
//! of a round that doubles the number of multiples. Numbers are in Montgomery's form meanwhile
//! (Koç, Acar, Kaliski, "Analyzing and Comparing Montgomery Multiplication Algorithms", CIOS).

use super::multiples::FixedMultiples;
use super::{Affine, Curve, join};
use crate::number::{Number, ONE, add, is_less, subtract};

/// The multiples of `point`, which is on C.
pub(crate) const fn fixed_multiples<C: Curve>(point: &Affine) -> FixedMultiples {
    let field = Field::new(C::MODULUS);
    let a = field.enter(&C::A);
    let (mut x, mut y) = ([[0; 4]; 256], [[0; 4]; 256]);
    x[1] = field.enter(&[point[0], point[1], point[2], point[3]]);
    y[1] = field.enter(&[point[4], point[5], point[6], point[7]]);
    let mut known = 1;
    while known < 255 {
        let new = if known < 128 { known } else { 255 - known };
        // The denominators of the slopes of (known)·P + (at)·P, and the products of those before
        // each: 1/(d₁·…·dₙ), times the product of all before dₙ, is 1/dₙ.
        let (mut denominators, mut products) = ([[0; 4]; 129], [[0; 4]; 129]);
        products[0] = field.enter(&ONE);
        let mut at = 1;
        while at <= new {
            denominators[at] = if at == known {
                field.add(&y[known], &y[known])
            } else {
                field.subtract(&x[known], &x[at])
            };
            products[at] = field.multiply(&products[at - 1], &denominators[at]);
            at += 1;
        }
        let mut inverse = field.invert(&products[new]);
        at = new;
        while at > 0 {
            let rise = if at == known {
                let square = field.multiply(&x[known], &x[known]);
                field.add(&field.add(&field.add(&square, &square), &square), &a)
            } else {
                field.subtract(&y[known], &y[at])
            };
            let slope = field.multiply(&rise, &field.multiply(&inverse, &products[at - 1]));
            inverse = field.multiply(&inverse, &denominators[at]);
            let square = field.multiply(&slope, &slope);
            let sum = field.subtract(&field.subtract(&square, &x[known]), &x[at]);
            let run = field.subtract(&x[at], &sum);
            x[known + at] = sum;
            y[known + at] = field.subtract(&field.multiply(&slope, &run), &y[at]);
            at -= 1;
        }
        known += new;
    }
    let mut multiples = [[0; 8]; 256];
    let mut at = 1;
    while at < 256 {
        multiples[at] = join(&field.multiply(&x[at], &ONE), &field.multiply(&y[at], &ONE));
        at += 1;
    }
    multiples
}

/// The integers modulo an odd number above 2²⁵³, a number a being kept as 2²⁵⁶·a.
struct Field<'a> {
    modulus: &'a Number,
    /// −1/modulus modulo 2⁶⁴.
    minus_inverse: u64,
    /// 2⁵¹² modulo the modulus.
    square: Number,
}

impl<'a> Field<'a> {
    const fn new(modulus: &'a Number) -> Self {
        // Each step doubles the number of digits that are right.
        let (mut inverse, mut step) = (1_u64, 0);
        while step < 6 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(modulus[0].wrapping_mul(inverse)));
            step += 1;
        }
        let mut field = Self { modulus, minus_inverse: inverse.wrapping_neg(), square: ONE };
        let mut doubling = 0;
        while doubling < 512 {
            field.square = field.add(&field.square, &field.square);
            doubling += 1;
        }
        field
    }

    const fn enter(&self, number: &Number) -> Number {
        self.multiply(number, &self.square)
    }

    const fn add(&self, a: &Number, b: &Number) -> Number {
        let (sum, carry) = add(a, b);
        if carry || !is_less(&sum, self.modulus) { subtract(&sum, self.modulus).0 } else { sum }
    }

    const fn subtract(&self, a: &Number, b: &Number) -> Number {
        let (difference, borrow) = subtract(a, b);
        if borrow { add(&difference, self.modulus).0 } else { difference }
    }

    /// a·b / 2²⁵⁶.
    const fn multiply(&self, a: &Number, b: &Number) -> Number {
        // A sum of at most six words; each round adds a multiple of the modulus that makes the
        // lowest word 0, and drops that.
        let mut sum = [0_u64; 6];
        let mut at = 0;
        while at < 4 {
            sum = plus_product(&sum, b, a[at]);
            let [_, shifted @ ..] =
                plus_product(&sum, self.modulus, sum[0].wrapping_mul(self.minus_inverse));
            sum = [shifted[0], shifted[1], shifted[2], shifted[3], shifted[4], 0];
            at += 1;
        }
        let number = [sum[0], sum[1], sum[2], sum[3]];
        if sum[4] != 0 || !is_less(&number, self.modulus) {
            subtract(&number, self.modulus).0
        } else {
            number
        }
    }

    /// 1/a, as the power with the exponent modulus − 2 of a field.
    const fn invert(&self, a: &Number) -> Number {
        let (exponent, _) = subtract(self.modulus, &[2, 0, 0, 0]);
        let mut power = self.enter(&ONE);
        let mut bit = 256;
        while bit > 0 {
            bit -= 1;
            power = self.multiply(&power, &power);
            if exponent[bit / 64] >> (bit % 64) & 1 == 1 {
                power = self.multiply(&power, a);
            }
        }
        power
    }
}

/// sum + number·factor.
const fn plus_product(sum: &[u64; 6], number: &Number, factor: u64) -> [u64; 6] {
    let (mut result, mut carry, mut at) = (*sum, 0_u128, 0);
    while at < 4 {
        carry += factor as u128 * number[at] as u128 + sum[at] as u128;
        result[at] = carry as u64;
        carry >>= 64;
        at += 1;
    }
    let (word, overflow) = sum[4].overflowing_add(carry as u64);
    result[4] = word;
    result[5] = sum[5] + overflow as u64;
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secp256k1::{BASE_MULTIPLES, HIGH_BASE_MULTIPLES, Secp256k1};
    use crate::secp256r1::{self, Secp256r1};

    /// Each multiple is the one before it and the point.
    fn check<C: Curve>(multiples: &FixedMultiples) {
        let mut expected = multiples[1];
        for at in 2..256 {
            if at == 2 {
                C::double_repeatedly::<1>(&mut expected);
            } else {
                C::add(&mut expected, &multiples[1]);
            }
            assert_eq!(multiples[at], expected, "{at}");
        }
    }

    #[test]
    fn multiples_are_those_of_the_calls() {
        check::<Secp256k1>(&BASE_MULTIPLES);
        check::<Secp256k1>(&HIGH_BASE_MULTIPLES);
        check::<Secp256r1>(&secp256r1::BASE_MULTIPLES);
    }

    #[test]
    fn the_high_base_is_a_multiple_of_the_base() {
        let mut point = BASE_MULTIPLES[1];
        Secp256k1::double_repeatedly::<128>(&mut point);
        assert_eq!(HIGH_BASE_MULTIPLES[1], point);
    }
}
