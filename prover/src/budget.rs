//! How large segments are: by the cells that proving them commits.

use lvm_air::table::Table;
use lvm_air::tables::keccak;
use lvm_air::tables::sha256_round;
use lvm_isa::instruction::Class;
use lvm_isa::segment::{Budget, Computation, Costs, Tally};
use lvm_verifier::config::CHALLENGE_DEGREE;
use lvm_verifier::stark::interactions::Demands;

use crate::memory;

/// Cells of a segment where memory allows: about a million cycles. Larger ones take more memory and
/// are not faster.
pub const CELLS_DEFAULT: u64 = 48 << 20;
/// Fewest cells of a segment: with fewer, the lookup tables of fixed height are most of the work.
pub const CELLS_MIN: u64 = 4 << 20;
/// Most cells of a segment, so that no table gets too high.
pub const CELLS_MAX: u64 = 1 << 30;

/// Committed cells of a row of `table`: main columns and interaction columns.
#[must_use]
pub fn row_cells(table: Table) -> u32 {
    (table.width() + CHALLENGE_DEGREE * Demands::of(table).columns()) as u32
}

/// The table of a class of instructions.
#[must_use]
pub const fn table_of(class: Class) -> Table {
    match class {
        Class::AddImmediate => Table::AddImmediate,
        Class::Add => Table::Add,
        Class::AddWord => Table::AddWord,
        Class::Bitwise => Table::Bitwise,
        Class::Compare => Table::Compare,
        Class::BranchEqual => Table::BranchEqual,
        Class::BranchLess => Table::BranchLess,
        Class::Jump => Table::Jump,
        Class::JumpRegister => Table::JumpRegister,
        Class::LoadDouble => Table::LoadDouble,
        Class::LoadNarrow => Table::LoadNarrow,
        Class::StoreDouble => Table::StoreDouble,
        Class::StoreNarrow => Table::StoreNarrow,
        Class::Misaligned => Table::Misaligned,
        Class::Shift => Table::Shift,
        Class::ShiftWord => Table::ShiftWord,
        Class::Multiply => Table::Multiply,
        Class::Divide => Table::Divide,
        Class::Ecall => Table::Ecall,
    }
}

/// Cells of the rows of this kind.
fn computation_cells(kind: Computation) -> u32 {
    match kind {
        Computation::Modular256 => row_cells(Table::Modular256),
        Computation::Modular384 => row_cells(Table::Modular384),
        Computation::Quadratic256 => row_cells(Table::Quadratic256),
        Computation::Quadratic384 => row_cells(Table::Quadratic384),
        Computation::Point => row_cells(Table::Point),
        Computation::PointMemory => row_cells(Table::PointMemory),
        Computation::Sha256 => {
            row_cells(Table::Sha256) + sha256_round::STEPS as u32 * row_cells(Table::Sha256Round)
        }
        Computation::MultiplyX => row_cells(Table::MultiplyX),
        Computation::Ladder => row_cells(Table::Ladder),
    }
}

/// Cuts segments of about `cells` cells, padding not counted.
#[must_use]
pub fn of_cells(cells: u64) -> Budget {
    Budget {
        costs: Costs {
            classes: Class::ALL.map(|class| row_cells(table_of(class))),
            refresh: row_cells(Table::Refresh),
            commit: row_cells(Table::Commit),
            copy: row_cells(Table::Copy),
            keccak: keccak::ROWS as u32 * row_cells(Table::Keccak),
            computations: Computation::ALL.map(computation_cells),
            touched: row_cells(Table::Touched),
        },
        limit: cells.clamp(1, CELLS_MAX),
    }
}

/// Cells of the rows of a segment's events, as its budget counts them.
#[must_use]
pub fn cells(tally: &Tally) -> u64 {
    let Costs { classes, refresh, commit, copy, keccak, computations, touched } =
        of_cells(CELLS_DEFAULT).costs;
    let rows = tally.classes.iter().chain(&tally.computations);
    let of_rows: u64 = rows
        .zip(classes.iter().chain(&computations))
        .map(|(rows, cells)| rows * u64::from(*cells))
        .sum();
    let others = [
        (tally.refreshes, refresh),
        (tally.commits, commit),
        (tally.copies, copy),
        (tally.keccaks, keccak),
        (tally.touched, touched),
    ];
    of_rows + others.into_iter().map(|(rows, cells)| rows * u64::from(cells)).sum::<u64>()
}

/// Cells of a segment that can be proved in `bytes` of memory.
#[must_use]
pub fn cells_for(bytes: u64) -> u64 {
    (bytes.saturating_sub(memory::FIXED) / memory::BYTES_PER_CELL).clamp(CELLS_MIN, CELLS_DEFAULT)
}
