//! Accesses to memory words, and effective addresses.

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
    /// A write of an 8-aligned memory word: the state that it finds.
    ///
    /// Guarantees where active that the address is a word of memory that stores may change, and
    /// that `before` is its newest value before the access, provided that the access's own time
    /// is unique to it for this word.
    pub struct MemoryWrite {
        /// Value found; canonical.
        before: Value,
        /// Time of the access before.
        time: cell,
        /// Limbs of `now − time − 1`, below 2^32.
        gap: Limbs32,
    }
}

columns! {
    /// A read of an 8-aligned memory word, or an access that may be either: the state that it
    /// finds. Guarantees what [`MemoryWrite`] does, except that a read word need not be writable.
    pub struct MemoryAccess {
        /// The state found.
        found: MemoryWrite,
        /// 1 if stores may change the word, else 0; as the word's cell has it.
        is_writable: cell,
    }
}

impl<V: Copy> MemoryWrite<V> {
    /// The access writes `after` to the word at `address` at `now`. Assumes that `after` is
    /// canonical.
    pub fn constrain<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        address: impl Into<AB::Expr>,
        after: Value<AB::Expr>,
        now: impl Into<AB::Expr>,
        active: impl Into<AB::Expr>,
    ) {
        self.exchange(builder, address.into(), after, AB::Expr::ONE, now.into(), active.into());
    }

    /// Receives the state found and sends the state left.
    fn exchange<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        address: AB::Expr,
        after: Value<AB::Expr>,
        is_writable: AB::Expr,
        now: AB::Expr,
        active: AB::Expr,
    ) {
        MemoryMsg {
            address: address.clone(),
            is_writable: is_writable.clone(),
            lo: self.before.lo.into(),
            hi: self.before.hi.into(),
            time: self.time.into(),
        }
        .receive(builder, active.clone());
        MemoryMsg { address, is_writable, lo: after.lo, hi: after.hi, time: now.clone() }
            .send(builder, active.clone());
        self.gap.constrain(builder, now - self.time - AB::Expr::ONE, active);
    }
}

impl<V: Copy> MemoryAccess<V> {
    /// Value found; canonical.
    pub fn before(&self) -> Value<V> {
        self.found.before
    }

    /// The access reads the word at `address` at `now`.
    pub fn constrain_read<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        address: impl Into<AB::Expr>,
        now: impl Into<AB::Expr>,
        active: impl Into<AB::Expr>,
    ) {
        let same = self.found.before.into_exprs();
        let is_writable = self.is_writable.into();
        self.found.exchange(builder, address.into(), same, is_writable, now.into(), active.into());
    }

    /// The access leaves the word at `address` as `after` at `now`; it is a write where
    /// `is_write` is 1, and elsewhere `after` must be what it found. Assumes that `after` is
    /// canonical and that `is_write` is 0 or 1.
    pub fn constrain_either<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        address: impl Into<AB::Expr>,
        after: Value<AB::Expr>,
        is_write: impl Into<AB::Expr>,
        now: impl Into<AB::Expr>,
        active: impl Into<AB::Expr>,
    ) {
        let is_writable: AB::Expr = self.is_writable.into();
        builder.constrain(
            "a written word is writable",
            (AB::Expr::ONE - is_writable.clone()) * is_write.into(),
        );
        self.found.exchange(builder, address.into(), after, is_writable, now.into(), active.into());
    }
}

impl MemoryWrite<Goldilocks> {
    /// The access at `now` that found `access`.
    pub fn fill(access: Access, now: u32, counts: &mut Counts) -> Self {
        Self {
            before: Value::from_u64(access.value),
            time: Goldilocks::from_u32(access.time),
            gap: Limbs32::fill(now - access.time - 1, counts),
        }
    }
}

impl MemoryAccess<Goldilocks> {
    /// The access at `now` that found `access` in a word that stores may change, or not.
    pub fn fill(access: Access, is_writable: bool, now: u32, counts: &mut Counts) -> Self {
        Self {
            found: MemoryWrite::fill(access, now, counts),
            is_writable: Goldilocks::from_bool(is_writable),
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
