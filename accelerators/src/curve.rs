//! Points of elliptic curves whose additions and doublings are calls to the machine.
//!
//! The calls have no point at infinity and trap on sums that have another formula: of points with
//! the same x, and of a point with y = 0 and itself. [`Point`] has all sums, so that no input
//! brings such a call about. It depends on this: the order of each curve is an odd prime, so
//! that no point has y = 0, and points with the same x are the same or opposite. Therefore all points
//! here must be on their curve, with coordinates less than the modulus: whoever makes one of numbers
//! from outside has it from [`decode`] or checks as much.

pub(crate) mod endomorphism;
pub(crate) mod generator;
pub(crate) mod multiples;

use core::marker::PhantomData;

use lvm_guest_sdk::arithmetic::modular;

use crate::number::{Number, canonical, write_be_bytes};
use crate::Error;

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

/// The point with the given encoding: x, then y, both big-endian.
///
/// # Errors
/// [`Error::NotCanonical`] and [`Error::NotOnCurve`].
pub(crate) fn decode<C: Curve>(bytes: &[u8; 64]) -> Result<Affine, Error> {
    let ([x, y], []) = bytes.as_chunks() else { unreachable!("64 bytes are 2 numbers") };
    let x = canonical(x, C::MODULUS).ok_or(Error::NotCanonical)?;
    let y = canonical(y, C::MODULUS).ok_or(Error::NotCanonical)?;
    if modular::multiply(&y, &y, C::MODULUS) == right_side::<C>(&x) {
        Ok(join(&x, &y))
    } else {
        Err(Error::NotOnCurve)
    }
}

/// The encoding that [`decode`] takes.
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
pub(crate) struct Point<C> {
    /// The point, unless it is the one at infinity.
    affine: Affine,
    is_infinity: bool,
    curve: PhantomData<C>,
}

impl<C: Curve> Point<C> {
    /// The point at infinity.
    #[inline(always)]
    pub(crate) const fn infinity() -> Self {
        Self { affine: [0; 8], is_infinity: true, curve: PhantomData }
    }

    /// The coordinates; `None` for the point at infinity.
    #[inline(always)]
    pub(crate) fn affine(&self) -> Option<&Affine> {
        (!self.is_infinity).then_some(&self.affine)
    }

    /// Adds `q`.
    #[inline(always)]
    pub(crate) fn add(&mut self, q: &Affine) {
        if self.is_infinity {
            self.affine = *q;
            self.is_infinity = false;
        } else if self.affine[0] == q[0] {
            // One word says in almost all cases that the x are different.
            self.is_infinity = add_alike::<C>(&mut self.affine, q);
        } else {
            C::add(&mut self.affine, q);
        }
    }

    /// Multiplies by 2⁴.
    #[inline(always)]
    pub(crate) fn double_four_times(&mut self) {
        if !self.is_infinity {
            C::double_repeatedly::<4>(&mut self.affine);
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
