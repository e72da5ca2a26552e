//! `sha256_round`: the rounds of `sha256` calls, eight rounds a row.
//!
//! Statement: of a call's working variables before round 8·step and of its message schedule, a row
//! makes the variables before round 8·(step + 1) (FIPS 180-4, section 6.2.2).
//!
//! A round makes a new `a` and a new `e`; `b`, `c` and `d` are the values of `a` before, `f`, `g` and
//! `h` those of `e`. So the rounds of a row share the bits of ten successive values of each.
//!
//! Word t of the schedule, from 16 on, is σ1 of word t − 2, plus word t − 7, plus σ0 of word t − 15,
//! plus word t − 16. Rows pass on sums of these terms instead of words: a row has the bits of its
//! own eight words, and adds what they contribute to the words of the two rows after it. The words
//! of steps 0 and 1 are the block's, which `sha256` sends. Step 0 receives no sums, so that it may
//! send any for the words of step 1, which makes the block's words fit; from step 2 on sums have
//! terms of words only.
//!
//! A call's rows form a chain of states from step 0 to step 8. Only `sha256` begins and ends one,
//! so that there is one row of each step for each call, and all that it exchanges is the call's.

use lvm_isa::event::Sha256;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{Sha256BlockMsg, Sha256ScheduleMsg, Sha256StateMsg};
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::sha256_word::{
    Bits, Carry, LARGE_0, LARGE_1, SMALL_0, SMALL_1, choice, majority, number,
};

/// Rounds of a row.
const ROUNDS: usize = 8;
/// Rows of a call.
pub const STEPS: usize = 8;
/// Words of the message schedule.
const WORDS: usize = ROUNDS * STEPS;

/// The round constants (FIPS 180-4, section 4.2.2).
#[rustfmt::skip]
const K: [u32; WORDS] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

columns! {
    /// Eight rounds of one `sha256` call.
    pub struct Sha256RoundRow {
        /// Time at which the ECALL starts.
        time: cell,
        /// 1 where the row does the rounds from 8·step on; 0 or 1, one of them in a used row.
        steps: [cell; 8],
        /// `a` after this row's round i − 3: before the first round `c`, `b` and `a`, then the new
        /// ones but the last.
        a: [Bits; 10],
        /// `e` after this row's round i − 3: likewise `g`, `f` and `e`.
        e: [Bits; 10],
        /// `d` before the first round; below 2^32, as the sender guarantees.
        d: cell,
        /// `h` before the first round; likewise.
        h: cell,
        /// `a` after the last round, or more or less by a multiple of 2^32, unless the receiver
        /// excludes that.
        last_a: cell,
        /// `e` after the last round; likewise.
        last_e: cell,
        /// The rounds' words of the schedule.
        words: [Bits; 8],
        /// σ0 of each word.
        small_0: [cell; 8],
        /// σ1 of each word.
        small_1: [cell; 8],
        /// What words before this row's contribute to each word of the row after it. Any number
        /// where the step is 0.
        later: [cell; 8],
        /// Carries of the sums that are the new `a`.
        a_carries: [Carry; 8],
        /// Carries of the sums that are the new `e`.
        e_carries: [Carry; 8],
        /// Carries of the sums that are the words; 0 where the step is 0, and of no meaning where
        /// it is 1.
        word_carries: [Carry; 8],
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = Sha256RoundRow::<AB::Var>::of(builder.main().current_slice());
    for step in row.steps {
        builder.constrain_bool("steps are boolean", step);
    }
    let active: AB::Expr = row.steps.iter().map(|step| (*step).into()).sum();
    builder.constrain_bool("at most one step", active.clone());
    for bit in [&row.a[..], &row.e, &row.words].iter().copied().flatten().flat_map(|it| it.bits) {
        builder.constrain_bool("bits are boolean", bit);
    }
    for carry in [row.a_carries, row.e_carries, row.word_carries].as_flattened() {
        carry.constrain(builder);
    }

    let steps = row.steps.iter().enumerate();
    let step = steps.fold(AB::Expr::ZERO, |sum, (at, step)| sum + *step * AB::Expr::from_usize(at));
    constrain_rounds(builder, &row);
    constrain_schedule(builder, &row, step.clone(), active.clone());
    Sha256StateMsg {
        time: row.time.into(),
        step: step.clone(),
        a: row.a[2].number(),
        b: row.a[1].number(),
        c: row.a[0].number(),
        d: row.d.into(),
        e: row.e[2].number(),
        f: row.e[1].number(),
        g: row.e[0].number(),
        h: row.h.into(),
    }
    .receive(builder, active.clone());
    Sha256StateMsg {
        time: row.time.into(),
        step: step + AB::Expr::ONE,
        a: row.last_a.into(),
        b: row.a[9].number(),
        c: row.a[8].number(),
        d: row.a[7].number(),
        e: row.last_e.into(),
        f: row.e[9].number(),
        g: row.e[8].number(),
        h: row.e[7].number(),
    }
    .send(builder, active);
}

/// The rounds. All terms of the sums are below 2^32, at most seven of them, so that a sum is less
/// than the field's order, and its residue modulo 2^32 and its carry are the only ones.
fn constrain_rounds<AB: TableBuilder>(builder: &mut AB, row: &Sha256RoundRow<AB::Var>) {
    let values = row.a.map(|it| it.exprs::<AB::Expr>());
    let other_values = row.e.map(|it| it.exprs::<AB::Expr>());
    for round in 0..ROUNDS {
        let [c, b, a] = [0, 1, 2].map(|at| &values[round + at]);
        let [g, f, e] = [0, 1, 2].map(|at| &other_values[round + at]);
        let before = |values: &[[AB::Expr; 32]; 10], first: AB::Var| match round.checked_sub(1) {
            Some(at) => number(values[at].clone()),
            None => first.into(),
        };
        let after = |values: &[[AB::Expr; 32]; 10], last: AB::Var| match values.get(round + 3) {
            Some(bits) => number(bits.clone()),
            None => last.into(),
        };
        let steps = row.steps.iter().enumerate();
        let constant = steps.fold(AB::Expr::ZERO, |sum, (step, is_step)| {
            sum + Into::<AB::Expr>::into(*is_step) * Goldilocks::from_u32(K[ROUNDS * step + round])
        });
        let first_sum = before(&other_values, row.h)
            + LARGE_1.expr(e)
            + choice(e, f, g)
            + constant
            + row.words[round].number::<AB::Expr>();
        builder.constrain(
            "a round makes the new a",
            first_sum.clone() + LARGE_0.expr(a) + majority(a, b, c)
                - after(&values, row.last_a)
                - row.a_carries[round].excess::<AB::Expr>(),
        );
        builder.constrain(
            "a round makes the new e",
            before(&values, row.d) + first_sum
                - after(&other_values, row.last_e)
                - row.e_carries[round].excess::<AB::Expr>(),
        );
    }
}

/// The row's words. A word is what is due to it from rows before, plus its row's own terms.
fn constrain_schedule<AB: TableBuilder>(
    builder: &mut AB,
    row: &Sha256RoundRow<AB::Var>,
    step: AB::Expr,
    active: AB::Expr,
) {
    for (at, word) in row.words.iter().enumerate() {
        let bits = word.exprs::<AB::Expr>();
        builder.constrain("sigma 0 of a word", SMALL_0.expr(&bits) - row.small_0[at]);
        builder.constrain("sigma 1 of a word", SMALL_1.expr(&bits) - row.small_1[at]);
        let carry = row.word_carries[at].excess::<AB::Expr>();
        builder.constrain("the first words have no carries", carry * row.steps[0]);
    }
    let words = row.words.map(|word| word.number::<AB::Expr>());

    let [w0, w1, w2, w3, w4, w5, w6, w7] = row.words.map(|word| word.swapped());
    Sha256BlockMsg { time: row.time.into(), step: step.clone(), w0, w1, w2, w3, w4, w5, w6, w7 }
        .receive(builder, row.steps[0] + row.steps[1]);

    let message = |step: AB::Expr, due: [AB::Expr; 8], later: [AB::Expr; 8]| {
        let [due_0, due_1, due_2, due_3, due_4, due_5, due_6, due_7] = due;
        let [later_0, later_1, later_2, later_3, later_4, later_5, later_6, later_7] = later;
        #[rustfmt::skip]
        let message = Sha256ScheduleMsg {
            time: row.time.into(), step,
            due_0, due_1, due_2, due_3, due_4, due_5, due_6, due_7,
            later_0, later_1, later_2, later_3, later_4, later_5, later_6, later_7,
        };
        message
    };
    let due = core::array::from_fn(|at| {
        let mut due = words[at].clone() + row.word_carries[at].excess::<AB::Expr>();
        if let Some(sigma) = at.checked_sub(2).map(|from| row.small_1[from]) {
            due -= sigma.into();
        }
        if let Some(word) = at.checked_sub(7).map(|from| words[from].clone()) {
            due -= word;
        }
        due
    });
    message(step.clone(), due, row.later.map(Into::into))
        .receive(builder, active.clone() - row.steps[0]);
    let next_due = core::array::from_fn(|at| {
        let mut due: AB::Expr = row.later[at].into();
        if let Some(sigma) = row.small_1.get(at + 6) {
            due += (*sigma).into();
        }
        if let Some(word) = words.get(at + 1) {
            due += word.clone();
        }
        if let Some(sigma) = at.checked_sub(7).map(|from| row.small_0[from]) {
            due += sigma.into();
        }
        due
    });
    let next_later = core::array::from_fn(|at| match row.small_0.get(at + 1) {
        Some(sigma) => words[at].clone() + *sigma,
        None => words[at].clone(),
    });
    message(step + AB::Expr::ONE, next_due, next_later).send(builder, active - row.steps[7]);
}

/// The rounds of one row.
#[derive(Clone, Debug)]
pub struct Sha256Step {
    /// Time at which the ECALL starts.
    time: u32,
    /// The first round, divided by 8.
    step: usize,
    /// Working variables a to h before it.
    variables: [u32; 8],
    /// The call's message schedule.
    schedule: [u32; WORDS],
}

/// The rows of a call, in order.
#[must_use]
pub fn steps(event: &Sha256) -> [Sha256Step; STEPS] {
    let half = |words: &[lvm_isa::event::Access], at: usize| {
        (words[at / 2].value >> (32 * (at % 2))) as u32
    };
    let mut schedule = [0; WORDS];
    for at in 0..WORDS {
        schedule[at] = match at.checked_sub(16) {
            None => half(&event.block, at).swap_bytes(),
            Some(start) => SMALL_1
                .of(schedule[at - 2])
                .wrapping_add(schedule[at - 7])
                .wrapping_add(SMALL_0.of(schedule[at - 15]))
                .wrapping_add(schedule[start]),
        };
    }
    let mut variables = core::array::from_fn(|at| half(&event.state, at));
    core::array::from_fn(|step| {
        let this = Sha256Step { time: event.time, step, variables, schedule };
        for at in 0..ROUNDS {
            let [new_a, new_e] = this.sums(at, &variables).map(|sum| sum as u32);
            let [a, b, c, _, e, f, g, _] = variables;
            variables = [new_a, a, b, c, new_e, e, f, g];
        }
        this
    })
}

impl Sha256Step {
    /// The sums whose residues modulo 2^32 are the new `a` and `e` of the row's round `at`.
    fn sums(&self, at: usize, variables: &[u32; 8]) -> [u64; 2] {
        let round = ROUNDS * self.step + at;
        let [a, b, c, d, e, f, g, h] = *variables;
        let choice = (e & f) | (!e & g);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        let sum = |terms: &[u32]| terms.iter().map(|term| u64::from(*term)).sum::<u64>();
        let first = sum(&[h, LARGE_1.of(e), choice, K[round], self.schedule[round]]);
        [first + sum(&[LARGE_0.of(a), majority]), first + u64::from(d)]
    }

    /// The sum whose residue modulo 2^32 is word `at` of the schedule, which isn't the block's.
    fn word_sum(&self, at: usize) -> u64 {
        let word = |back: usize| self.schedule[at - back];
        [SMALL_1.of(word(2)), word(7), SMALL_0.of(word(15)), word(16)].map(u64::from).iter().sum()
    }

    /// What words before this row's contribute to word `at` of the row after it.
    fn later(&self, at: usize) -> Goldilocks {
        let word = |at: usize| Goldilocks::from_u32(self.schedule[at]);
        let small_0 = |at: usize| Goldilocks::from_u32(SMALL_0.of(self.schedule[at]));
        let small_1 = |at: usize| Goldilocks::from_u32(SMALL_1.of(self.schedule[at]));
        if let Some(start) = (ROUNDS * self.step).checked_sub(ROUNDS) {
            let sigma = if at < ROUNDS - 1 { small_0(start + at + 1) } else { Goldilocks::ZERO };
            return word(start + at) + sigma;
        }
        // What is missing for the block's word, with the terms that both rows add.
        let target = ROUNDS + at;
        let sigma = if at == ROUNDS - 1 { small_0(target - 15) } else { Goldilocks::ZERO };
        word(target) - small_1(target - 2) - word(target - 7) - sigma
    }
}

/// The row of a step. It asks for nothing.
#[must_use]
pub fn fill(event: &Sha256Step, _: &mut Counts) -> Sha256RoundRow<Goldilocks> {
    let start = ROUNDS * event.step;
    let [a, b, c, d, e, f, g, h] = event.variables;
    let mut row = Sha256RoundRow {
        time: Goldilocks::from_u32(event.time),
        steps: core::array::from_fn(|step| Goldilocks::from_bool(step == event.step)),
        d: Goldilocks::from_u32(d),
        h: Goldilocks::from_u32(h),
        ..Sha256RoundRow::default()
    };
    for (at, (a, e)) in [(c, g), (b, f), (a, e)].into_iter().enumerate() {
        (row.a[at], row.e[at]) = (Bits::fill(a), Bits::fill(e));
    }
    let mut variables = event.variables;
    for at in 0..ROUNDS {
        let sums = event.sums(at, &variables);
        [row.a_carries[at], row.e_carries[at]] = sums.map(Carry::fill);
        let [new_a, new_e] = sums.map(|sum| sum as u32);
        if at + 1 < ROUNDS {
            (row.a[at + 3], row.e[at + 3]) = (Bits::fill(new_a), Bits::fill(new_e));
        } else {
            row.last_a = Goldilocks::from_u32(new_a);
            row.last_e = Goldilocks::from_u32(new_e);
        }
        let [a, b, c, _, e, f, g, _] = variables;
        variables = [new_a, a, b, c, new_e, e, f, g];

        let word = event.schedule[start + at];
        row.words[at] = Bits::fill(word);
        row.small_0[at] = Goldilocks::from_u32(SMALL_0.of(word));
        row.small_1[at] = Goldilocks::from_u32(SMALL_1.of(word));
        row.later[at] = event.later(at);
        if event.step > 1 {
            row.word_carries[at] = Carry::fill(event.word_sum(start + at));
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use lvm_isa::arithmetic;
    use lvm_isa::event::Access;
    use p3_field::PrimeField64;

    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    /// A call with words that `seed` makes; with 0 and 1 all are 0, or have all bits.
    fn event(seed: u64) -> Sha256 {
        let word = |at: usize| match seed {
            0 | 1 => 0_u64.wrapping_sub(seed),
            _ => (seed + at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(at as u32),
        };
        let access = |at: usize| Access { value: word(at), time: 7 };
        Sha256 {
            time: 400,
            pointers: [0x2000, 0x3000, 0],
            block: core::array::from_fn(access),
            state: core::array::from_fn(|at| access(at + 8)),
        }
    }

    fn rows(seed: u64) -> Vec<Sha256RoundRow<Goldilocks>> {
        let fill = |step: &Sha256Step| {
            let mut counts = Counts::new(1);
            let row = fill(step, &mut counts);
            expect_honest("sha256_round", &row, &counts, eval);
            row
        };
        steps(&event(seed)).iter().map(fill).collect()
    }

    #[test]
    fn honest_rows_compress() {
        for seed in 0..20 {
            let (event, rows) = (event(seed), rows(seed));
            let state = event.state.map(|access| access.value);
            let after = arithmetic::sha256(&state, &event.block.map(|access| access.value));
            let halves = |words: &[u64]| -> Vec<u64> {
                words.iter().flat_map(|word| [word & 0xFFFF_FFFF, word >> 32]).collect()
            };
            let received = message(&rows[0], Bus::Sha256State, Side::Receive, eval);
            assert_eq!(received[..2], [400, 0]);
            assert_eq!(received[2..], halves(&state));
            let sent = message(&rows[7], Bus::Sha256State, Side::Send, eval);
            assert_eq!(sent[..2], [400, 8]);
            for ((added, before), after) in sent[2..].iter().zip(halves(&state)).zip(halves(&after))
            {
                assert_eq!((added + before) as u32, after as u32);
            }
            for (step, words) in event.block.chunks(4).enumerate() {
                let received = message(&rows[step], Bus::Sha256Block, Side::Receive, eval);
                let words: Vec<u64> = words.iter().map(|access| access.value).collect();
                assert_eq!(received[..2], [400, step as u64]);
                assert_eq!(received[2..], halves(&words));
            }
            for pair in rows.windows(2) {
                for bus in [Bus::Sha256State, Bus::Sha256Schedule] {
                    let sent = message(&pair[0], bus, Side::Send, eval);
                    assert_eq!(sent, message(&pair[1], bus, Side::Receive, eval));
                }
            }
            let messages = |row| check(row, eval).1.len();
            let numbers: Vec<usize> = rows.iter().map(messages).collect();
            assert_eq!(numbers, [4, 5, 4, 4, 4, 4, 4, 3], "others than those compared");
        }
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        let honest = rows(3);
        let corrupt = |at: usize, label: &str, change: fn(&mut Sha256RoundRow<Goldilocks>)| {
            let mut row = honest[at];
            change(&mut row);
            expect_violation(&row, label, eval);
        };
        corrupt(2, "steps are boolean", |r| r.steps[2] = Goldilocks::TWO);
        corrupt(2, "at most one step", |r| r.steps[3] = Goldilocks::ONE);
        corrupt(2, "bits are boolean", |r| {
            // The number is the same.
            let low = r.words[4].bits[0];
            r.words[4].bits[0] = -low;
            r.words[4].bits[1] += low;
        });
        corrupt(2, "bits are boolean", |r| r.a[9].bits[31] = Goldilocks::TWO);
        corrupt(2, "bits are boolean", |r| r.e[0].bits[31] = Goldilocks::TWO);
        corrupt(2, "digits of carries are below 3", |r| {
            // The carry is the same.
            r.a_carries[1].low += Goldilocks::from_u8(3);
            r.a_carries[1].high -= Goldilocks::ONE;
        });
        corrupt(2, "digits of carries are below 3", |r| {
            // A sum that is less by the field's order.
            r.last_e += Goldilocks::from_u64(1 << 32);
            r.e_carries[7].low -= Goldilocks::from_u8(9);
        });
        corrupt(2, "a round makes the new a", |r| r.last_a += Goldilocks::ONE);
        corrupt(2, "a round makes the new e", |r| r.last_e += Goldilocks::ONE);
        corrupt(2, "a round makes the new e", |r| r.d += Goldilocks::ONE);
        corrupt(2, "a round makes the new a", |r| r.h += Goldilocks::ONE);
        corrupt(2, "sigma 0 of a word", |r| r.small_0[7] += Goldilocks::ONE);
        corrupt(2, "sigma 1 of a word", |r| r.small_1[0] += Goldilocks::ONE);
        corrupt(0, "the first words have no carries", |r| r.word_carries[5].high = Goldilocks::ONE);
        expect_padding::<Sha256RoundRow<Goldilocks>>(eval);
    }

    /// A row with another step has other constants.
    #[test]
    fn a_row_does_the_rounds_of_its_step() {
        for (step, honest) in rows(4).into_iter().enumerate() {
            for other in (0..STEPS).filter(|other| *other != step) {
                let mut row = honest;
                row.steps = core::array::from_fn(|at| Goldilocks::from_bool(at == other));
                expect_violation(&row, "a round makes the new a", eval);
                expect_violation(&row, "a round makes the new e", eval);
            }
        }
    }

    /// Each cell of a used row is bound: with any other number in it, a constraint fails or another
    /// message is exchanged.
    #[test]
    fn every_cell_matters() {
        type Row = Sha256RoundRow<Goldilocks>;
        for honest in rows(5) {
            let (_, messages) = check(&honest, eval);
            let mut cells = std::vec![Goldilocks::ZERO; Row::WIDTH];
            honest.write(&mut cells.iter_mut());
            for at in 0..Row::WIDTH {
                for change in [Goldilocks::ONE, Goldilocks::NEG_ONE] {
                    let mut cells = cells.clone();
                    cells[at] += change;
                    let (failures, others) = check(&Row::of(&cells), eval);
                    assert!(!failures.is_empty() || others != messages, "cell {at}");
                }
            }
        }
    }

    /// The sums that step 0 sends for the block's words are any numbers, those for the words that
    /// follow are not.
    #[test]
    fn free_sums_are_for_the_block_alone() {
        let rows = rows(6);
        let mut row = rows[0];
        row.later = [Goldilocks::ONE; 8];
        assert_eq!(violations(&row, eval), Vec::<std::string::String>::new());
        let sent = |row| message(row, Bus::Sha256Schedule, Side::Send, eval);
        let (honest, lie) = (sent(&rows[0]), sent(&row));
        assert_ne!(honest[2..10], lie[2..10]);
        assert_eq!(honest[10..], lie[10..]);
        let word = |at: usize| rows[0].words[at].number::<Goldilocks>() + rows[0].small_0[at + 1];
        assert_eq!(honest[10], word(0).as_canonical_u64());
    }
    /// Words that don't follow from those before them: every row is possible by itself, but the one
    /// before it doesn't send what it receives.
    #[test]
    fn words_follow_from_those_before_them() {
        for word in 16..WORDS {
            let mut steps = steps(&event(7));
            for step in &mut steps {
                step.schedule[word] ^= 1 << 9;
            }
            let rows = steps.map(|step| fill(&step, &mut Counts::new(1)));
            for row in &rows {
                assert_eq!(violations(row, eval), Vec::<std::string::String>::new());
            }
            let step = word / ROUNDS;
            let sent = message(&rows[step - 1], Bus::Sha256Schedule, Side::Send, eval);
            let received = message(&rows[step], Bus::Sha256Schedule, Side::Receive, eval);
            assert_ne!(sent[2 + word % ROUNDS], received[2 + word % ROUNDS]);
        }
    }
}
