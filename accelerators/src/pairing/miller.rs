//! The Miller loop of optimal ate pairings, over all pairs at once, and on its way the check that
//! points are in the subgroup.
//!
//! For each pair (P, Q) a point T walks from Q to n·Q, where n is [`Curve::LOOP`], and on by the
//! points ψ(Q), −ψ²(Q), …; the lines through the points that are added, evaluated at P, make up
//! the pairing. In Fp12, where Q has the coordinates (w²·x, w³·y), the line with slope λ and intercept
//! κ on the twist is y − λ·w·x − κ·w³: divided by the y of P, which is in a subfield, so that the final
//! exponentiation takes it to 1, that is 1 + a·w + b·w³.
//!
//! **Subgroup.** ψ, the p-th power seen on the twist, satisfies n + ψ − ψ² + … = 0 on the subgroup, and on no
//! other points of the twist (a test computes this). So the last point of the walk, all
//! terms but the last one, must be the negative of that last one.
//!
//! **No call without a result.** The twists have odd numbers of points, so no y is 0. Points with equal
//! x are found before their line is computed: then a multiple of Q between 1 and the order of the subgroup
//! is infinity, or two points agree that differ in the subgroup; so Q isn't in it. P isn't on the
//! axis, as the curves have odd numbers of points, too.

use alloc::vec::Vec;
use core::mem::swap;

use super::field::{Extension, Field};
use super::fp12::Fp12;
use super::point::Affine;
use super::{BaseOf, Curve, Pair};
use crate::Error;

/// The way of one pair's point T.
struct Walk<C: Curve> {
    /// T or −T, in turns.
    t: Affine<C::Fp2>,
    /// Q and −Q.
    q: [Affine<C::Fp2>; 2],
    /// −x/y and −1/y of P, and of −P; `None` where P is infinity, so that the walk is for the check alone.
    at: Option<[[C::Fp2; 2]; 2]>,
}

impl<C: Curve> Walk<C> {
    fn new(p: Option<&Affine<BaseOf<C>>>, q: &Affine<C::Fp2>) -> Self {
        let at = p.map(|p| {
            let mut inverse = p.y;
            inverse.invert();
            let mut quotient = p.x;
            quotient.multiply(&inverse);
            let positive = [quotient, inverse].map(|it| C::Fp2::from_base(&it));
            [positive.map(negative), positive]
        });
        Self { t: *q, q: [*q, Affine { x: q.x, y: negative(q.y) }], at }
    }

    /// T becomes 2T; `f` is multiplied by the line.
    #[inline(always)]
    fn double(&mut self, f: &mut Fp12<C>, is_negated: bool) {
        let at = &self.at;
        self.t.double_negated(|slope, intercept| multiply(f, at, is_negated, slope, intercept));
    }

    /// T becomes T + `point`, which is the point itself or its negative as T is; `f` is multiplied by the line.
    #[inline(always)]
    fn add(
        &mut self,
        f: &mut Fp12<C>,
        is_negated: bool,
        point: &Affine<C::Fp2>,
    ) -> Result<(), Error> {
        let at = &self.at;
        let is_sum = self.t.add_negated(point, |slope, intercept| {
            multiply(f, at, is_negated, slope, intercept);
        });
        if is_sum { Ok(()) } else { Err(Error::NotInSubgroup) }
    }
}

/// Multiplies `f` by the line at P.
#[inline(always)]
fn multiply<C: Curve>(
    f: &mut Fp12<C>,
    at: &Option<[[C::Fp2; 2]; 2]>,
    is_negated: bool,
    slope: &C::Fp2,
    intercept: &C::Fp2,
) {
    if let Some(at) = at {
        let [quotient, inverse] = &at[usize::from(is_negated)];
        let (mut a, mut b) = (C::Fp2::ZERO, C::Fp2::ZERO);
        a.set_product(slope, quotient);
        b.set_product(intercept, inverse);
        f.multiply_by_line(&a, &b);
    }
}

fn negative<F: Field>(mut element: F) -> F {
    element.negate();
    element
}

/// ψ: the p-th power, seen on the twist.
pub(crate) fn psi<C: Curve>(point: &Affine<C::Fp2>) -> Affine<C::Fp2> {
    let mut image = *point;
    image.x.conjugate();
    image.x.multiply(&C::FROBENIUS[1]);
    image.y.conjugate();
    image.y.multiply(&C::FROBENIUS[2]);
    image
}

/// The product of all pairings, before the final exponentiation.
///
/// # Errors
/// When a point of the second group is not in the subgroup.
pub(super) fn miller_loop<C: Curve>(pairs: &[Pair<C>]) -> Result<Fp12<C>, Error> {
    let mut walks: Vec<Walk<C>> =
        pairs.iter().filter_map(|(p, q)| q.as_ref().map(|q| Walk::new(p.as_ref(), q))).collect();
    let (mut f, mut next) = (&mut Fp12::<C>::ONE.clone(), &mut Fp12::ONE.clone());
    let mut is_negated = false;
    for (at, digit) in C::LOOP.iter().rev().skip(1).enumerate() {
        if at > 0 {
            next.set_square(f);
            swap(&mut f, &mut next);
        }
        for walk in &mut walks {
            walk.double(f, is_negated);
        }
        is_negated = !is_negated;
        if *digit != 0 {
            for walk in &mut walks {
                let q = walk.q[usize::from(is_negated != (*digit < 0))];
                walk.add(f, is_negated, &q)?;
            }
            is_negated = !is_negated;
        }
    }
    for walk in &mut walks {
        let mut is_negated = is_negated;
        let [mut image, _] = walk.q;
        for term in 0..=C::FROBENIUS_TERMS {
            image = psi::<C>(&image);
            // ψ, −ψ², ψ³, …, or their negatives.
            let mut point = image;
            if (term % 2 == 1) != is_negated {
                point.y.negate();
            }
            if term < C::FROBENIUS_TERMS {
                walk.add(f, is_negated, &point)?;
                is_negated = !is_negated;
            } else {
                point.y.negate();
                if walk.t != point {
                    return Err(Error::NotInSubgroup);
                }
            }
        }
    }
    Ok(f.clone())
}
