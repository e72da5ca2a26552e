//! The calls `multiply_x`: what they leave, told by another implementation of secp256k1, and which
//! accesses they make.

use k256::elliptic_curve::ff::PrimeField;
use k256::elliptic_curve::point::{AffineCoordinates, DecompressPoint};
use k256::{AffinePoint, FieldBytes, ProjectivePoint, Scalar};
use lvm_isa::event::{Access, EcallStep, Events, MultiplyX};
use lvm_isa::segment::{Computation, Tally};

use super::{Chains, Place};

/// What the call leaves of x and k, the lowest byte first; `None` if it traps.
pub(crate) fn multiply_x(x: &[u8; 32], k: &[u8; 32]) -> Option<[u8; 32]> {
    let big_endian = |bytes: &[u8; 32]| {
        let mut bytes = FieldBytes::from(*bytes);
        bytes.reverse();
        bytes
    };
    let point = AffinePoint::decompress(&big_endian(x), 0.into()).into_option()?;
    let scalar = Scalar::from_repr(big_endian(k)).into_option()?;
    if scalar == Scalar::ZERO {
        return None;
    }
    let mut product = (ProjectivePoint::from(point) * scalar).to_affine().x();
    product.reverse();
    Some(product.into())
}

/// The words of memory that the 32 bytes at `pointer` have a part of, as an event has them.
fn around(pointer: u64, accesses: &[Access; 5]) -> &[Access] {
    if pointer.is_multiple_of(8) {
        assert_eq!(accesses[4], Access::default());
        &accesses[..4]
    } else {
        accesses
    }
}

/// The bytes of words.
fn bytes(words: &[Access]) -> Vec<u8> {
    words.iter().flat_map(|word| word.value.to_le_bytes()).collect()
}

/// Adds the accesses of a call.
pub(super) fn check(chains: &mut Chains, call: &EcallStep, event: &MultiplyX) {
    let MultiplyX { time, pointers, .. } = *event;
    assert_eq!((time, pointers), (call.time, [call.a0, call.a1, call.a2].map(|it| it.value)));
    let [result, x, k] = pointers;
    let mut operands = [[0; 32]; 2];
    for ((operand, (pointer, accesses)), tick) in
        operands.iter_mut().zip([(x, &event.x), (k, &event.k)]).zip(0..)
    {
        let words = around(pointer, accesses);
        for (address, access) in (pointer & !7..).step_by(8).zip(words) {
            chains.read(Place::Word(address), *access, time + tick);
        }
        operand.copy_from_slice(&bytes(words)[(pointer % 8) as usize..][..32]);
    }
    let words = around(result, &event.target);
    let mut after = bytes(words);
    let product = multiply_x(&operands[0], &operands[1]).expect("a recorded call has a result");
    after[(result % 8) as usize..][..32].copy_from_slice(&product);
    for ((address, access), word) in (result & !7..).step_by(8).zip(words).zip(after.chunks(8)) {
        let value = u64::from_le_bytes(word.try_into().expect("eight bytes"));
        chains.push(Place::Word(address), *access, value, time + 3);
    }
}

/// Adds the rows that the calls take.
pub(super) fn count(events: &Events, tally: &mut Tally) {
    for event in &events.multiply_x {
        let k = event.k();
        let ones: u64 = k.iter().map(|word| u64::from(word.count_ones())).sum();
        let highest = (0..256).rfind(|at| k[at / 64] >> (at % 64) & 1 == 1);
        let below = highest.expect("a recorded scalar isn't 0") as u64;
        let counts = &mut tally.computations;
        counts[Computation::MultiplyX as usize] += 1;
        counts[Computation::Ladder as usize] += below;
        counts[Computation::Point as usize] += below + ones - 1;
    }
}
