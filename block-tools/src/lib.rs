//! Makes inputs of the block validator on a host, and judges the validator by test fixtures.
//!
//! | module | |
//! | --- | --- |
//! | [`import`] | a block and its witness as a node's RPC gives them, to an input |
//! | [`synthesize`] | synthetic blocks, the same in every run |
//! | [`fixture`], [`suite`] | Ethereum's blockchain tests, run through inputs |
//! | [`prune`] | an input without what its block doesn't need |
//! | [`lineage`] | the headers that lead to a block |
//! | [`summary`] | what is in an input |
//! | [`archive`], [`draft`] | whole states as tries, and new valid blocks on them |
//! | [`key`], [`system`], [`token`] | what synthetic states consist of |
//!
//! Whether a block is valid is said by `lvm_block` alone; nothing here decides it.
#![forbid(unsafe_code)]

pub mod archive;
pub mod draft;
pub mod fixture;
pub mod import;
pub mod key;
pub mod lineage;
pub mod prune;
pub mod suite;
pub mod summary;
pub mod synthesize;
pub mod system;
pub mod token;
