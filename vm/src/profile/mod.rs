//! Runs a program and counts, for every place in its call tree, how often each instruction there
//! was executed.
//!
//! Nothing is sampled: the counts are exact, and their sum is the run's number of cycles. The call
//! tree comes from a stack of calls that is kept beside the run as `tracker` says; a program that
//! keeps to the calling convention gets the tree that it really has. One that doesn't, or whose
//! tree is larger than what is kept of it, gets another tree, and still every cycle in it once.
//!
//! Invariant: the outcome is that of [`crate::execute::execute`]. A profile takes at most a few
//! hundred MiB, whatever the guest does.
//!
//! What the places are called is not known here.

mod counts;
mod tracker;

use core::ops::Range;
use std::collections::BTreeMap;

use lvm_isa::instruction::Operation;

use crate::code::Code;
use crate::elf::LoadedProgram;
use crate::error::ExecuteError;
use crate::execute::{Execution, Options, execute_observed};
use tracker::Tracker;

/// A run and where its cycles went.
#[derive(Clone, Debug)]
pub struct Profiled {
    /// How the run ended.
    pub outcome: Result<Execution, ExecuteError>,
    /// Where its cycles went, also if it ended with an error.
    pub profile: Profile,
}

/// Where a run's cycles went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Executed instructions.
    pub cycles: u64,
    /// The call tree. The first node is the code that runs from the entry point on; every other
    /// one comes after its parent.
    pub nodes: Vec<Node>,
    /// How often instructions were executed, ascending by node and address, without those that
    /// never were. The ranges of a node don't overlap.
    pub spans: Vec<Span>,
    /// Addresses at which functions begin, as far as instructions tell: what is called, in this
    /// run or by a JAL anywhere in the program, and the entry point. Ascending.
    pub functions: Vec<u64>,
    /// System calls by number.
    pub system_calls: BTreeMap<u64, u64>,
    /// Whether the tree lacks calls, because they are nested too deeply or too many.
    pub is_cut: bool,
}

/// A node of the call tree: what runs between a call and the return from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// The node that calls; `None` for the first one.
    pub parent: Option<u32>,
    /// Address of the instruction that calls; `None` for the first node, and for the one that has
    /// what was executed after the tree had become too large.
    pub call: Option<u64>,
}

/// Instructions next to each other that were executed equally often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The node in which they were executed.
    pub node: u32,
    /// Their addresses.
    pub addresses: Range<u64>,
    /// How often each of them was executed; not 0.
    pub count: u64,
}

impl Span {
    /// The cycles that these instructions took.
    #[must_use]
    pub fn cycles(&self) -> u64 {
        (self.addresses.end - self.addresses.start) / 4 * self.count
    }
}

impl Profile {
    /// How often each operation was executed, in the order of [`Operation::ALL`].
    #[must_use]
    pub fn operations(&self, program: &LoadedProgram) -> [u64; Operation::ALL.len()] {
        let instructions = &program.program().instructions;
        let mut counts = [0; Operation::ALL.len()];
        for span in &self.spans {
            let first = instructions.partition_point(|&(pc, _)| pc < span.addresses.start);
            let within =
                instructions[first..].iter().take_while(|&&(pc, _)| pc < span.addresses.end);
            for (_, instruction) in within {
                counts[instruction.operation as usize] += span.count;
            }
        }
        counts
    }
}

/// Runs `program` on `private_input` and profiles the run. What it prints goes to `print` as it
/// comes.
pub fn profile(
    program: &LoadedProgram,
    private_input: &[u8],
    options: &Options,
    print: &mut dyn FnMut(&[u8]),
) -> Profiled {
    let code = Code::new(program);
    let mut tracker = Tracker::new(&code, program.program().entry);
    let outcome = execute_observed(program, &code, private_input, options, print, &mut tracker)
        .map(|(execution, _)| execution);
    Profiled { outcome, profile: tracker.profile() }
}
