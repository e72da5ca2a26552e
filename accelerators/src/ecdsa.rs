//! ECDSA (SEC 1, section 4.1), on the curves whose points the machine adds.
//!
//! Signatures with s in the upper half of its range are as good as others. Nothing here depends on
//! the curves but for their sizes: the modulus of the field is more than the order, and less than twice
//! the order.

use lvm_guest_sdk::arithmetic::modular;

use crate::curve::{Affine, Curve, Point, decode};
use crate::number::{Number, ONE, canonical, from_be_bytes};

/// A curve with a base point G.
pub(crate) trait Signatures: Curve {
    /// The order of the curve.
    const ORDER: &'static Number;

    /// u₁·G + u₂·P, for scalars less than the order.
    fn combine(u1: &Number, point: &Affine, u2: &Number) -> Point<Self>
    where
        Self: Sized;
}

/// r and s of a signature, if both are from 1 to n − 1.
#[inline(always)]
pub(crate) fn scalars<C: Signatures>(signature: &[u8; 64]) -> Option<[Number; 2]> {
    let ([r, s], []) = signature.as_chunks() else { unreachable!("64 bytes are 2 numbers") };
    let scalar = |bytes| canonical(bytes, C::ORDER).filter(|number| *number != [0; 4]);
    Some([scalar(r)?, scalar(s)?])
}

/// Whether `signature` is one of the message with the hash `hash`, under `public_key` (SEC 1, section
/// 4.1.4).
pub(crate) fn verify<C: Signatures>(
    hash: &[u8; 32],
    signature: &[u8; 64],
    public_key: &[u8; 64],
) -> bool {
    let Some([r, s]) = scalars::<C>(signature) else {
        return false;
    };
    let Ok(key) = decode::<C>(public_key) else {
        return false;
    };
    let inverse = modular::invert(&s, C::ORDER);
    let u1 = modular::multiply(&from_be_bytes(hash), &inverse, C::ORDER);
    let u2 = modular::multiply(&r, &inverse, C::ORDER);
    let sum = C::combine(&u1, &key, &u2);
    let Some(point) = sum.affine() else {
        return false;
    };
    let [a, b, c, d, ..] = *point;
    modular::multiply(&[a, b, c, d], &ONE, C::ORDER) == r
}

/// The public key under which r and s are a signature of the message with the hash `hash`, and R is the
/// signature's point (SEC 1, section 4.1.6): (s·R − z·G)/r, which is none if it is the point
/// at infinity.
#[inline(always)]
pub(crate) fn recover<C: Signatures>(
    hash: &[u8; 32],
    r: &Number,
    s: &Number,
    point: &Affine,
) -> Point<C> {
    let inverse = modular::invert(r, C::ORDER);
    let mut u1 = [0; 4];
    modular::multiply_subtract(&mut u1, &from_be_bytes(hash), &inverse, C::ORDER);
    let u2 = modular::multiply(s, &inverse, C::ORDER);
    C::combine(&u1, point, &u2)
}
