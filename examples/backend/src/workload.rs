//! What is proved: a program, its private input, and the output that it must have.
//!
//! The expected output comes from elsewhere than the machine, so that a run which computes
//! something else is noticed. For a block of Ethereum it is what the service knows of the block.

use std::borrow::Cow;

use sha3::{Digest, Keccak256};

/// A program with an input and what it must commit.
#[derive(Clone, Debug)]
pub struct Workload {
    /// What it is called.
    pub name: String,
    /// The program's ELF file.
    pub elf: Cow<'static, [u8]>,
    /// The private input, as the guest reads it.
    pub input: Vec<u8>,
    /// What the run must commit.
    pub expected_output: Vec<u8>,
}

impl Workload {
    /// The bundled guest that commits Keccak-256 of its input, with an input of 1000 bytes, and the
    /// digest as another implementation has it.
    #[must_use]
    pub fn bundled() -> Self {
        let input: Vec<u8> = (0..1000_u32).map(|i| (i * 31 + i / 256) as u8).collect();
        Self {
            name: "keccak256".to_owned(),
            elf: Cow::Borrowed(include_bytes!("../../../guests/elf/keccak256.elf")),
            expected_output: Keccak256::digest(&input).to_vec(),
            input,
        }
    }
}
