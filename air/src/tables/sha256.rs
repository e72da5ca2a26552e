//! `sha256`: what `sha256` calls read and write, one row a call.
//!
//! Statement: the state at a0 is replaced, at the call's time plus 3, by the sums, modulo 2^32 and
//! word by word, of itself and of what the rounds make of it and of the block at a1, which is read
//! at the call's time plus 1 (FIPS 180-4, section 6.2.2). `sha256_round` does the rounds.
//!
//! Words of memory are little-endian. Half a word is a word of the state as it is, and one of the
//! block with its bytes in the opposite order, in which `sha256_round` takes it.

use lvm_isa::event::Sha256;
use lvm_syscalls::sha256::NUMBER;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{CallMsg, Sha256BlockMsg, Sha256StateMsg};
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::limbs::Limbs64;
use crate::gadgets::memory::{MemoryAccess, MemoryWrite};
use crate::gadgets::value::{TWO_32, Value};
use crate::gadgets::wide::{fill_reads, fill_writes};
use crate::tables::sha256_round::STEPS;

columns! {
    /// One `sha256` call.
    pub struct Sha256Row {
        /// 1 in a row that is used; 0 or 1.
        is_real: cell,
        /// Time at which the ECALL starts.
        time: cell,
        /// Address of the state.
        state: cell,
        /// Address of the block.
        block: cell,
        /// What a2 holds, which the call doesn't take: as the message of the call has it.
        not_taken: cell,
        /// Reads of the block.
        block_words: [MemoryAccess; 8],
        /// Writes of the state.
        state_words: [MemoryWrite; 4],
        /// The state after the call; canonical.
        after: [Value; 4],
        /// Limbs of it.
        after_limbs: [Limbs64; 4],
        /// 1 where the sum that is a word of the state exceeds 2^32; 0 or 1.
        carries: [cell; 8],
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = Sha256Row::<AB::Var>::of(builder.main().current_slice());
    builder.constrain_bool("is_real is boolean", row.is_real);
    for carry in row.carries {
        builder.constrain_bool("carries are boolean", carry);
    }
    CallMsg {
        time: row.time.into(),
        number: AB::Expr::from_u64(NUMBER),
        takes_a1: AB::Expr::ONE,
        takes_a2: AB::Expr::ZERO,
        a0: row.state.into(),
        a1: row.block.into(),
        a2: row.not_taken.into(),
    }
    .receive(builder, row.is_real);

    let at = |pointer: AB::Var, word: usize| pointer + AB::Expr::from_usize(8 * word);
    let now = row.time + AB::Expr::ONE;
    for (word, access) in row.block_words.iter().enumerate() {
        access.constrain_read(builder, at(row.block, word), now.clone(), row.is_real);
    }
    let now = row.time + AB::Expr::from_u8(3);
    for (word, access) in row.state_words.iter().enumerate() {
        let after = row.after[word];
        row.after_limbs[word].constrain(builder, after, row.is_real);
        let (address, after) = (at(row.state, word), after.into_exprs());
        access.constrain(builder, address, after, now.clone(), row.is_real);
    }

    // The rounds take the state and leave what was added to it. Of the words that they leave, six
    // are made of bits; the others are sums whose carries `sha256_round` bounds, so that a multiple
    // of 2^32 more or less changes nothing of the state after the call.
    let variables = |step: u8, words: [AB::Expr; 8]| {
        let [a, b, c, d, e, f, g, h] = words;
        Sha256StateMsg {
            time: row.time.into(),
            step: AB::Expr::from_u8(step),
            a,
            b,
            c,
            d,
            e,
            f,
            g,
            h,
        }
    };
    let before: [AB::Expr; 8] = halves(row.state_words.map(|access| access.before));
    let after: [AB::Expr; 8] = halves(row.after);
    let added = core::array::from_fn(|word| {
        after[word].clone() + row.carries[word] * AB::Expr::from(TWO_32) - before[word].clone()
    });
    variables(0, before).send(builder, row.is_real);
    variables(STEPS as u8, added).receive(builder, row.is_real);

    let block: [AB::Expr; 16] = halves(row.block_words.map(|access| access.before()));
    for (step, words) in block.as_chunks::<8>().0.iter().enumerate() {
        let [w0, w1, w2, w3, w4, w5, w6, w7] = words.clone();
        let step = AB::Expr::from_usize(step);
        Sha256BlockMsg { time: row.time.into(), step, w0, w1, w2, w3, w4, w5, w6, w7 }
            .send(builder, row.is_real);
    }
}

/// The halves of memory's words, low ones first.
fn halves<V: Copy + Into<E>, E, const WORDS: usize, const HALVES: usize>(
    words: [Value<V>; WORDS],
) -> [E; HALVES] {
    core::array::from_fn(|at| {
        let word = words[at / 2];
        if at % 2 == 0 { word.lo.into() } else { word.hi.into() }
    })
}

/// The row of a call that leaves the state as `after`; `is_writable` tells whether stores may
/// change the word at an address.
#[must_use]
pub fn fill(
    event: &Sha256,
    after: &[u64; 4],
    is_writable: impl Fn(u64) -> bool,
    counts: &mut Counts,
) -> Sha256Row<Goldilocks> {
    let [state, block, not_taken] = event.pointers.map(Goldilocks::from_u64);
    let half = |word: u64, at: usize| (word >> (32 * (at % 2))) as u32;
    Sha256Row {
        is_real: Goldilocks::ONE,
        time: Goldilocks::from_u32(event.time),
        state,
        block,
        not_taken,
        block_words: fill_reads(
            &event.block,
            event.pointers[1],
            is_writable,
            event.time + 1,
            counts,
        ),
        state_words: fill_writes(&event.state, event.time + 3, counts),
        after: after.map(Value::from_u64),
        after_limbs: after.map(|after| Limbs64::fill(after, counts)),
        carries: core::array::from_fn(|at| {
            let before = half(event.state[at / 2].value, at);
            Goldilocks::from_bool(half(after[at / 2], at) < before)
        }),
    }
}

#[cfg(test)]
mod tests {
    use lvm_isa::arithmetic;
    use lvm_isa::event::Access;

    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    fn event() -> Sha256 {
        let access = |value: u64| Access { value, time: 7 };
        Sha256 {
            time: 400,
            pointers: [0x2000, 0x3000, u64::MAX],
            block: core::array::from_fn(|at| access(u64::MAX / (at as u64 + 1))),
            state: core::array::from_fn(|at| access((u64::MAX / (at as u64 + 3)) << at)),
        }
    }

    fn after(event: &Sha256) -> [u64; 4] {
        let (state, block) = (event.state, event.block);
        arithmetic::sha256(&state.map(|access| access.value), &block.map(|access| access.value))
    }

    fn row() -> Sha256Row<Goldilocks> {
        let (event, mut counts) = (event(), Counts::new(1));
        let is_writable = |address: u64| address.is_multiple_of(16);
        let row = fill(&event, &after(&event), is_writable, &mut counts);
        expect_honest("sha256", &row, &counts, eval);
        row
    }

    #[test]
    fn the_state_is_replaced_and_the_block_read() {
        let (row, event) = (row(), event());
        let a2 = u64::MAX - 0xFFFF_FFFF_0000_0001;
        let call = message(&row, Bus::Call, Side::Receive, eval);
        assert_eq!(call, [400, NUMBER, 1, 0, 0x2000, 0x3000, a2]);
        let accesses = memory_sends(&row, eval);
        let block = (0x3000_u64..).step_by(8).zip(event.block);
        let block = block.map(|(address, access)| (address, access.value, 401));
        let state = (0x2000_u64..).step_by(8).zip(after(&event));
        let state = state.map(|(address, after)| (address, after, 403));
        assert!(accesses.into_iter().eq(block.chain(state)));
    }

    #[test]
    fn only_a_block_may_be_read_only() {
        let (_, messages) = check(&row(), eval);
        let memory = messages.iter().filter(|m| m.bus == Bus::Memory && m.side == Side::Receive);
        let writable: std::vec::Vec<bool> =
            memory.map(|m| m.fields[1] == Goldilocks::ONE).collect();
        let block = [true, false, true, false, true, false, true, false];
        assert_eq!(writable, [&block[..], &[true; 4]].concat());
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        let honest = row();
        let corrupt = |label: &str, change: fn(&mut Sha256Row<Goldilocks>)| {
            let mut row = honest;
            change(&mut row);
            expect_violation(&row, label, eval);
        };
        corrupt("is_real is boolean", |r| r.is_real = Goldilocks::TWO);
        corrupt("carries are boolean", |r| r.carries[3] = Goldilocks::TWO);
        corrupt("carries are boolean", |r| {
            // What was added is the same.
            r.after[1].hi += TWO_32;
            r.carries[3] -= Goldilocks::ONE;
        });
        corrupt("range16", |r| {
            r.after[3].hi += TWO_32;
            r.carries[7] = Goldilocks::ZERO;
        });
        corrupt("range16", |r| r.after[0].lo = -Goldilocks::ONE);
        corrupt("range16", |r| r.after_limbs[2].lo.low += Goldilocks::ONE);
        corrupt("range16", |r| r.block_words[7].found.time = r.time + Goldilocks::ONE);
        corrupt("range16", |r| r.state_words[0].time = r.time + Goldilocks::from_u8(3));
        expect_padding::<Sha256Row<Goldilocks>>(eval);
    }

    /// Each cell of a used row is bound: with any other number in it, something fails or another
    /// message is exchanged.
    #[test]
    fn every_cell_matters() {
        type Row = Sha256Row<Goldilocks>;
        let honest = row();
        let (_, messages) = check(&honest, eval);
        let mut cells = std::vec![Goldilocks::ZERO; Row::WIDTH];
        honest.write(&mut cells.iter_mut());
        for at in 0..Row::WIDTH {
            let mut cells = cells.clone();
            cells[at] += Goldilocks::ONE;
            let (failures, others) = check(&Row::of(&cells), eval);
            assert!(!failures.is_empty() || others != messages, "cell {at}");
        }
    }
}
