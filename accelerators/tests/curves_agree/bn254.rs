//! Sums and multiples in BN254's first group, with the answers of `ark-bn254`.

use ark_bn254::{Fq, Fr, G1Affine, G1Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInteger, PrimeField};
use num_bigint::BigUint;

use super::Case;
use super::draw::{Draw, around, bytes, hex};

fn order() -> BigUint {
    hex("30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001")
}

fn modulus() -> BigUint {
    hex("30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47")
}

/// Numbers at the ends of the ranges that are checked, and λ.
fn edges() -> Vec<BigUint> {
    let lambda = hex("30644e72e131a029048b6e193fd84104cc37a73fec2bc5e9b8ca0b2d36636f23");
    let most = (BigUint::from(1_u8) << 256) - 1_u8;
    around(&[
        BigUint::ZERO,
        order(),
        modulus(),
        order() << 1,
        order() * 5_u8,
        &order() - &lambda,
        lambda,
        BigUint::from(1_u8) << 128,
        most,
    ])
}

fn encode(point: G1Projective) -> Vec<u8> {
    let point = point.into_affine();
    point.xy().map_or(vec![0; 64], |(x, y)| {
        [x, y].map(|coordinate| coordinate.into_bigint().to_bytes_be()).concat()
    })
}

/// The point, if there is one and its encoding canonical.
fn decode(bytes: &[u8]) -> Option<G1Projective> {
    if bytes == [0; 64] {
        return Some(G1Affine::identity().into());
    }
    let [x, y] = [&bytes[..32], &bytes[32..]].map(BigUint::from_bytes_be);
    if x >= modulus() || y >= modulus() {
        return None;
    }
    let [x, y] = [x, y].map(|it| Fq::from_be_bytes_mod_order(&it.to_bytes_be()));
    let point = G1Affine::new_unchecked(x, y);
    point.is_on_curve().then(|| point.into())
}

/// A small multiple of the base point, or any; one in eight times instead something that may be no
/// point.
fn point(draw: &mut Draw) -> Vec<u8> {
    let edges = edges();
    let scalar = Fr::from_be_bytes_mod_order(&bytes(&draw.awkward(&edges)));
    let mut point = encode(G1Projective::from(G1Affine::generator()) * scalar);
    match draw.below(16) {
        0 => {
            let bit = draw.below(512);
            point[bit / 8] ^= 1 << (bit % 8);
        }
        1 => {
            let half = 32 * draw.below(2);
            let number = BigUint::from_bytes_be(&point[half..half + 32]) + modulus();
            point[half..half + 32].copy_from_slice(&bytes(&number));
        }
        _ => {}
    }
    point
}

/// Sums of two points, one in three times equal or opposite ones.
pub(crate) fn sums(seed: u64, count: usize) -> Vec<Case> {
    let draw = &mut Draw::new(seed);
    let case = |_| {
        let first = point(draw);
        let second = match draw.below(6) {
            0 => first.clone(),
            1 => decode(&first).map_or_else(|| vec![0; 64], |first| encode(-first)),
            _ => point(draw),
        };
        let sum = decode(&first).zip(decode(&second)).map(|(a, b)| encode(a + b));
        Case::of_bytes("zkvm_bn254_g1_add", vec![first, second], sum)
    };
    (0..count).map(case).collect()
}

/// Multiples of points by any numbers.
pub(crate) fn products(seed: u64, count: usize) -> Vec<Case> {
    let draw = &mut Draw::new(seed);
    let edges = edges();
    let case = |_| {
        let point = point(draw);
        let scalar = bytes(&draw.awkward(&edges));
        let product =
            decode(&point).map(|point| encode(point * Fr::from_be_bytes_mod_order(&scalar)));
        Case::of_bytes("zkvm_bn254_g1_mul", vec![point, scalar], product)
    };
    (0..count).map(case).collect()
}
