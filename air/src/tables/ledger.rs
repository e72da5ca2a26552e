//! `ledger`: the registers' states before and after the run, and the ends of the order of memory
//! cells.
//!
//! Statement: all registers are zero before the run and end as the last segment leaves them; memory
//! cells are in ascending order between `MEMORY_START` and `MEMORY_END`.
//!
//! Preprocessed rows: one for each register that segments carry (x0 to x31 and the sink), one for
//! memory, and padding.

use alloc::vec::Vec;

use lvm_isa::event::REGISTERS;
use lvm_isa::segment::Carried;
use lvm_syscalls::layout::{MEMORY_END, MEMORY_START};
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{CellMsg, MemoryOrderMsg};
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::cell::EIGHTH;
use crate::gadgets::limbs::Limbs32;
use crate::gadgets::value::Value;

/// Rows that are used: the registers and memory.
pub const ROWS: usize = REGISTERS + 1;

columns! {
    /// The preprocessed side of a row.
    pub struct LedgerEntry {
        /// Register, in a register's row.
        register: cell,
        /// 1 in a register's row.
        is_register: cell,
        /// 1 in memory's row.
        is_memory: cell,
    }
}

columns! {
    /// The prover's side of a row.
    pub struct LedgerRow {
        /// In a register's row its value after the run.
        last: Value,
        /// In a register's row the segment that left it so.
        last_segment: cell,
        /// In memory's row the largest address of a memory cell, or `MEMORY_START − 8`.
        last_address: cell,
        /// Limbs of `(MEMORY_END − 8 − last_address)/8`, below 2^32, in memory's row.
        room: Limbs32,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let entry = LedgerEntry::<AB::Var>::of(builder.preprocessed().current_slice());
    let row = LedgerRow::<AB::Var>::of(builder.main().current_slice());
    let cell = |lo: AB::Expr, hi: AB::Expr, segment: AB::Expr| CellMsg {
        address: entry.register.into(),
        is_writable: AB::Expr::ONE,
        lo,
        hi,
        segment,
    };
    cell(AB::Expr::ZERO, AB::Expr::ZERO, AB::Expr::ZERO).send(builder, entry.is_register);
    cell(row.last.lo.into(), row.last.hi.into(), row.last_segment.into())
        .receive(builder, entry.is_register);

    // Each cell's address exceeds the one before by 8 to 2^35, so the chain can't wrap around the
    // field (see LOG_HEIGHT_MAX); with its end below MEMORY_END, all of it is.
    MemoryOrderMsg { address: AB::Expr::from_u64(MEMORY_START - 8) }.send(builder, entry.is_memory);
    MemoryOrderMsg { address: row.last_address.into() }.receive(builder, entry.is_memory);
    let room = (AB::Expr::from_u64(MEMORY_END - 8) - row.last_address) * EIGHTH;
    row.room.constrain(builder, room, entry.is_memory);
}

/// The preprocessed rows, without padding.
#[must_use]
pub fn entries() -> Vec<LedgerEntry<Goldilocks>> {
    let registers = (0..REGISTERS).map(|register| LedgerEntry {
        register: Goldilocks::from_usize(register),
        is_register: Goldilocks::ONE,
        is_memory: Goldilocks::ZERO,
    });
    let memory = LedgerEntry { is_memory: Goldilocks::ONE, ..LedgerEntry::default() };
    registers.chain([memory]).collect()
}

/// The prover's rows: the registers' last states, and memory's largest address.
pub fn fill(
    registers: &[Carried; REGISTERS],
    last_address: u64,
    counts: &mut Counts,
) -> Vec<LedgerRow<Goldilocks>> {
    let registers = registers.iter().map(|carried| LedgerRow {
        last: Value::from_u64(carried.value),
        last_segment: Goldilocks::from_u32(carried.segment),
        ..LedgerRow::default()
    });
    let memory = LedgerRow {
        last_address: Goldilocks::from_u64(last_address),
        room: Limbs32::fill(((MEMORY_END - 8 - last_address) / 8) as u32, counts),
        ..LedgerRow::default()
    };
    registers.chain([memory]).collect()
}
