//! `modular_256` and `modular_384`: the calls `modular`, one row each.
//!
//! Statement: the words at the destination are replaced by the result of the row's operation on the
//! words at the other pointers.
//!
//! With factors x and y, a number z that is added, the modulus m and a remainder r, the row proves
//! `x·y + z = q·m + r` over the integers, and that the result is less than m, which so isn't 0:
//!
//! | operation | x | y | z | r |
//! | --- | --- | --- | --- | --- |
//! | multiply | a | b | 0 | result |
//! | multiply_add | a | b | destination before | result |
//! | multiply_subtract | a | −b | destination before | result |
//! | invert | a | result | 0 | 1 |
//!
//! No two numbers less than m are the inverse of a, so that each operation has one result. The
//! quotient has the range of the contract: a row exists just where the emulator has a result.
//!
//! a is read at the call's time, b one tick later, m two, and the destination is written three
//! ticks later: all of them may overlap.

use alloc::vec::Vec;

#[cfg(feature = "fill")]
use lvm_isa::event::Modular;
use lvm_syscalls::modular::{Operation, number};
use p3_air::WindowAccess;
use p3_field::{Algebra, PrimeCharacteristicRing};
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::CallMsg;
use crate::columns::{Columns, columns};
#[cfg(feature = "fill")]
use crate::counts::Counts;
use crate::gadgets::less_than::Gap;
use crate::gadgets::limbs::Limbs64;
#[cfg(feature = "fill")]
use crate::gadgets::memory::fill_effective_address;
use crate::gadgets::memory::{MemoryAccess, MemoryWrite, effective_address};
use crate::gadgets::register::RegisterAccess;
use crate::gadgets::value::Value;
use crate::gadgets::wide::{
    Equation, Word, constrain_less, halves_of_values, halves_of_words, limbs_of_values,
    limbs_of_words,
};
#[cfg(feature = "fill")]
use crate::gadgets::wide::{fill_less, fill_limbs, fill_reads, fill_words, fill_writes};

columns! {
    /// One call on numbers of `W` words; `H` is `2·W`, the number of halves, and `C` is `4·W − 1`,
    /// the number of carries.
    pub struct ModularRow<const W, const H, const C> {
        /// Time at which the ECALL starts.
        time: cell,
        /// 1 to multiply; 0 or 1.
        is_multiply: cell,
        /// 1 to multiply and add; 0 or 1.
        is_add: cell,
        /// 1 to multiply and subtract; 0 or 1.
        is_subtract: cell,
        /// 1 to invert; 0 or 1.
        is_invert: cell,
        /// Address of the destination.
        destination: cell,
        /// Address of the factor a.
        a_pointer: cell,
        /// Address of the modulus.
        modulus_pointer: cell,
        /// Read of a3, the address of the factor b.
        a3: RegisterAccess,
        /// Reads of the factor a.
        a: [MemoryAccess; W],
        /// Limbs of the factor a.
        a_limbs: [Limbs64; W],
        /// Reads of the factor b; not used to invert.
        b: [MemoryAccess; W],
        /// Limbs of the factor b.
        b_limbs: [Limbs64; W],
        /// Reads of the modulus.
        modulus: [MemoryAccess; W],
        /// Limbs of the modulus.
        modulus_limbs: [Limbs64; W],
        /// Writes of the destination.
        target: [MemoryWrite; W],
        /// The result.
        result: [Word; W],
        /// The quotient q without its highest limb.
        quotient: [Word; W],
        /// The highest limb of q: −1, 0 or 1.
        quotient_high: cell,
        /// Carries of the equation.
        carries: [Gap; C],
        /// 1 at the highest half in which the result and the modulus differ; 0 or 1.
        decides: [cell; H],
        /// The difference there, less 1.
        less: Gap,
    }
}

/// The row of a call on 256 bits.
pub type Modular256Row<T> = ModularRow<T, 4, 8, 15>;
/// The row of a call on 384 bits.
pub type Modular384Row<T> = ModularRow<T, 6, 12, 23>;

/// x13.
const A3: u8 = 13;

impl<V: Copy, const W: usize, const H: usize, const C: usize> ModularRow<V, W, H, C> {
    /// What is zero.
    fn equation<E: Algebra<Goldilocks>>(&self) -> Equation<E>
    where
        V: Into<E>,
    {
        let [is_multiply, is_add, is_subtract, is_invert] =
            [self.is_multiply, self.is_add, self.is_subtract, self.is_invert].map(Into::<E>::into);
        let values = |accesses: [MemoryAccess<V>; W]| accesses.into_iter().map(|it| it.before());
        let x: Vec<E> = limbs_of_values(values(self.a), &self.a_limbs);
        let b: Vec<E> = limbs_of_values(values(self.b), &self.b_limbs);
        let modulus: Vec<E> = limbs_of_values(values(self.modulus), &self.modulus_limbs);
        let result: Vec<E> = limbs_of_words(&self.result);
        let sign = is_multiply.clone() + is_add.clone() - is_subtract.clone();
        let factors = b.into_iter().zip(result);
        let y: Vec<E> =
            factors.map(|(b, result)| b * sign.clone() + result * is_invert.clone()).collect();
        let added = is_add.clone() + is_subtract.clone();
        let remainder: Vec<E> = halves_of_words(&self.result);

        let mut equation = Equation::new(4 * W);
        equation.add_product(&x, &y);
        equation.add(&halves_of_values(self.target.iter().map(|it| it.before)), added.clone());
        equation.subtract_multiple(
            &limbs_of_words(&self.quotient),
            self.quotient_high.into(),
            &modulus,
        );
        equation.add(&remainder, -(is_multiply + added));
        equation.subtract(&[is_invert]);
        equation
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder, const W: usize, const H: usize, const C: usize>(builder: &mut AB) {
    let row = ModularRow::<AB::Var, W, H, C>::of(builder.main().current_slice());
    let operations = [
        (row.is_multiply, Operation::Multiply),
        (row.is_add, Operation::MultiplyAdd),
        (row.is_subtract, Operation::MultiplySubtract),
        (row.is_invert, Operation::Invert),
    ];
    for (flag, _) in operations {
        builder.constrain_bool("operations are boolean", flag);
    }
    let active: AB::Expr = operations.iter().map(|(flag, _)| Into::<AB::Expr>::into(*flag)).sum();
    builder.constrain_bool("at most one operation", active.clone());
    let takes_b = active.clone() - row.is_invert;

    let call = operations.iter().fold(AB::Expr::ZERO, |sum, (flag, operation)| {
        sum + *flag * AB::Expr::from_u64(number(W, *operation))
    });
    CallMsg {
        time: row.time.into(),
        number: call,
        takes_a1: active.clone(),
        takes_a2: active.clone(),
        a0: row.destination.into(),
        a1: row.a_pointer.into(),
        a2: row.modulus_pointer.into(),
    }
    .receive(builder, active.clone());
    row.a3.constrain_read(builder, AB::Expr::from_u8(A3), row.time, takes_b.clone());
    let b_pointer = effective_address(builder, row.a3.before, AB::Expr::ZERO, takes_b.clone());

    let at = |pointer: AB::Expr, word: usize| pointer + AB::Expr::from_usize(8 * word);
    let now = |ticks: u8| Into::<AB::Expr>::into(row.time) + AB::Expr::from_u8(ticks);
    for word in 0..W {
        let (a, b, modulus) = (row.a[word], row.b[word], row.modulus[word]);
        a.constrain_read(builder, at(row.a_pointer.into(), word), now(0), active.clone());
        b.constrain_read(builder, at(b_pointer.clone(), word), now(1), takes_b.clone());
        let pointer = at(row.modulus_pointer.into(), word);
        modulus.constrain_read(builder, pointer, now(2), active.clone());
        row.a_limbs[word].constrain(builder, a.before(), active.clone());
        row.b_limbs[word].constrain(builder, b.before(), takes_b.clone());
        row.modulus_limbs[word].constrain(builder, modulus.before(), active.clone());
        row.result[word].constrain(builder, active.clone());
        row.quotient[word].constrain(builder, active.clone());
        let result: Value<AB::Expr> = row.result[word].value();
        let pointer = at(row.destination.into(), word);
        row.target[word].constrain(builder, pointer, result, now(3), active.clone());
    }

    let high: AB::Expr = row.quotient_high.into();
    builder.constrain(
        "the quotient's highest limb is −1, 0 or 1",
        high.clone() * (high.clone() - AB::Expr::ONE) * (high + AB::Expr::ONE),
    );
    row.equation().constrain(builder, "x·y + z = q·m + r", &row.carries, active.clone());
    constrain_less(
        builder,
        &halves_of_words(&row.result),
        &halves_of_values(row.modulus.iter().map(MemoryAccess::before)),
        &row.decides,
        &row.less,
        active,
    );
}

/// The row of a call; `is_writable` tells whether stores may change the word at an address.
#[cfg(feature = "fill")]
pub fn fill<const W: usize, const H: usize, const C: usize>(
    event: &Modular<W>,
    is_writable: impl Fn(u64) -> bool,
    counts: &mut Counts,
) -> ModularRow<Goldilocks, W, H, C> {
    use lvm_isa::arithmetic::{divide_sum, modular, one};

    let Modular { time, operation, .. } = *event;
    let values = |accesses: &[lvm_isa::event::Access; W]| accesses.map(|access| access.value);
    let [d, a, b, m] = [&event.target, &event.a, &event.b, &event.modulus].map(values);
    // An event without a result, which no run leaves, has a row that isn't accepted.
    let result = modular(operation, &d, &a, &b, &m).unwrap_or([0; W]);
    let one = one();
    let terms = match operation {
        Operation::Multiply => [(false, &a, &b), (true, &result, &one), (false, &[0; W], &one)],
        Operation::MultiplyAdd => [(false, &a, &b), (true, &result, &one), (false, &d, &one)],
        Operation::MultiplySubtract => [(true, &a, &b), (true, &result, &one), (false, &d, &one)],
        Operation::Invert => [(false, &a, &result), (true, &one, &one), (false, &[0; W], &one)],
    };
    let division = divide_sum(&terms, &m);
    let (quotient, high) = division.map_or(([0; W], 0), |it| (it.quotient, it.quotient_high));
    let (decides, less) = fill_less(&result, &m, counts);
    let flag = |which: Operation| Goldilocks::from_bool(operation == which);
    let reads = |accesses, pointer, tick, counts: &mut Counts| {
        fill_reads(accesses, pointer, &is_writable, time + tick, counts)
    };
    let [destination, a_pointer, modulus_pointer] = event.pointers;
    let mut row = ModularRow {
        time: Goldilocks::from_u32(time),
        is_multiply: flag(Operation::Multiply),
        is_add: flag(Operation::MultiplyAdd),
        is_subtract: flag(Operation::MultiplySubtract),
        is_invert: flag(Operation::Invert),
        destination: Goldilocks::from_u64(destination),
        a_pointer: Goldilocks::from_u64(a_pointer),
        modulus_pointer: Goldilocks::from_u64(modulus_pointer),
        a: reads(&event.a, a_pointer, 0, counts),
        a_limbs: fill_limbs(&event.a, counts),
        modulus: reads(&event.modulus, modulus_pointer, 2, counts),
        modulus_limbs: fill_limbs(&event.modulus, counts),
        target: fill_writes(&event.target, time + 3, counts),
        result: fill_words(&result, counts),
        quotient: fill_words(&quotient, counts),
        quotient_high: Goldilocks::from_i8(high),
        decides,
        less,
        ..ModularRow::default()
    };
    if operation != Operation::Invert {
        row.a3 = RegisterAccess::fill(event.a3, time, counts);
        fill_effective_address(event.a3.value, counts);
        row.b = reads(&event.b, event.a3.value, 1, counts);
        row.b_limbs = fill_limbs(&event.b, counts);
    }
    row.carries = row.equation().fill(counts);
    row
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use lvm_isa::arithmetic::modular;
    use lvm_isa::event::Access;

    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    type Row = Modular256Row<Goldilocks>;

    const A: [u64; 4] = [u64::MAX, 5, 0x8000_0000_0000_0000, 0x1234_5678_9abc_def0];
    const B: [u64; 4] = [7, u64::MAX, 0, 0xffff_ffff_0000_0001];
    const D: [u64; 4] = [9, 0, u64::MAX, 0x7fff_ffff_ffff_ffff];
    const M: [u64; 4] = [0xffff_fffe_ffff_fc2f, u64::MAX, u64::MAX, u64::MAX];

    fn check_row(builder: &mut crate::check::RowChecker) {
        eval::<_, 4, 8, 15>(builder);
    }

    fn event<const W: usize>(operation: Operation, [d, a, b, m]: [[u64; W]; 4]) -> Modular<W> {
        let found = |words: [u64; W], time| words.map(|value| Access { value, time });
        let inverts = operation == Operation::Invert;
        Modular {
            time: 400,
            operation,
            pointers: [0x3000, 0x4000, 0x5000],
            a3: if inverts { Access::default() } else { Access { value: 0x6000, time: 399 } },
            a: found(a, 1),
            b: if inverts { [Access::default(); W] } else { found(b, 2) },
            modulus: found(m, 3),
            target: found(d, 4),
        }
    }

    fn filled(event: &Modular<4>) -> (Row, Counts) {
        let mut counts = Counts::new(1);
        let row = fill(event, |address| address < 0x5000, &mut counts);
        (row, counts)
    }

    fn row(operation: Operation) -> Row {
        filled(&event(operation, [D, A, B, M])).0
    }

    #[test]
    fn honest_rows_agree_with_the_semantics() {
        let (zero, one, two) = ([0; 4], [1, 0, 0, 0], [2, 0, 0, 0]);
        let max = [u64::MAX; 4];
        let operands = [
            [D, A, B, M],
            [M, M, M, M],
            [zero, zero, zero, one],
            [max, max, zero, one],
            [max, two, max, max],
            [max, A, two, [5, 0, 0, 0]],
            [one, one, one, two],
            [B, two, D, [9, 0, 0, 1]],
        ];
        let mut rows = 0;
        for (operation, operands) in
            Operation::ALL.into_iter().flat_map(|it| operands.map(|operands| (it, operands)))
        {
            let [d, a, b, m] = &operands;
            let Some(result) = modular(operation, d, a, b, m) else { continue };
            rows += 1;
            let context = std::format!("{operation:?} {operands:x?}");
            let (row, counts) = filled(&event(operation, operands));
            expect_honest(&context, &row, &counts, check_row);
            let inverts = operation == Operation::Invert;
            let expected: Vec<_> = (0..4)
                .flat_map(|at| {
                    let offset = 8 * at as u64;
                    let b = (!inverts).then_some((0x6000 + offset, b[at], 401));
                    [Some((0x4000 + offset, a[at], 400)), b]
                        .into_iter()
                        .flatten()
                        .chain([(0x5000 + offset, m[at], 402), (0x3000 + offset, result[at], 403)])
                })
                .collect();
            let mut sent = memory_sends(&row, check_row);
            let mut expected = expected;
            sent.sort_unstable();
            expected.sort_unstable();
            assert_eq!(sent, expected, "{context}");
            let call = message(&row, Bus::Call, Side::Receive, check_row);
            assert_eq!(call, [400, number(4, operation), 1, 1, 0x3000, 0x4000, 0x5000]);
            assert_eq!(register_sends(&row, check_row).len(), usize::from(!inverts));
        }
        assert!(rows > 24, "{rows}");
    }

    #[test]
    fn honest_rows_of_384_bits() {
        for operation in Operation::ALL {
            let number =
                |seed: u64| core::array::from_fn(|at| seed.wrapping_mul(0x9e37 + at as u64));
            let mut modulus: [u64; 6] = number(0xdead_beef_1234_5679);
            modulus[0] |= 1;
            let [d, a, b] = [3, 0xffff_ffff_ffff, 0x1_0000_0001].map(number);
            let mut counts = Counts::new(1);
            let event = event(operation, [d, a, b, modulus]);
            let row: Modular384Row<Goldilocks> = fill(&event, |_| true, &mut counts);
            expect_honest("384", &row, &counts, eval::<_, 6, 12, 23>);
            let sent = memory_sends(&row, eval::<_, 6, 12, 23>);
            let result = modular(operation, &d, &a, &b, &modulus).expect("a result");
            for (at, word) in result.into_iter().enumerate() {
                assert!(sent.contains(&(0x3000 + 8 * at as u64, word, 403)));
            }
        }
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        let corrupt = |operation, label: &str, change: fn(&mut Row)| {
            let mut row = row(operation);
            change(&mut row);
            expect_violation(&row, label, check_row);
        };
        const EQUATION: &str = "x·y + z = q·m + r";
        for operation in Operation::ALL {
            corrupt(operation, EQUATION, |r| r.a_limbs[1].lo.low += Goldilocks::ONE);
            corrupt(operation, EQUATION, |r| r.modulus_limbs[3].hi.low += Goldilocks::ONE);
            corrupt(operation, EQUATION, |r| r.result[2].limbs[1] += Goldilocks::ONE);
            corrupt(operation, EQUATION, |r| r.quotient[0].limbs[3] += Goldilocks::ONE);
            corrupt(operation, EQUATION, |r| r.quotient_high += Goldilocks::ONE);
            corrupt(operation, EQUATION, |r| r.carries[7].limbs[0] += Goldilocks::ONE);
            corrupt(operation, "range16", |r| {
                r.result[0].limbs[0] += Goldilocks::from_u32(1 << 16);
                r.result[0].limbs[1] -= Goldilocks::ONE;
            });
            corrupt(operation, "range16", |r| r.quotient[3].limbs[3] = -Goldilocks::ONE);
            corrupt(operation, "range16", |r| r.carries[3].limbs[1] = -Goldilocks::ONE);
            corrupt(operation, "range16", |r| r.a_limbs[0].lo.low += Goldilocks::from_u32(1 << 16));
            corrupt(operation, "range16", |r| r.target[2].time = r.time + Goldilocks::from_u8(3));
            corrupt(operation, "range16", |r| r.a[1].found.time = r.time);
            corrupt(operation, "range16", |r| {
                r.modulus[1].found.time = r.time + Goldilocks::TWO;
            });
            corrupt(operation, "the quotient's highest limb is −1, 0 or 1", |r| {
                r.quotient_high = Goldilocks::TWO;
            });
            corrupt(operation, "what decides is boolean", |r| r.decides[0] = Goldilocks::TWO);
            corrupt(operation, "one half decides", |r| r.decides[0] += Goldilocks::ONE);
            corrupt(operation, "the number is less than the bound", |r| {
                r.less.limbs[0] += Goldilocks::ONE;
            });
            corrupt(operation, "operations are boolean", |r| r.is_add = Goldilocks::TWO);
            corrupt(operation, "at most one operation", |r| {
                r.is_multiply = Goldilocks::ONE;
                r.is_invert = Goldilocks::ONE;
            });
        }
        corrupt(Operation::MultiplyAdd, EQUATION, |r| r.target[0].before.lo += Goldilocks::ONE);
        corrupt(Operation::MultiplyAdd, EQUATION, |r| r.b_limbs[0].lo.low += Goldilocks::ONE);
        corrupt(Operation::Multiply, "range16", |r| r.b[1].found.time = r.time + Goldilocks::ONE);
        corrupt(Operation::Multiply, "range16", |r| r.a3.time = r.time);
        corrupt(Operation::Multiply, "range16", |r| r.a3.before.hi = Goldilocks::from_u32(1 << 16));
        expect_padding::<Row>(check_row);
    }

    /// A row that claims another operation has other values in its equation.
    #[test]
    fn one_operation_is_no_other() {
        for honest in Operation::ALL {
            for other in Operation::ALL.into_iter().filter(|other| *other != honest) {
                let mut row = row(honest);
                row.is_multiply = Goldilocks::from_bool(other == Operation::Multiply);
                row.is_add = Goldilocks::from_bool(other == Operation::MultiplyAdd);
                row.is_subtract = Goldilocks::from_bool(other == Operation::MultiplySubtract);
                row.is_invert = Goldilocks::from_bool(other == Operation::Invert);
                expect_violation(&row, "x·y + z = q·m + r", check_row);
            }
        }
    }

    /// The remainder and the quotient that a prover would like instead: one modulus more, one less.
    #[test]
    fn results_are_less_than_the_modulus() {
        let small = [10, 0, 0, 0];
        let honest = event(Operation::Multiply, [D, [7, 0, 0, 0], [3, 0, 0, 0], small]);
        let (row, counts) = filled(&honest);
        expect_honest("21 modulo 10", &row, &counts, check_row);
        let mut lie = row;
        lie.result[0] = Word::fill(11, &mut Counts::new(1));
        lie.quotient[0] = Word::fill(1, &mut Counts::new(1));
        lie.carries = lie.equation().fill(&mut Counts::new(1));
        let found = violations(&lie, check_row);
        assert_eq!(found, ["the number is less than the bound"]);
        // Nor does another half help, or a gap that wraps around.
        for at in 0..8 {
            lie.decides = core::array::from_fn(|half| Goldilocks::from_bool(half == at));
            assert!(!violations(&lie, check_row).is_empty());
        }
    }

    /// A modulus of 0 has no row: no number is less.
    #[test]
    fn a_modulus_of_zero_has_no_row() {
        let row = filled(&event(Operation::Multiply, [D, [0; 4], B, [0; 4]])).0;
        assert_eq!(violations(&row, check_row), ["the number is less than the bound"]);
    }

    /// Where the quotient isn't in its range, no quotient in the range does.
    #[test]
    fn a_quotient_out_of_range_has_no_row() {
        let operands = [D, [u64::MAX; 4], [u64::MAX; 4], [3, 0, 0, 0]];
        assert_eq!(
            modular(Operation::Multiply, &D, &operands[1], &operands[2], &operands[3]),
            None
        );
        let row = filled(&event(Operation::Multiply, operands)).0;
        expect_violation(&row, "x·y + z = q·m + r", check_row);
    }

    /// Of a number without an inverse there is a multiple that is another number modulo m, not 1.
    #[test]
    fn numbers_without_inverse_have_no_row() {
        let six = [6, 0, 0, 0];
        for result in 0..6 {
            let mut row = filled(&event(Operation::Invert, [D, [4, 0, 0, 0], B, six])).0;
            row.result[0] = Word::fill(result, &mut Counts::new(1));
            let (decides, less) = fill_less(&[result, 0, 0, 0], &six, &mut Counts::new(1));
            (row.decides, row.less) = (decides, less);
            row.carries = row.equation().fill(&mut Counts::new(1));
            expect_violation(&row, "x·y + z = q·m + r", check_row);
        }
    }
}
