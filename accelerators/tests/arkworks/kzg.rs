//! Openings of KZG commitments.

use ark_bls12_381::{Bls12_381, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{MontFp, One};
use ark_serialize::CanonicalDeserialize;

use lvm_accelerators::Error;

use super::field;

const TAU_G2: G2Affine = G2Affine::new_unchecked(
    Fq2::new(
        MontFp!(
            "3749701713850085193403383609513386037494151572263731328608276629425322978272408394373143740944003571525027436289778"
        ),
        MontFp!(
            "3347537128081568434923729147580015899756771550835613107520576615563260658656019591232316627827007503930666726825842"
        ),
    ),
    Fq2::new(
        MontFp!(
            "194392958648403190675529552496435226424111592982833162118538452666741235889530674000225873281133418439621742897817"
        ),
        MontFp!(
            "3447898402727835650716129438012169492682148398295533958400255525306573911008434577489634554212211450783070687991119"
        ),
    ),
);

pub(crate) fn verify(
    commitment: &[u8; 48],
    z: &[u8; 32],
    y: &[u8; 32],
    proof: &[u8; 48],
) -> Result<bool, Error> {
    let (z, y): (Fr, Fr) = (field::decode(z)?, field::decode(y)?);
    let (commitment, proof) = (decode(commitment)?, decode(proof)?);
    // With P the commitment and π the proof, P − [y]₁ = [q(τ)·(τ − z)]₁ is what is to be shown,
    // thus e(P − [y]₁, −[1]₂) · e(π, [τ]₂ − [z]₂) = 1. Moving z to the first group, where it
    // multiplies π, makes all points of the second one constants.
    let value = commitment - G1Affine::generator() * y + proof * z;
    let g1 = [(-value).into_affine(), proof];
    let g2 = [G2Affine::generator(), TAU_G2];
    Ok(Bls12_381::multi_pairing(g1, g2).0.is_one())
}

fn decode(bytes: &[u8; 48]) -> Result<G1Affine, Error> {
    let point =
        G1Affine::deserialize_compressed_unchecked(&bytes[..]).map_err(|_| Error::Encoding)?;
    if point.is_in_correct_subgroup_assuming_on_curve() {
        Ok(point)
    } else {
        Err(Error::NotInSubgroup)
    }
}
