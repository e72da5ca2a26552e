//! What the tables' tests share: a row is checked alone, against its constraints and against the
//! lookup tables it asks.

use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

use lvm_isa::event::{Access, MemoryStep, Step};
use lvm_isa::instruction::{Instruction, Operation};
use p3_field::{PrimeCharacteristicRing, PrimeField64};
use p3_goldilocks::Goldilocks;

use crate::builder::Side;
use crate::bus::Bus;
use crate::check::{RowChecker, RowMessage};
use crate::columns::Columns;
use crate::counts::Counts;
use crate::tables::program::{code, operands};
use crate::tables::shift_amount;

/// Values at the edges of limbs, signs and bytes.
pub(crate) const EDGES: [u64; 22] = [
    0,
    1,
    2,
    7,
    31,
    32,
    63,
    64,
    0x7F,
    0x80,
    0xFFFF,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFF,
    0x1_0000_0000,
    0x0123_4567_89AB_CDEF,
    0x7FFF_FFFF_FFFF_FFFF,
    0x8000_0000_0000_0000,
    0x8000_0000_0000_0001,
    0xFFFF_FFFF_0000_0000,
    0xFFFF_FFFF_8000_0000,
    u64::MAX,
];

/// Address of the instruction under test.
pub(crate) const PC: u64 = 0x1_0000;

/// An instruction with distinct registers.
pub(crate) fn instruction(operation: Operation, imm: i64) -> Instruction {
    Instruction { operation, rd: 7, rs1: 5, rs2: 6, imm }
}

/// The fields of the program's message for `instruction`, which is at [`PC`].
pub(crate) fn program_fields(instruction: &Instruction) -> Vec<u64> {
    let mut fields = vec![PC, u64::from(code(instruction.operation))];
    fields.extend(operands(PC, instruction).iter().map(PrimeField64::as_canonical_u64));
    fields
}

/// A step at time 400 that reads `a` and `b`.
pub(crate) fn step(a: u64, b: u64) -> Step {
    Step {
        time: 400,
        index: 0,
        rs1: Access { value: a, time: 17 },
        rs2: Access { value: b, time: 399 },
        rd: Access { value: 0xDEAD_BEEF_0BAD_F00D, time: 0 },
    }
}

/// A memory step at time 400 with base `base`, stored value `value` and the two words given.
pub(crate) fn memory_step(base: u64, value: u64, word: u64, next_word: u64) -> MemoryStep {
    MemoryStep {
        step: step(base, value),
        word: Access { value: word, time: 395 },
        next_word: Access { value: next_word, time: 0 },
    }
}

/// What is wrong with a row: labels of constraints, and names of lookup buses whose table lacks
/// the entry that the row asks for.
pub(crate) fn violations<R: Columns<Goldilocks>>(
    row: &R,
    eval: impl Fn(&mut RowChecker),
) -> Vec<String> {
    let (failures, messages) = check(row, eval);
    let mut violations = failures;
    violations.extend(messages.iter().filter(|m| !is_table_entry(m)).map(|m| {
        assert_eq!(m.side, Side::Send);
        String::from(m.bus.name())
    }));
    violations
}

/// Constraints that fail and messages of a row.
pub(crate) fn check<R: Columns<Goldilocks>>(
    row: &R,
    eval: impl Fn(&mut RowChecker),
) -> (Vec<String>, Vec<RowMessage>) {
    let mut cells = vec![Goldilocks::ZERO; R::WIDTH];
    row.write(&mut cells.iter_mut());
    let mut checker = RowChecker::single(&cells);
    eval(&mut checker);
    for message in &checker.messages {
        assert_eq!(message.fields.len(), message.bus.arity(), "{message:?}");
    }
    (checker.failures, checker.messages)
}

/// Requires an honest row: no constraint fails, every lookup has its entry, and `counts` counted
/// exactly the lookups that the row makes.
pub(crate) fn expect_honest<R: Columns<Goldilocks>>(
    context: &str,
    row: &R,
    counts: &Counts,
    eval: impl Fn(&mut RowChecker),
) {
    let found = violations(row, &eval);
    assert!(found.is_empty(), "{context}: {found:?}");
    let (_, messages) = check(row, &eval);
    let mut asked = Counts::new(counts.program.len());
    for message in messages {
        assert!(message.multiplicity == Goldilocks::ONE, "{context}: {message:?}");
        let f: Vec<u64> = message.fields.iter().map(PrimeField64::as_canonical_u64).collect();
        match message.bus {
            Bus::Range16 => asked.range16(f[0] as u16),
            Bus::Sign16 => asked.sign16(f[0] as u16),
            Bus::BitwiseAnd => asked.bitwise_and(f[0] as u8, f[1] as u8),
            Bus::BytePair => asked.byte_pair(f[0] as u8, f[1] as u8),
            Bus::ShiftAmount => asked.shift_amount(f[0] as u8),
            Bus::Program => asked.program(0),
            _ => {}
        }
    }
    let same = asked.range16 == counts.range16
        && asked.sign16 == counts.sign16
        && asked.bitwise_and == counts.bitwise_and
        && asked.byte_pair == counts.byte_pair
        && asked.shift_amount == counts.shift_amount
        && asked.program == counts.program;
    assert!(same, "{context}: the fill counted other lookups than the row makes");
}

/// Requires that `row`, made from an honest row by changing cells, violates `label` (a
/// constraint's label or a lookup bus's name).
pub(crate) fn expect_violation<R: Columns<Goldilocks>>(
    row: &R,
    label: &str,
    eval: impl Fn(&mut RowChecker),
) {
    let found = violations(row, eval);
    assert!(found.iter().any(|v| v == label), "expected {label:?} among {found:?}");
}

/// The fields of the row's only message on `bus` on side `side`.
pub(crate) fn message<R: Columns<Goldilocks>>(
    row: &R,
    bus: Bus,
    side: Side,
    eval: impl Fn(&mut RowChecker),
) -> Vec<u64> {
    let (_, messages) = check(row, eval);
    let mut found = messages.into_iter().filter(|m| m.bus == bus && m.side == side);
    let message = found.next().unwrap_or_else(|| panic!("no message on {}", bus.name()));
    assert_eq!(found.next(), None, "more than one message on {}", bus.name());
    message.fields.iter().map(PrimeField64::as_canonical_u64).collect()
}

/// The register states that the row sends, as `(register, value, time)`.
pub(crate) fn register_sends<R: Columns<Goldilocks>>(
    row: &R,
    eval: impl Fn(&mut RowChecker),
) -> Vec<(u64, u64, u64)> {
    sends(row, Bus::Register, eval)
}

/// The memory states that the row sends, as `(address, value, time)`.
pub(crate) fn memory_sends<R: Columns<Goldilocks>>(
    row: &R,
    eval: impl Fn(&mut RowChecker),
) -> Vec<(u64, u64, u64)> {
    sends(row, Bus::Memory, eval)
}

/// The cell states that a row sends, as `(address, value, segment)`.
pub(crate) fn cell_sends<R: Columns<Goldilocks>>(
    row: &R,
    eval: impl Fn(&mut RowChecker),
) -> Vec<(u64, u64, u64)> {
    sends(row, Bus::Cell, eval)
}

fn sends<R: Columns<Goldilocks>>(
    row: &R,
    bus: Bus,
    eval: impl Fn(&mut RowChecker),
) -> Vec<(u64, u64, u64)> {
    let (_, messages) = check(row, eval);
    messages
        .iter()
        .filter(|m| m.bus == bus && m.side == Side::Send)
        .map(|m| {
            let f: Vec<u64> = m.fields.iter().map(PrimeField64::as_canonical_u64).collect();
            // A memory state has the word's writability after the address.
            let [lo, hi, time] = *f.last_chunk().expect("states end with value and time");
            (f[0], lo + (hi << 32), time)
        })
        .collect()
}

fn is_table_entry(message: &RowMessage) -> bool {
    let f: Vec<u64> = message.fields.iter().map(PrimeField64::as_canonical_u64).collect();
    match message.bus {
        Bus::Range16 => f[0] < 1 << 16,
        Bus::Sign16 => f[0] < 1 << 16 && f[1] == f[0] >> 15,
        Bus::BitwiseAnd => f[0] < 256 && f[1] < 256 && f[2] == f[0] & f[1],
        Bus::BytePair => f[0] < 256 && f[1] < 256,
        Bus::ShiftAmount => shift_amount::entries().iter().any(|e| {
            [e.amount, e.multiplier, e.by_16, e.by_32]
                .iter()
                .map(PrimeField64::as_canonical_u64)
                .eq(f.iter().copied())
        }),
        _ => true,
    }
}

/// Names a case in a failed test.
pub(crate) fn case(instruction: &Instruction, a: u64, b: u64) -> String {
    format!("{instruction:?} on {a:#x}, {b:#x}")
}

/// Requires that a row of zeros, as padding is, satisfies everything and says nothing.
pub(crate) fn expect_padding<R: Columns<Goldilocks> + Default>(eval: impl Fn(&mut RowChecker)) {
    assert_eq!(check(&R::default(), eval), (vec![], vec![]));
}
