//! Step 5, of permutations: proves the layers of keccak-f, which are not committed; see
//! `lvm_verifier::stark::keccak_layers`.
//!
//! Most of the work is the first polynomial of each layer: the gates at points beside the subgroup
//! over which lanes are interpolated, for every permutation. Lanes are words there, and a lane's
//! value at a point is a sum over its bytes of parts that tables have. After it the values are
//! challenges, and there are 64 times fewer.

use core::array::from_fn;

use lvm_air::field::Challenge;
use lvm_air::keccak_f::{BITS, CONSTANTS, LANES, PLANE, ROUNDS, Round};
use lvm_verifier::stark::keccak_layers::{
    Claims, Ends, Layer, LayerClaim, LayerProof, LayersProof, Weights, draw_output, evaluate,
    lagrange,
};
use lvm_verifier::stark::links::equality;
use lvm_verifier::stark::transcript::Transcript;
use p3_field::{PackedFieldExtension, PrimeCharacteristicRing};
use rayon::prelude::*;

use crate::stark::interactions::{LANES as PACK, PackedChallenge};
use crate::stark::keccak_layers::bits::{BitTable, bit_sums};
use crate::stark::keccak_layers::extension::PACKS;
use crate::stark::keccak_layers::gates::{Block, add_gates, gates_of, weigh_gates};
use crate::stark::keccak_layers::rows::sum_rows;
use crate::stark::sums::BLOCK;

mod bits;
mod extension;
mod gates;
mod rows;

pub(crate) use crate::stark::keccak_layers::extension::Extension;

/// A state of lanes.
pub(crate) type State = [u64; LANES];

/// Bytes of a lane.
const BYTES: usize = 8;
/// Permutations that one task takes.
const TASK: usize = 64;
/// Permutations that a task which loads large tables takes, at most: their lanes stay in a cache.
const TASK_MAX: usize = 512;
/// Values that a layer's gates read, at most.
const INPUTS: usize = LANES + 2 * PLANE;

/// Proves that permutations of `inputs`, and of zeros up to `2^log_permutations`, are what their
/// outputs say.
pub(crate) fn prove(
    extension: &Extension,
    log_permutations: usize,
    inputs: &[State],
    transcript: &mut Transcript,
) -> (LayersProof, Ends) {
    let count = 1usize << log_permutations;
    let mut last: Vec<State> = inputs.to_vec();
    if inputs.len() < count {
        last.push([0; LANES]);
    }
    let mut states = Vec::with_capacity(ROUNDS);
    for constant in CONSTANTS {
        let next = last
            .par_iter()
            .with_min_len(TASK)
            .map(|state| {
                let mut after = Round::of(state).after;
                after[0] ^= constant;
                after
            })
            .collect();
        states.push(core::mem::replace(&mut last, next));
    }

    let (bit, permutation) = draw_output(log_permutations, transcript);
    let weights = with_padding(&equality(&permutation), last.len());
    let output = values_at(bit, &bit_sums(&weights, LANES, |n| last[n]));
    transcript.absorb(&output);
    let output_claims = Claims { bit, permutation: permutation.clone(), values: output };

    let mut values = output.to_vec();
    let mut point = bit;
    let mut rows = permutation;
    let mut layers = Vec::new();
    for (round, layer) in Layer::all() {
        let gamma = transcript.draw();
        let claim = LayerClaim::new(round, layer, point, &values, gamma)
            .expect("a challenge isn't in the subgroup");
        let constant = round.checked_sub(1).map_or(0, |before| CONSTANTS[before]);
        let words = Words { layer, constant, states: &states[round] };
        let weights = equality(&rows);
        let first = words.sum_over_bits(extension, &claim, &weights);
        transcript.absorb(&first);
        point = transcript.draw();
        let columns = words.columns(point, rows.len());
        let gates = claim.at(point).expect("a challenge isn't in the subgroup");
        let sum = evaluate(&first, point);
        let (rounds, found) =
            sum_rows(layer, &gates, columns, &weights, sum, &mut rows, transcript);
        transcript.absorb(&found);
        values.clone_from(&found);
        layers.push(LayerProof { first, rounds, values: found });
    }
    let input = from_fn(|lane| values[lane]);
    let ends = Ends {
        input: Claims { bit: point, permutation: rows, values: input },
        output: output_claims,
    };
    (LayersProof { output: output.to_vec(), layers }, ends)
}

/// A layer of all permutations, in words.
#[derive(Clone, Copy)]
struct Words<'a> {
    layer: Layer,
    /// What iota added to the states after the round before.
    constant: u64,
    /// The states before the round; the last one stands for all that follow.
    states: &'a [State],
}

impl Words<'_> {
    /// The lanes that the layer's gates read of a permutation.
    fn inputs(self, n: usize) -> [u64; INPUTS] {
        let round = Round::of(&self.states[n]);
        let none = [0; PLANE];
        match self.layer {
            Layer::LastChi | Layer::Chi => join(round.moved, none, none),
            Layer::Theta => join(self.state(n), round.mixers, none),
            Layer::Mixers => join(self.state(n), round.parities, round.rotated),
            Layer::Parities => join(self.state(n), self.without(round.firsts), round.seconds),
            Layer::Pairs => join(self.state(n), none, none),
        }
    }

    /// The lanes that the layer's gates make of a permutation: 25, which some layers only carry,
    /// then others.
    fn outputs(self, n: usize) -> [u64; INPUTS] {
        let round = Round::of(&self.states[n]);
        let none = [0; PLANE];
        match self.layer {
            Layer::LastChi | Layer::Chi => join(round.after, none, none),
            Layer::Theta => join(self.without(round.mixed), none, none),
            Layer::Mixers => join(self.state(n), round.mixers, none),
            Layer::Parities => join(self.state(n), self.without(round.parities), none),
            Layer::Pairs => join(self.state(n), self.without(round.firsts), round.seconds),
        }
    }

    /// The state as layers have it: before iota.
    fn state(self, n: usize) -> State {
        self.without(self.states[n])
    }

    /// Lanes without what iota added to the first one.
    fn without<const N: usize>(self, mut lanes: [u64; N]) -> [u64; N] {
        lanes[0] ^= self.constant;
        lanes
    }

    /// The coefficients of the polynomial in a bit's number, from the weights of permutations.
    fn sum_over_bits(
        self,
        extension: &Extension,
        claim: &LayerClaim,
        equality: &[Challenge],
    ) -> Vec<Challenge> {
        let weights = with_padding(equality, self.states.len());
        let (carried, of_outputs) = self.sums_on_subgroup(claim, &weights);
        let cosets = &extension.cosets[..self.layer.chunks() - 1];
        let gates = gates_of(self.layer);
        let zero = || vec![PackedChallenge::ZERO; cosets.len() * PACKS * gates];
        let task = task_of(weights.len());
        let of_gates = weights
            .par_chunks(task)
            .enumerate()
            .fold(zero, |mut sums, (index, weights)| {
                let blocks: Vec<Block> = weights
                    .chunks(BLOCK)
                    .enumerate()
                    .map(|(block, weights)| {
                        Block::new(weights, |i| self.inputs(index * task + block * BLOCK + i))
                    })
                    .collect();
                let points = cosets.iter().flat_map(|coset| &coset.packs);
                for (points, sums) in points.zip(sums.chunks_exact_mut(gates)) {
                    add_gates(self.layer, points, &blocks, sums);
                }
                sums
            })
            .reduce(zero, |mut a, b| {
                for (a, b) in a.iter_mut().zip(b) {
                    *a += b;
                }
                a
            });
        let on_cosets: Vec<[Challenge; BITS]> = cosets
            .par_iter()
            .zip(of_gates.par_chunks_exact(PACKS * gates))
            .map(|(coset, of_gates)| {
                let mut sums = weigh_gates(self.layer, &claim.weights, coset, of_gates);
                if let Some(carried) = &carried {
                    let mut carried = coset.extend(carried);
                    if let Weights::Parities { bits, .. } = &claim.weights {
                        for (carried, bits) in carried.iter_mut().zip(coset.extend(bits)) {
                            *carried *= bits;
                        }
                    }
                    for (sum, carried) in sums.iter_mut().zip(carried) {
                        *sum += carried;
                    }
                }
                from_fn(|k| sums[k / PACK].extract(k % PACK))
            })
            .collect();
        let values: Vec<_> = [of_outputs].into_iter().chain(on_cosets).collect();
        extension.interpolate(&values)
    }

    /// The sums over permutations on the subgroup: of the carried lanes without the weights of bits,
    /// if the layer carries them, and of all gates. They are linear in what the gates make.
    fn sums_on_subgroup(
        self,
        claim: &LayerClaim,
        weights: &[Challenge],
    ) -> (Option<[Challenge; BITS]>, [Challenge; BITS]) {
        let (is_carried, width) = match self.layer {
            Layer::LastChi | Layer::Chi | Layer::Theta => (false, LANES),
            Layer::Mixers | Layer::Parities => (true, LANES + PLANE),
            Layer::Pairs => (true, LANES + 2 * PLANE),
        };
        let sums = bit_sums(weights, width, |n| self.outputs(n));
        let (lanes, others) = sums.split_at(LANES);
        let weighted = |weights: &[Challenge], sums: &[[Challenge; BITS]]| -> [Challenge; BITS] {
            from_fn(|z| weights.iter().zip(sums).map(|(&weight, sums)| weight * sums[z]).sum())
        };
        let by_bit = |weights: &[[Challenge; BITS]], sums: &[[Challenge; BITS]]| {
            from_fn(|z| weights.iter().zip(sums).map(|(weight, sums)| weight[z] * sums[z]).sum())
        };
        let add = |a: [Challenge; BITS], b: [Challenge; BITS]| from_fn(|z| a[z] + b[z]);
        match &claim.weights {
            Weights::Common { lanes: factors, others: other_factors, .. } => {
                let of_lanes = weighted(factors, lanes);
                let of_others = weighted(other_factors.as_flattened(), others);
                (is_carried.then_some(of_lanes), add(of_lanes, of_others))
            }
            Weights::Lanes(weights) => (None, by_bit(&**weights, lanes)),
            Weights::Parities { parities, bits, lanes: factors } => {
                let carried = weighted(factors, lanes);
                let of_lanes = from_fn(|z| bits[z] * carried[z]);
                (Some(carried), add(by_bit(&**parities, others), of_lanes))
            }
        }
    }

    /// What the gates read at a point in place of a bit's number, one row a permutation.
    fn columns(self, point: Challenge, log_permutations: usize) -> Vec<Challenge> {
        let bits = BitTable::new(&lagrange(point).expect("a challenge isn't in the subgroup"));
        let width = self.layer.inputs();
        let mut columns = vec![Challenge::ZERO; width << log_permutations];
        let (real, padding) = columns.split_at_mut(width * self.states.len());
        real.par_chunks_mut(width).enumerate().with_min_len(TASK).for_each(|(n, row)| {
            for (cell, lane) in row.iter_mut().zip(self.inputs(n)) {
                *cell = bits.value(lane);
            }
        });
        if let Some(last) = real.chunks_exact(width).next_back() {
            padding.par_chunks_exact_mut(width).for_each(|row| row.copy_from_slice(last));
        }
        columns
    }
}

/// Permutations that one task takes where each task loads large tables: few tasks for each thread.
fn task_of(permutations: usize) -> usize {
    let task = permutations / (4 * rayon::current_num_threads());
    task.next_multiple_of(BLOCK).clamp(BLOCK, TASK_MAX)
}

/// 25 lanes and others.
fn join(lanes: State, first: [u64; PLANE], second: [u64; PLANE]) -> [u64; INPUTS] {
    let mut all = lanes.into_iter().chain(first).chain(second);
    from_fn(|_| all.next().unwrap_or_default())
}

/// The first weights, the last of them together with all that follow.
fn with_padding(weights: &[Challenge], count: usize) -> Vec<Challenge> {
    let (first, rest) = weights.split_at(count - 1);
    let last = rest.iter().copied().sum();
    first.iter().copied().chain([last]).collect()
}

/// The values at a point of lanes that are given on the subgroup.
fn values_at(point: Challenge, lanes: &[[Challenge; BITS]]) -> [Challenge; LANES] {
    let weights = lagrange(point).expect("a challenge isn't in the subgroup");
    from_fn(|lane| lanes[lane].iter().zip(weights).map(|(&value, weight)| value * weight).sum())
}

#[cfg(test)]
mod tests {
    use lvm_verifier::stark::keccak_layers::{LayersError, verify};

    use super::*;

    fn inputs(count: usize) -> Vec<State> {
        let mut state: State = from_fn(|i| i as u64);
        (0..count)
            .map(|_| {
                state = lvm_air::keccak_f::permute(&state);
                state
            })
            .collect()
    }

    /// The values of 25 lanes at a claim's point, one after another.
    fn expected(claims: &Claims, lanes: impl Fn(usize) -> State) -> [Challenge; LANES] {
        let eq = equality(&claims.permutation);
        let bits = lagrange(claims.bit).unwrap();
        from_fn(|lane| {
            let mut sum = Challenge::ZERO;
            for (n, &eq) in eq.iter().enumerate() {
                for (z, &bit) in bits.iter().enumerate() {
                    let is_one = lanes(n)[lane] >> z & 1 == 1;
                    sum += if is_one { -bit * eq } else { bit * eq };
                }
            }
            sum
        })
    }

    #[test]
    fn honest_layers_are_accepted() {
        let extension = Extension::default();
        for (log, count) in [(0, 1), (0, 0), (1, 2), (2, 3), (3, 8), (4, 9), (5, 32), (5, 20)] {
            let inputs = inputs(count);
            let start = || Transcript::new([7; 32]);
            let (proof, ends) = prove(&extension, log, &inputs, &mut start());
            assert_eq!(verify(log, &proof, &mut start()).unwrap(), ends);
            let input = |n: usize| inputs.get(n).copied().unwrap_or([0; LANES]);
            assert_eq!(ends.input.values, expected(&ends.input, input));
            let output = |n: usize| lvm_air::keccak_f::permute(&input(n));
            assert_eq!(ends.output.values, expected(&ends.output, output));
        }
    }

    #[test]
    fn every_changed_value_is_refused() {
        let extension = Extension::default();
        let start = || Transcript::new([7; 32]);
        let (proof, ends) = prove(&extension, 2, &inputs(3), &mut start());
        let refused = |change: &dyn Fn(&mut LayersProof)| {
            let mut changed = proof.clone();
            change(&mut changed);
            match verify(2, &changed, &mut start()) {
                Err(error) => error,
                // What says nothing of the layers themselves moves the ends.
                Ok(found) => panic!("accepted, ends differ: {}", found != ends),
            }
        };
        for lane in 0..LANES {
            let error = refused(&|proof| proof.output[lane] += Challenge::ONE);
            assert!(matches!(error, LayersError::Bits { round: 23, .. }), "{error}");
        }
        for (at, (round, layer)) in Layer::all().enumerate() {
            for i in [0, 1, 63, 64, 64 * layer.chunks() - 1] {
                let error = refused(&|proof| proof.layers[at].first[i] += Challenge::ONE);
                let expected = [
                    LayersError::Bits { round, layer },
                    LayersError::Permutations { round, layer },
                ];
                assert!(expected.contains(&error), "{error}");
            }
            for (bit, i) in [(0, 0), (0, 1), (1, 0), (1, layer.degree())] {
                let error = refused(&|proof| proof.layers[at].rounds[bit][i] += Challenge::ONE);
                assert_eq!(error, LayersError::Permutations { round, layer });
            }
            for i in 0..layer.inputs() {
                let error = refused(&|proof| proof.layers[at].values[i] += Challenge::ONE);
                assert_eq!(error, LayersError::Gates { round, layer });
            }
        }
    }

    #[test]
    fn lists_of_other_lengths_are_refused() {
        let extension = Extension::default();
        let start = || Transcript::new([7; 32]);
        let (proof, _) = prove(&extension, 1, &inputs(2), &mut start());
        let changes: [fn(&mut LayersProof); 7] = [
            |proof| {
                proof.output.pop();
            },
            |proof| {
                proof.layers.pop();
            },
            |proof| {
                proof.layers[3].first.pop();
            },
            |proof| {
                proof.layers[4].rounds.pop();
            },
            |proof| {
                proof.layers[5].rounds[0].pop();
            },
            |proof| {
                proof.layers[6].values.pop();
            },
            |proof| proof.layers[7].values.push(Challenge::ZERO),
        ];
        for change in changes {
            let mut changed = proof.clone();
            change(&mut changed);
            assert_eq!(verify(1, &changed, &mut start()), Err(LayersError::Lengths));
        }
    }
}
