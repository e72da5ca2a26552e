//! The curve BN254, which EIP-196 and EIP-197 call alt_bn128 (precompiles 0x06 to 0x08).
//!
//! A point of G1 is x then y, 32 bytes each, big-endian. A point of G2 is x then y, each of them
//! the imaginary part, then the real one. Zeros alone are the point at infinity. A coordinate that
//! is not less than the field's modulus is an error. All of G1's curve is its group; points of G2
//! are checked to be in the subgroup.

use alloc::vec::Vec;

use lvm_guest_sdk::arithmetic::{curve, modular};

use crate::Error;
use crate::curve::endomorphism::{Endomorphism, HALF_BYTES};
use crate::curve::multiples::{self, multiply, sum};
use crate::curve::{Affine, Curve, Point, decode, encode};
use crate::number::{Number, ONE, from_be_bytes};
use crate::pairing::{self, Bn254, Curve as _, Fp, Fp2, Pair, product_is_one};

/// A point of G1 followed by one of G2.
pub type PairingPair = [u8; 192];

/// p1 + p2 (EIP-196, ECADD).
///
/// # Errors
/// When a coordinate is not canonical or a point not on the curve.
pub fn g1_add(p1: &[u8; 64], p2: &[u8; 64]) -> Result<[u8; 64], Error> {
    let mut place = [0; 8];
    let mut sum = Point::<Bn254G1>::infinity(&mut place);
    for encoded in [p1, p2] {
        let mut point = [0; 8];
        if *encoded != INFINITY {
            decode::<Bn254G1>(encoded, &mut point)?;
            sum.add(&point);
        }
    }
    Ok(sum.affine().map_or(INFINITY, encode))
}

/// scalar · point (EIP-196, ECMUL). The scalar is any number of 256 bits, big-endian.
///
/// # Errors
/// When a coordinate is not canonical or the point not on the curve.
pub fn g1_mul(point: &[u8; 64], scalar: &[u8; 32]) -> Result<[u8; 64], Error> {
    if *point == INFINITY {
        return Ok(INFINITY);
    }
    let mut base = [0; 8];
    decode::<Bn254G1>(point, &mut base)?;
    // The group has prime order, so that the scalar counts modulo that order.
    let number = modular::multiply(&from_be_bytes(scalar), &ONE, &ORDER);
    let halves = ENDOMORPHISM.split(&number);
    let halves = halves.map(|[a, b, c, _]| multiples::scalar([a, b, c]));
    let mut multiples = [base; 16];
    multiply::<Bn254G1>(&mut multiples);
    let mut images = multiples;
    ENDOMORPHISM.apply(&mut images, &MODULUS);
    let points = [(&multiples, &halves[0]), (&images, &halves[1])];
    let mut place = [0; 8];
    let product = sum::<Bn254G1, HALF_BYTES, _, _, _>(points, [], &mut place);
    Ok(product.affine().map_or(INFINITY, encode))
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
        let p = pairing::Affine { x: coordinate(0)?, y: coordinate(1)? };
        // Of the second point, imaginary parts come first.
        let extension = |at: usize| Ok(Fp2::new(coordinate(at + 1)?, coordinate(at)?));
        let q = pairing::Affine { x: extension(2)?, y: extension(4)? };
        Ok((p.checked(Bn254::B)?, q.checked(Bn254::TWIST_B)?))
    };
    let pairs: Vec<_> = pairs.iter().map(decode).collect::<Result<_, _>>()?;
    product_is_one::<Bn254>(&pairs)
}

/// The encoding of the point at infinity.
const INFINITY: [u8; 64] = [0; 64];

/// The curve y² = x³ + 3.
struct Bn254G1;

const CURVE: usize = curve::Curve::Bn254 as usize;

impl Curve for Bn254G1 {
    const MODULUS: &'static Number = &MODULUS;
    const A: Number = [0; 4];
    const B: Number = [3, 0, 0, 0];

    #[inline(always)]
    fn add(p: &mut Affine, q: &Affine) {
        curve::add::<CURVE>(p, q);
    }

    #[inline(always)]
    fn double_repeatedly<const TIMES: usize>(p: &mut Affine) {
        curve::double_repeatedly::<CURVE, TIMES>(p);
    }
}

/// The field's modulus.
static MODULUS: Number = curve::Curve::Bn254.modulus();

/// The order of the group.
static ORDER: Number =
    [0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029];

/// With s = 2 and c₂ one less: the offset is b₂. Then f₁ is from 0 to 11 and f₂ from 1 to 12, where
/// a₁ and b₂ are 0.44·2¹²⁸, a₂ and b₁ less than 2⁶⁴.
pub(crate) static ENDOMORPHISM: Endomorphism = Endomorphism {
    order: &ORDER,
    beta: [0xe4bd44e5607cfd48, 0xc28f069fbb966e3d, 0x5e6dd9e7e0acccb0, 0x30644e72e131a029],
    lambda: [0xb8ca0b2d36636f23, 0xcc37a73fec2bc5e9, 0x048b6e193fd84104, 0x30644e72e131a029],
    estimates: [0x9333bc0529dcf4b494e63f40c03fd959, 0xb64748cbb1f82cf5],
    steps: [
        [0x274c95a253484f8c, 0x0000000000000002, 0x0000000000000000, 0x0000000000000000],
        [0x2f9385504884942c, 0xbd360923bae167f4, 0x0000000000000001, 0x0000000000000000],
    ],
    offset: [0x0be4e1541221250b, 0x6f4d8248eeb859fd, 0, 0],
};
