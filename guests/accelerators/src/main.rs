//! Answers requests to the accelerators, through the C symbols that the zkVM standards name.
//!
//! The private input is a list of [`Request`]s, the public output the list of their [`Answer`]s,
//! both in postcard.
#![cfg_attr(target_os = "zkvm", no_std, no_main)]

extern crate alloc;

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

// Defines the symbols.
use lvm_accelerators as _;
use serde::{Deserialize, Serialize};

#[cfg(target_os = "zkvm")]
lvm_guest_sdk::entry!(main);

fn main() {
    let requests: Vec<Request> = lvm_guest_sdk::read().expect("the input is a list of requests");
    let answers: Vec<Answer> = requests.iter().map(answer).collect();
    lvm_guest_sdk::commit_value(&answers).expect("answers can be serialized");
}

/// A call of one accelerator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Request {
    /// The name of the C symbol.
    pub(crate) symbol: String,
    /// What the symbol's parameters are or point to, without results, lengths and counts. A number
    /// is big-endian and has as many bytes as its type. Where the state of `zkvm_blake2f` is also
    /// the result, it is the second argument.
    pub(crate) arguments: Vec<Vec<u8>>,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// What the symbol returned.
    pub(crate) status: i32,
    /// The result as it was left; `bool` is one byte. Before the call it is filled with 0xA5.
    pub(crate) output: Vec<u8>,
}

/// Bytes as the structures of the standard have them. Those of pairs are bytes without gaps, too.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Bytes<const N: usize>([u8; N]);

unsafe extern "C" {
    fn zkvm_keccak256(data: *const u8, len: usize, output: *mut Bytes<32>) -> i32;
    fn zkvm_sha256(data: *const u8, len: usize, output: *mut Bytes<32>) -> i32;
    fn zkvm_ripemd160(data: *const u8, len: usize, output: *mut Bytes<32>) -> i32;
    fn zkvm_secp256k1_verify(
        msg: *const Bytes<32>,
        sig: *const Bytes<64>,
        pubkey: *const Bytes<64>,
        verified: *mut u8,
    ) -> i32;
    fn zkvm_secp256k1_ecrecover(
        msg: *const Bytes<32>,
        sig: *const Bytes<64>,
        recid: u8,
        output: *mut Bytes<64>,
    ) -> i32;
    fn zkvm_secp256r1_verify(
        msg: *const Bytes<32>,
        sig: *const Bytes<64>,
        pubkey: *const Bytes<64>,
        verified: *mut u8,
    ) -> i32;
    fn zkvm_modexp(
        base: *const u8,
        base_len: usize,
        exp: *const u8,
        exp_len: usize,
        modulus: *const u8,
        mod_len: usize,
        output: *mut u8,
    ) -> i32;
    fn zkvm_bn254_g1_add(p1: *const Bytes<64>, p2: *const Bytes<64>, result: *mut Bytes<64>)
    -> i32;
    fn zkvm_bn254_g1_mul(
        point: *const Bytes<64>,
        scalar: *const Bytes<32>,
        result: *mut Bytes<64>,
    ) -> i32;
    fn zkvm_bn254_pairing(pairs: *const Bytes<192>, num_pairs: usize, verified: *mut u8) -> i32;
    fn zkvm_blake2f(
        rounds: u32,
        h: *mut Bytes<64>,
        m: *const Bytes<128>,
        t: *const Bytes<16>,
        f: u8,
    ) -> i32;
    fn zkvm_kzg_point_eval(
        commitment: *const Bytes<48>,
        z: *const Bytes<32>,
        y: *const Bytes<32>,
        proof: *const Bytes<48>,
        verified: *mut u8,
    ) -> i32;
    fn zkvm_bls12_g1_add(p1: *const Bytes<96>, p2: *const Bytes<96>, result: *mut Bytes<96>)
    -> i32;
    fn zkvm_bls12_g1_msm(pairs: *const Bytes<128>, num_pairs: usize, result: *mut Bytes<96>)
    -> i32;
    fn zkvm_bls12_g2_add(
        p1: *const Bytes<192>,
        p2: *const Bytes<192>,
        result: *mut Bytes<192>,
    ) -> i32;
    fn zkvm_bls12_g2_msm(
        pairs: *const Bytes<224>,
        num_pairs: usize,
        result: *mut Bytes<192>,
    ) -> i32;
    fn zkvm_bls12_pairing(pairs: *const Bytes<288>, num_pairs: usize, verified: *mut u8) -> i32;
    fn zkvm_bls12_map_fp_to_g1(field_element: *const Bytes<48>, result: *mut Bytes<96>) -> i32;
    fn zkvm_bls12_map_fp2_to_g2(field_element: *const Bytes<96>, result: *mut Bytes<192>) -> i32;
}

/// Calls the symbol that `request` names.
///
/// # Panics
/// When there is no such symbol, or the arguments are not as many and as long as it takes.
pub(crate) fn answer(request: &Request) -> Answer {
    // SAFETY of all calls: pointers are to values of the types that the symbols take, made here,
    // and numbers are the lengths of what pointers point to.
    let argument = |index: usize| request.arguments[index].as_slice();
    let result = |status: i32, output: &[u8]| Answer { status, output: output.to_vec() };
    match request.symbol.as_str() {
        "zkvm_keccak256" => hash(argument(0), zkvm_keccak256),
        "zkvm_sha256" => hash(argument(0), zkvm_sha256),
        "zkvm_ripemd160" => hash(argument(0), zkvm_ripemd160),
        "zkvm_secp256k1_verify" => {
            let (msg, sig, key) = (bytes(argument(0)), bytes(argument(1)), bytes(argument(2)));
            verdict(|verified| unsafe { zkvm_secp256k1_verify(&msg, &sig, &key, verified) })
        }
        "zkvm_secp256r1_verify" => {
            let (msg, sig, key) = (bytes(argument(0)), bytes(argument(1)), bytes(argument(2)));
            verdict(|verified| unsafe { zkvm_secp256r1_verify(&msg, &sig, &key, verified) })
        }
        "zkvm_secp256k1_ecrecover" => {
            let (msg, sig) = (bytes(argument(0)), bytes(argument(1)));
            let recid = bytes::<1>(argument(2)).0[0];
            value(|output| unsafe { zkvm_secp256k1_ecrecover(&msg, &sig, recid, output) })
        }
        "zkvm_modexp" => {
            let (base, exp, modulus) = (argument(0), argument(1), argument(2));
            let mut output = vec![0xA5; modulus.len()];
            let status = unsafe {
                zkvm_modexp(
                    base.as_ptr(),
                    base.len(),
                    exp.as_ptr(),
                    exp.len(),
                    modulus.as_ptr(),
                    modulus.len(),
                    output.as_mut_ptr(),
                )
            };
            result(status, &output)
        }
        "zkvm_bn254_g1_add" => {
            let (p1, p2) = (bytes(argument(0)), bytes(argument(1)));
            value(|output| unsafe { zkvm_bn254_g1_add(&p1, &p2, output) })
        }
        "zkvm_bn254_g1_mul" => {
            let (point, scalar) = (bytes(argument(0)), bytes(argument(1)));
            value(|output| unsafe { zkvm_bn254_g1_mul(&point, &scalar, output) })
        }
        "zkvm_bn254_pairing" => {
            let pairs = pairs(&request.arguments);
            verdict(|verified| unsafe { zkvm_bn254_pairing(pairs.as_ptr(), pairs.len(), verified) })
        }
        "zkvm_blake2f" => {
            let rounds = u32::from_be_bytes(bytes(argument(0)).0);
            let mut h: Bytes<64> = bytes(argument(1));
            let (m, t) = (bytes(argument(2)), bytes(argument(3)));
            let f = bytes::<1>(argument(4)).0[0];
            let status = unsafe { zkvm_blake2f(rounds, &mut h, &m, &t, f) };
            result(status, &h.0)
        }
        "zkvm_kzg_point_eval" => {
            let (commitment, proof) = (bytes(argument(0)), bytes(argument(3)));
            let (z, y) = (bytes(argument(1)), bytes(argument(2)));
            verdict(|verified| unsafe {
                zkvm_kzg_point_eval(&commitment, &z, &y, &proof, verified)
            })
        }
        "zkvm_bls12_g1_add" => {
            let (p1, p2) = (bytes(argument(0)), bytes(argument(1)));
            value(|output| unsafe { zkvm_bls12_g1_add(&p1, &p2, output) })
        }
        "zkvm_bls12_g1_msm" => {
            let pairs = pairs(&request.arguments);
            value(|output| unsafe { zkvm_bls12_g1_msm(pairs.as_ptr(), pairs.len(), output) })
        }
        "zkvm_bls12_g2_add" => {
            let (p1, p2) = (bytes(argument(0)), bytes(argument(1)));
            value(|output| unsafe { zkvm_bls12_g2_add(&p1, &p2, output) })
        }
        "zkvm_bls12_g2_msm" => {
            let pairs = pairs(&request.arguments);
            value(|output| unsafe { zkvm_bls12_g2_msm(pairs.as_ptr(), pairs.len(), output) })
        }
        "zkvm_bls12_pairing" => {
            let pairs = pairs(&request.arguments);
            verdict(|verified| unsafe { zkvm_bls12_pairing(pairs.as_ptr(), pairs.len(), verified) })
        }
        "zkvm_bls12_map_fp_to_g1" => {
            let element = bytes(argument(0));
            value(|output| unsafe { zkvm_bls12_map_fp_to_g1(&element, output) })
        }
        "zkvm_bls12_map_fp2_to_g2" => {
            let element = bytes(argument(0));
            value(|output| unsafe { zkvm_bls12_map_fp2_to_g2(&element, output) })
        }
        other => panic!("there is no {other}"),
    }
}

type Hash = unsafe extern "C" fn(*const u8, usize, *mut Bytes<32>) -> i32;

fn hash(data: &[u8], function: Hash) -> Answer {
    value(|output| unsafe { function(data.as_ptr(), data.len(), output) })
}

/// The answer of a symbol whose result is a structure.
fn value<const N: usize>(call: impl FnOnce(*mut Bytes<N>) -> i32) -> Answer {
    let mut output = Bytes([0xA5; N]);
    let status = call(&mut output);
    Answer { status, output: output.0.to_vec() }
}

/// The answer of a symbol whose result is a `bool`, which C has as a byte.
fn verdict(call: impl FnOnce(*mut u8) -> i32) -> Answer {
    let mut verified = 0xA5;
    let status = call(&mut verified);
    Answer { status, output: vec![verified] }
}

fn bytes<const N: usize>(argument: &[u8]) -> Bytes<N> {
    Bytes(argument.try_into().expect("the argument has the structure's length"))
}

/// Each argument is one pair.
fn pairs<const N: usize>(arguments: &[Vec<u8>]) -> Vec<Bytes<N>> {
    arguments.iter().map(|pair| bytes(pair)).collect()
}
