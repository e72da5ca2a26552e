//! `image`: the memory words of the program's initial image, one preprocessed row each.
//!
//! Statement: each of these words starts with the program's value and ends as the last segment that
//! touches it leaves it.

use alloc::vec::Vec;

use lvm_isa::program::Program;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::cell::{MemoryCell, OrderedCell};
use crate::gadgets::value::Value;

columns! {
    /// The preprocessed side of a row.
    pub struct ImageEntry {
        /// 1 in a row that is used; 0 in padding.
        is_real: cell,
        /// Address, 8-aligned.
        address: cell,
        /// 1 if stores may change the word, 0 if an executable segment has a part of it.
        is_writable: cell,
        /// The program's value; canonical.
        initial: Value,
    }
}

columns! {
    /// The prover's side of a row.
    pub struct ImageRow {
        /// Order and last state.
        cell: MemoryCell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let entry = ImageEntry::<AB::Var>::of(builder.preprocessed().current_slice());
    let row = ImageRow::<AB::Var>::of(builder.main().current_slice());
    let initial = entry.initial.into_exprs();
    row.cell.constrain(builder, entry.address, initial, entry.is_writable, entry.is_real);
}

/// The preprocessed rows, without padding.
#[must_use]
pub fn entries(program: &Program) -> Vec<ImageEntry<Goldilocks>> {
    program
        .words
        .iter()
        .map(|&(address, word)| ImageEntry {
            is_real: Goldilocks::ONE,
            address: Goldilocks::from_u64(address),
            is_writable: Goldilocks::from_bool(!program.is_read_only(address)),
            initial: Value::from_u64(word),
        })
        .collect()
}

/// The prover's side of one word's row.
pub fn fill(event: &OrderedCell, counts: &mut Counts) -> ImageRow<Goldilocks> {
    let OrderedCell { previous, cell } = event;
    ImageRow { cell: MemoryCell::fill(*previous, cell, counts) }
}
