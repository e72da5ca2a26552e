//! What a recorded segment leaves behind: one event per table row to fill.
//!
//! # Time
//! Time is counted in ticks, [`TICKS_PER_STEP`] for each instruction; the first instruction of
//! each segment starts at [`TIME_START`]. Within an instruction that starts at `t`, rs1 is read at `t`, rs2 at
//! `t + 1`, memory is accessed at `t + 2`, and rd is written at `t + 3`. ECALL reads its
//! registers at `t`. Its calls have all four ticks for memory: `copy_words` writes at `t + 3`, and what
//! computes reads its operands at `t`, `t + 1` and `t + 2` and writes at `t + 3`. Every cell starts out at time 0 and each access is strictly later than the
//! one before.
//!
//! # Refresh
//! A register access proves only that the access before it is at most [`REGISTER_GAP_MAX`] ticks
//! older. When it is older, the recorder first re-reads the register at one tick before the
//! access and leaves a [`Refresh`].

use alloc::vec::Vec;

use lvm_syscalls::curve::{self, Curve};
use lvm_syscalls::{modular, quadratic};

use crate::segment::Carried;
use crate::semantics::extract;

/// Ticks that an instruction takes.
pub const TICKS_PER_STEP: u32 = 4;
/// Time at which the first instruction starts.
pub const TIME_START: u32 = 4;
/// Largest `access time − previous access time` that a register access can prove by itself.
pub const REGISTER_GAP_MAX: u32 = 1 << 16;
/// Most instructions in one segment, so that every time stays below 2^32.
pub const STEPS_MAX: u64 = (1 << 30) - 2;
/// Register number that stands for "rd is x0": it is written and never read.
pub const SINK: usize = 32;
/// Registers of the memory argument: x0 to x31 and the sink.
pub const REGISTERS: usize = 33;

/// A cell as an access found it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Value before the access.
    pub value: u64,
    /// Time of the access before.
    pub time: u32,
}

/// One executed instruction that touches registers only.
///
/// Registers that the instruction does not read or write are left at the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Time at which the instruction starts.
    pub time: u32,
    /// Position of the instruction in [`crate::program::Program::instructions`].
    pub index: u32,
    /// rs1 as read at `time`.
    pub rs1: Access,
    /// rs2 as read at `time + 1`.
    pub rs2: Access,
    /// rd (or [`SINK`] when rd is x0) as found by the write at `time + 3`.
    pub rd: Access,
}

/// One executed load or store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryStep {
    /// The register side: rs1 is the base, rs2 a store's value, rd a load's target.
    pub step: Step,
    /// The word at `address & !7` as found at `time + 2`.
    pub word: Access,
    /// The word after it, when the access crosses into it; the default otherwise.
    pub next_word: Access,
}

/// One executed ECALL, whatever the call number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EcallStep {
    /// Time at which the instruction starts.
    pub time: u32,
    /// Position of the instruction in [`crate::program::Program::instructions`].
    pub index: u32,
    /// Call number, read at `time`.
    pub a7: Access,
    /// First argument, read at `time`.
    pub a0: Access,
    /// Second argument, read at `time`.
    pub a1: Access,
    /// Third argument, read at `time`.
    pub a2: Access,
}

/// The part of one commit call that lies in one memory word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// Time at which the ECALL starts; the word is read at `time + 2`.
    pub time: u32,
    /// Address of the first byte that this part commits.
    pub pointer: u64,
    /// Bytes that the call has still to commit, this part included; at least 1.
    pub remaining: u64,
    /// Position of the first byte in the public output.
    pub position: u64,
    /// The word at `pointer & !7`.
    pub word: Access,
}

/// The part of one `copy_words` call that takes one row: its begin, or one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CopyStep {
    /// Time at which the ECALL starts; words are read at `time + 2` and written at `time + 3`.
    pub time: u32,
    /// Address of the first byte that is still to be copied.
    pub source: u64,
    /// Where it goes.
    pub destination: u64,
    /// Words that the call has still to copy, this row's included; at least 1.
    pub remaining: u64,
    /// Whether this is the call's begin, which writes nothing.
    pub is_begin: bool,
    /// The word before the one read, from the source's byte on and else 0; 0 if aligned.
    pub carry: u64,
    /// The word read: at the begin the one with the source's first byte, or the default if the
    /// source is aligned; else the one with the last of the eight bytes.
    pub word: Access,
    /// The word at the destination; the default at the begin.
    pub target: Access,
}

impl CopyStep {
    /// What the destination becomes: the carry, completed by the word read.
    #[must_use]
    pub const fn copied(&self) -> u64 {
        match self.source % 8 {
            0 => self.word.value,
            offset => self.carry | self.word.value << (64 - 8 * offset),
        }
    }

    /// The carry of the row after this one.
    #[must_use]
    pub const fn next_carry(&self) -> u64 {
        match self.source % 8 {
            0 => 0,
            offset => self.word.value >> (8 * offset),
        }
    }
}

/// One keccak-f call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keccak {
    /// Time at which the ECALL starts; the words are accessed at `time + 2`.
    pub time: u32,
    /// Address of the first of the 25 words, 8-aligned.
    pub pointer: u64,
    /// The 25 words as found.
    pub words: [Access; 25],
}

/// One `modular` call on numbers of `W` words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modular<const W: usize> {
    /// Time at which the ECALL starts.
    pub time: u32,
    /// What is computed.
    pub operation: modular::Operation,
    /// Addresses of the destination, of the factor a and of the modulus.
    pub pointers: [u64; 3],
    /// a3, the address of the factor b, read at `time`; the default to invert.
    pub a3: Access,
    /// The factor a, read at `time`.
    pub a: [Access; W],
    /// The factor b, read at `time + 1`; the default to invert.
    pub b: [Access; W],
    /// The modulus, read at `time + 2`.
    pub modulus: [Access; W],
    /// The destination as found at `time + 3`.
    pub target: [Access; W],
}

/// One `quadratic` call on elements of `E` words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quadratic<const E: usize> {
    /// Time at which the ECALL starts.
    pub time: u32,
    /// What is computed.
    pub operation: quadratic::Operation,
    /// Addresses of the destination and of the factors a and b.
    pub pointers: [u64; 3],
    /// The factor a, read at `time`.
    pub a: [Access; E],
    /// The factor b, read at `time + 1`.
    pub b: [Access; E],
    /// The destination as found at `time + 3`.
    pub target: [Access; E],
}

/// One `curve` call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointCall {
    /// Time at which the ECALL starts.
    pub time: u32,
    /// The curve.
    pub curve: Curve,
    /// What is computed.
    pub operation: curve::Operation,
    /// a0, the address of p, a1, that of q, and a2. To double, a1 may be anything, and a2 always.
    pub pointers: [u64; 3],
    /// q, read at `time + 1`; the default to double.
    pub q: [Access; 8],
    /// p as found at `time + 3`.
    pub p: [Access; 8],
}

/// One `sha256` call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sha256 {
    /// Time at which the ECALL starts.
    pub time: u32,
    /// a0, the address of the state, a1, that of the block, and a2, which may be anything.
    pub pointers: [u64; 3],
    /// The block, read at `time + 1`.
    pub block: [Access; 8],
    /// The state as found at `time + 3`.
    pub state: [Access; 4],
}

/// Words of which the 32 bytes at any address have a part.
pub const UNALIGNED_WORDS: usize = 5;

/// One `multiply_x` call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiplyX {
    /// Time at which the ECALL starts.
    pub time: u32,
    /// Addresses of the result, of x and of k.
    pub pointers: [u64; 3],
    /// The words that x has a part of, read at `time`; the last is the default if x lies at a
    /// multiple of 8.
    pub x: [Access; UNALIGNED_WORDS],
    /// Those of k, read at `time + 1`.
    pub k: [Access; UNALIGNED_WORDS],
    /// Those of the result, as found at `time + 3`.
    pub target: [Access; UNALIGNED_WORDS],
}

impl MultiplyX {
    /// x, lowest word first.
    #[must_use]
    pub fn x(&self) -> [u64; 4] {
        unaligned(&self.x, self.pointers[1])
    }

    /// k, lowest word first.
    #[must_use]
    pub fn k(&self) -> [u64; 4] {
        unaligned(&self.k, self.pointers[2])
    }
}

/// The 32 bytes at `pointer`, of which the words have a part, as a number, lowest word first.
fn unaligned(words: &[Access; UNALIGNED_WORDS], pointer: u64) -> [u64; 4] {
    core::array::from_fn(|at| extract(words[at].value, words[at + 1].value, pointer))
}

/// A re-read of a register that has not been accessed for long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refresh {
    /// Register, 0..[`REGISTERS`].
    pub register: u8,
    /// Value and time before.
    pub before: Access,
    /// Time of the re-read.
    pub time: u32,
}

/// A memory word that a segment touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// 8-aligned address.
    pub address: u64,
    /// Whether stores may change the word.
    pub is_writable: bool,
    /// State before the segment.
    pub first: Carried,
    /// Value and time after the segment.
    pub last: Access,
}

/// Everything that the tables need to know of one segment, in order of time within each list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events {
    /// Rows of the class tables, by [`crate::instruction::Class`].
    pub add_immediate: Vec<Step>,
    pub add: Vec<Step>,
    pub add_word: Vec<Step>,
    pub bitwise: Vec<Step>,
    pub compare: Vec<Step>,
    pub branch_equal: Vec<Step>,
    pub branch_less: Vec<Step>,
    pub jump: Vec<Step>,
    pub jump_register: Vec<Step>,
    pub load_double: Vec<MemoryStep>,
    pub load_narrow: Vec<MemoryStep>,
    pub store_double: Vec<MemoryStep>,
    pub store_narrow: Vec<MemoryStep>,
    pub misaligned: Vec<MemoryStep>,
    pub shift: Vec<Step>,
    pub shift_word: Vec<Step>,
    pub multiply: Vec<Step>,
    pub divide: Vec<Step>,
    pub ecall: Vec<EcallStep>,
    /// The words that commit calls read.
    pub commits: Vec<Commit>,
    /// The rows of `copy_words` calls.
    pub copies: Vec<CopyStep>,
    /// The keccak-f calls.
    pub keccaks: Vec<Keccak>,
    /// The `modular` calls on 256 bits.
    pub modular_256: Vec<Modular<4>>,
    /// The `modular` calls on 384 bits.
    pub modular_384: Vec<Modular<6>>,
    /// The `quadratic` calls over BN254's field.
    pub quadratic_256: Vec<Quadratic<8>>,
    /// The `quadratic` calls over BLS12-381's field.
    pub quadratic_384: Vec<Quadratic<12>>,
    /// The `curve` calls.
    pub points: Vec<PointCall>,
    /// The `sha256` calls.
    pub sha256: Vec<Sha256>,
    /// The `multiply_x` calls.
    pub multiply_x: Vec<MultiplyX>,
    /// The re-reads of registers.
    pub refreshes: Vec<Refresh>,
    /// Registers before the first instruction, x0 to x31 and the sink.
    pub first_registers: [u64; REGISTERS],
    /// Registers after the last instruction.
    pub last_registers: [Access; REGISTERS],
    /// Memory words that were accessed, ascending by address.
    pub touched: Vec<Touched>,
}

impl Default for Events {
    /// The events of a segment of no instructions.
    fn default() -> Self {
        Self {
            add_immediate: Vec::new(),
            add: Vec::new(),
            add_word: Vec::new(),
            bitwise: Vec::new(),
            compare: Vec::new(),
            branch_equal: Vec::new(),
            branch_less: Vec::new(),
            jump: Vec::new(),
            jump_register: Vec::new(),
            load_double: Vec::new(),
            load_narrow: Vec::new(),
            store_double: Vec::new(),
            store_narrow: Vec::new(),
            misaligned: Vec::new(),
            shift: Vec::new(),
            shift_word: Vec::new(),
            multiply: Vec::new(),
            divide: Vec::new(),
            ecall: Vec::new(),
            commits: Vec::new(),
            copies: Vec::new(),
            keccaks: Vec::new(),
            modular_256: Vec::new(),
            modular_384: Vec::new(),
            quadratic_256: Vec::new(),
            quadratic_384: Vec::new(),
            points: Vec::new(),
            sha256: Vec::new(),
            multiply_x: Vec::new(),
            refreshes: Vec::new(),
            first_registers: [0; REGISTERS],
            last_registers: [Access::default(); REGISTERS],
            touched: Vec::new(),
        }
    }
}
