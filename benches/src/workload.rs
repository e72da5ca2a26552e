//! Programs with inputs.

use lvm_prover::Program;
use lvm_vm::error::ElfError;

/// A program and an input to run it on.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Name of the program and size of its input, such as `keccak256 64 KiB`.
    pub name: String,
    elf: &'static [u8],
    /// The private input.
    pub input: Vec<u8>,
}

impl Workload {
    /// The `n`-th Fibonacci number: additions, jumps and nothing else. About `5 * n` cycles.
    #[must_use]
    pub fn fibonacci(n: u64) -> Self {
        Self {
            name: format!("fibonacci {n}"),
            elf: include_bytes!("../../guests/elf/fibonacci.elf"),
            input: n.to_le_bytes().to_vec(),
        }
    }

    /// Keccak-256 of so many bytes: one permutation in each 136 bytes.
    #[must_use]
    pub fn keccak256(bytes: usize) -> Self {
        Self {
            name: format!("keccak256 {}", size(bytes)),
            elf: include_bytes!("../../guests/elf/keccak256.elf"),
            input: (0..bytes).map(|at| (at * 31 + at / 256) as u8).collect(),
        }
    }

    /// Statistics of a text of so many bytes: what programs with the standard library do, such as
    /// allocations, hash maps, sorting and formatting.
    #[must_use]
    pub fn std_program(bytes: usize) -> Self {
        Self {
            name: format!("std-program {}", size(bytes)),
            elf: include_bytes!("../../guests/elf/std-program.elf"),
            input: text(bytes),
        }
    }

    /// Validating a block: `input` is one of `lvm_block`.
    #[must_use]
    pub fn block(name: &str, input: Vec<u8>) -> Self {
        Self {
            name: name.to_owned(),
            elf: include_bytes!("../../guests/elf/ethereum-block.elf"),
            input,
        }
    }

    /// The program.
    ///
    /// # Errors
    /// If the machine doesn't know the ELF file, which would be a mistake in this repository.
    pub fn program(&self) -> Result<Program, ElfError> {
        Program::load(self.elf)
    }
}

fn size(bytes: usize) -> String {
    if bytes > 0 && bytes.is_multiple_of(1024) {
        format!("{} KiB", bytes / 1024)
    } else {
        format!("{bytes} B")
    }
}

/// Words in an order that has no pattern but is always the same.
fn text(bytes: usize) -> Vec<u8> {
    const WORDS: [&str; 16] = [
        "the", "proof", "of", "a", "run", "is", "short", "and", "quick", "to", "check", "while",
        "making", "it", "takes", "longer",
    ];
    let mut text = String::new();
    let mut state = 1_u64;
    while text.len() < bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        text.push_str(WORDS[(state >> 60) as usize]);
        text.push(' ');
    }
    text.truncate(bytes);
    text.into_bytes()
}
