//! Sums of multiples of points.
//!
//! All scalars are cut into windows of 4 or 8 bits, and one accumulator is doubled for all of them
//! (Strauss, "Addition chains of vectors"). Windows are neither signed nor sliding: on the machine
//! the instructions that recode scalars cost more than the additions that this saves.

use super::{Affine, Curve, Point};

/// The multiples 1 to 15 of a point; the element 0 is not used.
pub(crate) type Multiples = [Affine; 16];

/// The multiples 1 to 255 of a point that is known beforehand; the element 0 is not used.
pub(crate) type FixedMultiples = [Affine; 256];

/// A scalar: the bytes of its words, the lowest first.
pub(crate) type Scalar<const W: usize> = [[u8; 8]; W];

/// The scalar of W words.
#[inline(always)]
pub(crate) fn scalar<const W: usize>(words: [u64; W]) -> Scalar<W> {
    words.map(u64::to_le_bytes)
}

/// Makes the multiples of a point of copies of it.
#[inline(always)]
pub(crate) fn multiply<C: Curve>(copies: &mut Multiples) {
    C::double_repeatedly::<1>(&mut copies[2]);
    for at in 3..16 {
        // P + (at − 1)·P. Their x are different: the order of the curve is a prime above 30.
        if let [previous, multiple] = &mut copies[at - 1..=at] {
            C::add(multiple, previous);
        }
    }
}

/// The sum of the multiples of some points by scalars, of which the lowest B bytes count; its
/// coordinates are at `place`.
#[inline(always)]
pub(crate) fn sum<'a, C: Curve, const B: usize, const W: usize, const V: usize, const F: usize>(
    points: [(&Multiples, &Scalar<W>); V],
    fixed: [(&FixedMultiples, &Scalar<W>); F],
    place: &'a mut Affine,
) -> Point<'a, C> {
    const { assert!(B <= 8 * W) };
    let mut sum = Point::infinity(place);
    for at in (0..B).rev() {
        sum.double_four_times();
        for (multiples, scalar) in points {
            let digit = usize::from(scalar.as_flattened()[at] >> 4);
            if digit != 0 {
                sum.add(&multiples[digit]);
            }
        }
        sum.double_four_times();
        for (multiples, scalar) in points {
            let digit = usize::from(scalar.as_flattened()[at] & 15);
            if digit != 0 {
                sum.add(&multiples[digit]);
            }
        }
        for (multiples, scalar) in fixed {
            let digit = usize::from(scalar.as_flattened()[at]);
            if digit != 0 {
                sum.add(&multiples[digit]);
            }
        }
    }
    sum
}
