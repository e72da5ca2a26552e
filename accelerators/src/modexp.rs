//! Modular exponentiation of numbers of any length (EIP-198; precompile 0x05).
//!
//! With a modulus of up to 384 bits, multiplications are calls to the machine. None of them traps,
//! since one factor is always less than the modulus.

use alloc::vec;
use alloc::vec::Vec;

use lvm_guest_sdk::arithmetic::modular;

/// base to the power of the exponent, modulo the modulus, in as many bytes as `modulus` has. All
/// numbers are big-endian; an empty one is zero.
///
/// Modulo 0 every number is 0, as EIP-198 defines it. 0 to the power of 0 is 1.
pub fn modexp(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Vec<u8> {
    let mut padded = vec![0; modulus.len()];
    let modulus = without_leading_zeros(modulus);
    if modulus.is_empty() || modulus == [1] {
        return padded;
    }
    let base = without_leading_zeros(base);
    let exponent = without_leading_zeros(exponent);
    match modulus.len() {
        0..=32 => write(&power_by_calls::<4>(base, exponent, modulus), &mut padded),
        33..=48 => write(&power_by_calls::<6>(base, exponent, modulus), &mut padded),
        _ => {
            let power = aurora_engine_modexp::modexp(base, exponent, modulus);
            let power = without_leading_zeros(&power);
            let at = padded.len().saturating_sub(power.len());
            padded[at..].copy_from_slice(power);
        }
    }
    padded
}

/// The digits that matter; leading ones cost time.
fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// The power modulo a modulus of 2 or more that has up to W words.
fn power_by_calls<const W: usize>(base: &[u8], exponent: &[u8], modulus: &[u8]) -> [u64; W] {
    let modulus = words(modulus);
    let base = reduce(base, &modulus);
    match exponent.len() {
        // With few digits a table doesn't pay.
        0..=8 => power::<W, 1, 2>(&base, exponent, &modulus),
        _ => power::<W, 4, 16>(&base, exponent, &modulus),
    }
}

/// A number of any length modulo the modulus, which is 2 or more.
fn reduce<const W: usize>(number: &[u8], modulus: &[u64; W]) -> [u64; W] {
    let one = power_of_two(0);
    let mut chunks = number.rchunks(8 * W).rev();
    let first = chunks.next().map_or([0; W], words);
    let mut remainder = modular::multiply(&first, &one, modulus);
    if number.len() > 8 * W {
        // 2^(64·W), by which the remainder moves to make place for W words.
        let root = modular::multiply(&power_of_two(32 * W), &one, modulus);
        let place = modular::multiply(&root, &root, modulus);
        for chunk in chunks {
            let mut next = words(chunk);
            modular::multiply_add(&mut next, &remainder, &place, modulus);
            remainder = next;
        }
    }
    remainder
}

/// The power of a base less than the modulus, with an exponent without leading zeros, by windows of
/// `BITS` bits; `POWERS` is 2 to the power of that.
fn power<const W: usize, const BITS: usize, const POWERS: usize>(
    base: &[u64; W],
    exponent: &[u8],
    modulus: &[u64; W],
) -> [u64; W] {
    const { assert!(8 % BITS == 0 && POWERS == 1 << BITS) };
    let mut powers = [*base; POWERS];
    for at in 2..POWERS {
        powers[at] = modular::multiply(&powers[at - 1], base, modulus);
    }
    let mut power = power_of_two(0);
    let mut is_one = true;
    for byte in exponent {
        for shift in (0..8 / BITS).rev() {
            let digit = usize::from(*byte) >> (shift * BITS) & (POWERS - 1);
            if !is_one {
                modular::square_repeatedly::<W, BITS>(&mut power, modulus);
            }
            if digit != 0 {
                if is_one {
                    power = powers[digit];
                    is_one = false;
                } else {
                    modular::multiply_assign(&mut power, &powers[digit], modulus);
                }
            }
        }
    }
    power
}

/// 2 to the power of the exponent, less than 2^(64·W).
const fn power_of_two<const W: usize>(exponent: usize) -> [u64; W] {
    let mut power = [0; W];
    power[exponent / 64] = 1 << (exponent % 64);
    power
}

/// The number with a big-endian encoding of up to 8·W bytes.
fn words<const W: usize>(bytes: &[u8]) -> [u64; W] {
    let mut words = [0; W];
    for (word, bytes) in words.iter_mut().zip(bytes.rchunks(8)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    }
    words
}

/// Writes a number that has a place there, big-endian, to the end of bytes that are zero.
fn write<const W: usize>(number: &[u64; W], bytes: &mut [u8]) {
    for (bytes, word) in bytes.rchunks_mut(8).zip(number) {
        let digits = word.to_be_bytes();
        bytes.copy_from_slice(&digits[8 - bytes.len()..]);
    }
}
