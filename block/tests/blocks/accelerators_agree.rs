//! The accelerators answer what the software of the crates for execution answers, on the published
//! vectors of the accelerators, valid and invalid.

use std::fs;
use std::path::Path;

use alloy_consensus::crypto::CryptoProvider;
use alloy_primitives::{Address, keccak256};
use lvm_block::accelerated::Accelerated;
use revm::precompile::{Crypto, DefaultCrypto, PrecompileHalt};
use serde::Deserialize;

/// An entry of the accelerators' vectors.
#[derive(Deserialize)]
struct Vector {
    symbol: String,
    name: String,
    /// Hexadecimal.
    arguments: Vec<String>,
}

fn vectors() -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../accelerators/vectors");
    let entries = fs::read_dir(folder).expect("the vectors are there");
    let files = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap());
    files.flat_map(|file| serde_json::from_slice::<Vec<Vector>>(&file).unwrap()).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16).expect("the text is hexadecimal") as u8;
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("the argument has the structure's length")
}

/// The coordinates of a point.
fn g1(bytes: &[u8]) -> ([u8; 48], [u8; 48]) {
    (array(&bytes[..48]), array(&bytes[48..96]))
}

fn g2(bytes: &[u8]) -> ([u8; 48], [u8; 48], [u8; 48], [u8; 48]) {
    let [a, b, c, d] = [0, 48, 96, 144].map(|at| array(&bytes[at..at + 48]));
    (a, b, c, d)
}

/// What `crypto` answers, as bytes; why there is no answer isn't compared.
fn answer(crypto: &dyn Crypto, symbol: &str, arguments: &[Vec<u8>]) -> Option<Vec<u8>> {
    fn bytes<const N: usize>(result: Result<[u8; N], PrecompileHalt>) -> Option<Vec<u8>> {
        result.ok().map(|bytes| bytes.to_vec())
    }
    let verdict = |verified: bool| Some(vec![u8::from(verified)]);
    let a = |index: usize| arguments[index].as_slice();
    match symbol {
        "zkvm_sha256" => Some(crypto.sha256(a(0)).to_vec()),
        "zkvm_ripemd160" => Some(crypto.ripemd160(a(0)).to_vec()),
        "zkvm_secp256k1_ecrecover" => {
            let id = a(2)[0];
            // The precompile passes no other.
            if id > 1 {
                return None;
            }
            bytes(crypto.secp256k1_ecrecover(&array(a(1)), id, &array(a(0))))
        }
        "zkvm_secp256r1_verify" => {
            let (message, signature) = (array(a(0)), array(a(1)));
            verdict(crypto.secp256r1_verify_signature(&message, &signature, &array(a(2))))
        }
        "zkvm_modexp" => {
            let mut power = crypto.modexp(a(0), a(1), a(2)).ok()?;
            // Leading zeros are the caller's.
            let zeros = power.iter().take_while(|byte| **byte == 0).count();
            Some(power.split_off(zeros))
        }
        "zkvm_bn254_g1_add" => bytes(crypto.bn254_g1_add(a(0), a(1))),
        "zkvm_bn254_g1_mul" => bytes(crypto.bn254_g1_mul(a(0), a(1))),
        "zkvm_bn254_pairing" => {
            let pairs: Vec<_> = arguments.iter().map(|pair| pair.split_at(64)).collect();
            crypto.bn254_pairing_check(&pairs).ok().and_then(verdict)
        }
        "zkvm_blake2f" => {
            fn words<const N: usize>(bytes: &[u8]) -> [u64; N] {
                let words = bytes.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word));
                words.collect::<Vec<_>>().try_into().unwrap()
            }
            let flag = a(4)[0];
            // The precompile refuses others.
            if flag > 1 {
                return None;
            }
            let rounds = u32::from_be_bytes(array(a(0)));
            let mut h = words(a(1));
            crypto.blake2_compress(rounds, &mut h, &words(a(2)), &words(a(3)), flag == 1);
            Some(h.iter().flat_map(|word| word.to_le_bytes()).collect())
        }
        "zkvm_kzg_point_eval" => {
            let (z, y) = (array(a(1)), array(a(2)));
            let verified = crypto.verify_kzg_proof(&z, &y, &array(a(0)), &array(a(3)));
            verdict(verified.is_ok())
        }
        "zkvm_bls12_g1_add" => bytes(crypto.bls12_381_g1_add(g1(a(0)), g1(a(1)))),
        "zkvm_bls12_g2_add" => bytes(crypto.bls12_381_g2_add(g2(a(0)), g2(a(1)))),
        // The precompiles refuse empty lists.
        "zkvm_bls12_g1_msm" | "zkvm_bls12_g2_msm" | "zkvm_bls12_pairing"
            if arguments.is_empty() =>
        {
            None
        }
        "zkvm_bls12_g1_msm" => {
            let mut pairs = arguments.iter().map(|pair| Ok((g1(pair), array(&pair[96..]))));
            bytes(crypto.bls12_381_g1_msm(&mut pairs))
        }
        "zkvm_bls12_g2_msm" => {
            let mut pairs = arguments.iter().map(|pair| Ok((g2(pair), array(&pair[192..]))));
            bytes(crypto.bls12_381_g2_msm(&mut pairs))
        }
        "zkvm_bls12_pairing" => {
            let pairs: Vec<_> = arguments.iter().map(|p| (g1(p), g2(&p[96..]))).collect();
            crypto.bls12_381_pairing_check(&pairs).ok().and_then(verdict)
        }
        "zkvm_bls12_map_fp_to_g1" => bytes(crypto.bls12_381_fp_to_g1(&array(a(0)))),
        "zkvm_bls12_map_fp2_to_g2" => {
            let (c0, c1) = a(0).split_at(48);
            bytes(crypto.bls12_381_fp2_to_g2((array(c0), array(c1))))
        }
        other => panic!("{other} is no precompile's"),
    }
}

#[test]
fn precompiles() {
    let mut compared = 0;
    for vector in vectors() {
        // Not precompiles: Keccak, and the verification of a signature by its key.
        if ["zkvm_keccak256", "zkvm_secp256k1_verify"].contains(&vector.symbol.as_str()) {
            continue;
        }
        let arguments: Vec<_> = vector.arguments.iter().map(|text| unhex(text)).collect();
        let accelerated = answer(&Accelerated, &vector.symbol, &arguments);
        let software = answer(&DefaultCrypto, &vector.symbol, &arguments);
        assert_eq!(accelerated, software, "{}: {}", vector.symbol, vector.name);
        compared += 1;
    }
    println!("{compared} vectors");
    assert!(compared > 100);
}

#[test]
fn signers() {
    for vector in vectors().iter().filter(|vector| vector.symbol == "zkvm_secp256k1_ecrecover") {
        let arguments: Vec<_> = vector.arguments.iter().map(|text| unhex(text)).collect();
        let (message, id) = (array(&arguments[0]), arguments[2][0]);
        let signature = array(&[&arguments[1][..], &[id]].concat());
        let found = Accelerated.recover_signer_unchecked(&signature, &message).ok();
        let word = answer(&DefaultCrypto, &vector.symbol, &arguments);
        let expected = word.map(|word| Address::from_slice(&word[12..]));
        assert_eq!(found, expected, "{}", vector.name);

        // Whoever knows the key gets the same address, from the same signature alone.
        let key = lvm_accelerators::secp256k1::recover(&message, &array(&arguments[1]), id);
        let Ok(key) = key else { continue };
        let encoded = array(&[&[4][..], &key].concat());
        let signature = array(&arguments[1]);
        let verify = |key: &[u8; 65], signature: &[u8; 64]| {
            Accelerated.verify_and_compute_signer_unchecked(key, signature, &message).ok()
        };
        assert_eq!(verify(&encoded, &signature), Some(Address::from_word(keccak256(key))));
        let (mut other_key, mut other_signature) = (encoded, signature);
        other_key[0] = 6;
        other_signature[40] ^= 1;
        assert_eq!(verify(&other_key, &signature), None);
        assert_eq!(verify(&encoded, &other_signature), None);
    }
}
