//! Openings of KZG commitments (EIP-4844; precompile 0x0a).
//!
//! Commitments and proofs are compressed points of BLS12-381's G1, 48 bytes; evaluation points and
//! values are scalars, 32 bytes, big-endian. The check of the commitment's versioned hash, which
//! the precompile also makes, is the caller's.

use core::array;

use crate::Error;
use crate::bls12_381::decode_scalar;
use crate::pairing::{
    Affine, Bls12381, Field, Fp, Fp2, G1, G2, Group, ORDER, SquareRoot, Sum, is_in_subgroup,
    product_is_one, sum_of_multiples,
};

/// \[τ\]₂, the generator of G2 times the secret of Ethereum's KZG ceremony: the second of the
/// points `g2_monomial` of the trusted setup that EIP-4844 names (consensus-specs,
/// `presets/mainnet/trusted_setups/trusted_setup_4096.json`).
const TAU_G2: Affine<Fp2<6, 12>> = Affine {
    x: Fp2::new(
        Fp::hex(
            "185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2",
        ),
        Fp::hex(
            "15bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72",
        ),
    ),
    y: Fp2::new(
        Fp::hex(
            "14353bdb96b626dd7d5ee8599d1fca2131569490e28de18e82451a496a9c9794ce26d105941f383ee689bfbbb832a99",
        ),
        Fp::hex(
            "1666c54b0a32529503432fcae0181b4bef79de09fc63671fda5ed1ba9bfa07899495346f3d7ac9cd23048ef30d0a154f",
        ),
    ),
};

/// Whether the polynomial that `commitment` commits to has the value `y` at `z`
/// (`verify_kzg_proof` of EIP-4844's polynomial commitments).
///
/// # Errors
/// When `z` or `y` is not less than the order of the group, or `commitment` or `proof` is no
/// compressed point of the subgroup.
pub fn verify(
    commitment: &[u8; 48],
    z: &[u8; 32],
    y: &[u8; 32],
    proof: &[u8; 48],
) -> Result<bool, Error> {
    let (z, y) = (scalar(z)?, scalar(y)?);
    let (commitment, proof) = (decode(commitment)?, decode(proof)?);
    // With P the commitment and π the proof, P − [y]₁ = [q(τ)·(τ − z)]₁ is what is to be shown,
    // thus e(P − [y]₁, −[1]₂) · e(π, [τ]₂ − [z]₂) = 1. Moving z to the first group, where it
    // multiplies π, makes all points of the second one constants.
    let negative = proof.map(|proof| proof.negated_if(true));
    let mut sum = Sum::new(sum_of_multiples::<G1>(&[(Some(G1::GENERATOR), y), (negative, z)]));
    if let Some(commitment) = &commitment {
        sum.add(commitment, true);
    }
    product_is_one::<Bls12381>(&[(sum.finish(), Some(G2::GENERATOR)), (proof, Some(TAU_G2))])
}

/// The scalar of 32 bytes, less than the order of the group.
fn scalar(bytes: &[u8; 32]) -> Result<[u64; 4], Error> {
    let words = decode_scalar(bytes);
    if words.iter().rev().lt(ORDER.iter().rev()) { Ok(words) } else { Err(Error::NotCanonical) }
}

/// The point of a compressed encoding, in the subgroup; `None` is infinity. The first three bits
/// say that the encoding is compressed, that the point is infinity, and that of both y the one is
/// meant that is the greater number (draft-irtf-cfrg-pairing-friendly-curves, appendix C).
fn decode(bytes: &[u8; 48]) -> Result<Option<Affine<Fp<6>>>, Error> {
    let [is_compressed, is_infinity, is_greater] =
        array::from_fn(|at| bytes[0] >> (7 - at) & 1 == 1);
    let mut x = *bytes;
    x[0] &= 0x1F;
    if !is_compressed {
        return Err(Error::Encoding);
    }
    if is_infinity {
        return if is_greater || x != [0; 48] { Err(Error::Encoding) } else { Ok(None) };
    }
    let x = Fp::decode(&x).ok_or(Error::Encoding)?;
    let mut square = x;
    square.square();
    let mut value = *G1::B;
    value.add_product(&square, &x);
    let y = value.square_root().ok_or(Error::Encoding)?;
    let negative = Affine { x, y }.negated_if(true).y;
    let y_is_greater = y.words().iter().rev().gt(negative.words().iter().rev());
    let point = Affine { x, y: if y_is_greater == is_greater { y } else { negative } };
    if is_in_subgroup::<G1>(&point) { Ok(Some(point)) } else { Err(Error::NotInSubgroup) }
}
#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn constant_points_are_in_the_subgroup() {
        for point in [G2::GENERATOR, TAU_G2] {
            assert!(point.is_on_curve(G2::B) && is_in_subgroup::<G2>(&point));
        }
        assert!(G1::GENERATOR.is_on_curve(G1::B) && is_in_subgroup::<G1>(&G1::GENERATOR));
    }
}
