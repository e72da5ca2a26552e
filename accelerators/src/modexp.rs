//! Modular exponentiation of numbers of any length (EIP-198; precompile 0x05).

use alloc::vec;
use alloc::vec::Vec;

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
    let power = aurora_engine_modexp::modexp(base, exponent, modulus);
    let power = without_leading_zeros(&power);
    let at = padded.len().saturating_sub(power.len());
    padded[at..].copy_from_slice(power);
    padded
}

/// The digits that matter; leading ones cost time.
fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}
