//! Cryptography by the accelerators of the zkVM standards.
//!
//! [`install`] makes two crates call them: `alloy-consensus` for the signers of transactions and
//! of delegations, and `revm` for all precompiles. What the accelerators answer is what the crates'
//! own software answers. Why an input has no answer is not told as finely; the EVM doesn't see it.
//!
//! Keccak-256 is not among them: `alloy-primitives` calls it by the name of a symbol.

use alloc::sync::Arc;
use alloc::vec::Vec;

use alloy_consensus::crypto::{
    CryptoProvider, RecoveryError, UncompressedPublicKey, install_default_provider,
};
use alloy_primitives::{Address, keccak256};
use lvm_accelerators::{Error, bls12_381, bn254, hash, kzg, modexp, secp256k1, secp256r1};
use revm::precompile::bls12_381::{G1Point, G1PointScalar, G2Point, G2PointScalar};
use revm::precompile::{Crypto, PrecompileHalt};

/// The accelerators, as the crates for execution want them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Accelerated;

/// Makes the accelerators do the cryptography of this process from now on.
///
/// Does nothing where something was installed before, or used.
pub fn install() {
    // Both say whether they had something already, which is then kept.
    let _ = install_default_provider(Arc::new(Accelerated));
    let _ = revm::precompile::install_crypto(Accelerated);
}

impl CryptoProvider for Accelerated {
    fn recover_signer_unchecked(
        &self,
        signature: &[u8; 65],
        message: &[u8; 32],
    ) -> Result<Address, RecoveryError> {
        let [signature @ .., id] = signature;
        let key = secp256k1::recover(message, signature, *id).map_err(|_| RecoveryError::new())?;
        Ok(address(&key))
    }

    fn verify_and_compute_signer_unchecked(
        &self,
        key: &UncompressedPublicKey,
        signature: &[u8; 64],
        message: &[u8; 32],
    ) -> Result<Address, RecoveryError> {
        let [4, key @ ..] = key else {
            return Err(RecoveryError::new());
        };
        if secp256k1::verify(message, signature, key) {
            Ok(address(key))
        } else {
            Err(RecoveryError::new())
        }
    }
}

/// The address of a public key.
fn address(key: &[u8; 64]) -> Address {
    Address::from_word(keccak256(key))
}

impl Crypto for Accelerated {
    fn sha256(&self, input: &[u8]) -> [u8; 32] {
        hash::sha256(input)
    }

    fn ripemd160(&self, input: &[u8]) -> [u8; 32] {
        hash::ripemd160(input)
    }

    fn bn254_g1_add(&self, p1: &[u8], p2: &[u8]) -> Result<[u8; 64], PrecompileHalt> {
        bn254::g1_add(array(p1)?, array(p2)?).map_err(bn254_halt)
    }

    fn bn254_g1_mul(&self, point: &[u8], scalar: &[u8]) -> Result<[u8; 64], PrecompileHalt> {
        bn254::g1_mul(array(point)?, array(scalar)?).map_err(bn254_halt)
    }

    fn bn254_pairing_check(&self, pairs: &[(&[u8], &[u8])]) -> Result<bool, PrecompileHalt> {
        let pair = |(g1, g2): &(&[u8], &[u8])| -> Result<bn254::PairingPair, PrecompileHalt> {
            Ok(join(&[array::<64>(g1)?, array::<128>(g2)?]))
        };
        let pairs: Vec<_> = pairs.iter().map(pair).collect::<Result<_, _>>()?;
        bn254::pairing(&pairs).map_err(bn254_halt)
    }

    fn secp256k1_ecrecover(
        &self,
        signature: &[u8; 64],
        id: u8,
        message: &[u8; 32],
    ) -> Result<[u8; 32], PrecompileHalt> {
        let key = secp256k1::recover(message, signature, id)
            .map_err(|_| PrecompileHalt::Secp256k1RecoverFailed)?;
        Ok(address(&key).into_word().0)
    }

    fn modexp(
        &self,
        base: &[u8],
        exponent: &[u8],
        modulus: &[u8],
    ) -> Result<Vec<u8>, PrecompileHalt> {
        Ok(modexp::modexp(base, exponent, modulus))
    }

    fn blake2_compress(
        &self,
        rounds: u32,
        state: &mut [u64; 8],
        message: &[u64; 16],
        offset: &[u64; 2],
        is_last: bool,
    ) {
        let (mut h, mut m, mut t) = ([0; 64], [0; 128], [0; 16]);
        write_words(state, &mut h);
        write_words(message, &mut m);
        write_words(offset, &mut t);
        // The flag is one of the two that there are.
        if let Ok(h) = lvm_accelerators::blake2f::blake2f(rounds, &h, &m, &t, is_last.into()) {
            for (word, bytes) in state.iter_mut().zip(h.as_chunks().0) {
                *word = u64::from_le_bytes(*bytes);
            }
        }
    }

    fn secp256r1_verify_signature(
        &self,
        message: &[u8; 32],
        signature: &[u8; 64],
        key: &[u8; 64],
    ) -> bool {
        secp256r1::verify(message, signature, key)
    }

    fn verify_kzg_proof(
        &self,
        z: &[u8; 32],
        y: &[u8; 32],
        commitment: &[u8; 48],
        proof: &[u8; 48],
    ) -> Result<(), PrecompileHalt> {
        match kzg::verify(commitment, z, y, proof) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(PrecompileHalt::BlobVerifyKzgProofFailed),
        }
    }

    fn bls12_381_g1_add(&self, a: G1Point, b: G1Point) -> Result<[u8; 96], PrecompileHalt> {
        bls12_381::g1_add(&g1(&a), &g1(&b)).map_err(g1_halt)
    }

    fn bls12_381_g1_msm(
        &self,
        pairs: &mut dyn Iterator<Item = Result<G1PointScalar, PrecompileHalt>>,
    ) -> Result<[u8; 96], PrecompileHalt> {
        let pair = |pair: Result<G1PointScalar, _>| {
            pair.map(|(point, scalar)| join(&[&g1::<96>(&point), &scalar]))
        };
        let pairs: Vec<_> = pairs.map(pair).collect::<Result<_, _>>()?;
        bls12_381::g1_msm(&pairs).map_err(g1_halt)
    }

    fn bls12_381_g2_add(&self, a: G2Point, b: G2Point) -> Result<[u8; 192], PrecompileHalt> {
        bls12_381::g2_add(&g2(&a), &g2(&b)).map_err(g2_halt)
    }

    fn bls12_381_g2_msm(
        &self,
        pairs: &mut dyn Iterator<Item = Result<G2PointScalar, PrecompileHalt>>,
    ) -> Result<[u8; 192], PrecompileHalt> {
        let pair = |pair: Result<G2PointScalar, _>| {
            pair.map(|(point, scalar)| join(&[&g2::<192>(&point), &scalar]))
        };
        let pairs: Vec<_> = pairs.map(pair).collect::<Result<_, _>>()?;
        bls12_381::g2_msm(&pairs).map_err(g2_halt)
    }

    fn bls12_381_pairing_check(
        &self,
        pairs: &[(G1Point, G2Point)],
    ) -> Result<bool, PrecompileHalt> {
        let pair = |(a, b): &(G1Point, G2Point)| join(&[&g1::<96>(a), &g2::<192>(b)]);
        let pairs: Vec<bls12_381::PairingPair> = pairs.iter().map(pair).collect();
        bls12_381::pairing(&pairs).map_err(g2_halt)
    }

    fn bls12_381_fp_to_g1(&self, element: &[u8; 48]) -> Result<[u8; 96], PrecompileHalt> {
        bls12_381::map_fp_to_g1(element).map_err(g1_halt)
    }

    fn bls12_381_fp2_to_g2(
        &self,
        element: ([u8; 48], [u8; 48]),
    ) -> Result<[u8; 192], PrecompileHalt> {
        bls12_381::map_fp2_to_g2(&join(&[&element.0, &element.1])).map_err(g2_halt)
    }
}

/// A point as the accelerators have it: its coordinates one after another.
fn g1<const N: usize>(point: &G1Point) -> [u8; N] {
    join(&[&point.0, &point.1])
}

/// Likewise for a point of the second group.
fn g2<const N: usize>(point: &G2Point) -> [u8; N] {
    join(&[&point.0, &point.1, &point.2, &point.3])
}

/// The parts one after another, which together have N bytes.
fn join<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut joined = [0; N];
    let mut rest = &mut joined[..];
    for part in parts {
        let (place, after) = rest.split_at_mut(part.len());
        place.copy_from_slice(part);
        rest = after;
    }
    joined
}

/// Bytes of the length that precompiles pass.
fn array<const N: usize>(bytes: &[u8]) -> Result<&[u8; N], PrecompileHalt> {
    bytes.try_into().map_err(|_| PrecompileHalt::other_static("the length is wrong"))
}

fn write_words(words: &[u64], out: &mut [u8]) {
    for (bytes, word) in out.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
}

fn bn254_halt(error: Error) -> PrecompileHalt {
    match error {
        Error::NotCanonical => PrecompileHalt::Bn254FieldPointNotAMember,
        _ => PrecompileHalt::Bn254AffineGFailedToCreate,
    }
}

fn g1_halt(error: Error) -> PrecompileHalt {
    match error {
        Error::NotCanonical => PrecompileHalt::NonCanonicalFp,
        Error::NotInSubgroup => PrecompileHalt::Bls12381G1NotInSubgroup,
        _ => PrecompileHalt::Bls12381G1NotOnCurve,
    }
}

fn g2_halt(error: Error) -> PrecompileHalt {
    match error {
        Error::NotCanonical => PrecompileHalt::NonCanonicalFp,
        Error::NotInSubgroup => PrecompileHalt::Bls12381G2NotInSubgroup,
        _ => PrecompileHalt::Bls12381G2NotOnCurve,
    }
}
