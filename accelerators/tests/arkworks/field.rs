//! Big-endian encodings of prime field elements.

use ark_ff::{BigInt, PrimeField};

use lvm_accelerators::Error;

pub(super) fn decode<F, const N: usize>(bytes: &[u8]) -> Result<F, Error>
where
    F: PrimeField<BigInt = BigInt<N>>,
{
    let mut number = BigInt::zero();
    for (limb, bytes) in number.0.iter_mut().zip(bytes.as_rchunks::<8>().1.iter().rev()) {
        *limb = u64::from_be_bytes(*bytes);
    }
    F::from_bigint(number).ok_or(Error::NotCanonical)
}

pub(super) fn encode<F, const N: usize>(element: F, bytes: &mut [u8])
where
    F: PrimeField<BigInt = BigInt<N>>,
{
    let number = element.into_bigint();
    for (bytes, limb) in bytes.as_rchunks_mut::<8>().1.iter_mut().rev().zip(number.0) {
        *bytes = limb.to_be_bytes();
    }
}
