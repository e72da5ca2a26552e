//! Register accesses.

use lvm_isa::event::Access;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::RegisterMsg;
use crate::columns::columns;
use crate::counts::Counts;
use crate::gadgets::limbs::range16;
use crate::gadgets::value::Value;

columns! {
    /// A register access: the state that it finds.
    ///
    /// Guarantees where active that `before` is the register's newest value before the access
    /// (and so canonical), provided that the access's own time is unique to it for this register.
    pub struct RegisterAccess {
        /// Value found; canonical.
        before: Value,
        /// Time of the access before; at most 2^16 ticks ago.
        time: cell,
    }
}

impl<V: Copy> RegisterAccess<V> {
    /// The access reads `register` at `now`.
    pub fn constrain_read<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        register: impl Into<AB::Expr>,
        now: impl Into<AB::Expr>,
        active: impl Into<AB::Expr>,
    ) {
        self.constrain_write(builder, register, self.before.into_exprs(), now, active);
    }

    /// The access writes `after` to `register` at `now`. Assumes that `after` is canonical.
    pub fn constrain_write<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        register: impl Into<AB::Expr>,
        after: Value<AB::Expr>,
        now: impl Into<AB::Expr>,
        active: impl Into<AB::Expr>,
    ) {
        let (register, now, active) = (register.into(), now.into(), active.into());
        RegisterMsg {
            register: register.clone(),
            lo: self.before.lo.into(),
            hi: self.before.hi.into(),
            time: self.time.into(),
        }
        .receive(builder, active.clone());
        RegisterMsg { register, lo: after.lo, hi: after.hi, time: now.clone() }
            .send(builder, active.clone());
        // now − time − 1 in 0..2^16: strictly later, and not by more than a refresh allows.
        range16(builder, now - self.time - AB::Expr::ONE, active);
    }
}

impl RegisterAccess<Goldilocks> {
    /// The access at `now` that found `access`.
    pub fn fill(access: Access, now: u32, counts: &mut Counts) -> Self {
        counts.range16((now - access.time - 1) as u16);
        Self { before: Value::from_u64(access.value), time: Goldilocks::from_u32(access.time) }
    }
}
