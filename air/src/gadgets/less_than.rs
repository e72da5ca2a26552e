//! Comparison of two 64-bit values, unsigned or signed.
//!
//! The most significant 32-bit limb in which two values differ decides. So one difference of
//! limbs is proved to be in range, whatever the outcome: with `x`, `y` the deciding limbs of the
//! values in ascending order, `y − x − 1 ≥ 0`; or `y − x ≥ 0` when the high limbs are equal and
//! the low limbs need not differ.

use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::columns::columns;
use crate::counts::Counts;
use crate::gadgets::limbs::range16;
use crate::gadgets::value::{TWO_16, Value};

/// 2^31 as a field element.
const TWO_31: Goldilocks = Goldilocks::new(1 << 31);
/// 2^31 − 1 as a field element.
const LIMB_POSITIVE_MAX: Goldilocks = Goldilocks::new((1 << 31) - 1);

columns! {
    /// A number below 2^32 that only the gadget knows, as its 16-bit limbs.
    pub struct Gap {
        /// Low and high limb; each below 2^16.
        limbs: [cell; 2],
    }
}

impl<V: Copy> Gap<V> {
    /// Guarantees, where `active`, that the result is below 2^32.
    pub fn constrain<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        active: impl Into<AB::Expr>,
    ) -> AB::Expr {
        let active = active.into();
        let [low, high] = self.limbs.map(Into::<AB::Expr>::into);
        range16(builder, low.clone(), active.clone());
        range16(builder, high.clone(), active);
        low + high * TWO_16
    }
}

impl Gap<Goldilocks> {
    /// The limbs of `number`.
    pub fn fill(number: u32, counts: &mut Counts) -> Self {
        let [low, high] = [number as u16, (number >> 16) as u16];
        counts.range16(low);
        counts.range16(high);
        Self { limbs: [Goldilocks::from_u16(low), Goldilocks::from_u16(high)] }
    }
}

columns! {
    /// Whether `a < b`, for unsigned values.
    ///
    /// Assumes that both are canonical. Guarantees where active that `is_less` is 1 if `a < b`
    /// and 0 if not.
    pub struct LessThan {
        /// 1 if `a < b`; 0 or 1.
        is_less: cell,
        /// 1 if the high limbs are equal, so that the low limbs decide; 0 or 1.
        is_low: cell,
        /// The difference of the deciding limbs, less 1 unless equality is possible.
        gap: Gap,
    }
}

impl<V: Copy> LessThan<V> {
    /// Compares unsigned values.
    pub fn constrain<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        a: Value<V>,
        b: Value<V>,
        active: impl Into<AB::Expr>,
    ) {
        self.constrain_unless_crossing(builder, a, b, AB::Expr::ZERO, active.into());
    }

    /// Compares unsigned values, except that `crosses` stands for: the value that is said to be
    /// less has a high limb of 2^31 or more. Assumes that `crosses` is 0 or 1, and 0 where
    /// `is_low` is 1.
    fn constrain_unless_crossing<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        a: Value<V>,
        b: Value<V>,
        crosses: AB::Expr,
        active: AB::Expr,
    ) {
        let is_less: AB::Expr = self.is_less.into();
        let is_low: AB::Expr = self.is_low.into();
        let [a, b] = [a, b].map(Value::into_exprs::<AB::Expr>);
        let lo_difference = a.lo - b.lo;
        let hi_difference = a.hi - b.hi.clone();
        builder.constrain_bool("is_less is boolean", is_less.clone());
        builder.constrain_bool("is_low is boolean", is_low.clone());
        builder.constrain(
            "the low limbs decide only if the high are equal",
            is_low.clone() * hi_difference.clone(),
        );

        // The terms are exclusive, and each is an integer above −2^33 and below 2^33, so that
        // the equation holds over the integers.
        //
        // is_low, a ≥ b: a_lo − b_lo ≥ 0.  is_low, a < b: b_lo − a_lo − 1 ≥ 0.
        // is_high: larger_hi − smaller_hi − 1 ≥ 0; for equal high limbs there is no such gap.
        let gap = self.gap.constrain(builder, active.clone());
        let direction = AB::Expr::ONE - is_less.clone().double();
        let is_high = active - is_low.clone() - crosses.clone();
        let smaller_hi = is_less.clone() * hi_difference.clone() + b.hi;
        let expected = is_low * (direction.clone() * lo_difference - is_less)
            + is_high * (direction * hi_difference - AB::Expr::ONE)
            + crosses * (smaller_hi - TWO_31);
        builder.constrain("the deciding limbs are in the stated order", gap - expected);
    }
}

impl LessThan<Goldilocks> {
    /// Whether `a < b`, for [`LessThan::constrain`].
    pub fn fill(a: u64, b: u64, counts: &mut Counts) -> Self {
        let (is_less, is_low) = (a < b, a >> 32 == b >> 32);
        let (larger, smaller) = if is_less { (b, a) } else { (a, b) };
        let gap = if is_low {
            larger - smaller - u64::from(is_less)
        } else {
            (larger >> 32) - (smaller >> 32) - 1
        };
        Self {
            is_less: Goldilocks::from_bool(is_less),
            is_low: Goldilocks::from_bool(is_low),
            gap: Gap::fill(gap as u32, counts),
        }
    }
}

columns! {
    /// Whether `a < b`, for signed or unsigned values.
    ///
    /// Assumes that both are canonical. Guarantees where active that `order.is_less` is 1 if
    /// `a < b` and 0 if not.
    ///
    /// Signed values of the same sign compare as unsigned ones. So a signed comparison proves
    /// besides one of: both are negative, as the smaller is; neither is, as the larger isn't; the
    /// smaller is and the larger isn't, in which case nothing else is to be compared.
    pub struct SignedLessThan {
        /// The comparison, which crossing zero replaces.
        order: LessThan,
        /// 1 if the comparison is signed and only the smaller value is negative; 0 or 1.
        crosses: cell,
        /// 1 if the comparison is signed and both values are negative; 0 or 1.
        both_negative: cell,
        /// How far the value that tells the signs is from 2^31 in its high limb; 0 if unsigned.
        margin: Gap,
    }
}

impl<V: Copy> SignedLessThan<V> {
    /// Compares as signed values if `is_signed`, which is 0 or 1 and 0 in padding.
    pub fn constrain<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        a: Value<V>,
        b: Value<V>,
        is_signed: impl Into<AB::Expr>,
        active: impl Into<AB::Expr>,
    ) {
        let (is_signed, active) = (is_signed.into(), active.into());
        let crosses: AB::Expr = self.crosses.into();
        let both_negative: AB::Expr = self.both_negative.into();
        let larger_is_positive = is_signed.clone() - both_negative.clone();
        builder.constrain_bool("crosses is boolean", crosses.clone());
        builder.constrain_bool("both_negative is boolean", both_negative.clone());
        builder.constrain_bool("only a signed comparison has signs", larger_is_positive.clone());
        builder.constrain(
            "crossing zero leads to a value that is not negative",
            crosses.clone() * (AB::Expr::ONE - larger_is_positive.clone()),
        );
        builder.constrain("one comparison decides", crosses.clone() * self.order.is_low);
        self.order.constrain_unless_crossing(builder, a, b, crosses, active);

        // both_negative: smaller_hi − 2^31 ≥ 0. Otherwise 2^31 − 1 − larger_hi ≥ 0. The larger
        // value of two that don't cross then tells the sign of the smaller one, and vice versa.
        let margin = self.margin.constrain(builder, is_signed);
        let [a, b] = [a.hi, b.hi].map(Into::<AB::Expr>::into);
        let less_difference = (a.clone() - b.clone()) * self.order.is_less;
        let smaller_hi = b + less_difference.clone();
        let larger_hi = a - less_difference;
        let expected = both_negative * (smaller_hi - TWO_31)
            + larger_is_positive * (AB::Expr::from(LIMB_POSITIVE_MAX) - larger_hi);
        builder.constrain("the signs are as stated", margin - expected);
    }
}

impl SignedLessThan<Goldilocks> {
    /// Whether `a < b`, for [`SignedLessThan::constrain`].
    pub fn fill(a: u64, b: u64, is_signed: bool, counts: &mut Counts) -> Self {
        let zero = Goldilocks::ZERO;
        if !is_signed {
            return Self {
                order: LessThan::fill(a, b, counts),
                crosses: zero,
                both_negative: zero,
                margin: Gap { limbs: [zero; 2] },
            };
        }
        let is_less = (a as i64) < (b as i64);
        let (smaller, larger) = if is_less { (a, b) } else { (b, a) };
        let [smaller_hi, larger_hi] = [(smaller >> 32) as u32, (larger >> 32) as u32];
        let crosses = (smaller as i64) < 0 && (larger as i64) >= 0;
        let both_negative = (larger as i64) < 0;
        let order = if crosses {
            LessThan {
                is_less: Goldilocks::from_bool(is_less),
                is_low: zero,
                gap: Gap::fill(smaller_hi - (1 << 31), counts),
            }
        } else {
            LessThan::fill(a, b, counts)
        };
        let margin = if both_negative { smaller_hi - (1 << 31) } else { (1 << 31) - 1 - larger_hi };
        Self {
            order,
            crosses: Goldilocks::from_bool(crosses),
            both_negative: Goldilocks::from_bool(both_negative),
            margin: Gap::fill(margin, counts),
        }
    }
}
