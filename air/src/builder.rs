//! What a table is written against: labelled constraints and bus messages.
//!
//! Tables see only [`TableBuilder`]. The proof protocol plugs in underneath, and so does the row
//! checker in [`crate::check`], which needs the labels.

use p3_air::AirBuilder;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::bus::Bus;

/// Which side of a bus a message is on. Both sides of every bus must add up to the same multiset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Counted positively: what a table states or asks.
    Send,
    /// Counted negatively: what a table takes or provides.
    Receive,
}

/// Collects a table's constraints and messages.
pub trait TableBuilder: AirBuilder<F = Goldilocks> {
    /// Requires `zero` to be zero on every row.
    fn constrain(&mut self, label: &'static str, zero: impl Into<Self::Expr>);

    /// Puts `fields` on `bus`, `multiplicity` times.
    ///
    /// `multiplicity_max` bounds the multiplicity on any row; the table's constraints must
    /// enforce it. A provided multiplicity, which the other side's count bounds, has bound 0.
    fn message(
        &mut self,
        bus: Bus,
        side: Side,
        fields: impl IntoIterator<Item = Self::Expr>,
        multiplicity: Self::Expr,
        multiplicity_max: u32,
    );

    /// Requires `bit` to be 0 or 1.
    fn constrain_bool(&mut self, label: &'static str, bit: impl Into<Self::Expr>) {
        let bit = bit.into();
        self.constrain(label, bit.clone() * (bit - Self::Expr::ONE));
    }
}
