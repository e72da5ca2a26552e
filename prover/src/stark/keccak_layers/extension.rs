//! Lanes beside the subgroup of order 64 on which they are interpolated.

use core::array::from_fn;

use lvm_air::field::{CHALLENGE_DEGREE, Challenge, Val};
use lvm_air::keccak_f::BITS;
use p3_field::{Field, PackedValue, PrimeCharacteristicRing, TwoAdicField};

use crate::stark::interactions::{
    LANES as PACK, Packed, PackedChallenge, challenges, coefficients,
};
use crate::stark::keccak_layers::BYTES;
use crate::stark::sums::Part;

/// Packs of the points of one coset.
pub(super) const PACKS: usize = BITS / PACK;
/// Cosets at most, the subgroup itself included.
const COSETS: usize = 4;

/// What is the same for all permutations: how lanes are extended from the subgroup of order 64 to
/// cosets, and how polynomials are found from their values there.
pub(crate) struct Extension {
    /// The cosets but the subgroup.
    pub(super) cosets: Vec<Coset>,
    /// Powers of the inverse of the subgroup's generator.
    inverse_roots: [Val; BITS],
    /// For each coset the inverse of its shift; the subgroup first.
    inverse_shifts: [Val; COSETS],
}

/// The points `shift·ω^k`, k below 64.
pub(super) struct Coset {
    /// For each bit its Lagrange polynomial.
    basis: Vec<[Packed; PACKS]>,
    /// By packs.
    pub(super) packs: Vec<Points>,
}

/// A pack of points.
pub(super) struct Points {
    /// For each byte of a lane and each of its values the sum of its bits' Lagrange polynomials,
    /// with minus signs where a bit is 1.
    parts: Box<[[Part; 256]; BYTES]>,
}

impl Points {
    fn new(basis: impl Fn(usize) -> Packed) -> Self {
        let part = |byte: usize, value: usize| {
            let bit = |bit: usize| {
                let polynomial = basis(8 * byte + bit);
                if value >> bit & 1 == 1 { -polynomial } else { polynomial }
            };
            Part::new((0..8).map(bit).sum())
        };
        Self { parts: Box::new(from_fn(|byte| from_fn(|value| part(byte, value)))) }
    }

    /// A lane at the points.
    #[inline(always)]
    pub(super) fn extend(&self, lane: u64) -> Packed {
        let bytes = lane.to_le_bytes();
        Part::sum::<BYTES>(from_fn(|byte| &self.parts[byte][usize::from(bytes[byte])]))
    }
}

impl Coset {
    fn new(shift: Val) -> Self {
        let root = Val::two_adic_generator(BITS.ilog2() as usize);
        let roots = root.powers().collect_n(BITS);
        let vanishing = (shift.exp_power_of_2(BITS.ilog2() as usize) - Val::ONE)
            * Val::from_usize(BITS).inverse();
        let basis: Vec<[Packed; PACKS]> = (0..BITS)
            .map(|bit| {
                let value =
                    |k: usize| vanishing * roots[bit] * (shift * roots[k] - roots[bit]).inverse();
                from_fn(|pack| Packed::from_fn(|lane| value(pack * PACK + lane)))
            })
            .collect();
        let packs = (0..PACKS).map(|pack| Points::new(|bit| basis[bit][pack])).collect();
        Self { basis, packs }
    }

    /// The polynomial with these values on the subgroup, at the points.
    pub(super) fn extend(&self, values: &[Challenge; BITS]) -> [PackedChallenge; PACKS] {
        let mut sums = [[Packed::ZERO; CHALLENGE_DEGREE]; PACKS];
        for (value, basis) in values.iter().zip(&self.basis) {
            let value = coefficients(value);
            for (sums, basis) in sums.iter_mut().zip(basis) {
                for (sum, &coefficient) in sums.iter_mut().zip(value) {
                    *sum += *basis * coefficient;
                }
            }
        }
        sums.map(challenges)
    }
}

impl Default for Extension {
    fn default() -> Self {
        let root = Val::two_adic_generator(BITS.ilog2() as usize);
        let shifts: [Val; COSETS] = from_fn(|coset| Val::GENERATOR.exp_u64(coset as u64));
        let mut inverses = root.inverse().powers();
        Self {
            cosets: shifts[1..].iter().map(|&shift| Coset::new(shift)).collect(),
            inverse_roots: from_fn(|_| inverses.next().unwrap_or_default()),
            inverse_shifts: shifts.map(|shift| shift.inverse()),
        }
    }
}

impl Extension {
    /// The coefficients of the polynomial with these values on the subgroup and on the cosets that
    /// follow.
    pub(super) fn interpolate(&self, values: &[[Challenge; BITS]]) -> Vec<Challenge> {
        // On each coset first: there a polynomial is its remainder by X^64 − shift^64.
        let count = Val::from_usize(BITS).inverse();
        let remainders: Vec<[Challenge; BITS]> = values
            .iter()
            .zip(self.inverse_shifts)
            .map(|(values, inverse_shift)| {
                let mut scale = count;
                from_fn(|k| {
                    let roots = (0..BITS).map(|j| self.inverse_roots[j * k % BITS]);
                    let sum: Challenge = values.iter().zip(roots).map(|(&v, root)| v * root).sum();
                    let remainder = sum * scale;
                    scale *= inverse_shift;
                    remainder
                })
            })
            .collect();
        let points: Vec<Val> = self.inverse_shifts[..values.len()]
            .iter()
            .map(|shift| shift.inverse().exp_power_of_2(BITS.ilog2() as usize))
            .collect();
        let inverse = inverse_vandermonde(&points);
        let mut coefficients = Vec::with_capacity(BITS * values.len());
        for row in &inverse {
            for k in 0..BITS {
                let remainders = remainders.iter().map(|remainder| remainder[k]);
                coefficients.push(remainders.zip(row).map(|(value, &factor)| value * factor).sum());
            }
        }
        coefficients
    }
}

/// The rows that make coefficients, from the lowest on, of values at the points.
pub(super) fn inverse_vandermonde(points: &[Val]) -> Vec<Vec<Val>> {
    let mut rows = vec![vec![Val::ZERO; points.len()]; points.len()];
    for (i, &point) in points.iter().enumerate() {
        // The Lagrange polynomial of the point.
        let mut polynomial = vec![Val::ONE];
        for (_, &other) in points.iter().enumerate().filter(|(j, _)| *j != i) {
            let scale = (point - other).inverse();
            let mut next = vec![Val::ZERO; polynomial.len() + 1];
            for (degree, &coefficient) in polynomial.iter().enumerate() {
                next[degree + 1] += coefficient * scale;
                next[degree] -= coefficient * other * scale;
            }
            polynomial = next;
        }
        for (row, coefficient) in rows.iter_mut().zip(polynomial) {
            row[i] = coefficient;
        }
    }
    rows
}
