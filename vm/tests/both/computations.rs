//! The calls that compute: what they leave, told from their contracts with numbers of any length,
//! and which accesses they make.
//!
//! Nothing here asks the emulator's own arithmetic. What `sha256` leaves is told by another version
//! of the crate that the emulator asks, and by published values elsewhere.

use core::slice::Iter;

use lvm_isa::event::{Access, EcallStep, Events, Modular, PointCall, Quadratic, Sha256};
use lvm_isa::segment::Computation;
use lvm_syscalls::curve::{self, Curve, POINT_WORDS};
use lvm_syscalls::modular::{self, WORDS_256, WORDS_384};
use lvm_syscalls::quadratic::{
    self, MODULUS_BLS12_381, MODULUS_BN254, WORDS_BLS12_381, WORDS_BN254,
};
use lvm_syscalls::sha256::{self, BLOCK_WORDS, STATE_WORDS};
use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;

use super::{Chains, Place, check_gap, register};

/// The number with these words, the lowest first.
pub(crate) fn number(words: &[u64]) -> BigInt {
    let digits = words.iter().flat_map(|word| [*word as u32, (*word >> 32) as u32]).collect();
    BigInt::from_biguint(Sign::Plus, BigUint::new(digits))
}

/// The words of a number that isn't negative.
fn words(number: &BigInt, count: usize) -> Vec<u64> {
    let mut words = number.to_biguint().expect("it isn't negative").to_u64_digits();
    assert!(words.len() <= count);
    words.resize(count, 0);
    words
}

/// The remainder of a dividend, if the quotient of n bits is at least −2ⁿ and less than 2ⁿ⁺¹.
fn remainder(dividend: &BigInt, modulus: &BigInt, bits: usize) -> Option<BigInt> {
    if *modulus == BigInt::ZERO {
        return None;
    }
    let (quotient, remainder) = dividend.div_mod_floor(modulus);
    let limit = BigInt::from(1) << bits;
    (-&limit <= quotient && quotient < limit * 2).then_some(remainder)
}

/// The inverse of a number modulo `modulus`.
fn inverse(number: &BigInt, modulus: &BigInt) -> Option<BigInt> {
    if *modulus == BigInt::ZERO {
        return None;
    }
    let bezout = number.extended_gcd(modulus);
    (bezout.gcd == BigInt::from(1)).then(|| bezout.x.mod_floor(modulus))
}

/// What `modular` leaves of d, a, b and m; `None` if it traps.
pub(crate) fn modular_result(
    operation: modular::Operation,
    operands: [&[u64]; 4],
) -> Option<Vec<u64>> {
    use modular::Operation;
    let count = operands[0].len();
    let [d, a, b, m] = operands.map(number);
    let dividend = match operation {
        Operation::Multiply => a * b,
        Operation::MultiplyAdd => d + a * b,
        Operation::MultiplySubtract => d - a * b,
        Operation::Invert => return Some(words(&inverse(&a, &m)?, count)),
    };
    Some(words(&remainder(&dividend, &m, 64 * count)?, count))
}

/// What `quadratic` leaves of d, a and b; `None` if it traps.
pub(crate) fn quadratic_result(
    operation: quadratic::Operation,
    operands: [&[u64]; 3],
) -> Option<Vec<u64>> {
    use quadratic::Operation;
    let count = operands[0].len() / 2;
    let modulus: &[u64] = if count == 4 { &MODULUS_BN254 } else { &MODULUS_BLS12_381 };
    let parts = operands.map(|words| [number(&words[..count]), number(&words[count..])]);
    let [[d_x, d_y], [a_x, a_y], [b_x, b_y]] = &parts;
    let (x, y) = (a_x * b_x - a_y * b_y, a_x * b_y + a_y * b_x);
    let dividends = match operation {
        Operation::Multiply => [x, y],
        Operation::MultiplyAdd => [d_x + x, d_y + y],
        Operation::MultiplySubtract => [d_x - x, d_y - y],
    };
    let mut result = Vec::new();
    for dividend in dividends {
        result.extend(words(&remainder(&dividend, &number(modulus), 64 * count)?, count));
    }
    Some(result)
}

/// What `curve` leaves of p and q; `None` if it traps.
pub(crate) fn curve_result(
    curve: Curve,
    operation: curve::Operation,
    p: &[u64],
    q: &[u64],
) -> Option<Vec<u64>> {
    let m = number(&curve.modulus());
    let a = -BigInt::from(curve.minus_a());
    let [x, y] = [&p[..4], &p[4..]].map(number);
    let (rise, run, other_x) = match operation {
        curve::Operation::Add => {
            let [other_x, other_y] = [&q[..4], &q[4..]].map(number);
            if other_x >= m || other_y >= m {
                return None;
            }
            (other_y - &y, &other_x - &x, other_x)
        }
        curve::Operation::Double => (3 * &x * &x + a, 2 * &y, x.clone()),
    };
    if x >= m || y >= m {
        return None;
    }
    // The modulus is a prime: what has no inverse is 0.
    let slope = (rise * inverse(&run, &m)?).mod_floor(&m);
    let sum_x = (&slope * &slope - &x - other_x).mod_floor(&m);
    let sum_y = (slope * (x - &sum_x) - y).mod_floor(&m);
    Some([words(&sum_x, 4), words(&sum_y, 4)].concat())
}

/// What `sha256` leaves of a state and a block.
pub(crate) fn sha256_result(state: &[u64], block: &[u64]) -> Vec<u64> {
    let bytes: Vec<u8> = state.iter().flat_map(|word| word.to_le_bytes()).collect();
    let half = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().expect("four bytes"));
    let mut halves: [u32; 8] = core::array::from_fn(|at| half(&bytes[4 * at..4 * at + 4]));
    let block: Vec<u8> = block.iter().flat_map(|word| word.to_le_bytes()).collect();
    let block: [u8; 64] = block.try_into().expect("64 bytes");
    sha2::compress256(&mut halves, &[block.into()]);
    halves.chunks(2).map(|pair| u64::from(pair[0]) | u64::from(pair[1]) << 32).collect()
}

/// The events of a segment's calls, taken in order.
pub(super) struct Computations<'a> {
    modular_256: Iter<'a, Modular<WORDS_256>>,
    modular_384: Iter<'a, Modular<WORDS_384>>,
    quadratic_256: Iter<'a, Quadratic<WORDS_BN254>>,
    quadratic_384: Iter<'a, Quadratic<WORDS_BLS12_381>>,
    points: Iter<'a, PointCall>,
    sha256: Iter<'a, Sha256>,
}

impl<'a> Computations<'a> {
    pub(super) fn of(events: &'a Events) -> Self {
        Self {
            modular_256: events.modular_256.iter(),
            modular_384: events.modular_384.iter(),
            quadratic_256: events.quadratic_256.iter(),
            quadratic_384: events.quadratic_384.iter(),
            points: events.points.iter(),
            sha256: events.sha256.iter(),
        }
    }

    /// Adds the accesses of a call, if it is one that computes.
    pub(super) fn check(&mut self, chains: &mut Chains, call: &EcallStep) {
        const EVENT: &str = "the call has an event";
        match call.a7.value {
            1040..=1043 => check_modular(chains, call, self.modular_256.next().expect(EVENT)),
            1044..=1047 => check_modular(chains, call, self.modular_384.next().expect(EVENT)),
            1048..=1050 => check_quadratic(chains, call, self.quadratic_256.next().expect(EVENT)),
            1052..=1054 => check_quadratic(chains, call, self.quadratic_384.next().expect(EVENT)),
            1056..=1061 => check_point(chains, call, self.points.next().expect(EVENT)),
            1064 => check_sha256(chains, call, self.sha256.next().expect(EVENT)),
            _ => {}
        }
    }

    /// Requires that all events were taken.
    pub(super) fn check_end(mut self) {
        assert_eq!((self.modular_256.next(), self.modular_384.next()), (None, None));
        assert_eq!((self.quadratic_256.next(), self.quadratic_384.next()), (None, None));
        assert_eq!((self.points.next(), self.sha256.next()), (None, None));
    }
}

/// How many rows of each kind there are, but for those of `multiply_x` calls.
pub(super) fn counts(events: &Events) -> [u64; Computation::COUNT] {
    Computation::ALL.map(|kind| match kind {
        Computation::Modular256 => events.modular_256.len(),
        Computation::Modular384 => events.modular_384.len(),
        Computation::Quadratic256 => events.quadratic_256.len(),
        Computation::Quadratic384 => events.quadratic_384.len(),
        Computation::Point | Computation::PointMemory => events.points.len(),
        Computation::MultiplyX | Computation::Ladder => 0,
        Computation::Sha256 => events.sha256.len(),
    } as u64)
}

/// Values of a0, a1 and a2.
fn arguments(call: &EcallStep) -> [u64; 3] {
    [call.a0, call.a1, call.a2].map(|access| access.value)
}

fn values(accesses: &[Access]) -> Vec<u64> {
    accesses.iter().map(|access| access.value).collect()
}

/// Adds the reads of an operand.
fn read(chains: &mut Chains, pointer: u64, accesses: &[Access], time: u32) {
    for (address, access) in (pointer..).step_by(8).zip(accesses) {
        chains.read(Place::Word(address), *access, time);
    }
}

/// Adds the writes of a target.
fn write(chains: &mut Chains, pointer: u64, accesses: &[Access], values: &[u64], time: u32) {
    assert_eq!(accesses.len(), values.len());
    for ((address, access), value) in (pointer..).step_by(8).zip(accesses).zip(values) {
        chains.push(Place::Word(address), *access, *value, time);
    }
}

fn check_modular<const W: usize>(chains: &mut Chains, call: &EcallStep, event: &Modular<W>) {
    let Modular { time, operation, pointers, a3, .. } = *event;
    assert_eq!((time, pointers), (call.time, arguments(call)));
    assert_eq!(modular::number(W, operation), call.a7.value);
    let [d, a, m] = pointers;
    if operation == modular::Operation::Invert {
        assert_eq!((a3, event.b), (Access::default(), [Access::default(); W]));
    } else {
        chains.read(register(13), a3, time);
        check_gap(a3, time);
        read(chains, a3.value, &event.b, time + 1);
    }
    read(chains, a, &event.a, time);
    read(chains, m, &event.modulus, time + 2);
    let operands = [&event.target, &event.a, &event.b, &event.modulus].map(|it| values(it));
    let result = modular_result(operation, operands.each_ref().map(Vec::as_slice));
    write(chains, d, &event.target, &result.expect("a recorded call has a result"), time + 3);
}

fn check_quadratic<const E: usize>(chains: &mut Chains, call: &EcallStep, event: &Quadratic<E>) {
    let Quadratic { time, operation, pointers, .. } = *event;
    assert_eq!((time, pointers), (call.time, arguments(call)));
    assert_eq!(quadratic::number(E, operation), call.a7.value);
    let [d, a, b] = pointers;
    read(chains, a, &event.a, time);
    read(chains, b, &event.b, time + 1);
    let operands = [&event.target, &event.a, &event.b].map(|it| values(it));
    let result = quadratic_result(operation, operands.each_ref().map(Vec::as_slice));
    write(chains, d, &event.target, &result.expect("a recorded call has a result"), time + 3);
}

fn check_point(chains: &mut Chains, call: &EcallStep, event: &PointCall) {
    let PointCall { time, curve, operation, pointers, .. } = *event;
    assert_eq!((time, pointers), (call.time, arguments(call)));
    assert_eq!(curve::number(curve, operation), call.a7.value);
    let [p, q, _] = pointers;
    if operation == curve::Operation::Add {
        read(chains, q, &event.q, time + 1);
    } else {
        assert_eq!(event.q, [Access::default(); POINT_WORDS]);
    }
    let result = curve_result(curve, operation, &values(&event.p), &values(&event.q));
    write(chains, p, &event.p, &result.expect("a recorded call has a result"), time + 3);
}

fn check_sha256(chains: &mut Chains, call: &EcallStep, event: &Sha256) {
    let Sha256 { time, pointers, .. } = *event;
    assert_eq!((time, pointers), (call.time, arguments(call)));
    let [state, block, _] = pointers;
    assert_eq!(sha256::NUMBER, call.a7.value);
    assert_eq!((event.state.len(), event.block.len()), (STATE_WORDS, BLOCK_WORDS));
    read(chains, block, &event.block, time + 1);
    let result = sha256_result(&values(&event.state), &values(&event.block));
    write(chains, state, &event.state, &result, time + 3);
}
