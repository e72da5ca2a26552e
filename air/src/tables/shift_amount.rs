//! `shift_amount`: what each shift amount means, 128 preprocessed rows.
//!
//! Statement: a message on the `shift_amount` bus is one of the 128 combinations of a direction
//! and an amount from 0 to 63, with the multiplier that turns the shift into a multiplication of
//! 32-bit limbs.
//!
//! To the left by `s = amount % 32`, a limb times `2^s` has the shifted bits in its low half and
//! the bits for the next limb in its high half. To the right by `s ≠ 0`, a limb times `2^(32−s)`
//! has the shifted bits in its high half (`upper`) and the bits for the limb below in its low
//! half. A right shift by `s = 0` uses the multiplier 1 and the low half.

use alloc::vec::Vec;

use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::ShiftAmountMsg;
use crate::columns::{Columns, columns};

columns! {
    /// The preprocessed side of a row: one direction and amount.
    pub struct ShiftAmountEntry {
        /// 1 for a right shift, 0 for a left shift.
        right: cell,
        /// 0 to 63.
        amount: cell,
        /// Bit 5 of the amount.
        limb: cell,
        /// `2^(amount % 32)`, or `2^(32 − amount % 32)` where `upper`.
        multiplier: cell,
        /// 1 for a right shift with `amount % 32 ≠ 0`.
        upper: cell,
    }
}

columns! {
    /// The prover's side of a row.
    pub struct ShiftAmountRow {
        /// How often the entry is asked for.
        multiplicity: cell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let entry = ShiftAmountEntry::<AB::Var>::of(builder.preprocessed().current_slice());
    let row = ShiftAmountRow::<AB::Var>::of(builder.main().current_slice());
    ShiftAmountMsg {
        right: entry.right.into(),
        amount: entry.amount.into(),
        limb: entry.limb.into(),
        multiplier: entry.multiplier.into(),
        upper: entry.upper.into(),
    }
    .provide(builder, row.multiplicity);
}

/// The multiplier of a shift, and whether its result is in the upper half of the product.
#[must_use]
pub const fn multiplier(right: bool, amount: u8) -> (u64, bool) {
    let within = amount % 32;
    if right && within != 0 { (1 << (32 - within), true) } else { (1 << within * !right as u8, false) }
}

/// The preprocessed rows, at `amount + 64·right`.
#[must_use]
pub fn entries() -> Vec<ShiftAmountEntry<Goldilocks>> {
    [false, true]
        .into_iter()
        .flat_map(|right| (0..64).map(move |amount| (right, amount)))
        .map(|(right, amount)| {
            let (multiplier, upper) = multiplier(right, amount);
            ShiftAmountEntry {
                right: Goldilocks::from_bool(right),
                amount: Goldilocks::from_u8(amount),
                limb: Goldilocks::from_bool(amount >= 32),
                multiplier: Goldilocks::from_u64(multiplier),
                upper: Goldilocks::from_bool(upper),
            }
        })
        .collect()
}
