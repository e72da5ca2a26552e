//! The curve BN254, which EIP-196 and EIP-197 call alt_bn128 (precompiles 0x06 to 0x08).
//!
//! A point of G1 is x then y, 32 bytes each, big-endian. A point of G2 is x then y, each of them
//! the imaginary part, then the real one. Zeros alone are the point at infinity. A coordinate that
//! is not less than the field's modulus is an error. All of G1's curve is its group; points of G2
//! are checked to be in the subgroup.

use alloc::vec::Vec;

use ark_bn254::{Fq, Fr, G1Affine, G1Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::PrimeField;

use crate::pairing::{Affine, Bn254, Curve, Fp, Fp2, Pair, product_is_one};
use crate::{Error, field};

/// A point of G1 followed by one of G2.
pub type PairingPair = [u8; 192];

/// p1 + p2 (EIP-196, ECADD).
///
/// # Errors
/// When a coordinate is not canonical or a point not on the curve.
pub fn g1_add(p1: &[u8; 64], p2: &[u8; 64]) -> Result<[u8; 64], Error> {
    Ok(encode_g1((decode_g1(p1)? + decode_g1(p2)?).into_affine()))
}

/// scalar · point (EIP-196, ECMUL). The scalar is any number of 256 bits, big-endian.
///
/// # Errors
/// When a coordinate is not canonical or the point not on the curve.
pub fn g1_mul(point: &[u8; 64], scalar: &[u8; 32]) -> Result<[u8; 64], Error> {
    let point: G1Projective = decode_g1(point)?.into();
    // The group has prime order, so that the scalar counts modulo that order.
    Ok(encode_g1((point * Fr::from_be_bytes_mod_order(scalar)).into_affine()))
}

/// Whether the product of the pairings of all pairs is one (EIP-197). Of no pairs it is.
///
/// # Errors
/// When a coordinate is not canonical, a point not on its curve, or a point of G2 not in the
/// subgroup.
pub fn pairing(pairs: &[PairingPair]) -> Result<bool, Error> {
    let decode = |pair: &PairingPair| -> Result<Pair<Bn254>, Error> {
        let coordinate = |at: usize| Fp::decode(&pair[32 * at..32 * (at + 1)]);
        let coordinate = |at: usize| coordinate(at).ok_or(Error::NotCanonical);
        let p = Affine { x: coordinate(0)?, y: coordinate(1)? };
        // Of the second point, imaginary parts come first.
        let extension = |at: usize| Ok(Fp2::new(coordinate(at + 1)?, coordinate(at)?));
        let q = Affine { x: extension(2)?, y: extension(4)? };
        Ok((p.checked(Bn254::B)?, q.checked(Bn254::TWIST_B)?))
    };
    let pairs: Vec<_> = pairs.iter().map(decode).collect::<Result<_, _>>()?;
    product_is_one::<Bn254>(&pairs)
}

/// The point of 64 bytes.
fn decode_g1(bytes: &[u8]) -> Result<G1Affine, Error> {
    let (x, y): (Fq, Fq) = (field::decode(&bytes[..32])?, field::decode(&bytes[32..])?);
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(G1Affine::identity());
    }
    let point = G1Affine::new_unchecked(x, y);
    if point.is_on_curve() { Ok(point) } else { Err(Error::NotOnCurve) }
}

fn encode_g1(point: G1Affine) -> [u8; 64] {
    let mut bytes = [0; 64];
    if let Some((x, y)) = point.xy() {
        field::encode(x, &mut bytes[..32]);
        field::encode(y, &mut bytes[32..]);
    }
    bytes
}
