//! `commit`: the memory words that commit calls read, one row a word.
//!
//! Statement: of a commit call's remaining bytes, the next one to eight, which lie in one memory
//! word, are at their positions in the public output. The rest is passed on to another row or
//! back to the ECALL.
//!
//! Each word is read at the ECALL's time plus 2, so a second row of the same call can't read it
//! again; honest rows take all of a word's bytes that the call covers.

use lvm_isa::event::Commit;
use p3_air::WindowAccess;
use p3_field::{Algebra, PrimeCharacteristicRing};
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{BytePairMsg, CommitMsg, OutputMsg};
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::memory::MemoryAccess;

columns! {
    /// The part of one commit call that lies in one word.
    pub struct CommitRow {
        /// Time at which the ECALL starts.
        time: cell,
        /// Address of the first byte taken.
        pointer: cell,
        /// Bytes that the call has left, this row's included.
        remaining: cell,
        /// Position of the first byte in the public output.
        position: cell,
        /// 1 at the first byte taken, as a position in the word; all 0 in padding.
        is_first: [cell; 8],
        /// 1 at each byte taken: a run that begins at the first.
        is_taken: [cell; 8],
        /// The word's bytes.
        bytes: [cell; 8],
        /// Read of the word.
        word: MemoryAccess,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = CommitRow::<AB::Var>::of(builder.main().current_slice());
    let sum = |cells: &[AB::Var]| -> AB::Expr {
        cells.iter().map(|cell| Into::<AB::Expr>::into(*cell)).sum()
    };
    let active = sum(&row.is_first);
    for flag in row.is_first {
        builder.constrain_bool("is_first is boolean", flag);
    }
    builder.constrain_bool("at most one first byte", active.clone());
    for (j, taken) in row.is_taken.into_iter().enumerate() {
        builder.constrain_bool("is_taken is boolean", taken);
        // A byte is taken only if it is the first or follows a taken one.
        let mut begun: AB::Expr = row.is_first[j].into();
        if j > 0 {
            begun += row.is_taken[j - 1].into();
        }
        builder.constrain("taken bytes are a run from the first", (begun - AB::Expr::ONE) * taken);
        builder.constrain(
            "the first byte is taken",
            (AB::Expr::ONE - Into::<AB::Expr>::into(taken)) * row.is_first[j],
        );
    }

    let limb = |bytes: &[AB::Var]| -> AB::Expr {
        bytes.iter().rev().fold(AB::Expr::ZERO, |acc, byte| {
            acc * Goldilocks::from_u16(256) + Into::<AB::Expr>::into(*byte)
        })
    };
    builder.constrain("bytes make up the low limb", limb(&row.bytes[..4]) - row.word.before().lo);
    builder.constrain("bytes make up the high limb", limb(&row.bytes[4..]) - row.word.before().hi);
    for pair in row.bytes.chunks(2) {
        BytePairMsg { a: pair[0].into(), b: pair[1].into() }.send(builder, active.clone());
    }

    let offset: AB::Expr =
        row.is_first.iter().enumerate().map(|(j, flag)| scaled::<AB>(*flag, j)).sum();
    let now = row.time + AB::Expr::TWO;
    row.word.constrain_read(builder, row.pointer - offset, now, active.clone());

    let taken = sum(&row.is_taken);
    CommitMsg {
        time: row.time.into(),
        pointer: row.pointer.into(),
        remaining: row.remaining.into(),
        position: row.position.into(),
    }
    .receive(builder, active.clone());
    CommitMsg {
        time: row.time.into(),
        pointer: taken.clone() + row.pointer,
        remaining: Into::<AB::Expr>::into(row.remaining) - taken.clone(),
        position: taken + row.position,
    }
    .send(builder, active);
    for j in 0..8 {
        let before = sum(&row.is_taken[..j]);
        OutputMsg { position: before + row.position, byte: row.bytes[j].into() }
            .send(builder, row.is_taken[j]);
    }
}

fn scaled<AB: TableBuilder>(flag: AB::Var, by: usize) -> AB::Expr
where
    AB::Expr: Algebra<Goldilocks>,
{
    Into::<AB::Expr>::into(flag) * Goldilocks::from_usize(by)
}

/// The row of one word; `is_writable` tells whether stores may change it.
pub fn fill(event: &Commit, is_writable: bool, counts: &mut Counts) -> CommitRow<Goldilocks> {
    let offset = (event.pointer % 8) as usize;
    let taken = (8 - offset as u64).min(event.remaining) as usize;
    let bytes = event.word.value.to_le_bytes();
    for pair in bytes.chunks(2) {
        counts.byte_pair(pair[0], pair[1]);
    }
    CommitRow {
        time: Goldilocks::from_u32(event.time),
        pointer: Goldilocks::from_u64(event.pointer),
        remaining: Goldilocks::from_u64(event.remaining),
        position: Goldilocks::from_u64(event.position),
        is_first: core::array::from_fn(|j| Goldilocks::from_bool(j == offset)),
        is_taken: core::array::from_fn(|j| {
            Goldilocks::from_bool((offset..offset + taken).contains(&j))
        }),
        bytes: bytes.map(Goldilocks::from_u8),
        word: MemoryAccess::fill(event.word, is_writable, event.time + 2, counts),
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use lvm_isa::event::Access;
    use p3_field::PrimeField64;

    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    fn row(offset: u64, remaining: u64) -> (CommitRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let word = Access { value: 0x8877_6655_4433_2211, time: 7 };
        let pointer = 0x2000 + offset;
        let event = Commit { time: 400, pointer, remaining, position: 50, word };
        let row = fill(&event, true, &mut counts);
        (row, counts)
    }

    #[test]
    fn honest_rows_put_the_bytes_in_place() {
        for offset in 0..8 {
            for remaining in 1..20 {
                let (row, counts) = row(offset, remaining);
                expect_honest("commit", &row, &counts, eval);
                let taken = remaining.min(8 - offset);
                let (_, messages) = check(&row, eval);
                let bytes: Vec<_> = messages
                    .iter()
                    .filter(|m| m.bus == Bus::Output)
                    .map(|m| (m.fields[0].as_canonical_u64(), m.fields[1].as_canonical_u64()))
                    .collect();
                let expected: Vec<_> =
                    (0..taken).map(|i| (50 + i, 0x11 * (1 + offset + i))).collect();
                assert_eq!(bytes, expected);
                assert_eq!(memory_sends(&row, eval), [(0x2000, 0x8877_6655_4433_2211, 402)]);
                assert_eq!(
                    message(&row, Bus::Commit, Side::Send, eval),
                    [400, 0x2000 + offset + taken, remaining - taken, 50 + taken]
                );
            }
        }
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        let (honest, _) = row(2, 3);
        let corrupt = |label: &str, change: fn(&mut CommitRow<Goldilocks>)| {
            let mut row = honest;
            change(&mut row);
            expect_violation(&row, label, eval);
        };
        corrupt("is_first is boolean", |r| r.is_first[0] = Goldilocks::TWO);
        corrupt("at most one first byte", |r| r.is_first[0] = Goldilocks::ONE);
        corrupt("is_taken is boolean", |r| r.is_taken[3] = Goldilocks::TWO);
        corrupt("taken bytes are a run from the first", |r| r.is_taken[0] = Goldilocks::ONE);
        corrupt("taken bytes are a run from the first", |r| r.is_taken[3] = Goldilocks::ZERO);
        corrupt("the first byte is taken", |r| r.is_taken[2] = Goldilocks::ZERO);
        corrupt("bytes make up the low limb", |r| r.bytes[2] += Goldilocks::ONE);
        corrupt("bytes make up the high limb", |r| r.bytes[7] += Goldilocks::ONE);
        corrupt("byte_pair", |r| {
            r.bytes[0] += Goldilocks::from_u16(256);
            r.bytes[1] -= Goldilocks::ONE;
        });
        expect_padding::<CommitRow<Goldilocks>>(eval);
    }
}
