//! A program that can be executed and proved.

use lvm_vm::elf::{self, LoadedProgram};
use lvm_vm::error::{ElfError, ExecuteError};
use lvm_vm::execute::{self, Execution, Options};

/// A loaded guest program.
#[derive(Clone, Debug)]
pub struct Program {
    loaded: LoadedProgram,
}

impl Program {
    /// Loads an RV64IM ELF file.
    ///
    /// # Errors
    /// If the file isn't one that the machine runs; the error says what is wrong and where.
    pub fn load(elf: &[u8]) -> Result<Self, ElfError> {
        Ok(Self { loaded: elf::load(elf)? })
    }

    /// The program as the emulator has it.
    #[must_use]
    pub fn loaded(&self) -> &LoadedProgram {
        &self.loaded
    }

    /// Runs the program without proving. What it prints goes to `print` as it comes.
    ///
    /// # Errors
    /// If the run traps or meets a limit.
    pub fn execute(
        &self,
        private_input: &[u8],
        options: &Options,
        print: &mut dyn FnMut(&[u8]),
    ) -> Result<Execution, ExecuteError> {
        execute::execute(&self.loaded, private_input, options, print)
    }
}

impl From<LoadedProgram> for Program {
    fn from(loaded: LoadedProgram) -> Self {
        Self { loaded }
    }
}
