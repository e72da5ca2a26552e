//! Square roots, and which of two roots is meant.

use super::field::{Field, Fp, Fp2};

/// A field with square roots.
pub(crate) trait SquareRoot: Field {
    /// A number whose square this is, if there is one.
    fn square_root(&self) -> Option<Self>;

    /// Whether the number is odd, or of an extension's element the real part, or the imaginary one
    /// where that is 0 (`sgn0` of RFC 9380, section 4.1).
    fn is_odd(&self) -> bool;
}

impl<const W: usize> Fp<W> {
    /// (p + 1)/4: the moduli are 3 modulo 4.
    const ROOT_EXPONENT: [u64; W] = {
        let mut words = Self::MODULUS;
        let mut at = 0;
        while at < W {
            words[at] >>= 2;
            if at + 1 < W {
                words[at] |= Self::MODULUS[at + 1] << 62;
            }
            at += 1;
        }
        words[0] += 1;
        words
    };

    /// The power of this with an exponent.
    fn power(&self, exponent: &[u64; W]) -> Self {
        let mut powers = [*Self::ONE; 16];
        for at in 1..16 {
            let (lower, power) = powers.split_at_mut(at);
            power[0].set_product(&lower[at - 1], self);
        }
        let mut power = *Self::ONE;
        for word in exponent.iter().rev() {
            for at in (0..16).rev() {
                for _ in 0..4 {
                    power.square();
                }
                power.multiply(&powers[(word >> (4 * at)) as usize % 16]);
            }
        }
        power
    }
}

impl<const W: usize> SquareRoot for Fp<W> {
    fn square_root(&self) -> Option<Self> {
        let root = self.power(&Self::ROOT_EXPONENT);
        let mut square = root;
        square.square();
        (square == *self).then_some(root)
    }

    fn is_odd(&self) -> bool {
        self.words()[0] % 2 == 1
    }
}

impl<const W: usize, const E: usize> SquareRoot for Fp2<W, E> {
    /// With s² = x² + y², one of (x ± s)/2 is the square of the root's real part r, unless y is 0;
    /// the imaginary one is y/(2r).
    fn square_root(&self) -> Option<Self> {
        let [x, y] = self.to_parts();
        if y.is_zero() {
            // −1 is no square, so x or −x is one.
            return x.square_root().map(|root| Self::new(root, Fp::ZERO)).or_else(|| {
                let mut negative = x;
                negative.negate();
                negative.square_root().map(|root| Self::new(Fp::ZERO, root))
            });
        }
        let mut norm = x;
        norm.square();
        norm.add_product(&y, &y);
        let mut s = norm.square_root()?;
        let half = |s: &Fp<W>| {
            // (x + s)/2, which isn't 0, as s² isn't x².
            let mut half = x;
            half.add(s);
            half.multiply(&Fp::HALF);
            half
        };
        let real = half(&s).square_root().or_else(|| {
            s.negate();
            half(&s).square_root()
        })?;
        let (mut double, mut imaginary) = (real, Fp::ZERO);
        double.multiply(Fp::TWO);
        imaginary.set_inverse(&double);
        imaginary.multiply(&y);
        Some(Self::new(real, imaginary))
    }

    fn is_odd(&self) -> bool {
        let [x, y] = self.to_parts();
        if x.is_zero() { y.is_odd() } else { x.is_odd() }
    }
}
