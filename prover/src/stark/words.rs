//! Elements side by side as words of 64 bits, for arithmetic that the field's own operations don't
//! offer. It's there where as many words are one vector (AVX-512).

use lvm_air::field::Val;
use p3_field::{PackedValue, PrimeField64};
use wide::u64x8;

use crate::stark::interactions::{LANES, Packed};

const _: () = assert!(LANES == u64x8::LANES as usize);

/// The elements as numbers below the field's order.
#[inline(always)]
pub(crate) fn numbers(elements: Packed) -> u64x8 {
    u64x8::new(core::array::from_fn(|lane| elements.as_slice()[lane].as_canonical_u64()))
}

/// Numbers as elements.
#[inline(always)]
pub(crate) fn elements(numbers: u64x8) -> Packed {
    let numbers = numbers.to_array();
    Packed::from_fn(|lane| Val::new(numbers[lane]))
}

/// 2^64 modulo the field's order: `2^32 − 1`.
const CARRY: u64 = Val::ORDER_U64.wrapping_neg();

/// The sum modulo the field's order, if `b` is below it.
#[inline(always)]
pub(crate) fn add(a: u64x8, b: u64x8) -> u64x8 {
    // A sum that overflows is below the order, so the correction doesn't overflow in turn.
    let sum = a + b;
    sum + (sum.simd_lt(b) & u64x8::splat(CARRY))
}

/// The difference modulo the field's order, if `b` is below it.
#[inline(always)]
fn subtract(a: u64x8, b: u64x8) -> u64x8 {
    (a - b) - (a.simd_lt(b) & u64x8::splat(CARRY))
}

/// Numbers below 2^32, times 2^64.
#[inline(always)]
fn times_2_64(number: u64x8) -> u64x8 {
    (number << 32) - number
}

/// Elements times 2^24.
#[inline(always)]
pub(crate) fn times_2_24(value: Packed) -> Packed {
    let number = numbers(value);
    elements(add(number << 24, times_2_64(number >> 40)))
}

/// Elements times 2^48.
#[inline(always)]
pub(crate) fn times_2_48(value: Packed) -> Packed {
    let number = numbers(value);
    let middle = (number >> 16) & u64x8::splat(u64::from(u32::MAX));
    // 2^96 is −1.
    elements(subtract(add(number << 48, times_2_64(middle)), number >> 48))
}

#[cfg(test)]
mod tests {
    use p3_field::PrimeCharacteristicRing;

    use super::*;

    #[test]
    fn shifts_are_products() {
        let ends =
            [0, 1, u64::from(u32::MAX), 1 << 32, Val::ORDER_U64 - 1, Val::ORDER_U64, u64::MAX];
        let random = (1..1000u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for number in ends.into_iter().chain(random) {
            let value = Packed::from(Val::new(number));
            assert_eq!(times_2_24(value), value * Packed::from(Val::TWO.exp_u64(24)), "{number}");
            assert_eq!(times_2_48(value), value * Packed::from(Val::TWO.exp_u64(48)), "{number}");
        }
    }
}
