//! What the accelerators answer, computed by the crates of arkworks, which share no code with them.

pub(crate) mod bls12_381;
pub(crate) mod bn254;
mod field;
pub(crate) mod kzg;
