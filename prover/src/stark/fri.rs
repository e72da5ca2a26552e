//! Step 9: the low-degree test.

use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use lvm_verifier::stark::domain::{LOG_BLOWUP, reverse};
use lvm_verifier::stark::fri::{FriProof, Round, fold};
use lvm_verifier::stark::layout::{Group, Layout, Part};
use lvm_verifier::stark::merkle::{BLOCK, distinct};
use lvm_verifier::stark::transcript::{Puzzle, Transcript};
use p3_field::{BasedVectorSpace, Field, PrimeCharacteristicRing, TwoAdicField};
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;

use crate::stark::commit::{Cells, Committed, LANES, hash_keyed};
use crate::stark::conduct::Conduct;

/// Values that one task folds.
const TASK_VALUES: usize = 1 << 12;

/// The rounds' commitments.
pub(crate) struct Folded {
    rounds: Vec<Committed>,
    last: Vec<Challenge>,
}

impl Folded {
    /// Folds the functions, the largest first, and says each round to the transcript.
    pub(crate) fn new(
        conduct: &dyn Conduct,
        rounds: &[Round],
        functions: Vec<(usize, Vec<Challenge>)>,
        log_final: usize,
        transcript: &mut Transcript,
    ) -> Self {
        let mut functions = functions.into_iter().peekable();
        let mut values = functions.next().map(|(_, values)| values).unwrap_or_default();
        let mut committed = Vec::with_capacity(rounds.len());
        for round in rounds {
            let commitment = commit(&values, round);
            transcript.absorb_root(&commitment.root());
            committed.push(commitment);
            let beta = transcript.draw();
            let mut power = beta;
            for i in 0..round.log_arity {
                values = fold_all(&values, round.log_size - i, power);
                power = power.square();
            }
            let log_size = round.log_size - round.log_arity;
            if let Some((_, function)) = functions.next_if(|(size, _)| *size == log_size) {
                let factor = conduct.joining(power);
                values
                    .par_iter_mut()
                    .zip(function)
                    .with_min_len(TASK_VALUES)
                    .for_each(|(value, added)| *value += factor * added);
            }
        }
        let last = interpolate(&values, log_final);
        transcript.absorb(&last);
        Self { rounds: committed, last }
    }

    /// Opens the rounds at positions of the largest domain.
    pub(crate) fn open(
        self,
        rounds: &[Round],
        log_max: usize,
        positions: &[usize],
        witness: u64,
    ) -> FriProof {
        let openings = rounds
            .iter()
            .zip(&self.rounds)
            .map(|(round, committed)| {
                let log_rows = round.log_size - round.log_arity;
                committed.open(&distinct(positions, log_max - log_rows))
            })
            .collect();
        let roots = self.rounds.iter().map(Committed::root).collect();
        FriProof { roots, last: self.last, witness, openings }
    }
}

fn commit(values: &[Challenge], round: &Round) -> Committed {
    let dimensions = round.dimensions();
    let part = Part { instance: 0, offset: 0, width: dimensions.width };
    let group = Group {
        log_height: dimensions.log_height - LOG_BLOWUP,
        width: dimensions.width,
        parts: vec![part],
    };
    let width = group.padded_width();
    let mut cells = Val::zero_vec(width << dimensions.log_height);
    cells
        .par_chunks_mut(width)
        .zip(values.par_chunks(1 << round.log_arity))
        .with_min_len(TASK_VALUES)
        .for_each(|(row, values)| {
            for (cells, value) in row.chunks_exact_mut(CHALLENGE_DEGREE).zip(values) {
                cells.copy_from_slice(value.as_basis_coefficients_slice());
            }
        });
    let matrix: Cells = RowMajorMatrix::new(cells, width);
    Committed::new(&Layout { groups: vec![group] }, vec![matrix])
}

/// Folds all pairs of opposite values on a domain of size `2^log_size`.
fn fold_all(values: &[Challenge], log_size: usize, beta: Challenge) -> Vec<Challenge> {
    let half = values.len() / 2;
    let mut inverses: Vec<Val> =
        Val::two_adic_generator(log_size).inverse().powers().take(half).collect();
    p3_util::reverse_slice_index_bits(&mut inverses);
    values
        .par_chunks(2)
        .zip(inverses)
        .with_min_len(TASK_VALUES)
        .map(|(pair, inverse)| fold(pair[0], pair[1], inverse, beta))
        .collect()
}

/// The first `2^log_final` coefficients of the polynomial with these values, in bit-reversed
/// order, on a subgroup; an honest prover's polynomial has no others.
fn interpolate(values: &[Challenge], log_final: usize) -> Vec<Challenge> {
    let log_size = values.len().trailing_zeros() as usize;
    let inverse = Val::two_adic_generator(log_size).inverse();
    let n_inverse = Val::TWO.exp_u64(log_size as u64).inverse();
    (0..1u64 << log_final)
        .map(|degree| {
            let step = inverse.exp_u64(degree);
            let sum: Challenge = (0..values.len())
                .map(|row| values[row] * step.exp_u64(reverse(row, log_size) as u64))
                .sum();
            sum * n_inverse
        })
        .collect()
}

/// Groups of candidates that are tried before all threads look whether one was found.
const GROUPS: usize = 1 << 12;

/// The smallest witness that solves a puzzle of `bits` bits.
pub(crate) fn grind(puzzle: Puzzle, bits: usize) -> u64 {
    if bits == 0 {
        return 0;
    }
    let mut start = 0;
    loop {
        let found = (0..GROUPS)
            .into_par_iter()
            .with_min_len(1 << 6)
            .find_map_first(|group| solution(puzzle, bits, start + (group * LANES) as u64));
        if let Some(witness) = found {
            return witness;
        }
        start += (GROUPS * LANES) as u64;
    }
}

/// The smallest witness among `LANES` of them from `first` on, hashed side by side.
fn solution(puzzle: Puzzle, bits: usize, first: u64) -> Option<u64> {
    let items: [[u8; BLOCK]; LANES] = core::array::from_fn(|i| Puzzle::item(first + i as u64));
    let mut digests = [[0; 32]; LANES];
    hash_keyed(puzzle.key(), &items.each_ref(), &mut digests);
    let at = digests.iter().position(|digest| Puzzle::is_worth(bits, digest))?;
    Some(first + at as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_witness_is_found() {
        for number in 0..4 {
            let puzzle = Transcript::new([number; 32]).puzzle();
            let smallest = (0..).find(|&witness| puzzle.is_solved_by(9, witness));
            assert_eq!(Some(grind(puzzle, 9)), smallest);
            assert_eq!(grind(puzzle, 0), 0);
        }
    }
}
