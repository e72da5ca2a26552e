//! The Miller loop of optimal ate pairings, over all pairs at once, and on its way the check that
//! points are in the subgroup.
//!
//! For each pair (P, Q) a point T walks from Q to n·Q, where n is [`Curve::LOOP`], and on by the
//! points ψ(Q), −ψ²(Q), …; the lines through the points that are added, evaluated at P, make up
//! the pairing. In Fp12, where Q has the coordinates (w²·x, w³·y), the line with slope λ and
//! intercept κ on the twist is y − λ·w·x − κ·w³. Divided by the y of P, which is in a subfield, so
//! that the final exponentiation takes it to 1, that is 1 + a·w + b·w³.
//!
//! **Subgroup.** ψ, the p-th power seen on the twist, satisfies n + ψ − ψ² + … = 0 on the subgroup,
//! and at no other points of the twist (a test computes that). So the last point of the walk, the
//! sum of all terms but the last, must be the negative of the last.
//!
//! **No call without a result.** The twists have odd numbers of points, so no y is 0. Points with
//! equal x are found before their line is computed: then a multiple of Q between 1 and the order
//! of the subgroup is infinity, or two points agree that differ in the subgroup, so Q isn't in it.
//! The curves have odd numbers of points, too, so P has an inverse of y.

use alloc::vec::Vec;
use core::mem::swap;

use super::field::{Extension, Field};
use super::fp12::{Fp12, Scratch};
use super::point::Affine;
use super::{BaseOf, Curve, Pair};
use crate::Error;

/// The way of one pair's point T.
struct Walk<C: Curve> {
    /// T or −T, in turns.
    t: Affine<C::Fp2>,
    /// Q.
    q: Affine<C::Fp2>,
    /// −x/y and −1/y of P, and of −P; `None` where P is infinity, so that the walk is for the
    /// check alone.
    at: Option<[[C::Fp2; 2]; 2]>,
}

impl<C: Curve> Walk<C> {
    fn new(p: Option<&Affine<BaseOf<C>>>, q: &Affine<C::Fp2>) -> Self {
        let at = p.map(|p| {
            let mut inverse = p.y;
            inverse.set_inverse(&p.y);
            let mut quotient = p.x;
            quotient.multiply(&inverse);
            let positive = [quotient, inverse].map(|it| C::Fp2::from_base(&it));
            [positive.map(negative), positive]
        });
        Self { t: *q, q: *q, at }
    }
}

fn negative<F: Field>(mut element: F) -> F {
    element.negate();
    element
}

/// Replaces the point by ψ of it: the p-th power, seen on the twist.
pub(super) fn psi<C: Curve>(point: &mut Affine<C::Fp2>) {
    point.x.conjugate();
    point.x.multiply(&C::FROBENIUS[1]);
    point.y.conjugate();
    point.y.multiply(&C::FROBENIUS[2]);
}

/// The product of the lines so far, and whether points are negated.
struct Product<'a, C: Curve> {
    f: &'a mut Fp12<C>,
    next: &'a mut Fp12<C>,
    is_negated: bool,
    scratch: Scratch<C>,
    slope: [C::Fp2; 2],
}

impl<C: Curve> Product<'_, C> {
    fn square(&mut self) {
        self.next.set_square(self.f, &mut self.scratch);
        swap(&mut self.f, &mut self.next);
    }

    /// Doubles the point of each walk and multiplies by the tangent.
    fn double(&mut self, walks: &mut [Walk<C>]) {
        for Walk { t, at, .. } in walks {
            t.double_negated(&mut self.slope, |slope, intercept| {
                if let Some(at) = at {
                    let at = &at[usize::from(self.is_negated)];
                    self.f.multiply_by_line(at, slope, intercept, &mut self.scratch);
                }
            });
        }
        self.is_negated = !self.is_negated;
    }

    /// Adds Q to the point of each walk, or subtracts it, and multiplies by the line.
    ///
    /// # Errors
    /// When both are the same or each other's negative.
    fn add(&mut self, walks: &mut [Walk<C>], is_minus: bool) -> Result<(), Error> {
        for Walk { t, q, at } in walks {
            let is_minus = is_minus != self.is_negated;
            let is_sum = t.add_negated(q, is_minus, &mut self.slope, |slope, intercept| {
                if let Some(at) = at {
                    let at = &at[usize::from(self.is_negated)];
                    self.f.multiply_by_line(at, slope, intercept, &mut self.scratch);
                }
            });
            if !is_sum {
                return Err(Error::NotInSubgroup);
            }
        }
        self.is_negated = !self.is_negated;
        Ok(())
    }
}

/// The product of all pairings, before the final exponentiation.
///
/// # Errors
/// When a point of the twist is not in the subgroup.
pub(super) fn miller_loop<C: Curve>(pairs: &[Pair<C>]) -> Result<Fp12<C>, Error> {
    let walk = |(p, q): &Pair<C>| q.as_ref().map(|q| Walk::new(p.as_ref(), q));
    let mut walks: Vec<Walk<C>> = pairs.iter().filter_map(walk).collect();
    if walks.is_empty() {
        return Ok(Fp12::one());
    }
    let mut product = Product {
        f: &mut Fp12::one(),
        next: &mut Fp12::one(),
        is_negated: false,
        scratch: Scratch::new(),
        slope: [C::Fp2::ZERO; 2],
    };
    // Below the highest digit, which Q itself is for.
    for (at, digit) in C::LOOP.iter().rev().skip(1).enumerate() {
        if at > 0 {
            product.square();
        }
        product.double(&mut walks);
        if *digit != 0 {
            product.add(&mut walks, *digit < 0)?;
        }
    }
    for term in 0..=C::FROBENIUS_TERMS {
        let is_minus = term % 2 == 1;
        for walk in &mut walks {
            psi::<C>(&mut walk.q);
        }
        if term < C::FROBENIUS_TERMS {
            product.add(&mut walks, is_minus)?;
        } else {
            let is_minus = is_minus == product.is_negated;
            if walks.iter_mut().any(|walk| walk.t != walk.q.negated_if(is_minus)) {
                return Err(Error::NotInSubgroup);
            }
        }
    }
    Ok(product.f.clone())
}
