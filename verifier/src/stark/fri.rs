//! FRI: the combined openings are close to polynomials of low degree.
//!
//! For each height there is one function on that height's evaluation domain, which the verifier
//! can compute at any position from opened rows. The functions are folded together, the largest
//! first:
//!
//! ```text
//! f ← function of the largest domain
//! repeat   commit f, rows of 2^a values that fold into one
//!          β ← challenge;  f ← fold(f, β);  f ← f + β^(2^a) · function of that domain, if any
//! until    the last domain: f is sent as the coefficients of a polynomial
//! ```
//!
//! One folding by β of values at opposite points: `(f(y) + f(−y))/2 + β·(f(y) − f(−y))/(2y)`;
//! `a` of them in a row by β, β², β⁴, …

use alloc::vec::Vec;

use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use p3_field::{BasedVectorSpace, Field, PrimeCharacteristicRing, TwoAdicField};

use crate::stark::domain::{LOG_BLOWUP, reverse};
use crate::stark::merkle::{self, Digest, Dimensions, MerkleError, TreeOpening};
use crate::stark::transcript::Transcript;

/// Log2 of the largest number of values that one round folds into one.
pub const LOG_ARITY_MAX: usize = 3;

/// One round of folding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// Log2 of the domain's size before.
    pub log_size: usize,
    /// Log2 of the number of values that fold into one.
    pub log_arity: usize,
}

impl Round {
    /// Log2 of the rows that the round commits to, which is the domain's size after.
    #[must_use]
    pub const fn log_rows(&self) -> usize {
        self.log_size.saturating_sub(self.log_arity)
    }

    /// The matrix that the round commits to.
    #[must_use]
    pub const fn dimensions(&self) -> Dimensions {
        Dimensions { log_height: self.log_rows(), width: CHALLENGE_DEGREE << self.log_arity }
    }
}

/// The rounds for functions on domains of these sizes (log2), in descending order: as large as
/// allowed without stepping over a domain, down to a polynomial of `2^log_final` coefficients.
#[must_use]
pub fn rounds(log_sizes: &[usize], log_final: usize) -> Vec<Round> {
    let last = log_final.saturating_add(LOG_BLOWUP);
    let mut rounds = Vec::new();
    let mut stops = log_sizes.iter().copied().filter(|&size| size > last).peekable();
    while let Some(mut log_size) = stops.next() {
        let stop = stops.peek().copied().unwrap_or(last);
        while log_size > stop {
            let round =
                Round { log_size, log_arity: LOG_ARITY_MAX.min(log_size.saturating_sub(stop)) };
            rounds.push(round);
            log_size = round.log_rows();
        }
    }
    rounds
}

/// What the prover sends before the positions are drawn, and opens at them.
#[derive(Clone, Debug)]
pub struct FriProof {
    /// A root for each round.
    pub roots: Vec<Digest>,
    /// Coefficients of the last polynomial.
    pub last: Vec<Challenge>,
    /// Proof of work before the positions.
    pub witness: u64,
    /// Each round's rows at the positions.
    pub openings: Vec<TreeOpening>,
}

/// A refused low-degree test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FriError {
    #[error("{found} folding rounds instead of {expected}")]
    Rounds { expected: usize, found: usize },
    #[error("the last polynomial has {found} coefficients instead of {expected}")]
    LastLength { expected: usize, found: usize },
    #[error("the proof of work before the queries fails")]
    Grinding,
    #[error("folding round {round}: {source}")]
    Opening { round: usize, source: MerkleError },
    #[error("folding round {round} doesn't begin with what the rounds before it give")]
    Folding { round: usize },
    #[error("the last polynomial isn't what the rounds give")]
    Last,
}

/// Coefficients of the last polynomial.
#[must_use]
pub const fn last_length(log_final: usize) -> usize {
    1 << log_final
}

/// Whether a proof has the rounds' lengths, but for those of openings.
///
/// # Errors
/// If one is another.
pub fn check_lengths(rounds: &[Round], log_final: usize, proof: &FriProof) -> Result<(), FriError> {
    let expected = rounds.len();
    for found in [proof.roots.len(), proof.openings.len()] {
        if found != expected {
            return Err(FriError::Rounds { expected, found });
        }
    }
    let (expected, found) = (last_length(log_final), proof.last.len());
    if found == expected { Ok(()) } else { Err(FriError::LastLength { expected, found }) }
}

/// The challenges of the rounds and the positions.
#[derive(Clone, Debug)]
pub struct FriChallenges {
    /// β of each round.
    pub betas: Vec<Challenge>,
    /// The queried positions, ascending, each once.
    pub positions: Vec<usize>,
}

/// Checks lengths and proof of work, and draws the challenges.
///
/// # Errors
/// If a length is wrong or the proof of work fails.
pub fn challenges(
    rounds: &[Round],
    log_size: usize,
    log_final: usize,
    queries: usize,
    grinding: usize,
    proof: &FriProof,
    transcript: &mut Transcript,
) -> Result<FriChallenges, FriError> {
    check_lengths(rounds, log_final, proof)?;
    let mut betas = Vec::with_capacity(rounds.len());
    for root in &proof.roots {
        transcript.absorb_root(root);
        betas.push(transcript.draw());
    }
    transcript.absorb(&proof.last);
    if !transcript.absorb_witness(grinding, proof.witness) {
        return Err(FriError::Grinding);
    }
    let mut positions = transcript.draw_positions(queries, log_size);
    positions.sort_unstable();
    positions.dedup();
    Ok(FriChallenges { betas, positions })
}

/// Checks the foldings at all positions.
///
/// `functions` are the values of each height's function at the distinct positions of its domain,
/// with the log2 of the domain's size, in descending order.
///
/// # Errors
/// If something doesn't fit.
pub fn verify(
    rounds: &[Round],
    challenges: &FriChallenges,
    functions: &[(usize, Vec<Challenge>)],
    proof: &FriProof,
) -> Result<(), FriError> {
    let positions = &challenges.positions;
    let mut functions = functions.iter().peekable();
    let Some((log_max, first)) = functions.next() else { return Err(FriError::Last) };
    let mut values = first.clone();
    let mut log_size = *log_max;
    let steps = rounds.iter().zip(&challenges.betas).zip(proof.roots.iter().zip(&proof.openings));
    for (round, ((shape, &beta), (root, opening))) in steps.enumerate() {
        // 1. The opened rows contain the values so far.
        let mine = merkle::distinct(positions, log_max.saturating_sub(log_size));
        let next_size = shape.log_rows();
        let rows_at = merkle::distinct(positions, log_max.saturating_sub(next_size));
        let opened = merkle::verify(root, &[shape.dimensions()], &rows_at, opening)
            .map_err(|source| FriError::Opening { round, source })?;
        let rows = opened.first().ok_or(FriError::Folding { round })?;
        let rows: Vec<Vec<Challenge>> = rows.iter().map(|row| challenges_of(row)).collect();
        let mut at = rows_at.iter().zip(&rows);
        let mut current = at.next();
        for (&position, &value) in mine.iter().zip(&values) {
            while current.is_some_and(|(&row, _)| row != position >> shape.log_arity) {
                current = at.next();
            }
            let within = position & low_bits(shape.log_arity);
            if current.and_then(|(_, row)| row.get(within)) != Some(&value) {
                return Err(FriError::Folding { round });
            }
        }
        // 2. They fold into the next values.
        values = rows_at
            .iter()
            .zip(rows)
            .map(|(&row, values)| fold_row(values, row, shape, beta))
            .collect();
        log_size = next_size;
        // 3. The function of the next domain is added.
        if let Some((_, function)) = functions.next_if(|(size, _)| *size == log_size) {
            let factor = beta.exp_power_of_2(shape.log_arity);
            for (value, added) in values.iter_mut().zip(function) {
                *value += factor * *added;
            }
        }
    }
    if functions.next().is_some() {
        return Err(FriError::Last);
    }
    let last_at = merkle::distinct(positions, log_max.saturating_sub(log_size));
    let generator = Val::two_adic_generator(log_size);
    for (&position, &value) in last_at.iter().zip(&values) {
        let y = generator.exp_u64(reverse(position, log_size) as u64);
        let expected = proof
            .last
            .iter()
            .rev()
            .fold(Challenge::ZERO, |sum, &coefficient| sum * y + coefficient);
        if value != expected {
            return Err(FriError::Last);
        }
    }
    Ok(())
}

/// A number whose lowest `count` bits are set.
const fn low_bits(count: usize) -> usize {
    !(usize::MAX << count)
}

/// A row of base elements as challenges.
fn challenges_of(row: &[Val]) -> Vec<Challenge> {
    row.chunks_exact(CHALLENGE_DEGREE)
        .map(|coefficients| {
            Challenge::from_basis_coefficients_fn(|i| {
                coefficients.get(i).copied().unwrap_or_default()
            })
        })
        .collect()
}

/// Folds the values of row `row` of a round.
fn fold_row(
    mut values: Vec<Challenge>,
    row: usize,
    round: &Round,
    mut beta: Challenge,
) -> Challenge {
    let mut log_size = round.log_size;
    let mut first = row << round.log_arity;
    while values.len() > 1 {
        let generator = Val::two_adic_generator(log_size);
        values = values
            .chunks_exact(2)
            .enumerate()
            .filter_map(|(i, pair)| {
                let [here, opposite] = pair else { return None };
                let y = generator.exp_u64(reverse(first | (i << 1), log_size) as u64);
                Some(fold(*here, *opposite, y.inverse(), beta))
            })
            .collect();
        beta = beta.square();
        first >>= 1;
        log_size = log_size.saturating_sub(1);
    }
    values.first().copied().unwrap_or_default()
}

/// One folding of values at `y` and `−y`.
#[inline]
pub fn fold(here: Challenge, opposite: Challenge, y_inverse: Val, beta: Challenge) -> Challenge {
    let even = here + opposite;
    let odd = (here - opposite) * y_inverse;
    (even + beta * odd).halve()
}
