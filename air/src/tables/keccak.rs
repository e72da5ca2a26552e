//! `keccak`: keccak-f[1600] calls, 32 rows each.
//!
//! Statement: for each call received, the 25 words at its pointer are replaced, at the call's time
//! plus 2, by their permutation.
//!
//! A permutation has a row for each word, then seven rows of padding; where it begins is fixed by
//! the row's number. The bits before and after are columns, so both words are canonical. That the
//! bits after all are the permutation of the bits before is not said by constraints on rows: it is
//! an argument over all permutations of the table, used or not ([`crate::keccak_f`]), which reads
//! the bits of the rows of words.
//!
//! Source: FIPS 202, section 3.

#[cfg(feature = "fill")]
use lvm_isa::event::Keccak;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::KeccakCallMsg;
use crate::columns::{Columns, columns};
#[cfg(feature = "fill")]
use crate::counts::Counts;
use crate::gadgets::memory::MemoryWrite;
use crate::gadgets::value::Value;
use crate::keccak_f::{BITS, LANES};
use crate::table::Periodic;
#[cfg(feature = "fill")]
use crate::trace::Buffer;

/// Log2 of the rows of a permutation.
pub const LOG_ROWS: usize = 5;
/// Rows of a permutation.
pub const ROWS: usize = 1 << LOG_ROWS;

/// What each row of a permutation is.
pub const PERIODIC: [Periodic; 3] = [
    Periodic { name: "is_first_word", ones: 0..1 },
    Periodic { name: "is_inner_word", ones: 0..LANES - 1 },
    Periodic { name: "is_padding_word", ones: LANES..ROWS },
];

columns! {
    /// One word of one permutation.
    pub struct KeccakRow {
        /// Bits of the word before the permutation, from the lowest on; 0 or 1.
        before: [cell; 64],
        /// Bits of the word after the permutation; 0 or 1.
        after: [cell; 64],
        /// 1 in the rows of words of a permutation that was called; 0 or 1.
        is_real: cell,
        /// 1 in the first of them.
        is_first: cell,
        /// Time at which the ECALL starts.
        time: cell,
        /// Address of the word.
        address: cell,
        /// Write of the word.
        word: MemoryWrite,
    }
}

/// First column of the bits before, and of those after; those after follow.
pub const BEFORE: usize = 0;

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let main = builder.main();
    let row = KeccakRow::<AB::Var>::of(main.current_slice());
    let next = KeccakRow::<AB::Var>::of(main.next_slice());
    let [first, inner, padding]: [AB::Expr; 3] = {
        let periodic = builder.periodic_values();
        core::array::from_fn(|i| periodic[i].into())
    };

    for bit in row.before {
        builder.constrain_bool("bits before are boolean", bit);
    }
    for bit in row.after {
        builder.constrain_bool("bits after are boolean", bit);
    }
    let before = join_bits::<AB>(&row.before);
    builder.constrain("the word found is the one before, low half", before.lo - row.word.before.lo);
    builder
        .constrain("the word found is the one before, high half", before.hi - row.word.before.hi);

    builder.constrain_bool("is_real is boolean", row.is_real);
    builder.constrain("padding isn't real", padding * row.is_real);
    builder.constrain("a call is taken by the first row", first * row.is_real - row.is_first);
    builder.constrain(
        "all words of a permutation are real or none",
        inner.clone() * (next.is_real - row.is_real),
    );
    builder.constrain("all words have one time", inner.clone() * (next.time - row.time));
    builder.constrain(
        "words follow each other",
        inner * (next.address - row.address - AB::Expr::from_u32(8)),
    );

    KeccakCallMsg { time: row.time.into(), pointer: row.address.into() }
        .receive(builder, row.is_first);
    let now = row.time + AB::Expr::TWO;
    row.word.constrain(builder, row.address, join_bits::<AB>(&row.after), now, row.is_real);
}

/// The value of 64 bits.
fn join_bits<AB: TableBuilder>(bits: &[AB::Var; BITS]) -> Value<AB::Expr> {
    let half =
        |bits: &[AB::Var]| bits.iter().rev().fold(AB::Expr::ZERO, |sum, &bit| sum.double() + bit);
    let (lo, hi) = bits.split_at(BITS / 2);
    Value { lo: half(lo), hi: half(hi) }
}

/// The height that holds `calls` permutations.
#[must_use]
pub const fn height(calls: usize) -> usize {
    calls.next_power_of_two() << LOG_ROWS
}

/// The rows of these permutations, and of permutations of zeros up to a power of two.
#[cfg(feature = "fill")]
#[must_use]
pub fn fill(
    events: &[Keccak],
    buffer: Buffer<'_>,
    counts: &mut Counts,
) -> p3_matrix::dense::RowMajorMatrix<Goldilocks> {
    use rayon::prelude::*;

    const WIDTH: usize = <KeccakRow<Goldilocks> as Columns<Goldilocks>>::WIDTH;
    const TASK: usize = 1 << 8;
    let mut cells = buffer(height(events.len()) * WIDTH);
    let filled = cells
        .par_chunks_mut(TASK * ROWS * WIDTH)
        .enumerate()
        .map(|(task, cells)| {
            let mut counts = Counts::new(0);
            for (index, rows) in cells.chunks_exact_mut(ROWS * WIDTH).enumerate() {
                fill_permutation(events.get(task * TASK + index), rows, &mut counts);
            }
            counts
        })
        .reduce_with(|a, b| a.merged(&b));
    if let Some(filled) = filled {
        let mine = core::mem::replace(counts, Counts::new(0));
        *counts = mine.merged(&filled);
    }
    p3_matrix::dense::RowMajorMatrix::new(cells, WIDTH)
}

/// The rows of one permutation, of zeros if there is no call.
#[cfg(feature = "fill")]
fn fill_permutation(event: Option<&Keccak>, rows: &mut [Goldilocks], counts: &mut Counts) {
    let before = event.map_or([0; LANES], |event| event.words.map(|access| access.value));
    let after = crate::keccak_f::permute(&before);
    let bits = |word: u64| core::array::from_fn(|z| Goldilocks::from_bool(word >> z & 1 == 1));
    for (lane, cells) in rows.chunks_exact_mut(rows.len() / ROWS).enumerate() {
        let mut row = KeccakRow::default();
        if let (Some(before), Some(after)) = (before.get(lane), after.get(lane)) {
            (row.before, row.after) = (bits(*before), bits(*after));
            let pointer = event.map_or(0, |event| event.pointer);
            row.address = Goldilocks::from_u64(pointer + 8 * lane as u64);
            row.word.before = Value::from_u64(*before);
        }
        if let Some(event) = event
            && let Some(word) = event.words.get(lane)
        {
            row.is_real = Goldilocks::ONE;
            row.is_first = Goldilocks::from_bool(lane == 0);
            row.time = Goldilocks::from_u32(event.time);
            row.word = MemoryWrite::fill(*word, event.time + 2, counts);
        }
        row.write(&mut cells.iter_mut());
    }
}

/// The words of a permutation's rows, before and after; of rows that have the width of the table.
///
/// Bits are taken as they are, by whether they are 0.
#[must_use]
pub fn words(rows: &[Goldilocks], width: usize) -> [[u64; LANES]; 2] {
    let mut words = [[0; LANES]; 2];
    for (lane, cells) in rows.chunks_exact(width).take(LANES).enumerate() {
        for (words, bits) in words.iter_mut().zip(cells[BEFORE..].chunks_exact(BITS)) {
            let bits = bits.iter().rev();
            words[lane] = bits.fold(0, |word, &bit| word << 1 | u64::from(bit != Goldilocks::ZERO));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use lvm_isa::event::Access;
    use p3_matrix::Matrix;

    use super::*;
    use crate::check::RowChecker;
    use crate::table::Table;
    use crate::trace::fresh;

    const WIDTH: usize = <KeccakRow<Goldilocks> as Columns<Goldilocks>>::WIDTH;

    fn event(time: u32) -> Keccak {
        let words = core::array::from_fn(|i| Access { value: (i as u64) << 33 | 5, time: 1 });
        Keccak { time, pointer: 0x3000, words }
    }

    fn trace(events: &[Keccak]) -> Vec<Goldilocks> {
        let mut counts = Counts::new(0);
        let rows = fill(events, &fresh, &mut counts);
        assert_eq!(rows.height(), height(events.len()));
        assert_eq!(counts.range16.iter().sum::<u64>(), 2 * 25 * events.len() as u64);
        rows.values
    }

    /// The rows that fail with the labels, and the number of messages.
    fn failures(cells: &[Goldilocks]) -> (Vec<(usize, std::string::String)>, usize) {
        let height = cells.len() / WIDTH;
        let row = |i: usize| &cells[i % height * WIDTH..(i % height + 1) * WIDTH];
        let mut failed = Vec::new();
        let mut messages = 0;
        for i in 0..height {
            let mut checker =
                RowChecker::new(Table::Keccak, [row(i), row(i + 1)], [&[], &[]], i, height);
            eval(&mut checker);
            messages += checker.messages.len();
            failed.extend(checker.failures.into_iter().map(|label| (i, label)));
        }
        (failed, messages)
    }

    #[test]
    fn honest_permutations_access_their_words() {
        let cells = trace(&[event(400), event(800), event(1200)]);
        // A call, and for each word two states of memory and two limbs.
        assert_eq!(failures(&cells), (std::vec![], 3 * (1 + 25 * 4)));
        let [before, after] = words(&cells, WIDTH);
        assert_eq!(before, event(400).words.map(|access| access.value));
        assert_eq!(after, crate::keccak_f::permute(&before));
    }

    #[test]
    fn corrupted_permutations_fail() {
        let honest = trace(&[event(400), event(800)]);
        let columns = Table::Keccak.columns();
        let column = |name: &str| columns.iter().position(|column| column.name == name).unwrap();
        let refused = |row: usize, name: &str, value: u64, expected: &[(usize, &str)]| {
            let mut cells = honest.clone();
            cells[row * WIDTH + column(name)] = Goldilocks::from_u64(value);
            let (failed, _) = failures(&cells);
            let failed: Vec<(usize, &str)> =
                failed.iter().map(|(row, label)| (*row, label.as_str())).collect();
            assert_eq!(failed, expected, "{name} in row {row}");
        };
        refused(
            3,
            "before[0]",
            2,
            &[(3, "bits before are boolean"), (3, "the word found is the one before, low half")],
        );
        refused(3, "before[63]", 1, &[(3, "the word found is the one before, high half")]);
        refused(28, "after[7]", 3, &[(28, "bits after are boolean")]);
        let one = "all words of a permutation are real or none";
        refused(3, "is_real", 0, &[(2, one), (3, one)]);
        refused(24, "is_real", 0, &[(23, one)]);
        refused(0, "is_real", 0, &[(0, "a call is taken by the first row"), (0, one)]);
        refused(24, "is_real", 2, &[(23, one), (24, "is_real is boolean")]);
        refused(25, "is_real", 1, &[(25, "padding isn't real")]);
        refused(0, "is_first", 0, &[(0, "a call is taken by the first row")]);
        refused(5, "is_first", 1, &[(5, "a call is taken by the first row")]);
        let time = "all words have one time";
        refused(5, "time", 401, &[(4, time), (5, time)]);
        let address = "words follow each other";
        refused(24, "address", 0x3000, &[(23, address)]);
        refused(0, "address", 0x2ff8, &[(0, address)]);
    }
}
