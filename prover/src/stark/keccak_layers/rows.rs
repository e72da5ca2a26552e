//! The sumcheck over permutations, once the bits of lanes are one challenge each.

use core::array::from_fn;

use lvm_air::field::{Challenge, Val};
use lvm_verifier::stark::keccak_layers::{Layer, WeightsAt, evaluate};
use lvm_verifier::stark::links;
use lvm_verifier::stark::transcript::Transcript;
use p3_field::{Algebra, Field, PackedFieldExtension, PrimeCharacteristicRing};
use rayon::prelude::*;

use crate::stark::interactions::{LANES as PACK, PackedChallenge};
use crate::stark::keccak_layers::TASK;
use crate::stark::keccak_layers::extension::inverse_vandermonde;

/// Proves the sum over rows of the gates, weighted by equality with the point `rows`, which are
/// `equality`; moves the point to where the columns' values are claimed, and returns these.
pub(super) fn sum_rows(
    layer: Layer,
    weights: &WeightsAt<Challenge>,
    columns: Vec<Challenge>,
    equality: &[Challenge],
    mut sum: Challenge,
    rows: &mut [Challenge],
    transcript: &mut Transcript,
) -> (Vec<Vec<Challenge>>, Vec<Challenge>) {
    let width = layer.inputs();
    let degree = layer.degree();
    let points: Vec<Val> = (0..=degree).map(Val::from_usize).collect();
    let inverse = inverse_vandermonde(&points);
    let mut said = Vec::with_capacity(rows.len());
    let point = rows.to_vec();
    let mut one_round = |bit: usize, mut values: [Challenge; EVALUATIONS]| {
        // The value at 1 follows from the claim.
        let x = point[bit];
        values[1] = (sum - (Challenge::ONE - x) * values[0]) * x.try_inverse().unwrap_or_default();
        let coefficients: Vec<Challenge> = inverse
            .iter()
            .map(|row| row.iter().zip(values).map(|(&factor, value)| value * factor).sum())
            .collect();
        transcript.absorb(&coefficients);
        let drawn = transcript.draw();
        sum = evaluate(&coefficients, drawn);
        said.push(coefficients);
        rows[bit] = drawn;
        drawn
    };
    // Packs of rows lie side by side while there are at least two of them.
    let mut bits = (0..point.len()).rev().peekable();
    let mut columns = columns;
    if columns.len() > width * PACK {
        let weights = weights.map(PackedChallenge::from);
        let mut packs = vec![PackedChallenge::ZERO; columns.len() / PACK];
        packs.par_chunks_exact_mut(width).zip(columns.par_chunks_exact(width * PACK)).for_each(
            |(packs, rows)| {
                for (column, pack) in packs.iter_mut().enumerate() {
                    *pack = PackedChallenge::from_ext_fn(|lane| rows[lane * width + column]);
                }
            },
        );
        let mut eq: Vec<PackedChallenge> =
            equality.chunks_exact(PACK).map(PackedChallenge::from_ext_slice).collect();
        while packs.len() > width {
            let Some(bit) = bits.next() else { break };
            halve(&mut eq);
            let values = evaluations(layer, &weights, &packs, &eq);
            let values = values.map(|value| (0..PACK).map(|lane| value.extract(lane)).sum());
            let drawn = one_round(bit, values);
            packs = fold(&packs, PackedChallenge::from(drawn));
        }
        columns =
            (0..PACK).flat_map(|lane| packs.iter().map(move |pack| pack.extract(lane))).collect();
    }
    // In place of the bits that are left.
    let mut eq = links::equality(&point[..bits.len()]);
    for bit in bits {
        halve(&mut eq);
        let values = evaluations(layer, weights, &columns, &eq);
        let drawn = one_round(bit, values);
        columns = fold(&columns, drawn);
    }
    (said, columns)
}

/// Leaves the highest bit out of equality's values: it adds up to one.
fn halve<V: PrimeCharacteristicRing + Copy>(eq: &mut Vec<V>) {
    let half = eq.len() / 2;
    let (low, high) = eq.split_at_mut(half);
    for (low, high) in low.iter_mut().zip(high) {
        *low += *high;
    }
    eq.truncate(half);
}

/// Points at which a layer's polynomial in one bit is evaluated, at most.
const EVALUATIONS: usize = 4;

/// The weighted sums over pairs of rows at 0, 2, 3 and on, in place of the highest bit; not at 1.
fn evaluations<V: Algebra<Challenge> + Copy + Send + Sync>(
    layer: Layer,
    weights: &WeightsAt<V>,
    columns: &[V],
    eq: &[V],
) -> [V; EVALUATIONS] {
    let width = layer.inputs();
    let (low, high) = columns.split_at(columns.len() / 2);
    let gates = |values: &[V]| weights.gates(layer, values).expect("rows have all inputs");
    low.par_chunks(width * TASK)
        .zip(high.par_chunks(width * TASK))
        .zip(eq.par_chunks(TASK))
        .map(|((low, high), eq)| {
            let mut sums = [V::ZERO; EVALUATIONS];
            let mut values = vec![V::ZERO; width];
            for ((low, high), &eq) in low.chunks(width).zip(high.chunks(width)).zip(eq) {
                sums[0] += gates(low) * eq;
                values.copy_from_slice(high);
                for sum in &mut sums[2..=layer.degree()] {
                    for ((value, &low), &high) in values.iter_mut().zip(low).zip(high) {
                        *value += high - low;
                    }
                    *sum += gates(&values) * eq;
                }
            }
            sums
        })
        .reduce(|| [V::ZERO; EVALUATIONS], |a, b| from_fn(|i| a[i] + b[i]))
}

/// Puts `x` in place of the rows' highest bit.
fn fold<V: Algebra<Challenge> + Copy + Send + Sync>(columns: &[V], x: V) -> Vec<V> {
    let (low, high) = columns.split_at(columns.len() / 2);
    let pairs = low.par_iter().zip(high).with_min_len(1 << 10);
    pairs.map(|(&low, &high)| low + (high - low) * x).collect()
}
