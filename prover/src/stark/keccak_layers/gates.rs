//! A layer's gates at the points of a coset: most of the work.

use core::array::from_fn;

use lvm_air::field::Challenge;
use lvm_air::keccak_f::{BITS, LANES, PLANE, chi, mixers};
use lvm_verifier::stark::keccak_layers::{Layer, Weights};
use p3_field::PrimeCharacteristicRing;

use crate::stark::interactions::{Packed, PackedChallenge, challenges};
use crate::stark::keccak_layers::INPUTS;
use crate::stark::keccak_layers::extension::{Coset, PACKS, Points};
use crate::stark::sums::{BLOCK, Factor, MAX_PRODUCTS, Sum};

/// Permutations side by side.
pub(super) struct Block {
    /// What the gates read of each.
    lanes: [[u64; INPUTS]; BLOCK],
    /// Their weights.
    weights: [Factor; BLOCK],
}

impl Block {
    /// Permutations of up to so many weights.
    pub(super) fn new(weights: &[Challenge], lanes: impl Fn(usize) -> [u64; INPUTS]) -> Self {
        let mut all = [Challenge::ZERO; BLOCK];
        all[..weights.len()].copy_from_slice(weights);
        Self {
            lanes: from_fn(|i| if i < weights.len() { lanes(i) } else { [0; INPUTS] }),
            weights: all.map(Factor::new),
        }
    }
}

/// What gates read of one permutation at a pack of points.
type Extended = [Packed; INPUTS];

/// How many gates a layer has, without lanes that it only carries.
pub(super) const fn gates_of(layer: Layer) -> usize {
    match layer {
        Layer::LastChi | Layer::Chi | Layer::Theta => LANES,
        Layer::Mixers | Layer::Parities => PLANE,
        Layer::Pairs => 2 * PLANE,
    }
}

/// Adds the weighted sums over permutations of each of the gates, at a pack of points.
pub(super) fn add_gates(
    layer: Layer,
    points: &Points,
    blocks: &[Block],
    sums: &mut [PackedChallenge],
) {
    debug_assert!(blocks.len() * BLOCK <= MAX_PRODUCTS);
    // Lanes that are only carried aren't read.
    match layer {
        Layer::LastChi | Layer::Chi => {
            add::<0, LANES, LANES>(points, blocks, sums, |lanes, out| {
                for (y, plane) in lanes.as_chunks().0.iter().take(PLANE).enumerate() {
                    // Twice the lanes.
                    for (x, value) in chi(plane).into_iter().enumerate() {
                        out.put(PLANE * y + x, value);
                    }
                }
            })
        }
        Layer::Theta => add::<0, { LANES + PLANE }, LANES>(points, blocks, sums, |lanes, out| {
            for at in 0..LANES {
                out.put(at, lanes[at] * lanes[LANES + at % PLANE]);
            }
        }),
        Layer::Mixers => add::<LANES, INPUTS, PLANE>(points, blocks, sums, |lanes, out| {
            let [.., parities, rotated] = lanes.as_chunks().0 else { return };
            for (x, value) in mixers(parities, rotated).into_iter().enumerate() {
                out.put(x, value);
            }
        }),
        Layer::Parities => {
            add::<{ LANES - PLANE }, INPUTS, PLANE>(points, blocks, sums, |lanes, out| {
                for x in 0..PLANE {
                    let pair = lanes[LANES + x] * lanes[LANES + PLANE + x];
                    out.put(x, pair * lanes[LANES - PLANE + x]);
                }
            });
        }
        Layer::Pairs => {
            add::<0, { LANES - PLANE }, { 2 * PLANE }>(points, blocks, sums, |lanes, out| {
                for at in 0..2 * PLANE {
                    let first = 2 * PLANE * (at / PLANE) + at % PLANE;
                    out.put(at, lanes[first] * lanes[PLANE + first]);
                }
            });
        }
    }
}

/// Where the values of one permutation's gates go.
struct Out<'a, const GATES: usize> {
    values: &'a mut [[Packed; BLOCK]; GATES],
    /// The permutation's place in its block.
    at: usize,
}

impl<const GATES: usize> Out<'_, GATES> {
    #[inline(always)]
    fn put(&mut self, gate: usize, value: Packed) {
        self.values[gate][self.at] = value;
    }
}

/// The sums of a layer's gates at the points of a coset, times the gates' weights there.
pub(super) fn weigh_gates(
    layer: Layer,
    weights: &Weights,
    coset: &Coset,
    sums: &[PackedChallenge],
) -> [PackedChallenge; PACKS] {
    let is_chi = matches!(layer, Layer::LastChi | Layer::Chi);
    let sums = |gate: usize| sums.iter().skip(gate).step_by(gates_of(layer));
    let mut weighted = [PackedChallenge::ZERO; PACKS];
    let mut by_bit = |weights: &[[Challenge; BITS]]| {
        for (gate, weight) in weights.iter().enumerate() {
            let terms = coset.extend(weight).into_iter().zip(sums(gate));
            for (weighted, (weight, &sum)) in weighted.iter_mut().zip(terms) {
                *weighted += weight * sum;
            }
        }
    };
    match weights {
        Weights::Common { lanes, others, .. } => {
            let weights: &[Challenge] = if is_chi { lanes } else { others.as_flattened() };
            for (gate, &weight) in weights.iter().take(gates_of(layer)).enumerate() {
                for (weighted, &sum) in weighted.iter_mut().zip(sums(gate)) {
                    *weighted += sum * weight;
                }
            }
        }
        Weights::Lanes(lanes) => by_bit(&**lanes),
        Weights::Parities { parities, .. } => by_bit(&**parities),
    }
    if is_chi { weighted.map(|sum| sum.halve()) } else { weighted }
}

/// Adds the weighted sums of what `gates` makes of lanes from `FROM` up to `TO`.
#[inline(always)]
fn add<const FROM: usize, const TO: usize, const GATES: usize>(
    points: &Points,
    blocks: &[Block],
    sums: &mut [PackedChallenge],
    gates: impl Fn(&Extended, &mut Out<'_, GATES>),
) {
    let mut new = [Sum::default(); GATES];
    let mut values = [[Packed::ZERO; BLOCK]; GATES];
    let mut extended = [Packed::ZERO; INPUTS];
    for block in blocks {
        for (at, lanes) in block.lanes.iter().enumerate() {
            for (extended, &lane) in extended[FROM..TO].iter_mut().zip(&lanes[FROM..TO]) {
                *extended = points.extend(lane);
            }
            gates(&extended, &mut Out { values: &mut values, at });
        }
        for (sum, values) in new.iter_mut().zip(&values) {
            sum.add(values, &block.weights);
        }
    }
    for (sum, new) in sums.iter_mut().zip(&new) {
        *sum += challenges(new.reduce());
    }
}
