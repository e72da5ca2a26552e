//! The accelerators on BN254 and BLS12-381 give the answers that the crates of arkworks give: on
//! points of all kinds, among them those that affine formulas fail at, and on bytes that encode
//! none.

mod arkworks;

use ark_bls12_381::{G1Affine, G2Affine};
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInteger, Field, PrimeField};
use lvm_accelerators::{Error, bls12_381, bn254, kzg};
use num_bigint::BigUint;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Orders of small subgroups of BLS12-381's curve, of its twist, and of BN254's twist.
const SMALL_ORDERS_G1: [u64; 3] = [3, 11, 10_177];
const SMALL_ORDERS_G2: [u64; 4] = [13, 23, 2_713, 11_953];
const SMALL_ORDERS_BN254: [u64; 2] = [10_069, 5_864_401];

struct Source(StdRng);

impl Source {
    fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0.random_range(0..bound)
    }

    fn element<F: PrimeField>(&mut self) -> F {
        let bytes: [u8; 64] = self.0.random();
        F::from_le_bytes_mod_order(&bytes)
    }

    /// A point of the curve, hardly ever of the subgroup where there are others.
    fn on_curve<C: SWCurveConfig>(&mut self) -> Affine<C> {
        loop {
            let x: Vec<_> = (0..C::BaseField::extension_degree()).map(|_| self.element()).collect();
            let x = C::BaseField::from_base_prime_field_elems(x).expect("as many as the degree");
            if let Some(point) = Affine::get_point_from_x_unchecked(x, self.0.random()) {
                return point;
            }
        }
    }

    /// A point whose order is, most times, one of `orders`.
    fn of_small_order<C: SWCurveConfig>(&mut self, orders: &[u64]) -> Affine<C> {
        let order = orders[self.below(orders.len())];
        let bytes =
            |limbs: &[u64]| limbs.iter().flat_map(|it| it.to_le_bytes()).collect::<Vec<_>>();
        let points = BigUint::from_bytes_le(&bytes(C::COFACTOR)) * modulus::<C::ScalarField>();
        assert_eq!(&points % order, BigUint::ZERO);
        let factor = (points / order).to_bytes_le();
        let limbs: Vec<u64> = factor
            .chunks(8)
            .map(|limb| limb.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)))
            .collect();
        self.on_curve::<C>().mul_bigint(limbs).into_affine()
    }

    /// A point of the subgroup, with small multiples of the generator among them.
    fn in_subgroup<C: SWCurveConfig>(&mut self) -> Affine<C> {
        let generator = Affine::<C>::generator();
        match self.below(8) {
            0 => Affine::identity(),
            1 => generator,
            2 => -generator,
            3 => (generator * C::ScalarField::from(self.below(20) as u64)).into_affine(),
            _ => (generator * self.element::<C::ScalarField>()).into_affine(),
        }
    }

    /// A point of the curve: of the subgroup or not, or of small order.
    fn point<C: SWCurveConfig>(&mut self, orders: &[u64]) -> Affine<C> {
        match self.below(4) {
            0 => self.on_curve(),
            1 => self.of_small_order(orders),
            _ => self.in_subgroup(),
        }
    }

    /// A point that is another one, its negative, its double, or has nothing to do with it.
    fn relative<C: SWCurveConfig>(&mut self, point: Affine<C>, orders: &[u64]) -> Affine<C> {
        match self.below(5) {
            0 => point,
            1 => -point,
            2 => (point + point).into_affine(),
            3 => (-(point + point)).into_affine(),
            _ => self.point(orders),
        }
    }

    /// 256 bits: any number, or one at which the parts of scalars begin or end.
    fn scalar(&mut self) -> [u8; 32] {
        let order = modulus::<ark_bls12_381::Fr>();
        let x = BigUint::from(0xd201_0000_0001_0000_u64);
        let base = match self.below(7) {
            0 => BigUint::ZERO,
            1 => order,
            2 => x,
            3 => x.pow(2),
            4 => x.pow(3),
            5 => (BigUint::from(1_u8) << 256_u32) - 3_u8,
            _ => return self.0.random(),
        };
        let number = match self.below(3) {
            0 => base + self.below(3),
            1 => base.clone() - BigUint::from(self.below(20)).min(base),
            _ => base * 2_u8 % (BigUint::from(1_u8) << 256_u32),
        };
        let digits = number.to_bytes_be();
        let mut bytes = [0; 32];
        bytes[32 - digits.len()..].copy_from_slice(&digits);
        bytes
    }

    /// Makes the bytes of a point wrong, most times: one of its coordinates, of `length` bytes.
    fn spoil(&mut self, point: &mut [u8], length: usize, modulus: &BigUint) {
        let at = self.below(point.len() / length);
        let coordinate = &mut point[at * length..][..length];
        let number = match self.below(6) {
            0 => BigUint::ZERO,
            1 => modulus.clone(),
            2 => BigUint::from_bytes_be(coordinate) + modulus,
            3 => (BigUint::from(1_u8) << (8 * length)) - 1_u8,
            4 => modulus - 1_u8,
            _ => BigUint::from_bytes_be(coordinate) ^ BigUint::from(1_u8),
        };
        let digits = number.to_bytes_be();
        if digits.len() <= length {
            coordinate.fill(0);
            coordinate[length - digits.len()..].copy_from_slice(&digits);
        }
    }
}

fn modulus<F: PrimeField>() -> BigUint {
    BigUint::from_bytes_be(&F::MODULUS.to_bytes_be())
}

/// How often each answer came, so that a test knows that it saw all kinds.
#[derive(Debug, Default)]
struct Seen {
    answers: usize,
    errors: Vec<Error>,
}

impl Seen {
    /// Compares answers, and counts them.
    fn check<T: PartialEq + std::fmt::Debug>(
        &mut self,
        found: Result<T, Error>,
        expected: Result<T, Error>,
        input: &dyn std::fmt::Debug,
    ) {
        assert_eq!(found, expected, "{input:02x?}");
        match expected {
            Ok(_) => self.answers += 1,
            Err(error) => self.errors.push(error),
        }
    }

    fn assert_all(&self, answers: usize, errors: &[Error]) {
        assert!(self.answers >= answers, "{} answers", self.answers);
        for error in errors {
            let count = self.errors.iter().filter(|it| *it == error).count();
            assert!(count >= 10, "{error:?} {count} times");
        }
    }
}

#[test]
fn sums_of_two_points() {
    let mut source = Source::new(1);
    let mut seen = Seen::default();
    for _ in 0..3000 {
        let a: G1Affine = source.point(&SMALL_ORDERS_G1);
        let b = source.relative(a, &SMALL_ORDERS_G1);
        let [mut a, b] = [a, b].map(arkworks::bls12_381::encode_g1);
        if source.below(4) == 0 {
            source.spoil(&mut a, 48, &modulus::<ark_bls12_381::Fq>());
        }
        let expected = arkworks::bls12_381::g1_add(&a, &b);
        seen.check(bls12_381::g1_add(&a, &b), expected, &(a, b));
        let expected = arkworks::bls12_381::g1_add(&b, &a);
        seen.check(bls12_381::g1_add(&b, &a), expected, &(b, a));
    }
    seen.assert_all(3000, &[Error::NotCanonical, Error::NotOnCurve]);

    let mut seen = Seen::default();
    for _ in 0..3000 {
        let a: G2Affine = source.point(&SMALL_ORDERS_G2);
        let b = source.relative(a, &SMALL_ORDERS_G2);
        let [mut a, b] = [a, b].map(arkworks::bls12_381::encode_g2);
        if source.below(4) == 0 {
            source.spoil(&mut a, 48, &modulus::<ark_bls12_381::Fq>());
        }
        let expected = arkworks::bls12_381::g2_add(&a, &b);
        seen.check(bls12_381::g2_add(&a, &b), expected, &(a, b));
    }
    seen.assert_all(1500, &[Error::NotCanonical, Error::NotOnCurve]);
}

/// Lists of points, related with each other, and scalars; some lists with a point that isn't in the
/// subgroup or no point.
fn multiples<C: SWCurveConfig, const POINT: usize, const PAIR: usize>(
    source: &mut Source,
    orders: &[u64],
    encode: impl Fn(Affine<C>) -> [u8; POINT],
) -> Vec<[u8; PAIR]> {
    let mut pairs = Vec::new();
    let mut point: Affine<C> = source.in_subgroup();
    let mut scalar = source.scalar();
    let (length, spoilt) = (source.below(5), source.below(8));
    for at in 0..length {
        if at > 0 {
            let other = source.relative(point, orders);
            point = if other.is_in_correct_subgroup_assuming_on_curve() { other } else { point };
        }
        if source.below(2) == 0 {
            scalar = source.scalar();
        }
        let mut pair = [0; PAIR];
        pair[POINT..].copy_from_slice(&scalar);
        let chosen = if at == spoilt { source.point(orders) } else { point };
        pair[..POINT].copy_from_slice(&encode(chosen));
        if at + 1 == spoilt {
            source.spoil(&mut pair[..POINT], 48, &modulus::<ark_bls12_381::Fq>());
        }
        pairs.push(pair);
    }
    pairs
}

#[test]
fn sums_of_multiples() {
    let mut source = Source::new(2);
    let errors = [Error::NotCanonical, Error::NotOnCurve, Error::NotInSubgroup, Error::NoPairs];
    let mut seen = Seen::default();
    for _ in 0..1000 {
        let pairs = multiples(&mut source, &SMALL_ORDERS_G1, arkworks::bls12_381::encode_g1);
        let expected = arkworks::bls12_381::g1_msm(&pairs);
        seen.check(bls12_381::g1_msm(&pairs), expected, &pairs);
    }
    seen.assert_all(400, &errors);
    let mut seen = Seen::default();
    for _ in 0..1000 {
        let pairs = multiples(&mut source, &SMALL_ORDERS_G2, arkworks::bls12_381::encode_g2);
        let expected = arkworks::bls12_381::g2_msm(&pairs);
        seen.check(bls12_381::g2_msm(&pairs), expected, &pairs);
    }
    seen.assert_all(400, &errors);
}

#[test]
fn points_in_and_outside_of_the_subgroup() {
    let mut source = Source::new(3);
    let mut one = [0; 32];
    one[31] = 1;
    let mut seen = Seen::default();
    for _ in 0..400 {
        let point = arkworks::bls12_381::encode_g1(source.point(&SMALL_ORDERS_G1));
        let pair = [[&point[..], &one].concat().try_into().expect("the length of a pair")];
        let expected = arkworks::bls12_381::g1_msm(&pair);
        seen.check(bls12_381::g1_msm(&pair), expected, &pair);
        let point = arkworks::bls12_381::encode_g2(source.point(&SMALL_ORDERS_G2));
        let pair = [[&point[..], &one].concat().try_into().expect("the length of a pair")];
        let expected = arkworks::bls12_381::g2_msm(&pair);
        seen.check(bls12_381::g2_msm(&pair), expected, &pair);
    }
    seen.assert_all(200, &[Error::NotInSubgroup]);
}

#[test]
fn maps_to_curves() {
    let mut source = Source::new(4);
    let mut seen = Seen::default();
    for round in 0..600 {
        let mut element = [0; 96];
        for part in element.as_chunks_mut::<48>().0 {
            // Small numbers, zero among them, or any.
            let number: ark_bls12_381::Fq =
                if round < 100 { (source.below(12) as u64).into() } else { source.element() };
            let number = number.into_bigint().to_bytes_be();
            part.copy_from_slice(&number);
        }
        if round % 10 == 0 {
            source.spoil(&mut element, 48, &modulus::<ark_bls12_381::Fq>());
        }
        let first = *element.first_chunk().expect("96 bytes have 48");
        let expected = arkworks::bls12_381::map_fp_to_g1(&first);
        seen.check(bls12_381::map_fp_to_g1(&first), expected, &first);
        let expected = arkworks::bls12_381::map_fp2_to_g2(&element);
        seen.check(bls12_381::map_fp2_to_g2(&element), expected, &element);
    }
    seen.assert_all(1000, &[Error::NotCanonical]);
}

/// Pairs of a first point and a second one whose pairings multiply to one, where `is_one`, and
/// hardly ever where not: e(aP, bQ)·e(−abP, Q), and more pairs that cancel.
fn pairs<C1: SWCurveConfig, C2: SWCurveConfig<ScalarField = C1::ScalarField>>(
    source: &mut Source,
    is_one: bool,
) -> Vec<(Affine<C1>, Affine<C2>)> {
    let (p, q): (Affine<C1>, Affine<C2>) = (source.in_subgroup(), source.in_subgroup());
    let (a, b): (C1::ScalarField, C1::ScalarField) = (source.element(), source.element());
    let change = C1::ScalarField::from(u64::from(!is_one));
    let mut pairs = vec![
        ((p * a).into_affine(), (q * b).into_affine()),
        ((-(p * (a * b + change))).into_affine(), q),
    ];
    if source.below(2) == 0 {
        let (p, q) = (source.in_subgroup(), source.in_subgroup());
        let at = source.below(pairs.len());
        pairs.insert(at, (p, q));
        pairs.push(if source.below(2) == 0 { (-p, q) } else { (p, -q) });
    }
    match source.below(6) {
        0 => pairs.push((Affine::identity(), source.in_subgroup())),
        1 => pairs.push((source.in_subgroup(), Affine::identity())),
        2 => pairs.truncate(source.below(2)),
        _ => (),
    }
    pairs
}

/// Compares but for which error it is: with several wrong points another one may be found first.
fn check_pairing(
    counts: &mut [usize; 3],
    found: Result<bool, Error>,
    expected: Result<bool, Error>,
    input: &dyn std::fmt::Debug,
) {
    assert_eq!(found.ok(), expected.ok(), "{input:02x?}");
    counts[expected.map_or(2, usize::from)] += 1;
}

#[test]
fn pairings_on_bn254() {
    let mut source = Source::new(5);
    let mut counts = [0; 3];
    for round in 0..500 {
        let pairs =
            pairs::<ark_bn254::g1::Config, ark_bn254::g2::Config>(&mut source, round % 2 == 0);
        let mut encoded: Vec<bn254::PairingPair> = Vec::new();
        for (p, q) in pairs {
            let outside = source.below(12);
            let q = match outside {
                0 => source.of_small_order(&SMALL_ORDERS_BN254),
                1 => source.on_curve(),
                _ => q,
            };
            let p = if outside < 2 && source.below(2) == 0 { Affine::identity() } else { p };
            let (p, q) = (arkworks::bn254::encode_g1(p), arkworks::bn254::encode_g2(q));
            let mut pair = [&p[..], &q].concat();
            if source.below(20) == 0 {
                source.spoil(&mut pair, 32, &modulus::<ark_bn254::Fq>());
            }
            encoded.push(pair.try_into().expect("the length of a pair"));
        }
        let expected = arkworks::bn254::pairing(&encoded);
        check_pairing(&mut counts, bn254::pairing(&encoded), expected, &encoded);
    }
    assert!(counts.iter().all(|count| *count >= 80), "{counts:?}");
}

#[test]
fn pairings_on_bls12_381() {
    let mut source = Source::new(6);
    let mut counts = [0; 3];
    for round in 0..400 {
        let pairs = pairs::<ark_bls12_381::g1::Config, ark_bls12_381::g2::Config>(
            &mut source,
            round % 2 == 0,
        );
        let mut encoded: Vec<bls12_381::PairingPair> = Vec::new();
        for (mut p, mut q) in pairs {
            match source.below(24) {
                0 => q = source.of_small_order(&SMALL_ORDERS_G2),
                1 => q = source.on_curve(),
                2 => p = source.of_small_order(&SMALL_ORDERS_G1),
                3 => p = source.on_curve(),
                4 => (p, q) = (Affine::identity(), source.on_curve()),
                5 => (p, q) = (source.on_curve(), Affine::identity()),
                _ => (),
            }
            let (p, q) = (arkworks::bls12_381::encode_g1(p), arkworks::bls12_381::encode_g2(q));
            let mut pair = [&p[..], &q].concat();
            if source.below(20) == 0 {
                source.spoil(&mut pair, 48, &modulus::<ark_bls12_381::Fq>());
            }
            encoded.push(pair.try_into().expect("the length of a pair"));
        }
        let expected = arkworks::bls12_381::pairing(&encoded);
        check_pairing(&mut counts, bls12_381::pairing(&encoded), expected, &encoded);
    }
    assert!(counts.iter().all(|count| *count >= 60), "{counts:?}");
}

#[test]
fn openings_of_commitments() {
    use ark_serialize::CanonicalSerialize;
    let mut source = Source::new(7);
    let (mut counts, mut errors) = ([0; 3], Vec::new());
    let compress = |source: &mut Source, point: G1Affine| {
        let mut bytes = [0; 48];
        point.serialize_compressed(&mut bytes[..]).expect("48 bytes are enough");
        match source.below(12) {
            0 => bytes[0] ^= 0x80 >> source.below(3),
            1 => source.spoil(&mut bytes, 48, &modulus::<ark_bls12_381::Fq>()),
            2 => bytes[47] ^= 1,
            _ => (),
        }
        bytes
    };
    for round in 0..700 {
        // A constant polynomial: its value is everywhere the same, and the proof is infinity. Of
        // other ones the vectors tell, since the secret is needed for them.
        let value = match round % 3 {
            0 => source.element(),
            1 => ark_bls12_381::Fr::from(source.below(3) as u64),
            _ => -ark_bls12_381::Fr::from(source.below(3) as u64),
        };
        let commitment = (G1Affine::generator() * value).into_affine();
        let (commitment, proof) = match source.below(6) {
            0 => (source.point(&SMALL_ORDERS_G1), G1Affine::identity()),
            1 => (commitment, source.point(&SMALL_ORDERS_G1)),
            _ => (commitment, G1Affine::identity()),
        };
        let (commitment, proof) = (compress(&mut source, commitment), compress(&mut source, proof));
        let mut y = [0; 32];
        y.copy_from_slice(&value.into_bigint().to_bytes_be());
        let mut z = source.scalar();
        if source.below(3) > 0 {
            z[0] &= 0x3F;
        }
        let expected = arkworks::kzg::verify(&commitment, &z, &y, &proof);
        let found = kzg::verify(&commitment, &z, &y, &proof);
        assert_eq!(found, expected, "{commitment:02x?} {z:02x?} {y:02x?} {proof:02x?}");
        counts[expected.map_or(2, usize::from)] += 1;
        errors.extend(expected.err());
    }
    assert!(counts.iter().all(|count| *count >= 50), "{counts:?}");
    for error in [Error::NotCanonical, Error::Encoding, Error::NotInSubgroup] {
        assert!(errors.contains(&error), "{error:?}");
    }
}
