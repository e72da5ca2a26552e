//! Step 6, of permutations: ties what the layers' proof leaves to columns.
//!
//! The layers' proof ends with the values of 25 lanes at a point, before and after the permutations.
//! They are sums over the rows of the table's bits. With a random combination of the lanes, which
//! is one more point in place of the number of a lane, the sum over all rows i is
//!
//! ```text
//! Σ_i eq(r, i)·Σ_z L_z(ρ)·bit_z(i)
//! ```
//!
//! A *kernel* column has `factor·eq(r, i)` in row i. From one row to the next it is multiplied by
//! a ratio which depends on how many of the lowest bits of i are 1, all of which the verifier knows
//! as one polynomial. Its first row is known, so all of it is. The products are one more column,
//! the sum of which over all rows joins the total of the part's buses; the factors are challenges,
//! drawn when both sums are fixed, so they can't make up for each other.

use alloc::vec::Vec;
use core::array::from_fn;

use lvm_air::field::{Challenge, Val};
use lvm_air::keccak_f::BITS;
use lvm_air::table::{PERIOD, Periodic, Table};
use lvm_air::tables::keccak::LOG_ROWS;
use p3_field::{Algebra, Field, PrimeCharacteristicRing, TwoAdicField};

use crate::stark::domain::vanishing;
use crate::stark::keccak_layers::{self, Claims, Ends, LayersError, LayersProof, lagrange};
use crate::stark::transcript::Transcript;

/// Sides of a permutation: before, after.
pub const SIDES: usize = 2;
/// Interaction columns of a table with layers, beside those of messages: the products, and a kernel
/// for each side.
pub const COLUMNS: usize = 1 + SIDES;
/// Constraints on them: the products, and how each kernel begins and goes on.
pub const CONSTRAINTS: usize = 1 + 2 * SIDES;

/// What ties a table's columns to its layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Before the permutations, and after them.
    pub sides: [Side; SIDES],
}

/// One side of a [`Link`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The weights of a row's bits.
    pub bits: [Challenge; BITS],
    /// The point in place of the bits of a row's number, from the lowest to the highest.
    pub rows: Vec<Challenge>,
    /// Factor of the kernel.
    pub factor: Challenge,
    /// What the sum over all rows is.
    pub sum: Challenge,
}

impl Link {
    /// Draws what ties `ends` to columns; `None` if a challenge hit a point where the protocol is
    /// undefined.
    pub fn draw(ends: &Ends, transcript: &mut Transcript) -> Option<Self> {
        let lane: [Challenge; LOG_ROWS] = from_fn(|_| transcript.draw());
        let mut side = |claims: &Claims| {
            let factor = transcript.draw();
            let weights = equality(&lane);
            // A bit b is 1 − 2b in the layers.
            let half = Val::TWO.inverse();
            let bits = claims.values.iter().map(|&value| (Challenge::ONE - value) * half);
            let sum: Challenge = bits.zip(weights).map(|(bit, weight)| bit * weight).sum();
            let rows = lane.iter().chain(&claims.permutation).copied().collect();
            Some(Side { bits: lagrange(claims.bit)?, rows, factor, sum: sum * factor })
        };
        Some(Self { sides: [side(&ends.input)?, side(&ends.output)?] })
    }

    /// What the sum of the products over all rows is.
    pub fn sum(&self) -> Challenge {
        self.sides.iter().map(|side| side.sum).sum()
    }
}

impl Side {
    /// The kernel in the first row.
    pub fn start(&self) -> Challenge {
        self.rows.iter().fold(self.factor, |product, &x| product * (Challenge::ONE - x))
    }

    /// By how much the kernel is multiplied after a row whose number ends with as many ones, up to
    /// all of its bits: then the first row follows.
    #[must_use]
    pub fn ratios(&self) -> Option<Vec<Challenge>> {
        let mut falling = Challenge::ONE;
        let mut ratios = Vec::with_capacity(self.rows.len().saturating_add(1));
        for &x in &self.rows {
            let other = Challenge::ONE - x;
            ratios.push(falling * x * other.try_inverse()?);
            falling *= other * x.try_inverse()?;
        }
        ratios.push(falling);
        Some(ratios)
    }

    /// The polynomial that has these ratios in the rows, at `zeta`.
    fn ratio_at(&self, zeta: Challenge) -> Option<Challenge> {
        let log_height = self.rows.len();
        let mut sum = Challenge::ZERO;
        for (ones, ratio) in self.ratios()?.into_iter().enumerate() {
            // Rows that are 2^ones − 1 modulo 2^(ones + 1); of all ones there is one only.
            let log_period = ones.saturating_add(1).min(log_height);
            let row = (1_u64 << ones).saturating_sub(1);
            sum += ratio * residue(zeta, log_height, log_period, row)?;
        }
        Some(sum)
    }
}

/// For each number of as many bits the product over them of `x` where they are 1 and `1 − x` where
/// they are 0.
#[must_use]
pub fn equality(point: &[Challenge]) -> Vec<Challenge> {
    let mut products = Vec::from([Challenge::ONE]);
    for &x in point {
        let high: Vec<Challenge> = products.iter().map(|&product| product * x).collect();
        for (low, &high) in products.iter_mut().zip(&high) {
            *low -= high;
        }
        products.extend(high);
    }
    products
}

/// The polynomial that is 1 in the rows that are `row` modulo `2^log_period` and 0 in the others of
/// `2^log_height`, at `zeta`.
fn residue(zeta: Challenge, log_height: usize, log_period: usize, row: u64) -> Option<Challenge> {
    let element = Val::two_adic_generator(log_period).exp_u64(row);
    let power = zeta.exp_power_of_2(log_height.checked_sub(log_period)?);
    let scale = Val::TWO.exp_u64(log_period as u64).inverse() * element;
    Some(vanishing(zeta, log_height) * scale * (power - element).try_inverse()?)
}

/// A table's periodic columns at `zeta`.
#[must_use]
pub fn periodic_at(table: Table, zeta: Challenge, log_height: usize) -> Option<Vec<Challenge>> {
    let at = |column: &Periodic| -> Option<Challenge> {
        let rows = column.ones.clone();
        rows.map(|row| residue(zeta, log_height, LOG_ROWS, row as u64)).sum()
    };
    const { assert!(PERIOD == 1 << LOG_ROWS) };
    table.periodic().iter().map(at).collect()
}

/// A [`Link`] with the ratios at a point.
#[derive(Clone, Debug)]
pub struct LinkAt<E> {
    /// The weights of a row's bits.
    pub bits: [[E; BITS]; SIDES],
    /// The kernels in the first row.
    pub starts: [E; SIDES],
}

impl<E: From<Challenge> + Copy> LinkAt<E> {
    /// What of a link is the same at all points.
    #[must_use]
    pub fn new(link: &Link) -> Self {
        Self {
            bits: link.sides.each_ref().map(|side| side.bits.map(E::from)),
            starts: link.sides.each_ref().map(|side| E::from(side.start())),
        }
    }
}

/// A table's columns of a link in a row.
#[derive(Clone, Copy, Debug)]
pub struct LinkRow<B, E> {
    /// The products.
    pub products: E,
    /// The kernels.
    pub kernels: [E; SIDES],
    /// The kernels in the next row.
    pub next: [E; SIDES],
    /// The ratios.
    pub ratios: [E; SIDES],
    /// Selects the first row.
    pub first: B,
    /// 1 where the row has no word.
    pub padding: B,
}

impl<B, E> LinkRow<B, E>
where
    B: Algebra<Val> + Copy,
    E: Algebra<B> + Copy,
{
    /// The constraints, of the row's bits before and after.
    #[inline]
    #[expect(clippy::arithmetic_side_effects, reason = "of fields, which is total")]
    pub fn constraints(&self, link: &LinkAt<E>, bits: [&[B]; SIDES]) -> [E; CONSTRAINTS] {
        let mut products = E::ZERO;
        for ((bits, weights), kernel) in bits.into_iter().zip(&link.bits).zip(self.kernels) {
            let sum: E = bits.iter().zip(weights).map(|(&bit, &weight)| weight * bit).sum();
            products += sum * kernel;
        }
        let products = self.products - products * (B::ONE - self.padding);
        let [before, after] = [0, 1].map(|side: usize| {
            let of = |values: &[E; SIDES]| values.get(side).copied().unwrap_or(E::ZERO);
            let kernel = of(&self.kernels);
            let begins = (kernel - of(&link.starts)) * self.first;
            [begins, of(&self.next) - kernel * of(&self.ratios)]
        });
        let [[begins, goes_on], [other_begins, other_goes_on]] = [before, after];
        [products, begins, goes_on, other_begins, other_goes_on]
    }
}

/// The ratios of both sides at `zeta`.
#[must_use]
pub fn ratios_at(link: &Link, zeta: Challenge) -> Option<[Challenge; SIDES]> {
    let [before, after] = &link.sides;
    Some([before.ratio_at(zeta)?, after.ratio_at(zeta)?])
}

/// Verifies the layers of the tables with these heights (log2) that have them, and draws what ties
/// them to columns.
///
/// # Errors
/// If a proof of layers isn't one.
pub fn verify(
    log_heights: impl Iterator<Item = usize>,
    proofs: &[LayersProof],
    transcript: &mut Transcript,
) -> Result<Vec<Link>, LayersError> {
    let layers = log_heights.zip(proofs);
    let verify = |(log_height, proof): (usize, &LayersProof)| {
        let log_permutations = log_height.checked_sub(LOG_ROWS).ok_or(LayersError::Lengths)?;
        let ends = keccak_layers::verify(log_permutations, proof, transcript)?;
        Link::draw(&ends, transcript).ok_or(LayersError::Challenge)
    };
    layers.map(verify).collect()
}
