//! A layer's gates at the points of a coset: most of the work.

use core::array::from_fn;

use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use lvm_air::keccak_f::{BITS, LANES, PLANE, chi, mixers};
use lvm_verifier::stark::keccak_layers::{Layer, Weights};
use p3_field::PrimeCharacteristicRing;

use crate::stark::interactions::{Packed, PackedChallenge};
use crate::stark::keccak_layers::extension::{Coset, PACKS};
use crate::stark::keccak_layers::{INPUTS, coefficients, packed};

/// What a layer's gates read of one permutation at the points of a coset.
pub(super) type Extended = [[Packed; PACKS]; INPUTS];

/// The gates of a layer at the points of a coset, with their weights there.
pub(super) struct Gates<'a> {
    coset: &'a Coset,
    layer: Layer,
    /// By packs, or one for all of them: the weights' coefficients.
    weights: Vec<GateWeights>,
}

/// What gates read at one pack of points.
#[derive(Clone, Copy)]
struct Lanes<'a> {
    extended: &'a Extended,
    pack: usize,
}

impl Lanes<'_> {
    #[inline(always)]
    fn at(self, lane: usize) -> Packed {
        self.extended[lane][self.pack]
    }

    /// The lanes from one on, so many apart.
    #[inline(always)]
    fn five(self, first: usize, step: usize) -> [Packed; PLANE] {
        from_fn(|i| self.at(first + step * i))
    }
}

/// The coefficients of up to five times five weights.
type GateWeights = [[[Packed; PLANE]; PLANE]; CHALLENGE_DEGREE];

impl<'a> Gates<'a> {
    pub(super) fn new(coset: &'a Coset, layer: Layer, weights: &Weights) -> Self {
        // Chi's are summed up by y, theta's by x; chi's gates are twice the lanes.
        let is_chi = matches!(layer, Layer::LastChi | Layer::Chi);
        let arrange = |weight: &dyn Fn(usize, usize) -> Packed| {
            from_fn(|i| {
                from_fn(|a| {
                    from_fn(|b| match layer {
                        Layer::Theta => weight(PLANE * b + a, i),
                        _ if is_chi => weight(PLANE * a + b, i).halve(),
                        _ => weight(PLANE * a + b, i),
                    })
                })
            })
        };
        let by_pack = |lanes: &[[Challenge; BITS]]| {
            let lanes: Vec<_> = lanes.iter().map(|values| coset.extend_values(values)).collect();
            let weight = |pack: usize, lane: usize, i: usize| {
                lanes.get(lane).map_or(Packed::ZERO, |lane| lane[pack][i])
            };
            (0..PACKS).map(|pack| arrange(&|lane, i| weight(pack, lane, i))).collect()
        };
        let weights = match weights {
            Weights::Common { lanes, others, .. } => {
                let of_gates: &[Challenge] = if is_chi { lanes } else { others.as_flattened() };
                vec![arrange(&|at, i| {
                    let weight = of_gates.get(at).map_or(Val::ZERO, |it| coefficients(it)[i]);
                    Packed::from(weight)
                })]
            }
            Weights::Lanes(lanes) => by_pack(&**lanes),
            Weights::Parities { parities, .. } => by_pack(&**parities),
        };
        Self { coset, layer, weights }
    }

    /// Adds the weighted sums of a permutation's gates, times its own weight.
    #[inline]
    pub(super) fn add(
        &self,
        lanes: &[u64; INPUTS],
        weight: Challenge,
        extended: &mut Extended,
        sums: &mut [PackedChallenge; PACKS],
    ) {
        // Lanes that are only carried aren't read here.
        let read = match self.layer {
            Layer::LastChi | Layer::Chi => 0..LANES,
            Layer::Theta => 0..LANES + PLANE,
            Layer::Mixers => LANES..INPUTS,
            Layer::Parities => LANES - PLANE..INPUTS,
            Layer::Pairs => 0..LANES - PLANE,
        };
        for (&lane, extended) in lanes[read.clone()].iter().zip(&mut extended[read]) {
            self.coset.extend(lane, extended);
        }
        match self.layer {
            Layer::LastChi | Layer::Chi => self.sum_up(weight, extended, sums, |lanes, weights| {
                let mut sums = [Packed::ZERO; CHALLENGE_DEGREE];
                for y in 0..PLANE {
                    let plane = chi(&lanes.five(PLANE * y, 1));
                    for (sum, weights) in sums.iter_mut().zip(weights) {
                        *sum += Packed::dot_product(&plane, &weights[y]);
                    }
                }
                sums
            }),
            Layer::Theta => self.sum_up(weight, extended, sums, |lanes, weights| {
                let mut sheets = [[Packed::ZERO; PLANE]; CHALLENGE_DEGREE];
                for x in 0..PLANE {
                    let sheet = lanes.five(x, PLANE);
                    for (sums, weights) in sheets.iter_mut().zip(weights) {
                        sums[x] = Packed::dot_product(&sheet, &weights[x]);
                    }
                }
                let mixers = lanes.five(LANES, 1);
                sheets.map(|sheets| Packed::dot_product(&sheets, &mixers))
            }),
            Layer::Mixers => self.sum_up(weight, extended, sums, |lanes, weights| {
                let mixers = mixers(&lanes.five(LANES, 1), &lanes.five(LANES + PLANE, 1));
                from_fn(|i| Packed::dot_product(&mixers, &weights[i][0]))
            }),
            Layer::Parities => self.sum_up(weight, extended, sums, |lanes, weights| {
                let parities = from_fn(|x| {
                    lanes.at(LANES + x) * lanes.at(LANES + PLANE + x) * lanes.at(LANES - PLANE + x)
                });
                from_fn(|i| Packed::dot_product(&parities, &weights[i][0]))
            }),
            Layer::Pairs => self.sum_up(weight, extended, sums, |lanes, weights| {
                let firsts = from_fn(|x| lanes.at(x) * lanes.at(PLANE + x));
                let seconds = from_fn(|x| lanes.at(2 * PLANE + x) * lanes.at(3 * PLANE + x));
                from_fn(|i| {
                    Packed::dot_product(&firsts, &weights[i][0])
                        + Packed::dot_product(&seconds, &weights[i][1])
                })
            }),
        }
    }

    /// Adds the weighted sums that `gates` makes of lanes and weights, times a permutation's weight.
    #[inline(always)]
    fn sum_up(
        &self,
        weight: Challenge,
        extended: &Extended,
        sums: &mut [PackedChallenge; PACKS],
        gates: impl Fn(Lanes<'_>, &GateWeights) -> [Packed; CHALLENGE_DEGREE],
    ) {
        for (pack, sum) in sums.iter_mut().enumerate() {
            let weights = self.weights.get(pack).unwrap_or(&self.weights[0]);
            *sum += packed(gates(Lanes { extended, pack }, weights)) * weight;
        }
    }
}
