//! Accesses to the 32 bytes at any address.
//!
//! They have a part of four words of memory, or of five unless the address is a multiple of 8. The
//! bus `memory` has only addresses that are multiples of 8, and four words are accessed in any case:
//! so there is one choice of the offset, the address modulo 8, with which the accesses find a partner.

use lvm_isa::event::{Access, UNALIGNED_WORDS};
use p3_field::{Algebra, PrimeCharacteristicRing};
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::BytePairMsg;
use crate::columns::columns;
use crate::counts::Counts;
use crate::gadgets::memory::{MemoryAccess, MemoryWrite};
use crate::gadgets::value::Value;

/// Bytes of an operand.
const BYTES: usize = 32;
/// Bytes of a word.
const WORD_BYTES: usize = 8;

columns! {
    /// A read of the 32 bytes at any address.
    ///
    /// Assumes that the address is an integer that is less than the field's order by more than 2^35,
    /// that the read's own time is unique to it for its words, and that `active` is 0 or 1. Guarantees
    /// where active that the bytes are those of memory.
    pub struct UnalignedRead {
        /// 1 where the address modulo 8 is the position; 0 or 1, one of them if active.
        offsets: [cell; 8],
        /// Reads of the words; the last is none if the offset is 0.
        words: [MemoryAccess; 5],
        /// Bytes of the words; each below 2^8.
        bytes: [cell; 40],
    }
}

columns! {
    /// A write of the 32 bytes at any address. Assumes and guarantees what [`UnalignedRead`] does;
    /// the words' other bytes are kept.
    pub struct UnalignedWrite {
        /// 1 where the address modulo 8 is the position; 0 or 1, one of them if active.
        offsets: [cell; 8],
        /// Writes of the words; the last is none if the offset is 0.
        words: [MemoryWrite; 5],
        /// Bytes of the first word as found, of which those below the offset are kept; each below
        /// 2^8.
        first: [cell; 8],
        /// Bytes of the last word as found, of which those from the offset on are kept; likewise.
        last: [cell; 8],
        /// The bytes that are written; each below 2^8.
        bytes: [cell; 32],
    }
}

/// Bytes as a number, lowest first.
fn limb<E: Algebra<Goldilocks>>(bytes: impl DoubleEndedIterator<Item = E>) -> E {
    bytes.rev().fold(E::ZERO, |above, byte| above * Goldilocks::from_u16(1 << 8) + byte)
}

/// The sum of what there is at each offset, which is that at the offset that is.
fn at_offset<V: Copy + Into<E>, E: Algebra<Goldilocks>>(
    offsets: &[V; 8],
    value: impl Fn(usize) -> V,
) -> E {
    let terms = offsets.iter().enumerate();
    terms.map(|(offset, flag)| Into::<E>::into(*flag) * value(offset).into()).sum()
}

/// Guarantees that there is one offset where `active`, and none elsewhere; gives the address of the
/// first word, and whether the last word is accessed.
fn constrain_offsets<AB: TableBuilder>(
    builder: &mut AB,
    offsets: &[AB::Var; 8],
    pointer: AB::Expr,
    active: &AB::Expr,
) -> (AB::Expr, AB::Expr) {
    for offset in offsets {
        builder.constrain_bool("offsets are boolean", *offset);
    }
    let count: AB::Expr = offsets.iter().map(|offset| Into::<AB::Expr>::into(*offset)).sum();
    builder.constrain("one offset", count - active.clone());
    let offset = offsets
        .iter()
        .enumerate()
        .fold(AB::Expr::ZERO, |sum, (at, flag)| sum + *flag * AB::Expr::from_usize(at));
    (pointer - offset, active.clone() - offsets[0])
}

/// Guarantees that the bytes are bytes where `active`.
fn constrain_bytes<AB: TableBuilder>(builder: &mut AB, bytes: &[AB::Var], active: &AB::Expr) {
    for pair in bytes.chunks(2) {
        BytePairMsg { a: pair[0].into(), b: pair[1].into() }.send(builder, active.clone());
    }
}

/// Guarantees that the bytes are those of a word.
fn constrain_word<AB: TableBuilder>(builder: &mut AB, bytes: &[AB::Var], word: Value<AB::Var>) {
    let [low, high] = [&bytes[..4], &bytes[4..]]
        .map(|bytes| limb::<AB::Expr>(bytes.iter().map(|byte| (*byte).into())));
    builder.constrain("bytes make up the low limb", low - word.lo);
    builder.constrain("bytes make up the high limb", high - word.hi);
}

impl<V: Copy> UnalignedRead<V> {
    /// The access reads the bytes at `pointer` at `now`.
    pub fn constrain<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        pointer: impl Into<AB::Expr>,
        now: AB::Expr,
        active: impl Into<AB::Expr>,
    ) {
        let active = active.into();
        let (start, reaches_on) =
            constrain_offsets(builder, &self.offsets, pointer.into(), &active);
        constrain_bytes(builder, &self.bytes, &active);
        for (at, (word, bytes)) in self.words.iter().zip(self.bytes.chunks(WORD_BYTES)).enumerate()
        {
            constrain_word(builder, bytes, word.before());
            let address = start.clone() + AB::Expr::from_usize(WORD_BYTES * at);
            let is_read = if at < 4 { active.clone() } else { reaches_on.clone() };
            word.constrain_read(builder, address, now.clone(), is_read);
        }
    }

    /// The 32 bytes as a number, by its halves; of degree 2, and 0 where not active.
    pub fn halves<E: Algebra<Goldilocks>>(&self) -> [E; 8]
    where
        V: Into<E>,
    {
        let byte = |at: usize| at_offset(&self.offsets, |offset| self.bytes[offset + at]);
        core::array::from_fn(|half| limb((4 * half..4 * half + 4).map(byte)))
    }
}

impl<V: Copy> UnalignedWrite<V> {
    /// The access writes the bytes to `pointer` at `now`.
    pub fn constrain<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        pointer: impl Into<AB::Expr>,
        now: AB::Expr,
        active: impl Into<AB::Expr>,
    ) {
        let active = active.into();
        let (start, reaches_on) =
            constrain_offsets(builder, &self.offsets, pointer.into(), &active);
        for bytes in [self.bytes.as_slice(), &self.first, &self.last] {
            constrain_bytes(builder, bytes, &active);
        }
        constrain_word(builder, &self.first, self.words[0].before);
        constrain_word(builder, &self.last, self.words[4].before);
        // The byte at a position from the first word's begin on, after the write.
        let byte = |at: usize| -> AB::Expr {
            at_offset(&self.offsets, |offset| match at.checked_sub(offset) {
                None => self.first[at],
                Some(at) if at < BYTES => self.bytes[at],
                Some(_) => self.last[at - BYTES],
            })
        };
        for (at, word) in self.words.iter().enumerate() {
            let position = WORD_BYTES * at;
            let address = start.clone() + AB::Expr::from_usize(position);
            let after = Value {
                lo: limb((position..position + 4).map(byte)),
                hi: limb((position + 4..position + 8).map(byte)),
            };
            let is_written = if at < 4 { active.clone() } else { reaches_on.clone() };
            word.constrain(builder, address, after, now.clone(), is_written);
        }
    }

    /// The 32 bytes as a number, by its halves.
    pub fn halves<E: Algebra<Goldilocks>>(&self) -> [E; 8]
    where
        V: Into<E>,
    {
        core::array::from_fn(|half| {
            limb(self.bytes[4 * half..4 * half + 4].iter().map(|byte| (*byte).into()))
        })
    }
}

/// 1 at the address modulo 8.
fn fill_offsets(pointer: u64) -> [Goldilocks; 8] {
    core::array::from_fn(|at| Goldilocks::from_bool(at as u64 == pointer % WORD_BYTES as u64))
}

/// The bytes of words.
fn fill_bytes<const N: usize>(
    words: impl Iterator<Item = u64>,
    counts: &mut Counts,
) -> [Goldilocks; N] {
    let mut bytes = [Goldilocks::ZERO; N];
    for (place, word) in bytes.chunks_mut(WORD_BYTES).zip(words) {
        let word = word.to_le_bytes();
        word.chunks(2).for_each(|pair| counts.byte_pair(pair[0], pair[1]));
        place.copy_from_slice(&word.map(Goldilocks::from_u8));
    }
    bytes
}

impl UnalignedRead<Goldilocks> {
    /// The read of the bytes at `pointer`; `is_writable` tells whether stores may change the word at
    /// an address.
    pub fn fill(
        accesses: &[Access; UNALIGNED_WORDS],
        pointer: u64,
        is_writable: impl Fn(u64) -> bool,
        now: u32,
        counts: &mut Counts,
    ) -> Self {
        let offset = pointer % WORD_BYTES as u64;
        let mut read = Self {
            offsets: fill_offsets(pointer),
            words: Default::default(),
            bytes: fill_bytes(accesses.iter().map(|access| access.value), counts),
        };
        let addresses = (pointer - offset..).step_by(WORD_BYTES);
        let count = UNALIGNED_WORDS - usize::from(offset == 0);
        let words = read.words.iter_mut().zip(accesses).zip(addresses).take(count);
        for ((word, access), address) in words {
            *word = MemoryAccess::fill(*access, is_writable(address), now, counts);
        }
        read
    }
}

impl UnalignedWrite<Goldilocks> {
    /// The write of a number, given by its words, to `pointer`.
    pub fn fill(
        accesses: &[Access; UNALIGNED_WORDS],
        pointer: u64,
        number: &[u64; 4],
        now: u32,
        counts: &mut Counts,
    ) -> Self {
        let mut write = Self {
            offsets: fill_offsets(pointer),
            words: Default::default(),
            first: fill_bytes([accesses[0].value].into_iter(), counts),
            last: fill_bytes([accesses[4].value].into_iter(), counts),
            bytes: fill_bytes(number.iter().copied(), counts),
        };
        let count = UNALIGNED_WORDS - usize::from(pointer.is_multiple_of(WORD_BYTES as u64));
        for (word, access) in write.words.iter_mut().zip(accesses).take(count) {
            *word = MemoryWrite::fill(*access, now, counts);
        }
        write
    }
}
