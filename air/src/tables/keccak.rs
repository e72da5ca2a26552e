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
use core::borrow::BorrowMut;

#[cfg(feature = "fill")]
use lvm_isa::event::Keccak;
use p3_air::{Air, WindowAccess};
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;
#[cfg(feature = "fill")]
use p3_keccak_air::RC;
use p3_keccak_air::{KeccakAir, KeccakCols, NUM_KECCAK_COLS};
use p3_uni_stark::SubAirBuilder;

use crate::builder::TableBuilder;
use crate::bus::{KeccakCallMsg, KeccakWordMsg};
use crate::columns::Column;
#[cfg(feature = "fill")]
use crate::trace::Buffer;

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

/// The rows of these permutations, and of permutations of zeros up to `height` rows.
#[cfg(feature = "fill")]
#[must_use]
pub fn fill(
    events: &[Keccak],
    height: usize,
    buffer: Buffer<'_>,
) -> p3_matrix::dense::RowMajorMatrix<Goldilocks> {
    use rayon::prelude::*;

    let mut cells = buffer(height * WIDTH);
    cells.par_chunks_mut(ROUNDS * WIDTH).enumerate().for_each(|(index, rows)| {
        let event = events.get(index);
        let input = event.map_or([0; 25], |event| event.words.map(|access| access.value));
        let mut state = input;
        for (round, cells) in rows.chunks_exact_mut(WIDTH).enumerate() {
            let (row, call) = cells.split_at_mut(NUM_KECCAK_COLS);
            fill_round(row.borrow_mut(), &input, round, &mut state);
            call.fill(Goldilocks::ZERO);
        }
        if let Some(event) = event
            && let Some(last) = rows.chunks_exact_mut(WIDTH).nth(ROUNDS - 1)
        {
            last[EXPORT] = Goldilocks::ONE;
            last[TIME] = Goldilocks::from_u32(event.time);
            last[POINTER] = Goldilocks::from_u64(event.pointer);
        }
    });
    p3_matrix::dense::RowMajorMatrix::new(cells, WIDTH)
}

/// The row of a round, which goes from `state` to the next; word 5y + x is lane (x, y).
#[cfg(feature = "fill")]
fn fill_round(
    row: &mut KeccakCols<Goldilocks>,
    input: &[u64; 25],
    round: usize,
    state: &mut [u64; 25],
) {
    use core::array::from_fn;

    let bits = |word: u64| from_fn(|z| Goldilocks::from_bool(word >> z & 1 == 1));
    let limbs = |word: u64| from_fn(|limb| Goldilocks::from_u16((word >> (16 * limb)) as u16));
    let lanes = |words: &[u64; 25]| from_fn(|y| from_fn(|x| limbs(words[5 * y + x])));

    row.step_flags = from_fn(|flag| Goldilocks::from_bool(flag == round));
    row.export = Goldilocks::ZERO;
    row.preimage = lanes(input);
    row.a = lanes(state);
    // Theta.
    let parities: [u64; 5] = from_fn(|x| (0..5).fold(0, |sum, y| sum ^ state[5 * y + x]));
    let mix = |x: usize| parities[(x + 4) % 5] ^ parities[(x + 1) % 5].rotate_left(1);
    row.c = parities.map(bits);
    row.c_prime = from_fn(|x| bits(parities[x] ^ mix(x)));
    let mixed: [u64; 25] = from_fn(|at| state[at] ^ mix(at % 5));
    row.a_prime = from_fn(|y| from_fn(|x| bits(mixed[5 * y + x])));
    // Rho and pi.
    let mut moved = [0; 25];
    for (at, word) in mixed.into_iter().enumerate() {
        let (y, x) = (at / 5, at % 5);
        moved[5 * ((2 * x + 3 * y) % 5) + y] = word.rotate_left(ROTATIONS[at]);
    }
    // Chi.
    *state = from_fn(|at| {
        let lane = |x: usize| moved[5 * (at / 5) + x % 5];
        lane(at % 5) ^ (!lane(at % 5 + 1) & lane(at % 5 + 2))
    });
    row.a_prime_prime = lanes(state);
    row.a_prime_prime_0_0_bits = bits(state[0]);
    // Iota.
    state[0] ^= RC[round];
    row.a_prime_prime_prime_0_0_limbs = limbs(state[0]);
}

/// By how much rho rotates each lane.
#[cfg(feature = "fill")]
const ROTATIONS: [u32; 25] = {
    let mut rotations = [0; 25];
    let (mut x, mut y, mut step) = (1, 0, 0);
    while step < 24 {
        rotations[5 * y + x] = (step + 1) * (step + 2) / 2 % 64;
        (x, y) = (y, (2 * x + 3 * y) % 5);
        step += 1;
    }
    rotations
};

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use lvm_isa::event::Access;
    use p3_matrix::Matrix;

    use super::*;
    use crate::check::RowChecker;
    use crate::trace::fresh;

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
        let trace = fill(&[event(400), event(800)], 64, &fresh);
        assert_eq!(trace.height(), 64);
        assert_eq!(failures(&trace.values), (std::vec![], 2 * 26));
    }

    #[test]
    fn rows_are_those_of_the_library() {
        let events = [event(400), event(800)];
        let inputs = events.iter().map(|event| event.words.map(|access| access.value)).collect();
        let expected = p3_keccak_air::generate_trace_rows::<Goldilocks>(inputs, 0);
        let used = |_| std::vec![Goldilocks::TWO; 64 * WIDTH];
        let mut rows = fill(&events, 64, &used);
        for row in [ROUNDS - 1, 2 * ROUNDS - 1] {
            let cell = &mut rows.values[row * WIDTH + EXPORT];
            assert_eq!(core::mem::take(cell), Goldilocks::ONE);
        }
        for (row, expected) in rows.values.chunks(WIDTH).zip(expected.values.chunks(TIME)) {
            assert_eq!(&row[..TIME], expected);
        }
    }

    #[test]
    fn corrupted_permutations_fail() {
        let trace = fill(&[event(400)], 32, &fresh);
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
