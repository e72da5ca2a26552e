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
