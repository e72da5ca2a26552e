//! The simplified SWU map to a curve with an isogeny to the one that is wanted (RFC 9380, sections
//! 6.6.2 and 6.6.3).

use super::field::Field;
use super::group::Group;
use super::point::Affine;
use super::square_root::SquareRoot;

/// A group with such a map.
pub(crate) trait MapToCurve: Group<Field: SquareRoot> {
    /// A′ of the isogenous curve y² = x³ + A′·x + B′.
    const ISOGENOUS_A: &'static Self::Field;
    /// B′ of the isogenous curve.
    const ISOGENOUS_B: &'static Self::Field;
    /// Z of the map.
    const Z: &'static Self::Field;
    /// The isogeny takes x to the quotient of the first two polynomials, and y to y times that of
    /// the others. Coefficients, the lowest first.
    const ISOGENY: [&'static [Self::Field]; 4];

    /// A multiple of the point in the subgroup: that which the RFC says.
    fn clear_cofactor(point: Affine<Self::Field>) -> Option<Affine<Self::Field>>;
}

/// The point of the subgroup for an element of the field; `None` is infinity.
pub(crate) fn map_to_curve<G: MapToCurve>(u: &G::Field) -> Option<Affine<G::Field>> {
    let (x, y) = isogenous_point::<G>(u)?;
    let [x_numerator, mut x_denominator, y_numerator, y_denominator] =
        G::ISOGENY.map(|polynomial| value(polynomial, &x));
    // The isogeny takes the points of its kernel to infinity.
    if x_denominator.is_zero() || y_denominator.is_zero() {
        return None;
    }
    let quotient = |numerator: G::Field, denominator: &G::Field| {
        let mut quotient = numerator;
        quotient.set_inverse(denominator);
        quotient.multiply(&numerator);
        quotient
    };
    x_denominator = quotient(x_numerator, &x_denominator);
    let mut point = Affine { x: x_denominator, y: quotient(y_numerator, &y_denominator) };
    point.y.multiply(&y);
    G::clear_cofactor(point)
}

/// The map to the isogenous curve. It always is `Some`.
fn isogenous_point<G: MapToCurve>(u: &G::Field) -> Option<(G::Field, G::Field)> {
    let (a, b) = (G::ISOGENOUS_A, G::ISOGENOUS_B);
    // Z·u², and t = Z²·u⁴ + Z·u².
    let mut zu2 = *u;
    zu2.square();
    zu2.multiply(G::Z);
    let mut t = zu2;
    t.add_product(&zu2, &zu2);
    // x1 = B′/(Z·A′) where t is 0, else −B′·(t + 1)/(A′·t): neither denominator is 0.
    let mut denominator = *a;
    if t.is_zero() {
        denominator.multiply(G::Z);
    } else {
        denominator.multiply(&t);
        denominator.negate();
    }
    let mut x = *b;
    x.set_inverse(&denominator);
    x.multiply(b);
    t.add(G::Field::ONE);
    x.multiply(&t);
    // Z is no square, so one of both values is one: that at x1, or that at x2 = Z·u²·x1.
    let root = |x: &G::Field| {
        let mut slope = *x;
        slope.square();
        slope.add(a);
        let mut value = *b;
        value.add_product(&slope, x);
        value.square_root()
    };
    let mut y = match root(&x) {
        Some(y) => y,
        None => {
            x.multiply(&zu2);
            root(&x)?
        }
    };
    if y.is_odd() != u.is_odd() {
        y.negate();
    }
    Some((x, y))
}

/// The polynomial's value at x.
fn value<F: Field>(polynomial: &[F], x: &F) -> F {
    polynomial.iter().rev().fold(F::ZERO, |mut value, coefficient| {
        value.multiply(x);
        value.add(coefficient);
        value
    })
}
