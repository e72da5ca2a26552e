//! The C symbols of the zkVM standard for accelerators, as `sysroot/include/zkvm_accelerators.h`
//! declares them.
//!
//! All return [`EOK`], or [`EFAIL`] when the inputs have no answer; then a `bool` result is false
//! and other results are left as they are. A wrong signature, proof or pairing is an answer: EOK
//! and false.
//!
//! # Safety
//! The contract of every function is the same. Each pointer is valid for reads of what it points
//! to, or for a write where it is a result; a pointer that comes with a length or a number of pairs
//! is valid for reads of so many, and may be anything when that is zero. Results may overlap
//! inputs. The standard's structures are aligned to 8 bytes, but nothing here depends on it.
//!
//! # Panics
//! All functions panic, which ends the program, when a pointer that is used is null.
#![expect(clippy::missing_safety_doc, reason = "the module's documentation has the contract")]

use core::{ptr, slice};

use crate::{Error, blake2f, bls12_381, bn254, hash, kzg, modexp, secp256k1, secp256r1};

/// Success: `ZKVM_EOK` of `zkvm_status`.
pub const EOK: i32 = 0;
/// Failure: `ZKVM_EFAIL` of `zkvm_status`.
pub const EFAIL: i32 = -1;

/// See [`hash::keccak256`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_keccak256(data: *const u8, len: usize, output: *mut [u8; 32]) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write(output, Ok(hash::keccak256(elements(data, len)))) }
}

/// See [`hash::sha256`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_sha256(data: *const u8, len: usize, output: *mut [u8; 32]) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write(output, Ok(hash::sha256(elements(data, len)))) }
}

/// See [`hash::ripemd160`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_ripemd160(data: *const u8, len: usize, output: *mut [u8; 32]) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write(output, Ok(hash::ripemd160(elements(data, len)))) }
}

/// See [`secp256k1::verify`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_secp256k1_verify(
    msg: *const [u8; 32],
    sig: *const [u8; 64],
    pubkey: *const [u8; 64],
    verified: *mut bool,
) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write(verified, Ok(secp256k1::verify(&read(msg), &read(sig), &read(pubkey)))) }
}

/// See [`secp256k1::recover`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_secp256k1_ecrecover(
    msg: *const [u8; 32],
    sig: *const [u8; 64],
    recid: u8,
    output: *mut [u8; 64],
) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write(output, secp256k1::recover(&read(msg), &read(sig), recid)) }
}

/// See [`secp256r1::verify`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_secp256r1_verify(
    msg: *const [u8; 32],
    sig: *const [u8; 64],
    pubkey: *const [u8; 64],
    verified: *mut bool,
) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write(verified, Ok(secp256r1::verify(&read(msg), &read(sig), &read(pubkey)))) }
}

/// See [`modexp::modexp`]. `output` has `mod_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_modexp(
    base: *const u8,
    base_len: usize,
    exp: *const u8,
    exp_len: usize,
    modulus: *const u8,
    mod_len: usize,
    output: *mut u8,
) -> i32 {
    // SAFETY: by the module's contract.
    let power = unsafe {
        modexp::modexp(elements(base, base_len), elements(exp, exp_len), elements(modulus, mod_len))
    };
    if !power.is_empty() {
        assert_not_null(output);
        // SAFETY: the power has as many bytes as the modulus and was just allocated, so that it
        // doesn't overlap.
        unsafe { ptr::copy_nonoverlapping(power.as_ptr(), output, power.len()) };
    }
    EOK
}

/// See [`bn254::g1_add`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_bn254_g1_add(
    p1: *const [u8; 64],
    p2: *const [u8; 64],
    result: *mut [u8; 64],
) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write(result, bn254::g1_add(&read(p1), &read(p2))) }
}

/// See [`bn254::g1_mul`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_bn254_g1_mul(
    point: *const [u8; 64],
    scalar: *const [u8; 32],
    result: *mut [u8; 64],
) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write(result, bn254::g1_mul(&read(point), &read(scalar))) }
}

/// See [`bn254::pairing`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_bn254_pairing(
    pairs: *const bn254::PairingPair,
    num_pairs: usize,
    verified: *mut bool,
) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write_verdict(verified, bn254::pairing(elements(pairs, num_pairs))) }
}

/// See [`blake2f::blake2f`]. The number of rounds is an ordinary integer; `h` is also the result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_blake2f(
    rounds: u32,
    h: *mut [u8; 64],
    m: *const [u8; 128],
    t: *const [u8; 16],
    f: u8,
) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write(h, blake2f::blake2f(rounds, &read(h), &read(m), &read(t), f)) }
}

/// See [`kzg::verify`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_kzg_point_eval(
    commitment: *const [u8; 48],
    z: *const [u8; 32],
    y: *const [u8; 32],
    proof: *const [u8; 48],
    verified: *mut bool,
) -> i32 {
    // SAFETY: by the module's contract.
    unsafe {
        let verdict = kzg::verify(&read(commitment), &read(z), &read(y), &read(proof));
        write_verdict(verified, verdict)
    }
}

/// See [`bls12_381::g1_add`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_bls12_g1_add(
    p1: *const [u8; 96],
    p2: *const [u8; 96],
    result: *mut [u8; 96],
) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write(result, bls12_381::g1_add(&read(p1), &read(p2))) }
}

/// See [`bls12_381::g1_msm`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_bls12_g1_msm(
    pairs: *const bls12_381::G1MsmPair,
    num_pairs: usize,
    result: *mut [u8; 96],
) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write(result, bls12_381::g1_msm(elements(pairs, num_pairs))) }
}

/// See [`bls12_381::g2_add`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_bls12_g2_add(
    p1: *const [u8; 192],
    p2: *const [u8; 192],
    result: *mut [u8; 192],
) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write(result, bls12_381::g2_add(&read(p1), &read(p2))) }
}

/// See [`bls12_381::g2_msm`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_bls12_g2_msm(
    pairs: *const bls12_381::G2MsmPair,
    num_pairs: usize,
    result: *mut [u8; 192],
) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write(result, bls12_381::g2_msm(elements(pairs, num_pairs))) }
}

/// See [`bls12_381::pairing`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_bls12_pairing(
    pairs: *const bls12_381::PairingPair,
    num_pairs: usize,
    verified: *mut bool,
) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write_verdict(verified, bls12_381::pairing(elements(pairs, num_pairs))) }
}

/// See [`bls12_381::map_fp_to_g1`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_bls12_map_fp_to_g1(
    field_element: *const [u8; 48],
    result: *mut [u8; 96],
) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write(result, bls12_381::map_fp_to_g1(&read(field_element))) }
}

/// See [`bls12_381::map_fp2_to_g2`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zkvm_bls12_map_fp2_to_g2(
    field_element: *const [u8; 96],
    result: *mut [u8; 192],
) -> i32 {
    // SAFETY: by the module's contract.
    unsafe { write(result, bls12_381::map_fp2_to_g2(&read(field_element))) }
}

/// A copy, so that results may overlap it.
///
/// # Safety
/// `pointer` is null or valid for reads.
unsafe fn read<const N: usize>(pointer: *const [u8; N]) -> [u8; N] {
    assert_not_null(pointer);
    // SAFETY: by this function's contract; arrays of bytes need no alignment.
    unsafe { pointer.read() }
}

/// The elements that a C caller means by a pointer and a number.
///
/// # Safety
/// `pointer` is null or valid for reads of `length` elements for as long as the result is used, or
/// `length` is zero. `T` is made of bytes.
unsafe fn elements<'a, T>(pointer: *const T, length: usize) -> &'a [T] {
    if length == 0 {
        return &[];
    }
    assert_not_null(pointer);
    // SAFETY: by this function's contract.
    unsafe { slice::from_raw_parts(pointer, length) }
}

/// Writes a result if there is one.
///
/// # Safety
/// `pointer` is null or valid for a write.
unsafe fn write<T>(pointer: *mut T, result: Result<T, Error>) -> i32 {
    assert_not_null(pointer);
    match result {
        Ok(value) => {
            // SAFETY: by this function's contract; arrays of bytes and `bool` need no alignment.
            unsafe { pointer.write(value) };
            EOK
        }
        Err(_) => EFAIL,
    }
}

/// Writes a verdict, which is false if there is none.
///
/// # Safety
/// `pointer` is null or valid for a write.
unsafe fn write_verdict(pointer: *mut bool, verdict: Result<bool, Error>) -> i32 {
    let status = if verdict.is_ok() { EOK } else { EFAIL };
    // SAFETY: by this function's contract.
    unsafe { write(pointer, Ok(verdict.unwrap_or(false))) };
    status
}

fn assert_not_null<T>(pointer: *const T) {
    assert!(!pointer.is_null(), "an accelerator was given a null pointer");
}
