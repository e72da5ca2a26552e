//! Steps 8 and 9: the columns' values at ζ, and the function of each height that proves them.

use core::array::from_fn;

use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use lvm_air::table::LOG_HEIGHT_MIN;
use lvm_verifier::stark::Tree;
use lvm_verifier::stark::domain::{LOG_BLOWUP, SHIFT};
use lvm_verifier::stark::interactions::Kind;
use lvm_verifier::stark::merkle::BLOCK_ELEMENTS;
use lvm_verifier::stark::openings::HeightCombination;
use p3_field::{
    BasedVectorSpace, Field, PackedFieldExtension, PackedValue, PrimeCharacteristicRing,
    TwoAdicField,
};
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;

use crate::stark::commit::Cells;
use crate::stark::interactions::{
    Columns, LANES, Packed, PackedChallenge, challenges, invert, transpose,
};
use crate::stark::reused::Reused;
use crate::stark::sums::{BLOCK, Factor, MAX_PRODUCTS, Sum};
use crate::stark::transform::extend_values;

/// Rows that one task takes.
const TASK_ROWS: usize = MAX_PRODUCTS;

const _: () = assert!(1 << LOG_HEIGHT_MIN >= BLOCK, "rows are added in blocks");

/// The points of one height's evaluation domain, in bit-reversed order.
pub(crate) struct Points {
    log_height: usize,
    points: Vec<Val>,
    /// `1/x` for every point x.
    inverses: Vec<Val>,
}

impl Points {
    pub(crate) fn new(log_height: usize) -> Self {
        let log_size = log_height + LOG_BLOWUP;
        let powers = |generator: Val, shift: Val| {
            let mut powers: Vec<Val> =
                generator.shifted_powers(shift).take(1 << log_size).collect();
            p3_util::reverse_slice_index_bits(&mut powers);
            powers
        };
        let generator = Val::two_adic_generator(log_size);
        Self {
            log_height,
            points: powers(generator, SHIFT),
            inverses: powers(generator.inverse(), SHIFT.inverse()),
        }
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
                let mut sums = vec![Sum::default(); packs];
                for first in rows.step_by(BLOCK) {
                    let weights = from_fn(|i| {
                        Factor::new(inverse_distances[first + i] * self.points[first + i])
                    });
                    let cells: [&[Packed]; BLOCK] =
                        from_fn(|i| Packed::pack_slice(row_of(matrix, first + i)));
                    for (pack, sum) in sums.iter_mut().enumerate() {
                        sum.add(&cells.map(|cells| cells[pack]), &weights);
                    }
                }
                sums.iter().map(Sum::reduce).collect()
            })
            .reduce(
                || vec![[Packed::ZERO; CHALLENGE_DEGREE]; packs],
                |mut a, b| {
                    for (a, b) in a.iter_mut().flatten().zip(b.into_iter().flatten()) {
                        *a += b;
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

    /// The function of this height, at every point. `elsewhere` are the distances to the points of
    /// what the combination opens elsewhere. Unless `is_low`, columns may have any degree.
    pub(crate) fn combine(
        &self,
        reused: &Reused,
        combination: &HeightCombination,
        inverse_distances: &[Challenge],
        elsewhere: &[&[Challenge]],
        matrices: [Option<&Cells>; Tree::ALL.len()],
        is_low: bool,
    ) -> Vec<Challenge> {
        let of_tree = |tree: Tree, weights: &[Challenge], offset: usize| {
            Weighted::new(matrices[tree as usize]?, weights, offset)
        };
        let at_zeta = Tree::ALL.into_iter().zip(&combination.weights);
        let at_zeta: Vec<Weighted<'_>> =
            at_zeta.filter_map(|(tree, weights)| of_tree(tree, weights, 0)).collect();
        let openings = combination.elsewhere.iter();
        let openings: Vec<Vec<Weighted<'_>>> = openings
            .map(|it| of_tree(it.tree, &it.weights, it.offset).into_iter().collect())
            .collect();

        // The weighted sums are polynomials of degree below n, so n of their values give the others.
        let rows = if is_low { 1 << self.log_height } else { self.points.len() };
        let width = (CHALLENGE_DEGREE * (1 + openings.len())).next_multiple_of(BLOCK_ELEMENTS);
        let mut cells = reused.buffer(width * rows);
        cells.par_chunks_mut(TASK_ROWS * width).enumerate().for_each(|(task, cells)| {
            for (pack, cells) in cells.chunks_exact_mut(LANES * width).enumerate() {
                let first = task * TASK_ROWS + pack * LANES;
                let sums = [&at_zeta].into_iter().chain(&openings);
                for (at, columns) in sums.enumerate() {
                    let sum = weighted_sum(columns, first);
                    let coefficients: &[Packed] = sum.as_basis_coefficients_slice();
                    for (i, coefficient) in coefficients.iter().enumerate() {
                        for (row, value) in
                            cells.chunks_exact_mut(width).zip(coefficient.as_slice())
                        {
                            row[CHALLENGE_DEGREE * at + i] = *value;
                        }
                    }
                }
            }
        });
        let mut weighted = RowMajorMatrix::new(cells, width);
        if is_low {
            let extended = extend_values(reused, &weighted);
            reused.give_back(core::mem::replace(&mut weighted, extended).values);
        }
        let columns_of_weighted = Columns { matrix: &weighted, offset: 0, width };

        // The sums of interaction columns, each by weights that pick its columns.
        let picked = [Kind::Local, Kind::Global].map(|kind| {
            let weights = picking(&combination.kinds, kind);
            of_tree(Tree::Interactions, &weights, 0).into_iter().collect::<Vec<_>>()
        });
        let mut values = vec![Challenge::ZERO; self.points.len()];
        values.par_chunks_mut(TASK_ROWS).enumerate().for_each(|(task, values)| {
            let mut columns = vec![Packed::ZERO; width];
            for (pack, values) in values.chunks_exact_mut(LANES).enumerate() {
                let first = task * TASK_ROWS + pack * LANES;
                columns_of_weighted.gather(|lane| first + lane, &mut columns);
                let (sums, _) = columns.as_chunks::<CHALLENGE_DEGREE>();
                let quotient = |at: usize, value: Challenge, distances: &[Challenge]| {
                    let sum = challenges(sums[at]);
                    let distances = PackedChallenge::from_ext_slice(&distances[first..][..LANES]);
                    (PackedChallenge::from(value) - sum) * distances
                };
                let mut value = quotient(0, combination.at_zeta, inverse_distances);
                for (at, (opening, distances)) in
                    combination.elsewhere.iter().zip(elsewhere).enumerate()
                {
                    value += quotient(1 + at, opening.value, distances);
                }
                let inverse = *Packed::from_slice(&self.inverses[first..][..LANES]);
                for (sum, columns) in combination.sums.iter().zip(&picked) {
                    value += sum.value(weighted_sum(columns, first), inverse);
                }
                value.to_ext_slice(values);
            }
        });
        reused.give_back(weighted.values);
        values
    }
}

/// Some columns of a matrix with weights.
struct Weighted<'a> {
    matrix: &'a Cells,
    /// First of the packs into which a row is divided.
    start: usize,
    /// By pack; zero beside the columns.
    weights: Vec<[Factor; LANES]>,
}

impl<'a> Weighted<'a> {
    /// The columns from `offset` on; `None` if there are none.
    fn new(matrix: &'a Cells, weights: &[Challenge], offset: usize) -> Option<Self> {
        if weights.is_empty() {
            return None;
        }
        Some(Self { matrix, start: offset / LANES, weights: pack_weights(weights, offset) })
    }
}

/// The weighted sums of columns in as many rows as there are lanes, from row `first` on.
#[inline]
fn weighted_sum(columns: &[Weighted<'_>], first: usize) -> PackedChallenge {
    let mut sums = PackedChallenge::ZERO;
    for Weighted { matrix, start, weights } in columns {
        let rows: [&[Packed]; LANES] =
            from_fn(|lane| &Packed::pack_slice(row_of(matrix, first + lane))[*start..]);
        for (task, weights) in weights.chunks(MAX_PRODUCTS / LANES).enumerate() {
            let mut sum = Sum::default();
            for (pack, weights) in weights.iter().enumerate() {
                let pack = task * (MAX_PRODUCTS / LANES) + pack;
                sum.add(&transpose(rows.map(|row| row[pack])), weights);
            }
            sums += challenges(sum.reduce());
        }
    }
    sums
}

/// Weights of the base columns of interaction columns whose weighted sum is that of the interaction
/// columns of a kind.
fn picking(columns: &[Kind], kind: Kind) -> Vec<Challenge> {
    if !columns.contains(&kind) {
        return Vec::new();
    }
    let basis: [Challenge; CHALLENGE_DEGREE] = from_fn(|i| {
        Challenge::from_basis_coefficients_fn(|j| if i == j { Val::ONE } else { Val::ZERO })
    });
    let of_column = |&column: &Kind| {
        basis.map(|element| if column == kind { element } else { Challenge::ZERO })
    };
    columns.iter().flat_map(of_column).collect()
}

fn row_of(matrix: &Cells, row: usize) -> &[Val] {
    &matrix.values[row * matrix.width..(row + 1) * matrix.width]
}

/// Weights of the columns from `offset` on, beside the packs of a row: zero where a pack begins
/// before `offset` or ends after the last.
fn pack_weights(weights: &[Challenge], offset: usize) -> Vec<[Factor; LANES]> {
    let before = offset % LANES;
    let packs = (before + weights.len()).div_ceil(LANES);
    let weight = |column: usize| {
        let weight = column.checked_sub(before).and_then(|column| weights.get(column));
        Factor::new(weight.copied().unwrap_or_default())
    };
    (0..packs).map(|pack| from_fn(|lane| weight(pack * LANES + lane))).collect()
}
