//! `boundary`: where a segment begins and ends.
//!
//! Statement: the segment begins at its entry at `TIME_START`, with the registers as the segment
//! before left them, and ends where the statement says: at the next segment's entry, or by a halting
//! ECALL with the statement's exit code. It commits the bytes of public output between the
//! statement's positions.
//!
//! Preprocessed rows: one for each register (x0 to x31, the sink, and the length of the public
//! output), one for the execution, and padding.

use alloc::vec::Vec;

use lvm_isa::event::{Access, REGISTERS, TIME_START};
use lvm_isa::segment::{Exit, Statement};
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{CellMsg, ExecutionMsg, HaltMsg, RegisterMsg};
use crate::columns::{Columns, columns};
use crate::gadgets::value::Value;

/// The register that holds the length of the public output so far.
pub const OUTPUT_REGISTER: u8 = REGISTERS as u8;
/// Rows that are used: the registers, the output register and the execution.
pub const ROWS: usize = REGISTERS + 2;

columns! {
    /// The preprocessed side of a row.
    pub struct BoundaryEntry {
        /// Register, in a register's row.
        register: cell,
        /// 1 in a register's row.
        is_register: cell,
        /// 1 in the row of a register that is carried from segment to segment: all but the output
        /// register.
        is_carried: cell,
        /// 1 in the row of the output register.
        is_output: cell,
        /// 1 in the execution's row.
        is_execution: cell,
    }
}

columns! {
    /// The prover's side of a row.
    pub struct BoundaryRow {
        /// In a register's row its value before the segment.
        first: Value,
        /// In a register's row its value after the segment.
        last: Value,
        /// In a register's row the time of its last access; in the execution's row the time after
        /// the last instruction, except in the last segment.
        last_time: cell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(statement: &Statement, builder: &mut AB) {
    let entry = BoundaryEntry::<AB::Var>::of(builder.preprocessed().current_slice());
    let row = BoundaryRow::<AB::Var>::of(builder.main().current_slice());
    let register = |value: Value<AB::Var>, time: AB::Expr| RegisterMsg {
        register: entry.register.into(),
        lo: value.lo.into(),
        hi: value.hi.into(),
        time,
    };
    register(row.first, AB::Expr::ZERO).send(builder, entry.is_register);
    register(row.last, row.last_time.into()).receive(builder, entry.is_register);

    // Every segment has a row for every register, so the segment before left it.
    let cell = |value: Value<AB::Var>, segment: u32| CellMsg {
        address: entry.register.into(),
        is_writable: AB::Expr::ONE,
        lo: value.lo.into(),
        hi: value.hi.into(),
        segment: AB::Expr::from_u32(segment),
    };
    cell(row.first, statement.segment.wrapping_sub(1)).receive(builder, entry.is_carried);
    cell(row.last, statement.segment).send(builder, entry.is_carried);

    let start = Value::<Goldilocks>::from_u64(statement.output.start);
    let end = Value::<Goldilocks>::from_u64(statement.output.end);
    for (label, cell, limb) in [
        ("output start, low limb", row.first.lo, start.lo),
        ("output start, high limb", row.first.hi, start.hi),
        ("output end, low limb", row.last.lo, end.lo),
        ("output end, high limb", row.last.hi, end.hi),
    ] {
        builder.constrain(label, (cell - AB::Expr::from(limb)) * entry.is_output);
    }

    ExecutionMsg { time: AB::Expr::from_u32(TIME_START), pc: AB::Expr::from_u64(statement.entry) }
        .send(builder, entry.is_execution);
    let (next, code) = match statement.exit {
        Exit::Continue(next) => (Some(next), None),
        Exit::Halt(code) => (None, Some(code)),
    };
    let if_some = |it: Option<u64>| entry.is_execution * AB::Expr::from_bool(it.is_some());
    ExecutionMsg { time: row.last_time.into(), pc: AB::Expr::from_u64(next.unwrap_or(0)) }
        .receive(builder, if_some(next));
    let exit_code = Value::<Goldilocks>::from_u64(code.unwrap_or(0));
    HaltMsg { lo: exit_code.lo.into(), hi: exit_code.hi.into() }.receive(builder, if_some(code));
}

/// The preprocessed rows, without padding.
#[must_use]
pub fn entries() -> Vec<BoundaryEntry<Goldilocks>> {
    let registers = (0..=OUTPUT_REGISTER).map(|register| BoundaryEntry {
        register: Goldilocks::from_u8(register),
        is_register: Goldilocks::ONE,
        is_carried: Goldilocks::from_bool(register != OUTPUT_REGISTER),
        is_output: Goldilocks::from_bool(register == OUTPUT_REGISTER),
        is_execution: Goldilocks::ZERO,
    });
    let execution = BoundaryEntry { is_execution: Goldilocks::ONE, ..BoundaryEntry::default() };
    registers.chain([execution]).collect()
}

/// The prover's rows: the registers' first and last states, the output register's, and the
/// execution's.
pub fn fill(
    first: &[u64; REGISTERS],
    last: &[Access; REGISTERS],
    output: [Access; 2],
    end_time: u32,
) -> Vec<BoundaryRow<Goldilocks>> {
    let firsts = first.iter().copied().chain([output[0].value]);
    let lasts = last.iter().copied().chain([output[1]]);
    let registers = firsts.zip(lasts).map(|(first, last)| BoundaryRow {
        first: Value::from_u64(first),
        last: Value::from_u64(last.value),
        last_time: Goldilocks::from_u32(last.time),
    });
    let execution =
        BoundaryRow { last_time: Goldilocks::from_u32(end_time), ..BoundaryRow::default() };
    registers.chain([execution]).collect()
}
