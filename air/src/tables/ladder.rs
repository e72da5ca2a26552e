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
