//! `keccak_memory`.
