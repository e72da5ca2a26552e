//! Fills the tables of a part from the events of a recorded segment, or from a ledger.
//!
//! Every list of events is filled in parallel chunks; each chunk counts its lookups by itself and
//! the counts are added up, so the result doesn't depend on the number of threads.

use alloc::vec::Vec;
use core::fmt;

use lvm_isa::arithmetic::{self, Point, parts};
use lvm_isa::event::{
    Access, EcallStep, Events, MemoryStep, MultiplyX, TICKS_PER_STEP, TIME_START,
};
use lvm_isa::instruction::Class;
use lvm_isa::multiple::{Multiple, Step, multiple};
use lvm_isa::program::Program;
use lvm_isa::segment::{Carried, Cell, Computation, Exit, Ledger, Segment, Tally};
use lvm_syscalls::commit;
use lvm_syscalls::curve::{Curve, Operation};
use lvm_syscalls::layout::{MEMORY_START, PRIVATE_INPUT_END, PRIVATE_INPUT_START};
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;

use crate::columns::Columns;
use crate::counts::{Counts, SHIFT_AMOUNTS};
use crate::gadgets::cell::OrderedCell;
use crate::table::{Table, matrix, padded_height};
use crate::tables;

/// A filled table.
#[derive(Clone, Debug)]
pub struct Filled {
    /// Which table.
    pub table: Table,
    /// Its rows, padded to a power of two.
    pub rows: RowMajorMatrix<Goldilocks>,
}

/// Where the memory of a table comes from: as many cells, of any values.
pub type Buffer<'a> = &'a (dyn Fn(usize) -> Vec<Goldilocks> + Sync);

/// Memory that wasn't used before, as a [`Buffer`].
#[must_use]
pub fn fresh(cells: usize) -> Vec<Goldilocks> {
    Goldilocks::zero_vec(cells)
}

/// A part of a run that the tables can't hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// The table.
    pub table: Table,
    /// Rows that the part needs there.
    pub rows: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, rows } = self;
        let most = table.log_height_max();
        write!(f, "table {} needs {rows} rows, more than 2^{most}", table.name())
    }
}

impl core::error::Error for TooLong {}

/// Fills every table of a segment that has rows, in the order of [`Table::ALL`].
///
/// # Errors
/// If a table would be higher than it may be.
pub fn fill_segment(
    program: &Program,
    segment: &Segment,
    buffer: Buffer<'_>,
) -> Result<Vec<Filled>, TooLong> {
    let mut filler = Filler::new(program, buffer);
    let events = &segment.events;
    filler.instructions(events)?;
    let output = filler.calls(segment)?;
    filler.border(segment, output)?;
    filler.lookups(&[Table::Program, Table::Range, Table::Byte, Table::ShiftAmount]);
    Ok(filler.finish())
}

/// Fills the border tables of a segment alone, as [`fill_segment`] does.
///
/// # Errors
/// If a table would be higher than it may be.
pub fn fill_border(
    program: &Program,
    segment: &Segment,
    buffer: Buffer<'_>,
) -> Result<Vec<Filled>, TooLong> {
    let mut filler = Filler::new(program, buffer);
    let output = output_states(segment).1;
    filler.border(segment, output)?;
    Ok(filler.finish())
}

/// Fills the tables of a run's ledger, in the order of [`Table::ALL`].
///
/// # Errors
/// If a table would be higher than it may be.
pub fn fill_ledger(
    program: &Program,
    ledger: &Ledger,
    buffer: Buffer<'_>,
) -> Result<Vec<Filled>, TooLong> {
    let mut filler = Filler::new(program, buffer);
    let last_address = filler.cells(ledger)?;
    let rows = tables::ledger::fill(&ledger.registers, last_address, &mut filler.counts);
    filler.push(Table::Ledger, matrix(&rows));
    filler.lookups(&[Table::Range]);
    Ok(filler.finish())
}

/// The tables of a segment with the log2 of their heights, as [`fill_segment`] fills them.
#[must_use]
pub fn segment_heights(program: &Program, tally: &Tally) -> Vec<(Table, usize)> {
    let rows = |class: Class| tally.classes[class as usize] as usize;
    let keccaks = tally.keccaks as usize;
    let computations = |kind: Computation| tally.computations[kind as usize] as usize;
    let instances = |table: Table| match table {
        Table::Program => alloc::vec![padded_height(program.instructions.len())],
        Table::Range | Table::Byte => alloc::vec![1 << 16],
        Table::ShiftAmount => alloc::vec![padded_height(SHIFT_AMOUNTS)],
        Table::Boundary => alloc::vec![padded_height(tables::boundary::ROWS)],
        Table::Keccak if keccaks == 0 => Vec::new(),
        Table::Keccak => alloc::vec![tables::keccak::height(keccaks)],
        Table::Sha256 => heights(computations(Computation::Sha256), |height| height),
        Table::Sha256Round => {
            let rows = tables::sha256_round::STEPS * computations(Computation::Sha256);
            heights(rows, |height| height)
        }
        Table::Touched => heights(tally.touched as usize, |height| height),
        Table::Refresh => heights(tally.refreshes as usize, |height| height),
        Table::Commit => heights(tally.commits as usize, |height| height),
        Table::Copy => heights(tally.copies as usize, |height| height),
        Table::AddImmediate => heights(rows(Class::AddImmediate), |height| height),
        Table::Add => heights(rows(Class::Add), |height| height),
        Table::AddWord => heights(rows(Class::AddWord), |height| height),
        Table::Bitwise => heights(rows(Class::Bitwise), |height| height),
        Table::Compare => heights(rows(Class::Compare), |height| height),
        Table::BranchEqual => heights(rows(Class::BranchEqual), |height| height),
        Table::BranchLess => heights(rows(Class::BranchLess), |height| height),
        Table::Jump => heights(rows(Class::Jump), |height| height),
        Table::JumpRegister => heights(rows(Class::JumpRegister), |height| height),
        Table::LoadDouble => heights(rows(Class::LoadDouble), |height| height),
        Table::LoadNarrow => heights(rows(Class::LoadNarrow), |height| height),
        Table::StoreDouble => heights(rows(Class::StoreDouble), |height| height),
        Table::StoreNarrow => heights(rows(Class::StoreNarrow), |height| height),
        Table::Misaligned => heights(rows(Class::Misaligned), |height| height),
        Table::Shift => heights(rows(Class::Shift), |height| height),
        Table::ShiftWord => heights(rows(Class::ShiftWord), |height| height),
        Table::Multiply => heights(rows(Class::Multiply), |height| height),
        Table::Divide => heights(rows(Class::Divide), |height| height),
        Table::Ecall => heights(rows(Class::Ecall), |height| height),
        Table::Modular256 => heights(computations(Computation::Modular256), |height| height),
        Table::Modular384 => heights(computations(Computation::Modular384), |height| height),
        Table::Quadratic256 => heights(computations(Computation::Quadratic256), |height| height),
        Table::Quadratic384 => heights(computations(Computation::Quadratic384), |height| height),
        Table::Point => heights(computations(Computation::Point), |height| height),
        Table::PointMemory => heights(computations(Computation::PointMemory), |height| height),
        Table::MultiplyX => heights(computations(Computation::MultiplyX), |height| height),
        Table::Ladder => heights(computations(Computation::Ladder), |height| height),
        Table::Image | Table::Ledger | Table::Memory | Table::PrivateInput => Vec::new(),
    };
    let log = |height: usize| height.trailing_zeros() as usize;
    let tables = Table::ALL.into_iter();
    tables
        .flat_map(|table| instances(table).into_iter().map(move |height| (table, log(height))))
        .collect()
}

/// The output register's state before each commit call of a segment, for every ECALL, and after
/// the segment.
fn output_states(segment: &Segment) -> (Vec<(EcallStep, Access)>, Access) {
    let mut output = Access { value: segment.statement.output.start, time: 0 };
    let ecalls = segment.events.ecall.iter().map(|step| {
        let before = output;
        if step.a7.value == commit::NUMBER {
            output = Access { value: before.value + step.a2.value, time: step.time };
        }
        (*step, before)
    });
    let ecalls = ecalls.collect();
    (ecalls, output)
}

/// What a `multiply_x` call makes. A call that traps, which no run leaves, makes a point that isn't on
/// the curve, and so has a row that isn't accepted.
fn multiple_of(event: &MultiplyX) -> Multiple {
    let none = || Multiple { base: [event.x(), [0; 4]], steps: Vec::new() };
    multiple(&event.x(), &event.k()).unwrap_or_else(none)
}

/// Heights of the instances of a table that hold `units` units together, `capacity` of them in a
/// height: one instance, or up to [`INSTANCES_MAX`] in descending order where that saves padding.
fn heights(units: usize, capacity: impl Fn(usize) -> usize) -> Vec<usize> {
    let mut heights = Vec::new();
    let mut rest = units;
    while rest > 0 {
        let mut height = padded_height(1);
        while capacity(height) < rest {
            height *= 2;
        }
        let half = capacity(height / 2);
        let is_last = heights.len() + 1 == INSTANCES_MAX
            || height <= SPLIT_MIN
            || 4 * (rest - half.min(rest)) > 3 * half;
        if is_last {
            heights.push(height);
            break;
        }
        heights.push(height / 2);
        rest -= half;
    }
    // Where the rest was too small to be split, two of one height are no better than one of twice
    // the height.
    while let [.., last, other] = *heights.as_slice()
        && last == other
    {
        heights.truncate(heights.len() - 2);
        heights.push(2 * last);
    }
    heights
}

/// Most instances of a table in a proof.
const INSTANCES_MAX: usize = 3;
/// Highest table that is left in one piece.
const SPLIT_MIN: usize = 1 << 16;

/// Rows that one task fills.
const CHUNK_ROWS: usize = 1 << 14;

struct Filler<'a> {
    program: &'a Program,
    buffer: Buffer<'a>,
    counts: Counts,
    tables: Vec<Filled>,
}

impl<'a> Filler<'a> {
    fn new(program: &'a Program, buffer: Buffer<'a>) -> Self {
        let counts = Counts::new(program.instructions.len());
        Self { program, buffer, counts, tables: Vec::new() }
    }

    /// The filled tables in order.
    fn finish(mut self) -> Vec<Filled> {
        self.tables.sort_by_key(|filled| filled.table);
        self.tables
    }

    fn push(&mut self, table: Table, rows: RowMajorMatrix<Goldilocks>) {
        self.tables.push(Filled { table, rows });
    }

    /// Fills `table`, one row an event, if there are events: once, or several times.
    fn table<E: Sync, R: Columns<Goldilocks>>(
        &mut self,
        table: Table,
        events: &[E],
        fill: impl Fn(&E, &mut Counts) -> R + Sync,
    ) -> Result<(), TooLong> {
        check_rows(table, events.len())?;
        let mut rest = events;
        for height in heights(events.len(), |height| height) {
            let (mine, others) = rest.split_at(height.min(rest.len()));
            rest = others;
            let rows = self.rows(mine, &fill);
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
        let mut cells = (self.buffer)(padded_height(events.len()) * R::WIDTH);
        cells[events.len() * R::WIDTH..].fill(Goldilocks::ZERO);
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

    /// The tables that tie a segment to the others; `output` is the output register's last state.
    fn border(&mut self, segment: &Segment, output: Access) -> Result<(), TooLong> {
        let Segment { statement, events, cycles, .. } = segment;
        let start = Access { value: statement.output.start, time: 0 };
        let end_time = match statement.exit {
            Exit::Continue(_) => TIME_START + TICKS_PER_STEP * *cycles as u32,
            Exit::Halt(_) => 0,
        };
        let rows = tables::boundary::fill(
            &events.first_registers,
            &events.last_registers,
            [start, output],
            end_time,
        );
        self.push(Table::Boundary, matrix(&rows));
        self.table(Table::Touched, &events.touched, |event, counts| {
            tables::touched::fill(statement.segment, event, counts)
        })
    }

    /// The ledger's memory cells in ascending order; returns the largest address.
    fn cells(&mut self, ledger: &Ledger) -> Result<u64, TooLong> {
        let mut image = Vec::with_capacity(self.program.words.len());
        let mut memory = Vec::new();
        let mut private_input = Vec::new();
        let mut previous = MEMORY_START - 8;
        let mut words = self.program.words.iter().copied().peekable();
        let mut touched = ledger.cells.iter().copied().peekable();
        loop {
            let word = words.peek().map(|&(address, _)| address);
            let cell = touched.peek().map(|cell| cell.address);
            let (list, cell) = match (word, cell) {
                (None, None) => break,
                (Some(address), next) if next.is_none_or(|next| address <= next) => {
                    let initial = words.next().map_or(0, |(_, initial)| initial);
                    let last = Carried { value: initial, segment: 0 };
                    let untouched = Cell { address, initial, last };
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
        // The image's rows are preprocessed, so they can't be split.
        check_rows(Table::Image, image.len())?;
        let rows = self.rows(&image, tables::image::fill);
        self.push(Table::Image, rows);
        self.table(Table::Memory, &memory, tables::memory::fill)?;
        self.table(Table::PrivateInput, &private_input, tables::private_input::fill)?;
        Ok(previous)
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
    fn calls(&mut self, segment: &Segment) -> Result<Access, TooLong> {
        let events = &segment.events;
        let (ecalls, output) = output_states(segment);
        let program = self.program;
        self.table(Table::Ecall, &ecalls, |(step, output), counts| {
            let (pc, _) = program.instructions[step.index as usize];
            tables::ecall::fill(pc, step, *output, counts)
        })?;
        self.table(Table::Commit, &events.commits, |event, counts| {
            let is_writable = !program.is_read_only(event.pointer & !7);
            tables::commit::fill(event, is_writable, counts)
        })?;

        self.table(Table::Copy, &events.copies, |event, counts| {
            // The begin reads the word with the source's first byte, all others that with the last.
            let byte = event.source + if event.is_begin { 0 } else { 7 };
            tables::copy::fill(event, !program.is_read_only(byte & !7), counts)
        })?;

        self.computations(events)?;

        let calls = &events.keccaks;
        check_rows(Table::Keccak, calls.len() << tables::keccak::LOG_ROWS)?;
        if !calls.is_empty() {
            let rows = tables::keccak::fill(calls, self.buffer, &mut self.counts);
            self.push(Table::Keccak, rows);
        }
        Ok(output)
    }

    /// The calls that compute.
    fn computations(&mut self, events: &Events) -> Result<(), TooLong> {
        let program = self.program;
        let is_writable = |address: u64| !program.is_read_only(address);
        self.table(Table::Modular256, &events.modular_256, |event, counts| {
            tables::modular::fill::<4, 8, 15>(event, is_writable, counts)
        })?;
        self.table(Table::Modular384, &events.modular_384, |event, counts| {
            tables::modular::fill::<6, 12, 23>(event, is_writable, counts)
        })?;
        self.table(Table::Quadratic256, &events.quadratic_256, |event, counts| {
            tables::quadratic::fill::<8, 15, 4>(event, is_writable, counts)
        })?;
        self.table(Table::Quadratic384, &events.quadratic_384, |event, counts| {
            tables::quadratic::fill::<12, 23, 6>(event, is_writable, counts)
        })?;
        self.table(Table::PointMemory, &events.points, |event, counts| {
            tables::point_memory::fill(event, is_writable, counts)
        })?;
        let multiples: Vec<(&MultiplyX, Multiple)> =
            events.multiply_x.par_iter().map(|event| (event, multiple_of(event))).collect();
        self.table(Table::MultiplyX, &multiples, |(event, multiple), counts| {
            tables::multiply_x::fill(event, multiple, is_writable, counts)
        })?;
        let of_call = |(event, multiple): &'_ (&MultiplyX, Multiple)| {
            let time = event.time;
            multiple.steps.iter().map(move |step| (time, *step)).collect::<Vec<_>>()
        };
        let steps: Vec<(u32, Step)> = multiples.iter().flat_map(of_call).collect();
        self.table(Table::Ladder, &steps, |(time, step), _| tables::ladder::fill(*time, step))?;
        let called = events.points.iter().map(|event| {
            let [p, q] = [&event.p, &event.q].map(|point| parts(&point.map(|it| it.value)));
            (event.curve, event.operation, p, q)
        });
        let curve = Curve::Secp256k1;
        let stepped = steps.iter().flat_map(|(_, step)| {
            let double = (curve, Operation::Double, step.accumulator, step.base);
            let add = (curve, Operation::Add, step.doubled, step.base);
            [Some(double), step.is_one.then_some(add)]
        });
        let sums: Vec<(Curve, Operation, Point, Point)> = called.chain(stepped.flatten()).collect();
        self.table(Table::Point, &sums, |(curve, operation, p, q), counts| {
            tables::point::fill(*curve, *operation, p, q, counts)
        })?;
        self.table(Table::Sha256, &events.sha256, |event, counts| {
            let state = event.state.map(|access| access.value);
            let block = event.block.map(|access| access.value);
            let after = arithmetic::sha256(&state, &block);
            tables::sha256::fill(event, &after, is_writable, counts)
        })?;
        let steps: Vec<_> = events.sha256.iter().flat_map(tables::sha256_round::steps).collect();
        self.table(Table::Sha256Round, &steps, tables::sha256_round::fill)
    }

    /// The multiplicities of these lookup tables; nothing may be counted after this.
    fn lookups(&mut self, tables: &[Table]) {
        let counts = core::mem::replace(&mut self.counts, Counts::new(0));
        let buffer = self.buffer;
        let columns = |columns: &[&[u64]]| {
            let height = padded_height(columns[0].len());
            let mut cells = buffer(height * columns.len());
            for (row, cells) in cells.chunks_mut(columns.len()).enumerate() {
                for (cell, column) in cells.iter_mut().zip(columns) {
                    *cell = Goldilocks::from_u64(column.get(row).copied().unwrap_or(0));
                }
            }
            RowMajorMatrix::new(cells, columns.len())
        };
        for &table in tables {
            let rows = match table {
                Table::Program => columns(&[&counts.program]),
                Table::Range => columns(&[&counts.range16, &counts.sign16]),
                Table::Byte => columns(&[&counts.bitwise_and, &counts.byte_pair]),
                _ => columns(&[&counts.shift_amount]),
            };
            self.push(table, rows);
        }
    }
}

fn check_rows(table: Table, rows: usize) -> Result<(), TooLong> {
    if rows > 1 << table.log_height_max() { Err(TooLong { table, rows }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_hold_all_rows_without_much_padding() {
        let edges = [0, 1, 17, 1 << 16, (1 << 16) + 1, 600_000, 1_000_000, 1 << 20];
        for rows in edges.into_iter().chain((1 << 16..1 << 22).step_by(9973)) {
            let heights = heights(rows, |height| height);
            let sum: usize = heights.iter().sum();
            assert!(sum >= rows && heights.len() <= INSTANCES_MAX, "{rows}: {heights:?}");
            assert!(heights.is_sorted_by(|a, b| a > b), "{rows}: {heights:?}");
            // What isn't worth splitting is padding.
            let padding = sum - rows;
            assert!(5 * padding <= rows || padding < SPLIT_MIN / 2, "{rows}: {heights:?}");
        }
        assert_eq!(heights(600_000, |height| height), [1 << 19, 1 << 16, 1 << 14]);
        assert_eq!(heights(100_000, |height| height), [1 << 17]);
    }
}
