//! The curve BLS12-381 (EIP-2537; precompiles 0x0b to 0x11).
//!
//! A field element is 48 bytes, big-endian, without the 16 zero bytes that the EVM has before it;
//! an element of the quadratic extension is its real part, then its imaginary one. A point is x
//! then y. Zeros alone are the point at infinity. A coordinate that is not less than the field's
//! modulus is an error. A scalar is any number of 256 bits, big-endian.
//!
//! As EIP-2537 says, additions take all points of the curve, whereas multiplications and pairings
//! only take those in the subgroup.

use alloc::vec::Vec;

use crate::Error;
use crate::pairing::{
    Affine, Bls12381, Field, Fp, Fp2, G1, G2, Group, MapToCurve, Pair, Sum, is_in_subgroup,
    map_to_curve, product_is_one, sum_of_multiples,
};

/// A point of G1 followed by a scalar.
pub type G1MsmPair = [u8; 128];
/// A point of G2 followed by a scalar.
pub type G2MsmPair = [u8; 224];
/// A point of G1 followed by one of G2.
pub type PairingPair = [u8; 288];

/// p1 + p2 (BLS12_G1ADD).
///
/// # Errors
/// When a coordinate is not canonical or a point not on the curve.
pub fn g1_add(p1: &[u8; 96], p2: &[u8; 96]) -> Result<[u8; 96], Error> {
    add::<G1, 96>(p1, p2)
}

/// The sum of each point times its scalar (BLS12_G1MSM).
///
/// # Errors
/// When there are no pairs, a coordinate is not canonical, or a point not in the subgroup.
pub fn g1_msm(pairs: &[G1MsmPair]) -> Result<[u8; 96], Error> {
    msm::<G1, 96>(pairs.iter().map(|pair| pair.split_at(96)))
}

/// p1 + p2 (BLS12_G2ADD).
///
/// # Errors
/// When a coordinate is not canonical or a point not on the curve.
pub fn g2_add(p1: &[u8; 192], p2: &[u8; 192]) -> Result<[u8; 192], Error> {
    add::<G2, 192>(p1, p2)
}

/// The sum of each point times its scalar (BLS12_G2MSM).
///
/// # Errors
/// When there are no pairs, a coordinate is not canonical, or a point not in the subgroup.
pub fn g2_msm(pairs: &[G2MsmPair]) -> Result<[u8; 192], Error> {
    msm::<G2, 192>(pairs.iter().map(|pair| pair.split_at(192)))
}

/// Whether the product of the pairings of all pairs is one (BLS12_PAIRING_CHECK).
///
/// # Errors
/// When there are no pairs, a coordinate is not canonical, or a point not in its subgroup.
pub fn pairing(pairs: &[PairingPair]) -> Result<bool, Error> {
    if pairs.is_empty() {
        return Err(Error::NoPairs);
    }
    let decode = |pair: &PairingPair| -> Result<Pair<Bls12381>, Error> {
        let (p, q) = pair.split_at(96);
        // That the second point is in the subgroup is checked by the pairing.
        Ok((decode_in_subgroup::<G1>(p)?, decode::<G2>(q)?))
    };
    let pairs: Vec<_> = pairs.iter().map(decode).collect::<Result<_, _>>()?;
    product_is_one::<Bls12381>(&pairs)
}

/// The point of G1 that belongs to a field element (BLS12_MAP_FP_TO_G1): the simplified SWU map to
/// an isogenous curve, the isogeny, and the cofactor cleared (RFC 9380, section 8.8.1).
///
/// # Errors
/// When the element is not canonical.
pub fn map_fp_to_g1(element: &[u8; 48]) -> Result<[u8; 96], Error> {
    map::<G1, 96>(element)
}

/// The point of G2 that belongs to an element of the quadratic extension (BLS12_MAP_FP2_TO_G2),
/// likewise (RFC 9380, section 8.8.2).
///
/// # Errors
/// When the element is not canonical.
pub fn map_fp2_to_g2(element: &[u8; 96]) -> Result<[u8; 192], Error> {
    map::<G2, 192>(element)
}

/// A coordinate of points, as bytes.
trait Coordinate: Field {
    const BYTES: usize;

    /// The element of so many bytes.
    fn decode(bytes: &[u8]) -> Result<Self, Error>;

    fn encode(&self, bytes: &mut [u8]);
}

impl Coordinate for Fp<6> {
    const BYTES: usize = 48;

    fn decode(bytes: &[u8]) -> Result<Self, Error> {
        Self::decode(bytes).ok_or(Error::NotCanonical)
    }

    fn encode(&self, bytes: &mut [u8]) {
        self.encode(bytes);
    }
}

impl Coordinate for Fp2<6, 12> {
    const BYTES: usize = 96;

    fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let decode = |bytes| Fp::decode(bytes).ok_or(Error::NotCanonical);
        Ok(Self::new(decode(&bytes[..48])?, decode(&bytes[48..])?))
    }

    fn encode(&self, bytes: &mut [u8]) {
        for (bytes, part) in bytes.as_chunks_mut::<48>().0.iter_mut().zip(self.to_parts()) {
            part.encode(bytes);
        }
    }
}

fn add<G: Group<Field: Coordinate>, const N: usize>(
    p1: &[u8; N],
    p2: &[u8; N],
) -> Result<[u8; N], Error> {
    let mut sum = Sum::new(decode::<G>(p1)?);
    if let Some(point) = decode::<G>(p2)? {
        sum.add(&point, false);
    }
    Ok(encode(sum.finish()))
}

/// The sum of each point times its scalar.
fn msm<'a, G: Group<Field: Coordinate>, const N: usize>(
    pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) -> Result<[u8; N], Error> {
    let decode = |(point, scalar): (&[u8], &[u8])| {
        Ok((decode_in_subgroup::<G>(point)?, decode_scalar(scalar)))
    };
    let pairs: Vec<_> = pairs.map(decode).collect::<Result<_, _>>()?;
    if pairs.is_empty() { Err(Error::NoPairs) } else { Ok(encode(sum_of_multiples::<G>(&pairs))) }
}

fn map<G: MapToCurve<Field: Coordinate>, const N: usize>(element: &[u8]) -> Result<[u8; N], Error> {
    Ok(encode(map_to_curve::<G>(&G::Field::decode(element)?)))
}

/// The number of 32 bytes.
pub(crate) fn decode_scalar(bytes: &[u8]) -> [u64; 4] {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(bytes.as_rchunks::<8>().1.iter().rev()) {
        *word = u64::from_be_bytes(*bytes);
    }
    words
}

/// The point of a group's coordinates, on the curve; `None` is infinity.
fn decode<G: Group<Field: Coordinate>>(bytes: &[u8]) -> Result<Option<Affine<G::Field>>, Error> {
    let (x, y) = bytes.split_at(G::Field::BYTES);
    Affine { x: G::Field::decode(x)?, y: G::Field::decode(y)? }.checked(G::B)
}

/// The same, in the subgroup.
fn decode_in_subgroup<G: Group<Field: Coordinate>>(
    bytes: &[u8],
) -> Result<Option<Affine<G::Field>>, Error> {
    let point = decode::<G>(bytes)?;
    if point.as_ref().is_none_or(is_in_subgroup::<G>) {
        Ok(point)
    } else {
        Err(Error::NotInSubgroup)
    }
}

fn encode<F: Coordinate, const N: usize>(point: Option<Affine<F>>) -> [u8; N] {
    let mut bytes = [0; N];
    if let Some(point) = point {
        let (x, y) = bytes.split_at_mut(F::BYTES);
        point.x.encode(x);
        point.y.encode(y);
    }
    bytes
}
