//! `point`: sums and doubles of points of three curves, one row each.
//!
//! Statement: on the row's curve, `sum` is `p + q` or `2·p`, by the formulas for affine points.
//!
//! With λ the slope of the line through p and q, or of the tangent in p, −a the curve's
//! coefficient and m the modulus, the row proves over the integers
//!
//! ```text
//! λ·(q.x − p.x) − (q.y − p.y)   = quotient·m       to add
//! λ·2·p.y − 3·p.x² + (−a)       = quotient·m       to double
//! λ² − p.x − q.x − sum.x        = quotient·m       where q is p to double
//! λ·(p.x − sum.x) − p.y − sum.y = quotient·m
//! ```
//!
//! and that all coordinates are less than m. What λ is multiplied by in the first equation isn't 0
//! modulo m, since it is a difference of two different numbers less than m, or twice one that isn't
//! 0, and m is an odd prime. So λ is the slope modulo m, and both coordinates of the sum have one
//! value. λ itself need not be less than m.

use alloc::vec::Vec;

#[cfg(feature = "fill")]
use lvm_isa::arithmetic::{self, Division, Point, PointSum, divide_sum, one};
use lvm_syscalls::curve::Curve;
#[cfg(feature = "fill")]
use lvm_syscalls::curve::Operation;
use p3_air::WindowAccess;
#[cfg(feature = "fill")]
use p3_field::Field;
use p3_field::{Algebra, PrimeCharacteristicRing};
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{PointHalves, PointMsg};
use crate::columns::{Columns, columns};
#[cfg(feature = "fill")]
use crate::counts::Counts;
use crate::gadgets::less_than::Gap;
use crate::gadgets::limbs::range16;
use crate::gadgets::wide::{
    Equation, Word, constrain_less, halves_of_constant, halves_of_words, limbs_of_constant,
    limbs_of_words,
};
#[cfg(feature = "fill")]
use crate::gadgets::wide::{fill_less, fill_words};

columns! {
    /// A coordinate that is less than the modulus.
    pub struct Coordinate {
        /// Its words.
        words: [Word; 4],
        /// 1 at the highest half in which it and the modulus differ; 0 or 1.
        decides: [cell; 8],
        /// The difference there, less 1.
        less: Gap,
    }
}

columns! {
    /// A multiple of the modulus.
    pub struct Multiple {
        /// The quotient without its highest limb.
        words: [Word; 4],
        /// The quotient's highest limb, which may be negative; from −8 on, and below 2^16.
        high: cell,
        /// Carries of the equation.
        carries: [Gap; 15],
    }
}

columns! {
    /// One sum or double.
    pub struct PointRow {
        /// 1 on the curve with this position in `Curve::ALL`; 0 or 1.
        curves: [cell; 3],
        /// 1 if p is doubled; 0 or 1.
        is_double: cell,
        /// The first point's x and y.
        p: [Coordinate; 2],
        /// The second point's x and y; zeros if p is doubled.
        q: [Coordinate; 2],
        /// The sum's x and y.
        sum: [Coordinate; 2],
        /// The slope λ.
        slope: [Word; 4],
        /// With these as factors, the halves of `q.x − p.x`, or of p.y, add up to 1.
        witnesses: [cell; 8],
        /// The multiples of the modulus in the three equations.
        multiples: [Multiple; 3],
    }
}

/// Brings the quotient's highest limbs, down to −8, above 0.
const HIGH_OFFSET: u8 = 8;

impl<V: Copy> PointRow<V> {
    /// 1 in a row that is used, else 0.
    fn active<E: Algebra<Goldilocks>>(&self) -> E
    where
        V: Into<E>,
    {
        self.curves.iter().map(|flag| Into::<E>::into(*flag)).sum()
    }

    /// A number that each curve has, by its limbs or halves.
    fn constant<E: Algebra<Goldilocks>>(&self, of: impl Fn(Curve) -> Vec<Goldilocks>) -> Vec<E>
    where
        V: Into<E>,
    {
        let constants = Curve::ALL.map(of);
        let limb = |at: usize| {
            let terms = self.curves.iter().zip(&constants);
            terms.map(|(flag, constant)| Into::<E>::into(*flag) * constant[at]).sum()
        };
        (0..constants[0].len()).map(limb).collect()
    }

    /// The halves of `q.x − p.x`, or of p.y.
    fn run<E: Algebra<Goldilocks>>(&self) -> Vec<E>
    where
        V: Into<E>,
    {
        let is_double: E = self.is_double.into();
        let is_add = self.active::<E>() - is_double.clone();
        let [p_x, p_y, q_x]: [Vec<E>; 3] =
            [self.p[0], self.p[1], self.q[0]].map(|it| halves_of_words(&it.words));
        let halves = p_x.into_iter().zip(p_y).zip(q_x);
        halves
            .map(|((p_x, p_y), q_x)| (q_x - p_x) * is_add.clone() + p_y * is_double.clone())
            .collect()
    }

    /// What is zero.
    fn equations<E: Algebra<Goldilocks>>(&self) -> [Equation<E>; 3]
    where
        V: Into<E>,
    {
        let is_double: E = self.is_double.into();
        let is_add = self.active::<E>() - is_double.clone();
        let modulus: Vec<E> = self.constant(|curve| limbs_of_constant(&curve.modulus()));
        let minus_a: Vec<E> = self.constant(|curve| [Goldilocks::from_u64(curve.minus_a())].into());
        let limbs = |coordinate: &Coordinate<V>| -> Vec<E> { limbs_of_words(&coordinate.words) };
        let halves = |coordinate: &Coordinate<V>| -> Vec<E> { halves_of_words(&coordinate.words) };
        let ([p_x, p_y], [q_x, q_y], [x, y]) = (&self.p, &self.q, &self.sum);
        let slope: Vec<E> = limbs_of_words(&self.slope);
        let multiple = |index: usize| {
            let multiple = &self.multiples[index];
            let mut equation = Equation::new(16);
            let quotient: Vec<E> = limbs_of_words(&multiple.words);
            equation.subtract_multiple(&quotient, multiple.high.into(), &modulus);
            equation
        };

        let mut rise = multiple(0);
        let triples: Vec<E> = limbs(p_x)
            .into_iter()
            .map(|it| it * is_double.clone() * Goldilocks::from_u8(3))
            .collect();
        let run: Vec<E> = limbs(p_x)
            .into_iter()
            .zip(limbs(p_y))
            .zip(limbs(q_x))
            .map(|((p_x, p_y), q_x)| {
                (q_x - p_x) * is_add.clone() + (p_y.clone() + p_y) * is_double.clone()
            })
            .collect();
        rise.add_product(&slope, &run);
        rise.subtract_product(&triples, &limbs(p_x));
        rise.add(&minus_a, is_double.clone());
        rise.add(&halves(p_y), is_add.clone());
        rise.add(&halves(q_y), -is_add.clone());

        let mut square = multiple(1);
        square.add_product(&slope, &slope);
        square.add(&halves(p_x), -(is_double + E::ONE));
        square.add(&halves(q_x), -is_add);
        square.subtract(&halves(x));

        let mut line = multiple(2);
        let way: Vec<E> =
            limbs(p_x).into_iter().zip(limbs(x)).map(|(from, to)| from - to).collect();
        line.add_product(&slope, &way);
        line.subtract(&halves(p_y));
        line.subtract(&halves(y));
        [rise, square, line]
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = PointRow::<AB::Var>::of(builder.main().current_slice());
    for curve in row.curves {
        builder.constrain_bool("curves are boolean", curve);
    }
    let active: AB::Expr = row.active();
    builder.constrain_bool("at most one curve", active.clone());
    builder.constrain_bool("is_double is boolean", row.is_double);
    let is_add = active.clone() - row.is_double;
    builder.constrain_bool("only a used row doubles", is_add.clone());

    let halves = |point: [Coordinate<AB::Var>; 2]| -> PointHalves<AB::Expr> {
        let [x, y]: [Vec<AB::Expr>; 2] = point.map(|it| halves_of_words(&it.words));
        core::array::from_fn(|at| if at < 8 { x[at].clone() } else { y[at - 8].clone() })
    };
    let curve = row.curves[1] + row.curves[2] * AB::Expr::TWO;
    PointMsg {
        curve,
        is_double: row.is_double.into(),
        p: halves(row.p),
        q: halves(row.q),
        sum: halves(row.sum),
    }
    .receive(builder, active.clone());

    let modulus: Vec<AB::Expr> = row.constant(|curve| halves_of_constant(&curve.modulus()));
    let coordinates = row.p.iter().chain(&row.sum).map(|it| (it, active.clone()));
    let coordinates: Vec<_> =
        coordinates.chain(row.q.iter().map(|it| (it, is_add.clone()))).collect();
    for (coordinate, is_used) in coordinates {
        for word in coordinate.words {
            word.constrain(builder, is_used.clone());
        }
        let number: Vec<AB::Expr> = halves_of_words(&coordinate.words);
        let Coordinate { decides, less, .. } = coordinate;
        constrain_less(builder, &number, &modulus, decides, less, is_used);
    }
    for coordinate in row.q {
        for limb in coordinate.words.iter().flat_map(|word| word.limbs) {
            builder.constrain("there is no q to double", row.is_double * limb);
        }
    }
    for word in row.slope {
        word.constrain(builder, active.clone());
    }
    for multiple in row.multiples {
        for word in multiple.words {
            word.constrain(builder, active.clone());
        }
        range16(builder, multiple.high + AB::Expr::from_u8(HIGH_OFFSET), active.clone());
    }

    let run: Vec<AB::Expr> = row.run();
    let sum = run
        .into_iter()
        .zip(row.witnesses)
        .fold(AB::Expr::ZERO, |sum, (half, witness)| sum + half * witness);
    builder.constrain("the line is not vertical", sum - active.clone());
    let labels = ["equation of the slope", "equation of x", "equation of y"];
    for ((equation, multiple), label) in row.equations().into_iter().zip(&row.multiples).zip(labels)
    {
        equation.constrain(builder, label, &multiple.carries, active.clone());
    }
}

/// The row of a sum of p and q, or of the double of p, where q is not used.
#[cfg(feature = "fill")]
pub fn fill(
    curve: Curve,
    operation: Operation,
    p: &Point,
    q: &Point,
    counts: &mut Counts,
) -> PointRow<Goldilocks> {
    let modulus = curve.modulus();
    let is_add = operation == Operation::Add;
    // Points without a sum, of which no run leaves any, have a row that isn't accepted.
    let nothing = PointSum { slope: [0; 4], sum: [[0; 4]; 2] };
    let PointSum { slope, sum } = arithmetic::curve(curve, operation, p, q).unwrap_or(nothing);
    let one = one();
    let minus_a = [curve.minus_a(), 0, 0, 0];
    let [p_x, p_y] = p;
    let [q_x, q_y] = if is_add { q } else { &[[0; 4]; 2] };
    let square = (true, p_x, p_x);
    let rise = if is_add {
        divide_sum(
            &[(false, &slope, q_x), (true, &slope, p_x), (true, q_y, &one), (false, p_y, &one)],
            &modulus,
        )
    } else {
        let tangent = (false, &slope, p_y);
        divide_sum(&[tangent, tangent, square, square, square, (false, &minus_a, &one)], &modulus)
    };
    let other_x = if is_add { q_x } else { p_x };
    let square = divide_sum(
        &[(false, &slope, &slope), (true, p_x, &one), (true, other_x, &one), (true, &sum[0], &one)],
        &modulus,
    );
    let line = divide_sum(
        &[(false, &slope, p_x), (true, &slope, &sum[0]), (true, p_y, &one), (true, &sum[1], &one)],
        &modulus,
    );
    let coordinate = |number: &[u64; 4], counts: &mut Counts| {
        let (decides, less) = fill_less(number, &modulus, counts);
        Coordinate { words: fill_words(number, counts), decides, less }
    };
    let multiple = |division: Option<Division<4>>, counts: &mut Counts| {
        let (quotient, high) = division.map_or(([0; 4], 0), |it| (it.quotient, it.quotient_high));
        counts.range16(high.wrapping_add_unsigned(HIGH_OFFSET) as u16);
        Multiple {
            words: fill_words(&quotient, counts),
            high: Goldilocks::from_i8(high),
            ..Multiple::default()
        }
    };
    let mut row = PointRow {
        curves: Curve::ALL.map(|it| Goldilocks::from_bool(it == curve)),
        is_double: Goldilocks::from_bool(!is_add),
        p: [coordinate(p_x, counts), coordinate(p_y, counts)],
        q: [Coordinate::default(); 2],
        sum: [coordinate(&sum[0], counts), coordinate(&sum[1], counts)],
        slope: fill_words(&slope, counts),
        witnesses: [Goldilocks::ZERO; 8],
        multiples: [multiple(rise, counts), multiple(square, counts), multiple(line, counts)],
    };
    if is_add {
        row.q = [coordinate(q_x, counts), coordinate(q_y, counts)];
    }
    let run: Vec<Goldilocks> = row.run();
    let first = run.iter().position(|half| *half != Goldilocks::ZERO).unwrap_or(0);
    row.witnesses[first] = run[first].try_inverse().unwrap_or_default();
    for (index, equation) in row.equations().into_iter().enumerate() {
        row.multiples[index].carries = equation.fill(counts);
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    type Row = PointRow<Goldilocks>;

    /// Two points, which need not be on a curve.
    const P: Point = [[1, 2, 3, 0x1234_5678_9abc_def0], [u64::MAX, 7, u64::MAX, 0x2fff_ffff]];
    const Q: Point = [[1, 2, 3, 0x1234_5678_9abc_def1], [5, u64::MAX, 0, 0x3000_0000]];

    fn filled(curve: Curve, operation: Operation, p: &Point, q: &Point) -> (Row, Counts) {
        let mut counts = Counts::new(1);
        let row = fill(curve, operation, p, q, &mut counts);
        (row, counts)
    }

    fn halves(point: &Point) -> impl Iterator<Item = u64> {
        point.iter().flatten().flat_map(|word| [word & 0xffff_ffff, word >> 32])
    }

    /// A row after something in it has changed: with the carries that this needs.
    fn carried(mut row: Row) -> Row {
        for (index, equation) in row.equations().into_iter().enumerate() {
            row.multiples[index].carries = equation.fill(&mut Counts::new(1));
        }
        row
    }

    #[test]
    fn honest_rows_are_sums() {
        let nothing = [[0; 4]; 2];
        for curve in Curve::ALL {
            let last = {
                let mut last = curve.modulus();
                last[0] -= 1;
                last
            };
            let small = [[0, 0, 0, 0], [1, 0, 0, 0]];
            let points = [P, Q, small, [last, last], [last, [1, 0, 0, 0]], [[0; 4], last]];
            let mut sums = 0;
            for (p, q) in points.iter().flat_map(|p| points.iter().map(move |q| (p, q))) {
                for operation in Operation::ALL {
                    let Some(sum) = arithmetic::curve(curve, operation, p, q) else { continue };
                    sums += 1;
                    let (row, counts) = filled(curve, operation, p, q);
                    let context = std::format!("{curve:?} {operation:?} {p:x?} {q:x?}");
                    expect_honest(&context, &row, &counts, eval);
                    let is_double = operation == Operation::Double;
                    let q = if is_double { &nothing } else { q };
                    let mut expected = std::vec![curve as u64, u64::from(is_double)];
                    expected.extend(halves(p).chain(halves(q)).chain(halves(&sum.sum)));
                    assert_eq!(message(&row, Bus::Point, Side::Receive, eval), expected);
                }
            }
            assert!(sums > 50, "{sums}");
        }
        expect_padding::<Row>(eval);
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        for (curve, operation) in
            Curve::ALL.into_iter().flat_map(|c| Operation::ALL.map(|o| (c, o)))
        {
            let honest = filled(curve, operation, &P, &Q).0;
            let corrupt = |label: &str, change: fn(&mut Row)| {
                let mut row = honest;
                change(&mut row);
                expect_violation(&row, label, eval);
            };
            corrupt("curves are boolean", |r| r.curves[1] = Goldilocks::TWO);
            corrupt("at most one curve", |r| r.curves = [Goldilocks::ONE; 3]);
            corrupt("is_double is boolean", |r| r.is_double = Goldilocks::TWO);
            corrupt("equation of the slope", |r| r.is_double = Goldilocks::ONE - r.is_double);
            corrupt("equation of the slope", |r| r.p[1].words[0].limbs[0] += Goldilocks::ONE);
            corrupt("equation of x", |r| r.p[0].words[0].limbs[0] += Goldilocks::ONE);
            corrupt("equation of x", |r| r.slope[3].limbs[3] += Goldilocks::ONE);
            corrupt("equation of x", |r| r.sum[0].words[1].limbs[2] += Goldilocks::ONE);
            corrupt("equation of y", |r| r.sum[1].words[1].limbs[2] += Goldilocks::ONE);
            corrupt("range16", |r| r.slope[0].limbs[1] = -Goldilocks::ONE);
            corrupt("range16", |r| r.multiples[2].words[0].limbs[1] = -Goldilocks::ONE);
            corrupt("range16", |r| r.multiples[0].high = Goldilocks::from_i8(-9));
            corrupt("range16", |r| r.multiples[1].carries[9].limbs[1] = -Goldilocks::ONE);
            corrupt("range16", |r| r.sum[1].words[3].limbs[0] = Goldilocks::from_u32(1 << 16));
            corrupt("range16", |r| r.p[1].words[3].limbs[0] = Goldilocks::from_u32(1 << 16));
            corrupt("one half decides", |r| r.sum[0].decides[0] += Goldilocks::ONE);
            corrupt("the number is less than the bound", |r| {
                r.p[0].less.limbs[0] += Goldilocks::ONE;
            });
            corrupt("the line is not vertical", |r| r.witnesses = [Goldilocks::ZERO; 8]);
        }
        let mut double = filled(Curve::Bn254, Operation::Double, &P, &Q).0;
        double.q[1].words[2].limbs[0] = Goldilocks::ONE;
        expect_violation(&double, "there is no q to double", eval);
        let unused = Row { is_double: Goldilocks::ONE, ..Row::default() };
        expect_violation(&unused, "only a used row doubles", eval);
    }

    /// The sum on one curve is none on another.
    #[test]
    fn one_curve_is_no_other() {
        for (curve, operation) in
            Curve::ALL.into_iter().flat_map(|c| Operation::ALL.map(|o| (c, o)))
        {
            let honest = filled(curve, operation, &P, &Q).0;
            for other in Curve::ALL.into_iter().filter(|other| *other != curve) {
                let mut row = honest;
                row.curves = Curve::ALL.map(|it| Goldilocks::from_bool(it == other));
                assert!(!violations(&carried(row), eval).is_empty());
            }
        }
    }

    /// Points with the same x have any slope that one likes, and so any sum: such a row must not be.
    #[test]
    fn points_with_one_x_have_no_sum() {
        let curve = Curve::Secp256k1;
        for (operation, p) in [(Operation::Add, P), (Operation::Double, [P[0], [0; 4]])] {
            let row = filled(curve, operation, &p, &p).0;
            expect_violation(&row, "the line is not vertical", eval);
            // No witnesses help, since all differences are 0.
            let mut lie = row;
            lie.witnesses = [Goldilocks::from_u64(0x1234_5678); 8];
            expect_violation(&lie, "the line is not vertical", eval);
        }
        // A y that is the modulus is 0, too, and of two x one may be more than the other by it.
        let zero = curve.modulus();
        let row = filled(curve, Operation::Double, &[[0; 4], zero], &P).0;
        expect_violation(&row, "the number is less than the bound", eval);
        let mut more = zero;
        more[0] += 1;
        let row = filled(curve, Operation::Add, &[[1, 0, 0, 0], [1; 4]], &[more, [2; 4]]).0;
        expect_violation(&row, "the number is less than the bound", eval);
    }

    /// With another slope the equation of the slope doesn't hold, whatever multiple is claimed.
    #[test]
    fn another_slope_is_refused() {
        let honest = filled(Curve::Secp256k1, Operation::Add, &P, &Q).0;
        for change in [Goldilocks::ONE, -Goldilocks::ONE] {
            let mut row = honest;
            row.slope[0].limbs[0] += change;
            expect_violation(&carried(row), "equation of the slope", eval);
        }
    }
}
