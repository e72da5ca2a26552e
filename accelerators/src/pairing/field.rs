//! The fields over which the curves are defined: Fp, and its quadratic extension Fp2 = Fp\[u\] with
//! u² = −1. Each product, with or without a sum, is one call to the machine.
//!
//! Invariant: numbers are less than the modulus, so that each call but the inverse of zero has a
//! result. There is no addition: it is a product with one. Elements are changed where they lie,
//! since copying one costs more than a call.

use lvm_guest_sdk::arithmetic::modular;
use lvm_guest_sdk::arithmetic::quadratic::{self, MODULUS_BLS12_381, MODULUS_BN254};

/// A field whose arithmetic is calls.
///
/// Constants are references: what is borrowed where it is used would be copied to the stack, as the
/// compiler can't know that a type without a name is plain data.
pub(crate) trait Field: Copy + PartialEq + 'static {
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: &'static Self;
    /// −1.
    const MINUS_ONE: &'static Self;
    /// 2.
    const TWO: &'static Self;
    /// −2.
    const MINUS_TWO: &'static Self;
    /// 3.
    const THREE: &'static Self;
    /// 3/2.
    const THREE_HALVES: &'static Self;

    /// Replaces this by `a·b`.
    fn set_product(&mut self, a: &Self, b: &Self);

    /// Replaces this by `self·b`.
    fn multiply(&mut self, b: &Self);

    /// Replaces this by its square.
    fn square(&mut self);

    /// Replaces this by `self + a·b`.
    fn add_product(&mut self, a: &Self, b: &Self);

    /// Replaces this by `self − a·b`.
    fn subtract_product(&mut self, a: &Self, b: &Self);

    /// Replaces this by the inverse of `a`. That of zero is a trap on the machine: the caller
    /// excludes it.
    fn set_inverse(&mut self, a: &Self);

    /// Whether this is 0.
    fn is_zero(&self) -> bool;

    /// Replaces this by `self + a`.
    #[inline(always)]
    fn add(&mut self, a: &Self) {
        self.add_product(a, Self::ONE);
    }

    /// Replaces this by `self − a`.
    #[inline(always)]
    fn subtract(&mut self, a: &Self) {
        self.subtract_product(a, Self::ONE);
    }

    /// Replaces this by `−self`.
    #[inline(always)]
    fn negate(&mut self) {
        self.multiply(Self::MINUS_ONE);
    }

    /// Replaces this by the sum of products of pairs.
    #[inline(always)]
    fn set_sum<const N: usize>(&mut self, products: [[&Self; 2]; N]) {
        for (at, [a, b]) in products.into_iter().enumerate() {
            if at == 0 {
                self.set_product(a, b);
            } else {
                self.add_product(a, b);
            }
        }
    }
}

/// The quadratic extension of a prime field.
pub(crate) trait Extension: Field {
    /// The prime field.
    type Base: Field;

    /// An element of the prime field.
    fn from_base(base: &Self::Base) -> Self;

    /// Replaces this by its p-th power: `x + y·u` by `x − y·u`.
    fn conjugate(&mut self);
}

/// The modulus of the field of `W` words: BN254's of 4, BLS12-381's of 6.
const fn modulus<const W: usize>() -> [u64; W] {
    assert!(W == MODULUS_BN254.len() || W == MODULUS_BLS12_381.len());
    let mut words = [0; W];
    let mut at = 0;
    while at < W {
        words[at] =
            if W == MODULUS_BN254.len() { MODULUS_BN254[at] } else { MODULUS_BLS12_381[at] };
        at += 1;
    }
    words
}

/// An element of Fp.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fp<const W: usize>([u64; W]);

impl<const W: usize> Fp<W> {
    pub(super) const MODULUS: [u64; W] = modulus();

    /// 1/2: that is (p + 1)/2.
    pub(super) const HALF: Self = Self::half_of_modulus_and(1);

    /// The element of a number less than the modulus, of hexadecimal digits.
    ///
    /// # Panics
    /// When there are too many digits, or others.
    pub(crate) const fn hex(digits: &str) -> Self {
        let digits = digits.as_bytes();
        let mut words = [0; W];
        let mut at = 0;
        while at < digits.len() {
            let digit = match digits[digits.len() - 1 - at] {
                digit @ b'0'..=b'9' => digit - b'0',
                digit @ b'a'..=b'f' => digit - b'a' + 10,
                _ => panic!("not a hexadecimal digit"),
            };
            words[at / 16] |= (digit as u64) << (4 * (at % 16));
            at += 1;
        }
        Self(words)
    }

    /// The number, less than the modulus.
    pub(crate) fn words(&self) -> &[u64; W] {
        &self.0
    }

    /// The element of a small number.
    pub(crate) const fn small(number: u64) -> Self {
        let mut words = [0; W];
        words[0] = number;
        Self(words)
    }

    /// The modulus less a small number; both moduli end in large words.
    const fn minus_small(number: u64) -> Self {
        let mut words = Self::MODULUS;
        words[0] -= number;
        Self(words)
    }

    /// The modulus halved and rounded down, and a small number.
    const fn half_of_modulus_and(number: u64) -> Self {
        let mut words = Self::MODULUS;
        let mut at = 0;
        while at < W {
            words[at] >>= 1;
            if at + 1 < W {
                words[at] |= Self::MODULUS[at + 1] << 63;
            }
            at += 1;
        }
        words[0] += number;
        Self(words)
    }

    /// The element of 8·W bytes, big-endian; `None` when the number is not less than the modulus.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut words = [0; W];
        for (word, bytes) in words.iter_mut().zip(bytes.as_rchunks::<8>().1.iter().rev()) {
            *word = u64::from_be_bytes(*bytes);
        }
        let is_less = words.iter().rev().lt(Self::MODULUS.iter().rev());
        is_less.then_some(Self(words))
    }
}

impl<const W: usize> Fp<W> {
    /// Writes the number to 8·W bytes, big-endian.
    pub(crate) fn encode(&self, bytes: &mut [u8]) {
        for (bytes, word) in bytes.as_rchunks_mut::<8>().1.iter_mut().rev().zip(&self.0) {
            *bytes = word.to_be_bytes();
        }
    }
}

impl<const W: usize> PartialEq for Fp<W> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        differences(&self.0, &other.0) == 0
    }
}

/// The bits in which any words differ. Comparing arrays would be a call of a function.
#[inline(always)]
fn differences<const N: usize>(a: &[u64; N], b: &[u64; N]) -> u64 {
    a.iter().zip(b).fold(0, |differences, (a, b)| differences | (a ^ b))
}

impl<const W: usize> Field for Fp<W> {
    const ZERO: Self = Self([0; W]);
    const ONE: &'static Self = &Self::small(1);
    const MINUS_ONE: &'static Self = &Self::minus_small(1);
    const TWO: &'static Self = &Self::small(2);
    const MINUS_TWO: &'static Self = &Self::minus_small(2);
    const THREE: &'static Self = &Self::small(3);
    const THREE_HALVES: &'static Self = &Self::half_of_modulus_and(2);

    #[inline(always)]
    fn set_product(&mut self, a: &Self, b: &Self) {
        modular::multiply_to(&mut self.0, &a.0, &b.0, &Self::MODULUS);
    }

    #[inline(always)]
    fn multiply(&mut self, b: &Self) {
        modular::multiply_assign(&mut self.0, &b.0, &Self::MODULUS);
    }

    #[inline(always)]
    fn square(&mut self) {
        modular::square_assign(&mut self.0, &Self::MODULUS);
    }

    #[inline(always)]
    fn add_product(&mut self, a: &Self, b: &Self) {
        modular::multiply_add(&mut self.0, &a.0, &b.0, &Self::MODULUS);
    }

    #[inline(always)]
    fn subtract_product(&mut self, a: &Self, b: &Self) {
        modular::multiply_subtract(&mut self.0, &a.0, &b.0, &Self::MODULUS);
    }

    #[inline(always)]
    fn set_inverse(&mut self, a: &Self) {
        self.0 = a.0;
        modular::invert_assign(&mut self.0, &Self::MODULUS);
    }

    #[inline(always)]
    fn is_zero(&self) -> bool {
        self.0.iter().fold(0, |bits, word| bits | word) == 0
    }
}

/// An element `x + y·u` of Fp2: the W words of x, then those of y; E is 2·W.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fp2<const W: usize, const E: usize>([u64; E]);

impl<const W: usize, const E: usize> Fp2<W, E> {
    /// `x + y·u`.
    pub(crate) const fn new(x: Fp<W>, y: Fp<W>) -> Self {
        const { assert!(E == 2 * W) };
        let mut words = [0; E];
        let mut at = 0;
        while at < W {
            words[at] = x.0[at];
            words[W + at] = y.0[at];
            at += 1;
        }
        Self(words)
    }

    const fn real(x: &Fp<W>) -> Self {
        Self::new(*x, Fp::ZERO)
    }

    /// x and y.
    pub(crate) fn to_parts(self) -> [Fp<W>; 2] {
        self.parts().map(|words| Fp(*words))
    }

    /// x and y.
    #[inline(always)]
    fn parts(&self) -> [&[u64; W]; 2] {
        let parts = self.0.as_chunks().0;
        [&parts[0], &parts[1]]
    }

    #[inline(always)]
    fn parts_mut(&mut self) -> [&mut [u64; W]; 2] {
        let parts = self.0.as_chunks_mut().0;
        let (x, y) = parts.split_at_mut(1);
        [&mut x[0], &mut y[0]]
    }
}

impl<const W: usize, const E: usize> PartialEq for Fp2<W, E> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        differences(&self.0, &other.0) == 0
    }
}

impl<const W: usize, const E: usize> Field for Fp2<W, E> {
    const ZERO: Self = Self([0; E]);
    const ONE: &'static Self = &Self::real(Fp::ONE);
    const MINUS_ONE: &'static Self = &Self::real(Fp::MINUS_ONE);
    const TWO: &'static Self = &Self::real(Fp::TWO);
    const MINUS_TWO: &'static Self = &Self::real(Fp::MINUS_TWO);
    const THREE: &'static Self = &Self::real(Fp::THREE);
    const THREE_HALVES: &'static Self = &Self::real(Fp::THREE_HALVES);

    #[inline(always)]
    fn set_product(&mut self, a: &Self, b: &Self) {
        quadratic::multiply_to(&mut self.0, &a.0, &b.0);
    }

    #[inline(always)]
    fn multiply(&mut self, b: &Self) {
        quadratic::multiply_assign(&mut self.0, &b.0);
    }

    #[inline(always)]
    fn square(&mut self) {
        quadratic::square_assign(&mut self.0);
    }

    #[inline(always)]
    fn add_product(&mut self, a: &Self, b: &Self) {
        quadratic::multiply_add(&mut self.0, &a.0, &b.0);
    }

    #[inline(always)]
    fn subtract_product(&mut self, a: &Self, b: &Self) {
        quadratic::multiply_subtract(&mut self.0, &a.0, &b.0);
    }

    /// The conjugate over the norm x² + y², which only is 0 where both are: −1 is no square, as both
    /// moduli are 3 modulo 4.
    #[inline(always)]
    fn set_inverse(&mut self, a: &Self) {
        let modulus = &Fp::<W>::MODULUS;
        let ([x, y], [a_x, a_y]) = (self.parts_mut(), a.parts());
        // The norm and its inverse, in the place of x.
        modular::multiply_to(x, a_x, a_x, modulus);
        modular::multiply_add(x, a_y, a_y, modulus);
        modular::invert_assign(x, modulus);
        modular::multiply_to(y, a_y, x, modulus);
        modular::multiply_assign(y, &Fp::<W>::MINUS_ONE.0, modulus);
        modular::multiply_assign(x, a_x, modulus);
    }

    #[inline(always)]
    fn is_zero(&self) -> bool {
        self.0.iter().fold(0, |bits, word| bits | word) == 0
    }
}

impl<const W: usize, const E: usize> Extension for Fp2<W, E> {
    type Base = Fp<W>;

    fn from_base(base: &Fp<W>) -> Self {
        Self::real(base)
    }

    #[inline(always)]
    fn conjugate(&mut self) {
        let [_, y] = self.parts_mut();
        modular::multiply_assign(y, &Fp::<W>::MINUS_ONE.0, &Fp::<W>::MODULUS);
    }
}
