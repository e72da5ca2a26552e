//! `multiply_x`: the calls `multiply_x`, LambdaVM's multiples of points by x, one row each.
//!
//! Statement: the 32 bytes at a0 become x of `k·P`, where `P` is a point of secp256k1 with the x at a1,
//! k is the number at a2 and 1 ≤ k < n. `ladder` has the steps, and `point` their sums.
//!
//! The row proves over the integers, with p the field's modulus and numbers below 2^256 that it makes up,
//!
//! ```text
//! x² − s            = quotient·p
//! y² − s·x − 7      = quotient·p      where this quotient may be negative
//! ```
//!
//! and x < p: so (x, y) is on the curve. It sends this point and the position of the highest bit of k
//! to `ladder`, with each bit below it, and receives the multiple. y may be either root, and need
//! not be less than p where k is 1; else `point` sees to it.
//!
//! x is read at the call's time, k one tick later, and the result is written three ticks later:
//! all of them may overlap.

use alloc::vec::Vec;

#[cfg(feature = "fill")]
use lvm_isa::event::MultiplyX;
#[cfg(feature = "fill")]
use lvm_isa::multiple::Multiple;
use lvm_syscalls::curve::Curve;
use lvm_syscalls::multiply_x::{B, NUMBER, ORDER};
use p3_air::WindowAccess;
use p3_field::{Algebra, PrimeCharacteristicRing};
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{CallMsg, LadderBitMsg, LadderMsg, PointHalves};
use crate::columns::{Columns, columns};
#[cfg(feature = "fill")]
use crate::counts::Counts;
use crate::gadgets::less_than::Gap;
use crate::gadgets::unaligned::{UnalignedRead, UnalignedWrite};
use crate::gadgets::wide::{
    Equation, Word, constrain_less, halves_of_constant, halves_of_words, limbs_of_constant,
    limbs_of_words,
};
#[cfg(feature = "fill")]
use crate::gadgets::wide::{fill_less, fill_words};

columns! {
    /// One call.
    pub struct MultiplyXRow {
        /// Time at which the ECALL starts.
        time: cell,
        /// 1 in a row that is used; 0 or 1.
        is_used: cell,
        /// Address of the result.
        result_pointer: cell,
        /// Address of x.
        x_pointer: cell,
        /// Address of k.
        k_pointer: cell,
        /// Read of x.
        x_read: UnalignedRead,
        /// Read of k.
        k_read: UnalignedRead,
        /// Write of the result.
        result: UnalignedWrite,
        /// Halves of the result's y, which isn't written; as `ladder` has it.
        result_y: [cell; 8],
        /// x.
        x: [Word; 4],
        /// s, a number that is x² modulo p.
        square: [Word; 4],
        /// y.
        y: [Word; 4],
        /// The quotient of x² − s.
        square_quotient: [Word; 4],
        /// Carries of that equation.
        square_carries: [Gap; 15],
        /// The quotient of y² − s·x − 7, plus 2^256 if it is negative.
        root_quotient: [Word; 4],
        /// 1 if it is negative; 0 or 1.
        is_root_quotient_negative: cell,
        /// Carries of that equation.
        root_carries: [Gap; 15],
        /// 1 at the highest half in which x and p differ; 0 or 1.
        x_decides: [cell; 8],
        /// The difference there, less 1.
        x_less: Gap,
        /// 1 at the highest half in which k and n differ; 0 or 1.
        k_decides: [cell; 8],
        /// The difference there, less 1.
        k_less: Gap,
        /// Bits of k; 0 or 1.
        bits: [cell; 256],
        /// 1 where this bit of k or a higher one is 1; 0 or 1.
        begun: [cell; 256],
    }
}

/// The call's number on the bus `call`: its high half is 2^32 − 1.
const NUMBER_ON_BUS: u64 = (1 << 32) + (NUMBER & 0xffff_ffff);
const _: () = assert!(NUMBER >> 32 == 0xffff_ffff);

impl<V: Copy> MultiplyXRow<V> {
    /// What is zero.
    fn equations<E: Algebra<Goldilocks>>(&self) -> [Equation<E>; 2]
    where
        V: Into<E>,
    {
        let modulus: Vec<E> =
            limbs_of_constant(&Curve::Secp256k1.modulus()).into_iter().map(E::from).collect();
        let x: Vec<E> = limbs_of_words(&self.x);
        let y: Vec<E> = limbs_of_words(&self.y);

        let mut square = Equation::new(16);
        square.add_product(&x, &x);
        square.subtract(&halves_of_words(&self.square));
        square.subtract_product(&limbs_of_words(&self.square_quotient), &modulus);

        let mut root = Equation::new(16);
        root.add_product(&y, &y);
        root.subtract_product(&limbs_of_words(&self.square), &x);
        root.subtract(&[Into::<E>::into(self.is_used) * Goldilocks::from_u64(B)]);
        let high = -Into::<E>::into(self.is_root_quotient_negative);
        root.subtract_multiple(&limbs_of_words(&self.root_quotient), high, &modulus);
        [square, root]
    }

    /// The halves of k.
    fn k_halves<E: Algebra<Goldilocks>>(&self) -> Vec<E>
    where
        V: Into<E>,
    {
        let half = |bits: &[V]| {
            let above = bits.iter().rev();
            above.fold(E::ZERO, |above, bit| above.double() + (*bit).into())
        };
        self.bits.chunks(32).map(half).collect()
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = MultiplyXRow::<AB::Var>::of(builder.main().current_slice());
    let active: AB::Expr = row.is_used.into();
    builder.constrain_bool("is_used is boolean", active.clone());
    CallMsg {
        time: row.time.into(),
        number: AB::Expr::from_u64(NUMBER_ON_BUS),
        takes_a1: AB::Expr::ONE,
        takes_a2: AB::Expr::ONE,
        a0: row.result_pointer.into(),
        a1: row.x_pointer.into(),
        a2: row.k_pointer.into(),
    }
    .receive(builder, active.clone());

    let now = |ticks: u8| Into::<AB::Expr>::into(row.time) + AB::Expr::from_u8(ticks);
    row.x_read.constrain(builder, row.x_pointer, now(0), active.clone());
    row.k_read.constrain(builder, row.k_pointer, now(1), active.clone());
    row.result.constrain(builder, row.result_pointer, now(3), active.clone());

    // The point.
    for word in [row.x, row.square, row.y, row.square_quotient, row.root_quotient].as_flattened() {
        word.constrain(builder, active.clone());
    }
    let x: Vec<AB::Expr> = halves_of_words(&row.x);
    for (half, read) in x.iter().zip(row.x_read.halves::<AB::Expr>()) {
        builder.constrain("x is the number that is read", half.clone() - read);
    }
    let constant = |words: &[u64; 4]| -> Vec<AB::Expr> {
        halves_of_constant(words).into_iter().map(AB::Expr::from).collect()
    };
    let modulus = constant(&Curve::Secp256k1.modulus());
    constrain_less(builder, &x, &modulus, &row.x_decides, &row.x_less, active.clone());
    builder.constrain_bool("the sign is boolean", row.is_root_quotient_negative);
    let [square, root] = row.equations();
    square.constrain(builder, "s is x²", &row.square_carries, active.clone());
    root.constrain(builder, "y² is s·x + 7", &row.root_carries, active.clone());

    // The scalar.
    let k: Vec<AB::Expr> = row.k_halves();
    for (half, read) in k.iter().zip(row.k_read.halves::<AB::Expr>()) {
        builder.constrain("k is the number that is read", half.clone() - read);
    }
    constrain_less(builder, &k, &constant(&ORDER), &row.k_decides, &row.k_less, active.clone());
    let mut has_begun = AB::Expr::ZERO;
    for (bit, begun) in row.bits.into_iter().zip(row.begun).rev() {
        builder.constrain_bool("bits are boolean", bit);
        let either = has_begun.clone() + bit - has_begun * bit;
        builder.constrain("a bit begins the scalar, or one above it", either - begun);
        has_begun = begun.into();
    }
    builder.constrain("k is not 0", has_begun - active.clone());

    // The ladder, from the highest bit on. The position of that is the number of those below it.
    let below = |position: usize| Into::<AB::Expr>::into(row.begun[position + 1]);
    for position in 0..255 {
        LadderBitMsg {
            time: row.time.into(),
            position: AB::Expr::from_usize(position),
            bit: row.bits[position].into(),
        }
        .send(builder, below(position));
    }
    let y: Vec<AB::Expr> = halves_of_words(&row.y);
    let base: PointHalves<AB::Expr> =
        core::array::from_fn(|at| if at < 8 { x[at].clone() } else { y[at - 8].clone() });
    let result_x = row.result.halves::<AB::Expr>();
    let result: PointHalves<AB::Expr> = core::array::from_fn(|at| match at {
        ..8 => result_x[at].clone(),
        _ => row.result_y[at - 8].into(),
    });
    let state = |remaining: AB::Expr, acc: PointHalves<AB::Expr>| LadderMsg {
        time: row.time.into(),
        remaining,
        acc,
        base: base.clone(),
    };
    state((0..255).map(below).sum(), base.clone()).send(builder, active.clone());
    state(AB::Expr::ZERO, result).receive(builder, active);
}

/// The row of a call and the multiple that it makes; `is_writable` tells whether stores may change the
/// word at an address.
#[cfg(feature = "fill")]
pub fn fill(
    event: &MultiplyX,
    multiple: &Multiple,
    is_writable: impl Fn(u64) -> bool,
    counts: &mut Counts,
) -> MultiplyXRow<Goldilocks> {
    use lvm_isa::arithmetic::{divide_sum, one};

    let MultiplyX { time, pointers: [result_pointer, x_pointer, k_pointer], .. } = *event;
    let (k, modulus, one) = (event.k(), Curve::Secp256k1.modulus(), one());
    let [x, y] = multiple.base;
    let [result_x, result_y] = multiple.point();
    // An event without a result, which no run leaves, has a row that isn't accepted.
    let divided = |terms: &[(bool, &[u64; 4], &[u64; 4])]| {
        let division = divide_sum(terms, &modulus);
        division.map_or(([0; 4], 0, [0; 4]), |it| (it.quotient, it.quotient_high, it.remainder))
    };
    let (square_quotient, _, square) = divided(&[(false, &x, &x)]);
    let (root_quotient, root_high, _) =
        divided(&[(false, &y, &y), (true, &square, &x), (true, &[B, 0, 0, 0], &one)]);
    let (x_decides, x_less) = fill_less(&x, &modulus, counts);
    let (k_decides, k_less) = fill_less(&k, &ORDER, counts);
    let bits: [bool; 256] = core::array::from_fn(|at| k[at / 64] >> (at % 64) & 1 == 1);
    let length = bits.iter().rposition(|bit| *bit).map_or(0, |highest| highest + 1);
    let y_halves = halves_of_constant(&result_y);
    let mut row = MultiplyXRow {
        time: Goldilocks::from_u32(time),
        is_used: Goldilocks::ONE,
        result_pointer: Goldilocks::from_u64(result_pointer),
        x_pointer: Goldilocks::from_u64(x_pointer),
        k_pointer: Goldilocks::from_u64(k_pointer),
        x_read: UnalignedRead::fill(&event.x, x_pointer, &is_writable, time, counts),
        k_read: UnalignedRead::fill(&event.k, k_pointer, &is_writable, time + 1, counts),
        result: UnalignedWrite::fill(&event.target, result_pointer, &result_x, time + 3, counts),
        result_y: core::array::from_fn(|at| y_halves[at]),
        x: fill_words(&x, counts),
        square: fill_words(&square, counts),
        y: fill_words(&y, counts),
        square_quotient: fill_words(&square_quotient, counts),
        root_quotient: fill_words(&root_quotient, counts),
        is_root_quotient_negative: Goldilocks::from_bool(root_high < 0),
        x_decides,
        x_less,
        k_decides,
        k_less,
        bits: bits.map(Goldilocks::from_bool),
        begun: core::array::from_fn(|at| Goldilocks::from_bool(at < length)),
        ..MultiplyXRow::default()
    };
    let [square, root] = row.equations();
    row.square_carries = square.fill(counts);
    row.root_carries = root.fill(counts);
    row
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::vec::Vec;

    use lvm_isa::event::{Access, UNALIGNED_WORDS};
    use lvm_isa::multiple::multiple;

    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    type Row = MultiplyXRow<Goldilocks>;

    /// x of the base point (SEC 2, section 2.4.1).
    const G: [u64; 4] =
        [0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac];
    const K: [u64; 4] = [0xfedc_ba98_7654_3210, 0x0123_4567_89ab_cdef, 7, 0x8000_0000_0000_0000];
    /// Where words can't be written.
    const READ_ONLY: u64 = 0x8000;

    /// Bytes from 0x3000 on, none of them 0.
    fn memory() -> Vec<u8> {
        (0..0x6000_u32).map(|at| (at % 255 + 1) as u8).collect()
    }

    fn bytes(number: &[u64; 4]) -> Vec<u8> {
        number.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// The event of a call that finds this memory, and what it leaves at the result.
    fn event(memory: &[u8], pointers: [u64; 3]) -> MultiplyX {
        let mut times = BTreeMap::new();
        let mut accesses = |pointer: u64, now: u32| -> [Access; UNALIGNED_WORDS] {
            core::array::from_fn(|at| {
                let address = (pointer & !7) + 8 * at as u64;
                if address >= pointer + 32 {
                    return Access::default();
                }
                let at = address as usize - 0x3000;
                let value = u64::from_le_bytes(memory[at..at + 8].try_into().unwrap());
                Access { value, time: times.insert(address, now).unwrap_or(7) }
            })
        };
        let [result, x, k] = pointers;
        MultiplyX {
            time: 400,
            pointers,
            x: accesses(x, 400),
            k: accesses(k, 401),
            target: accesses(result, 403),
        }
    }

    /// The memory with operands at these pointers; the last one given stays where they overlap.
    fn with(pointers: [u64; 3], x: &[u64; 4], k: &[u64; 4]) -> Vec<u8> {
        let mut memory = memory();
        for (pointer, number) in [(pointers[1], x), (pointers[2], k)] {
            memory[pointer as usize - 0x3000..][..32].copy_from_slice(&bytes(number));
        }
        memory
    }

    /// The row of a call, or what comes closest to one if it traps.
    fn filled(event: &MultiplyX) -> (Row, Counts) {
        let none = Multiple { base: [event.x(), [0; 4]], steps: Vec::new() };
        let multiple = multiple(&event.x(), &event.k()).unwrap_or(none);
        let mut counts = Counts::new(1);
        let row = fill(event, &multiple, |address| address < READ_ONLY, &mut counts);
        (row, counts)
    }

    fn row(x: &[u64; 4], k: &[u64; 4]) -> Row {
        let pointers = [0x3003, 0x4005, 0x5006];
        filled(&event(&with(pointers, x, k), pointers)).0
    }

    fn check_call(memory: &[u8], pointers: [u64; 3]) {
        let event = event(memory, pointers);
        let context = std::format!("{pointers:x?} {:x?} {:x?}", event.x(), event.k());
        let (row, counts) = filled(&event);
        expect_honest(&context, &row, &counts, eval);

        // Everything that is read is as it was, and of what is written the result alone is new.
        let [x, k] = [pointers[1], pointers[2]].map(|pointer| {
            let at = pointer as usize - 0x3000;
            core::array::from_fn(|word| {
                u64::from_le_bytes(memory[at + 8 * word..][..8].try_into().unwrap())
            })
        });
        let point = multiple(&x, &k).expect("a multiple").point();
        let mut after = memory.to_vec();
        after[pointers[0] as usize - 0x3000..][..32].copy_from_slice(&bytes(&point[0]));
        let mut expected = Vec::new();
        for (pointer, memory, time) in
            [(pointers[1], memory, 400), (pointers[2], memory, 401), (pointers[0], &after, 403)]
        {
            for address in (pointer & !7..pointer + 32).step_by(8) {
                let at = address as usize - 0x3000;
                let value = u64::from_le_bytes(memory[at..at + 8].try_into().unwrap());
                expected.push((address, value, time));
            }
        }
        assert_eq!(memory_sends(&row, eval), expected, "{context}");

        let call = message(&row, Bus::Call, Side::Receive, eval);
        assert_eq!(call, [&[400, (1 << 33) - 11, 1, 1][..], &pointers].concat());
        let first = message(&row, Bus::Ladder, Side::Send, eval);
        let last = message(&row, Bus::Ladder, Side::Receive, eval);
        let length = 256
            - k.iter()
                .rev()
                .fold((0, true), |(zeros, all), word| {
                    (zeros + if all { word.leading_zeros() } else { 0 }, all && *word == 0)
                })
                .0;
        assert_eq!(first[..2], [400, u64::from(length) - 1]);
        assert_eq!(last[..2], [400, 0]);
        assert_eq!(first[2..18], first[18..]);
        assert_eq!(last[18..], first[18..]);
        let halves = |point: &[[u64; 4]; 2]| -> Vec<u64> {
            let words = point.as_flattened().iter();
            words.flat_map(|word| [word & 0xffff_ffff, word >> 32]).collect()
        };
        assert_eq!(last[2..18], halves(&point));
        let (_, messages) = check(&row, eval);
        let bits = messages.iter().filter(|message| message.bus == Bus::LadderBit);
        let bits: Vec<Vec<Goldilocks>> = bits.map(|message| message.fields.clone()).collect();
        let expected: Vec<Vec<Goldilocks>> = (0..length as usize - 1)
            .map(|at| {
                let bit = k[at / 64] >> (at % 64) & 1;
                [400, at as u64, bit].map(Goldilocks::from_u64).to_vec()
            })
            .collect();
        assert_eq!(bits, expected, "{context}");
    }

    #[test]
    fn honest_rows_agree_with_the_semantics() {
        let pointers = [0x3003, 0x4005, 0x5006];
        let mut last = ORDER;
        last[0] -= 1;
        for k in [[1, 0, 0, 0], [2, 0, 0, 0], [3, 0, 0, 0], [0, 1, 0, 0], last, K] {
            for x in [G, [1, 0, 0, 0]] {
                check_call(&with(pointers, &x, &k), pointers);
            }
        }
        expect_padding::<Row>(eval);
    }

    #[test]
    fn operands_have_any_alignment() {
        for offset in 0..8 {
            for pointers in [
                [0x3000 + offset, 0x4000, 0x5003],
                [0x3005, 0x4000 + offset, 0x5000],
                [0x3000, 0x4006, 0x5000 + offset],
                [0x3000 + offset, 0x4000 + offset, READ_ONLY + offset],
                [0x3000 + offset, READ_ONLY + offset, 0x4000 + offset],
            ] {
                check_call(&with(pointers, &G, &[3, 0, 0, 0]), pointers);
            }
        }
    }

    #[test]
    fn operands_overlap() {
        // The result over one of them, or in part of it, or of both.
        for offset in 0..8 {
            for pointers in [
                [0x4000 + offset, 0x4000 + offset, 0x5003],
                [0x5000 + offset, 0x4003, 0x5007],
                [0x4020 - offset, 0x4000, 0x4020],
            ] {
                check_call(&with(pointers, &G, &K), pointers);
            }
        }
        // One operand is the other, and the result, too.
        for pointers in [[0x3000, 0x4001, 0x4001], [0x4001, 0x4001, 0x4001]] {
            check_call(&with(pointers, &G, &G), pointers);
        }
        // They share a part: x is a number whose high bytes are k's low ones.
        let pointers = [0x4000, 0x4003, 0x4014];
        let shared = (1..=255).find_map(|byte| {
            let mut memory = with(pointers, &G, &K);
            memory[0x1003] = byte;
            let event = event(&memory, pointers);
            multiple(&event.x(), &event.k()).is_some().then_some(memory)
        });
        check_call(&shared.expect("half of all numbers are x of a point"), pointers);
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        let honest = row(&G, &K);
        let corrupt = |label: &str, change: fn(&mut Row)| {
            let mut row = honest;
            change(&mut row);
            expect_violation(&row, label, eval);
        };
        const ONE: Goldilocks = Goldilocks::ONE;
        corrupt("is_used is boolean", |r| r.is_used = Goldilocks::TWO);
        corrupt("offsets are boolean", |r| r.x_read.offsets[3] = Goldilocks::TWO);
        corrupt("one offset", |r| r.k_read.offsets[3] = ONE);
        corrupt("one offset", |r| r.result.offsets = [Goldilocks::ZERO; 8]);
        for at in [0, 19, 39] {
            for is_x in [false, true] {
                let mut row = honest;
                let read = if is_x { &mut row.x_read } else { &mut row.k_read };
                read.bytes[at] += ONE;
                let half = if at % 8 < 4 { "low" } else { "high" };
                expect_violation(&row, &std::format!("bytes make up the {half} limb"), eval);
            }
        }
        corrupt("bytes make up the low limb", |r| r.result.first[0] += ONE);
        corrupt("bytes make up the high limb", |r| r.result.last[7] += ONE);
        let more = |bytes: &mut [Goldilocks]| {
            bytes[0] += Goldilocks::from_u16(256);
            bytes[1] -= ONE;
        };
        for bytes in [
            (|r| &mut r.x_read.bytes[38..]) as fn(&mut Row) -> &mut [Goldilocks],
            |r| &mut r.k_read.bytes[10..],
            |r| &mut r.result.bytes[30..],
            |r| &mut r.result.first,
            |r| &mut r.result.last[4..],
        ] {
            let mut row = honest;
            more(bytes(&mut row));
            expect_violation(&row, "byte_pair", eval);
        }
        corrupt("x is the number that is read", |r| r.x_read.bytes[36] += ONE);
        corrupt("x is the number that is read", |r| r.x[3].limbs[3] += ONE);
        corrupt("k is the number that is read", |r| r.k_read.bytes[6] += ONE);
        corrupt("k is the number that is read", |r| r.bits[255] = Goldilocks::ZERO);
        corrupt("bits are boolean", |r| {
            // The same number: 2 in place of a 1 one position higher.
            r.bits[4] = Goldilocks::ZERO;
            r.bits[3] = Goldilocks::TWO;
        });
        corrupt("a bit begins the scalar, or one above it", |r| r.begun[255] = Goldilocks::ZERO);
        corrupt("a bit begins the scalar, or one above it", |r| r.begun[7] = Goldilocks::ZERO);
        corrupt("k is not 0", |r| r.begun[0] = Goldilocks::ZERO);
        corrupt("s is x²", |r| r.square[0].limbs[0] += ONE);
        corrupt("s is x²", |r| r.square_quotient[2].limbs[1] += ONE);
        corrupt("s is x²", |r| r.square_carries[5].limbs[0] += ONE);
        corrupt("y² is s·x + 7", |r| r.y[0].limbs[0] += ONE);
        corrupt("y² is s·x + 7", |r| r.root_quotient[0].limbs[0] += ONE);
        corrupt("y² is s·x + 7", |r| r.root_carries[14].limbs[1] += ONE);
        corrupt("y² is s·x + 7", |r| {
            r.is_root_quotient_negative = ONE - r.is_root_quotient_negative;
        });
        corrupt("the sign is boolean", |r| r.is_root_quotient_negative = Goldilocks::TWO);
        for word in [
            (|r| &mut r.x[1]) as fn(&mut Row) -> &mut Word<Goldilocks>,
            |r| &mut r.square[2],
            |r| &mut r.y[3],
            |r| &mut r.square_quotient[0],
            |r| &mut r.root_quotient[3],
        ] {
            let mut row = honest;
            let word = word(&mut row);
            word.limbs[0] += Goldilocks::from_u32(1 << 16);
            word.limbs[1] -= ONE;
            expect_violation(&row, "range16", eval);
        }
        corrupt("range16", |r| r.square_carries[0].limbs[1] = -ONE);
        corrupt("range16", |r| r.root_carries[0].limbs[1] = -ONE);
        corrupt("range16", |r| r.x_read.words[4].found.time = r.time);
        corrupt("range16", |r| r.k_read.words[0].found.time = r.time + ONE);
        corrupt("range16", |r| r.result.words[2].time = r.time + Goldilocks::from_u8(3));
        corrupt("one half decides", |r| r.x_decides = [Goldilocks::ZERO; 8]);
        corrupt("one half decides", |r| r.k_decides[0] += ONE);
        corrupt("the number is less than the bound", |r| r.x_less.limbs[0] += ONE);
        corrupt("the number is less than the bound", |r| r.k_less.limbs[0] += ONE);

        let mut unused = Row::default();
        unused.bits[3] = ONE;
        unused.begun[..4].fill(ONE);
        expect_violation(&unused, "k is not 0", eval);
        let unused = Row { is_root_quotient_negative: ONE, ..Row::default() };
        expect_violation(&unused, "y² is s·x + 7", eval);
    }

    /// With another offset than the pointer's, no word's address is a multiple of 8, and at least four
    /// words are accessed.
    #[test]
    fn another_offset_accesses_no_word_of_memory() {
        let honest = row(&G, &K);
        for (operand, offset) in [(0, 3), (1, 5), (2, 6)] {
            for other in (0..8).filter(|other| *other != offset) {
                let mut row = honest;
                let offsets = core::array::from_fn(|at| Goldilocks::from_bool(at == other));
                match operand {
                    0 => row.result.offsets = offsets,
                    1 => row.x_read.offsets = offsets,
                    _ => row.k_read.offsets = offsets,
                }
                let sent = memory_sends(&row, eval);
                let misplaced = sent.iter().filter(|(address, ..)| !address.is_multiple_of(8));
                assert_eq!(misplaced.count(), if other == 0 { 4 } else { 5 }, "{operand} {other}");
            }
        }
    }

    /// The bytes around the result are those that were there.
    #[test]
    fn outer_bytes_are_kept() {
        let honest = row(&G, &K);
        for at in 0..8 {
            // The result begins at the fourth byte of its first word.
            for (bytes, is_kept) in [
                ((|r| &mut r.result.first) as fn(&mut Row) -> &mut [Goldilocks; 8], at < 3),
                (|r| &mut r.result.last, at >= 3),
            ] {
                let mut row = honest;
                bytes(&mut row)[at] += Goldilocks::ONE;
                assert_eq!(memory_sends(&row, eval) != memory_sends(&honest, eval), is_kept);
                let found = violations(&row, eval);
                assert!(found.iter().any(|label| label.starts_with("bytes make up")), "{found:?}");
            }
        }
    }

    #[test]
    fn calls_that_trap_have_no_row() {
        let p = Curve::Secp256k1.modulus();
        let one = [1, 0, 0, 0];
        let mut more = ORDER;
        more[0] += 1;
        for k in [ORDER, more, [u64::MAX; 4]] {
            expect_violation(&row(&one, &k), "the number is less than the bound", eval);
        }
        expect_violation(&row(&one, &[0; 4]), "k is not 0", eval);
        // p + 1 is 1 modulo p, which is an x: y helps, the comparison doesn't.
        let large = [p[0] + 1, p[1], p[2], p[3]];
        let claimed = |x: [u64; 4], y: [u64; 4]| {
            let pointers = [0x3000, 0x4000, 0x5000];
            let event = event(&with(pointers, &x, &one), pointers);
            let multiple = Multiple { base: [x, y], steps: Vec::new() };
            fill(&event, &multiple, |_| true, &mut Counts::new(1))
        };
        let y = multiple(&one, &one).expect("1 is an x").base[1];
        let lie = claimed(large, y);
        assert_eq!(violations(&lie, eval), ["the number is less than the bound"]);
        // No y for an x that has none: 5³ + 7 is no square.
        for y in [[0; 4], [1, 0, 0, 0], y, p] {
            let mut found = violations(&claimed([5, 0, 0, 0], y), eval);
            found.dedup();
            assert_eq!(found, ["y² is s·x + 7"]);
        }
    }

    /// s is a number that is x² modulo p, and no other.
    #[test]
    fn another_square_is_refused() {
        let mut lie = row(&G, &K);
        lie.square[0].limbs[0] += Goldilocks::ONE;
        let [square, root] = lie.equations();
        lie.square_carries = square.fill(&mut Counts::new(1));
        lie.root_carries = root.fill(&mut Counts::new(1));
        expect_violation(&lie, "s is x²", eval);
    }
}
