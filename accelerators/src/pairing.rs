//! Pairings over calls that compute in the quadratic extension of the field.
//!
//! Both curves are y² = x³ + b with a twist y² = x³ + b/ξ, for some ξ of Fp2 that is neither a
//! square nor a cube: all that is written for one is the same for the other. For BLS12-381 that ξ
//! is the inverse of the one that is usual, of which its twist is said to be a multiplication.
//!
//! A call without a result ends the run, and a block with such a call can't be proved. So what is
//! inverted is never 0, whatever the input: where that is, it is said why, and coordinates are
//! checked before anything is computed with them.

mod bls12_381;
mod bn254;
mod field;
mod fp12;
mod group;
mod map_to_curve;
mod miller;
mod point;
mod square_root;
#[cfg(test)]
mod tests;

pub(crate) use self::bls12_381::Bls12381;
pub(crate) use self::bls12_381::groups::{G1, G2, ORDER};
pub(crate) use self::bn254::Bn254;
pub(crate) use self::field::{Extension, Field, Fp, Fp2};
use self::fp12::{Fp12, Scratch};
pub(crate) use self::group::{Group, Sum, is_in_subgroup, sum_of_multiples};
pub(crate) use self::map_to_curve::{MapToCurve, map_to_curve};
pub(crate) use self::point::Affine;
pub(crate) use self::square_root::SquareRoot;
use crate::Error;

/// A curve with a pairing.
pub(crate) trait Curve: Sized + 'static {
    /// The quadratic extension of the curve's field.
    type Fp2: Extension;
    /// b of the curve.
    const B: &'static BaseOf<Self>;
    /// ξ, with w⁶ = ξ in Fp12.
    const XI: &'static Self::Fp2;
    /// 3·ξ.
    const THREE_XI: &'static Self::Fp2;
    /// b/ξ, b of the twist.
    const TWIST_B: &'static Self::Fp2;
    /// The powers 1 to 5 of ξ^((p − 1)/6): w to the power p is w times the first one.
    const FROBENIUS: &'static [Self::Fp2; 5];
    /// The number n of the Miller loop: digits −1, 0 and 1, the lowest first, the highest one 1.
    const LOOP: &'static [i8];
    /// How many of the terms ψ(Q), −ψ²(Q), … follow n·Q in the Miller loop.
    const FROBENIUS_TERMS: usize;

    /// The power (p⁴ − p² + 1)/r, times a number that is no multiple of r, of an element of the
    /// cyclotomic subgroup.
    fn hard_part(f: &Fp12<Self>, scratch: &mut Scratch<Self>) -> Fp12<Self>;
}

/// The field of a curve.
pub(crate) type BaseOf<C> = <<C as Curve>::Fp2 as Extension>::Base;

/// A point of the curve and one of the twist; `None` is infinity.
pub(crate) type Pair<C> = (Option<Affine<BaseOf<C>>>, Option<Affine<<C as Curve>::Fp2>>);

/// Whether the product of the pairings of all pairs is one. The points are on the curve, and in the
/// subgroup, and on the twist.
///
/// # Errors
/// When a point of the twist is not in the subgroup.
pub(crate) fn product_is_one<C: Curve>(pairs: &[Pair<C>]) -> Result<bool, Error> {
    let f = miller::miller_loop(pairs)?;
    let scratch = &mut Scratch::new();
    Ok(f.is_one() || C::hard_part(&f.easy_part(scratch), scratch).is_one())
}

/// The digits of a number, odd and less than 2^(WIDTH − 1), or 0, the lowest first: N of them, of
/// which the highest may be zeros.
const fn signed_digits<const WIDTH: u32, const N: usize>(mut number: u128) -> [i8; N] {
    let mut digits = [0; N];
    let mut at = 0;
    while number > 0 {
        if number % 2 == 1 {
            let low = (number % (1 << WIDTH)) as i8;
            let digit = if low >= 1 << (WIDTH - 1) { low - (1 << WIDTH) } else { low };
            digits[at] = digit;
            number = if digit < 0 {
                number + digit.unsigned_abs() as u128
            } else {
                number - digit as u128
            };
        }
        number /= 2;
        at += 1;
    }
    digits
}
