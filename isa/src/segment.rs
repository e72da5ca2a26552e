//! Runs in segments.
//!
//! A run is cut into segments, numbered from 1 on, each proved by itself. Within a segment time
//! starts anew. What one segment leaves to later ones is carried: each register and each memory word
//! with the number of the segment that touched it last, 0 if none did. The *ledger* of a run has
//! what every cell is before the first segment and after the last.

use alloc::vec::Vec;
use core::ops::Range;

use crate::event::{Events, REGISTERS};
use crate::instruction::Class;

/// Most segments of a run.
pub const SEGMENTS_MAX: u32 = (1 << 16) - 1;

/// How a segment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The next segment goes on at this address.
    Continue(u64),
    /// The run halts with this exit code.
    Halt(u64),
}

/// What a segment proves: as the `segment`-th of its run it leads from one place to another and
/// commits a part of the public output. The ledger proves nothing of this; it ignores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The segment's number, from 1 on.
    pub segment: u32,
    /// Address of its first instruction.
    pub entry: u64,
    /// How it ends.
    pub exit: Exit,
    /// Positions in the public output of what it commits.
    pub output: Range<u64>,
}

impl Default for Statement {
    /// The first and last segment of a run from address 0 to exit code 0 without output.
    fn default() -> Self {
        Self { segment: 1, entry: 0, exit: Exit::Halt(0), output: 0..0 }
    }
}

/// A recorded segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What it proves.
    pub statement: Statement,
    /// Executed instructions.
    pub cycles: u64,
    /// How many events of each kind it has, kept or not.
    pub tally: Tally,
    /// What it leaves for the tables.
    pub events: Events,
}

/// A cell's state between segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// The value.
    pub value: u64,
    /// The segment that left it so; 0 if none did.
    pub segment: u32,
}

/// A memory word of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// 8-aligned address.
    pub address: u64,
    /// Value before the run.
    pub initial: u64,
    /// State after the run.
    pub last: Carried,
}

/// All cells of a run, before it and after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Registers after the run, x0 to x31 and the sink. Before it they are zero.
    pub registers: [Carried; REGISTERS],
    /// Memory words that any segment touched, ascending by address.
    pub cells: Vec<Cell>,
}

/// A kind of rows that calls that compute take, by their table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Computation {
    /// `modular` on 256 bits.
    Modular256,
    /// `modular` on 384 bits.
    Modular384,
    /// `quadratic` over BN254's field.
    Quadratic256,
    /// `quadratic` over BLS12-381's field.
    Quadratic384,
    /// A sum or double of points, of whatever call.
    Point,
    /// `curve`.
    PointMemory,
    /// `sha256`.
    Sha256,
    /// `multiply_x`.
    MultiplyX,
    /// A step of such a call.
    Ladder,
}

impl Computation {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::Modular256,
        Self::Modular384,
        Self::Quadratic256,
        Self::Quadratic384,
        Self::Point,
        Self::PointMemory,
        Self::Sha256,
        Self::MultiplyX,
        Self::Ladder,
    ];
    /// Their number.
    pub const COUNT: usize = Self::ALL.len();
}

/// How many events of each kind a segment has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Instructions of each class, in the order of [`Class`].
    pub classes: [u64; Class::COUNT],
    /// Registers that are read again.
    pub refreshes: u64,
    /// Words that commit calls read.
    pub commits: u64,
    /// Rows of `copy_words` calls.
    pub copies: u64,
    /// Keccak-f calls.
    pub keccaks: u64,
    /// Rows of calls that compute, of each kind, in the order of [`Computation`].
    pub computations: [u64; Computation::COUNT],
    /// Touched memory words.
    pub touched: u64,
}

/// What the rows of a segment cost, in any unit: by how much each event brings its end nearer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Costs {
    /// Of an instruction of each class, in the order of [`Class`].
    pub classes: [u32; Class::COUNT],
    /// Of a register that is read again.
    pub refresh: u32,
    /// Of a word that a commit call reads.
    pub commit: u32,
    /// Of a row of a `copy_words` call.
    pub copy: u32,
    /// Of a keccak-f call.
    pub keccak: u32,
    /// Of a row of calls that compute, of each kind, in the order of [`Computation`].
    pub computations: [u32; Computation::COUNT],
    /// Of a memory word that the segment hasn't touched before.
    pub touched: u32,
}

/// Where segments are cut: after the instruction with which the costs reach the budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The costs.
    pub costs: Costs,
    /// The budget, in the unit of the costs.
    pub limit: u64,
}

impl Budget {
    /// Never cuts.
    pub const UNLIMITED: Self = Self {
        costs: Costs {
            classes: [0; Class::COUNT],
            refresh: 0,
            commit: 0,
            copy: 0,
            keccak: 0,
            computations: [0; Computation::COUNT],
            touched: 0,
        },
        limit: u64::MAX,
    };

    /// Cuts after every `cycles` instructions.
    #[must_use]
    pub const fn cycles(cycles: u64) -> Self {
        let costs = Costs {
            classes: [1; Class::COUNT],
            refresh: 0,
            commit: 0,
            copy: 0,
            keccak: 0,
            computations: [0; Computation::COUNT],
            touched: 0,
        };
        Self { costs, limit: cycles }
    }
}
