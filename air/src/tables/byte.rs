//! `byte`: all pairs of bytes and their bitwise and, 2^16 preprocessed rows.
//!
//! Statement: a message on `byte_pair` is a pair of bytes; one on `bitwise_and` is a pair of
//! bytes with their bitwise and.

use alloc::vec::Vec;

use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{BitwiseAndMsg, BytePairMsg};
use crate::columns::{Columns, columns};

columns! {
    /// The preprocessed side of a row.
    pub struct ByteEntry {
        /// 0 to 255.
        a: cell,
        /// 0 to 255.
        b: cell,
        /// `a & b`.
        and: cell,
    }
}

columns! {
    /// The prover's side of a row.
    pub struct ByteRow {
        /// How often `bitwise_and` is asked for the pair.
        and_multiplicity: cell,
        /// How often `byte_pair` is asked for the pair.
        pair_multiplicity: cell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let entry = ByteEntry::<AB::Var>::of(builder.preprocessed().current_slice());
    let row = ByteRow::<AB::Var>::of(builder.main().current_slice());
    BitwiseAndMsg { a: entry.a.into(), b: entry.b.into(), and: entry.and.into() }
        .provide(builder, row.and_multiplicity);
    BytePairMsg { a: entry.a.into(), b: entry.b.into() }.provide(builder, row.pair_multiplicity);
}

/// The preprocessed rows, at `a + 256·b`.
#[must_use]
pub fn entries() -> Vec<ByteEntry<Goldilocks>> {
    (0..=u8::MAX)
        .flat_map(|b| (0..=u8::MAX).map(move |a| (a, b)))
        .map(|(a, b)| ByteEntry {
            a: Goldilocks::from_u8(a),
            b: Goldilocks::from_u8(b),
            and: Goldilocks::from_u8(a & b),
        })
        .collect()
}
