//! `touched`: the memory words that a segment accesses.
//!
//! Statement: each of these words is in the segment's first state as an earlier segment, or the
//! ledger, left it, and is left as the segment's last access leaves it.
//!
//! That a word has one row only in each segment follows from `cell`: its states form one chain
//! along which segments ascend, and each row of a segment is a place on it.

use lvm_isa::event::Touched;
use lvm_isa::segment::{SEGMENTS_MAX, Statement};
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{CellMsg, MemoryMsg};
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::limbs::range16;
use crate::gadgets::value::Value;

const _: () = assert!(SEGMENTS_MAX <= 1 << 16, "a segment's distance takes one lookup");

columns! {
    /// One memory word.
    pub struct TouchedRow {
        /// 1 in a row that is used; 0 or 1.
        is_real: cell,
        /// Address, 8-aligned.
        address: cell,
        /// 1 if stores may change the word, else 0.
        is_writable: cell,
        /// Value before the segment; canonical.
        first: Value,
        /// The segment that left it so, earlier than this one; 0 if none did.
        first_segment: cell,
        /// Value after the segment; canonical.
        last: Value,
        /// Time of the last access.
        last_time: cell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(statement: &Statement, builder: &mut AB) {
    let row = TouchedRow::<AB::Var>::of(builder.main().current_slice());
    let segment = AB::Expr::from_u32(statement.segment);
    builder.constrain_bool("is_real is boolean", row.is_real);
    let memory = |value: Value<AB::Var>, time: AB::Expr| MemoryMsg {
        address: row.address.into(),
        is_writable: row.is_writable.into(),
        lo: value.lo.into(),
        hi: value.hi.into(),
        time,
    };
    memory(row.first, AB::Expr::ZERO).send(builder, row.is_real);
    memory(row.last, row.last_time.into()).receive(builder, row.is_real);
    let cell = |value: Value<AB::Var>, segment: AB::Expr| CellMsg {
        address: row.address.into(),
        is_writable: row.is_writable.into(),
        lo: value.lo.into(),
        hi: value.hi.into(),
        segment,
    };
    cell(row.first, row.first_segment.into()).receive(builder, row.is_real);
    cell(row.last, segment.clone()).send(builder, row.is_real);
    range16(builder, segment - row.first_segment - AB::Expr::ONE, row.is_real);
}

/// The row of one word in segment `segment`.
pub fn fill(segment: u32, event: &Touched, counts: &mut Counts) -> TouchedRow<Goldilocks> {
    counts.range16((segment - event.first.segment - 1) as u16);
    TouchedRow {
        is_real: Goldilocks::ONE,
        address: Goldilocks::from_u64(event.address),
        is_writable: Goldilocks::from_bool(event.is_writable),
        first: Value::from_u64(event.first.value),
        first_segment: Goldilocks::from_u32(event.first.segment),
        last: Value::from_u64(event.last.value),
        last_time: Goldilocks::from_u32(event.last.time),
    }
}

#[cfg(test)]
mod tests {
    use lvm_isa::event::Access;
    use lvm_isa::segment::Carried;

    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    const SEGMENT: u32 = 7;

    fn statement() -> Statement {
        Statement { segment: SEGMENT, ..Statement::default() }
    }

    fn row(first: Carried) -> (TouchedRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let last = Access { value: 9, time: 50 };
        let event = Touched { address: 0x2000, is_writable: true, first, last };
        (fill(SEGMENT, &event, &mut counts), counts)
    }

    #[test]
    fn honest_rows_take_what_an_earlier_segment_left() {
        for segment in [0, 1, SEGMENT - 1] {
            let (row, counts) = row(Carried { value: 3 << 32, segment });
            let eval = |builder: &mut _| eval(&statement(), builder);
            expect_honest("touched", &row, &counts, eval);
            assert_eq!(memory_sends(&row, eval), [(0x2000, 3 << 32, 0)]);
            let segment = u64::from(segment);
            assert_eq!(message(&row, Bus::Cell, Side::Receive, eval), [0x2000, 1, 0, 3, segment]);
            assert_eq!(message(&row, Bus::Cell, Side::Send, eval), [0x2000, 1, 9, 0, 7]);
        }
    }

    #[test]
    fn states_of_this_or_later_segments_are_refused() {
        let (honest, _) = row(Carried { value: 3, segment: 2 });
        let eval = |builder: &mut _| eval(&statement(), builder);
        for segment in [SEGMENT, SEGMENT + 1, 1 << 30] {
            let mut row = honest;
            row.first_segment = Goldilocks::from_u32(segment);
            expect_violation(&row, "range16", eval);
        }
        let mut row = honest;
        row.is_real = Goldilocks::TWO;
        expect_violation(&row, "is_real is boolean", eval);
        expect_padding::<TouchedRow<Goldilocks>>(eval);
    }
}
