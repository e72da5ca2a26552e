//! `shift_amount`: what each shift amount means, 64 preprocessed rows.
//!
//! Statement: a message on the `shift_amount` bus is an amount from 0 to 63 with the multiplier
//! that shifts within a 16-bit limb, and the two bits that move by whole limbs.

use alloc::vec::Vec;

use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::ShiftAmountMsg;
use crate::columns::{Columns, columns};
use crate::counts::SHIFT_AMOUNTS;

columns! {
    /// The preprocessed side of a row: one amount.
    pub struct ShiftAmountEntry {
        /// 0 to 63.
        amount: cell,
        /// `2^(amount % 16)`.
        multiplier: cell,
        /// Bit 4 of the amount.
        by_16: cell,
        /// Bit 5 of the amount.
        by_32: cell,
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
        amount: entry.amount.into(),
        multiplier: entry.multiplier.into(),
        by_16: entry.by_16.into(),
        by_32: entry.by_32.into(),
    }
    .provide(builder, row.multiplicity);
}

/// The preprocessed rows, at their amounts.
#[must_use]
pub fn entries() -> Vec<ShiftAmountEntry<Goldilocks>> {
    (0..SHIFT_AMOUNTS as u8)
        .map(|amount| ShiftAmountEntry {
            amount: Goldilocks::from_u8(amount),
            multiplier: Goldilocks::from_u16(1 << (amount % 16)),
            by_16: Goldilocks::from_bool(amount & 16 != 0),
            by_32: Goldilocks::from_bool(amount & 32 != 0),
        })
        .collect()
}
