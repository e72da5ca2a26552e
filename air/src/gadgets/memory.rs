//! Memory word accesses, and effective addresses.

use lvm_isa::event::Access;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::MemoryMsg;
use crate::columns::columns;
use crate::counts::Counts;
use crate::gadgets::limbs::{Limbs32, range16};
use crate::gadgets::value::{Value, join};

columns! {
    /// An access to an 8-aligned memory word: the state that it finds.
    ///
    /// Guarantees where active that the address is a word of memory and that `before` is its
    /// newest value before the access, provided that the access's own time is unique to it for
    /// this word.
    pub struct MemoryAccess {
        /// Value found; canonical.
        before: Value,
        /// Time of the access before.
        time: cell,
        /// Limbs of `now − time − 1`, below 2^32.
        gap: Limbs32,
    }
}

impl<V: Copy> MemoryAccess<V> {
    /// The access reads the word at `address` at `now`.
    pub fn constrain_read<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        address: impl Into<AB::Expr>,
        now: impl Into<AB::Expr>,
        active: impl Into<AB::Expr>,
    ) {
        self.constrain_write(builder, address, self.before.into_exprs(), now, active);
    }

    /// The access writes `after` to the word at `address` at `now`. Assumes that `after` is
    /// canonical.
    pub fn constrain_write<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        address: impl Into<AB::Expr>,
        after: Value<AB::Expr>,
        now: impl Into<AB::Expr>,
        active: impl Into<AB::Expr>,
    ) {
        let (address, now, active) = (address.into(), now.into(), active.into());
        MemoryMsg {
            address: address.clone(),
            lo: self.before.lo.into(),
            hi: self.before.hi.into(),
            time: self.time.into(),
        }
        .receive(builder, active.clone());
        MemoryMsg { address, lo: after.lo, hi: after.hi, time: now.clone() }
            .send(builder, active.clone());
        self.gap.constrain(builder, now - self.time - AB::Expr::ONE, active);
    }
}

impl MemoryAccess<Goldilocks> {
    /// The access at `now` that found `access`.
    pub fn fill(access: Access, now: u32, counts: &mut Counts) -> Self {
        Self {
            before: Value::from_u64(access.value),
            time: Goldilocks::from_u32(access.time),
            gap: Limbs32::fill(now - access.time - 1, counts),
        }
    }
}

/// The address in a register, plus a small signed displacement, as one field element.
///
/// Assumes that `register` is canonical and `|displacement| < 2^16`. Guarantees where `active`
/// that the result is the true sum as an integer: the high limb is required to be below 2^16, so
/// a register of 2^48 or more, which is no address, can't alias a small one modulo the field's
/// order.
pub fn effective_address<AB: TableBuilder>(
    builder: &mut AB,
    register: Value<AB::Var>,
    displacement: impl Into<AB::Expr>,
    active: impl Into<AB::Expr>,
) -> AB::Expr {
    range16(builder, register.hi, active);
    join::<AB::Expr>(register.lo, register.hi) + displacement.into()
}

/// Counts what [`effective_address`] looks up.
pub fn fill_effective_address(register: u64, counts: &mut Counts) {
    counts.range16((register >> 32) as u16);
}
