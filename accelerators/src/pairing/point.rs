//! Points of curves y² = x³ + b in affine coordinates: where an inverse is one call, these need the
//! fewest calls.
//!
//! Sums come out negated, since that spares negating a coordinate: who adds many points keeps track
//! of the sign.

use super::field::Field;
use crate::Error;

/// A point other than infinity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Affine<F> {
    pub(crate) x: F,
    pub(crate) y: F,
}

impl<F: Field> Affine<F> {
    /// The point with these coordinates, of which zeros stand for infinity, or `None`.
    ///
    /// # Errors
    /// When the point is not on the curve with `b`.
    pub(crate) fn checked(self, b: &F) -> Result<Option<Self>, Error> {
        if self.x.is_zero() && self.y.is_zero() {
            Ok(None)
        } else if self.is_on_curve(b) {
            Ok(Some(self))
        } else {
            Err(Error::NotOnCurve)
        }
    }

    /// Whether y² = x³ + b.
    pub(crate) fn is_on_curve(&self, b: &F) -> bool {
        let mut square = self.x;
        square.square();
        // x³ + b − y²
        let mut difference = *b;
        difference.add_product(&square, &self.x);
        difference.subtract_product(&self.y, &self.y);
        difference.is_zero()
    }

    /// The point's negative, if so.
    pub(crate) fn negated_if(mut self, is_negated: bool) -> Self {
        if is_negated {
            self.y.negate();
        }
        self
    }

    /// Replaces this point P by −2P. `line` gets slope and intercept of the tangent.
    ///
    /// The point's y must not be 0, which it isn't on a curve with an odd number of points.
    #[inline(always)]
    pub(crate) fn double_negated(&mut self, scratch: &mut [F; 2], line: impl FnOnce(&F, &F)) {
        let [slope, inverse] = scratch;
        inverse.set_inverse(&self.y);
        slope.set_product(&self.x, &self.x);
        slope.multiply(F::THREE_HALVES);
        slope.multiply(inverse);
        self.y.subtract_product(slope, &self.x);
        line(slope, &self.y);
        self.x.multiply(F::MINUS_TWO);
        self.x.add_product(slope, slope);
        self.y.add_product(slope, &self.x);
    }

    /// Replaces this point P by −(P + Q), or −(P − Q), and is true; changes nothing and is false
    /// where P = ±Q.
    /// `line` gets slope and intercept of the line through both.
    #[inline(always)]
    #[must_use]
    pub(crate) fn add_negated(
        &mut self,
        q: &Self,
        is_minus: bool,
        scratch: &mut [F; 2],
        line: impl FnOnce(&F, &F),
    ) -> bool {
        if self.x == q.x {
            return false;
        }
        let [slope, inverse] = scratch;
        slope.set_product(&self.x, F::ONE);
        slope.subtract(&q.x);
        inverse.set_inverse(slope);
        slope.set_product(&self.y, F::ONE);
        if is_minus {
            slope.add(&q.y);
        } else {
            slope.subtract(&q.y);
        }
        slope.multiply(inverse);
        self.y.subtract_product(slope, &self.x);
        line(slope, &self.y);
        self.x.negate();
        self.x.subtract(&q.x);
        self.x.add_product(slope, slope);
        self.y.add_product(slope, &self.x);
        true
    }
}
