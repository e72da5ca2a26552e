//! How a service's input becomes the bytes that a guest reads.
//!
//! The guest decodes what is encoded here, so both sides have to use the same encoding. The machine
//! puts the bytes' length before them in memory; it doesn't belong to them.

use std::convert::Infallible;
use std::error::Error;
use std::marker::PhantomData;

use serde::Serialize;

/// An encoding of a service's inputs.
pub trait InputCodec: Send + Sync {
    /// The inputs.
    type Input: ?Sized;
    /// Why an input has no bytes.
    type Error: 'static + Send + Sync + Error;

    /// The private input for `input`.
    ///
    /// # Errors
    /// If it can't be encoded.
    fn encode(&self, input: &Self::Input) -> Result<Vec<u8>, Self::Error>;
}

/// Bytes as they are, such as SSZ that was encoded elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw;

impl InputCodec for Raw {
    type Input = [u8];
    type Error = Infallible;

    fn encode(&self, input: &[u8]) -> Result<Vec<u8>, Infallible> {
        Ok(input.to_vec())
    }
}

/// Values of `T` in the format postcard.
#[derive(Clone, Copy, Debug)]
pub struct Postcard<T: ?Sized>(PhantomData<fn(&T)>);

impl<T: ?Sized> Default for Postcard<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: Serialize + ?Sized> InputCodec for Postcard<T> {
    type Input = T;
    type Error = postcard::Error;

    fn encode(&self, input: &T) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_allocvec(input)
    }
}
