//! Steps 5 and 6: the columns' values at ζ, and the function of each height that proves them.

use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use lvm_verifier::stark::Tree;
use lvm_verifier::stark::domain::{LOG_BLOWUP, SHIFT};
use lvm_verifier::stark::openings::HeightCombination;
use p3_field::{
    BasedVectorSpace, Field, PackedFieldExtension, PackedValue, PrimeCharacteristicRing,
    TwoAdicField,
};
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;

use crate::stark::commit::{Cells, Dft, extend_values};
use crate::stark::interactions::{LANES, Packed, PackedChallenge, invert};

/// Rows that one task takes.
const TASK_ROWS: usize = 1 << 10;

/// The points of one height's evaluation domain, in bit-reversed order.
pub(crate) struct Points {
    log_height: usize,
    points: Vec<Val>,
}

impl Points {
    pub(crate) fn new(log_height: usize) -> Self {
        let log_size = log_height + LOG_BLOWUP;
        let mut points: Vec<Val> =
            Val::two_adic_generator(log_size).shifted_powers(SHIFT).take(1 << log_size).collect();
        p3_util::reverse_slice_index_bits(&mut points);
        Self { log_height, points }
    }

    /// `1/(z − x)` for every point x.
    pub(crate) fn inverse_distances(&self, z: Challenge) -> Vec<Challenge> {
        let mut distances = vec![Challenge::ZERO; self.points.len()];
        distances.par_chunks_mut(TASK_ROWS).zip(self.points.par_chunks(TASK_ROWS)).for_each(
            |(distances, points)| {
                let packs: Vec<PackedChallenge> = points
                    .chunks(LANES)
                    .map(|points| PackedChallenge::from_ext_fn(|lane| z - points[lane]))
                    .collect();
                let inverses = invert(&packs);
                for (distances, inverse) in distances.chunks_mut(LANES).zip(inverses) {
                    inverse.to_ext_slice(distances);
                }
            },
        );
        distances
    }

    /// The values of a matrix's columns at z, from its rows on the evaluation domain and the
    /// distances to z.
    ///
    /// On the coset of n points that the first half of the domain is, with sⁿ = SHIFTⁿ:
    /// `p(z) = (zⁿ − sⁿ)/(n·sⁿ) · Σ x·p(x)/(z − x)`.
    pub(crate) fn evaluate(
        &self,
        z: Challenge,
        inverse_distances: &[Challenge],
        matrix: &Cells,
    ) -> Vec<Challenge> {
        let height = 1usize << self.log_height;
        let width = matrix.width;
        let packs = width / LANES;
        let tasks = height.div_ceil(TASK_ROWS);
        let sums = (0..tasks)
            .into_par_iter()
            .map(|task| {
                let rows = task * TASK_ROWS..((task + 1) * TASK_ROWS).min(height);
                let mut sums = vec![[Packed::ZERO; CHALLENGE_DEGREE]; packs];
                for row in rows {
                    let weight = inverse_distances[row] * self.points[row];
                    let weight = broadcast(weight);
                    let cells = &matrix.values[row * width..(row + 1) * width];
                    for (sum, cells) in sums.iter_mut().zip(Packed::pack_slice(cells)) {
                        for (sum, weight) in sum.iter_mut().zip(weight) {
                            *sum += *cells * weight;
                        }
                    }
                }
                sums
            })
            .reduce(
                || vec![[Packed::ZERO; CHALLENGE_DEGREE]; packs],
                |mut a, b| {
                    for (a, b) in a.iter_mut().zip(b) {
                        for (a, b) in a.iter_mut().zip(b) {
                            *a += b;
                        }
                    }
                    a
                },
            );
        let s = SHIFT.exp_power_of_2(self.log_height);
        let n = Val::TWO.exp_u64(self.log_height as u64);
        let factor = (z.exp_power_of_2(self.log_height) - s) * (n * s).inverse();
        (0..width)
            .map(|column| {
                let sum = &sums[column / LANES];
                let coefficient = |i: usize| sum[i].as_slice()[column % LANES];
                Challenge::from_basis_coefficients_fn(coefficient) * factor
            })
            .collect()
    }

    /// The function of this height, at every point; unless `is_low`, columns may have any degree.
    /// `elsewhere` are the distances to the points of
    /// what the combination opens elsewhere.
    pub(crate) fn combine(
        &self,
        dft: &Dft,
        combination: &HeightCombination,
        inverse_distances: &[Challenge],
        elsewhere: &[&[Challenge]],
        matrices: [Option<&Cells>; Tree::ALL.len()],
        is_low: bool,
    ) -> Vec<Challenge> {
        let weights: Vec<(&Cells, Vec<[Packed; CHALLENGE_DEGREE]>)> = matrices
            .iter()
            .zip(&combination.weights)
            .filter_map(|(matrix, weights)| Some(((*matrix)?, pack_weights(weights, 0))))
            .collect();
        let elsewhere: Vec<_> = combination
            .elsewhere
            .iter()
            .zip(elsewhere)
            .filter_map(|(opening, distances)| {
                let matrix = matrices[opening.tree as usize]?;
                let weights = pack_weights(&opening.weights, opening.offset);
                Some((opening, *distances, matrix, weights))
            })
            .collect();
        let interactions = matrices[Tree::Interactions as usize];

        // The weighted sums are polynomials of degree below n, so n of their values give the others.
        let rows = if is_low { 1 << self.log_height } else { self.points.len() };
        let width = (CHALLENGE_DEGREE * (1 + elsewhere.len())).next_multiple_of(LANES);
        let mut sums = Val::zero_vec(width * rows);
        sums.par_chunks_mut(TASK_ROWS * width).enumerate().for_each(|(task, sums)| {
            for (i, sums) in sums.chunks_exact_mut(width).enumerate() {
                let row = task * TASK_ROWS + i;
                let (sums, _) = sums.as_chunks_mut::<CHALLENGE_DEGREE>();
                let mut sums = sums.iter_mut();
                let mut put = |sum: Challenge| {
                    if let Some(cells) = sums.next() {
                        cells.copy_from_slice(sum.as_basis_coefficients_slice());
                    }
                };
                put(weights.iter().map(|(matrix, w)| dot(w, row_of(matrix, row), 0)).sum());
                for (opening, _, matrix, weights) in &elsewhere {
                    let start = opening.offset / LANES * LANES;
                    put(dot(weights, row_of(matrix, row), start));
                }
            }
        });
        let sums = RowMajorMatrix::new(sums, width);
        let sums = if is_low { extend_values(dft, sums) } else { sums };

        let mut values = vec![Challenge::ZERO; self.points.len()];
        values.par_chunks_mut(TASK_ROWS).enumerate().for_each(|(task, values)| {
            let first = task * TASK_ROWS;
            let points = &self.points[first..][..values.len()];
            let inverses = p3_field::batch_multiplicative_inverse(points);
            for (i, (value, inverse)) in values.iter_mut().zip(inverses).enumerate() {
                let row = first + i;
                let (sums, _) = row_of(&sums, row).as_chunks::<CHALLENGE_DEGREE>();
                let mut sums =
                    sums.iter().map(|sum| Challenge::from_basis_coefficients_fn(|i| sum[i]));
                let mut next = || sums.next().unwrap_or_default();
                *value = (combination.at_zeta - next()) * inverse_distances[row];
                for (opening, distances, ..) in &elsewhere {
                    *value += (opening.value - next()) * distances[row];
                }
                if let Some(interactions) = interactions {
                    *value += combination.interactions(row_of(interactions, row), inverse);
                }
            }
        });
        values
    }
}

fn row_of(matrix: &Cells, row: usize) -> &[Val] {
    &matrix.values[row * matrix.width..(row + 1) * matrix.width]
}

/// A challenge's coefficients, each in all lanes.
fn broadcast(challenge: Challenge) -> [Packed; CHALLENGE_DEGREE] {
    let coefficients: &[Val] = challenge.as_basis_coefficients_slice();
    core::array::from_fn(|i| Packed::from(coefficients[i]))
}

/// Weights of the columns from `offset` on, beside the packs of a row: zero where a pack begins
/// before `offset` or ends after the last.
fn pack_weights(weights: &[Challenge], offset: usize) -> Vec<[Packed; CHALLENGE_DEGREE]> {
    let before = offset % LANES;
    let packs = (before + weights.len()).div_ceil(LANES);
    let weight = |column: usize, i: usize| {
        column
            .checked_sub(before)
            .and_then(|column| weights.get(column))
            .map_or(Val::ZERO, |weight| {
                <Challenge as BasedVectorSpace<Val>>::as_basis_coefficients_slice(weight)[i]
            })
    };
    (0..packs)
        .map(|pack| {
            core::array::from_fn(|i| Packed::from_fn(|lane| weight(pack * LANES + lane, i)))
        })
        .collect()
}

/// The weighted sum of a row's cells from column `start` on.
#[inline]
fn dot(weights: &[[Packed; CHALLENGE_DEGREE]], row: &[Val], start: usize) -> Challenge {
    let mut sums = [Packed::ZERO; CHALLENGE_DEGREE];
    for (weights, cells) in weights.iter().zip(Packed::pack_slice(&row[start..])) {
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum += *weight * *cells;
        }
    }
    Challenge::from_basis_coefficients_fn(|i| sums[i].as_slice().iter().copied().sum::<Val>())
}
