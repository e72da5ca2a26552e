//! `refresh`: re-reads of registers that have not been accessed for long.
//!
//! Statement: the register's state is received and sent again with a later time.
//!
//! A register access proves with one lookup only that the access before it is at most 2^16 ticks
//! older; the prover puts a refresh before the few that are further apart. A refresh is a read at
//! a time of the prover's choice, which changes nothing that a program could see. Its time needs
//! no bound of its own: each refresh adds at most 2^32 ticks, so times along a chain never wrap
//! (see [`crate::table::LOG_HEIGHT_MAX`]), and a chain's next access must be later still.

use lvm_isa::event::Refresh;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::RegisterMsg;
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::limbs::Limbs32;
use crate::gadgets::value::Value;

columns! {
    /// One re-read.
    pub struct RefreshRow {
        /// 1 in a row that is used; 0 or 1.
        is_real: cell,
        /// The register.
        register: cell,
        /// Its value; canonical.
        value: Value,
        /// Time of the access before.
        time_before: cell,
        /// Time of the re-read.
        time: cell,
        /// Limbs of `time − time_before − 1`, below 2^32.
        gap: Limbs32,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = RefreshRow::<AB::Var>::of(builder.main().current_slice());
    builder.constrain_bool("is_real is boolean", row.is_real);
    let state = |time: AB::Var| RegisterMsg {
        register: row.register.into(),
        lo: row.value.lo.into(),
        hi: row.value.hi.into(),
        time: time.into(),
    };
    state(row.time_before).receive(builder, row.is_real);
    state(row.time).send(builder, row.is_real);
    row.gap.constrain(builder, row.time - row.time_before - AB::Expr::ONE, row.is_real);
}

/// The row of one re-read.
pub fn fill(event: &Refresh, counts: &mut Counts) -> RefreshRow<Goldilocks> {
    RefreshRow {
        is_real: Goldilocks::ONE,
        register: Goldilocks::from_u8(event.register),
        value: Value::from_u64(event.before.value),
        time_before: Goldilocks::from_u32(event.before.time),
        time: Goldilocks::from_u32(event.time),
        gap: Limbs32::fill(event.time - event.before.time - 1, counts),
    }
}

#[cfg(test)]
mod tests {
    use lvm_isa::event::Access;

    use super::*;
    use crate::tables::testing::*;

    #[test]
    fn a_refresh_moves_time_forward_only() {
        let mut counts = Counts::new(1);
        let before = Access { value: 77, time: 1000 };
        let honest = fill(&Refresh { register: 9, before, time: 3_000_000_000 }, &mut counts);
        expect_honest("refresh", &honest, &counts, eval);
        assert_eq!(register_sends(&honest, eval), [(9, 77, 3_000_000_000)]);
        for time in [0, 999, 1000] {
            let mut row = honest;
            row.time = Goldilocks::from_u32(time);
            expect_violation(&row, "range16", eval);
        }
        let mut row = honest;
        row.is_real = Goldilocks::TWO;
        expect_violation(&row, "is_real is boolean", eval);
        expect_padding::<RefreshRow<Goldilocks>>(eval);
    }
}
