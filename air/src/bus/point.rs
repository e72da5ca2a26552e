//! The message that three points are a sum.

use crate::builder::{Side, TableBuilder};
use crate::bus::Bus;

/// A point of a curve: the halves of x, then those of y, lowest first.
pub type PointHalves<E> = [E; 16];

/// Three points are a sum: a fact of arithmetic, which no call or time belongs to.
///
/// `point` receives it once for each row. Whoever sends it knows then that `sum` is `p + q`, or
/// `2·p`, by the formulas for affine points, that p and q have different x, or p has a y that isn't
/// 0, and that all coordinates are less than the modulus and their halves below 2^32.
#[derive(Clone, Debug)]
pub struct PointMsg<E> {
    /// The curve: its position in `Curve::ALL`.
    pub curve: E,
    /// 1 if the sum is the double of p, else 0.
    pub is_double: E,
    /// The first point.
    pub p: PointHalves<E>,
    /// The second point; zeros if p is doubled.
    pub q: PointHalves<E>,
    /// The result.
    pub sum: PointHalves<E>,
}

impl<E> PointMsg<E> {
    /// Names of the fields, in bus order.
    pub const FIELDS: &'static [&'static str] = &[
        "curve",
        "is_double",
        "p.x[0]",
        "p.x[1]",
        "p.x[2]",
        "p.x[3]",
        "p.x[4]",
        "p.x[5]",
        "p.x[6]",
        "p.x[7]",
        "p.y[0]",
        "p.y[1]",
        "p.y[2]",
        "p.y[3]",
        "p.y[4]",
        "p.y[5]",
        "p.y[6]",
        "p.y[7]",
        "q.x[0]",
        "q.x[1]",
        "q.x[2]",
        "q.x[3]",
        "q.x[4]",
        "q.x[5]",
        "q.x[6]",
        "q.x[7]",
        "q.y[0]",
        "q.y[1]",
        "q.y[2]",
        "q.y[3]",
        "q.y[4]",
        "q.y[5]",
        "q.y[6]",
        "q.y[7]",
        "sum.x[0]",
        "sum.x[1]",
        "sum.x[2]",
        "sum.x[3]",
        "sum.x[4]",
        "sum.x[5]",
        "sum.x[6]",
        "sum.x[7]",
        "sum.y[0]",
        "sum.y[1]",
        "sum.y[2]",
        "sum.y[3]",
        "sum.y[4]",
        "sum.y[5]",
        "sum.y[6]",
        "sum.y[7]",
    ];
}

impl<E> PointMsg<E> {
    /// Sends the message; the multiplicity is 0 or 1.
    pub fn send<AB: TableBuilder<Expr = E>>(self, builder: &mut AB, multiplicity: impl Into<E>) {
        self.put(builder, Side::Send, multiplicity.into());
    }

    /// Receives the message; the multiplicity is 0 or 1.
    pub fn receive<AB: TableBuilder<Expr = E>>(self, builder: &mut AB, multiplicity: impl Into<E>) {
        self.put(builder, Side::Receive, multiplicity.into());
    }

    fn put<AB: TableBuilder<Expr = E>>(self, builder: &mut AB, side: Side, multiplicity: E) {
        let Self { curve, is_double, p, q, sum } = self;
        let points = [p, q, sum].into_iter().flatten();
        let fields = [curve, is_double].into_iter().chain(points);
        builder.message(Bus::Point, side, fields, multiplicity, 1);
    }
}

const _: () = assert!(Bus::Point.arity() == 50);
