//! `quadratic_256` and `quadratic_384`: the calls `quadratic`, one row each.
//!
//! Statement: the words at the destination are replaced by the result of the row's operation on the
//! elements at the other pointers, in the quadratic extension of BN254's field or of BLS12-381's.
//!
//! An element is `x + y·u` with `u² = −1`. With the factors a and b, the sign s of their product,
//! an element z that is added, and the field's modulus m, the row proves over the integers
//!
//! ```text
//! z.x + s·(a.x·b.x − a.y·b.y) = q·m + result.x
//! z.y + s·(a.x·b.y + a.y·b.x) = q'·m + result.y
//! ```
//!
//! and that both parts of the result are less than m. Multiplying, s is 1 and z is 0; else z is the
//! destination before the call, and s is −1 to subtract. The quotients have the range of the
//! contract: a row exists just where the emulator has a result.
//!
//! a is read at the call's time, b one tick later, and the destination is written three ticks
//! later: all of them may overlap.

use alloc::vec::Vec;

#[cfg(feature = "fill")]
use lvm_isa::event::Quadratic;
use lvm_syscalls::quadratic::{MODULUS_BLS12_381, MODULUS_BN254, Operation, WORDS_BN254, number};
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
use crate::gadgets::memory::{MemoryAccess, MemoryWrite};
use crate::gadgets::value::Value;
use crate::gadgets::wide::{
    Equation, Word, constrain_less, halves_of_constant, halves_of_values, halves_of_words,
    limbs_of_constant, limbs_of_values, limbs_of_words,
};
#[cfg(feature = "fill")]
use crate::gadgets::wide::{fill_less, fill_limbs, fill_reads, fill_words, fill_writes};

columns! {
    /// One call on elements of `E` words, whose parts have as many halves and `C + 1` limbs.
    pub struct QuadraticRow<const E, const C> {
        /// Time at which the ECALL starts.
        time: cell,
        /// 1 to multiply; 0 or 1.
        is_multiply: cell,
        /// 1 to multiply and add; 0 or 1.
        is_add: cell,
        /// 1 to multiply and subtract; 0 or 1.
        is_subtract: cell,
        /// Address of the destination.
        destination: cell,
        /// Address of the factor a.
        a_pointer: cell,
        /// Address of the factor b.
        b_pointer: cell,
        /// Reads of the factor a.
        a: [MemoryAccess; E],
        /// Limbs of the factor a.
        a_limbs: [Limbs64; E],
        /// Reads of the factor b.
        b: [MemoryAccess; E],
        /// Limbs of the factor b.
        b_limbs: [Limbs64; E],
        /// Writes of the destination.
        target: [MemoryWrite; E],
        /// The result.
        result: [Word; E],
        /// The quotients without their highest limbs, one after the other.
        quotients: [Word; E],
        /// The highest limbs of the quotients: −1, 0 or 1.
        quotient_highs: [cell; 2],
        /// Carries of the equation of x.
        x_carries: [Gap; C],
        /// Carries of the equation of y.
        y_carries: [Gap; C],
        /// 1 at the highest half in which x and the modulus differ; 0 or 1.
        x_decides: [cell; E],
        /// 1 at the highest half in which y and the modulus differ; 0 or 1.
        y_decides: [cell; E],
        /// The differences there, less 1.
        less: [Gap; 2],
    }
}

/// The row of a call over BN254's field.
pub type Quadratic256Row<T> = QuadraticRow<T, 8, 15>;
/// The row of a call over BLS12-381's field.
pub type Quadratic384Row<T> = QuadraticRow<T, 12, 23>;

/// The modulus of the field with elements of `words` words in its extension.
const fn modulus(words: usize) -> &'static [u64] {
    if words == WORDS_BN254 { &MODULUS_BN254 } else { &MODULUS_BLS12_381 }
}

impl<V: Copy, const E: usize, const C: usize> QuadraticRow<V, E, C> {
    /// What is zero, for x and for y.
    fn equations<A: Algebra<Goldilocks>>(&self) -> [Equation<A>; 2]
    where
        V: Into<A>,
    {
        let [is_multiply, is_add, is_subtract] =
            [self.is_multiply, self.is_add, self.is_subtract].map(Into::<A>::into);
        let values = |accesses: [MemoryAccess<V>; E]| accesses.into_iter().map(|it| it.before());
        let a: Vec<A> = limbs_of_values(values(self.a), &self.a_limbs);
        let b: Vec<A> = limbs_of_values(values(self.b), &self.b_limbs);
        let sign = is_multiply + is_add.clone() - is_subtract.clone();
        let b: Vec<A> = b.into_iter().map(|limb| limb * sign.clone()).collect();
        let before: Vec<A> = halves_of_values(self.target.iter().map(|it| it.before));
        let result: Vec<A> = halves_of_words(&self.result);
        let quotients: Vec<A> = limbs_of_words(&self.quotients);
        let modulus: Vec<A> = limbs_of_constant(modulus(E)).into_iter().map(A::from).collect();
        let is_added = is_add + is_subtract;

        let limbs = C + 1;
        let ((a_x, a_y), (b_x, b_y)) = (a.split_at(limbs), b.split_at(limbs));
        let parts = |part: usize| {
            let halves = part * E..(part + 1) * E;
            let mut equation = Equation::new(limbs);
            equation.add(&before[halves.clone()], is_added.clone());
            equation.subtract(&result[halves]);
            equation.subtract_multiple(
                &quotients[part * limbs..(part + 1) * limbs],
                self.quotient_highs[part].into(),
                &modulus,
            );
            equation
        };
        let [mut x, mut y] = [parts(0), parts(1)];
        x.add_product(a_x, b_x);
        x.subtract_product(a_y, b_y);
        y.add_product(a_x, b_y);
        y.add_product(a_y, b_x);
        [x, y]
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder, const E: usize, const C: usize>(builder: &mut AB) {
    let row = QuadraticRow::<AB::Var, E, C>::of(builder.main().current_slice());
    let operations = [
        (row.is_multiply, Operation::Multiply),
        (row.is_add, Operation::MultiplyAdd),
        (row.is_subtract, Operation::MultiplySubtract),
    ];
    for (flag, _) in operations {
        builder.constrain_bool("operations are boolean", flag);
    }
    let active: AB::Expr = operations.iter().map(|(flag, _)| Into::<AB::Expr>::into(*flag)).sum();
    builder.constrain_bool("at most one operation", active.clone());

    let call = operations.iter().fold(AB::Expr::ZERO, |sum, (flag, operation)| {
        sum + *flag * AB::Expr::from_u64(number(E, *operation))
    });
    CallMsg {
        time: row.time.into(),
        number: call,
        takes_a1: active.clone(),
        takes_a2: active.clone(),
        a0: row.destination.into(),
        a1: row.a_pointer.into(),
        a2: row.b_pointer.into(),
    }
    .receive(builder, active.clone());

    let at = |pointer: AB::Var, word: usize| pointer + AB::Expr::from_usize(8 * word);
    let now = |ticks: u8| Into::<AB::Expr>::into(row.time) + AB::Expr::from_u8(ticks);
    for word in 0..E {
        let (a, b) = (row.a[word], row.b[word]);
        a.constrain_read(builder, at(row.a_pointer, word), now(0), active.clone());
        b.constrain_read(builder, at(row.b_pointer, word), now(1), active.clone());
        row.a_limbs[word].constrain(builder, a.before(), active.clone());
        row.b_limbs[word].constrain(builder, b.before(), active.clone());
        row.result[word].constrain(builder, active.clone());
        row.quotients[word].constrain(builder, active.clone());
        let result: Value<AB::Expr> = row.result[word].value();
        let pointer = at(row.destination, word);
        row.target[word].constrain(builder, pointer, result, now(3), active.clone());
    }

    for high in row.quotient_highs.map(Into::<AB::Expr>::into) {
        builder.constrain(
            "a quotient's highest limb is −1, 0 or 1",
            high.clone() * (high.clone() - AB::Expr::ONE) * (high + AB::Expr::ONE),
        );
    }
    let [x, y] = row.equations();
    x.constrain(builder, "equation of x", &row.x_carries, active.clone());
    y.constrain(builder, "equation of y", &row.y_carries, active.clone());
    let modulus = halves_of_constant(modulus(E)).into_iter();
    let modulus: Vec<AB::Expr> = modulus.map(|half| active.clone() * half).collect();
    let result: Vec<AB::Expr> = halves_of_words(&row.result);
    let (x, y) = result.split_at(E);
    constrain_less(builder, x, &modulus, &row.x_decides, &row.less[0], active.clone());
    constrain_less(builder, y, &modulus, &row.y_decides, &row.less[1], active);
}

/// The row of a call; `is_writable` tells whether stores may change the word at an address. `W` is
/// half of `E`.
#[cfg(feature = "fill")]
pub fn fill<const E: usize, const C: usize, const W: usize>(
    event: &Quadratic<E>,
    is_writable: impl Fn(u64) -> bool,
    counts: &mut Counts,
) -> QuadraticRow<Goldilocks, E, C> {
    let Quadratic { time, operation, pointers: [destination, a_pointer, b_pointer], .. } = *event;
    let values = |accesses: &[lvm_isa::event::Access; E]| accesses.map(|access| access.value);
    let [d, a, b] = [&event.target, &event.a, &event.b].map(values);
    let m: [u64; W] = core::array::from_fn(|at| modulus(E)[at]);
    // An event without a result, which no run leaves, has a row that isn't accepted.
    let nothing =
        lvm_isa::arithmetic::Division { quotient: [0; W], quotient_high: 0, remainder: [0; W] };
    let divisions =
        lvm_isa::arithmetic::quadratic(operation, &d, &a, &b, &m).unwrap_or([nothing; 2]);
    let join = |parts: [[u64; W]; 2]| core::array::from_fn(|at| parts[at / W][at % W]);
    let result: [u64; E] = join(divisions.map(|it| it.remainder));
    let quotients: [u64; E] = join(divisions.map(|it| it.quotient));
    let (x_decides, x_less) = fill_less(&result[..W], &m, counts);
    let (y_decides, y_less) = fill_less(&result[W..], &m, counts);
    let flag = |which: Operation| Goldilocks::from_bool(operation == which);
    let mut row = QuadraticRow {
        time: Goldilocks::from_u32(time),
        is_multiply: flag(Operation::Multiply),
        is_add: flag(Operation::MultiplyAdd),
        is_subtract: flag(Operation::MultiplySubtract),
        destination: Goldilocks::from_u64(destination),
        a_pointer: Goldilocks::from_u64(a_pointer),
        b_pointer: Goldilocks::from_u64(b_pointer),
        a: fill_reads(&event.a, a_pointer, &is_writable, time, counts),
        a_limbs: fill_limbs(&event.a, counts),
        b: fill_reads(&event.b, b_pointer, &is_writable, time + 1, counts),
        b_limbs: fill_limbs(&event.b, counts),
        target: fill_writes(&event.target, time + 3, counts),
        result: fill_words(&result, counts),
        quotients: fill_words(&quotients, counts),
        quotient_highs: divisions.map(|it| Goldilocks::from_i8(it.quotient_high)),
        x_carries: core::array::from_fn(|_| Gap::default()),
        y_carries: core::array::from_fn(|_| Gap::default()),
        x_decides,
        y_decides,
        less: [x_less, y_less],
    };
    let [x, y] = row.equations();
    (row.x_carries, row.y_carries) = (x.fill(counts), y.fill(counts));
    row
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use lvm_isa::arithmetic::quadratic;
    use lvm_isa::event::Access;

    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    type Row = Quadratic256Row<Goldilocks>;

    fn check_row(builder: &mut crate::check::RowChecker) {
        eval::<_, 8, 15>(builder);
    }

    fn event<const E: usize>(operation: Operation, [d, a, b]: [[u64; E]; 3]) -> Quadratic<E> {
        let found = |words: [u64; E], time| words.map(|value| Access { value, time });
        Quadratic {
            time: 400,
            operation,
            pointers: [0x3000, 0x4000, 0x5000],
            a: found(a, 1),
            b: found(b, 2),
            target: found(d, 4),
        }
    }

    /// Elements with parts at the edges of the field.
    fn elements<const E: usize>() -> Vec<[u64; E]> {
        let last = |at: usize| modulus(E)[at % (E / 2)] - u64::from(at.is_multiple_of(E / 2));
        let seed = |at: usize| 0x0123_4567_89ab_cdef_u64.rotate_left(at as u32) >> 4;
        std::vec![
            [0; E],
            core::array::from_fn(|at| u64::from(at == 0)),
            core::array::from_fn(|at| u64::from(at == E / 2)),
            core::array::from_fn(last),
            core::array::from_fn(|at| if at < E / 2 { last(at) } else { 0 }),
            core::array::from_fn(seed),
        ]
    }

    fn honest_rows<const E: usize, const C: usize, const W: usize>() {
        let m: [u64; W] = core::array::from_fn(|at| modulus(E)[at]);
        let elements = elements::<E>();
        for operation in Operation::ALL {
            for (a, b) in elements.iter().flat_map(|a| elements.iter().map(move |b| (a, b))) {
                for d in [elements[3], elements[5]] {
                    let mut counts = Counts::new(1);
                    let event = event(operation, [d, *a, *b]);
                    let row = fill::<E, C, W>(&event, |at| at < 0x5000, &mut counts);
                    expect_honest("quadratic", &row, &counts, eval::<_, E, C>);
                    let [x, y] = quadratic(operation, &d, a, b, &m).expect("a result");
                    let sent = memory_sends(&row, eval::<_, E, C>);
                    assert_eq!(sent.len(), 3 * E);
                    for at in 0..E {
                        let offset = 8 * at as u64;
                        let result = [x.remainder, y.remainder][at / W][at % W];
                        assert!(sent.contains(&(0x3000 + offset, result, 403)));
                        assert!(sent.contains(&(0x4000 + offset, a[at], 400)));
                        assert!(sent.contains(&(0x5000 + offset, b[at], 401)));
                    }
                    let call = message(&row, Bus::Call, Side::Receive, eval::<_, E, C>);
                    let number = number(E, operation);
                    assert_eq!(call, [400, number, 1, 1, 0x3000, 0x4000, 0x5000]);
                }
            }
        }
    }

    #[test]
    fn honest_rows_agree_with_the_semantics() {
        honest_rows::<8, 15, 4>();
        honest_rows::<12, 23, 6>();
    }

    fn row(operation: Operation) -> Row {
        let elements = elements();
        let event = event(operation, [elements[4], elements[5], elements[3]]);
        fill::<8, 15, 4>(&event, |_| true, &mut Counts::new(1))
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        for operation in Operation::ALL {
            let corrupt = |label: &str, change: fn(&mut Row)| {
                let mut row = row(operation);
                change(&mut row);
                expect_violation(&row, label, check_row);
            };
            for label in ["equation of x", "equation of y"] {
                corrupt(label, |r| r.a_limbs[1].lo.low += Goldilocks::ONE);
                corrupt(label, |r| r.a_limbs[5].hi.low += Goldilocks::ONE);
                corrupt(label, |r| r.b_limbs[2].lo.low += Goldilocks::ONE);
                corrupt(label, |r| r.b_limbs[6].lo.low += Goldilocks::ONE);
            }
            corrupt("equation of x", |r| r.result[0].limbs[0] += Goldilocks::ONE);
            corrupt("equation of y", |r| r.result[7].limbs[0] += Goldilocks::ONE);
            corrupt("equation of x", |r| r.quotients[3].limbs[2] += Goldilocks::ONE);
            corrupt("equation of y", |r| r.quotients[4].limbs[2] += Goldilocks::ONE);
            corrupt("equation of x", |r| r.quotient_highs[0] += Goldilocks::ONE);
            corrupt("equation of y", |r| r.quotient_highs[1] += Goldilocks::ONE);
            corrupt("equation of x", |r| r.x_carries[14].limbs[0] += Goldilocks::ONE);
            corrupt("equation of y", |r| r.y_carries[0].limbs[0] += Goldilocks::ONE);
            corrupt("a quotient's highest limb is −1, 0 or 1", |r| {
                r.quotient_highs[1] = Goldilocks::from_u8(3);
            });
            corrupt("range16", |r| r.result[5].limbs[1] = Goldilocks::from_u32(1 << 16));
            corrupt("range16", |r| r.quotients[5].limbs[1] = -Goldilocks::ONE);
            corrupt("range16", |r| r.x_carries[5].limbs[1] = -Goldilocks::ONE);
            corrupt("range16", |r| r.y_carries[5].limbs[0] = -Goldilocks::ONE);
            corrupt("range16", |r| r.b_limbs[5].hi.low = -Goldilocks::ONE);
            corrupt("range16", |r| r.a[7].found.time = r.time);
            corrupt("range16", |r| r.b[7].found.time = r.time + Goldilocks::ONE);
            corrupt("range16", |r| r.target[7].time = r.time + Goldilocks::from_u8(3));
            corrupt("what decides is boolean", |r| r.y_decides[0] = Goldilocks::TWO);
            corrupt("one half decides", |r| r.x_decides[1] += Goldilocks::ONE);
            corrupt("the number is less than the bound", |r| r.less[0].limbs[0] += Goldilocks::ONE);
            corrupt("operations are boolean", |r| r.is_add = Goldilocks::TWO);
            corrupt("at most one operation", |r| {
                r.is_multiply = Goldilocks::ONE;
                r.is_subtract = Goldilocks::ONE;
            });
        }
        let mut added = row(Operation::MultiplyAdd);
        added.target[1].before.lo += Goldilocks::ONE;
        expect_violation(&added, "equation of x", check_row);
        added.target[5].before.lo += Goldilocks::ONE;
        expect_violation(&added, "equation of y", check_row);
        expect_padding::<Row>(check_row);
    }

    #[test]
    fn one_operation_is_no_other() {
        for honest in Operation::ALL {
            for other in Operation::ALL.into_iter().filter(|other| *other != honest) {
                let mut row = row(honest);
                row.is_multiply = Goldilocks::from_bool(other == Operation::Multiply);
                row.is_add = Goldilocks::from_bool(other == Operation::MultiplyAdd);
                row.is_subtract = Goldilocks::from_bool(other == Operation::MultiplySubtract);
                expect_violation(&row, "equation of x", check_row);
            }
        }
    }

    /// A part of the result that is the modulus too large, with a quotient that is one less.
    #[test]
    fn results_are_less_than_the_modulus() {
        for part in 0..2 {
            let event = event(Operation::Multiply, [[0; 8], [0; 8], elements()[1]]);
            let mut row = fill::<8, 15, 4>(&event, |_| true, &mut Counts::new(1));
            assert!(violations(&row, check_row).is_empty());
            // The modulus instead of 0.
            let words: [Word<Goldilocks>; 4] = fill_words(&MODULUS_BN254, &mut Counts::new(1));
            row.result[4 * part..][..4].copy_from_slice(&words);
            row.quotients[4 * part..][..4]
                .copy_from_slice(&fill_words(&[u64::MAX; 4], &mut Counts::new(1)));
            row.quotient_highs[part] = -Goldilocks::ONE;
            let [x, y] = row.equations();
            let counts = &mut Counts::new(1);
            (row.x_carries, row.y_carries) = (x.fill(counts), y.fill(counts));
            for at in 0..8 {
                let decides = core::array::from_fn(|half| Goldilocks::from_bool(half == at));
                if part == 0 {
                    row.x_decides = decides
                } else {
                    row.y_decides = decides
                }
                let found = violations(&row, check_row);
                assert!(found.iter().any(|label| label == "the number is less than the bound"));
                assert!(!found.iter().any(|label| label.starts_with("equation")), "{found:?}");
            }
        }
    }
}
