//! The points that polynomials are evaluated on.
//!
//! A table of height n = 2^k is interpolated over the subgroup H of order n. Its columns are
//! committed as their values on the coset `SHIFT·K`, where K has order 2n. Rows are stored in
//! bit-reversed order: row r holds the point `SHIFT·ω^rev(r)`, ω the generator of K, rev the
//! reversal of k + 1 bits. Then rows 2i and 2i + 1 are opposite points, and the first n rows are
//! the coset `SHIFT·H`.

use lvm_air::field::{Challenge, Val};
use p3_field::{Field, PrimeCharacteristicRing, TwoAdicField};

/// Moves the evaluation domain away from the subgroup: a generator of the multiplicative group.
pub const SHIFT: Val = Val::GENERATOR;
/// Log2 of the blowup: values committed for each row of a table.
pub const LOG_BLOWUP: usize = 1;

/// `index` with its lowest `bits` bits reversed.
#[must_use]
pub const fn reverse(index: usize, bits: usize) -> usize {
    let unused = (usize::BITS as usize).saturating_sub(bits);
    // In two steps, since no number can be shifted by all of its bits.
    (index.reverse_bits() >> (unused >> 1)) >> unused.saturating_sub(unused >> 1)
}

/// The point of `row` on the unshifted domain of order `2^log_size`.
pub fn point(row: usize, log_size: usize) -> Val {
    Val::two_adic_generator(log_size).exp_u64(reverse(row, log_size) as u64)
}

/// The value at `zeta` of the polynomial `X^n − 1` with `n = 2^log_height`.
pub fn vanishing(zeta: Challenge, log_height: usize) -> Challenge {
    zeta.exp_power_of_2(log_height) - Challenge::ONE
}

/// What selects rows, up to a factor, at a point.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selectors<B> {
    /// Not zero in the first row only.
    pub first: B,
    /// Not zero in the last row only.
    pub last: B,
    /// Zero in the last row only.
    pub transition: B,
}

/// The selectors of a table of height `2^log_height` at `zeta`, which isn't in its subgroup.
#[must_use]
pub fn selectors(zeta: Challenge, log_height: usize) -> Option<Selectors<Challenge>> {
    let vanishing = vanishing(zeta, log_height);
    let last_point = Val::two_adic_generator(log_height).inverse();
    Some(Selectors {
        first: vanishing * (zeta - Challenge::ONE).try_inverse()?,
        last: vanishing * (zeta - last_point).try_inverse()?,
        transition: zeta - last_point,
    })
}

/// The value at `zeta` of the polynomial of degree below `2n` that agrees with `chunks[0]` on
/// `SHIFT·H` and with `chunks[1]` on `SHIFT·ω·H`; the chunks have degree below `n` and are given
/// by their values at `zeta`. `n = 2^log_height`.
pub fn join_chunks(chunks: [Challenge; 2], zeta: Challenge, log_height: usize) -> Challenge {
    // On the first coset X^n is s, on the second −s.
    let s = SHIFT.exp_power_of_2(log_height);
    let half = s.double().inverse();
    let power = zeta.exp_power_of_2(log_height);
    chunks[0] * (power + s) * half - chunks[1] * (power - s) * half
}
