//! ECDSA (SEC 1, section 4.1), on the curves whose points the machine adds.
//!
//! Signatures with s in the upper half of its range are as good as others. Nothing here depends on
//! the curves but for their sizes: the modulus of the field is more than the order, and less than
//! twice the order.

use lvm_guest_sdk::arithmetic::modular;

use crate::curve::{Affine, Curve, Point, decode};
use crate::number::{Number, ONE, from_be_bytes, is_less};

/// A curve with a base point G.
pub(crate) trait Signatures: Curve {
    /// The order of the curve.
    const ORDER: &'static Number;

    /// u₁·G + u₂·P, for scalars less than the order; its coordinates are at `place`.
    fn combine<'a>(
        u1: &Number,
        point: &Affine,
        u2: &Number,
        place: &'a mut Affine,
    ) -> Point<'a, Self>
    where
        Self: Sized;
}

/// r and s of a signature, whatever they are.
#[inline(always)]
pub(crate) fn parts(signature: &[u8; 64]) -> [Number; 2] {
    let ([r, s], []) = signature.as_chunks() else { unreachable!("64 bytes are 2 numbers") };
    [from_be_bytes(r), from_be_bytes(s)]
}

/// Whether a number is from 1 to n − 1.
#[inline(always)]
pub(crate) fn is_scalar<C: Signatures>(number: &Number) -> bool {
    is_less(number, C::ORDER) && *number != [0; 4]
}

/// Whether `signature` is one of the message with the hash `hash`, under `public_key` (SEC 1,
/// section 4.1.4).
pub(crate) fn verify<C: Signatures>(
    hash: &[u8; 32],
    signature: &[u8; 64],
    public_key: &[u8; 64],
) -> bool {
    let [r, s] = parts(signature);
    let mut key = [0; 8];
    if !is_scalar::<C>(&r) || !is_scalar::<C>(&s) || decode::<C>(public_key, &mut key).is_err() {
        return false;
    }
    let inverse = modular::invert(&s, C::ORDER);
    let u1 = modular::multiply(&from_be_bytes(hash), &inverse, C::ORDER);
    let u2 = modular::multiply(&r, &inverse, C::ORDER);
    let mut place = [0; 8];
    let sum = C::combine(&u1, &key, &u2, &mut place);
    let Some(point) = sum.affine() else {
        return false;
    };
    let [a, b, c, d, ..] = *point;
    modular::multiply(&[a, b, c, d], &ONE, C::ORDER) == r
}

/// The public key under which r and s are a signature of the message with the hash `hash`, and R is
/// the signature's point (SEC 1, section 4.1.6): (s·R − z·G)/r, which is no key if it is the point
/// at infinity. Its coordinates are at `place`.
#[inline(always)]
pub(crate) fn recover<'a, C: Signatures>(
    hash: &[u8; 32],
    r: &Number,
    s: &Number,
    point: &Affine,
    place: &'a mut Affine,
) -> Point<'a, C> {
    let inverse = modular::invert(r, C::ORDER);
    let mut u1 = [0; 4];
    modular::multiply_subtract(&mut u1, &from_be_bytes(hash), &inverse, C::ORDER);
    let u2 = modular::multiply(s, &inverse, C::ORDER);
    C::combine(&u1, point, &u2, place)
}
