//! ECDSA on the curve P-256 (FIPS 186-5; precompile 0x100, EIP-7951).
//!
//! A signature is r then s, a public key x then y, all of them 32 bytes, big-endian. Signatures
//! with s in the upper half of its range are as good as others.

use lvm_guest_sdk::arithmetic::curve;

use crate::curve::generator::fixed_multiples;
use crate::curve::multiples::{FixedMultiples, multiply, scalar, sum};
use crate::curve::{Affine, Curve, Point};
use crate::ecdsa::{self, Signatures};
use crate::number::{Number, subtract};

/// Whether `signature` is one of the message with the hash `hash`, under `public_key`.
///
/// A key that is not a point of the curve has no valid signatures, nor are there valid ones with r
/// or s outside of 1 to n − 1.
pub fn verify(hash: &[u8; 32], signature: &[u8; 64], public_key: &[u8; 64]) -> bool {
    ecdsa::verify::<Secp256r1>(hash, signature, public_key)
}

/// The curve y² = x³ − 3·x + b.
pub(crate) struct Secp256r1;

const CURVE: usize = curve::Curve::Secp256r1 as usize;

impl Curve for Secp256r1 {
    const MODULUS: &'static Number = &MODULUS;
    const A: Number = subtract(&MODULUS, &[3, 0, 0, 0]).0;
    const B: Number =
        [0x3bce3c3e27d2604b, 0x651d06b0cc53b0f6, 0xb3ebbd55769886bc, 0x5ac635d8aa3a93e7];

    #[inline(always)]
    fn add(p: &mut Affine, q: &Affine) {
        curve::add::<CURVE>(p, q);
    }

    #[inline(always)]
    fn double_repeatedly<const TIMES: usize>(p: &mut Affine) {
        curve::double_repeatedly::<CURVE, TIMES>(p);
    }
}

impl Signatures for Secp256r1 {
    const ORDER: &'static Number = &ORDER;

    #[inline(always)]
    fn combine<'a>(
        u1: &Number,
        point: &Affine,
        u2: &Number,
        place: &'a mut Affine,
    ) -> Point<'a, Self> {
        let mut multiples = [*point; 16];
        multiply::<Self>(&mut multiples);
        let (u1, u2) = (scalar(*u1), scalar(*u2));
        sum::<_, 32, _, _, _>([(&multiples, &u2)], [(&BASE_MULTIPLES, &u1)], place)
    }
}

/// p.
static MODULUS: Number = curve::Curve::Secp256r1.modulus();

/// n.
static ORDER: Number =
    [0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000];

/// G (SEC 2, section 2.4.2).
const BASE: Affine = [
    0xf4a13945d898c296,
    0x77037d812deb33a0,
    0xf8bce6e563a440f2,
    0x6b17d1f2e12c4247,
    0xcbb6406837bf51f5,
    0x2bce33576b315ece,
    0x8ee7eb4a7c0f9e16,
    0x4fe342e2fe1a7f9b,
];

pub(crate) static BASE_MULTIPLES: FixedMultiples = fixed_multiples::<Secp256r1>(&BASE);
