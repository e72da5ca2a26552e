//! `keccak`: the keccak-f[1600] permutation, 24 rows each, by p3-keccak-air.
//!
//! Statement: for each call received, the 25 words sent on `keccak_word` are one permutation's
//! input and output.
//!
//! p3-keccak-air proves the rounds and allows its `export` flag only in a permutation's last row,
//! which holds both the input (`preimage`) and the output. The limbs of both are made of bits
//! there, so they are canonical. This table adds the call's time and pointer, which matter in the
//! exported rows only.
//!
//! Source: FIPS 202, section 3.

use alloc::vec::Vec;

#[cfg(feature = "fill")]
use lvm_isa::event::Keccak;
use p3_air::{Air, WindowAccess};
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;
use p3_keccak_air::{KeccakAir, KeccakCols, NUM_KECCAK_COLS};
use p3_uni_stark::SubAirBuilder;

use crate::builder::TableBuilder;
use crate::bus::{KeccakCallMsg, KeccakWordMsg};
use crate::columns::Column;

/// Columns: the permutation's, then time and pointer.
pub const WIDTH: usize = NUM_KECCAK_COLS + 2;
/// Rows of one permutation.
pub const ROUNDS: usize = 24;
/// Column of the export flag: it follows the step flags.
#[cfg(feature = "fill")]
const EXPORT: usize = ROUNDS;
const TIME: usize = NUM_KECCAK_COLS;
const POINTER: usize = NUM_KECCAK_COLS + 1;

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    if builder.wants_constraints() {
        KeccakAir {}
            .eval(&mut SubAirBuilder::<AB, KeccakAir, AB::Var>::new(builder, 0..NUM_KECCAK_COLS));
    }

    let main = builder.main();
    let cells = main.current_slice();
    let permutation: &KeccakCols<AB::Var> = core::borrow::Borrow::borrow(&cells[..NUM_KECCAK_COLS]);
    let (time, pointer) = (cells[TIME], cells[POINTER]);
    let export = permutation.export;
    KeccakCallMsg { time: time.into(), pointer: pointer.into() }.receive(builder, export);
    let half = |low: AB::Var, high: AB::Var| -> AB::Expr {
        Into::<AB::Expr>::into(high) * Goldilocks::from_u32(1 << 16) + low
    };
    for word in 0..25 {
        let (y, x) = (word / 5, word % 5);
        let before = permutation.preimage[y][x];
        let after: [AB::Var; 4] =
            core::array::from_fn(|limb| permutation.a_prime_prime_prime(y, x, limb));
        KeccakWordMsg {
            time: time.into(),
            address: Into::<AB::Expr>::into(pointer) + Goldilocks::from_usize(8 * word),
            before_lo: half(before[0], before[1]),
            before_hi: half(before[2], before[3]),
            after_lo: half(after[0], after[1]),
            after_hi: half(after[2], after[3]),
        }
        .send(builder, export);
    }
}

/// The columns' names, in groups as p3-keccak-air has them.
#[must_use]
pub fn describe() -> Vec<Column> {
    let groups: [(&str, usize, &str); 12] = [
        ("step_flags", 24, "1 in the row of this round; boolean, rotating."),
        ("export", 1, "1 in the last row of a permutation that was called; boolean."),
        ("preimage", 100, "Input of the permutation, 16-bit limbs."),
        ("a", 100, "Input of the round, 16-bit limbs."),
        ("c", 320, "Parities of the columns of `a`; boolean."),
        ("c_prime", 320, "`c` after theta; boolean."),
        ("a_prime", 1600, "State after theta; boolean."),
        ("a_prime_prime", 100, "State after chi, 16-bit limbs."),
        ("a_prime_prime_0_0_bits", 64, "Bits of the first word after chi; boolean."),
        ("a_prime_prime_prime_0_0_limbs", 4, "First word after iota, 16-bit limbs."),
        ("time", 1, "Time of the call; used where exported."),
        ("pointer", 1, "Address of the first word; used where exported."),
    ];
    groups
        .into_iter()
        .flat_map(|(name, count, doc)| {
            (0..count).map(move |i| Column {
                name: if count == 1 { name.into() } else { alloc::format!("{name}[{i}]") },
                doc: doc.into(),
            })
        })
        .collect()
}

/// The cells of all permutations, without padding to a power of two.
#[cfg(feature = "fill")]
#[must_use]
pub fn fill(events: &[Keccak]) -> p3_matrix::dense::RowMajorMatrix<Goldilocks> {
    use p3_matrix::Matrix;
    use p3_matrix::dense::RowMajorMatrix;
    use rayon::prelude::*;

    let inputs = events.iter().map(|event| event.words.map(|access| access.value)).collect();
    let permutations: RowMajorMatrix<Goldilocks> = p3_keccak_air::generate_trace_rows(inputs, 0);
    let height = permutations.height();
    let mut cells = Goldilocks::zero_vec(height * WIDTH);
    cells.par_chunks_mut(WIDTH).enumerate().for_each(|(row, cells)| {
        let start = row * NUM_KECCAK_COLS;
        cells[..NUM_KECCAK_COLS]
            .copy_from_slice(&permutations.values[start..start + NUM_KECCAK_COLS]);
        cells[EXPORT] = Goldilocks::ZERO;
        if row % ROUNDS == ROUNDS - 1
            && let Some(event) = events.get(row / ROUNDS)
        {
            cells[EXPORT] = Goldilocks::ONE;
            cells[TIME] = Goldilocks::from_u32(event.time);
            cells[POINTER] = Goldilocks::from_u64(event.pointer);
        }
    });
    RowMajorMatrix::new(cells, WIDTH)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use lvm_isa::event::Access;
    use p3_matrix::Matrix;

    use super::*;
    use crate::check::RowChecker;

    fn event(time: u32) -> Keccak {
        let words = core::array::from_fn(|i| Access { value: (i as u64) << 33 | 5, time: 1 });
        Keccak { time, pointer: 0x3000, words }
    }

    fn failures(cells: &[Goldilocks]) -> (Vec<usize>, usize) {
        let height = cells.len() / WIDTH;
        let row = |i: usize| &cells[i % height * WIDTH..(i % height + 1) * WIDTH];
        let mut failed = Vec::new();
        let mut messages = 0;
        for i in 0..height {
            let mut checker = RowChecker::new([row(i), row(i + 1)], [&[], &[]], i, height);
            eval(&mut checker);
            messages += checker.messages.len();
            if !checker.failures.is_empty() {
                failed.push(i);
            }
        }
        (failed, messages)
    }

    #[test]
    fn honest_permutations_send_their_words() {
        let trace = fill(&[event(400), event(800)]);
        assert_eq!(trace.height(), 64);
        assert_eq!(failures(&trace.values), (std::vec![], 2 * 26));
    }

    #[test]
    fn corrupted_permutations_fail() {
        let trace = fill(&[event(400)]);
        let mut early = trace.values.clone();
        early[5 * WIDTH + EXPORT] = Goldilocks::ONE;
        assert_eq!(failures(&early).0, [5]);
        let mut output = trace.values.clone();
        // The last of the 100 limbs after chi lies before the 64 bits and 4 limbs at the end.
        output[23 * WIDTH + NUM_KECCAK_COLS - 69] += Goldilocks::ONE;
        assert_eq!(failures(&output).0, [23]);
        let mut input = trace.values.clone();
        input[23 * WIDTH + 25] += Goldilocks::ONE;
        assert_eq!(failures(&input).0, [22]);
    }
}
