//! The calls that compute: each reads its operands from memory, and replaces one of them.
//!
//! What they compute is said in [`lvm_isa::arithmetic`], what they take and when they trap in the
//! files of `lvm_syscalls`. Here a call becomes the event that proves it, whether it is kept or
//! not. Invariant: a call that traps has written nothing.

use lvm_isa::arithmetic::{self, parts};
use lvm_isa::event::{Access, Modular, MultiplyX, PointCall, Quadratic, Sha256, UNALIGNED_WORDS};
use lvm_isa::multiple;
use lvm_isa::segment::Computation;
use lvm_isa::semantics::{WORD_BYTES, is_aligned, store_merge};
use lvm_syscalls::curve::POINT_WORDS;
use lvm_syscalls::modular::{WORDS_256, WORDS_384};
use lvm_syscalls::quadratic::{MODULUS_BLS12_381, MODULUS_BN254, WORDS_BLS12_381, WORDS_BN254};
use lvm_syscalls::{curve, modular, multiply_x, quadratic, sha256};

use crate::error::Cause;
use crate::memory::{Fault, Memory, check_range};
use crate::timed_memory::TimedMemory;

/// What a call computes, by how its operands lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Modular256,
    Modular384,
    Quadratic256,
    Quadratic384,
    Point(curve::Curve, curve::Operation),
    Sha256,
    MultiplyX,
}

/// What the call `number` computes, if it does.
fn kind(number: u64) -> Option<Kind> {
    Some(match number {
        sha256::NUMBER => Kind::Sha256,
        multiply_x::NUMBER => Kind::MultiplyX,
        _ if modular::operation(WORDS_256, number).is_some() => Kind::Modular256,
        _ if modular::operation(WORDS_384, number).is_some() => Kind::Modular384,
        _ if quadratic::operation(WORDS_BN254, number).is_some() => Kind::Quadratic256,
        _ if quadratic::operation(WORDS_BLS12_381, number).is_some() => Kind::Quadratic384,
        _ => curve::operation(number).map(|(curve, operation)| Kind::Point(curve, operation))?,
    })
}

/// Whether `number` is a call that computes.
pub(crate) fn computes(number: u64) -> bool {
    kind(number).is_some()
}

/// Whether the call `number` has a fourth pointer, in a3.
pub(crate) fn takes_a3(number: u64) -> bool {
    let mut operations =
        [WORDS_256, WORDS_384].into_iter().map(|it| modular::operation(it, number));
    operations.any(|operation| operation.is_some_and(|it| it != modular::Operation::Invert))
}

/// The registers and memory that a call finds.
pub(crate) trait Machine {
    /// The memory, to check addresses.
    fn memory(&self) -> &Memory;

    /// Accesses a word of memory `tick` ticks after the call's start.
    fn word(&mut self, address: u64, tick: u32) -> Result<Access, Fault>;

    /// Replaces a word of memory that was accessed.
    fn set(&mut self, address: u64, value: u64) -> Result<(), Fault>;

    /// a3 as the call finds it, where it takes it.
    fn a3(&self) -> Access;
}

/// Plain memory, for which time doesn't matter.
pub(crate) struct Plain<'a> {
    pub(crate) memory: &'a mut Memory,
    pub(crate) a3: u64,
}

impl Machine for Plain<'_> {
    fn memory(&self) -> &Memory {
        self.memory
    }

    fn word(&mut self, address: u64, _tick: u32) -> Result<Access, Fault> {
        Ok(Access { value: self.memory.word(address).unwrap_or(0), time: 0 })
    }

    fn set(&mut self, address: u64, value: u64) -> Result<(), Fault> {
        let slot = self.memory.slot(address)?;
        self.memory.set(slot, value);
        Ok(())
    }

    fn a3(&self) -> Access {
        Access { value: self.a3, time: 0 }
    }
}

/// Memory that knows when words were accessed, and a3 as the call found it.
pub(crate) struct Timed<'a> {
    pub(crate) memory: &'a mut TimedMemory,
    pub(crate) time: u32,
    pub(crate) a3: Access,
}

impl Machine for Timed<'_> {
    fn memory(&self) -> &Memory {
        &self.memory.memory
    }

    fn word(&mut self, address: u64, tick: u32) -> Result<Access, Fault> {
        Ok(self.memory.access(address, self.time + tick)?.0)
    }

    fn set(&mut self, address: u64, value: u64) -> Result<(), Fault> {
        let slot = self.memory.memory.slot(address)?;
        self.memory.memory.set(slot, value);
        Ok(())
    }

    fn a3(&self) -> Access {
        self.a3
    }
}

/// A call that took place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Computed {
    Modular256(Modular<4>),
    Modular384(Modular<6>),
    Quadratic256(Quadratic<8>),
    Quadratic384(Quadratic<12>),
    Point(PointCall),
    Sha256(Sha256),
    MultiplyX(MultiplyX),
}

impl Computed {
    /// The kinds of rows that the call takes, and how many of each.
    pub(crate) fn rows(&self) -> Vec<(Computation, u64)> {
        match self {
            Self::Modular256(_) => vec![(Computation::Modular256, 1)],
            Self::Modular384(_) => vec![(Computation::Modular384, 1)],
            Self::Quadratic256(_) => vec![(Computation::Quadratic256, 1)],
            Self::Quadratic384(_) => vec![(Computation::Quadratic384, 1)],
            Self::Point(_) => vec![(Computation::Point, 1), (Computation::PointMemory, 1)],
            Self::Sha256(_) => vec![(Computation::Sha256, 1)],
            Self::MultiplyX(event) => {
                let [steps, sums] = multiple::counts(&event.k());
                vec![
                    (Computation::MultiplyX, 1),
                    (Computation::Ladder, steps),
                    (Computation::Point, sums),
                ]
            }
        }
    }
}

/// Executes the call `number` with the registers a0 to a2, which starts at `time`.
pub(crate) fn compute(
    machine: &mut impl Machine,
    time: u32,
    number: u64,
    pointers: [u64; 3],
) -> Result<Computed, Fault> {
    Ok(match kind(number).ok_or(Cause::UnknownCall { number })? {
        Kind::Modular256 => Computed::Modular256(modular(machine, time, number, pointers)?),
        Kind::Modular384 => Computed::Modular384(modular(machine, time, number, pointers)?),
        Kind::Quadratic256 => {
            Computed::Quadratic256(quadratic(machine, time, number, pointers, &MODULUS_BN254)?)
        }
        Kind::Quadratic384 => {
            Computed::Quadratic384(quadratic(machine, time, number, pointers, &MODULUS_BLS12_381)?)
        }
        Kind::Point(curve, operation) => {
            Computed::Point(point(machine, time, curve, operation, pointers)?)
        }
        Kind::Sha256 => Computed::Sha256(sha256(machine, time, pointers)?),
        Kind::MultiplyX => Computed::MultiplyX(multiply_x(machine, time, pointers)?),
    })
}

fn modular<const W: usize>(
    machine: &mut impl Machine,
    time: u32,
    number: u64,
    pointers: [u64; 3],
) -> Result<Modular<W>, Fault> {
    let operation = modular::operation(W, number).ok_or(Cause::UnknownCall { number })?;
    let [d, a, m] = pointers;
    check_operand::<W>(number, a)?;
    check_operand::<W>(number, m)?;
    check_target::<W>(machine, number, d)?;
    let mut event = Modular {
        time,
        operation,
        pointers,
        a3: Access::default(),
        a: [Access::default(); W],
        b: [Access::default(); W],
        modulus: [Access::default(); W],
        target: [Access::default(); W],
    };
    if takes_a3(number) {
        event.a3 = machine.a3();
        check_operand::<W>(number, event.a3.value)?;
    }
    event.a = words(machine, a, 0)?;
    if takes_a3(number) {
        event.b = words(machine, event.a3.value, 1)?;
    }
    event.modulus = words(machine, m, 2)?;
    event.target = words(machine, d, 3)?;
    let [target, a, b, modulus] = [&event.target, &event.a, &event.b, &event.modulus].map(values);
    let result = arithmetic::modular(operation, &target, &a, &b, &modulus);
    write(machine, d, &result.ok_or(Cause::NoResult { number })?)?;
    Ok(event)
}

fn quadratic<const E: usize, const W: usize>(
    machine: &mut impl Machine,
    time: u32,
    number: u64,
    pointers: [u64; 3],
    modulus: &[u64; W],
) -> Result<Quadratic<E>, Fault> {
    let operation = quadratic::operation(E, number).ok_or(Cause::UnknownCall { number })?;
    let [d, a, b] = pointers;
    check_operand::<E>(number, a)?;
    check_operand::<E>(number, b)?;
    check_target::<E>(machine, number, d)?;
    let event = Quadratic {
        time,
        operation,
        pointers,
        a: words(machine, a, 0)?,
        b: words(machine, b, 1)?,
        target: words(machine, d, 3)?,
    };
    let [target, a, b] = [&event.target, &event.a, &event.b].map(values);
    let divisions = arithmetic::quadratic(operation, &target, &a, &b, modulus);
    let result = divisions.ok_or(Cause::NoResult { number })?.map(|division| division.remainder);
    write::<E>(machine, d, &core::array::from_fn(|at| result[at / W][at % W]))?;
    Ok(event)
}

fn point(
    machine: &mut impl Machine,
    time: u32,
    curve: curve::Curve,
    operation: curve::Operation,
    pointers: [u64; 3],
) -> Result<PointCall, Fault> {
    let [p, q, _] = pointers;
    let number = curve::number(curve, operation);
    check_target::<POINT_WORDS>(machine, number, p)?;
    let other = if operation == curve::Operation::Add {
        check_operand::<POINT_WORDS>(number, q)?;
        words(machine, q, 1)?
    } else {
        [Access::default(); POINT_WORDS]
    };
    let found = words(machine, p, 3)?;
    let event = PointCall { time, curve, operation, pointers, q: other, p: found };
    let [found, other] = [&event.p, &event.q].map(|accesses| parts(&values(accesses)));
    let result = arithmetic::curve(curve, operation, &found, &other);
    let sum = result.ok_or(Cause::NoResult { number })?.sum;
    write::<POINT_WORDS>(machine, p, &core::array::from_fn(|at| sum[at / 4][at % 4]))?;
    Ok(event)
}

fn sha256(machine: &mut impl Machine, time: u32, pointers: [u64; 3]) -> Result<Sha256, Fault> {
    let [state, block, _] = pointers;
    check_operand::<{ sha256::BLOCK_WORDS }>(sha256::NUMBER, block)?;
    check_target::<{ sha256::STATE_WORDS }>(machine, sha256::NUMBER, state)?;
    let event = Sha256 {
        time,
        pointers,
        block: words(machine, block, 1)?,
        state: words(machine, state, 3)?,
    };
    write(machine, state, &arithmetic::sha256(&values(&event.state), &values(&event.block)))?;
    Ok(event)
}

fn multiply_x(
    machine: &mut impl Machine,
    time: u32,
    pointers: [u64; 3],
) -> Result<MultiplyX, Fault> {
    let bytes = multiply_x::BYTES as u64;
    let [result, x, k] = pointers;
    check_range(x, bytes, bytes)?;
    check_range(k, bytes, bytes)?;
    machine.memory().check_store(result, bytes, bytes)?;
    let event = MultiplyX {
        time,
        pointers,
        x: words_around(machine, x, 0)?,
        k: words_around(machine, k, 1)?,
        target: words_around(machine, result, 3)?,
    };
    let multiple = multiple::multiple(&event.x(), &event.k());
    let number = multiply_x::NUMBER;
    let [product, _] = multiple.ok_or(Cause::NoResult { number })?.point();
    let mut words = values(&event.target);
    for (at, word) in product.into_iter().enumerate() {
        let (low, high) = store_merge(words[at], words[at + 1], result, WORD_BYTES, word);
        (words[at], words[at + 1]) = (low, high);
    }
    let start = result - result % WORD_BYTES;
    match words {
        [words @ .., _] if is_aligned(result, WORD_BYTES) => write(machine, start, &words)?,
        words => write(machine, start, &words)?,
    }
    Ok(event)
}

/// Accesses the words that the 32 bytes at `address` have a part of; the last is the default if it
/// is a multiple of 8. They are in memory.
fn words_around(
    machine: &mut impl Machine,
    address: u64,
    tick: u32,
) -> Result<[Access; UNALIGNED_WORDS], Fault> {
    let start = address - address % WORD_BYTES;
    let [a, b, c, d] = words(machine, start, tick)?;
    let last = if is_aligned(address, WORD_BYTES) {
        Access::default()
    } else {
        machine.word(start + multiply_x::BYTES as u64, tick)?
    };
    Ok([a, b, c, d, last])
}

/// Checks that the N words at `address` can be read.
fn check_operand<const N: usize>(number: u64, address: u64) -> Result<(), Fault> {
    let bytes = WORD_BYTES * N as u64;
    if !address.is_multiple_of(WORD_BYTES) {
        return Err(Cause::OperandMisaligned { number, address }.into());
    }
    check_range(address, bytes, bytes)
}

/// Checks that the N words at `address` can be written.
fn check_target<const N: usize>(
    machine: &impl Machine,
    number: u64,
    address: u64,
) -> Result<(), Fault> {
    check_operand::<N>(number, address)?;
    let bytes = WORD_BYTES * N as u64;
    machine.memory().check_store(address, bytes, bytes)
}

/// Accesses the N words at `address`, which are in memory.
fn words<const N: usize>(
    machine: &mut impl Machine,
    address: u64,
    tick: u32,
) -> Result<[Access; N], Fault> {
    let mut words = [Access::default(); N];
    for (word, address) in words.iter_mut().zip((address..).step_by(WORD_BYTES as usize)) {
        *word = machine.word(address, tick)?;
    }
    Ok(words)
}

/// Replaces the N words at `address`.
fn write<const N: usize>(
    machine: &mut impl Machine,
    address: u64,
    values: &[u64; N],
) -> Result<(), Fault> {
    let mut addresses = (address..).step_by(WORD_BYTES as usize);
    values.iter().zip(&mut addresses).try_for_each(|(value, at)| machine.set(at, *value))
}

/// What the accesses found.
fn values<const N: usize>(accesses: &[Access; N]) -> [u64; N] {
    accesses.map(|access| access.value)
}
