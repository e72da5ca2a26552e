//! Low-degree extensions, by number-theoretic transforms of all columns of a matrix at once.
//!
//! Interpolation is by decimation in time and evaluation by decimation in frequency, so that no
//! order is changed between them. Three layers of butterflies at a time are computed in registers,
//! and parts of a matrix are finished one after another, so that they stay in a core's cache. The
//! highest layers of the interpolation and of both evaluations, on H and on ω·H, connect the same
//! rows and are computed together.
//!
//! Of the roots of unity that a butterfly multiplies by, what depends on the row is taken out of the
//! layers that are computed together, so that it multiplies each value once. What is left in the
//! layers are roots of order 8, which are powers of two.

use core::array;
use std::sync::OnceLock;

use lvm_air::field::{CHALLENGE_DEGREE, Val};
use lvm_air::table::LOG_HEIGHT_MAX;
use lvm_verifier::stark::domain::{LOG_BLOWUP, SHIFT, reverse};
use p3_field::{Field, PackedValue, PrimeCharacteristicRing, TwoAdicField};
use p3_matrix::Matrix;
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;
use tracing::debug_span;

use crate::stark::commit::Cells;
use crate::stark::interactions::{LANES, Packed};
use crate::stark::reused::{Reused, made_once};

/// Elements that a task works on by itself.
const TASK: usize = 1 << 15;
/// Layers that are computed in registers.
const LAYERS: usize = 3;
/// Rows that they connect.
const RADIX: usize = 1 << LAYERS;

/// Powers that transforms multiply by, made once for each height.
#[derive(Default)]
pub(crate) struct Powers {
    /// By the log2 m of an order: the first half of the powers of a root of unity of order 2^m.
    roots: [OnceLock<Vec<Val>>; LOG_HEIGHT_MAX + LOG_BLOWUP + 1],
    /// By the log2 k of a height: the powers of [`SHIFT`] over 2^k.
    shifts: [OnceLock<Vec<Val>>; LOG_HEIGHT_MAX + 1],
}

impl Powers {
    fn roots(&self, log_order: usize) -> &[Val] {
        made_once::<Vec<Val>>(&self.roots[log_order], || {
            let root = Val::two_adic_generator(log_order);
            root.powers().collect_n((1 << log_order) / 2)
        })
    }

    fn shifts(&self, log_height: usize) -> &[Val] {
        made_once::<Vec<Val>>(&self.shifts[log_height], || {
            SHIFT.shifted_powers(inverse_of_height(log_height)).collect_n(1 << log_height)
        })
    }
}

fn inverse_of_height(log_height: usize) -> Val {
    Val::ONE.div_2exp_u64(log_height as u64)
}

/// The values on the evaluation domain, in bit-reversed order, of the polynomials that take the
/// values `rows` on the subgroup.
pub(crate) fn extend(reused: &Reused, rows: &Cells) -> Cells {
    let shifts = reused.powers.shifts(rows.height().ilog2() as usize);
    extend_by(reused, rows, Order::Natural, |i, _| Packed::from(shifts[i]))
}

/// The values on the evaluation domain of the polynomials that take the values `half` on its first
/// half; all in bit-reversed order.
pub(crate) fn extend_values(reused: &Reused, half: &Cells) -> Cells {
    // The first half is the coset SHIFT·H. Interpolated over the subgroup H, p there is p(SHIFT·X),
    // whose values on the unshifted domain are wanted.
    let factor = Packed::from(inverse_of_height(half.height().ilog2() as usize));
    extend_by(reused, half, Order::BitReversed, |_, _| factor)
}

/// The values on the evaluation domain of two polynomials over challenges: the first, in the first
/// columns, is given by its values on the domain's first half, the second, in the next columns, by
/// those on the second half; all in bit-reversed order.
pub(crate) fn extend_chunks(reused: &Reused, chunks: &Cells) -> Cells {
    // Interpolated over the subgroup, chunk q of the coset c·H is the polynomial q(c·X). The cosets
    // are SHIFT·H and SHIFT·ω·H; with the second one's coefficients divided by the powers of ω, both
    // are q(SHIFT·X), whose values on the unshifted domain are wanted.
    let log_height = chunks.height().ilog2() as usize;
    let factor = inverse_of_height(log_height);
    let inverse = Val::two_adic_generator(log_height + LOG_BLOWUP).inverse();
    let powers = inverse.shifted_powers(factor).collect_n(1 << log_height);
    extend_by(reused, chunks, Order::BitReversed, |i, pack| {
        Packed::from_fn(|lane| match pack * LANES + lane {
            ..CHALLENGE_DEGREE => factor,
            _ => powers[i],
        })
    })
}

/// The order of a matrix's rows.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    Natural,
    BitReversed,
}

/// What a coefficient is multiplied by: that of this power, in this pack of columns.
trait Factor: Fn(usize, usize) -> Packed + Sync {}

impl<F: Fn(usize, usize) -> Packed + Sync> Factor for F {}

/// Takes the rows of a matrix of height n, in this order, for values on the subgroup H of order n,
/// multiplies the n-fold of each coefficient by its factor, and evaluates on the subgroup of order
/// 2n. The result is in bit-reversed order. Rows are padded to full hash blocks.
fn extend_by(reused: &Reused, rows: &Cells, order: Order, factor: impl Factor) -> Cells {
    let _span = debug_span!("extend").entered();
    let (height, width) = (rows.height(), rows.width);
    let log_height = height.ilog2() as usize;
    let size = height << LOG_BLOWUP;
    let roots = (0..=log_height + LOG_BLOWUP).map(|log| reused.powers.roots(log)).collect();
    let transform = Transform { width: width / LANES, roots };
    let mut extended = reused.buffer(size * width);
    // Interpolation is evaluation in the opposite direction.
    let place = |row: usize| {
        let at = (height - reverse(row, log_height)) % height;
        if order == Order::Natural { at } else { reverse(at, log_height) }
    };
    let first = &mut extended[..height * width];
    let rows_of_task = (TASK / width).max(1);
    first.par_chunks_mut(rows_of_task * width).enumerate().for_each(|(task, cells)| {
        for (i, cells) in cells.chunks_exact_mut(width).enumerate() {
            let start = place(task * rows_of_task + i) * width;
            cells.copy_from_slice(&rows.values[start..start + width]);
        }
    });
    transform.extend(Packed::pack_slice_mut(&mut extended), &factor);
    RowMajorMatrix::new(extended, width)
}

/// Transforms of blocks of one width.
struct Transform<'a> {
    /// Packs of a row.
    width: usize,
    /// See [`Powers`].
    roots: Vec<&'a [Val]>,
}

impl Transform<'_> {
    /// The first half of a block has polynomials' values on the subgroup H, in bit-reversed order
    /// and opposite direction. The result, in bit-reversed order, has those on the subgroup of twice
    /// the order of the polynomials with other coefficients: on H, then on ω·H.
    fn extend(&self, block: &mut [Packed], factor: &impl Factor) {
        let (even, odd) = block.split_at_mut(block.len() / 2);
        let log_height = self.log_height(even);
        // All layers but the highest are of powers of eight.
        let count = if log_height == 0 { 0 } else { (log_height - 1) % LAYERS + 1 };
        let parts = 1 << count;
        each_part(even, parts, |part| self.interpolate(part));
        match count {
            0 => self.highest_layers::<1>(even, odd, factor),
            1 => self.highest_layers::<2>(even, odd, factor),
            2 => self.highest_layers::<4>(even, odd, factor),
            _ => self.highest_layers::<8>(even, odd, factor),
        }
        for block in [even, odd] {
            each_part(block, parts, |part| self.evaluate(part));
        }
    }

    fn log_height(&self, block: &[Packed]) -> usize {
        (block.len() / self.width).ilog2() as usize
    }

    /// The highest layers of the interpolation and of both evaluations.
    fn highest_layers<const R: usize>(
        &self,
        even: &mut [Packed],
        odd: &mut [Packed],
        factor: &impl Factor,
    ) {
        let height = even.len() / self.width / R;
        let log_height = self.log_height(even);
        let factors = self.factors(R, height);
        let omegas = self.roots[log_height + LOG_BLOWUP];
        // Of each part of both blocks the same rows.
        let mut tasks = Vec::new();
        let rows_of_task = (TASK / (2 * R * self.width * LANES)).max(1);
        let mut parts = [even, odd].map(|block| {
            let mut parts = block.chunks_exact_mut(height * self.width);
            array::from_fn(|_| {
                let part: &mut [Packed] = parts.next().unwrap_or_default();
                part.chunks_mut(rows_of_task * self.width)
            })
        });
        for first in (0..height).step_by(rows_of_task) {
            let parts: [[&mut [Packed]; R]; 2] = parts
                .each_mut()
                .map(|parts| parts.each_mut().map(|part| part.next().unwrap_or_default()));
            tasks.push((first, parts));
        }
        tasks.into_par_iter().for_each(|(first, [even, odd])| {
            for row in first..first + even[0].len() / self.width {
                let factors = factors.at::<R>(row);
                for pack in 0..self.width {
                    let at = (row - first) * self.width + pack;
                    let mut values: [Packed; R] = array::from_fn(|part| even[part][at]);
                    scale(&mut values, &factors);
                    butterflies::<R, true>(&mut values);
                    let mut others = values;
                    for part in 0..R {
                        values[part] *= factor(part * height + row, pack);
                        others[part] = values[part] * Packed::from(omegas[part * height + row]);
                    }
                    for values in [&mut values, &mut others] {
                        butterflies::<R, false>(values);
                        scale(values, &factors);
                    }
                    for part in 0..R {
                        even[part][at] = values[part];
                        odd[part][at] = others[part];
                    }
                }
            }
        });
    }

    /// The values of polynomials on the subgroup, in bit-reversed order, from their coefficients.
    /// The height is a power of eight.
    fn evaluate(&self, block: &mut [Packed]) {
        let height = block.len() / self.width;
        if height > RADIX {
            self.layers::<false>(block);
        }
        if height > RADIX * RADIX {
            each_part(block, RADIX, |part| self.evaluate(part));
        } else if height > 1 {
            self.lowest_layers::<false>(block);
        }
    }

    /// The coefficients of polynomials, times the height, from their values on the subgroup, which
    /// are in bit-reversed order and opposite direction. The height is a power of eight.
    fn interpolate(&self, block: &mut [Packed]) {
        let height = block.len() / self.width;
        if height > RADIX * RADIX {
            each_part(block, RADIX, |part| self.interpolate(part));
        } else if height > 1 {
            self.lowest_layers::<true>(block);
        }
        if height > RADIX {
            self.layers::<true>(block);
        }
    }

    /// The three highest layers of a transform.
    fn layers<const INTERPOLATE: bool>(&self, block: &mut [Packed]) {
        let height = block.len() / self.width / RADIX;
        let factors = self.factors(RADIX, height);
        let rows_of_task = (TASK / (RADIX * self.width * LANES)).max(1);
        let mut parts = block.chunks_exact_mut(height * self.width);
        let mut parts: [_; RADIX] = array::from_fn(|_| {
            let part: &mut [Packed] = parts.next().unwrap_or_default();
            part.chunks_mut(rows_of_task * self.width)
        });
        let rows = |(first, mut parts): (usize, [&mut [Packed]; RADIX])| {
            for row in 0..parts[0].len() / self.width {
                let factors = factors.at::<RADIX>(first + row);
                for at in row * self.width..(row + 1) * self.width {
                    let mut values: [Packed; RADIX] = array::from_fn(|part| parts[part][at]);
                    if INTERPOLATE {
                        scale(&mut values, &factors);
                    }
                    butterflies::<RADIX, INTERPOLATE>(&mut values);
                    if !INTERPOLATE {
                        scale(&mut values, &factors);
                    }
                    for (part, value) in parts.iter_mut().zip(values) {
                        part[at] = value;
                    }
                }
            }
        };
        let tasks = (0..height)
            .step_by(rows_of_task)
            .map(|first| (first, parts.each_mut().map(|part| part.next().unwrap_or_default())));
        if height > rows_of_task {
            tasks.collect::<Vec<_>>().into_par_iter().for_each(rows);
        } else {
            tasks.for_each(rows);
        }
    }

    /// The three lowest layers of a transform, those of eight rows each.
    fn lowest_layers<const INTERPOLATE: bool>(&self, block: &mut [Packed]) {
        for rows in block.chunks_exact_mut(RADIX * self.width) {
            for pack in 0..self.width {
                let mut values: [Packed; RADIX] =
                    array::from_fn(|row| rows[row * self.width + pack]);
                butterflies::<RADIX, INTERPOLATE>(&mut values);
                for (row, value) in values.into_iter().enumerate() {
                    rows[row * self.width + pack] = value;
                }
            }
        }
    }

    /// The factors of the highest layers of a block of this many parts of this height.
    fn factors(&self, parts: usize, height: usize) -> Factors<'_> {
        let log_height = height.ilog2() as usize;
        let layers = parts.ilog2() as usize;
        Factors(array::from_fn(|layer| {
            if layer < layers { &self.roots[log_height + layer + 1][..height] } else { &[] }
        }))
    }
}

/// By layers: the powers of a root of unity beside the rows of a part.
struct Factors<'a>([&'a [Val]; LAYERS]);

impl Factors<'_> {
    /// The factors of one row in each part: products of those of the layers that the bits of the
    /// part's number stand for.
    #[inline(always)]
    fn at<const R: usize>(&self, row: usize) -> [Packed; R] {
        let mut factors = [Val::ONE; R];
        for part in 1..R {
            factors[part] =
                factors[part & (part - 1)] * self.0[part.trailing_zeros() as usize][row];
        }
        factors.map(Packed::from)
    }
}

/// Transforms equal parts of a block, unless they are single rows.
fn each_part(block: &mut [Packed], parts: usize, transform: impl Fn(&mut [Packed]) + Send + Sync) {
    let length = block.len() / parts;
    if block.len() * LANES > TASK {
        block.par_chunks_exact_mut(length).for_each(transform);
    } else {
        block.chunks_exact_mut(length).for_each(transform);
    }
}

/// Multiplies each value but the first, whose factor is one.
#[inline(always)]
fn scale<const R: usize>(values: &mut [Packed; R], factors: &[Packed; R]) {
    for part in 1..R {
        values[part] *= factors[part];
    }
}

/// The layers of a transform of `R` values, of which there are 1, 2, 4 or 8.
#[inline(always)]
fn butterflies<const R: usize, const INTERPOLATE: bool>(values: &mut [Packed; R]) {
    for layer in 0..LAYERS {
        match if INTERPOLATE { layer } else { LAYERS - 1 - layer } {
            0 if R >= 2 => layer_of::<R, 1, INTERPOLATE>(values),
            1 if R >= 4 => layer_of::<R, 2, INTERPOLATE>(values),
            2 if R >= 8 => layer_of::<R, 4, INTERPOLATE>(values),
            _ => {}
        }
    }
}

/// The layer of butterflies that connects values so far apart.
#[inline(always)]
fn layer_of<const R: usize, const DISTANCE: usize, const INTERPOLATE: bool>(
    values: &mut [Packed; R],
) {
    for pair in 0..R / 2 {
        let (group, at) = (pair / DISTANCE, pair % DISTANCE);
        let low = 2 * DISTANCE * group + at;
        let (a, b) = (values[low], values[low + DISTANCE]);
        // The root of order 8 is −2^24: its sign is in the order of the difference.
        (values[low], values[low + DISTANCE]) = match (at * RADIX / (2 * DISTANCE), INTERPOLATE) {
            (1, true) => {
                let b = times_power_of_two::<24>(b);
                (a - b, a + b)
            }
            (1, false) => (a + b, times_power_of_two::<24>(b - a)),
            (power, true) => {
                let b = times_root(b, power);
                (a + b, a - b)
            }
            (power, false) => (a + b, times_root(a - b, power)),
        };
    }
}

/// The value times an even or the third power of the root of order 8.
#[inline(always)]
fn times_root(value: Packed, power: usize) -> Packed {
    match power {
        2 => times_power_of_two::<48>(value),
        3 => value.div_2exp_u64(24),
        _ => value,
    }
}

/// The value times `2^24` or `2^48`.
#[inline(always)]
fn times_power_of_two<const EXPONENT: u64>(value: Packed) -> Packed {
    #[cfg(all(target_arch = "x86_64", target_feature = "avx512f"))]
    match EXPONENT {
        24 => return crate::stark::words::times_2_24(value),
        48 => return crate::stark::words::times_2_48(value),
        _ => {}
    }
    value.mul_2exp_u64(EXPONENT)
}

#[cfg(test)]
mod tests {
    use lvm_verifier::stark::merkle::BLOCK_ELEMENTS;
    use p3_dft::{Radix2DitParallel, TwoAdicSubgroupDft};
    use p3_matrix::bitrev::BitReversibleMatrix;

    use super::*;

    fn matrix(log_height: usize, width: usize) -> Cells {
        let cell = |i: usize| Val::from_u64((i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        RowMajorMatrix::new((0..width << log_height).map(cell).collect(), width)
    }

    fn by_p3(rows: &Cells, shift: Val) -> Cells {
        Radix2DitParallel::default()
            .coset_lde_batch(rows.clone(), LOG_BLOWUP, shift)
            .bit_reverse_rows()
            .to_row_major_matrix()
    }

    #[test]
    fn extensions_are_those_of_the_library() {
        let reused = Reused::default();
        for (log_height, width) in
            (0..15).map(|log| (log, 8 << (log % 3))).chain([(16, 24), (3, 2640)])
        {
            let rows = matrix(log_height, width);
            assert_eq!(extend(&reused, &rows), by_p3(&rows, SHIFT), "{log_height}, {width}");
        }
    }

    #[test]
    fn values_on_one_half_give_the_other() {
        let reused = Reused::default();
        for log_height in 0..8 {
            let extended = extend(&reused, &matrix(log_height, BLOCK_ELEMENTS));
            let half = extended.values[..BLOCK_ELEMENTS << log_height].to_vec();
            assert_eq!(
                extend_values(&reused, &RowMajorMatrix::new(half, BLOCK_ELEMENTS)),
                extended
            );
        }
    }

    #[test]
    fn chunks_are_extended_from_their_own_halves() {
        let reused = Reused::default();
        for log_height in 0..8 {
            let extended = extend(&reused, &matrix(log_height, BLOCK_ELEMENTS));
            let (first, second) = extended.values.split_at(BLOCK_ELEMENTS << log_height);
            let rows = first.chunks(BLOCK_ELEMENTS).zip(second.chunks(BLOCK_ELEMENTS));
            let chunks = rows
                .flat_map(|(first, second)| {
                    [&first[..CHALLENGE_DEGREE], &second[CHALLENGE_DEGREE..]]
                })
                .flatten()
                .copied()
                .collect();
            assert_eq!(
                extend_chunks(&reused, &RowMajorMatrix::new(chunks, BLOCK_ELEMENTS)),
                extended
            );
        }
    }
}
