//! `range`: the numbers below 2^16 and their top bits, 2^16 preprocessed rows.
//!
//! Statement: a message on `range16` is a number below 2^16; one on `sign16` is such a number
//! with its bit 15.

use alloc::vec::Vec;

use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{Range16Msg, Sign16Msg};
use crate::columns::{Columns, columns};

columns! {
    /// The preprocessed side of a row.
    pub struct RangeEntry {
        /// 0 to 2^16 − 1.
        value: cell,
        /// Bit 15 of the value.
        sign: cell,
    }
}

columns! {
    /// The prover's side of a row.
    pub struct RangeRow {
        /// How often `range16` is asked for the value.
        range_multiplicity: cell,
        /// How often `sign16` is asked for the value.
        sign_multiplicity: cell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let entry = RangeEntry::<AB::Var>::of(builder.preprocessed().current_slice());
    let row = RangeRow::<AB::Var>::of(builder.main().current_slice());
    Range16Msg { value: entry.value.into() }.provide(builder, row.range_multiplicity);
    Sign16Msg { value: entry.value.into(), sign: entry.sign.into() }
        .provide(builder, row.sign_multiplicity);
}

/// The preprocessed rows.
#[must_use]
pub fn entries() -> Vec<RangeEntry<Goldilocks>> {
    (0..=u16::MAX)
        .map(|value| RangeEntry {
            value: Goldilocks::from_u16(value),
            sign: Goldilocks::from_bool(value >> 15 == 1),
        })
        .collect()
}
