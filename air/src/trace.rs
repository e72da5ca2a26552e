//! Fills all tables from the events of a recorded run.
//!
//! Every list of events is filled in parallel chunks; each chunk counts its lookups by itself and
//! the counts are added up, so the result doesn't depend on the number of threads.

use alloc::vec::Vec;
use core::fmt;

use lvm_isa::event::{Access, Cell, EcallStep, Events, MemoryStep};
use lvm_isa::program::Program;
use lvm_syscalls::commit;
use lvm_syscalls::layout::{MEMORY_START, PRIVATE_INPUT_END, PRIVATE_INPUT_START};
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;
use p3_matrix::Matrix;
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;

use crate::columns::Columns;
use crate::counts::Counts;
use crate::gadgets::cell::OrderedCell;
use crate::table::{LOG_HEIGHT_MAX, Table, matrix, padded_height};
use crate::tables;

/// A filled table.
#[derive(Clone, Debug)]
pub struct Filled {
    /// Which table.
    pub table: Table,
    /// Its rows, padded to a power of two.
    pub rows: RowMajorMatrix<Goldilocks>,
}

/// A run that the tables can't hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// The table.
    pub table: Table,
    /// Rows that the run needs there.
    pub rows: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, rows } = self;
        write!(f, "table {} needs {rows} rows, more than 2^{LOG_HEIGHT_MAX}", table.name())
    }
}

impl core::error::Error for TooLong {}

/// What is proved of a run, besides its events.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// The public output.
    pub public_output: &'a [u8],
    /// The exit code.
    pub exit_code: u64,
}

/// Fills every table that has rows, in the order of [`Table::ALL`].
///
/// # Errors
/// If a table would be higher than 2^[`LOG_HEIGHT_MAX`].
pub fn fill(
    program: &Program,
    events: &Events,
    outcome: &Outcome<'_>,
) -> Result<Vec<Filled>, TooLong> {
    let mut filler =
        Filler { counts: Counts::new(program.instructions.len()), tables: Vec::new(), program };
    let last_address = filler.cells(events);
    filler.instructions(events)?;
    let output = filler.calls(events)?;
    let boundary = tables::boundary::fill(
        &events.registers,
        output,
        outcome.exit_code,
        last_address,
        &mut filler.counts,
    );
    filler.push(Table::Boundary, matrix(&boundary));
    filler.lookups();
    let mut tables = filler.tables;
    if let Some(long) = tables.iter().find(|t| t.rows.height() > 1 << LOG_HEIGHT_MAX) {
        return Err(TooLong { table: long.table, rows: long.rows.height() });
    }
    tables.sort_by_key(|filled| filled.table);
    Ok(tables)
}

/// Rows that one task fills.
const CHUNK_ROWS: usize = 1 << 14;

struct Filler<'a> {
    program: &'a Program,
    counts: Counts,
    tables: Vec<Filled>,
}

impl Filler<'_> {
    fn push(&mut self, table: Table, rows: RowMajorMatrix<Goldilocks>) {
        self.tables.push(Filled { table, rows });
    }

    /// Fills `table`, one row an event, if there are events.
    fn table<E: Sync, R: Columns<Goldilocks>>(
        &mut self,
        table: Table,
        events: &[E],
        fill: impl Fn(&E, &mut Counts) -> R + Sync,
    ) -> Result<(), TooLong> {
        if events.len() > 1 << LOG_HEIGHT_MAX {
            return Err(TooLong { table, rows: events.len() });
        }
        if !events.is_empty() {
            let rows = self.rows(events, fill);
            self.push(table, rows);
        }
        Ok(())
    }

    /// One row an event, padded.
    fn rows<E: Sync, R: Columns<Goldilocks>>(
        &mut self,
        events: &[E],
        fill: impl Fn(&E, &mut Counts) -> R + Sync,
    ) -> RowMajorMatrix<Goldilocks> {
        let mut cells = Goldilocks::zero_vec(padded_height(events.len()) * R::WIDTH);
        let fill_chunk = |events: &[E], cells: &mut [Goldilocks], counts: &mut Counts| {
            for (event, cells) in events.iter().zip(cells.chunks_mut(R::WIDTH)) {
                fill(event, counts).write(&mut cells.iter_mut());
            }
        };
        if events.len() <= CHUNK_ROWS {
            fill_chunk(events, &mut cells, &mut self.counts);
        } else {
            let tasks = rayon::current_num_threads();
            let chunk = events.len().div_ceil(tasks).max(CHUNK_ROWS);
            let instructions = self.program.instructions.len();
            let counts = events
                .par_chunks(chunk)
                .zip(cells.par_chunks_mut(chunk * R::WIDTH))
                .map(|(events, cells)| {
                    let mut counts = Counts::new(instructions);
                    fill_chunk(events, cells, &mut counts);
                    counts
                })
                .reduce_with(|a, b| a.merged(&b));
            if let Some(counts) = counts {
                let mine = core::mem::replace(&mut self.counts, Counts::new(0));
                self.counts = counts.merged(&mine);
            }
        }
        RowMajorMatrix::new(cells, R::WIDTH)
    }

    /// The memory cells in ascending order; returns the largest address.
    fn cells(&mut self, events: &Events) -> u64 {
        let mut image = Vec::with_capacity(self.program.words.len());
        let mut memory = Vec::new();
        let mut private_input = Vec::new();
        let mut previous = MEMORY_START - 8;
        let mut words = self.program.words.iter().copied().peekable();
        let mut touched = events.memory.iter().copied().peekable();
        loop {
            let word = words.peek().map(|&(address, _)| address);
            let cell = touched.peek().map(|cell| cell.address);
            let (list, cell) = match (word, cell) {
                (None, None) => break,
                (Some(address), next) if next.is_none_or(|next| address <= next) => {
                    let initial = words.next().map_or(0, |(_, initial)| initial);
                    let untouched =
                        Cell { address, initial, last: Access { value: initial, time: 0 } };
                    let cell = touched.next_if(|cell| cell.address == address).unwrap_or(untouched);
                    (&mut image, cell)
                }
                _ => {
                    let Some(cell) = touched.next() else { break };
                    let region = PRIVATE_INPUT_START..PRIVATE_INPUT_END;
                    let private = region.contains(&cell.address);
                    (if private { &mut private_input } else { &mut memory }, cell)
                }
            };
            list.push(OrderedCell { previous, cell });
            previous = cell.address;
        }
        let rows = self.rows(&image, tables::image::fill);
        self.push(Table::Image, rows);
        if !memory.is_empty() {
            let rows = self.rows(&memory, tables::memory::fill);
            self.push(Table::Memory, rows);
        }
        if !private_input.is_empty() {
            let rows = self.rows(&private_input, tables::private_input::fill);
            self.push(Table::PrivateInput, rows);
        }
        previous
    }

    /// The tables of executed instructions, except ECALL, and the refreshes.
    fn instructions(&mut self, events: &Events) -> Result<(), TooLong> {
        let program = self.program;
        macro_rules! steps {
            ($($table:ident $module:ident,)*) => {
                $(self.table(Table::$table, &events.$module, |step, counts| {
                    let (pc, instruction) = &program.instructions[step.index as usize];
                    tables::$module::fill(*pc, instruction, step, counts)
                })?;)*
            };
        }
        let decoded = |event: &MemoryStep| {
            let (pc, instruction) = &program.instructions[event.step.index as usize];
            let address = event.step.rs1.value.wrapping_add_signed(instruction.imm);
            (*pc, instruction, address & !7)
        };
        let is_writable = |word: u64| !program.is_read_only(word);
        macro_rules! loads {
            ($($table:ident $module:ident,)*) => {
                $(self.table(Table::$table, &events.$module, |event, counts| {
                    let (pc, instruction, word) = decoded(event);
                    tables::$module::fill(pc, instruction, event, is_writable(word), counts)
                })?;)*
            };
        }
        macro_rules! stores {
            ($($table:ident $module:ident,)*) => {
                $(self.table(Table::$table, &events.$module, |event, counts| {
                    let (pc, instruction, _) = decoded(event);
                    tables::$module::fill(pc, instruction, event, counts)
                })?;)*
            };
        }
        steps! {
            AddImmediate add_immediate,
            Add add,
            AddWord add_word,
            Bitwise bitwise,
            Compare compare,
            BranchEqual branch_equal,
            BranchLess branch_less,
            Jump jump,
            JumpRegister jump_register,
            Shift shift,
            ShiftWord shift_word,
            Multiply multiply,
            Divide divide,
        }
        loads! {
            LoadDouble load_double,
            LoadNarrow load_narrow,
        }
        stores! {
            StoreDouble store_double,
            StoreNarrow store_narrow,
        }
        self.table(Table::Misaligned, &events.misaligned, |event, counts| {
            let (pc, instruction, word) = decoded(event);
            let writable = [is_writable(word), is_writable(word + 8)];
            tables::misaligned::fill(pc, instruction, event, writable, counts)
        })?;
        self.table(Table::Refresh, &events.refreshes, tables::refresh::fill)
    }

    /// ECALL and what its calls do; returns the output register's last state.
    fn calls(&mut self, events: &Events) -> Result<Access, TooLong> {
        let mut output = Access::default();
        let ecalls: Vec<(EcallStep, Access)> = events
            .ecall
            .iter()
            .map(|step| {
                let before = output;
                if step.a7.value == commit::NUMBER {
                    output = Access { value: before.value + step.a2.value, time: step.time };
                }
                (*step, before)
            })
            .collect();
        let program = self.program;
        self.table(Table::Ecall, &ecalls, |(step, output), counts| {
            let (pc, _) = program.instructions[step.index as usize];
            tables::ecall::fill(pc, step, *output, counts)
        })?;
        self.table(Table::Commit, &events.commits, |event, counts| {
            let is_writable = !program.is_read_only(event.pointer & !7);
            tables::commit::fill(event, is_writable, counts)
        })?;

        let words: Vec<(u32, u64, Access, u64)> = events
            .keccaks
            .iter()
            .flat_map(|event| {
                let mut state = event.words.map(|access| access.value);
                keccak::f1600(&mut state);
                let accesses = event.words.into_iter().zip(state).zip(0..);
                accesses
                    .map(|((access, after), i)| (event.time, event.pointer + 8 * i, access, after))
            })
            .collect();
        self.table(Table::KeccakMemory, &words, |&(time, address, word, after), counts| {
            tables::keccak_memory::fill(time, address, word, after, counts)
        })?;
        let rows = events.keccaks.len() * tables::keccak::ROUNDS;
        if rows > 1 << LOG_HEIGHT_MAX {
            return Err(TooLong { table: Table::Keccak, rows });
        }
        if !events.keccaks.is_empty() {
            self.push(Table::Keccak, tables::keccak::fill(&events.keccaks));
        }
        Ok(output)
    }

    /// The lookup tables' multiplicities; nothing may be counted after this.
    fn lookups(&mut self) {
        let counts = core::mem::replace(&mut self.counts, Counts::new(0));
        let columns = |columns: &[&[u64]]| {
            let height = padded_height(columns[0].len());
            let mut cells = Goldilocks::zero_vec(height * columns.len());
            for (row, cells) in cells.chunks_mut(columns.len()).enumerate() {
                for (cell, column) in cells.iter_mut().zip(columns) {
                    *cell = Goldilocks::from_u64(column.get(row).copied().unwrap_or(0));
                }
            }
            RowMajorMatrix::new(cells, columns.len())
        };
        self.push(Table::Program, columns(&[&counts.program]));
        self.push(Table::Range, columns(&[&counts.range16, &counts.sign16]));
        self.push(Table::Byte, columns(&[&counts.bitwise_and, &counts.byte_pair]));
        self.push(Table::ShiftAmount, columns(&[&counts.shift_amount]));
    }
}
