//! A 64-bit value as two 32-bit limbs.

use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::columns::columns;

columns! {
    /// A 64-bit value. It is canonical when both limbs are below 2^32; whoever puts a value on a
    /// bus guarantees that, so whoever takes one from a bus may rely on it.
    pub struct Value {
        /// Low 32 bits.
        lo: cell,
        /// High 32 bits.
        hi: cell,
    }
}

impl Value<Goldilocks> {
    /// The limbs of `value`.
    #[must_use]
    pub fn from_u64(value: u64) -> Self {
        Self {
            lo: Goldilocks::from_u32(value as u32),
            hi: Goldilocks::from_u32((value >> 32) as u32),
        }
    }
}

impl<T: Copy> Value<T> {
    /// The limbs as expressions.
    pub fn into_exprs<E>(self) -> Value<E>
    where
        T: Into<E>,
    {
        Value { lo: self.lo.into(), hi: self.hi.into() }
    }
}

/// 2^32 as a field element.
pub const TWO_32: Goldilocks = Goldilocks::new(1 << 32);
/// 2^16 as a field element.
pub const TWO_16: Goldilocks = Goldilocks::new(1 << 16);
/// 2^-32 as a field element: `−2^64 = 2^32·(1 − 2^32) …`, found from `2^96 = −1 (mod p)`, so
/// `2^-32 = −2^64 = −(2^32 − 1)`.
pub const TWO_32_INVERSE: Goldilocks = Goldilocks::new(0xFFFF_FFFF_0000_0001 - 0xFFFF_FFFF);
/// 2^-16 as a field element: `−2^80 (mod p)`.
pub const TWO_16_INVERSE: Goldilocks = Goldilocks::new(0xFFFF_FFFF_0000_0001 - 0xFFFF_FFFF_0000);

/// `lo + 2^32·hi` for canonical limbs of a value whose high limb is known to be small enough for
/// the sum to stay below the field's order.
pub fn join<E>(lo: impl Into<E>, hi: impl Into<E>) -> E
where
    E: p3_field::Algebra<Goldilocks>,
{
    lo.into() + hi.into() * TWO_32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses_of_limb_bases() {
        assert_eq!(TWO_32 * TWO_32_INVERSE, Goldilocks::ONE);
        assert_eq!(TWO_16 * TWO_16_INVERSE, Goldilocks::ONE);
    }
}
