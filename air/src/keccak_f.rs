//! The permutation keccak-f[1600] as layers of gates, for an argument that commits to none of them.
//!
//! A bit b is the number 1 − 2b here, so that a sum of bits is a product. A state is 25 lanes of
//! 64 bits; lane (x, y) is at 5y + x. One round is
//!
//! ```text
//! pairs       U(x) = S(x, 0)·S(x, 1), V(x) = S(x, 2)·S(x, 3)     S: the state before the round
//! parities    C(x) = U(x)·V(x)·S(x, 4)
//! mixers      D(x) = C(x − 1)·rot(C(x + 1), 1)
//! theta       T(x, y) = S(x, y)·D(x)
//! rho, pi     M(y, 2x + 3y) = rot(T(x, y), ROTATIONS)      which moves bits
//! chi         S'(x, y) = the sum of M(x, y) and M(x + 2, y) where not M(x + 1, y)
//! iota        S'(0, 0) plus a constant
//! ```
//!
//! Source: FIPS 202, section 3.

use core::array::from_fn;

use p3_field::{Algebra, PrimeCharacteristicRing};

/// Lanes of a state.
pub const LANES: usize = 25;
/// Lanes of a plane, one for each x.
pub const PLANE: usize = 5;
/// Bits of a lane.
pub const BITS: usize = 64;
/// Rounds of a permutation.
pub const ROUNDS: usize = 24;

/// By how much rho rotates each lane to the left.
pub const ROTATIONS: [u32; LANES] = {
    let mut rotations = [0; LANES];
    let (mut x, mut y, mut step) = (1, 0, 0);
    while step < 24 {
        rotations[5 * y + x] = (step + 1) * (step + 2) / 2 % 64;
        (x, y) = (y, (2 * x + 3 * y) % 5);
        step += 1;
    }
    rotations
};

/// Where pi moves each lane.
pub const MOVES: [usize; LANES] = {
    let mut moves = [0; LANES];
    let mut at = 0;
    while at < LANES {
        let (y, x) = (at / 5, at % 5);
        moves[at] = 5 * ((2 * x + 3 * y) % 5) + y;
        at += 1;
    }
    moves
};

/// What iota adds to lane (0, 0) after each round: bits of a shift register.
pub const CONSTANTS: [u64; ROUNDS] = {
    let mut constants = [0; ROUNDS];
    let mut register: u16 = 1;
    let mut round = 0;
    while round < ROUNDS {
        let mut power = 0;
        while power < 7 {
            if register & 1 == 1 {
                constants[round] |= 1 << ((1 << power) - 1);
            }
            register <<= 1;
            if register & 0x100 != 0 {
                register ^= 0x171;
            }
            power += 1;
        }
        round += 1;
    }
    constants
};

/// The layers' values in one round, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// Sums of the first two lanes of each x, U.
    pub firsts: [u64; PLANE],
    /// Sums of the next two, V.
    pub seconds: [u64; PLANE],
    /// Parities C.
    pub parities: [u64; PLANE],
    /// The same, rotated to the left by 1.
    pub rotated: [u64; PLANE],
    /// What theta adds to the lanes of each x, D.
    pub mixers: [u64; PLANE],
    /// After theta, T.
    pub mixed: [u64; LANES],
    /// After rho and pi, M.
    pub moved: [u64; LANES],
    /// After chi.
    pub after: [u64; LANES],
}

impl Round {
    /// The round of `state`, which iota of the round before has been added to.
    #[must_use]
    pub fn of(state: &[u64; LANES]) -> Self {
        let lane = |x: usize, y: usize| state[PLANE * y + x];
        let firsts = from_fn(|x| lane(x, 0) ^ lane(x, 1));
        let seconds = from_fn(|x| lane(x, 2) ^ lane(x, 3));
        let parities: [u64; PLANE] = from_fn(|x| firsts[x] ^ seconds[x] ^ lane(x, 4));
        let rotated = parities.map(|lane| lane.rotate_left(1));
        let mixers: [u64; PLANE] =
            from_fn(|x| parities[(x + 4) % PLANE] ^ rotated[(x + 1) % PLANE]);
        let mixed: [u64; LANES] = from_fn(|at| state[at] ^ mixers[at % PLANE]);
        let mut moved = [0; LANES];
        for (at, lane) in mixed.iter().enumerate() {
            moved[MOVES[at]] = lane.rotate_left(ROTATIONS[at]);
        }
        let after = from_fn(|at| {
            let lane = |x: usize| moved[at / PLANE * PLANE + (at % PLANE + x) % PLANE];
            lane(0) ^ !lane(1) & lane(2)
        });
        Self { firsts, seconds, parities, rotated, mixers, mixed, moved, after }
    }
}

/// The permutation.
#[must_use]
pub fn permute(state: &[u64; LANES]) -> [u64; LANES] {
    let mut state = *state;
    for constant in CONSTANTS {
        state = Round::of(&state).after;
        state[0] ^= constant;
    }
    state
}

/// Twice the lanes after chi in one plane, of the lanes before it; degree 3.
#[inline(always)]
pub fn chi<V: PrimeCharacteristicRing + Copy>(moved: &[V; PLANE]) -> [V; PLANE] {
    // Bits a + (1 − b)·c: a times 1 − 2·(1 + b)/2·(1 − c)/2.
    let mut after = *moved;
    for (x, a) in after.iter_mut().enumerate() {
        let [b, c] = [moved[(x + 1) % PLANE], moved[(x + 2) % PLANE]];
        *a *= (b + V::ONE) * (c - V::ONE) + V::TWO;
    }
    after
}

/// What theta multiplies the lanes of each x by, of the parities and the rotated parities; degree 2.
#[inline(always)]
pub fn mixers<V: PrimeCharacteristicRing + Copy>(
    parities: &[V; PLANE],
    rotated: &[V; PLANE],
) -> [V; PLANE] {
    from_fn(|x| parities[(x + 4) % PLANE] * rotated[(x + 1) % PLANE])
}

/// The pairs of a state, both of one x after another; degree 2.
#[inline(always)]
pub fn pairs<V: PrimeCharacteristicRing + Copy>(state: &[V; LANES]) -> [[V; PLANE]; 2] {
    from_fn(|pair| {
        let lane = |x: usize, y: usize| state[PLANE * (2 * pair + y) + x];
        from_fn(|x| lane(x, 0) * lane(x, 1))
    })
}

/// The parities, of the state and its pairs; degree 3.
#[inline(always)]
pub fn parities<V: PrimeCharacteristicRing + Copy>(
    state: &[V; LANES],
    firsts: &[V; PLANE],
    seconds: &[V; PLANE],
) -> [V; PLANE] {
    from_fn(|x| firsts[x] * seconds[x] * state[LANES - PLANE + x])
}

/// The weighted sum of values.
#[inline(always)]
pub fn weighted_sum<V, E>(values: &[V], weights: &[E]) -> E
where
    V: PrimeCharacteristicRing + Copy,
    E: Algebra<V> + Copy,
{
    values.iter().zip(weights).map(|(&value, &weight)| weight * value).sum()
}

/// The weighted sum of the lanes after chi.
#[inline(always)]
pub fn chi_sum<V, E>(moved: &[V; LANES], weights: &[E; LANES]) -> E
where
    V: PrimeCharacteristicRing + Copy,
    E: Algebra<V> + Copy,
{
    let (planes, _) = moved.as_chunks::<PLANE>();
    let (weights, _) = weights.as_chunks::<PLANE>();
    let planes = planes.iter().zip(weights);
    planes.map(|(plane, weights)| weighted_sum(&chi(plane), weights)).sum::<E>().halve()
}

/// The weighted sum of the lanes after theta.
#[inline(always)]
pub fn theta_sum<V, E>(state: &[V; LANES], mixers: &[V; PLANE], weights: &[E; LANES]) -> E
where
    V: PrimeCharacteristicRing + Copy,
    E: Algebra<V> + Copy,
{
    let mut sheets = [E::ZERO; PLANE];
    for (at, (&lane, &weight)) in state.iter().zip(weights).enumerate() {
        sheets[at % PLANE] += weight * lane;
    }
    sheets.into_iter().zip(mixers).map(|(sheet, &mixer)| sheet * mixer).sum()
}

/// For each lane before rho and pi and each of its bits, the weight of the bit that it becomes, of
/// the weights of bits in all lanes and of lanes after pi.
pub fn before_moves<E: PrimeCharacteristicRing + Copy>(
    bits: &[E; BITS],
    lanes: &[E; LANES],
) -> [[E; BITS]; LANES] {
    from_fn(|at| {
        let rotation = ROTATIONS[at] as usize;
        from_fn(|bit| bits[(bit + rotation) % BITS] * lanes[MOVES[at]])
    })
}

/// For each bit of a parity its weight, of the weights of bits, of the parities, and of the rotated
/// parities.
pub fn before_rotation<E: PrimeCharacteristicRing + Copy>(
    bits: &[E; BITS],
    parities: &[E; PLANE],
    rotated: &[E; PLANE],
) -> [[E; BITS]; PLANE] {
    from_fn(|x| from_fn(|bit| bits[bit] * parities[x] + bits[(bit + 1) % BITS] * rotated[x]))
}

/// Weights of bits to which a constant is added afterwards.
pub fn before_constant<E: PrimeCharacteristicRing + Copy>(
    constant: u64,
    weights: &[E; BITS],
) -> [E; BITS] {
    from_fn(|bit| if constant >> bit & 1 == 1 { -weights[bit] } else { weights[bit] })
}

#[cfg(test)]
mod tests {
    use p3_goldilocks::Goldilocks;

    use super::*;

    fn signs<const N: usize>(lanes: &[u64; N], bit: usize) -> [Goldilocks; N] {
        lanes.map(|lane| if lane >> bit & 1 == 1 { Goldilocks::NEG_ONE } else { Goldilocks::ONE })
    }

    #[test]
    fn the_permutation_is_the_standard_one() {
        let mut state = from_fn(|i| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut expected = state;
        for _ in 0..3 {
            keccak::f1600(&mut expected);
            state = permute(&state);
            assert_eq!(state, expected);
        }
    }

    #[test]
    fn gates_are_the_layers() {
        let state = from_fn(|i| (i as u64 + 3).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let round = Round::of(&state);
        for bit in 0..BITS {
            let before = signs(&state, bit);
            let [firsts, seconds] = pairs(&before);
            assert_eq!(firsts, signs(&round.firsts, bit));
            assert_eq!(seconds, signs(&round.seconds, bit));
            let parities = parities(&before, &firsts, &seconds);
            assert_eq!(parities, signs(&round.parities, bit));
            let mixers = mixers(&parities, &signs(&round.rotated, bit));
            assert_eq!(mixers, signs(&round.mixers, bit));
            let mixed: [Goldilocks; LANES] = from_fn(|at| before[at] * mixers[at % PLANE]);
            assert_eq!(mixed, signs(&round.mixed, bit));
            let moved = signs(&round.moved, bit);
            let after = moved.as_chunks::<PLANE>().0.iter().flat_map(chi);
            assert!(after.map(|lane| lane.halve()).eq(signs(&round.after, bit)));
        }
    }
}
