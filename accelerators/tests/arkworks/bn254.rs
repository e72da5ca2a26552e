//! The functions on BN254.

use ark_bn254::{Bn254, Fq, Fq2, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ec::pairing::Pairing;
use ark_ff::One;

use lvm_accelerators::Error;

use super::field;

pub(crate) type PairingPair = [u8; 192];

pub(crate) fn pairing(pairs: &[PairingPair]) -> Result<bool, Error> {
    let mut g1 = Vec::with_capacity(pairs.len());
    let mut g2 = Vec::with_capacity(pairs.len());
    for pair in pairs {
        g1.push(decode_g1(&pair[..64])?);
        g2.push(decode_g2(&pair[64..])?);
    }
    Ok(Bn254::multi_pairing(g1, g2).0.is_one())
}

fn decode_g1(bytes: &[u8]) -> Result<G1Affine, Error> {
    let (x, y): (Fq, Fq) = (field::decode(&bytes[..32])?, field::decode(&bytes[32..])?);
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(G1Affine::identity());
    }
    let point = G1Affine::new_unchecked(x, y);
    if point.is_on_curve() { Ok(point) } else { Err(Error::NotOnCurve) }
}

fn decode_g2(bytes: &[u8]) -> Result<G2Affine, Error> {
    let decode = |bytes: &[u8]| -> Result<Fq2, Error> {
        Ok(Fq2::new(field::decode(&bytes[32..])?, field::decode(&bytes[..32])?))
    };
    let (x, y) = (decode(&bytes[..64])?, decode(&bytes[64..])?);
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(G2Affine::identity());
    }
    let point = G2Affine::new_unchecked(x, y);
    if !point.is_on_curve() {
        return Err(Error::NotOnCurve);
    }
    if !point.is_in_correct_subgroup_assuming_on_curve() {
        return Err(Error::NotInSubgroup);
    }
    Ok(point)
}

pub(crate) fn encode_g1(point: G1Affine) -> [u8; 64] {
    let mut bytes = [0; 64];
    if let Some((x, y)) = point.xy() {
        field::encode(x, &mut bytes[..32]);
        field::encode(y, &mut bytes[32..]);
    }
    bytes
}

pub(crate) fn encode_g2(point: G2Affine) -> [u8; 128] {
    let mut bytes = [0; 128];
    if let Some((x, y)) = point.xy() {
        for (bytes, part) in bytes.as_chunks_mut::<32>().0.iter_mut().zip([x.c1, x.c0, y.c1, y.c0])
        {
            field::encode(part, bytes);
        }
    }
    bytes
}
