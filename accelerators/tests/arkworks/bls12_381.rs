//! The functions on BLS12-381.

use ark_bls12_381::{Bls12_381, Fq, Fq2, Fr, G1Affine, G2Affine, g1, g2};
use ark_ec::hashing::curve_maps::wb::{WBConfig, WBMap};
use ark_ec::hashing::map_to_curve_hasher::MapToCurve;
use ark_ec::pairing::Pairing;
use ark_ec::scalar_mul::variable_base::VariableBaseMSM;
use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{One, PrimeField};

use lvm_accelerators::Error;

use super::field;

pub(crate) type G1MsmPair = [u8; 128];
pub(crate) type G2MsmPair = [u8; 224];
pub(crate) type PairingPair = [u8; 288];

pub(crate) fn g1_add(p1: &[u8; 96], p2: &[u8; 96]) -> Result<[u8; 96], Error> {
    Ok(encode_g1((decode_g1(p1)? + decode_g1(p2)?).into_affine()))
}

pub(crate) fn g1_msm(pairs: &[G1MsmPair]) -> Result<[u8; 96], Error> {
    let decode = |pair: &G1MsmPair| {
        let (point, scalar) = pair.split_at(96);
        Ok((in_subgroup(decode_g1(point)?)?, Fr::from_be_bytes_mod_order(scalar)))
    };
    Ok(encode_g1(msm(pairs.iter().map(decode))?))
}

pub(crate) fn g2_add(p1: &[u8; 192], p2: &[u8; 192]) -> Result<[u8; 192], Error> {
    Ok(encode_g2((decode_g2(p1)? + decode_g2(p2)?).into_affine()))
}

pub(crate) fn g2_msm(pairs: &[G2MsmPair]) -> Result<[u8; 192], Error> {
    let decode = |pair: &G2MsmPair| {
        let (point, scalar) = pair.split_at(192);
        Ok((in_subgroup(decode_g2(point)?)?, Fr::from_be_bytes_mod_order(scalar)))
    };
    Ok(encode_g2(msm(pairs.iter().map(decode))?))
}

pub(crate) fn pairing(pairs: &[PairingPair]) -> Result<bool, Error> {
    if pairs.is_empty() {
        return Err(Error::NoPairs);
    }
    let mut g1 = Vec::with_capacity(pairs.len());
    let mut g2 = Vec::with_capacity(pairs.len());
    for pair in pairs {
        g1.push(in_subgroup(decode_g1(&pair[..96])?)?);
        g2.push(in_subgroup(decode_g2(&pair[96..])?)?);
    }
    Ok(Bls12_381::multi_pairing(g1, g2).0.is_one())
}

pub(crate) fn map_fp_to_g1(element: &[u8; 48]) -> Result<[u8; 96], Error> {
    let element: Fq = field::decode(element)?;
    Ok(encode_g1(map_to_curve::<g1::Config>(element)?))
}

pub(crate) fn map_fp2_to_g2(element: &[u8; 96]) -> Result<[u8; 192], Error> {
    Ok(encode_g2(map_to_curve::<g2::Config>(decode_fp2(element)?)?))
}

fn map_to_curve<C: WBConfig>(element: C::BaseField) -> Result<Affine<C>, Error> {
    // The map is defined for all elements; that the library's function can fail is about curves
    // with unfit parameters.
    let point = WBMap::<C>::map_to_curve(element).map_err(|_| Error::NotOnCurve)?;
    // The isogeny takes the points of its kernel, where its formulas divide by zero, to infinity.
    if !point.is_on_curve() {
        return Ok(Affine::identity());
    }
    Ok(point.clear_cofactor())
}

fn msm<C: SWCurveConfig<ScalarField = Fr>>(
    pairs: impl Iterator<Item = Result<(Affine<C>, Fr), Error>>,
) -> Result<Affine<C>, Error> {
    let (points, scalars): (Vec<Affine<C>>, Vec<Fr>) =
        pairs.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    let sum = match (points.as_slice(), scalars.as_slice()) {
        ([], _) => return Err(Error::NoPairs),
        ([point], [scalar]) => *point * *scalar,
        // Lists of the same length, so that no pair is dropped.
        (points, scalars) => Projective::<C>::msm_unchecked(points, scalars),
    };
    Ok(sum.into_affine())
}

fn in_subgroup<C: SWCurveConfig>(point: Affine<C>) -> Result<Affine<C>, Error> {
    if point.is_in_correct_subgroup_assuming_on_curve() {
        Ok(point)
    } else {
        Err(Error::NotInSubgroup)
    }
}

fn decode_g1(bytes: &[u8]) -> Result<G1Affine, Error> {
    let (x, y): (Fq, Fq) = (field::decode(&bytes[..48])?, field::decode(&bytes[48..])?);
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(G1Affine::identity());
    }
    let point = G1Affine::new_unchecked(x, y);
    if point.is_on_curve() { Ok(point) } else { Err(Error::NotOnCurve) }
}

fn decode_g2(bytes: &[u8]) -> Result<G2Affine, Error> {
    let (x, y) = (decode_fp2(&bytes[..96])?, decode_fp2(&bytes[96..])?);
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(G2Affine::identity());
    }
    let point = G2Affine::new_unchecked(x, y);
    if point.is_on_curve() { Ok(point) } else { Err(Error::NotOnCurve) }
}

fn decode_fp2(bytes: &[u8]) -> Result<Fq2, Error> {
    Ok(Fq2::new(field::decode(&bytes[..48])?, field::decode(&bytes[48..])?))
}

pub(crate) fn encode_g1(point: G1Affine) -> [u8; 96] {
    let mut bytes = [0; 96];
    if let Some((x, y)) = point.xy() {
        field::encode(x, &mut bytes[..48]);
        field::encode(y, &mut bytes[48..]);
    }
    bytes
}

pub(crate) fn encode_g2(point: G2Affine) -> [u8; 192] {
    let mut bytes = [0; 192];
    if let Some((x, y)) = point.xy() {
        for (bytes, part) in bytes.as_chunks_mut::<48>().0.iter_mut().zip([x.c0, x.c1, y.c0, y.c1])
        {
            field::encode(part, bytes);
        }
    }
    bytes
}
