//! `ladder`: the steps of multiples of points of secp256k1, one row for each bit of the scalar below its
//! highest.
//!
//! Statement: the accumulator is doubled, as `point` says, and if the bit is 1 the base is added to
//! that, as `point` says.
//!
//! Nothing is lost by `point`'s refusal of points with the same x. The base is on the curve, whose
//! points are a group of a prime order n, and the scalar k is less than n. Where the accumulator is j
//! times the base, 1 ≤ j and 2·j ≤ k < n. So it isn't the point at infinity, and its y isn't 0, as no
//! point is its own negative. Where the bit is 1, 2·j + 1 ≤ k ≤ n − 1: then 2·j is
//! even and at most n − 2, neither 1 nor n − 1, so that its double is neither the base nor its
//! negative, and no other point has the base's x.

#[cfg(feature = "fill")]
use lvm_isa::multiple::Step;
use lvm_syscalls::curve::Curve;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
#[cfg(feature = "fill")]
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{LadderBitMsg, LadderMsg, PointHalves, PointMsg};
use crate::columns::{Columns, columns};
#[cfg(feature = "fill")]
use crate::gadgets::wide::halves_of_constant;

columns! {
    /// One bit of the scalar of one call.
    pub struct LadderRow {
        /// Time at which the ECALL starts.
        time: cell,
        /// The bit's position.
        position: cell,
        /// 1 in a row that is used; 0 or 1.
        is_used: cell,
        /// The bit; 0 or 1.
        bit: cell,
        /// Halves of the base's x, then of its y.
        base: [cell; 16],
        /// Those of the base's multiple by the bits above this one.
        accumulator: [cell; 16],
        /// Those of its double; below 2^32, as `point` guarantees.
        doubled: [cell; 16],
        /// Those of the base's multiple by the bits from this one on; likewise.
        sum: [cell; 16],
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = LadderRow::<AB::Var>::of(builder.main().current_slice());
    let zero = || AB::Expr::ZERO;
    let [is_used, bit]: [AB::Expr; 2] = [row.is_used.into(), row.bit.into()];
    let [base, accumulator, doubled, sum]: [PointHalves<AB::Expr>; 4] =
        [row.base, row.accumulator, row.doubled, row.sum].map(|point| point.map(Into::into));
    builder.constrain_bool("is_used is boolean", is_used.clone());
    builder.constrain_bool("the bit is boolean", bit.clone());
    let only_doubles = is_used.clone() - bit.clone();
    builder.constrain_bool("only a used row has a bit", only_doubles.clone());

    let state = |remaining: AB::Expr, acc: PointHalves<AB::Expr>| LadderMsg {
        time: row.time.into(),
        remaining,
        acc,
        base: base.clone(),
    };
    state(row.position + AB::Expr::ONE, accumulator.clone()).receive(builder, is_used.clone());
    state(row.position.into(), sum.clone()).send(builder, is_used.clone());
    LadderBitMsg { time: row.time.into(), position: row.position.into(), bit: bit.clone() }
        .receive(builder, is_used.clone());

    let curve = || AB::Expr::from_usize(Curve::Secp256k1 as usize);
    PointMsg {
        curve: curve(),
        is_double: AB::Expr::ONE,
        p: accumulator,
        q: core::array::from_fn(|_| zero()),
        sum: doubled.clone(),
    }
    .send(builder, is_used);
    for (sum, doubled) in sum.iter().zip(&doubled) {
        builder.constrain(
            "nothing is added without a bit",
            only_doubles.clone() * (sum.clone() - doubled.clone()),
        );
    }
    PointMsg { curve: curve(), is_double: zero(), p: doubled, q: base.clone(), sum }
        .send(builder, bit);
}

/// The row of one step of the call at `time`.
#[cfg(feature = "fill")]
pub fn fill(time: u32, step: &Step) -> LadderRow<Goldilocks> {
    let halves = |point: &[[u64; 4]; 2]| {
        let halves = halves_of_constant(point.as_flattened());
        core::array::from_fn(|at| halves[at])
    };
    LadderRow {
        time: Goldilocks::from_u32(time),
        position: Goldilocks::from_u8(step.position),
        is_used: Goldilocks::ONE,
        bit: Goldilocks::from_bool(step.is_one),
        base: halves(&step.base),
        accumulator: halves(&step.accumulator),
        doubled: halves(&step.doubled),
        sum: halves(&step.sum),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::string::String;
    use std::vec::Vec;

    use lvm_isa::arithmetic::Point;
    use lvm_isa::event::{Access, MultiplyX};
    use lvm_isa::multiple::{Multiple, lift, multiple};
    use lvm_syscalls::curve::Operation;
    use lvm_syscalls::multiply_x::ORDER;

    use super::*;
    use crate::bus::Bus;
    use crate::check::Balance;
    use crate::counts::Counts;
    use crate::gadgets::wide::Word;
    use crate::tables::multiply_x::{self, MultiplyXRow};
    use crate::tables::point::{self, PointRow};
    use crate::tables::testing::*;

    /// x of the base point (SEC 2, section 2.4.1).
    const G: [u64; 4] =
        [0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac];

    /// The rows of one call or several.
    #[derive(Clone, Default)]
    struct Rows {
        calls: Vec<MultiplyXRow<Goldilocks>>,
        ladder: Vec<LadderRow<Goldilocks>>,
        points: Vec<PointRow<Goldilocks>>,
    }

    impl Rows {
        /// The rows of the call at `time`.
        fn of(time: u32, x: [u64; 4], k: [u64; 4]) -> Self {
            let mut rows = Self::default();
            rows.call(time, x, k);
            let multiple = multiple(&x, &k).expect("a multiple");
            rows.steps(time, &multiple);
            rows
        }

        fn call(&mut self, time: u32, x: [u64; 4], k: [u64; 4]) {
            let words = |words: [u64; 4]| {
                core::array::from_fn(|at| {
                    words.get(at).map_or(Access::default(), |word| Access { value: *word, time: 7 })
                })
            };
            let (x_words, k_words, target) = (words(x), words(k), words([5; 4]));
            let pointers = [0x3000, 0x4000, 0x5000];
            let event = MultiplyX { time, pointers, x: x_words, k: k_words, target };
            let multiple = multiple(&x, &k).expect("a multiple");
            let counts = &mut Counts::new(1);
            self.calls.push(multiply_x::fill(&event, &multiple, |_| true, counts));
        }

        fn steps(&mut self, time: u32, multiple: &Multiple) {
            for step in &multiple.steps {
                self.ladder.push(fill(time, step));
                self.sum(Operation::Double, &step.accumulator, &step.base);
                if step.is_one {
                    self.sum(Operation::Add, &step.doubled, &step.base);
                }
            }
        }

        fn sum(&mut self, operation: Operation, p: &Point, q: &Point) {
            let counts = &mut Counts::new(1);
            self.points.push(point::fill(Curve::Secp256k1, operation, p, q, counts));
        }

        /// What is wrong with the rows: labels of constraints, and names of the buses between them that
        /// don't balance.
        fn faults(&self) -> BTreeSet<String> {
            let mut balance = Balance::default();
            let mut faults = BTreeSet::new();
            let mut add = |(failures, mut messages): (Vec<String>, Vec<_>), wrong: Vec<String>| {
                faults.extend(failures);
                faults.extend(wrong);
                messages.retain(|message: &crate::check::RowMessage| {
                    matches!(message.bus, Bus::Ladder | Bus::LadderBit | Bus::Point)
                });
                balance.add("rows", 0, messages);
            };
            for row in &self.calls {
                add(check(row, multiply_x::eval), violations(row, multiply_x::eval));
            }
            for row in &self.ladder {
                add(check(row, eval), violations(row, eval));
            }
            for row in &self.points {
                add(check(row, point::eval), violations(row, point::eval));
            }
            faults.extend(balance.imbalances().iter().map(|it| String::from(it.bus.name())));
            faults
        }

        #[track_caller]
        fn expect(&self, faults: &[&str]) {
            let found = self.faults();
            assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), faults);
        }
    }

    fn small(k: u64) -> [u64; 4] {
        [k, 0, 0, 0]
    }

    /// The point's halves, as a row has them.
    fn halves(point: &Point) -> [Goldilocks; 16] {
        let halves = halves_of_constant(point.as_flattened());
        core::array::from_fn(|at| halves[at])
    }

    fn multiple_of_g(k: u64) -> Multiple {
        multiple(&G, &small(k)).expect("a multiple")
    }

    #[test]
    fn honest_calls_balance() {
        let mut last = ORDER;
        last[0] -= 1;
        let random = [0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb, 5 << 50];
        for k in [small(1), small(2), small(3), small(5), [0, 0, 0, 1 << 63], last, random] {
            let rows = Rows::of(400, G, k);
            assert_eq!(rows.faults(), BTreeSet::new(), "{k:x?}");
            let [steps, sums] = lvm_isa::multiple::counts(&k);
            assert_eq!((rows.ladder.len() as u64, rows.points.len() as u64), (steps, sums));
        }
        expect_padding::<LadderRow<Goldilocks>>(eval);
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        // Positions 1, with a 0, and 0, with a 1.
        let honest = Rows::of(400, G, small(5)).ladder;
        let corrupt = |at: usize, label: &str, change: fn(&mut LadderRow<Goldilocks>)| {
            let mut row = honest[at];
            change(&mut row);
            expect_violation(&row, label, eval);
        };
        corrupt(0, "is_used is boolean", |r| r.is_used = Goldilocks::TWO);
        corrupt(0, "the bit is boolean", |r| r.bit = Goldilocks::TWO);
        corrupt(1, "only a used row has a bit", |r| r.is_used = Goldilocks::ZERO);
        for at in 0..16 {
            let mut row = honest[0];
            row.sum[at] += Goldilocks::ONE;
            expect_violation(&row, "nothing is added without a bit", eval);
        }
    }

    /// Each cell of each row of a call is either of no meaning or held by another row.
    #[test]
    fn cells_of_steps_are_held() {
        let honest = Rows::of(400, G, small(5));
        for row in 0..2 {
            for change in 0..68 {
                let mut cells = [Goldilocks::ZERO; 68];
                honest.ladder[row].write(&mut cells.iter_mut());
                cells[change] += Goldilocks::ONE;
                let mut lie = honest.clone();
                lie.ladder[row] = LadderRow::of(&cells);
                assert!(!lie.faults().is_empty(), "row {row}, cell {change}");
            }
        }
    }

    #[test]
    fn a_dropped_step_is_missed() {
        for row in 0..2 {
            let mut rows = Rows::of(400, G, small(5));
            rows.ladder.remove(row);
            rows.expect(&["ladder", "ladder_bit", "point"]);
        }
        // Also where the call says that its multiple is that of the steps left.
        let mut rows = Rows::of(400, G, small(5));
        rows.ladder.pop();
        rows.points.drain(1..);
        rows.points.truncate(1);
        let double = multiple_of_g(2).point();
        set_result(&mut rows.calls[0], &double);
        rows.expect(&["ladder", "ladder_bit"]);
    }

    /// Makes the row write another result.
    fn set_result(row: &mut MultiplyXRow<Goldilocks>, result: &Point) {
        let bytes: Vec<u8> = result[0].iter().flat_map(|word| word.to_le_bytes()).collect();
        row.result.bytes = core::array::from_fn(|at| Goldilocks::from_u8(bytes[at]));
        row.result_y = core::array::from_fn(|at| halves(result)[8 + at]);
    }

    #[test]
    fn the_steps_of_another_scalar_are_refused() {
        // 4 to 7 have as many bits as 5.
        for other in [4, 6, 7] {
            let mut rows = Rows::default();
            rows.call(400, G, small(5));
            let multiple = multiple_of_g(other);
            rows.steps(400, &multiple);
            set_result(&mut rows.calls[0], &multiple.point());
            rows.expect(&["ladder_bit"]);
        }
        // 2 and 3 have fewer, 9 has more.
        for other in [2, 3, 9] {
            let mut rows = Rows::default();
            rows.call(400, G, small(5));
            let multiple = multiple_of_g(other);
            rows.steps(400, &multiple);
            set_result(&mut rows.calls[0], &multiple.point());
            rows.expect(&["ladder", "ladder_bit"]);
        }
    }

    /// The highest bit is that of the scalar, whatever ladder the prover would like.
    #[test]
    fn another_highest_bit_is_refused() {
        for length in [1, 2, 4] {
            let mut rows = Rows::default();
            rows.call(400, G, small(5));
            let call = &mut rows.calls[0];
            call.begun = core::array::from_fn(|at| Goldilocks::from_bool(at < length));
            // The bits that such a scalar would have, below a 1.
            let highest = 1 << (length - 1);
            let multiple = multiple_of_g(5 % highest + highest);
            rows.steps(400, &multiple);
            set_result(&mut rows.calls[0], &multiple.point());
            rows.expect(&["a bit begins the scalar, or one above it"]);
        }
    }

    #[test]
    fn another_base_is_refused() {
        let other = lift(&[1, 0, 0, 0]).expect("1 is an x");
        for row in 0..2 {
            let mut rows = Rows::default();
            rows.call(400, G, small(5));
            let mut multiple = multiple_of_g(5);
            // Another point is added in one step: the sums are true, the chain breaks.
            multiple.steps[row].base = other;
            if row == 1 {
                let step = &mut multiple.steps[row];
                let sum = lvm_isa::arithmetic::curve(
                    Curve::Secp256k1,
                    Operation::Add,
                    &step.doubled,
                    &other,
                );
                step.sum = sum.expect("a sum").sum;
            }
            rows.steps(400, &multiple);
            set_result(&mut rows.calls[0], &multiple.point());
            rows.expect(&["ladder"]);
        }
    }

    #[test]
    fn a_sum_that_is_none_is_refused() {
        let mut rows = Rows::of(400, G, small(5));
        let other = multiple_of_g(6).point();
        rows.ladder[1].sum = halves(&other);
        set_result(&mut rows.calls[0], &other);
        rows.expect(&["point"]);
    }

    /// Two calls with each other's results, and one call's steps in the other's place.
    #[test]
    fn calls_have_their_own_steps() {
        let mut rows = Rows::of(400, G, small(5));
        let other = Rows::of(408, G, small(6));
        rows.calls.extend(other.calls);
        rows.ladder.extend(other.ladder);
        rows.points.extend(other.points);
        rows.expect(&[]);
        let results = [6, 5].map(|k| multiple_of_g(k).point());
        let mut lie = rows.clone();
        for (call, result) in lie.calls.iter_mut().zip(&results) {
            set_result(call, result);
        }
        lie.expect(&["ladder"]);
        for step in &mut lie.ladder {
            step.time = Goldilocks::from_u32(808) - step.time;
        }
        lie.expect(&["ladder_bit"]);
    }

    /// Steps of no call find no beginning and no end.
    #[test]
    fn steps_without_a_call_are_refused() {
        for k in [2, 5] {
            let mut rows = Rows::of(400, G, small(k));
            rows.steps(404, &multiple_of_g(k));
            rows.expect(&["ladder", "ladder_bit"]);
        }
    }

    /// A scalar of 1 has no steps: its result is the point itself, and no other.
    #[test]
    fn the_scalar_one_gives_the_point_itself() {
        let mut rows = Rows::of(400, G, small(1));
        assert_eq!(rows.ladder.len(), 0);
        set_result(&mut rows.calls[0], &multiple_of_g(2).point());
        rows.expect(&["ladder"]);
    }

    /// The point may have either y, and no other: the equation of the curve.
    #[test]
    fn both_roots_and_no_other_are_accepted() {
        let x = small(1);
        let mut point = lift(&x).expect("1 is an x");
        let modulus = Curve::Secp256k1.modulus();
        for is_negated in [false, true] {
            if is_negated {
                let minus_one = [modulus[0] - 1, modulus[1], modulus[2], modulus[3]];
                let terms = [(false, &minus_one, &point[1])];
                let negated = lvm_isa::arithmetic::divide_sum(&terms, &modulus);
                point[1] = negated.expect("a remainder").remainder;
            }
            let words = |words: [u64; 4]| {
                let [a, b, c, d] = words.map(|value| Access { value, time: 7 });
                [a, b, c, d, Access::default()]
            };
            let event = MultiplyX {
                time: 400,
                pointers: [0x3000, 0x4000, 0x5000],
                x: words(x),
                k: words(x),
                target: words(x),
            };
            let multiple = Multiple { base: point, steps: Vec::new() };
            let row = multiply_x::fill(&event, &multiple, |_| true, &mut Counts::new(1));
            let rows = Rows { calls: [row].into(), ..Rows::default() };
            assert_eq!(rows.faults(), BTreeSet::new(), "{is_negated}");
            let mut lie = rows.clone();
            point[1][0] ^= 1;
            lie.calls[0].y[0] = Word::fill(point[1][0], &mut Counts::new(1));
            set_result(&mut lie.calls[0], &point);
            point[1][0] ^= 1;
            lie.expect(&["y² is s·x + 7"]);
        }
    }
}
