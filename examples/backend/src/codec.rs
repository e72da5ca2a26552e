//! Values as bytes, for files and networks: verifying keys and proofs.
//!
//! Invariant: a value has one spelling. Bytes that are cut off, go on or are spelled in another way
//! are refused.

use std::convert::Infallible;
use std::error::Error;

use lvm_verifier::key::KeyLength;
use lvm_verifier::proof::{DecodeError, EncodeError};
use lvm_verifier::{Proof, VerifyingKey};

/// A value that can be made bytes.
pub trait Encode {
    /// Why it can't.
    type Error: 'static + Send + Sync + Error;

    /// The value's bytes.
    ///
    /// # Errors
    /// If the value isn't one that has bytes.
    fn encode_to_vec(&self) -> Result<Vec<u8>, Self::Error>;
}

/// A value that can be read from bytes.
pub trait Decode: Sized {
    /// Why it can't.
    type Error: 'static + Send + Sync + Error;

    /// Reads the value.
    ///
    /// # Errors
    /// If `bytes` aren't exactly one value in its one spelling.
    fn decode_from_slice(bytes: &[u8]) -> Result<Self, Self::Error>;
}

impl Encode for VerifyingKey {
    type Error = Infallible;

    fn encode_to_vec(&self) -> Result<Vec<u8>, Infallible> {
        Ok(self.as_bytes().to_vec())
    }
}

impl Decode for VerifyingKey {
    type Error = KeyLength;

    fn decode_from_slice(bytes: &[u8]) -> Result<Self, KeyLength> {
        Self::read(bytes)
    }
}

impl Encode for Proof {
    type Error = EncodeError;

    fn encode_to_vec(&self) -> Result<Vec<u8>, EncodeError> {
        self.to_bytes()
    }
}

impl Decode for Proof {
    type Error = DecodeError;

    fn decode_from_slice(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::from_bytes(bytes)
    }
}
