//! `boundary`: where a run begins and ends.
//!
//! Statement: execution begins at the entry point at `TIME_START` with all registers zero and the
//! public output empty; it ends by a halting ECALL with the statement's exit code, after as many
//! bytes of public output as the statement has; memory cells are in ascending order between
//! `MEMORY_START` and `MEMORY_END`.
//!
//! Preprocessed rows: one for each register (x0 to x31, the sink, and the length of the public
//! output), one for the run, and padding.

use alloc::vec::Vec;

use lvm_isa::event::{Access, REGISTERS, TIME_START};
use lvm_syscalls::layout::{MEMORY_END, MEMORY_START};
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{ExecutionMsg, HaltMsg, MemoryOrderMsg, RegisterMsg};
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::cell::EIGHTH;
use crate::gadgets::limbs::Limbs32;
use crate::gadgets::value::Value;

/// The register that holds the length of the public output so far.
pub const OUTPUT_REGISTER: u8 = REGISTERS as u8;
/// Rows that are used: the registers, the output register and the run.
pub const ROWS: usize = REGISTERS + 2;

columns! {
    /// The preprocessed side of a row.
    pub struct BoundaryEntry {
        /// Register, in a register's row.
        register: cell,
        /// 1 in a register's row.
        is_register: cell,
        /// 1 in the row of the output register.
        is_output: cell,
        /// 1 in the run's row.
        is_run: cell,
    }
}

columns! {
    /// The prover's side of a row.
    pub struct BoundaryRow {
        /// In a register's row its last value; in the run's row the exit code.
        last: Value,
        /// In a register's row the time of its last access.
        last_time: cell,
        /// In the run's row the largest address of a memory cell, or `MEMORY_START − 8`.
        last_address: cell,
        /// Limbs of `(MEMORY_END − 8 − last_address)/8`, below 2^32, in the run's row.
        room: Limbs32,
    }
}

/// The statement's part of this table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BoundaryStatement {
    /// Address of the first instruction.
    pub entry: u64,
    /// The exit code.
    pub exit_code: u64,
    /// Bytes of public output.
    pub output_len: u64,
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(statement: &BoundaryStatement, builder: &mut AB) {
    let entry = BoundaryEntry::<AB::Var>::of(builder.preprocessed().current_slice());
    let row = BoundaryRow::<AB::Var>::of(builder.main().current_slice());
    let exit_code = Value::from_u64(statement.exit_code);
    let output_len = Value::from_u64(statement.output_len);

    RegisterMsg {
        register: entry.register.into(),
        lo: AB::Expr::ZERO,
        hi: AB::Expr::ZERO,
        time: AB::Expr::ZERO,
    }
    .send(builder, entry.is_register);
    RegisterMsg {
        register: entry.register.into(),
        lo: row.last.lo.into(),
        hi: row.last.hi.into(),
        time: row.last_time.into(),
    }
    .receive(builder, entry.is_register);

    // last is a canonical value's limb or, in these two rows, a constant of the statement.
    builder.constrain(
        "output length, low limb",
        (row.last.lo - AB::Expr::from(output_len.lo)) * entry.is_output,
    );
    builder.constrain(
        "output length, high limb",
        (row.last.hi - AB::Expr::from(output_len.hi)) * entry.is_output,
    );
    builder.constrain(
        "exit code, low limb",
        (row.last.lo - AB::Expr::from(exit_code.lo)) * entry.is_run,
    );
    builder.constrain(
        "exit code, high limb",
        (row.last.hi - AB::Expr::from(exit_code.hi)) * entry.is_run,
    );

    ExecutionMsg { time: AB::Expr::from_u32(TIME_START), pc: AB::Expr::from_u64(statement.entry) }
        .send(builder, entry.is_run);
    HaltMsg { lo: row.last.lo.into(), hi: row.last.hi.into() }.receive(builder, entry.is_run);

    // Each cell's address exceeds the one before by 8 to 2^35, so the chain can't wrap around the
    // field (see LOG_HEIGHT_MAX); with its end below MEMORY_END, all of it is.
    MemoryOrderMsg { address: AB::Expr::from_u64(MEMORY_START - 8) }.send(builder, entry.is_run);
    MemoryOrderMsg { address: row.last_address.into() }.receive(builder, entry.is_run);
    let room = (AB::Expr::from_u64(MEMORY_END - 8) - row.last_address) * EIGHTH;
    row.room.constrain(builder, room, entry.is_run);
}

/// The preprocessed rows, without padding.
#[must_use]
pub fn entries() -> Vec<BoundaryEntry<Goldilocks>> {
    let registers = (0..=OUTPUT_REGISTER).map(|register| BoundaryEntry {
        register: Goldilocks::from_u8(register),
        is_register: Goldilocks::ONE,
        is_output: Goldilocks::from_bool(register == OUTPUT_REGISTER),
        is_run: Goldilocks::ZERO,
    });
    let run = BoundaryEntry { is_run: Goldilocks::ONE, ..BoundaryEntry::default() };
    registers.chain([run]).collect()
}

/// The prover's rows: the registers' last states, the output register's, and the run's.
pub fn fill(
    registers: &[Access; REGISTERS],
    output: Access,
    exit_code: u64,
    last_address: u64,
    counts: &mut Counts,
) -> Vec<BoundaryRow<Goldilocks>> {
    let registers = registers.iter().copied().chain([output]).map(|access| BoundaryRow {
        last: Value::from_u64(access.value),
        last_time: Goldilocks::from_u32(access.time),
        ..BoundaryRow::default()
    });
    let run = BoundaryRow {
        last: Value::from_u64(exit_code),
        last_time: Goldilocks::ZERO,
        last_address: Goldilocks::from_u64(last_address),
        room: Limbs32::fill(((MEMORY_END - 8 - last_address) / 8) as u32, counts),
    };
    registers.chain([run]).collect()
}
