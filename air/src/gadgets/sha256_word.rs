//! Words of SHA-256 by their bits, the functions of them (FIPS 180-4, section 4.1.2), and carries of
//! their sums.
//!
//! The functions assume that bits are 0 or 1.

use p3_field::{Algebra, PrimeCharacteristicRing};
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::columns::columns;
use crate::gadgets::value::TWO_32;

/// A function that adds three rotations of a word without carries; the last one is a shift if
/// `is_shifted` (FIPS 180-4, section 4.1.2).
#[derive(Clone, Copy)]
pub struct Sigma {
    by: [usize; 3],
    is_shifted: bool,
}

/// Σ0.
pub const LARGE_0: Sigma = Sigma { by: [2, 13, 22], is_shifted: false };
/// Σ1.
pub const LARGE_1: Sigma = Sigma { by: [6, 11, 25], is_shifted: false };
/// σ0.
pub const SMALL_0: Sigma = Sigma { by: [7, 18, 3], is_shifted: true };
/// σ1.
pub const SMALL_1: Sigma = Sigma { by: [17, 19, 10], is_shifted: true };

impl Sigma {
    /// Of a word.
    #[must_use]
    pub fn of(self, word: u32) -> u32 {
        let [first, second, third] = self.by.map(|by| by as u32);
        let last = if self.is_shifted { word >> third } else { word.rotate_right(third) };
        word.rotate_right(first) ^ word.rotate_right(second) ^ last
    }

    /// Of the word with these bits, as a number; of degree 3 in them.
    pub fn expr<E: Algebra<Goldilocks>>(self, bits: &[E; 32]) -> E {
        let [first, second, third] = self.by;
        number(core::array::from_fn(|at| {
            let rotated = |by: usize| bits[(at + by) % 32].clone();
            let both = xor(rotated(first), rotated(second));
            let is_shifted_out = self.is_shifted && at + third >= 32;
            if is_shifted_out { both } else { xor(both, rotated(third)) }
        }))
    }
}

/// One of two bits and not the other.
fn xor<E: Algebra<Goldilocks>>(a: E, b: E) -> E {
    a.clone() + b.clone() - a * b * E::TWO
}

/// Ch: bits of `f` where `e` has a 1, else of `g`; as a number, of degree 2 in the bits.
pub fn choice<E: Algebra<Goldilocks>>(e: &[E; 32], f: &[E; 32], g: &[E; 32]) -> E {
    number(core::array::from_fn(|at| {
        g[at].clone() + e[at].clone() * (f[at].clone() - g[at].clone())
    }))
}

/// Maj: bits that at least two of the words have; as a number, of degree 3 in the bits.
pub fn majority<E: Algebra<Goldilocks>>(a: &[E; 32], b: &[E; 32], c: &[E; 32]) -> E {
    number(core::array::from_fn(|at| {
        let both = a[at].clone() * b[at].clone();
        both + c[at].clone() * xor(a[at].clone(), b[at].clone())
    }))
}

/// The number with these bits, the lowest first.
pub fn number<E: Algebra<Goldilocks>>(bits: [E; 32]) -> E {
    let terms = bits.into_iter().enumerate();
    terms.fold(E::ZERO, |sum, (at, bit)| sum + bit * Goldilocks::from_u32(1 << at))
}

columns! {
    /// A number below 2^32, where the table that has it requires its bits to be boolean.
    pub struct Bits {
        /// Its bits, the lowest first; each 0 or 1.
        bits: [cell; 32],
    }
}

impl<V: Copy> Bits<V> {
    /// The bits.
    pub fn exprs<E>(&self) -> [E; 32]
    where
        V: Into<E>,
    {
        self.bits.map(Into::into)
    }

    /// The number.
    pub fn number<E: Algebra<Goldilocks>>(&self) -> E
    where
        V: Into<E>,
    {
        number(self.exprs())
    }

    /// The number with its bytes in the opposite order.
    pub fn swapped<E: Algebra<Goldilocks>>(&self) -> E
    where
        V: Into<E>,
    {
        // Bits of byte k go to byte 3 − k.
        number(core::array::from_fn(|at| self.bits[at ^ 24].into()))
    }
}

impl Bits<Goldilocks> {
    /// The bits of `number`.
    pub fn fill(number: u32) -> Self {
        Self { bits: core::array::from_fn(|at| Goldilocks::from_bool(number >> at & 1 == 1)) }
    }
}

columns! {
    /// What a sum exceeds 2^32 by, in units of it: `low + 3·high`, at most 8.
    pub struct Carry {
        /// 0, 1 or 2.
        low: cell,
        /// 0, 1 or 2.
        high: cell,
    }
}

impl<V: Copy> Carry<V> {
    /// The multiple of 2^32.
    pub fn excess<E: Algebra<Goldilocks>>(&self) -> E
    where
        V: Into<E>,
    {
        (self.low.into() + self.high.into() * Goldilocks::from_u8(3)) * TWO_32
    }

    /// Requires both digits to be digits.
    pub fn constrain<AB: TableBuilder<Var = V>>(&self, builder: &mut AB)
    where
        V: Into<AB::Expr>,
    {
        for digit in [self.low, self.high] {
            let digit: AB::Expr = digit.into();
            let zero = digit.clone() * (digit.clone() - AB::Expr::ONE) * (digit - AB::Expr::TWO);
            builder.constrain("digits of carries are below 3", zero);
        }
    }
}

impl Carry<Goldilocks> {
    /// Of a sum, which is below 9·2^32.
    pub fn fill(sum: u64) -> Self {
        let carry = (sum >> 32) as u8;
        Self { low: Goldilocks::from_u8(carry % 3), high: Goldilocks::from_u8(carry / 3) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_bits_are_those_of_words() {
        let words = [0, 1, 1 << 31, u32::MAX, 0x0123_4567, 0xF0E1_D2C3, 0x5A5A_A5A5];
        let bits = |word| Bits::fill(word).exprs::<Goldilocks>();
        for a in words {
            for sigma in [LARGE_0, LARGE_1, SMALL_0, SMALL_1] {
                assert_eq!(sigma.expr(&bits(a)), Goldilocks::from_u32(sigma.of(a)));
            }
            let [number, swapped]: [Goldilocks; 2] =
                [Bits::fill(a).number(), Bits::fill(a).swapped()];
            assert_eq!([number, swapped], [a, a.swap_bytes()].map(Goldilocks::from_u32));
            for (b, c) in words.into_iter().flat_map(|b| words.map(|c| (b, c))) {
                let all = [a, b, c].map(bits);
                let expected = (a & b) | (!a & c);
                assert_eq!(choice(&all[0], &all[1], &all[2]), Goldilocks::from_u32(expected));
                let expected = (a & b) | (a & c) | (b & c);
                assert_eq!(majority(&all[0], &all[1], &all[2]), Goldilocks::from_u32(expected));
            }
        }
    }
}
