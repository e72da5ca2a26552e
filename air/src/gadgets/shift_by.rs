//! Shift amounts: the low bits of an operand, taken apart into what shifts within a 16-bit limb
//! and what moves whole limbs.

use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::ShiftAmountMsg;
use crate::columns::columns;
use crate::counts::Counts;
use crate::gadgets::limbs::Limbs32;

/// 2^-6 as a field element: `64·(p − 1)/64 = −1`.
const TWO_6_INVERSE: Goldilocks = Goldilocks::new(P - (P - 1) / 64);
/// 2^-5 as a field element.
const TWO_5_INVERSE: Goldilocks = Goldilocks::new(P - (P - 1) / 32);
/// The field's order.
const P: u64 = 0xFFFF_FFFF_0000_0001;

/// Which bits of the operand are the shift amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountBits {
    /// The low 5 bits: shifts of 32-bit words.
    Five,
    /// The low 6 bits: shifts of 64-bit values.
    Six,
}

columns! {
    /// A shift amount and its multiplier.
    ///
    /// Assumes that the operand's low half is canonical. Guarantees where active that
    /// `amount = s + 16·by_16 + 32·by_32` for an `s` in 0..16 with `multiplier = 2^s` and bits
    /// `by_16` and `by_32` (for five bits the caller gives 0 as `by_32`), and that `amount` is the
    /// low bits of the operand.
    pub struct ShiftBy {
        /// The amount: as many low bits of the operand as count.
        amount: cell,
        /// `2^(amount % 16)`.
        multiplier: cell,
        /// Limbs of the operand's bits above the amount.
        rest: Limbs32,
    }
}

impl<V: Copy> ShiftBy<V> {
    /// See the struct.
    pub fn constrain<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        operand_lo: impl Into<AB::Expr>,
        bits: AmountBits,
        [by_16, by_32]: [AB::Expr; 2],
        active: impl Into<AB::Expr>,
    ) {
        let active = active.into();
        // operand = amount + 2^bits·rest. The amount is below 64 by the lookup below and rest is
        // below 2^32, so both sides are integers far below the field's order: there is one
        // solution.
        let inverse = match bits {
            AmountBits::Five => TWO_5_INVERSE,
            AmountBits::Six => TWO_6_INVERSE,
        };
        let rest: AB::Expr = (operand_lo.into() - self.amount) * inverse;
        self.rest.constrain(builder, rest, active.clone());

        ShiftAmountMsg {
            amount: self.amount.into(),
            multiplier: self.multiplier.into(),
            by_16,
            by_32,
        }
        .send(builder, active);
    }
}

impl ShiftBy<Goldilocks> {
    /// The amount in `operand`.
    pub fn fill(operand: u64, bits: AmountBits, counts: &mut Counts) -> Self {
        let bits = match bits {
            AmountBits::Five => 5,
            AmountBits::Six => 6,
        };
        let operand = operand as u32;
        let amount = (operand & ((1 << bits) - 1)) as u8;
        let multiplier = 1u16 << (amount % 16);
        counts.shift_amount(amount);
        Self {
            amount: Goldilocks::from_u8(amount),
            multiplier: Goldilocks::from_u16(multiplier),
            rest: Limbs32::fill(operand >> bits, counts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses_of_amount_bounds() {
        assert_eq!(TWO_6_INVERSE * Goldilocks::from_u8(64), Goldilocks::ONE);
        assert_eq!(TWO_5_INVERSE * Goldilocks::from_u8(32), Goldilocks::ONE);
    }
}
