//! The cryptographic accelerators of the zkVM standards: the hashes, signatures, curves and
//! pairings that Ethereum's precompiles need.
//!
//! Each module is one group of functions on byte strings, encoded as the Ethereum precompile's
//! specification says, less the padding that only the EVM needs. What that specification demands
//! to be checked is checked here: canonical field elements, points on their curve, subgroups where
//! it names them. With the feature `c-symbols` the functions are also the C symbols that
//! `sysroot/include/zkvm_accelerators.h` declares; their contracts are in the module `c`.
//!
//! Keccak-f is a call to the machine, and so is each product in the fields of pairings; all else is
//! software by established crates. The functions never panic and make no call that traps, whatever
//! the bytes, and allocate in proportion to their input.
//!
//! Gas, the EVM's padding of inputs and its limits of lengths are the caller's.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod blake2f;
pub mod bls12_381;
pub mod bn254;
#[cfg(feature = "c-symbols")]
pub mod c;
mod error;
mod field;
pub mod hash;
pub mod kzg;
pub mod modexp;
mod pairing;
pub mod secp256k1;
pub mod secp256r1;

pub use error::Error;
