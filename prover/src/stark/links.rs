//! Step 6, of permutations: the columns that tie layers to a table; see
//! `lvm_verifier::stark::links`.

use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use lvm_air::keccak_f::{BITS, LANES};
use lvm_air::table::PERIOD;
use lvm_air::tables::keccak::BEFORE;
use lvm_verifier::stark::links::{Link, SIDES, Side, equality};
use lvm_verifier::stark::merkle::BLOCK_ELEMENTS;
use p3_field::{BasedVectorSpace, PrimeCharacteristicRing};
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;

use crate::stark::commit::Cells;
use crate::stark::interactions::Columns;
use crate::stark::reused::Reused;
use crate::stark::transform::extend;

/// Fills the columns of a link from column `offset` on: the products, and the kernels.
pub(super) fn fill(link: &Link, main: &Columns<'_>, offset: usize, filled: &mut Cells) {
    let kernels = link.sides.each_ref().map(kernel);
    let width = filled.width;
    filled.values.par_chunks_mut(width).enumerate().with_min_len(PERIOD).for_each(
        |(row, cells)| {
            let here = kernels.each_ref().map(|kernel| kernel[row]);
            let mut product = Challenge::ZERO;
            if row % PERIOD < LANES {
                let bits = &main.row(row)[BEFORE..][..SIDES * BITS];
                for ((bits, side), kernel) in bits.chunks_exact(BITS).zip(&link.sides).zip(here) {
                    let bits = bits.iter().zip(&side.bits);
                    product += bits.map(|(&bit, &weight)| weight * bit).sum::<Challenge>() * kernel;
                }
            }
            let [before, after] = here;
            let columns = cells[offset..].chunks_exact_mut(CHALLENGE_DEGREE);
            for (cells, value) in columns.zip([product, before, after]) {
                cells.copy_from_slice(value.as_basis_coefficients_slice());
            }
        },
    );
}

/// A side's kernel in each row.
fn kernel(side: &Side) -> Vec<Challenge> {
    let mut kernel = equality(&side.rows);
    kernel.par_iter_mut().with_min_len(1 << 10).for_each(|value| *value *= side.factor);
    kernel
}

/// The ratios of both sides on the evaluation domain, in [`SIDES`] times three base columns, and
/// padding.
pub(super) fn extend_ratios(reused: &Reused, link: &Link, log_height: usize) -> Cells {
    let ratios =
        link.sides.each_ref().map(|side| side.ratios().expect("challenges are neither 0 nor 1"));
    let mut cells = reused.buffer(BLOCK_ELEMENTS << log_height);
    cells.par_chunks_mut(BLOCK_ELEMENTS).enumerate().with_min_len(1 << 10).for_each(
        |(row, cells)| {
            let (used, padding) = cells.split_at_mut(SIDES * CHALLENGE_DEGREE);
            for (cells, ratios) in used.chunks_exact_mut(CHALLENGE_DEGREE).zip(&ratios) {
                let ratio = &ratios[row.trailing_ones() as usize];
                cells.copy_from_slice(ratio.as_basis_coefficients_slice());
            }
            padding.fill(Val::ZERO);
        },
    );
    let rows = RowMajorMatrix::new(cells, BLOCK_ELEMENTS);
    let extended = extend(reused, &rows);
    reused.give_back(rows.values);
    extended
}
