//! Numbers of several words, and equations between their products over the integers.
//!
//! A number of `W` words is `4·W` limbs of 16 bits where it is a factor, and `2·W` halves of 32
//! bits where it is added. An [`Equation`] collects what is to add up to zero as coefficients of
//! powers of 2^16. Two of them at a time, with a carry from those below them, must be the carry to
//! those above them times 2^32. Nothing wraps around in the field: see [`Equation::constrain`].

use alloc::vec;
use alloc::vec::Vec;

use lvm_isa::event::Access;
use p3_field::{Algebra, PrimeCharacteristicRing, PrimeField64};
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::columns::columns;
use crate::counts::Counts;
use crate::gadgets::less_than::Gap;
use crate::gadgets::limbs::{Limbs64, range16};
use crate::gadgets::memory::{MemoryAccess, MemoryWrite};
use crate::gadgets::value::{TWO_16, TWO_32, TWO_32_INVERSE, Value};

/// 2^31 as a field element, which makes carries positive.
const TWO_31: Goldilocks = Goldilocks::new(1 << 31);

columns! {
    /// A word that the row makes up, as its 16-bit limbs.
    pub struct Word {
        /// The limbs, lowest first; each below 2^16.
        limbs: [cell; 4],
    }
}

impl<V: Copy> Word<V> {
    /// Guarantees that the limbs are below 2^16 where `active`.
    pub fn constrain<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        active: impl Into<AB::Expr>,
    ) {
        let active = active.into();
        for limb in self.limbs {
            range16(builder, limb, active.clone());
        }
    }

    /// The word as two halves; canonical if the limbs are in their range.
    pub fn value<E: Algebra<Goldilocks>>(&self) -> Value<E>
    where
        V: Into<E>,
    {
        let [a, b, c, d] = self.limbs.map(Into::<E>::into);
        Value { lo: b * TWO_16 + a, hi: d * TWO_16 + c }
    }
}

impl Word<Goldilocks> {
    /// The limbs of `word`.
    pub fn fill(word: u64, counts: &mut Counts) -> Self {
        Self {
            limbs: core::array::from_fn(|at| {
                let limb = (word >> (16 * at)) as u16;
                counts.range16(limb);
                Goldilocks::from_u16(limb)
            }),
        }
    }
}

/// The words of `number`, for [`Word::constrain`].
pub fn fill_words<const W: usize>(number: &[u64; W], counts: &mut Counts) -> [Word<Goldilocks>; W] {
    number.map(|word| Word::fill(word, counts))
}

/// Reads of the words of an operand, or the defaults if it isn't read.
pub fn fill_reads<const W: usize>(
    accesses: &[Access; W],
    pointer: u64,
    is_writable: impl Fn(u64) -> bool,
    now: u32,
    counts: &mut Counts,
) -> [MemoryAccess<Goldilocks>; W] {
    core::array::from_fn(|at| {
        let address = pointer + 8 * at as u64;
        MemoryAccess::fill(accesses[at], is_writable(address), now, counts)
    })
}

/// Writes of the words of an operand.
pub fn fill_writes<const W: usize>(
    accesses: &[Access; W],
    now: u32,
    counts: &mut Counts,
) -> [MemoryWrite<Goldilocks>; W] {
    accesses.map(|access| MemoryWrite::fill(access, now, counts))
}

/// The limbs of the words, for [`limbs_of_values`].
pub fn fill_limbs<const W: usize>(
    accesses: &[Access; W],
    counts: &mut Counts,
) -> [Limbs64<Goldilocks>; W] {
    accesses.map(|access| Limbs64::fill(access.value, counts))
}

/// The limbs of a number that the row makes up.
pub fn limbs_of_words<V: Copy + Into<E>, E: Algebra<Goldilocks>>(words: &[Word<V>]) -> Vec<E> {
    words.iter().flat_map(|word| word.limbs.map(Into::into)).collect()
}

/// The halves of a number that the row makes up.
pub fn halves_of_words<V: Copy + Into<E>, E: Algebra<Goldilocks>>(words: &[Word<V>]) -> Vec<E> {
    words.iter().map(Word::value).flat_map(|value| [value.lo, value.hi]).collect()
}

/// The limbs of a number that is held elsewhere, of which `limbs` has every other limb.
pub fn limbs_of_values<V: Copy + Into<E>, E: Algebra<Goldilocks>>(
    values: impl Iterator<Item = Value<V>>,
    limbs: &[Limbs64<V>],
) -> Vec<E> {
    let limbs_of = |(value, limbs): (Value<V>, &Limbs64<V>)| {
        [
            limbs.lo.low.into(),
            limbs.lo.high::<E>(value.lo),
            limbs.hi.low.into(),
            limbs.hi.high::<E>(value.hi),
        ]
    };
    values.zip(limbs).flat_map(limbs_of).collect()
}

/// The halves of a number that is held elsewhere.
pub fn halves_of_values<V: Copy + Into<E>, E: Algebra<Goldilocks>>(
    values: impl Iterator<Item = Value<V>>,
) -> Vec<E> {
    values.flat_map(|value| [value.lo.into(), value.hi.into()]).collect()
}

/// The limbs of a constant.
#[must_use]
pub fn limbs_of_constant(words: &[u64]) -> Vec<Goldilocks> {
    let limbs = |word: &u64| [0, 16, 32, 48].map(|at| Goldilocks::from_u16((*word >> at) as u16));
    words.iter().flat_map(limbs).collect()
}

/// The halves of a constant.
#[must_use]
pub fn halves_of_constant(words: &[u64]) -> Vec<Goldilocks> {
    let halves = |word: &u64| [0, 32].map(|at| Goldilocks::from_u32((*word >> at) as u32));
    words.iter().flat_map(halves).collect()
}

/// What must add up to zero over the integers: a polynomial in 2^16, by its coefficients.
#[derive(Clone, Debug)]
pub struct Equation<E> {
    /// Coefficients of the powers of 2^16, an even number of them.
    coefficients: Vec<E>,
}

impl<E: Algebra<Goldilocks>> Equation<E> {
    /// Nothing, for factors of `limbs` limbs.
    #[must_use]
    pub fn new(limbs: usize) -> Self {
        Self { coefficients: vec![E::ZERO; 2 * limbs] }
    }

    /// Adds the product of two numbers, given by their limbs.
    pub fn add_product(&mut self, a: &[E], b: &[E]) {
        for (i, a) in a.iter().enumerate() {
            for (coefficient, b) in self.coefficients[i..].iter_mut().zip(b) {
                *coefficient += a.clone() * b.clone();
            }
        }
    }

    /// Subtracts the product of two numbers, given by their limbs.
    pub fn subtract_product(&mut self, a: &[E], b: &[E]) {
        for (i, a) in a.iter().enumerate() {
            for (coefficient, b) in self.coefficients[i..].iter_mut().zip(b) {
                *coefficient -= a.clone() * b.clone();
            }
        }
    }

    /// Subtracts `quotient·modulus`, where the quotient is `high·2^(16·limbs)` and what the limbs
    /// say. The modulus comes by its limbs.
    pub fn subtract_multiple(&mut self, quotient: &[E], high: E, modulus: &[E]) {
        self.subtract_product(quotient, modulus);
        let above = &mut self.coefficients[quotient.len()..];
        for (coefficient, limb) in above.iter_mut().zip(modulus) {
            *coefficient -= high.clone() * limb.clone();
        }
    }

    /// Adds a number, given by its halves, `factor` times.
    pub fn add(&mut self, halves: &[E], factor: E) {
        for (coefficient, half) in self.coefficients.iter_mut().step_by(2).zip(halves) {
            *coefficient += factor.clone() * half.clone();
        }
    }

    /// Subtracts a number, given by its halves.
    pub fn subtract(&mut self, halves: &[E]) {
        for (coefficient, half) in self.coefficients.iter_mut().step_by(2).zip(halves) {
            *coefficient -= half.clone();
        }
    }

    /// The coefficients of the powers of 2^32.
    fn pairs(&self) -> impl Iterator<Item = E> {
        let (pairs, _) = self.coefficients.as_chunks::<2>();
        pairs.iter().map(|[low, high]| high.clone() * TWO_16 + low.clone())
    }

    /// Guarantees that everything adds up to zero over the integers, where `active`; where not,
    /// everything must be zero, the carries, too. There is one carry fewer than factors have limbs.
    ///
    /// Assumes that each coefficient is less than 2^40 in absolute value. So a pair of them is
    /// less than 2^57. A carry is in `[−2^31, 2^31)`, and 2^32 times as much at most 2^63. What is
    /// to be zero in the field is therefore less than its order, and zero over the integers, too.
    /// Carries of true equations are less than 2^26.
    pub fn constrain<V: Copy + Into<E>, AB: TableBuilder<Var = V, Expr = E>>(
        self,
        builder: &mut AB,
        label: &'static str,
        carries: &[Gap<V>],
        active: impl Into<E>,
    ) {
        let active = active.into();
        let offset = active.clone() * TWO_31;
        let mut below = E::ZERO;
        let mut carries = carries.iter();
        for pair in self.pairs() {
            let above = match carries.next() {
                Some(carry) => carry.constrain(builder, active.clone()) - offset.clone(),
                None => E::ZERO,
            };
            builder.constrain(label, pair + below - above.clone() * TWO_32);
            below = above;
        }
    }
}

impl Equation<Goldilocks> {
    /// The carries of an equation that holds, for [`Self::constrain`]. If it doesn't, they are
    /// those with which only the last constraints fail.
    pub fn fill<const C: usize>(self, counts: &mut Counts) -> [Gap<Goldilocks>; C] {
        let mut carry = Goldilocks::ZERO;
        let mut pairs = self.pairs();
        core::array::from_fn(|_| {
            let pair = pairs.next().unwrap_or_default();
            carry = (pair + carry) * TWO_32_INVERSE;
            Gap::fill((carry + TWO_31).as_canonical_u64() as u32, counts)
        })
    }
}

/// Guarantees where `active` that a number is less than another, both given by their halves, which
/// are below 2^32. `decides` has as many columns as there are halves.
///
/// The highest half in which they differ decides: those above it are equal, and its own difference is
/// at least 1.
pub fn constrain_less<AB: TableBuilder>(
    builder: &mut AB,
    number: &[AB::Expr],
    bound: &[AB::Expr],
    decides: &[AB::Var],
    gap: &Gap<AB::Var>,
    active: impl Into<AB::Expr>,
) {
    let active = active.into();
    let mut equal = active.clone();
    let mut difference = AB::Expr::ZERO;
    for ((number, bound), decides) in number.iter().zip(bound).zip(decides).rev() {
        builder.constrain_bool("what decides is boolean", *decides);
        equal -= (*decides).into();
        let less = bound.clone() - number.clone();
        builder
            .constrain("halves above the one that decides are equal", equal.clone() * less.clone());
        difference += less * *decides;
    }
    builder.constrain("one half decides", equal);
    let gap = gap.constrain(builder, active.clone());
    builder.constrain("the number is less than the bound", difference - active - gap);
}

/// The columns for [`constrain_less`]; those of a number that isn't less don't satisfy it.
pub fn fill_less<const H: usize>(
    number: &[u64],
    bound: &[u64],
    counts: &mut Counts,
) -> ([Goldilocks; H], Gap<Goldilocks>) {
    let half = |words: &[u64], at: usize| (words[at / 2] >> (32 * (at % 2))) as u32;
    let decides = (0..H).rev().find(|at| half(number, *at) != half(bound, *at)).unwrap_or(0);
    let gap = half(bound, decides).wrapping_sub(half(number, decides)).wrapping_sub(1);
    (core::array::from_fn(|at| Goldilocks::from_bool(at == decides)), Gap::fill(gap, counts))
}
