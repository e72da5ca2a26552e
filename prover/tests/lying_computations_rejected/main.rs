//! A prover that lies about a call that computes has no proof that verifies.
//!
//! Operands are private input, which the prover may choose as it likes. A lie is told as
//! consistently as can be: what memory, registers and lookup tables say follows it, so that only
//! the constraint or the bus that a test names stands in the way.

mod calls;
mod claims;
mod numbers;
mod points;
#[path = "../support/mod.rs"]
mod support;

use lvm_isa::event::Access;
use lvm_prover::Program;
use lvm_syscalls::layout::PRIVATE_INPUT_START;
use lvm_vm::assemble::Assembler;
use lvm_vm::record::Recording;

use support::Run;
use support::lie::Lie;

/// Where the operands begin: at the second word of the private input.
const OPERANDS: u64 = PRIVATE_INPUT_START + 8;
/// Words of an operand's place.
const PLACE: usize = 16;

/// Address of an operand.
const fn place(operand: usize) -> u64 {
    OPERANDS + (8 * PLACE * operand) as u64
}

/// A run of `code` on operands, each at its place.
fn run_on(code: &Assembler, operands: &[&[u64]]) -> Run {
    let mut input = vec![0; 4];
    for operand in operands {
        let mut words = operand.to_vec();
        words.resize(PLACE, 0);
        input.extend(words.into_iter().flat_map(u64::to_le_bytes));
    }
    Run::new(Program::from(code.load()), &input)
}

/// An honest run of one call on operands.
fn call(number: u64, arguments: [u64; 4], operands: &[&[u64]]) -> Lie {
    let mut code = Assembler::new();
    code.call(number, arguments).halt(0);
    Lie::of(run_on(&code, operands))
}

/// Starts again from the honest run.
fn again(lie: &mut Lie, honest: &Recording) {
    lie.record(|run| run.recording = honest.clone());
}

/// Says that the words from `address` on begin and end as these.
fn touch(run: &mut Run, address: u64, first: &[u64], last: &[u64]) {
    for ((address, first), last) in (address..).step_by(8).zip(first).zip(last) {
        run.touch(address, *first, *last);
    }
}

/// Says that the words from `address` on end as these.
fn leave(run: &mut Run, address: u64, words: &[u64]) {
    for (address, last) in (address..).step_by(8).zip(words) {
        let first = run.events().touched.iter().find(|word| word.address == address);
        let first = first.expect("the run touches the word").first.value;
        run.touch(address, first, *last);
    }
}

/// Forgets that the run touches the words in `addresses`.
fn forget(run: &mut Run, addresses: core::ops::Range<u64>) {
    run.events().touched.retain(|word| !addresses.contains(&word.address));
    run.recording.ledger.cells.retain(|cell| !addresses.contains(&cell.address));
}

/// The accesses with other values.
fn with_values<const N: usize>(accesses: [Access; N], values: [u64; N]) -> [Access; N] {
    core::array::from_fn(|at| Access { value: values[at], time: accesses[at].time })
}

/// Words that are parts of elements of all fields.
fn words<const N: usize>(seed: u64) -> [u64; N] {
    core::array::from_fn(|at| (seed + at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 4)
}
