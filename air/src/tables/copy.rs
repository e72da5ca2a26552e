//! `copy`: the words that `copy_words` calls copy, one row a word, and one more to begin each call.
//!
//! Statement: of a call's remaining words, the next one is at its destination: the eight bytes from
//! `source` on. The rest is passed on to another row.
//!
//! Bytes at a source that isn't aligned lie in two memory words. Each word is read once: what a row
//! doesn't take of the word that it reads is its successor's *carry*. The row that begins the call
//! reads the word with the first byte, makes it the carry and writes nothing; if the source is
//! aligned there is no carry, and it doesn't read either. All reads take place before the writes,
//! so that an overlap doesn't matter.
//!
//! A call's rows form a chain along `remaining`, from the ECALL's number of words to 1: a chain has
//! no other end, and no beginning other than an ECALL, since rows are fewer than the field's order.

use lvm_isa::event::CopyStep;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{BytePairMsg, CopyMsg};
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::memory::{MemoryAccess, MemoryWrite};
use crate::gadgets::value::Value;

columns! {
    /// One word of one `copy_words` call, or its begin.
    pub struct CopyRow {
        /// Time at which the ECALL starts.
        time: cell,
        /// Address of the first of the eight bytes.
        source: cell,
        /// Address of the word that they go to, or of the call's first.
        destination: cell,
        /// Words that the call has left, this row's included.
        remaining: cell,
        /// 1 in the row that begins the call; 0 or 1.
        is_begin: cell,
        /// 1 in the row of the call's last word; 0 or 1.
        is_last: cell,
        /// 1 where the source modulo 8 is the position; 0 or 1, one of them in a used row.
        offsets: [cell; 8],
        /// What the row before has left of the word that it read; canonical.
        carry: Value,
        /// Bytes of the word that this row reads; each below 2^8.
        bytes: [cell; 8],
        /// Read of that word.
        word: MemoryAccess,
        /// The bytes from `source` on, which the destination becomes; canonical.
        copied: Value,
        /// What this row leaves of the word; canonical.
        next_carry: Value,
        /// Write of the destination.
        target: MemoryWrite,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = CopyRow::<AB::Var>::of(builder.main().current_slice());
    let one = || AB::Expr::ONE;
    for offset in row.offsets {
        builder.constrain_bool("offsets are boolean", offset);
    }
    let active: AB::Expr = row.offsets.iter().map(|offset| (*offset).into()).sum();
    builder.constrain_bool("at most one offset", active.clone());
    builder.constrain_bool("is_begin is boolean", row.is_begin);
    builder.constrain_bool("is_last is boolean", row.is_last);
    builder.constrain("only a used row begins a call", (one() - active.clone()) * row.is_begin);
    let copies = active.clone() - row.is_begin;
    builder.constrain("only a word's row is the last", (one() - copies.clone()) * row.is_last);
    builder.constrain("the last row copies the last word", (row.remaining - one()) * row.is_last);

    // The word that is read has the first byte where the row begins the call, else the last. There
    // are only addresses that are multiples of 8, so that a word's row has one choice of the offset,
    // which the call's begin shares with it. The begin reads nothing where the source is aligned,
    // and its address doesn't matter there.
    let misplaced = (1..8).fold(AB::Expr::ZERO, |sum, offset| {
        sum + row.offsets[offset] * AB::Expr::from_usize(offset)
    });
    let reaches_on = copies.clone() - row.offsets[0];
    let address = reaches_on * AB::Expr::from_u8(8) + row.source - misplaced.clone();
    let now = row.time + AB::Expr::TWO;
    let reads = active.clone() - row.is_begin * row.offsets[0];
    row.word.constrain_read(builder, address, now, reads);
    let limb = |bytes: &[AB::Expr]| {
        let above = bytes.iter().rev().cloned();
        above.fold(AB::Expr::ZERO, |above, byte| above * AB::Expr::from_u16(1 << 8) + byte)
    };
    let bytes: [AB::Expr; 8] = row.bytes.map(Into::into);
    let before = row.word.before();
    builder.constrain("bytes make up the low limb", limb(&bytes[..4]) - before.lo);
    builder.constrain("bytes make up the high limb", limb(&bytes[4..]) - before.hi);
    for pair in row.bytes.chunks(2) {
        BytePairMsg { a: pair[0].into(), b: pair[1].into() }.send(builder, active.clone());
    }

    // With offset k, the word's low k bytes follow the carry's 8 − k, and the others are left. If
    // the source is aligned, all are taken.
    let taken = |position: usize| {
        let moved =
            (1..8).filter(|offset| position + offset >= 8).fold(AB::Expr::ZERO, |sum, offset| {
                sum + row.offsets[offset] * row.bytes[position + offset - 8]
            });
        moved + row.offsets[0] * row.bytes[position]
    };
    let left = |position: usize| {
        (1..8 - position).fold(AB::Expr::ZERO, |sum, offset| {
            sum + row.offsets[offset] * row.bytes[position + offset]
        })
    };
    let taken: [AB::Expr; 8] = core::array::from_fn(taken);
    let left: [AB::Expr; 8] = core::array::from_fn(left);
    builder.constrain(
        "the carry and the bytes taken are copied, low limb",
        limb(&taken[..4]) + row.carry.lo - row.copied.lo,
    );
    builder.constrain(
        "the carry and the bytes taken are copied, high limb",
        limb(&taken[4..]) + row.carry.hi - row.copied.hi,
    );
    builder
        .constrain("the other bytes are carried, low limb", limb(&left[..4]) - row.next_carry.lo);
    builder
        .constrain("the other bytes are carried, high limb", limb(&left[4..]) - row.next_carry.hi);
    let now = row.time + AB::Expr::from_u8(3);
    let copied = row.copied.into_exprs();
    row.target.constrain(builder, row.destination, copied, now, copies.clone());

    let state = |has_begun: AB::Expr, words: AB::Expr, carry: Value<AB::Var>| CopyMsg {
        time: row.time.into(),
        phase: has_begun * AB::Expr::from_u8(8) + misplaced.clone(),
        source: words.clone() * AB::Expr::from_u8(8) + row.source,
        destination: words.clone() * AB::Expr::from_u8(8) + row.destination,
        remaining: Into::<AB::Expr>::into(row.remaining) - words,
        carry_lo: carry.lo.into(),
        carry_hi: carry.hi.into(),
    };
    state(copies.clone(), AB::Expr::ZERO, row.carry).receive(builder, active.clone());
    state(active.clone(), copies, row.next_carry).send(builder, active - row.is_last);
}

/// The row of one word or begin; `is_writable` tells whether stores may change the word read.
pub fn fill(event: &CopyStep, is_writable: bool, counts: &mut Counts) -> CopyRow<Goldilocks> {
    let offset = (event.source % 8) as usize;
    let reads = !event.is_begin || offset != 0;
    let bytes = event.word.value.to_le_bytes();
    for pair in bytes.chunks(2) {
        counts.byte_pair(pair[0], pair[1]);
    }
    CopyRow {
        time: Goldilocks::from_u32(event.time),
        source: Goldilocks::from_u64(event.source),
        destination: Goldilocks::from_u64(event.destination),
        remaining: Goldilocks::from_u64(event.remaining),
        is_begin: Goldilocks::from_bool(event.is_begin),
        is_last: Goldilocks::from_bool(!event.is_begin && event.remaining == 1),
        offsets: core::array::from_fn(|position| Goldilocks::from_bool(position == offset)),
        carry: Value::from_u64(event.carry),
        bytes: bytes.map(Goldilocks::from_u8),
        word: if reads {
            MemoryAccess::fill(event.word, is_writable, event.time + 2, counts)
        } else {
            MemoryAccess::default()
        },
        copied: Value::from_u64(event.copied()),
        next_carry: Value::from_u64(event.next_carry()),
        target: if event.is_begin {
            MemoryWrite::default()
        } else {
            MemoryWrite::fill(event.target, event.time + 3, counts)
        },
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use lvm_isa::event::Access;

    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    const WORDS: [u64; 4] =
        [0x0706_0504_0302_0100, 0x1716_1514_1312_1110, u64::MAX - 1, 0x3736_3534_3332_3130];

    /// The events of a call that copies three words from `offset` in [`WORDS`], which begin at
    /// 0x2000, to 0x3000.
    fn events(offset: u64) -> Vec<CopyStep> {
        let word = |at: u64| Access { value: WORDS[at as usize], time: 7 };
        let target = Access { value: 5, time: 9 };
        let (time, source, destination) = (400, 0x2000 + offset, 0x3000);
        let begin = CopyStep {
            time,
            source,
            destination,
            remaining: 3,
            is_begin: true,
            word: if offset == 0 { Access::default() } else { word(0) },
            ..CopyStep::default()
        };
        let mut events = std::vec![begin];
        for at in 0..3 {
            events.push(CopyStep {
                time,
                source: source + 8 * at,
                destination: destination + 8 * at,
                remaining: 3 - at,
                is_begin: false,
                carry: events[at as usize].next_carry(),
                word: word(at + u64::from(offset != 0)),
                target,
            });
        }
        events
    }

    fn rows(offset: u64) -> Vec<CopyRow<Goldilocks>> {
        let fill = |event: &CopyStep| {
            let mut counts = Counts::new(1);
            let row = fill(event, true, &mut counts);
            expect_honest("copy", &row, &counts, eval);
            row
        };
        events(offset).iter().map(fill).collect()
    }

    #[test]
    fn honest_rows_copy_the_bytes_from_the_source_on() {
        let memory: Vec<u8> = WORDS.iter().flat_map(|word| word.to_le_bytes()).collect();
        for offset in 0..8 {
            let rows = rows(offset);
            let mut state = message(&rows[0], Bus::Copy, Side::Receive, eval);
            assert_eq!(state, [400, offset, 0x2000 + offset, 0x3000, 3, 0, 0]);
            for (at, row) in rows.iter().enumerate() {
                assert_eq!(message(row, Bus::Copy, Side::Receive, eval), state);
                let accesses = memory_sends(row, eval);
                let read = 0x2000 + 8 * (at as u64).saturating_sub(u64::from(offset == 0));
                if at == 0 && offset == 0 {
                    assert_eq!(accesses, []);
                } else if at == 0 {
                    assert_eq!(accesses, [(0x2000, WORDS[0], 402)]);
                } else {
                    let start = offset as usize + 8 * (at - 1);
                    let bytes = memory[start..start + 8].try_into().unwrap();
                    let copied = (0x3000 + 8 * (at as u64 - 1), u64::from_le_bytes(bytes), 403);
                    assert_eq!(
                        accesses,
                        [(read, WORDS[(read as usize - 0x2000) / 8], 402), copied]
                    );
                }
                let (_, messages) = check(row, eval);
                let sends = messages.iter().any(|m| m.bus == Bus::Copy && m.side == Side::Send);
                assert_eq!(sends, at < 3);
                if sends {
                    state = message(row, Bus::Copy, Side::Send, eval);
                }
            }
        }
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        let honest = rows(3);
        let corrupt = |at: usize, label: &str, change: fn(&mut CopyRow<Goldilocks>)| {
            let mut row = honest[at];
            change(&mut row);
            expect_violation(&row, label, eval);
        };
        corrupt(1, "offsets are boolean", |r| r.offsets[3] = Goldilocks::TWO);
        corrupt(1, "at most one offset", |r| r.offsets[2] = Goldilocks::ONE);
        corrupt(0, "is_begin is boolean", |r| r.is_begin = Goldilocks::TWO);
        corrupt(3, "is_last is boolean", |r| r.is_last = Goldilocks::TWO);
        corrupt(0, "only a word's row is the last", |r| r.is_last = Goldilocks::ONE);
        corrupt(2, "the last row copies the last word", |r| r.is_last = Goldilocks::ONE);
        corrupt(1, "bytes make up the low limb", |r| r.bytes[0] += Goldilocks::ONE);
        corrupt(1, "bytes make up the high limb", |r| r.bytes[7] += Goldilocks::ONE);
        corrupt(1, "byte_pair", |r| {
            r.bytes[0] += Goldilocks::from_u16(256);
            r.bytes[1] -= Goldilocks::ONE;
        });
        corrupt(1, "the carry and the bytes taken are copied, low limb", |r| {
            r.carry.lo += Goldilocks::ONE;
        });
        corrupt(2, "the carry and the bytes taken are copied, high limb", |r| {
            r.copied.hi += Goldilocks::ONE;
        });
        corrupt(0, "the other bytes are carried, low limb", |r| {
            r.next_carry.lo += Goldilocks::ONE;
        });
        corrupt(2, "the other bytes are carried, high limb", |r| {
            r.next_carry.hi += Goldilocks::ONE;
        });
        corrupt(1, "range16", |r| r.word.found.time = r.time + Goldilocks::TWO);
        corrupt(1, "range16", |r| r.target.time = r.time + Goldilocks::from_u8(3));

        let unused = CopyRow { is_begin: Goldilocks::ONE, ..CopyRow::default() };
        expect_violation(&unused, "only a used row begins a call", eval);
        let unused =
            CopyRow { is_last: Goldilocks::ONE, remaining: Goldilocks::ONE, ..CopyRow::default() };
        expect_violation(&unused, "only a word's row is the last", eval);
        expect_padding::<CopyRow<Goldilocks>>(eval);
    }

    /// With another offset than the source's, the address of the word isn't a multiple of 8.
    #[test]
    fn another_offset_reads_no_word_of_memory() {
        let honest = rows(3)[1];
        for offset in (0..8).filter(|offset| *offset != 3) {
            let mut row = honest;
            row.offsets = core::array::from_fn(|at| Goldilocks::from_bool(at == offset));
            let [(read, ..), _] = memory_sends(&row, eval)[..] else { panic!("two accesses") };
            assert!(!read.is_multiple_of(8), "{offset}");
        }
    }

    /// A call's begin that claims an aligned source reads nothing, so that its address doesn't tell
    /// the offset: the rows of words don't take what it sends.
    #[test]
    fn a_begin_has_the_offset_of_its_words() {
        for offset in 0..8 {
            let [begin, word, ..] = rows(offset)[..] else { panic!("a begin and words") };
            let received = message(&word, Bus::Copy, Side::Receive, eval);
            assert_eq!(message(&begin, Bus::Copy, Side::Send, eval), received);
            for other in (0..8).filter(|other| *other != offset) {
                let mut lie = CopyRow {
                    time: begin.time,
                    source: begin.source,
                    destination: begin.destination,
                    remaining: begin.remaining,
                    is_begin: Goldilocks::ONE,
                    ..CopyRow::default()
                };
                lie.offsets[other as usize] = Goldilocks::ONE;
                let (failures, messages) = check(&lie, eval);
                assert_eq!(failures, Vec::<String>::new(), "by itself such a row is possible");
                assert_eq!(messages.iter().any(|m| m.bus == Bus::Memory), other != 0);
                // Neither can the ECALL's offset be that of rows of words.
                let before = message(&lie, Bus::Copy, Side::Receive, eval);
                let after = message(&lie, Bus::Copy, Side::Send, eval);
                assert_eq!((before[1], after[1], received[1]), (other, 8 + other, 8 + offset));
            }
        }
    }
}
