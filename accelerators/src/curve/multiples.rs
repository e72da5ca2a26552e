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

/// The multiples of `point`.
#[inline(always)]
pub(crate) fn multiples<C: Curve>(point: &Affine) -> Multiples {
    let mut next = *point;
    core::array::from_fn(|at| {
        let current = next;
        // No two of these multiples have the same x: the order of the curve is a prime above 30.
        match at {
            0 => {}
            1 => C::double_repeatedly::<1>(&mut next),
            _ => C::add(&mut next, point),
        }
        current
    })
}

/// The sum of the multiples of some points by scalars of B bytes, the lowest first.
#[inline(always)]
pub(crate) fn sum<C: Curve, const B: usize, const V: usize, const F: usize>(
    points: [(&Multiples, &[u8; B]); V],
    fixed: [(&FixedMultiples, &[u8; B]); F],
) -> Point<C> {
    let mut sum = Point::infinity();
    for at in (0..B).rev() {
        sum.double_four_times();
        for (multiples, scalar) in points {
            let digit = usize::from(scalar[at] >> 4);
            if digit != 0 {
                sum.add(&multiples[digit]);
            }
        }
        sum.double_four_times();
        for (multiples, scalar) in points {
            let digit = usize::from(scalar[at] & 15);
            if digit != 0 {
                sum.add(&multiples[digit]);
            }
        }
        for (multiples, scalar) in fixed {
            let digit = usize::from(scalar[at]);
            if digit != 0 {
                sum.add(&multiples[digit]);
            }
        }
    }
    sum
}

/// The lowest B bytes of a number, the lowest first.
#[inline(always)]
pub(crate) fn low_bytes<const W: usize, const B: usize>(words: &[u64; W]) -> [u8; B] {
    let bytes = words.map(u64::to_le_bytes);
    let bytes = bytes.as_flattened();
    core::array::from_fn(|at| bytes.get(at).copied().unwrap_or(0))
}
