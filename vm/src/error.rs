//! Everything that can go wrong: with an ELF file, with a run, and with the emulator's limits.
//!
//! Invariant: every message names the address or the file offset it is about and the rule that
//! was broken. An error never means that a run failed by its own account: a guest that halts with
//! a nonzero code, or panics, has an [`crate::execute::Execution`].

use std::fmt;

use lvm_isa::instruction::Instruction;
use lvm_syscalls::copy_words::WORDS_MAX as COPY_WORDS_MAX;
use lvm_syscalls::layout::{MEMORY_END, MEMORY_START, PRIVATE_INPUT_START, PUBLIC_OUTPUT_MAX};
use thiserror::Error;

use crate::elf::IMAGE_MAX;

/// Why an ELF file is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ElfError {
    #[error("not an ELF file: it does not begin with the bytes 7f 45 4c 46")]
    Magic,
    #[error("the ELF file ends inside its header: {length} bytes, at least 64 are needed")]
    HeaderTruncated { length: usize },
    #[error("not a 64-bit ELF file: EI_CLASS is {class}, not 2 (ELFCLASS64)")]
    Class { class: u8 },
    #[error("not a little-endian ELF file: EI_DATA is {data}, not 1 (ELFDATA2LSB)")]
    Endianness { data: u8 },
    #[error("unknown ELF version {version}")]
    Version { version: u32 },
    #[error("not a RISC-V program: e_machine is {machine}, not 243 (EM_RISCV)")]
    Machine { machine: u16 },
    #[error("not a static executable: e_type is {kind}, not 2 (ET_EXEC)")]
    Type { kind: u16 },
    #[error("program headers of {size} bytes (e_phentsize) instead of 56")]
    ProgramHeaderSize { size: u16 },
    #[error("too many program headers: e_phnum is 0xffff (PN_XNUM)")]
    ProgramHeaderCount,
    #[error("{count} program headers at file offset {offset:#x} lie outside of the file")]
    ProgramHeadersTruncated { offset: u64, count: u16 },
    #[error("program header {index}: a dynamically linked program (PT_DYNAMIC) cannot run here")]
    Dynamic { index: usize },
    #[error("program header {index}: a program with an interpreter (PT_INTERP) cannot run here")]
    Interpreter { index: usize },
    #[error("segment at {address:#x}: {file} bytes in the file but only {memory} in memory")]
    FileLargerThanMemory { address: u64, file: u64, memory: u64 },
    #[error(
        "segment at {address:#x}: file offset {offset:#x}, length {length:#x} lies outside of the file"
    )]
    SegmentTruncated { address: u64, offset: u64, length: u64 },
    #[error(
        "segment at {address:#x}, length {length:#x} lies outside of memory \
         [{MEMORY_START:#x}, {MEMORY_END:#x})"
    )]
    SegmentOutsideMemory { address: u64, length: u64 },
    #[error(
        "segment at {address:#x}, length {length:#x} overlaps the private input, whose place \
         begins at {PRIVATE_INPUT_START:#x}"
    )]
    SegmentInPrivateInput { address: u64, length: u64 },
    #[error("segment at {address:#x} is both writable and executable")]
    WritableAndExecutable { address: u64 },
    #[error("segment at {address:#x}: the alignment {alignment:#x} is not a power of two")]
    Alignment { address: u64, alignment: u64 },
    #[error(
        "segment at {address:#x}: address and file offset {offset:#x} differ modulo the \
         alignment {alignment:#x}"
    )]
    Misaligned { address: u64, offset: u64, alignment: u64 },
    #[error("executable segment at {address:#x}: its address is not a multiple of 4")]
    ExecutableMisaligned { address: u64 },
    #[error("segments at {first:#x} and {second:#x} overlap")]
    Overlap { first: u64, second: u64 },
    #[error("the segments have {length} bytes of file data; at most {IMAGE_MAX} are allowed")]
    ImageTooLarge { length: u64 },
    #[error("no segment is executable")]
    NoExecutableSegment,
    #[error("the entry point {entry:#x} is not a multiple of 4")]
    EntryMisaligned { entry: u64 },
    #[error("the entry point {entry:#x} is not in an executable segment")]
    EntryNotExecutable { entry: u64 },
}

/// Why a run has no result.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ExecuteError {
    /// The guest did something that the machine does not define. Such a run cannot be proved.
    #[error(transparent)]
    Trap(Box<Trap>),
    #[error("the private input has {length} bytes; at most {maximum} are allowed")]
    PrivateInputTooLong { length: u64, maximum: u64 },
    #[error("the run has not ended after {maximum} cycles (it was at {place})")]
    CycleLimit { maximum: u64, place: Place },
    #[error("the run needs more than {maximum} bytes of memory (at {place})")]
    MemoryLimit { maximum: u64, place: Place },
    #[error("program and private input need more than {maximum} bytes of memory")]
    InitialMemoryLimit { maximum: u64 },
    #[error("the run has more than {maximum} segments; larger segments make them fewer")]
    TooManySegments { maximum: u32 },
}

/// An instruction address and the symbol before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The address.
    pub pc: u64,
    /// The nearest symbol at or before it, demangled, and the distance in bytes.
    pub symbol: Option<(String, u64)>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.pc)?;
        match &self.symbol {
            Some((name, 0)) => write!(f, " in {name}"),
            Some((name, distance)) => write!(f, " in {name}+{distance:#x}"),
            None => Ok(()),
        }
    }
}

/// The instruction that trapped, where it is, and why.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub struct Trap {
    /// Where the instruction is.
    pub place: Place,
    /// The instruction, unless the trap is that there is none.
    pub instruction: Option<Instruction>,
    /// Instructions executed before this one.
    pub cycle: u64,
    /// What is wrong with it.
    pub cause: Cause,
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trap at {}", self.place)?;
        if let Some(instruction) = &self.instruction {
            write!(f, " (`{instruction}`)")?;
        }
        write!(f, " after {} cycles: {}", self.cycle, self.cause)
    }
}

/// What an instruction did that the machine does not define.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Cause {
    #[error("the word {word:#010x} is not an RV64IM instruction")]
    Undecodable { word: u32 },
    #[error("execution ran past the end of executable memory")]
    EndOfCode,
    #[error("ebreak")]
    Ebreak,
    #[error("the jump target {target:#x} is not a multiple of 4")]
    JumpMisaligned { target: u64 },
    #[error("the jump target {target:#x} is not executable")]
    JumpNotExecutable { target: u64 },
    #[error(
        "access of {width} bytes at {address:#x}, outside of memory \
         [{MEMORY_START:#x}, {MEMORY_END:#x})"
    )]
    OutsideMemory { address: u64, width: u64 },
    #[error("store of {width} bytes at {address:#x}, in an executable segment")]
    StoreToExecutable { address: u64, width: u64 },
    #[error("there is no system call with number {number:#x} (a7)")]
    UnknownCall { number: u64 },
    #[error("commit to {target:#x} (a0), which is not 1 (the public output)")]
    CommitTarget { target: u64 },
    #[error(
        "commit of {length} bytes makes the public output longer than {PUBLIC_OUTPUT_MAX} bytes"
    )]
    CommitTooLong { length: u64 },
    #[error("copy_words to {destination:#x} (a0), which is not a multiple of 8")]
    CopyMisaligned { destination: u64 },
    #[error("copy_words of {words} words (a2), which is none of 1 to {COPY_WORDS_MAX}")]
    CopyLength { words: u64 },
    #[error("keccak_f on the state at {pointer:#x}, which is not a multiple of 8")]
    KeccakMisaligned { pointer: u64 },
    #[error("call {number} on the operand at {address:#x}, which is not a multiple of 8")]
    OperandMisaligned { number: u64, address: u64 },
    #[error("call {number} has no result for its operands")]
    NoResult { number: u64 },
}
