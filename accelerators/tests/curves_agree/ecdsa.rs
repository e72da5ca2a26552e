//! Signatures, with the answers of `k256` and `p256`.

use lvm_accelerators::secp256k1::recover_from_any;
use num_bigint::BigUint;

use super::Case;
use super::draw::{Draw, around, bytes, hex};

/// A curve, and what a library computes on it.
pub(crate) struct Reference {
    symbol: &'static str,
    order: BigUint,
    modulus: BigUint,
    /// The base point's multiple by a number from 1 to the order less 1: x, then y.
    multiple: fn(&BigUint) -> Vec<u8>,
    /// Whether a signature of a hash is one under a key.
    verify: fn(&[u8], &[u8], &[u8]) -> bool,
}

macro_rules! multiple {
    ($library:ident) => {
        |scalar: &BigUint| {
            use $library::elliptic_curve::PrimeField;
            use $library::elliptic_curve::sec1::ToSec1Point;
            let bytes: [u8; 32] = bytes(scalar).try_into().expect("there are 32 bytes");
            let scalar = $library::Scalar::from_repr(bytes.into());
            let point = $library::ProjectivePoint::GENERATOR * scalar.expect("it is reduced");
            point.to_affine().to_sec1_point(false).as_bytes()[1..].to_vec()
        }
    };
}

macro_rules! verify {
    ($library:ident) => {
        |hash, signature, key| {
            use $library::ecdsa::signature::hazmat::PrehashVerifier;
            use $library::ecdsa::{Signature, VerifyingKey};
            let Ok(signature) = Signature::from_slice(signature) else {
                return false;
            };
            let Ok(key) = VerifyingKey::from_sec1_bytes(&[&[4], key].concat()) else {
                return false;
            };
            key.verify_prehash(hash, &signature.normalize_s()).is_ok()
        }
    };
}

pub(crate) fn secp256k1() -> Reference {
    Reference {
        symbol: "zkvm_secp256k1_verify",
        order: hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"),
        modulus: hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"),
        multiple: multiple!(k256),
        verify: verify!(k256),
    }
}

pub(crate) fn secp256r1() -> Reference {
    Reference {
        symbol: "zkvm_secp256r1_verify",
        order: hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
        modulus: hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
        multiple: multiple!(p256),
        verify: verify!(p256),
    }
}

/// λ of secp256k1: the endomorphism's images are multiples by it.
fn lambda() -> BigUint {
    hex("5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72")
}

impl Reference {
    /// Numbers at the ends of the ranges that are checked.
    fn edges(&self) -> Vec<BigUint> {
        let one = BigUint::from(1_u8);
        let mut edges = around(&[
            BigUint::ZERO,
            self.order.clone(),
            &self.order >> 1,
            self.modulus.clone(),
            &self.modulus - &self.order,
            &one << 128,
            (&one << 256) - &one,
        ]);
        edges.extend(around(&[lambda(), &self.order - lambda()]));
        edges
    }

    /// A scalar from 1 to the order less 1.
    fn scalar(&self, draw: &mut Draw) -> BigUint {
        loop {
            let scalar = draw.awkward(&self.edges()) % &self.order;
            if scalar != BigUint::ZERO {
                let is_negative = draw.below(4) == 0;
                return if is_negative { &self.order - scalar } else { scalar };
            }
        }
    }

    fn inverse(&self, scalar: &BigUint) -> BigUint {
        scalar.modinv(&self.order).expect("the order is a prime")
    }

    /// k, u₁ and u₂ of a sum u₁·G + u₂·(k·G) that meets exceptions more often than not.
    fn sum(&self, draw: &mut Draw) -> [BigUint; 3] {
        let (k, u2) = (self.scalar(draw), self.scalar(draw));
        let product = &u2 * &k % &self.order;
        let u1 = match draw.below(5) {
            0 => product,
            1 => &self.order - product,
            2 => BigUint::ZERO,
            3 => self.scalar(draw),
            _ => return self.sum_that_ends_with_a_double(draw),
        };
        [k, u1, u2]
    }

    /// Likewise, where the last addition of all, that of a multiple of G or of 2¹²⁸·G, adds a point
    /// to itself.
    fn sum_that_ends_with_a_double(&self, draw: &mut Draw) -> [BigUint; 3] {
        let k = self.scalar(draw);
        let mut digits = (draw.number() % &self.order).to_bytes_le();
        digits.resize(32, 0);
        let last = 16 * draw.below(2);
        if last == 0 {
            digits[16] = 0;
        }
        let addend = BigUint::from(digits[last]) << (8 * last);
        let u1 = BigUint::from_bytes_le(&digits);
        let difference = (addend << 1) + &self.order - &u1;
        let u2 = difference * self.inverse(&k) % &self.order;
        [k, u1, u2]
    }

    fn x_of(&self, point: &[u8]) -> BigUint {
        BigUint::from_bytes_be(&point[..32]) % &self.order
    }
}

/// A message's hash, r and s.
struct Signature {
    hash: Vec<u8>,
    rs: Vec<u8>,
}

impl Signature {
    /// Each part is a number of 256 bits.
    fn new(z: &BigUint, r: &BigUint, s: &BigUint) -> Self {
        Self { hash: bytes(z), rs: [bytes(r), bytes(s)].concat() }
    }

    /// A signature out of range as often as not.
    fn drawn(draw: &mut Draw, edges: &[BigUint]) -> Self {
        let [z, r, s] = core::array::from_fn(|_| draw.awkward(edges));
        Self::new(&z, &r, &s)
    }
}

/// What `k256` recovers, with an id of at most 3.
fn expected_key(signature: &Signature, id: u8) -> Option<Vec<u8>> {
    use k256::ecdsa::{RecoveryId, VerifyingKey};
    let rs = k256::ecdsa::Signature::from_slice(&signature.rs).ok()?;
    let id = RecoveryId::from_byte(id)?;
    let key = VerifyingKey::recover_from_prehash(&signature.hash, &rs, id).ok()?;
    Some(key.to_sec1_point(false).as_bytes()[1..].to_vec())
}

fn recovery(signature: Signature, id: u8) -> Case {
    let expected = if id > 1 { None } else { expected_key(&signature, id) };
    let arguments = vec![signature.hash, signature.rs, vec![id]];
    Case::of_bytes("zkvm_secp256k1_ecrecover", arguments, expected)
}

/// Recoveries with numbers drawn each by itself, and all bytes that a recovery id can be.
pub(crate) fn recoveries(seed: u64, count: usize) -> Vec<Case> {
    let draw = &mut Draw::new(seed);
    let edges = secp256k1().edges();
    let case = |_| {
        let signature = Signature::drawn(draw, &edges);
        let id = if draw.below(8) == 0 { draw.below(256) } else { draw.below(2) };
        recovery(signature, id as u8)
    };
    (0..count).map(case).collect()
}

/// Recoveries of u₁·G + u₂·R for a point R = k·G, with all three scalars awkward.
pub(crate) fn constructed_recoveries(seed: u64, count: usize) -> Vec<Case> {
    let draw = &mut Draw::new(seed);
    (0..count).map(|_| recovery(constructed(draw), draw.below(2) as u8)).collect()
}

fn constructed(draw: &mut Draw) -> Signature {
    let curve = secp256k1();
    let [k, u1, u2] = curve.sum(draw);
    let r = curve.x_of(&(curve.multiple)(&k));
    let s = &u2 * &r % &curve.order;
    let mut z = (&curve.order - &u1) * &r % &curve.order;
    if z.bits() < 128 && draw.below(2) == 0 {
        z += &curve.order;
    }
    Signature::new(&z, &r, &s)
}

/// With the ids 2 and 3 the x coordinate is r + n: r is then less than p − n, or there is no key.
pub(crate) fn check_all_recovery_ids(seed: u64, count: usize) {
    let draw = &mut Draw::new(seed);
    let curve = secp256k1();
    let edges = curve.edges();
    let difference = &curve.modulus - &curve.order;
    let mut recovered = [0; 4];
    for round in 0..count {
        let signature = if round % 5 == 0 {
            constructed(draw)
        } else {
            let r = if round % 5 == 1 { draw.awkward(&edges) } else { draw.number() % &difference };
            Signature::new(&draw.awkward(&edges), &r, &draw.number())
        };
        let hash = signature.hash.as_slice().try_into().expect("a hash has 32 bytes");
        let rs = signature.rs.as_slice().try_into().expect("a signature has 64 bytes");
        for id in 0..5 {
            let key = recover_from_any(hash, rs, id).ok().map(Vec::from);
            assert_eq!(key, expected_key(&signature, id), "{id} {:02x?}", signature.rs);
            if key.is_some() {
                recovered[usize::from(id)] += 1;
            }
        }
    }
    assert!(recovered.iter().all(|count| *count > 100), "{recovered:?}");
}

/// Verifications of what is drawn, of signatures that are valid by their making, of those less one
/// bit, and of those whose point is the one at infinity.
pub(crate) fn verifications(curve: &Reference, seed: u64, count: usize) -> Vec<Case> {
    let draw = &mut Draw::new(seed);
    (0..count).map(|_| verification(curve, draw)).collect()
}

fn verification(curve: &Reference, draw: &mut Draw) -> Case {
    let edges = curve.edges();
    let [k, u1, u2] = curve.sum(draw);
    let mut key = (curve.multiple)(&k);
    let signature = if draw.below(4) == 0 {
        Signature::drawn(draw, &edges)
    } else {
        let sum = (&u1 + &u2 * &k) % &curve.order;
        let r = if sum == BigUint::ZERO {
            curve.scalar(draw)
        } else {
            curve.x_of(&(curve.multiple)(&sum))
        };
        let s = &r * curve.inverse(&u2) % &curve.order;
        Signature::new(&(&u1 * &s % &curve.order), &r, &s)
    };
    let Signature { mut hash, mut rs } = signature;
    let (place, bit) = match draw.below(12) {
        0 => (&mut hash, draw.below(256)),
        1 => (&mut rs, draw.below(512)),
        2 => (&mut key, draw.below(512)),
        3 => {
            key = [bytes(draw.chosen(&edges)), bytes(draw.chosen(&edges))].concat();
            (&mut key, 511)
        }
        _ => (&mut vec![0], 0),
    };
    place[bit / 8] ^= 1 << (bit % 8);
    let verdict = (curve.verify)(&hash, &rs, &key);
    Case::of_verdict(curve.symbol, vec![hash, rs, key], verdict)
}
