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

    /// The endomorphism, which multiplies points of the subgroup by X to the power of
    /// [`Group::EXPONENT`], and no others.
    fn endomorphism(point: &Affine<Self::Field>) -> Affine<Self::Field>;
}

/// Whether a point of the curve is in the subgroup.
pub(crate) fn is_in_subgroup<G: Group>(point: &Affine<G::Field>) -> bool {
    let multiple = (0..G::EXPONENT).fold(Some(*point), |it, _| times_x::<G>(it));
    multiple == Some(G::endomorphism(point))
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

/// A point and half of a byte for each of its multiples to add.
struct Term<F> {
    /// The point times 1, 2, …, 8; those times an even number are negated.
    multiples: [Affine<F>; 8],
    /// Digits from −8 to 8 in base 16, the lowest first.
    digits: [i8; DIGITS_MAX],
}

/// Digits of 128 bits, and a carry.
const DIGITS_MAX: usize = 33;

/// The sum of each point, of the subgroup, times its scalar.
pub(crate) fn sum_of_multiples<G: Group>(
    pairs: &[(Option<Affine<G::Field>>, [u64; 4])],
) -> Option<Affine<G::Field>> {
    let mut terms: Vec<Term<G::Field>> = Vec::with_capacity(pairs.len() * 4 / G::EXPONENT);
    for (point, scalar) in pairs {
        let Some(point) = point else { continue };
        let digits = in_base(G::X, scalar, &G::ORDER);
        let mut multiples = multiples(point);
        for (at, digits) in digits.chunks(G::EXPONENT).enumerate() {
            if at > 0 {
                multiples = multiples.map(|it| G::endomorphism(&it));
            }
            let part =
                digits.iter().rev().fold(0, |it, digit| it * u128::from(G::X) + u128::from(*digit));
            terms.push(Term { multiples, digits: signed_halves_of_bytes(part) });
        }
    }
    let mut sum = Sum::new(None);
    for at in (0..=16 * G::EXPONENT).rev() {
        for _ in 0..4 {
            sum.double();
        }
        for Term { multiples, digits } in &terms {
            let digit = digits[at];
            if digit != 0 {
                let multiple = &multiples[usize::from(digit.unsigned_abs() - 1)];
                sum.add(multiple, (digit < 0) != (digit % 2 == 0));
            }
        }
    }
    sum.finish()
}

/// The point of the subgroup times 1, 2, …, 8; those times an even number are negated.
fn multiples<F: Field>(point: &Affine<F>) -> [Affine<F>; 8] {
    let mut multiples = [*point; 8];
    let mut sum = Sum::new(Some(*point));
    for (at, multiple) in multiples.iter_mut().enumerate().skip(1) {
        // Never equal and never infinite, as the order of the subgroup is large.
        sum.add(point, false);
        debug_assert_eq!(sum.is_negated, at % 2 == 1);
        *multiple = sum.point.unwrap_or(*point);
    }
    multiples
}

/// The digits in base `base`, at least 2⁶³, of `scalar` modulo `order`, less than the base's fourth
/// power: the lowest first.
fn in_base(base: u64, scalar: &[u64; 4], order: &[u64; 4]) -> [u64; 4] {
    let mut rest = [0; 4];
    lvm_guest_sdk::arithmetic::modular::multiply_to(&mut rest, scalar, &[1, 0, 0, 0], order);
    let mut digits = [0; 4];
    for digit in &mut digits {
        let mut remainder = 0;
        for word in rest.iter_mut().rev() {
            let dividend = u128::from(remainder) << 64 | u128::from(*word);
            // Less than 2⁶⁴, as the remainder is less than the base.
            *word = (dividend / u128::from(base)) as u64;
            remainder = (dividend % u128::from(base)) as u64;
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
