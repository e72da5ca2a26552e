//! The messages between a call for a multiple of a point and its steps.

use crate::builder::{Side, TableBuilder};
use crate::bus::{Bus, PointHalves};

/// A multiple of a point is under way: `acc` is the multiple of `base` by the bits of the scalar from
/// position `remaining` on.
///
/// `multiply_x` sends the state in which only the scalar's highest bit is taken, and receives that in
/// which none remains, with the same time and base. Each row of `ladder` receives a state and
/// sends that with one bit less remaining. There are fewer rows than elements of the field, so that
/// the states of a call form one chain, which has a row for each bit below the highest, and no
/// state is on a chain that doesn't end: `time` tells the calls apart.
///
/// The halves of the first state's points are below 2^32, as `multiply_x` guarantees. Those of a later
/// acc are the coordinates of a sum on `point`, which guarantees it.
#[derive(Clone, Debug)]
pub struct LadderMsg<E> {
    /// Time at which the call's ECALL starts.
    pub time: E,
    /// How many bits of the scalar aren't taken yet: those below this position.
    pub remaining: E,
    /// The multiple by the bits that are taken.
    pub acc: PointHalves<E>,
    /// The point that is multiplied.
    pub base: PointHalves<E>,
}

impl<E> LadderMsg<E> {
    /// Names of the fields, in bus order.
    pub const FIELDS: &'static [&'static str] = &[
        "time",
        "remaining",
        "acc.x[0]",
        "acc.x[1]",
        "acc.x[2]",
        "acc.x[3]",
        "acc.x[4]",
        "acc.x[5]",
        "acc.x[6]",
        "acc.x[7]",
        "acc.y[0]",
        "acc.y[1]",
        "acc.y[2]",
        "acc.y[3]",
        "acc.y[4]",
        "acc.y[5]",
        "acc.y[6]",
        "acc.y[7]",
        "base.x[0]",
        "base.x[1]",
        "base.x[2]",
        "base.x[3]",
        "base.x[4]",
        "base.x[5]",
        "base.x[6]",
        "base.x[7]",
        "base.y[0]",
        "base.y[1]",
        "base.y[2]",
        "base.y[3]",
        "base.y[4]",
        "base.y[5]",
        "base.y[6]",
        "base.y[7]",
    ];
}

impl<E> LadderMsg<E> {
    /// Sends the message; the multiplicity is 0 or 1.
    pub fn send<AB: TableBuilder<Expr = E>>(self, builder: &mut AB, multiplicity: impl Into<E>) {
        self.put(builder, Side::Send, multiplicity.into());
    }

    /// Receives the message; the multiplicity is 0 or 1.
    pub fn receive<AB: TableBuilder<Expr = E>>(self, builder: &mut AB, multiplicity: impl Into<E>) {
        self.put(builder, Side::Receive, multiplicity.into());
    }

    fn put<AB: TableBuilder<Expr = E>>(self, builder: &mut AB, side: Side, multiplicity: E) {
        let Self { time, remaining, acc, base } = self;
        let fields = [time, remaining].into_iter().chain(acc).chain(base);
        builder.message(Bus::Ladder, side, fields, multiplicity, 1);
    }
}

const _: () = assert!(Bus::Ladder.arity() == 34);

message! { LadderBit, 3,
    /// The scalar of the `multiply_x` call at `time` has `bit` at `position`, which is below its
    /// highest bit that is 1.
    ///
    /// `multiply_x` sends each such position once.
    LadderBitMsg {
        /// Time at which the ECALL starts.
        time,
        /// Position, from 0 on.
        position,
        /// The bit; 0 or 1.
        bit,
    }
}
