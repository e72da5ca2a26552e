//! `keccak`.
