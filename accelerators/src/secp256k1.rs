//! ECDSA on the curve secp256k1 (SEC 1, section 4.1; SEC 2, section 2.4.1).
//!
//! A signature is r then s, a public key x then y, all of them 32 bytes, big-endian. Signatures
//! with s in the upper half of its range are as good as others: the restriction of EIP-2 is about
//! transactions and is the caller's.

use lvm_guest_sdk::arithmetic::{curve, modular};

use crate::Error;
use crate::curve::endomorphism::{Endomorphism, HALF_BYTES};
use crate::curve::generator::fixed_multiples;
use crate::curve::multiples::{FixedMultiples, multiply, scalar, sum};
use crate::curve::{Affine, Curve, Point, encode, join, right_side};
use crate::ecdsa::{self, Signatures};
use crate::number::{Number, add, is_less, subtract};

/// Whether `signature` is one of the message with the hash `hash`, under `public_key`.
///
/// A key that is not a point of the curve has no valid signatures, nor are there valid ones with r
/// or s outside of 1 to n − 1.
pub fn verify(hash: &[u8; 32], signature: &[u8; 64], public_key: &[u8; 64]) -> bool {
    ecdsa::verify::<Secp256k1>(hash, signature, public_key)
}

/// The public key under which `signature` is one of the message with the hash `hash` (SEC 1,
/// section 4.1.6; precompile 0x01, which gives the key's address instead).
///
/// `recovery_id` is the parity of the y coordinate of the signature's point R, whose x coordinate
/// is r itself, as in the precompile.
///
/// # Errors
/// [`Error::NotRecoverable`] when `recovery_id` is more than 1, when r or s is outside of 1 to
/// n − 1, and when no key fits.
pub fn recover(hash: &[u8; 32], signature: &[u8; 64], recovery_id: u8) -> Result<[u8; 64], Error> {
    if recovery_id > 1 {
        return Err(Error::NotRecoverable);
    }
    recover_from_any(hash, signature, recovery_id)
}

/// As [`recover`], with the recovery ids 2 and 3, too: as 0 and 1, but the x coordinate of R is
/// r + n.
///
/// # Errors
/// As [`recover`], and when `recovery_id` is more than 3, or r + n isn't less than the field's
/// modulus.
pub fn recover_from_any(
    hash: &[u8; 32],
    signature: &[u8; 64],
    recovery_id: u8,
) -> Result<[u8; 64], Error> {
    let [r, s] = ecdsa::parts(signature);
    if !ecdsa::is_scalar::<Secp256k1>(&r) || !ecdsa::is_scalar::<Secp256k1>(&s) {
        return Err(Error::NotRecoverable);
    }
    let x = match recovery_id {
        0 | 1 => r,
        2 | 3 => match add(&r, &ORDER) {
            (x, false) if is_less(&x, &MODULUS) => x,
            _ => return Err(Error::NotRecoverable),
        },
        _ => return Err(Error::NotRecoverable),
    };
    let square = right_side::<Secp256k1>(&x);
    let mut y = square;
    raise_to_root(&mut y);
    let mut difference = square;
    modular::multiply_subtract(&mut difference, &y, &y, &MODULUS);
    if difference != [0; 4] {
        return Err(Error::NotRecoverable);
    }
    if y[0] & 1 != u64::from(recovery_id & 1) {
        // y isn't 0: the order of the curve is odd.
        (y, _) = subtract(&MODULUS, &y);
    }
    let mut place = [0; 8];
    let key = ecdsa::recover::<Secp256k1>(hash, &r, &s, &join(&x, &y), &mut place);
    key.affine().map(encode).ok_or(Error::NotRecoverable)
}

/// Replaces a square by one of its roots: its power with the exponent (p + 1)/4. The power of any
/// other number is no root.
///
/// In binary the exponent is 223 ones, a zero, 22 ones, four zeros, two ones, two zeros.
#[inline(never)]
fn raise_to_root(power: &mut Number) {
    let square = *power;
    append::<1>(power, &square);
    let ones_2 = *power;
    append::<1>(power, &square);
    let ones_3 = *power;
    append::<3>(power, &ones_3);
    append::<3>(power, &ones_3);
    append::<2>(power, &ones_2);
    let ones_11 = *power;
    append::<11>(power, &ones_11);
    let ones_22 = *power;
    append::<22>(power, &ones_22);
    let ones_44 = *power;
    append::<44>(power, &ones_44);
    let ones_88 = *power;
    append::<88>(power, &ones_88);
    append::<44>(power, &ones_44);
    append::<3>(power, &ones_3);
    append::<23>(power, &ones_22);
    append::<6>(power, &ones_2);
    modular::square_repeatedly::<4, 2>(power, &MODULUS);
}

/// Shifts the exponent of a power by `SHIFT` binary digits, and adds the exponent of `factor`.
#[inline(always)]
fn append<const SHIFT: usize>(power: &mut Number, factor: &Number) {
    modular::square_repeatedly::<4, SHIFT>(power, &MODULUS);
    modular::multiply_assign(power, factor, &MODULUS);
}

/// The curve y² = x³ + 7.
pub(crate) struct Secp256k1;

const CURVE: usize = curve::Curve::Secp256k1 as usize;

impl Curve for Secp256k1 {
    const MODULUS: &'static Number = &MODULUS;
    const A: Number = [0; 4];
    const B: Number = [7, 0, 0, 0];

    #[inline(always)]
    fn add(p: &mut Affine, q: &Affine) {
        curve::add::<CURVE>(p, q);
    }

    #[inline(always)]
    fn double_repeatedly<const TIMES: usize>(p: &mut Affine) {
        curve::double_repeatedly::<CURVE, TIMES>(p);
    }
}

impl Signatures for Secp256k1 {
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
        let mut images = multiples;
        ENDOMORPHISM.apply(&mut images, &MODULUS);
        let halves = ENDOMORPHISM.split(u2);
        let [first, second] = halves.map(|[a, b, c, _]| scalar([a, b, c]));
        let (low, high) = (scalar([u1[0], u1[1], 0]), scalar([u1[2], u1[3], 0]));
        sum::<_, HALF_BYTES, _, _, _>(
            [(&multiples, &first), (&images, &second)],
            [(&BASE_MULTIPLES, &low), (&HIGH_BASE_MULTIPLES, &high)],
            place,
        )
    }
}

/// p.
static MODULUS: Number = curve::Curve::Secp256k1.modulus();

/// n.
static ORDER: Number =
    [0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe, 0xffffffffffffffff];

/// G (SEC 2, section 2.4.1).
const BASE: Affine = [
    0x59f2815b16f81798,
    0x029bfcdb2dce28d9,
    0x55a06295ce870b07,
    0x79be667ef9dcbbac,
    0x9c47d08ffb10d4b8,
    0xfd17b448a6855419,
    0x5da4fbfc0e1108a8,
    0x483ada7726a3c465,
];

/// 2¹²⁸·G.
const HIGH_BASE: Affine = [
    0x1b7b444c9ec4c0da,
    0xe88c5678723ea335,
    0x9239c1ad981f162e,
    0x8f68b9d2f63b5f33,
    0xf23cbf79501fff82,
    0xbbea2cfe95510bfd,
    0xde1d90c2b6be215d,
    0x662a9f2dba063986,
];

pub(crate) static BASE_MULTIPLES: FixedMultiples = fixed_multiples::<Secp256k1>(&BASE);
pub(crate) static HIGH_BASE_MULTIPLES: FixedMultiples = fixed_multiples::<Secp256k1>(&HIGH_BASE);

/// With s = 0, c₁ three more and c₂ one less: the offset is 3·b₁ + b₂. Then f₁ is from −3 to 0 and
/// f₂ from 1 to 4, where a₁ and b₂ are 0.19, a₂ is 1.09 and b₁ 0.90, each times 2¹²⁸.
pub(crate) static ENDOMORPHISM: Endomorphism = Endomorphism {
    order: &ORDER,
    beta: [0xc1396c28719501ee, 0x9cf0497512f58995, 0x6e64479eac3434e9, 0x7ae96a2b657c0710],
    lambda: [0xdf02967c1b23bd72, 0x122e22ea20816678, 0xa5261c028812645a, 0x5363ad4cc05c30e0],
    estimates: [0x3086d221a7d46bcde86c90e49284eb15, 0xe4437ed6010e88286f547fa90abfe4c4],
    steps: [
        [0x6f547fa90abfe4c3, 0xe4437ed6010e8828, 0, 0],
        [0xe86c90e49284eb15, 0x3086d221a7d46bcd, 0, 0],
    ],
    offset: [0x366a0fdfb2c4995e, 0xdd514ea3ab000447, 2, 0],
};
