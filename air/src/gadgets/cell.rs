//! The first and last state of a memory word in a run, and its place in the order of addresses.

use lvm_isa::segment::Cell;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{CellMsg, MemoryOrderMsg};
use crate::columns::columns;
use crate::counts::Counts;
use crate::gadgets::limbs::Limbs32;
use crate::gadgets::value::Value;

/// 1/8 as a field element: `8·(p − (p − 1)/8) = 8p − (p − 1) = 1 (mod p)`.
pub const EIGHTH: Goldilocks = Goldilocks::new(0xFFFF_FFFF_0000_0001 - 0xFFFF_FFFF_0000_0000 / 8);

columns! {
    /// A memory word from its first state to its last.
    ///
    /// Guarantees where active that the word's address is larger than `previous` by a positive
    /// multiple of 8, at most 2^35, and passes the order on, so that along the whole chain
    /// addresses are unique multiples of 8. `ledger` bounds the largest.
    pub struct MemoryCell {
        /// Address of the cell before in ascending order.
        previous: cell,
        /// Limbs of `(address − previous)/8 − 1`, below 2^32.
        gap: Limbs32,
        /// Value after the run, as the last segment that touches the word leaves it.
        last: Value,
        /// That segment; 0 if there is none.
        last_segment: cell,
    }
}

impl<V: Copy> MemoryCell<V> {
    /// The cell at `address` starts with `initial`, which is canonical; stores may change it if
    /// `is_writable` is 1.
    pub fn constrain<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        address: impl Into<AB::Expr>,
        initial: Value<AB::Expr>,
        is_writable: impl Into<AB::Expr>,
        active: impl Into<AB::Expr>,
    ) {
        let (address, active) = (address.into(), active.into());
        let is_writable = is_writable.into();
        MemoryOrderMsg { address: self.previous.into() }.receive(builder, active.clone());
        MemoryOrderMsg { address: address.clone() }.send(builder, active.clone());
        let gap = (address.clone() - self.previous) * EIGHTH - AB::Expr::ONE;
        self.gap.constrain(builder, gap, active.clone());
        CellMsg {
            address: address.clone(),
            is_writable: is_writable.clone(),
            lo: initial.lo,
            hi: initial.hi,
            segment: AB::Expr::ZERO,
        }
        .send(builder, active.clone());
        CellMsg {
            address,
            is_writable,
            lo: self.last.lo.into(),
            hi: self.last.hi.into(),
            segment: self.last_segment.into(),
        }
        .receive(builder, active);
    }
}

impl MemoryCell<Goldilocks> {
    /// `cell`, after the one at `previous`.
    pub fn fill(previous: u64, cell: &Cell, counts: &mut Counts) -> Self {
        Self {
            previous: Goldilocks::from_u64(previous),
            gap: Limbs32::fill(((cell.address - previous) / 8 - 1) as u32, counts),
            last: Value::from_u64(cell.last.value),
            last_segment: Goldilocks::from_u32(cell.last.segment),
        }
    }
}

/// A memory word with the one before it in ascending order, over all tables that hold cells.
#[derive(Clone, Copy, Debug)]
pub struct OrderedCell {
    /// Address of the cell before.
    pub previous: u64,
    /// The cell.
    pub cell: Cell,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eighth() {
        assert_eq!(EIGHTH * Goldilocks::from_u8(8), Goldilocks::ONE);
    }
}
