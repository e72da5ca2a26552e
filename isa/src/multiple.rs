//! What `multiply_x` computes: multiples of points of secp256k1, with the sums that they are made of.
//!
//! The contract is in [`lvm_syscalls::multiply_x`]. Nothing here runs in constant time.

use alloc::vec::Vec;

use lvm_syscalls::curve::{Curve, Operation};
use lvm_syscalls::multiply_x::{B, ORDER};
use ruint::aliases::U256;

use crate::arithmetic::{Point, curve};

/// One bit of the scalar below its highest, in the order from high to low.
///
/// The accumulator is the multiple by the bits above this one. It is doubled, and the base is added
/// if the bit is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The bit's position in the scalar, at most 254.
    pub position: u8,
    /// The bit.
    pub is_one: bool,
    /// The point that is multiplied.
    pub base: Point,
    /// Its multiple by the bits above this one.
    pub accumulator: Point,
    /// Twice the accumulator.
    pub doubled: Point,
    /// The multiple by the bits from this one on.
    pub sum: Point,
}

/// A multiple of a point, and how it comes about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multiple {
    /// The point that is multiplied.
    pub base: Point,
    /// A step for each bit of the scalar below its highest; none if the scalar is 1.
    pub steps: Vec<Step>,
}

impl Multiple {
    /// The multiple.
    #[must_use]
    pub fn point(&self) -> Point {
        self.steps.last().map_or(self.base, |step| step.sum)
    }
}

/// How many steps a multiple by `k` takes, and how many sums and doubles of points.
#[must_use]
pub fn counts(k: &[u64; 4]) -> [u64; 2] {
    let k = U256::from_limbs(*k);
    let steps = k.bit_len().saturating_sub(1) as u64;
    [steps, steps + (k.count_ones() as u64).saturating_sub(1)]
}

/// A point with this x, of the two the one with a y that is a square; `None` if there is none or x
/// isn't less than the modulus.
#[must_use]
pub fn lift(x: &[u64; 4]) -> Option<Point> {
    let modulus = U256::from_limbs(Curve::Secp256k1.modulus());
    let x = U256::from_limbs(*x);
    if x >= modulus {
        return None;
    }
    let square = x.mul_mod(x, modulus).mul_mod(x, modulus).add_mod(U256::from(B), modulus);
    // The modulus p is 3 modulo 4, so that a square to the power of (p + 1)/4 is a root of it.
    let exponent = (modulus >> 2) + U256::ONE;
    let y = square.pow_mod(exponent, modulus);
    (y.mul_mod(y, modulus) == square).then(|| [x.into_limbs(), y.into_limbs()])
}

/// `k` times a point with this x; `None` if the call traps.
#[must_use]
pub fn multiple(x: &[u64; 4], k: &[u64; 4]) -> Option<Multiple> {
    let scalar = U256::from_limbs(*k);
    if scalar.is_zero() || scalar >= U256::from_limbs(ORDER) {
        return None;
    }
    let base = lift(x)?;
    let [count, _] = counts(k);
    let mut accumulator = base;
    let mut steps = Vec::with_capacity(count as usize);
    // All sums exist, as `air/src/tables/ladder.rs` shows.
    for position in (0..count).rev() {
        let is_one = scalar.bit(position as usize);
        let doubled = curve(Curve::Secp256k1, Operation::Double, &accumulator, &base)?.sum;
        let sum = if is_one {
            curve(Curve::Secp256k1, Operation::Add, &doubled, &base)?.sum
        } else {
            doubled
        };
        steps.push(Step { position: position as u8, is_one, base, accumulator, doubled, sum });
        accumulator = sum;
    }
    Some(Multiple { base, steps })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x of the base point (SEC 2, section 2.4.1), and of its double and triple.
    const G: [u64; 4] =
        [0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac];
    const G_2: [u64; 4] =
        [0xabac09b95c709ee5, 0x5c778e4b8cef3ca7, 0x3045406e95c07cd8, 0xc6047f9441ed7d6d];
    const G_3: [u64; 4] =
        [0x8601f113bce036f9, 0xb531c845836f99b0, 0x49344f85f89d5229, 0xf9308a019258c310];

    fn minus(mut number: [u64; 4], less: u64) -> [u64; 4] {
        number[0] -= less;
        number
    }

    #[track_caller]
    fn check(x: [u64; 4], k: [u64; 4], expected: Option<[u64; 4]>) {
        assert_eq!(multiple(&x, &k).map(|it| it.point()[0]), expected, "{x:x?} {k:x?}");
    }

    #[test]
    fn multiples_by_the_smallest_and_largest_scalars() {
        for (k, x) in [(1, G), (2, G_2), (3, G_3)] {
            check(G, [k, 0, 0, 0], Some(x));
            check(G, minus(ORDER, k), Some(x));
        }
        for k in [[0; 4], ORDER, minus(ORDER, 0), [u64::MAX; 4]] {
            check(G, k, None);
        }
        // 6 is 2·3, and 3·2.
        let sixth = multiple(&G, &[6, 0, 0, 0]).map(|it| it.point()[0]);
        check(G_2, [3, 0, 0, 0], sixth);
        check(G_3, [2, 0, 0, 0], sixth);
    }

    #[test]
    fn x_of_no_point_has_no_multiple() {
        let p = Curve::Secp256k1.modulus();
        // 5 is the smallest: 5³ + 7 is no square. 0 isn't on the curve either, nor 7.
        for x in [[5, 0, 0, 0], [0; 4], [7, 0, 0, 0], p, [u64::MAX; 4]] {
            check(x, [1, 0, 0, 0], None);
        }
        // 1, also as p + 1.
        check([1, 0, 0, 0], [1, 0, 0, 0], Some([1, 0, 0, 0]));
        check([p[0] + 1, p[1], p[2], p[3]], [1, 0, 0, 0], None);
    }

    #[test]
    fn counts_are_those_of_the_steps() {
        for k in [[1, 0, 0, 0], [2, 0, 0, 0], [3, 0, 0, 0], [0, 1 << 40, 0, 0], minus(ORDER, 1)] {
            let steps = multiple(&G, &k).expect("a multiple").steps;
            let ones = steps.iter().filter(|step| step.is_one).count();
            assert_eq!(counts(&k), [steps.len() as u64, (steps.len() + ones) as u64]);
        }
    }
}
