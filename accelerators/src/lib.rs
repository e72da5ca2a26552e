//! The cryptographic accelerators of the zkVM standards: the hashes, signatures, curves and
//! pairings that Ethereum's precompiles need.
//!
//! Each module is one group of functions on byte strings, encoded as the Ethereum precompile's
//! specification says, less the padding that only the EVM needs. What that specification demands
//! to be checked is checked here: canonical field elements, points on their curve, subgroups where
//! it names them. With the feature `c-symbols` the functions are also the C symbols that
//! `sysroot/include/zkvm_accelerators.h` declares; their contracts are in the module `c`.
//!
//! Keccak-f, SHA-256's compression function, sums of points on secp256k1, P-256 and BN254, products
//! modulo up to 384 bits and products in the fields of pairings are calls to the machine; what is
//! built of them here is compared with established crates in the tests. All else is software by such
//! crates. The functions never panic and make no call that traps, whatever the bytes, and allocate in
//! proportion to their input.
//!
//! Gas, the EVM's padding of inputs and its limits of lengths are the caller's.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod blake2f;
pub mod bls12_381;
pub mod bn254;
#[cfg(feature = "c-symbols")]
pub mod c;
mod curve;
mod ecdsa;
mod error;
pub mod hash;
pub mod kzg;
pub mod modexp;
mod number;
mod pairing;
pub mod secp256k1;
pub mod secp256r1;

pub use error::Error;
