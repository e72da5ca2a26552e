//! Sums of points and of their multiples, whatever the points are.

use alloc::vec::Vec;

use super::field::Field;
use super::point::Affine;

/// The points of a curve over one field, with an odd number of points, that has an endomorphism.
pub(crate) trait Group {
    /// The field of the coordinates.
    type Field: Field;
    /// b of the curve y² = x³ + b.
    const B: &'static Self::Field;
    /// The digits of X, a number with few of them: −1, 0 and 1, the lowest first.
    const X_DIGITS: &'static [i8];
    /// X, at least 2⁶³, so that its fourth power is not less than the order of the subgroup.
    const X: u64;
    /// The endomorphism is a multiplication by this power of X: 1 or 2.
    const EXPONENT: usize;
    /// The order of the subgroup.
    const ORDER: [u64; 4];

    /// Replaces the point by its image under the endomorphism, which multiplies points of the
    /// subgroup by X to the power of [`Group::EXPONENT`], and no others.
    fn endomorphism(point: &mut Affine<Self::Field>);
}

/// Whether a point of the curve is in the subgroup.
pub(crate) fn is_in_subgroup<G: Group>(point: &Affine<G::Field>) -> bool {
    let mut multiple = Some(*point);
    for _ in 0..G::EXPONENT {
        multiple = times_x::<G>(multiple);
    }
    let mut image = *point;
    G::endomorphism(&mut image);
    multiple == Some(image)
}

/// X times the point.
pub(crate) fn times_x<G: Group>(point: Option<Affine<G::Field>>) -> Option<Affine<G::Field>> {
    let point = point?;
    let mut sum = Sum::new(None);
    for digit in G::X_DIGITS.iter().rev() {
        sum.double();
        if *digit != 0 {
            sum.add(&point, *digit < 0);
        }
    }
    sum.finish()
}

/// A sum of points.
pub(crate) struct Sum<F> {
    /// The sum or its negative, which costs no call; `None` is infinity.
    point: Option<Affine<F>>,
    is_negated: bool,
    scratch: [F; 2],
}

impl<F: Field> Sum<F> {
    pub(crate) fn new(point: Option<Affine<F>>) -> Self {
        Self { point, is_negated: false, scratch: [F::ZERO; 2] }
    }

    pub(crate) fn double(&mut self) {
        if let Some(point) = &mut self.point {
            point.double_negated(&mut self.scratch, |_, _| ());
            self.is_negated = !self.is_negated;
        }
    }

    /// Adds `q`, or subtracts it.
    pub(crate) fn add(&mut self, q: &Affine<F>, is_minus: bool) {
        let Some(point) = &mut self.point else {
            *self = Self { point: Some(*q), is_negated: is_minus, scratch: self.scratch };
            return;
        };
        let is_minus = is_minus != self.is_negated;
        if point.add_negated(q, is_minus, &mut self.scratch, |_, _| ()) {
            self.is_negated = !self.is_negated;
        } else if (point.y == q.y) != is_minus {
            // As no y is 0, the points are the same, or each other's negatives.
            self.double();
        } else {
            self.point = None;
        }
    }

    pub(crate) fn finish(mut self) -> Option<Affine<F>> {
        if let (Some(point), true) = (&mut self.point, self.is_negated) {
            point.y.negate();
        }
        self.point
    }
}

/// Multiples of each point that are at hand.
const MULTIPLES: usize = 8;

/// Digits of 128 bits in base 16, and a carry.
const DIGITS_MAX: usize = 33;

/// A point, or infinity, and a scalar.
pub(crate) type Multiple<G> = (Option<Affine<<G as Group>::Field>>, [u64; 4]);

/// The sum of each point, of the subgroup, times its scalar.
pub(crate) fn sum_of_multiples<G: Group>(pairs: &[Multiple<G>]) -> Option<Affine<G::Field>> {
    // Each scalar is the sum of parts times powers of what the endomorphism multiplies by.
    let parts = 4 / G::EXPONENT;
    let mut multiples = Vec::with_capacity(MULTIPLES * parts * pairs.len());
    let mut digits = Vec::with_capacity(parts * pairs.len());
    for (point, scalar) in pairs {
        let Some(point) = point else { continue };
        push_multiples(&mut multiples, point);
        for (at, part) in in_base(G::X, scalar, &G::ORDER).chunks(G::EXPONENT).enumerate() {
            if at > 0 {
                let last = multiples.len() - MULTIPLES;
                multiples.extend_from_within(last..);
                multiples[last + MULTIPLES..].iter_mut().for_each(G::endomorphism);
            }
            let part = part
                .iter()
                .rev()
                .fold(0, |part, digit| part * u128::from(G::X) + u128::from(*digit));
            digits.push(signed_halves_of_bytes(part));
        }
    }
    let mut sum = Sum::new(None);
    for at in (0..=16 * G::EXPONENT).rev() {
        for _ in 0..4 {
            sum.double();
        }
        for (multiples, digits) in multiples.chunks_exact(MULTIPLES).zip(&digits) {
            let digit = digits[at];
            if digit != 0 {
                let multiple = &multiples[usize::from(digit.unsigned_abs() - 1)];
                sum.add(multiple, (digit < 0) != (digit % 2 == 0));
            }
        }
    }
    sum.finish()
}

/// Appends the point of the subgroup times 1, 2, …, 8; those times an even number are negated.
fn push_multiples<F: Field>(multiples: &mut Vec<Affine<F>>, point: &Affine<F>) {
    let mut multiple = *point;
    let mut scratch = [F::ZERO; 2];
    multiples.push(multiple);
    multiple.double_negated(&mut scratch, |_, _| ());
    multiples.push(multiple);
    for at in 2..MULTIPLES {
        // Never the same point, nor its negative, as the order of the subgroup is large.
        let is_sum = multiple.add_negated(point, at % 2 == 0, &mut scratch, |_, _| ());
        debug_assert!(is_sum, "multiples of a point of large order differ");
        multiples.push(multiple);
    }
}

/// The digits in base `base`, at least 2⁶³, of `scalar` modulo `order`, less than the base's fourth
/// power: the lowest first.
fn in_base(base: u64, scalar: &[u64; 4], order: &[u64; 4]) -> [u64; 4] {
    let mut rest = [0; 4];
    lvm_guest_sdk::arithmetic::modular::multiply_to(&mut rest, scalar, &[1, 0, 0, 0], order);
    let mut digits = [0; 4];
    for (at, digit) in digits.iter_mut().enumerate() {
        let mut remainder = 0;
        for word in rest[..4 - at].iter_mut().rev() {
            let dividend = u128::from(remainder) << 64 | u128::from(*word);
            // Less than 2⁶⁴, as the remainder is less than the base.
            let quotient = (dividend / u128::from(base)) as u64;
            remainder = word.wrapping_sub(quotient.wrapping_mul(base));
            *word = quotient;
        }
        *digit = remainder;
    }
    digits
}

/// Digits in base 16, from −8 to 8, the lowest first.
fn signed_halves_of_bytes(number: u128) -> [i8; DIGITS_MAX] {
    let mut digits = [0; DIGITS_MAX];
    let mut carry = 0;
    for (at, digit) in digits.iter_mut().enumerate() {
        let half = if at < 32 { (number >> (4 * at)) as i8 & 15 } else { 0 };
        let value = half + carry;
        carry = i8::from(value > 8);
        *digit = value - 16 * carry;
    }
    digits
}
