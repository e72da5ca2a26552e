//! Products of 32-bit limbs.

use p3_field::{Field, PrimeCharacteristicRing};
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::columns::columns;
use crate::counts::Counts;
use crate::gadgets::limbs::Limbs32;
use crate::gadgets::value::TWO_32;

/// 2^32 − 1 as a field element, the largest limb.
pub const LIMB_MAX: Goldilocks = Goldilocks::new(0xFFFF_FFFF);

columns! {
    /// The high limb of `x·y + z`, of which the low limb is held elsewhere.
    ///
    /// Assumes that `x`, `y`, `z` and `low` are below 2^32. Guarantees where active that
    /// `x·y + z = low + 2^32·high` over the integers and that `high` is below 2^32 − 1: a sum
    /// whose high limb is 2^32 − 1 has no row. A product alone never has.
    ///
    /// `(2^32 − 1)² + 2^32 − 1 = 2^64 − 2^32 = p − 1`, so that the left side doesn't wrap, and
    /// with that bound on `high` the right side is below p too. Without it, a left side below
    /// 2^32 − 1 would have a second solution, its sum with p.
    pub struct LimbProduct {
        /// The high limb; below 2^32 − 1.
        high: cell,
        /// Limbs of the high limb.
        high_limbs: Limbs32,
        /// Inverse of `2^32 − 1 − high`.
        inverse: cell,
    }
}

impl<V: Copy> LimbProduct<V> {
    /// Requires `x·y + z = low + 2^32·high`.
    pub fn constrain<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        [x, y]: [V; 2],
        z: impl Into<AB::Expr>,
        low: V,
        active: impl Into<AB::Expr>,
    ) {
        let active = active.into();
        let [x, y, low, high] = [x, y, low, self.high].map(Into::<AB::Expr>::into);
        builder.constrain("limb product", x * y + z.into() - low - high.clone() * TWO_32);
        builder.constrain(
            "the high limb of a product is below 2^32 − 1",
            (AB::Expr::from(LIMB_MAX) - high) * self.inverse - active.clone(),
        );
        self.high_limbs.constrain(builder, self.high, active);
    }
}

impl LimbProduct<Goldilocks> {
    /// The high limb of `x·y + z`, which is below 2^32 − 1.
    pub fn fill(x: u32, y: u32, z: u32, counts: &mut Counts) -> Self {
        let high = ((u64::from(x) * u64::from(y) + u64::from(z)) >> 32) as u32;
        Self {
            high: Goldilocks::from_u32(high),
            high_limbs: Limbs32::fill(high, counts),
            inverse: (LIMB_MAX - Goldilocks::from_u32(high)).try_inverse().unwrap_or_default(),
        }
    }
}
