//! Reading the bytes of a proof.
//!
//! A [`Reader`] hands out what is there, in order. Lengths come from the caller, and what isn't
//! there is missed before memory is taken for it.

use alloc::vec::Vec;

use p3_field::{BasedVectorSpace, PrimeField64};

use crate::config::{CHALLENGE_DEGREE, Challenge, Val};
use crate::proof::DecodeError;

/// Bytes in a digest.
pub(crate) const DIGEST: usize = 32;
/// Bytes in a base-field element.
pub(crate) const ELEMENT: usize = 8;
/// Bytes in a challenge-field element.
pub(crate) const CHALLENGE: usize = ELEMENT * CHALLENGE_DEGREE;

/// The rest of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// Bytes before the rest.
    position: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, position: 0 }
    }

    /// The next `length` bytes.
    pub(crate) fn slice(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (slice, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::CutOff)?;
        self.rest = rest;
        self.position = self.position.saturating_add(length);
        Ok(slice)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        self.slice(N)?.try_into().map_err(|_| DecodeError::CutOff)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, DecodeError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A field element in its one spelling, below the field's order.
    pub(crate) fn element(&mut self) -> Result<Val, DecodeError> {
        let position = self.position;
        let value = self.u64()?;
        if value < Val::ORDER_U64 {
            Ok(Val::new(value))
        } else {
            Err(DecodeError::NotCanonical { position })
        }
    }

    pub(crate) fn challenge(&mut self) -> Result<Challenge, DecodeError> {
        let mut coefficients = [Val::default(); CHALLENGE_DEGREE];
        for coefficient in &mut coefficients {
            *coefficient = self.element()?;
        }
        Challenge::from_basis_coefficients_slice(&coefficients).ok_or(DecodeError::CutOff)
    }

    /// `count` things of `bytes` bytes each, which `read` reads.
    pub(crate) fn list<T>(
        &mut self,
        count: usize,
        bytes: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let needed = count.checked_mul(bytes).ok_or(DecodeError::CutOff)?;
        let position = self.position;
        let mut part = Self { rest: self.slice(needed)?, position };
        let mut list = Vec::with_capacity(count);
        for _ in 0..count {
            list.push(read(&mut part)?);
        }
        Ok(list)
    }

    /// `count` base-field elements.
    pub(crate) fn elements(&mut self, count: usize) -> Result<Vec<Val>, DecodeError> {
        self.list(count, ELEMENT, Self::element)
    }

    /// `count` challenge-field elements.
    pub(crate) fn challenges(&mut self, count: usize) -> Result<Vec<Challenge>, DecodeError> {
        self.list(count, CHALLENGE, Self::challenge)
    }

    /// A length of four bytes.
    pub(crate) fn length(&mut self) -> Result<usize, DecodeError> {
        usize::try_from(self.u32()?).map_err(|_| DecodeError::CutOff)
    }

    /// Nothing more is there.
    pub(crate) const fn end(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Trailing { extra: self.rest.len() })
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn elements_are_below_the_order() {
        let read = |value: u64| Reader::new(&value.to_le_bytes()).element();
        assert_eq!(read(Val::ORDER_U64 - 1), Ok(Val::new(Val::ORDER_U64 - 1)));
        for value in [Val::ORDER_U64, Val::ORDER_U64 + 1, u64::MAX] {
            assert_eq!(read(value), Err(DecodeError::NotCanonical { position: 0 }));
        }
    }

    #[test]
    fn an_error_says_where() {
        let mut bytes = vec![0; 4 * ELEMENT];
        bytes[2 * ELEMENT..3 * ELEMENT].fill(0xFF);
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.element(), Ok(Val::default()));
        let found = reader.elements(3);
        assert_eq!(found, Err(DecodeError::NotCanonical { position: 2 * ELEMENT }));
    }

    #[test]
    fn what_is_not_there_takes_no_memory() {
        let mut reader = Reader::new(&[0; 64]);
        assert_eq!(reader.elements(usize::MAX), Err(DecodeError::CutOff));
        assert_eq!(reader.challenges(usize::MAX / CHALLENGE), Err(DecodeError::CutOff));
        assert_eq!(reader.elements(8).map(|elements| elements.len()), Ok(8));
        assert_eq!(reader.end(), Ok(()));
        assert_eq!(Reader::new(&[0; 3]).end(), Err(DecodeError::Trailing { extra: 3 }));
    }
}
