//! Range checks by 16-bit limbs.

use p3_field::{Algebra, PrimeCharacteristicRing};
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{Range16Msg, Sign16Msg};
use crate::columns::columns;
use crate::counts::Counts;
use crate::gadgets::value::{TWO_16_INVERSE, Value};

/// Requires `value < 2^16` where `active`.
pub fn range16<AB: TableBuilder>(
    builder: &mut AB,
    value: impl Into<AB::Expr>,
    active: impl Into<AB::Expr>,
) {
    Range16Msg { value: value.into() }.send(builder, active);
}

columns! {
    /// The low 16 bits of a 32-bit number held elsewhere; the high 16 bits follow from both.
    pub struct Limbs32 {
        /// Bits 0 to 15; below 2^16.
        low: cell,
    }
}

impl<V: Copy> Limbs32<V> {
    /// Bits 16 to 31 of `number`.
    pub fn high<E: Algebra<Goldilocks>>(&self, number: impl Into<E>) -> E
    where
        V: Into<E>,
    {
        (number.into() - self.low.into()) * TWO_16_INVERSE
    }

    /// Guarantees `number < 2^32` where `active`.
    pub fn constrain<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        number: impl Into<AB::Expr>,
        active: impl Into<AB::Expr>,
    ) {
        let active = active.into();
        range16(builder, self.low, active.clone());
        range16(builder, self.high::<AB::Expr>(number), active);
    }

    /// Guarantees `number < 2^32` and that `sign` is its bit 31, where `active`.
    pub fn constrain_signed<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        number: impl Into<AB::Expr>,
        sign: impl Into<AB::Expr>,
        active: impl Into<AB::Expr>,
    ) {
        let active = active.into();
        range16(builder, self.low, active.clone());
        Sign16Msg { value: self.high::<AB::Expr>(number), sign: sign.into() }.send(builder, active);
    }
}

impl Limbs32<Goldilocks> {
    /// The limbs of `number`, for [`Limbs32::constrain`].
    pub fn fill(number: u32, counts: &mut Counts) -> Self {
        counts.range16(number as u16);
        counts.range16((number >> 16) as u16);
        Self { low: Goldilocks::from_u16(number as u16) }
    }

    /// The limbs of `number`, for [`Limbs32::constrain_signed`].
    pub fn fill_signed(number: u32, counts: &mut Counts) -> Self {
        counts.range16(number as u16);
        counts.sign16((number >> 16) as u16);
        Self { low: Goldilocks::from_u16(number as u16) }
    }
}

columns! {
    /// The 16-bit limbs of a 64-bit value held elsewhere.
    pub struct Limbs64 {
        /// Limbs of the low half.
        lo: Limbs32,
        /// Limbs of the high half.
        hi: Limbs32,
    }
}

impl<V: Copy> Limbs64<V> {
    /// Guarantees that `value` is canonical where `active`.
    pub fn constrain<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        value: Value<V>,
        active: impl Into<AB::Expr>,
    ) {
        let active = active.into();
        self.lo.constrain(builder, value.lo, active.clone());
        self.hi.constrain(builder, value.hi, active);
    }

    /// Guarantees that `value` is canonical and that `sign` is its bit 63, where `active`.
    pub fn constrain_signed<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        value: Value<V>,
        sign: impl Into<AB::Expr>,
        active: impl Into<AB::Expr>,
    ) {
        let active = active.into();
        self.lo.constrain(builder, value.lo, active.clone());
        self.hi.constrain_signed(builder, value.hi, sign, active);
    }
}

impl Limbs64<Goldilocks> {
    /// The limbs of `value`, for [`Limbs64::constrain`].
    pub fn fill(value: u64, counts: &mut Counts) -> Self {
        Self {
            lo: Limbs32::fill(value as u32, counts),
            hi: Limbs32::fill((value >> 32) as u32, counts),
        }
    }

    /// The limbs of `value`, for [`Limbs64::constrain_signed`].
    pub fn fill_signed(value: u64, counts: &mut Counts) -> Self {
        Self {
            lo: Limbs32::fill(value as u32, counts),
            hi: Limbs32::fill_signed((value >> 32) as u32, counts),
        }
    }
}
