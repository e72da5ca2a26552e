//! Points of elliptic curves whose additions and doublings are calls to the machine.
//!
//! The calls have no point at infinity and trap on sums that have another formula: of points with
//! the same x, and of a point with y = 0 and itself. [`Point`] has all sums, so that no input
//! brings such a call about. It depends on this: the order of each curve is an odd prime, so that
//! no point has y = 0, and points with the same x are the same or opposite. Therefore all points
//! here must be on their curve, with coordinates less than the modulus: whoever makes one of
//! numbers from outside has it from [`decode`] or checks as much.

pub(crate) mod endomorphism;
pub(crate) mod generator;
pub(crate) mod multiples;

use core::marker::PhantomData;

use lvm_guest_sdk::arithmetic::modular;

use crate::Error;
use crate::number::{Number, from_be_bytes, is_less, write_be_bytes};

/// The coordinates of a point that isn't the one at infinity: x, then y.
pub(crate) type Affine = [u64; 8];

/// A curve y² = x³ + a·x + b of odd prime order, over a prime field.
pub(crate) trait Curve {
    /// The modulus of the field.
    const MODULUS: &'static Number;
    /// The coefficient a.
    const A: Number;
    /// The coefficient b.
    const B: Number;

    /// Replaces `p` by `p + q`. They must have different x.
    fn add(p: &mut Affine, q: &Affine);

    /// Replaces `p` by `2ᵀ·p`, where T is `TIMES`.
    fn double_repeatedly<const TIMES: usize>(p: &mut Affine);
}

/// x³ + a·x + b.
pub(crate) fn right_side<C: Curve>(x: &Number) -> Number {
    let (mut factor, mut sum) = (C::A, C::B);
    modular::multiply_add(&mut factor, x, x, C::MODULUS);
    modular::multiply_add(&mut sum, x, &factor, C::MODULUS);
    sum
}

/// Replaces `point` by the point with the given encoding: x, then y, both big-endian.
///
/// # Errors
/// [`Error::NotCanonical`] and [`Error::NotOnCurve`].
#[inline(always)]
pub(crate) fn decode<C: Curve>(bytes: &[u8; 64], point: &mut Affine) -> Result<(), Error> {
    let ([x, y], []) = bytes.as_chunks() else { unreachable!("64 bytes are 2 numbers") };
    let (x, y) = (from_be_bytes(x), from_be_bytes(y));
    if !is_less(&x, C::MODULUS) || !is_less(&y, C::MODULUS) {
        return Err(Error::NotCanonical);
    }
    let mut difference = right_side::<C>(&x);
    modular::multiply_subtract(&mut difference, &y, &y, C::MODULUS);
    if difference != [0; 4] {
        return Err(Error::NotOnCurve);
    }
    *point = join(&x, &y);
    Ok(())
}

/// The encoding that [`decode`] takes.
#[inline(always)]
pub(crate) fn encode(point: &Affine) -> [u8; 64] {
    let mut bytes = [0; 64];
    if let ([x, y], []) = bytes.as_chunks_mut() {
        let [a, b, c, d, e, f, g, h] = *point;
        write_be_bytes(&[a, b, c, d], x);
        write_be_bytes(&[e, f, g, h], y);
    }
    bytes
}

/// The point with these coordinates.
#[inline(always)]
pub(crate) const fn join(x: &Number, y: &Number) -> Affine {
    [x[0], x[1], x[2], x[3], y[0], y[1], y[2], y[3]]
}

/// Any point of the curve C.
///
/// Its coordinates are kept elsewhere, since what is in one object with memory that a call changes
/// can't be in a register.
pub(crate) struct Point<'a, C> {
    /// The point, unless it is the one at infinity.
    affine: &'a mut Affine,
    is_infinity: bool,
    curve: PhantomData<C>,
}

impl<'a, C: Curve> Point<'a, C> {
    /// The point at infinity, whose sums will have their coordinates in `affine`.
    #[inline(always)]
    pub(crate) fn infinity(affine: &'a mut Affine) -> Self {
        Self { affine, is_infinity: true, curve: PhantomData }
    }

    /// The coordinates; `None` for the point at infinity.
    #[inline(always)]
    pub(crate) fn affine(&self) -> Option<&Affine> {
        (!self.is_infinity).then_some(&*self.affine)
    }

    /// Adds `q`.
    #[inline(always)]
    pub(crate) fn add(&mut self, q: &Affine) {
        if self.is_infinity {
            *self.affine = *q;
            self.is_infinity = false;
        } else if self.affine[0] == q[0] {
            // One word says in almost all cases that the x are different.
            self.is_infinity = add_alike::<C>(self.affine, q);
        } else {
            C::add(self.affine, q);
        }
    }

    /// Multiplies by 2⁴.
    #[inline(always)]
    pub(crate) fn double_four_times(&mut self) {
        if !self.is_infinity {
            C::double_repeatedly::<4>(self.affine);
        }
    }
}

/// Replaces `p` by `p + q`, whatever the x. If that is the point at infinity, returns true instead.
#[cold]
#[inline(never)]
fn add_alike<C: Curve>(p: &mut Affine, q: &Affine) -> bool {
    if p[..4] != q[..4] {
        C::add(p, q);
    } else if p == q {
        C::double_repeatedly::<1>(p);
    } else {
        return true;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secp256k1::{BASE_MULTIPLES, Secp256k1};

    /// The sum of two points, or `None` for the point at infinity.
    fn sum(p: &Affine, q: &Affine) -> Option<Affine> {
        let mut place = [0; 8];
        let mut sum = Point::<Secp256k1>::infinity(&mut place);
        sum.add(p);
        sum.add(q);
        sum.affine().copied()
    }

    fn negative(point: &Affine) -> Affine {
        let [x0, x1, x2, x3, y @ ..] = *point;
        join(&[x0, x1, x2, x3], &crate::number::subtract(Secp256k1::MODULUS, &y).0)
    }

    #[test]
    fn all_sums_are_right() {
        let [_, one, two, three, ..] = BASE_MULTIPLES;
        assert_eq!(sum(&one, &two), Some(three));
        assert_eq!(sum(&one, &one), Some(two));
        assert_eq!(sum(&one, &negative(&one)), None);
        assert_eq!(sum(&three, &negative(&one)), Some(two));
    }

    #[test]
    fn infinity_is_neutral() {
        let mut place = [0; 8];
        let mut sum = Point::<Secp256k1>::infinity(&mut place);
        sum.double_four_times();
        assert_eq!(sum.affine(), None);
        sum.add(&BASE_MULTIPLES[3]);
        sum.add(&negative(&BASE_MULTIPLES[3]));
        sum.double_four_times();
        assert_eq!(sum.affine(), None);
        sum.add(&BASE_MULTIPLES[2]);
        sum.double_four_times();
        assert_eq!(sum.affine(), Some(&BASE_MULTIPLES[32]));
    }

    /// The formulas hold off the curve, too, where it is easy to have such points.
    #[test]
    fn more_than_the_first_word_of_x_counts() {
        let p = BASE_MULTIPLES[1];
        for word in 1..4 {
            let mut q = p;
            q[word] ^= 1;
            let mut expected = p;
            Secp256k1::add(&mut expected, &q);
            assert_eq!(sum(&p, &q), Some(expected));
        }
    }

    #[test]
    fn encodings_are_of_points() {
        let point = BASE_MULTIPLES[7];
        let bytes = encode(&point);
        let mut decoded = [0; 8];
        assert_eq!(decode::<Secp256k1>(&bytes, &mut decoded), Ok(()));
        assert_eq!(decoded, point);
        let mut off = bytes;
        off[63] ^= 1;
        assert_eq!(decode::<Secp256k1>(&off, &mut decoded), Err(Error::NotOnCurve));
        for half in [0..32, 32..64] {
            let mut large = bytes;
            large[half].fill(0xFF);
            assert_eq!(decode::<Secp256k1>(&large, &mut decoded), Err(Error::NotCanonical));
        }
    }
}
