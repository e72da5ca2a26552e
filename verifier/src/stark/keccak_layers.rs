//! Step 5, of permutations: the layers of keccak-f, which are not committed.
//!
//! Of a table of permutations only the bits before and after each are columns. That the ones are
//! the permutation of the others is an interactive proof over the layers between them, from the
//! last one to the first, in the manner of Goldwasser, Kalai and Rothblum.
//!
//! A layer is a function of a bit's number z and of a permutation's number n. It is extended to
//! all numbers in z by the polynomial of degree below 64 over the subgroup of order 64, in n by
//! the polynomial that is linear in each of the bits of n. What is claimed of a layer is the value
//! of each of its 25 lanes at one point (ρ, r). As the layer is made by gates of the layer before,
//!
//! ```text
//! claims, weighted with powers of γ = Σ_z Σ_n eq(r, n)·Σ_g w_g(z)·gate_g(layer before, at z and n)
//! ```
//!
//! where w_g is the Lagrange polynomial of ρ, moved as rho and pi move bits. The sum over z is
//! reduced to one point by one polynomial, that over n by one polynomial for each bit of n: the
//! sumcheck protocol. What is left are claims of the layer before, at one point again.
//!
//! There are five layers to a round (`lvm_air::keccak_f`): chi, theta, and what theta adds, in three
//! steps. Where a layer reads lanes that an earlier one reads as well, claims of them are carried to
//! the new point, in the same sum.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::array::from_fn;

use lvm_air::field::{Challenge, Val};
use lvm_air::keccak_f::{
    BITS, CONSTANTS, LANES, PLANE, ROUNDS, before_constant, before_moves, before_rotation, chi_sum,
    mixers, pairs, parities, theta_sum, weighted_sum,
};
use p3_field::{Field, PrimeCharacteristicRing, TwoAdicField};

use crate::stark::transcript::Transcript;

/// A layer's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The last round's chi and iota: 25 lanes of the moved lanes.
    LastChi,
    /// Another round's chi: 25 lanes of the moved lanes.
    Chi,
    /// The moved lanes, of the state's lanes and what theta multiplies them by.
    Theta,
    /// What theta multiplies by, of parities and rotated parities; the lanes are carried.
    Mixers,
    /// The parities, of pairs and lanes; the lanes are carried.
    Parities,
    /// The pairs, of lanes; the lanes are carried.
    Pairs,
}

impl Layer {
    /// The layers of a permutation, from the last one to the first, with their rounds.
    pub fn all() -> impl Iterator<Item = (usize, Self)> {
        (0..ROUNDS).rev().flat_map(|round| {
            let is_last = CONSTANTS.len() == round.saturating_add(1);
            let chi = if is_last { Self::LastChi } else { Self::Chi };
            [chi, Self::Theta, Self::Mixers, Self::Parities, Self::Pairs]
                .map(|layer| (round, layer))
        })
    }

    /// The gates' degree.
    #[must_use]
    pub const fn degree(self) -> usize {
        match self {
            Self::LastChi | Self::Chi | Self::Parities => 3,
            Self::Theta | Self::Mixers | Self::Pairs => 2,
        }
    }

    /// Chunks of 64 coefficients of the polynomial in z: its degree is at most 63 times the gates',
    /// and 63 more where weights differ by lane.
    #[must_use]
    pub const fn chunks(self) -> usize {
        match self {
            Self::Mixers | Self::Pairs => 2,
            Self::Chi | Self::Theta => 3,
            Self::LastChi | Self::Parities => 4,
        }
    }

    /// Values that the gates read: 25 lanes, then others.
    #[must_use]
    pub const fn inputs(self) -> usize {
        match self {
            Self::LastChi | Self::Chi | Self::Pairs => LANES,
            Self::Theta => LANES + PLANE,
            Self::Mixers | Self::Parities => LANES + 2 * PLANE,
        }
    }
}

/// What is said of one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerProof {
    /// The coefficients of the polynomial in z, in [`Layer::chunks`] chunks of 64.
    pub first: Vec<Challenge>,
    /// For each bit of n, from the highest to the lowest, the coefficients of the polynomial in it:
    /// one more than [`Layer::degree`].
    pub rounds: Vec<Vec<Challenge>>,
    /// The values that the gates read, at the point that was drawn.
    pub values: Vec<Challenge>,
}

/// What is said of all layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayersProof {
    /// The values of the lanes after the permutations.
    pub output: Vec<Challenge>,
    /// The layers, in the order of [`Layer::all`].
    pub layers: Vec<LayerProof>,
}

/// The values of 25 lanes at one point, where bits are 1 and −1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The point in place of a bit's number.
    pub bit: Challenge,
    /// The point in place of the bits of a permutation's number, from the lowest to the highest.
    pub permutation: Vec<Challenge>,
    /// The values.
    pub values: [Challenge; LANES],
}

/// What the layers' proof leaves to be shown of the columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Of the lanes before the permutations.
    pub input: Claims,
    /// Of the lanes after them.
    pub output: Claims,
}

/// A refused proof of the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayersError {
    #[error("a list of the permutations' layers has another length than their number fixes")]
    Lengths,
    #[error("a challenge hit a point where the protocol is undefined")]
    Challenge,
    #[error("the sum over bits of {layer:?} in round {round} isn't what was claimed")]
    Bits { round: usize, layer: Layer },
    #[error("a sum over permutations of {layer:?} in round {round} isn't what was claimed")]
    Permutations { round: usize, layer: Layer },
    #[error("the gates of {layer:?} in round {round} don't give what was claimed")]
    Gates { round: usize, layer: Layer },
}

/// The weights of a layer's gates, by the bits' numbers.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum Weights {
    /// The Lagrange polynomial of a point, times a factor for each gate: then the point is put into
    /// the sum over n, instead of a sum over z.
    Common {
        /// The point.
        point: Challenge,
        /// The factors of lanes.
        lanes: [Challenge; LANES],
        /// The factors of other gates.
        others: [[Challenge; PLANE]; 2],
    },
    /// A value for each lane and bit.
    Lanes(Box<[[Challenge; BITS]; LANES]>),
    /// A value for each parity and bit, and the Lagrange polynomial of a point times a factor for
    /// each lane.
    Parities {
        /// Of the parities.
        parities: Box<[[Challenge; BITS]; PLANE]>,
        /// The Lagrange polynomial.
        bits: Box<[Challenge; BITS]>,
        /// The factors of the lanes.
        lanes: [Challenge; LANES],
    },
}

/// What is claimed of a layer's output.
#[derive(Clone, Debug)]
pub struct LayerClaim {
    /// The weights of its gates.
    pub weights: Weights,
    /// The weighted sum of the claims.
    pub sum: Challenge,
}

impl LayerClaim {
    /// The claim of a layer whose output has these values at `point`: those that the layer after it
    /// reads. `gamma` weighs them.
    #[must_use]
    pub fn new(
        round: usize,
        layer: Layer,
        point: Challenge,
        values: &[Challenge],
        gamma: Challenge,
    ) -> Option<Self> {
        let mut powers = gamma.powers();
        let mut take = || powers.next().unwrap_or_default();
        let lanes: [Challenge; LANES] = from_fn(|_| take());
        let others: [[Challenge; PLANE]; 2] = from_fn(|_| from_fn(|_| take()));
        let all = lanes.iter().chain(others.as_flattened());
        let sum = all.zip(values).map(|(&weight, &value)| weight * value).sum();
        // The constant that iota added to the layer's input.
        let constant_before = || {
            let before = round.checked_sub(1).and_then(|before| CONSTANTS.get(before));
            before.copied().unwrap_or_default()
        };
        let weights = match layer {
            Layer::Chi | Layer::Mixers | Layer::Pairs => Weights::Common { point, lanes, others },
            Layer::LastChi => {
                let bits = lagrange(point)?;
                let mut weights = Box::new(lanes.map(|factor| bits.map(|bit| bit * factor)));
                let constant = CONSTANTS.get(round).copied().unwrap_or_default();
                let [first, ..] = &mut *weights;
                *first = before_constant(constant, first);
                Weights::Lanes(weights)
            }
            Layer::Theta => {
                let mut weights = Box::new(before_moves(&lagrange(point)?, &lanes));
                let [first, ..] = &mut *weights;
                *first = before_constant(constant_before(), first);
                Weights::Lanes(weights)
            }
            Layer::Parities => {
                let bits = lagrange(point)?;
                let [of_parities, of_rotated] = &others;
                let mut parities = Box::new(before_rotation(&bits, of_parities, of_rotated));
                let [first, ..] = &mut *parities;
                *first = before_constant(constant_before(), first);
                Weights::Parities { parities, bits: Box::new(bits), lanes }
            }
        };
        Some(Self { weights, sum })
    }

    /// Whether the polynomial in z with these coefficients sums up to the claim.
    fn is_sum_of(&self, first: &[Challenge]) -> bool {
        // On the subgroup of order 64 a polynomial is its remainder by X^64 − 1.
        let mut remainder = [Challenge::ZERO; BITS];
        for chunk in first.chunks(BITS) {
            for (sum, &coefficient) in remainder.iter_mut().zip(chunk) {
                *sum += coefficient;
            }
        }
        let found = match self.weights {
            Weights::Common { point, .. } => evaluate(&remainder, point),
            Weights::Lanes(_) | Weights::Parities { .. } => {
                let [mean, ..] = remainder;
                mean * Val::from_usize(BITS)
            }
        };
        found == self.sum
    }

    /// The weights of the layer's gates at the point ρ; `None` if the point is in the subgroup.
    #[must_use]
    pub fn at(&self, rho: Challenge) -> Option<WeightsAt<Challenge>> {
        let zero = [[Challenge::ZERO; PLANE]; 2];
        Some(match &self.weights {
            Weights::Common { lanes, others, .. } => WeightsAt { lanes: *lanes, others: *others },
            Weights::Lanes(lanes) => {
                let here = lagrange(rho)?;
                WeightsAt { lanes: lanes.each_ref().map(|bits| dot(bits, &here)), others: zero }
            }
            Weights::Parities { parities, bits, lanes } => {
                let here = lagrange(rho)?;
                let parities = parities.each_ref().map(|bits| dot(bits, &here));
                let common = dot(bits, &here);
                let lanes = lanes.map(|factor| factor * common);
                WeightsAt { lanes, others: [parities, [Challenge::ZERO; PLANE]] }
            }
        })
    }
}

/// The weights of a layer's gates at a point in place of a bit's number.
#[derive(Clone, Copy, Debug)]
pub struct WeightsAt<E> {
    /// Of lanes.
    pub lanes: [E; LANES],
    /// Of other gates.
    pub others: [[E; PLANE]; 2],
}

impl<E: Copy> WeightsAt<E> {
    /// The same in another form.
    pub fn map<F>(&self, f: impl Fn(E) -> F + Copy) -> WeightsAt<F> {
        WeightsAt { lanes: self.lanes.map(f), others: self.others.map(|others| others.map(f)) }
    }
}

impl<E: PrimeCharacteristicRing + Copy> WeightsAt<E> {
    /// The weighted sum of the layer's gates, of what they read; `None` if there is less of it.
    #[inline(always)]
    #[must_use]
    #[expect(clippy::arithmetic_side_effects, reason = "of fields, which is total")]
    pub fn gates(&self, layer: Layer, inputs: &[E]) -> Option<E> {
        let (state, inputs) = inputs.split_first_chunk::<LANES>()?;
        let read = || {
            let (first, inputs) = inputs.split_first_chunk::<PLANE>()?;
            Some((first, inputs.first_chunk::<PLANE>()?))
        };
        let [weights, more_weights] = &self.others;
        let carried = || weighted_sum(state, &self.lanes);
        Some(match layer {
            Layer::LastChi | Layer::Chi => chi_sum(state, &self.lanes),
            Layer::Theta => theta_sum(state, inputs.first_chunk()?, &self.lanes),
            Layer::Mixers => {
                let (parities, rotated) = read()?;
                carried() + weighted_sum(&mixers(parities, rotated), weights)
            }
            Layer::Parities => {
                let (firsts, seconds) = read()?;
                carried() + weighted_sum(&parities(state, firsts, seconds), weights)
            }
            Layer::Pairs => {
                let [firsts, seconds] = pairs(state);
                carried() + weighted_sum(&firsts, weights) + weighted_sum(&seconds, more_weights)
            }
        })
    }
}

/// Verifies the layers of `2^log_permutations` permutations.
///
/// # Errors
/// If the proof isn't one.
pub fn verify(
    log_permutations: usize,
    proof: &LayersProof,
    transcript: &mut Transcript,
) -> Result<Ends, LayersError> {
    check_lengths(log_permutations, proof)?;
    let output = output_claims(log_permutations, &proof.output, transcript)?;
    let mut point = output.bit;
    let mut permutation = output.permutation.clone();
    let mut values = proof.output.as_slice();
    for ((round, layer), said) in Layer::all().zip(&proof.layers) {
        let gamma = transcript.draw();
        let claim =
            LayerClaim::new(round, layer, point, values, gamma).ok_or(LayersError::Challenge)?;
        if !claim.is_sum_of(&said.first) {
            return Err(LayersError::Bits { round, layer });
        }
        transcript.absorb(&said.first);
        point = transcript.draw();
        let mut sum = evaluate(&said.first, point);
        for (coordinate, coefficients) in permutation.iter_mut().rev().zip(&said.rounds) {
            let zero = coefficients.first().copied().unwrap_or_default();
            let one: Challenge = coefficients.iter().copied().sum();
            if zero + *coordinate * (one - zero) != sum {
                return Err(LayersError::Permutations { round, layer });
            }
            transcript.absorb(coefficients);
            *coordinate = transcript.draw();
            sum = evaluate(coefficients, *coordinate);
        }
        let weights = claim.at(point).ok_or(LayersError::Challenge)?;
        let gates = weights.gates(layer, &said.values).ok_or(LayersError::Lengths)?;
        if gates != sum {
            return Err(LayersError::Gates { round, layer });
        }
        transcript.absorb(&said.values);
        values = &said.values;
    }
    let values = values.first_chunk().copied().ok_or(LayersError::Lengths)?;
    Ok(Ends { input: Claims { bit: point, permutation, values }, output })
}

/// Draws the point at which the lanes after the permutations are claimed, and absorbs their values.
///
/// # Errors
/// If there aren't 25 of them.
pub fn output_claims(
    log_permutations: usize,
    values: &[Challenge],
    transcript: &mut Transcript,
) -> Result<Claims, LayersError> {
    let (bit, permutation) = draw_output(log_permutations, transcript);
    let values = *values.first_chunk().ok_or(LayersError::Lengths)?;
    transcript.absorb(&values);
    Ok(Claims { bit, permutation, values })
}

/// Draws the point at which the lanes after the permutations are claimed.
pub fn draw_output(
    log_permutations: usize,
    transcript: &mut Transcript,
) -> (Challenge, Vec<Challenge>) {
    (transcript.draw(), (0..log_permutations).map(|_| transcript.draw()).collect())
}

/// Whether a proof has the lengths that the number of permutations fixes.
///
/// # Errors
/// If one is another.
pub fn check_lengths(log_permutations: usize, proof: &LayersProof) -> Result<(), LayersError> {
    let is_layer = |(layer, said): (Layer, &LayerProof)| {
        said.first.len() == BITS.saturating_mul(layer.chunks())
            && said.rounds.len() == log_permutations
            && said.rounds.iter().all(|round| round.len() == layer.degree().saturating_add(1))
            && said.values.len() == layer.inputs()
    };
    let mut layers = Layer::all().map(|(_, layer)| layer).zip(&proof.layers);
    let is_right = proof.output.len() == LANES
        && proof.layers.len() == Layer::all().count()
        && layers.all(is_layer);
    if is_right { Ok(()) } else { Err(LayersError::Lengths) }
}

/// The Lagrange polynomials of the subgroup of order 64, at a point outside of it.
#[must_use]
pub fn lagrange(point: Challenge) -> Option<[Challenge; BITS]> {
    let root = Val::two_adic_generator(BITS.ilog2() as usize);
    let count = Val::from_usize(BITS);
    let vanishing =
        (point.exp_power_of_2(BITS.ilog2() as usize) - Challenge::ONE) * count.inverse();
    // One inversion for all distances: each is the product of those before it, times the inverse of
    // the product with it.
    let mut distances = [(Val::ONE, Challenge::ONE); BITS];
    let (mut element, mut product) = (Val::ONE, Challenge::ONE);
    for (here, before) in &mut distances {
        (*here, *before) = (element, product);
        product *= point - element;
        element *= root;
    }
    let mut inverse = product.try_inverse()?;
    let mut values = [Challenge::ZERO; BITS];
    for (value, (element, before)) in values.iter_mut().zip(distances).rev() {
        *value = vanishing * element * before * inverse;
        inverse *= point - element;
    }
    Some(values)
}

/// The value at a point of the polynomial with these coefficients.
pub fn evaluate(coefficients: &[Challenge], point: Challenge) -> Challenge {
    coefficients.iter().rev().fold(Challenge::ZERO, |sum, &coefficient| sum * point + coefficient)
}

fn dot(a: &[Challenge; BITS], b: &[Challenge; BITS]) -> Challenge {
    a.iter().zip(b).map(|(&a, &b)| a * b).sum()
}
