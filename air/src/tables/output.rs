//! `output`: the public output of the statement, one row a byte.
//!
//! Statement: `output` receives exactly the statement's bytes at their positions. Position and
//! byte are periodic columns of the table's own height, which the verifier computes from the
//! statement; the committed columns repeat them, because messages are made of committed columns.

use alloc::vec;
use alloc::vec::Vec;

use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::OutputMsg;
use crate::columns::{Columns, columns};

columns! {
    /// One byte of public output.
    pub struct OutputRow {
        /// 1 in a row that is used.
        is_real: cell,
        /// Position from the start.
        position: cell,
        /// The byte.
        byte: cell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = OutputRow::<AB::Var>::of(builder.main().current_slice());
    let [is_real, position, byte] = *builder.periodic_values() else {
        panic!("`output` has the statement's three columns");
    };
    let [is_real, position, byte]: [AB::Expr; 3] = [is_real.into(), position.into(), byte.into()];
    builder.constrain("is_real is the statement's", is_real - row.is_real);
    builder.constrain("position is the statement's", position - row.position);
    builder.constrain("byte is the statement's", byte - row.byte);
    OutputMsg { position: row.position.into(), byte: row.byte.into() }
        .receive(builder, row.is_real);
}

/// The three columns for `output`, padded to `height` rows: used, position, byte.
#[must_use]
pub fn columns_of(output: &[u8], height: usize) -> Vec<Vec<Goldilocks>> {
    let mut columns = vec![vec![Goldilocks::ZERO; height]; 3];
    for (position, byte) in output.iter().enumerate() {
        columns[0][position] = Goldilocks::ONE;
        columns[1][position] = Goldilocks::from_usize(position);
        columns[2][position] = Goldilocks::from_u8(*byte);
    }
    columns
}

/// The rows, without padding.
#[must_use]
pub fn fill(output: &[u8]) -> Vec<OutputRow<Goldilocks>> {
    output
        .iter()
        .enumerate()
        .map(|(position, byte)| OutputRow {
            is_real: Goldilocks::ONE,
            position: Goldilocks::from_usize(position),
            byte: Goldilocks::from_u8(*byte),
        })
        .collect()
}
