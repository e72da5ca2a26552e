//! `point_memory`: the calls `curve` with their memory accesses, one row each.
//!
//! Statement: the point at a0 is replaced by its sum with the point at a1, or by its double, as
//! `point` says.
//!
//! q is read one tick after the call's time and p is replaced three ticks after it: they may
//! overlap.

#[cfg(feature = "fill")]
use lvm_isa::arithmetic::{self, parts};
#[cfg(feature = "fill")]
use lvm_isa::event::PointCall;
use lvm_syscalls::curve::{Curve, Operation, number};
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
#[cfg(feature = "fill")]
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{CallMsg, PointHalves, PointMsg};
use crate::columns::{Columns, columns};
#[cfg(feature = "fill")]
use crate::counts::Counts;
use crate::gadgets::memory::{MemoryAccess, MemoryWrite};
use crate::gadgets::value::Value;
#[cfg(feature = "fill")]
use crate::gadgets::wide::{fill_reads, fill_writes};

columns! {
    /// One call.
    pub struct PointMemoryRow {
        /// Time at which the ECALL starts.
        time: cell,
        /// 1 on the curve with this position in `Curve::ALL`; 0 or 1.
        curves: [cell; 3],
        /// 1 if p is doubled; 0 or 1.
        is_double: cell,
        /// Address of p.
        p_pointer: cell,
        /// Address of q, or what a1 is to double.
        q_pointer: cell,
        /// What a2 is, which the call doesn't take.
        a2: cell,
        /// Writes of p.
        p: [MemoryWrite; 8],
        /// Reads of q; zeros to double.
        q: [MemoryAccess; 8],
        /// The words that p becomes; canonical, as `point` guarantees.
        sum: [Value; 8],
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = PointMemoryRow::<AB::Var>::of(builder.main().current_slice());
    for curve in row.curves {
        builder.constrain_bool("curves are boolean", curve);
    }
    let active: AB::Expr = row.curves.iter().map(|flag| Into::<AB::Expr>::into(*flag)).sum();
    builder.constrain_bool("at most one curve", active.clone());
    builder.constrain_bool("is_double is boolean", row.is_double);
    let is_add = active.clone() - row.is_double;
    builder.constrain_bool("only a used row doubles", is_add.clone());

    let call = row.curves.into_iter().zip(Curve::ALL).fold(
        row.is_double
            * AB::Expr::from_u64(
                number(Curve::ALL[0], Operation::Double) - number(Curve::ALL[0], Operation::Add),
            ),
        |sum, (flag, curve)| sum + flag * AB::Expr::from_u64(number(curve, Operation::Add)),
    );
    CallMsg {
        time: row.time.into(),
        number: call,
        takes_a1: is_add.clone(),
        takes_a2: AB::Expr::ZERO,
        a0: row.p_pointer.into(),
        a1: row.q_pointer.into(),
        a2: row.a2.into(),
    }
    .receive(builder, active.clone());

    let at = |pointer: AB::Var, word: usize| pointer + AB::Expr::from_usize(8 * word);
    for word in 0..8 {
        let (p, q, sum) = (row.p[word], row.q[word], row.sum[word]);
        let now = row.time + AB::Expr::ONE;
        q.constrain_read(builder, at(row.q_pointer, word), now, is_add.clone());
        let now = row.time + AB::Expr::from_u8(3);
        p.constrain(builder, at(row.p_pointer, word), sum.into_exprs(), now, active.clone());
        for half in [q.before().lo, q.before().hi] {
            builder.constrain("there is no q to double", row.is_double * half);
        }
    }
    let halves = |words: [Value<AB::Var>; 8]| -> PointHalves<AB::Expr> {
        core::array::from_fn(|at| {
            let Value { lo, hi } = words[at / 2];
            if at % 2 == 0 { lo.into() } else { hi.into() }
        })
    };
    PointMsg {
        curve: row.curves[1] + row.curves[2] * AB::Expr::TWO,
        is_double: row.is_double.into(),
        p: halves(row.p.map(|access| access.before)),
        q: halves(row.q.map(|access| access.before())),
        sum: halves(row.sum),
    }
    .send(builder, active);
}

/// The row of a call; `is_writable` tells whether stores may change the word at an address.
#[cfg(feature = "fill")]
pub fn fill(
    event: &PointCall,
    is_writable: impl Fn(u64) -> bool,
    counts: &mut Counts,
) -> PointMemoryRow<Goldilocks> {
    let PointCall { time, curve, operation, pointers: [p_pointer, q_pointer, a2], .. } = *event;
    let is_add = operation == Operation::Add;
    let [p, q] = [&event.p, &event.q].map(|point| parts(&point.map(|access| access.value)));
    // An event without a sum, which no run leaves, has a row that finds no partner.
    let sum = arithmetic::curve(curve, operation, &p, &q).map_or([[0; 4]; 2], |it| it.sum);
    PointMemoryRow {
        time: Goldilocks::from_u32(time),
        curves: Curve::ALL.map(|it| Goldilocks::from_bool(it == curve)),
        is_double: Goldilocks::from_bool(!is_add),
        p_pointer: Goldilocks::from_u64(p_pointer),
        q_pointer: Goldilocks::from_u64(q_pointer),
        a2: Goldilocks::from_u64(a2),
        p: fill_writes(&event.p, time + 3, counts),
        q: if is_add {
            fill_reads(&event.q, q_pointer, is_writable, time + 1, counts)
        } else {
            Default::default()
        },
        sum: core::array::from_fn(|at| Value::from_u64(sum[at / 4][at % 4])),
    }
}

#[cfg(test)]
mod tests {
    use lvm_isa::event::Access;

    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    type Row = PointMemoryRow<Goldilocks>;

    const A2: u64 = u64::MAX;

    fn filled(curve: Curve, operation: Operation) -> (Row, Counts) {
        let found = |seed: u64, time| {
            core::array::from_fn(|at| Access { value: (seed << 33 | 5) + at as u64, time })
        };
        let is_add = operation == Operation::Add;
        let event = PointCall {
            time: 400,
            curve,
            operation,
            pointers: [0x3000, 0x4000, A2],
            q: if is_add { found(2, 7) } else { Default::default() },
            p: found(1, 9),
        };
        let mut counts = Counts::new(1);
        let row = fill(&event, |address| address < 0x4010, &mut counts);
        (row, counts)
    }

    #[test]
    fn a_call_replaces_its_first_point() {
        for (curve, operation) in
            Curve::ALL.into_iter().flat_map(|c| Operation::ALL.map(|o| (c, o)))
        {
            let (row, counts) = filled(curve, operation);
            expect_honest("point_memory", &row, &counts, eval);
            let is_add = operation == Operation::Add;
            let call = message(&row, Bus::Call, Side::Receive, eval);
            let a2 = (A2 as u128 % 0xFFFF_FFFF_0000_0001) as u64;
            let takes = u64::from(is_add);
            assert_eq!(call, [400, number(curve, operation), takes, 0, 0x3000, 0x4000, a2]);
            let point = message(&row, Bus::Point, Side::Send, eval);
            assert_eq!(point[..2], [curve as u64, u64::from(!is_add)]);
            let sent = memory_sends(&row, eval);
            assert_eq!(sent.len(), if is_add { 16 } else { 8 });
            for word in 0..8 {
                let [lo, hi] = [point[34 + 2 * word], point[35 + 2 * word]];
                assert!(sent.contains(&(0x3000 + 8 * word as u64, lo + (hi << 32), 403)));
            }
            if !is_add {
                assert_eq!(point[18..34], [0; 16]);
            }
        }
        expect_padding::<Row>(eval);
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        for operation in Operation::ALL {
            let honest = filled(Curve::Secp256r1, operation).0;
            let corrupt = |label: &str, change: fn(&mut Row)| {
                let mut row = honest;
                change(&mut row);
                expect_violation(&row, label, eval);
            };
            corrupt("curves are boolean", |r| r.curves[1] = Goldilocks::TWO);
            corrupt("at most one curve", |r| r.curves[0] = Goldilocks::ONE);
            corrupt("is_double is boolean", |r| r.is_double = Goldilocks::TWO);
            corrupt("range16", |r| r.p[3].time = r.time + Goldilocks::from_u8(3));
        }
        let honest = filled(Curve::Bn254, Operation::Add).0;
        let mut row = honest;
        row.q[2].found.time = row.time + Goldilocks::ONE;
        expect_violation(&row, "range16", eval);
        row.is_double = Goldilocks::ONE;
        expect_violation(&row, "there is no q to double", eval);
        let unused = Row { is_double: Goldilocks::ONE, ..Row::default() };
        expect_violation(&unused, "only a used row doubles", eval);
    }
}
