//! The list of all tables, and what a proof protocol needs to know of each.
//!
//! A run is proved in parts ([`Part`]): its ledger and its segments. [`Table`] names the tables of
//! both. The order of [`Table::ALL`] is the order in proofs: tables with preprocessed columns
//! first, which every proof of their part has, then the others, which a proof has only if they have
//! rows, and several times if that saves padding. Leaving a table out is no freedom for a prover:
//! its rows are missed on the buses.

use alloc::vec::Vec;

use lvm_isa::program::Program;
use lvm_isa::segment::Statement;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;
use p3_matrix::dense::RowMajorMatrix;

use crate::builder::TableBuilder;
use crate::columns::{Column, Columns};
use crate::tables;

pub use self::limits::{
    ACCESSES_MAX, ACCESSES_MAX_OF_COMPUTATIONS, LOG_HEIGHT_MAX, LOG_HEIGHT_MAX_OF_COMPUTATIONS,
    LOG_HEIGHT_MIN,
};
pub use self::periodic::{PERIOD, Periodic};

mod limits;
mod periodic;

/// What has a proof of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The cells of a run before it and after it.
    Ledger,
    /// A segment of the run.
    Segment,
}

impl Part {
    /// The part's tables with preprocessed columns, the first of its tables in the order of
    /// proofs. Every proof has each of them once.
    #[must_use]
    pub const fn preprocessed(self) -> &'static [Table] {
        match self {
            Self::Ledger => &[Table::Range, Table::Image, Table::Ledger],
            Self::Segment => {
                &[Table::Program, Table::Range, Table::Byte, Table::ShiftAmount, Table::Boundary]
            }
        }
    }

    /// The part's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Segment => "segment",
        }
    }
}

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Table {
    Program,
    Range,
    Byte,
    ShiftAmount,
    Boundary,
    Image,
    Ledger,
    Touched,
    Memory,
    PrivateInput,
    Refresh,
    AddImmediate,
    Add,
    AddWord,
    Bitwise,
    Compare,
    BranchEqual,
    BranchLess,
    Jump,
    JumpRegister,
    LoadDouble,
    LoadNarrow,
    StoreDouble,
    StoreNarrow,
    Misaligned,
    Shift,
    ShiftWord,
    Multiply,
    Divide,
    Ecall,
    Commit,
    Copy,
    Keccak,
    /// `modular` calls on 256 bits.
    Modular256,
    /// `modular` calls on 384 bits.
    Modular384,
    /// `quadratic` calls over BN254's field.
    Quadratic256,
    /// `quadratic` calls over BLS12-381's field.
    Quadratic384,
    /// Sums and doubles of points.
    Point,
    /// Memory accesses of `curve` calls.
    PointMemory,
    /// `sha256` calls.
    Sha256,
    /// Their rounds, eight a row.
    Sha256Round,
    /// `multiply_x` calls.
    MultiplyX,
    /// Their steps.
    Ladder,
}

/// Applies a macro to a table's module and row type, for the tables whose rows are structs.
macro_rules! with_row {
    ($table:expr, $row:ident => $body:expr) => {
        match $table {
            Table::Program => {
                type $row<T> = tables::program::ProgramRow<T>;
                $body
            }
            Table::Image => {
                type $row<T> = tables::image::ImageRow<T>;
                $body
            }
            Table::Range => {
                type $row<T> = tables::range::RangeRow<T>;
                $body
            }
            Table::Byte => {
                type $row<T> = tables::byte::ByteRow<T>;
                $body
            }
            Table::ShiftAmount => {
                type $row<T> = tables::shift_amount::ShiftAmountRow<T>;
                $body
            }
            Table::Boundary => {
                type $row<T> = tables::boundary::BoundaryRow<T>;
                $body
            }
            Table::Ledger => {
                type $row<T> = tables::ledger::LedgerRow<T>;
                $body
            }
            Table::Touched => {
                type $row<T> = tables::touched::TouchedRow<T>;
                $body
            }
            Table::Memory => {
                type $row<T> = tables::memory::MemoryRow<T>;
                $body
            }
            Table::PrivateInput => {
                type $row<T> = tables::private_input::PrivateInputRow<T>;
                $body
            }
            Table::Refresh => {
                type $row<T> = tables::refresh::RefreshRow<T>;
                $body
            }
            Table::AddImmediate => {
                type $row<T> = tables::add_immediate::AddImmediateRow<T>;
                $body
            }
            Table::Add => {
                type $row<T> = tables::add::AddRow<T>;
                $body
            }
            Table::AddWord => {
                type $row<T> = tables::add_word::AddWordRow<T>;
                $body
            }
            Table::Bitwise => {
                type $row<T> = tables::bitwise::BitwiseRow<T>;
                $body
            }
            Table::Compare => {
                type $row<T> = tables::compare::CompareRow<T>;
                $body
            }
            Table::BranchEqual => {
                type $row<T> = tables::branch_equal::BranchEqualRow<T>;
                $body
            }
            Table::BranchLess => {
                type $row<T> = tables::branch_less::BranchLessRow<T>;
                $body
            }
            Table::Jump => {
                type $row<T> = tables::jump::JumpRow<T>;
                $body
            }
            Table::JumpRegister => {
                type $row<T> = tables::jump_register::JumpRegisterRow<T>;
                $body
            }
            Table::LoadDouble => {
                type $row<T> = tables::load_double::LoadDoubleRow<T>;
                $body
            }
            Table::LoadNarrow => {
                type $row<T> = tables::load_narrow::LoadNarrowRow<T>;
                $body
            }
            Table::StoreDouble => {
                type $row<T> = tables::store_double::StoreDoubleRow<T>;
                $body
            }
            Table::StoreNarrow => {
                type $row<T> = tables::store_narrow::StoreNarrowRow<T>;
                $body
            }
            Table::Misaligned => {
                type $row<T> = tables::misaligned::MisalignedRow<T>;
                $body
            }
            Table::Shift => {
                type $row<T> = tables::shift::ShiftRow<T>;
                $body
            }
            Table::ShiftWord => {
                type $row<T> = tables::shift_word::ShiftWordRow<T>;
                $body
            }
            Table::Multiply => {
                type $row<T> = tables::multiply::MultiplyRow<T>;
                $body
            }
            Table::Divide => {
                type $row<T> = tables::divide::DivideRow<T>;
                $body
            }
            Table::Ecall => {
                type $row<T> = tables::ecall::EcallRow<T>;
                $body
            }
            Table::Commit => {
                type $row<T> = tables::commit::CommitRow<T>;
                $body
            }
            Table::Copy => {
                type $row<T> = tables::copy::CopyRow<T>;
                $body
            }
            Table::Modular256 => {
                type $row<T> = tables::modular::Modular256Row<T>;
                $body
            }
            Table::Modular384 => {
                type $row<T> = tables::modular::Modular384Row<T>;
                $body
            }
            Table::Quadratic256 => {
                type $row<T> = tables::quadratic::Quadratic256Row<T>;
                $body
            }
            Table::Quadratic384 => {
                type $row<T> = tables::quadratic::Quadratic384Row<T>;
                $body
            }
            Table::Point => {
                type $row<T> = tables::point::PointRow<T>;
                $body
            }
            Table::PointMemory => {
                type $row<T> = tables::point_memory::PointMemoryRow<T>;
                $body
            }
            Table::MultiplyX => {
                type $row<T> = tables::multiply_x::MultiplyXRow<T>;
                $body
            }
            Table::Ladder => {
                type $row<T> = tables::ladder::LadderRow<T>;
                $body
            }
            Table::Keccak => {
                type $row<T> = tables::keccak::KeccakRow<T>;
                $body
            }
            Table::Sha256 => {
                type $row<T> = tables::sha256::Sha256Row<T>;
                $body
            }
            Table::Sha256Round => {
                type $row<T> = tables::sha256_round::Sha256RoundRow<T>;
                $body
            }
        }
    };
}

impl Table {
    /// Every table, in the order of proofs.
    pub const ALL: [Self; 43] = [
        Self::Program,
        Self::Range,
        Self::Byte,
        Self::ShiftAmount,
        Self::Boundary,
        Self::Image,
        Self::Ledger,
        Self::Touched,
        Self::Memory,
        Self::PrivateInput,
        Self::Refresh,
        Self::AddImmediate,
        Self::Add,
        Self::AddWord,
        Self::Bitwise,
        Self::Compare,
        Self::BranchEqual,
        Self::BranchLess,
        Self::Jump,
        Self::JumpRegister,
        Self::LoadDouble,
        Self::LoadNarrow,
        Self::StoreDouble,
        Self::StoreNarrow,
        Self::Misaligned,
        Self::Shift,
        Self::ShiftWord,
        Self::Multiply,
        Self::Divide,
        Self::Ecall,
        Self::Commit,
        Self::Copy,
        Self::Keccak,
        Self::Modular256,
        Self::Modular384,
        Self::Quadratic256,
        Self::Quadratic384,
        Self::Point,
        Self::PointMemory,
        Self::Sha256,
        Self::Sha256Round,
        Self::MultiplyX,
        Self::Ladder,
    ];

    /// Log2 of the table's largest height, and of the sum of its heights if a proof has it several
    /// times.
    #[must_use]
    pub const fn log_height_max(self) -> usize {
        match self {
            Self::Modular256
            | Self::Modular384
            | Self::Quadratic256
            | Self::Quadratic384
            | Self::PointMemory
            | Self::Sha256
            | Self::MultiplyX => LOG_HEIGHT_MAX_OF_COMPUTATIONS,
            _ => LOG_HEIGHT_MAX,
        }
    }

    /// The part of a run whose proof has the table; both have `range`.
    #[must_use]
    pub const fn is_of(self, part: Part) -> bool {
        match self {
            Self::Range => true,
            Self::Image | Self::Ledger | Self::Memory | Self::PrivateInput => {
                matches!(part, Part::Ledger)
            }
            _ => matches!(part, Part::Segment),
        }
    }

    /// Whether the table says what its part takes from the others and leaves to them. Its main
    /// columns are committed before all others, and those of all parts before the challenges of
    /// the bus that they share.
    #[must_use]
    pub const fn is_border(self) -> bool {
        matches!(
            self,
            Self::Boundary
                | Self::Touched
                | Self::Image
                | Self::Ledger
                | Self::Memory
                | Self::PrivateInput
        )
    }

    /// The table's name: that of its file and of its generated description.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Image => "image",
            Self::Range => "range",
            Self::Byte => "byte",
            Self::ShiftAmount => "shift_amount",
            Self::Boundary => "boundary",
            Self::Ledger => "ledger",
            Self::Touched => "touched",
            Self::Memory => "memory",
            Self::PrivateInput => "private_input",
            Self::Refresh => "refresh",
            Self::AddImmediate => "add_immediate",
            Self::Add => "add",
            Self::AddWord => "add_word",
            Self::Bitwise => "bitwise",
            Self::Compare => "compare",
            Self::BranchEqual => "branch_equal",
            Self::BranchLess => "branch_less",
            Self::Jump => "jump",
            Self::JumpRegister => "jump_register",
            Self::LoadDouble => "load_double",
            Self::LoadNarrow => "load_narrow",
            Self::StoreDouble => "store_double",
            Self::StoreNarrow => "store_narrow",
            Self::Misaligned => "misaligned",
            Self::Shift => "shift",
            Self::ShiftWord => "shift_word",
            Self::Multiply => "multiply",
            Self::Divide => "divide",
            Self::Ecall => "ecall",
            Self::Commit => "commit",
            Self::Copy => "copy",
            Self::Keccak => "keccak",
            Self::Modular256 => "modular_256",
            Self::Modular384 => "modular_384",
            Self::Quadratic256 => "quadratic_256",
            Self::Quadratic384 => "quadratic_384",
            Self::Point => "point",
            Self::PointMemory => "point_memory",
            Self::Sha256 => "sha256",
            Self::Sha256Round => "sha256_round",
            Self::MultiplyX => "multiply_x",
            Self::Ladder => "ladder",
        }
    }

    /// The table with number `id`, its position in [`Self::ALL`].
    #[must_use]
    pub fn from_id(id: u8) -> Option<Self> {
        Self::ALL.get(usize::from(id)).copied()
    }

    /// The table's number: its position in [`Self::ALL`].
    #[must_use]
    pub const fn id(self) -> u8 {
        self as u8
    }

    /// Committed main columns.
    #[must_use]
    pub fn width(self) -> usize {
        with_row!(self, Row => <Row<Goldilocks> as Columns<Goldilocks>>::WIDTH)
    }

    /// Preprocessed columns; 0 for most tables.
    #[must_use]
    pub fn preprocessed_width(self) -> usize {
        use tables::{boundary, byte, image, ledger, program, range, shift_amount};
        fn width<R: Columns<Goldilocks>>() -> usize {
            R::WIDTH
        }
        match self {
            Self::Program => width::<program::ProgramEntry<Goldilocks>>(),
            Self::Image => width::<image::ImageEntry<Goldilocks>>(),
            Self::Range => width::<range::RangeEntry<Goldilocks>>(),
            Self::Byte => width::<byte::ByteEntry<Goldilocks>>(),
            Self::ShiftAmount => width::<shift_amount::ShiftAmountEntry<Goldilocks>>(),
            Self::Boundary => width::<boundary::BoundaryEntry<Goldilocks>>(),
            Self::Ledger => width::<ledger::LedgerEntry<Goldilocks>>(),
            _ => 0,
        }
    }

    /// Names and meanings of the main columns.
    #[must_use]
    pub fn columns(self) -> Vec<Column> {
        let mut columns = Vec::new();
        with_row!(
            self,
            Row => <Row<Goldilocks> as Columns<Goldilocks>>::describe("", "", &mut columns)
        );
        columns
    }

    /// Names and meanings of the preprocessed columns.
    #[must_use]
    pub fn preprocessed_columns(self) -> Vec<Column> {
        use tables::{boundary, byte, image, ledger, program, range, shift_amount};
        fn describe<R: Columns<Goldilocks>>() -> Vec<Column> {
            let mut columns = Vec::new();
            R::describe("", "", &mut columns);
            columns
        }
        match self {
            Self::Program => describe::<program::ProgramEntry<Goldilocks>>(),
            Self::Image => describe::<image::ImageEntry<Goldilocks>>(),
            Self::Range => describe::<range::RangeEntry<Goldilocks>>(),
            Self::Byte => describe::<byte::ByteEntry<Goldilocks>>(),
            Self::ShiftAmount => describe::<shift_amount::ShiftAmountEntry<Goldilocks>>(),
            Self::Boundary => describe::<boundary::BoundaryEntry<Goldilocks>>(),
            Self::Ledger => describe::<ledger::LedgerEntry<Goldilocks>>(),
            _ => Vec::new(),
        }
    }

    /// The table's preprocessed rows for `program`, padded; `None` if it has none.
    #[must_use]
    pub fn preprocessed(self, program: &Program) -> Option<RowMajorMatrix<Goldilocks>> {
        use tables::{boundary, byte, image, ledger, program, range, shift_amount};
        Some(match self {
            Self::Program => matrix(&program::entries(program)),
            Self::Image => matrix(&image::entries(program)),
            Self::Range => matrix(&range::entries()),
            Self::Byte => matrix(&byte::entries()),
            Self::ShiftAmount => matrix(&shift_amount::entries()),
            Self::Boundary => matrix(&boundary::entries()),
            Self::Ledger => matrix(&ledger::entries()),
            _ => return None,
        })
    }

    /// Constraints and messages of a row.
    pub fn eval<AB: TableBuilder>(self, statement: &Statement, builder: &mut AB) {
        match self {
            Self::Program => tables::program::eval(builder),
            Self::Image => tables::image::eval(builder),
            Self::Range => tables::range::eval(builder),
            Self::Byte => tables::byte::eval(builder),
            Self::ShiftAmount => tables::shift_amount::eval(builder),
            Self::Boundary => tables::boundary::eval(statement, builder),
            Self::Ledger => tables::ledger::eval(builder),
            Self::Touched => tables::touched::eval(statement, builder),
            Self::Memory => tables::memory::eval(builder),
            Self::PrivateInput => tables::private_input::eval(builder),
            Self::Refresh => tables::refresh::eval(builder),
            Self::AddImmediate => tables::add_immediate::eval(builder),
            Self::Add => tables::add::eval(builder),
            Self::AddWord => tables::add_word::eval(builder),
            Self::Bitwise => tables::bitwise::eval(builder),
            Self::Compare => tables::compare::eval(builder),
            Self::BranchEqual => tables::branch_equal::eval(builder),
            Self::BranchLess => tables::branch_less::eval(builder),
            Self::Jump => tables::jump::eval(builder),
            Self::JumpRegister => tables::jump_register::eval(builder),
            Self::LoadDouble => tables::load_double::eval(builder),
            Self::LoadNarrow => tables::load_narrow::eval(builder),
            Self::StoreDouble => tables::store_double::eval(builder),
            Self::StoreNarrow => tables::store_narrow::eval(builder),
            Self::Misaligned => tables::misaligned::eval(builder),
            Self::Shift => tables::shift::eval(builder),
            Self::ShiftWord => tables::shift_word::eval(builder),
            Self::Multiply => tables::multiply::eval(builder),
            Self::Divide => tables::divide::eval(builder),
            Self::Ecall => tables::ecall::eval(builder),
            Self::Commit => tables::commit::eval(builder),
            Self::Copy => tables::copy::eval(builder),
            Self::Keccak => tables::keccak::eval(builder),
            Self::Modular256 => tables::modular::eval::<AB, 4, 8, 15>(builder),
            Self::Modular384 => tables::modular::eval::<AB, 6, 12, 23>(builder),
            Self::Quadratic256 => tables::quadratic::eval::<AB, 8, 15>(builder),
            Self::Quadratic384 => tables::quadratic::eval::<AB, 12, 23>(builder),
            Self::Point => tables::point::eval(builder),
            Self::PointMemory => tables::point_memory::eval(builder),
            Self::Sha256 => tables::sha256::eval(builder),
            Self::Sha256Round => tables::sha256_round::eval(builder),
            Self::MultiplyX => tables::multiply_x::eval(builder),
            Self::Ladder => tables::ladder::eval(builder),
        }
    }
}

/// The height that holds `rows` rows.
#[must_use]
pub const fn padded_height(rows: usize) -> usize {
    let height = rows.next_power_of_two();
    if height < 1 << LOG_HEIGHT_MIN { 1 << LOG_HEIGHT_MIN } else { height }
}

/// Rows as a matrix, padded with zeros.
#[must_use]
pub fn matrix<R: Columns<Goldilocks>>(rows: &[R]) -> RowMajorMatrix<Goldilocks> {
    let mut cells = Goldilocks::zero_vec(padded_height(rows.len()) * R::WIDTH);
    for (row, cells) in rows.iter().zip(cells.chunks_mut(R::WIDTH)) {
        row.write(&mut cells.iter_mut());
    }
    RowMajorMatrix::new(cells, R::WIDTH)
}

#[cfg(test)]
mod tests {
    use super::limits::LOG_MESSAGES_MAX;
    use super::*;
    use crate::degree::Degrees;

    /// Else columns that are committed after the challenges of a global bus would be on it.
    #[test]
    fn only_border_tables_are_on_global_buses() {
        for table in Table::ALL {
            let messages = Degrees::of(table).messages;
            let is_on_one = messages.iter().any(|message| message.bus.is_global());
            assert_eq!(is_on_one, table.is_border(), "{}", table.name());
        }
    }

    #[test]
    fn rows_have_few_messages() {
        for table in Table::ALL {
            let messages = Degrees::of(table).messages.len();
            assert!(messages < 1 << LOG_MESSAGES_MAX, "{}: {messages}", table.name());
        }
    }

    #[test]
    fn accesses_with_wide_gaps_are_counted() {
        let tables = Table::ALL.into_iter().filter(|table| table.is_of(Part::Segment));
        let mut counted = [(LOG_HEIGHT_MAX, 0), (LOG_HEIGHT_MAX_OF_COMPUTATIONS, 0)];
        for table in tables {
            let columns = table.columns();
            let gaps = columns.iter().filter(|column| column.name.ends_with("gap.low")).count();
            for (log, count) in &mut counted {
                *count += if *log == table.log_height_max() { gaps as u128 } else { 0 };
            }
        }
        assert_eq!(counted.map(|(_, count)| count), [ACCESSES_MAX, ACCESSES_MAX_OF_COMPUTATIONS]);
    }

    #[test]
    fn no_constraint_is_left_out() {
        assert!(Degrees::of(Table::Keccak).constraints.len() > 128);
    }
}
