//! The one layout that a STARK proof can have.
//!
//! Statement, shape and profile fix every length in a proof except one: how many digests the
//! queries' Merkle paths need once the parts they share are left out. [`Layout`] computes all
//! lengths and a bound for that one before a byte of the proof is read, so that decoding never
//! takes a length from the file, and the protocol's verifier is never handed lists that it doesn't
//! expect.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use lvm_air::table::Table;

use crate::config::CHALLENGE_DEGREE;
use crate::profile::Parameters;
use crate::shape::Shape;

/// The lengths in a STARK proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub(crate) parameters: Parameters,
    pub(crate) tables: Vec<TableLayout>,
    /// Foldings of the low-degree test, until [`Self::final_len`] values are left.
    pub(crate) rounds: usize,
    /// Coefficients of the final polynomial.
    pub(crate) final_len: usize,
}

/// The lengths of one table's openings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TableLayout {
    pub(crate) table: Table,
    pub(crate) log_height: usize,
    /// Main columns.
    pub(crate) main: usize,
    /// Whether the main columns are opened at the next row, too.
    pub(crate) next_row: bool,
    /// Preprocessed columns.
    pub(crate) preprocessed: usize,
    /// Parts of the quotient polynomial.
    pub(crate) quotient_chunks: usize,
    /// Base-field columns of the interactions.
    pub(crate) interactions: usize,
}

/// The matrices of one commitment, as every query opens them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// Base-field elements in the row of each matrix.
    pub(crate) widths: Vec<usize>,
    /// Digests in an unshared Merkle path.
    pub(crate) depth: usize,
}

/// A part of a STARK proof whose length is fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Tables with openings.
    Tables,
    /// Tables with totals.
    Totals,
    /// Tables with heights.
    Heights,
    /// Log2 of a table's height.
    Height(Table),
    /// Digests in a commitment.
    Digests,
    /// A table's main columns.
    Main(Table),
    /// A table's main columns at the next row.
    MainNext(Table),
    /// A table's preprocessed columns.
    Preprocessed(Table),
    /// A table's preprocessed columns at the next row.
    PreprocessedNext(Table),
    /// A table's quotient chunks.
    QuotientChunks(Table),
    /// Values of one of a table's quotient chunks.
    QuotientChunk(Table),
    /// A table's interaction columns.
    Interactions(Table),
    /// A table's interaction columns at the next row.
    InteractionsNext(Table),
    /// Masks of a zero-knowledge proof.
    Masks,
    /// Commitments that queries open.
    Batches,
    /// Queries.
    Queries,
    /// Matrices in a commitment.
    Matrices,
    /// Values in an opened row.
    Row,
    /// Digests in the Merkle paths of all queries.
    Paths,
    /// Foldings.
    Rounds,
    /// Siblings of a folded value.
    Siblings,
    /// Coefficients of the final polynomial.
    FinalPolynomial,
    /// Witnesses of proof-of-work where there is none.
    Grinding,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, table) = match *self {
            Self::Tables => ("tables with openings", None),
            Self::Totals => ("tables with totals", None),
            Self::Heights => ("tables with heights", None),
            Self::Height(table) => ("log2 of the height", Some(table)),
            Self::Digests => ("digests in a commitment", None),
            Self::Main(table) => ("main columns", Some(table)),
            Self::MainNext(table) => ("main columns at the next row", Some(table)),
            Self::Preprocessed(table) => ("preprocessed columns", Some(table)),
            Self::PreprocessedNext(table) => ("preprocessed columns at the next row", Some(table)),
            Self::QuotientChunks(table) => ("quotient chunks", Some(table)),
            Self::QuotientChunk(table) => ("values in a quotient chunk", Some(table)),
            Self::Interactions(table) => ("interaction columns", Some(table)),
            Self::InteractionsNext(table) => ("interaction columns at the next row", Some(table)),
            Self::Masks => ("masks", None),
            Self::Batches => ("opened commitments", None),
            Self::Queries => ("queries", None),
            Self::Matrices => ("matrices in a commitment", None),
            Self::Row => ("values in an opened row", None),
            Self::Paths => ("digests in Merkle paths", None),
            Self::Rounds => ("foldings", None),
            Self::Siblings => ("siblings of a folded value", None),
            Self::FinalPolynomial => ("coefficients of the final polynomial", None),
            Self::Grinding => ("witnesses of work that isn't asked for", None),
        };
        f.write_str(text)?;
        table.map_or(Ok(()), |table| write!(f, " of table {}", table.name()))
    }
}

/// A STARK proof that isn't laid out as its shape wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the number of {part} is {found}, expected {expected}{}", if *.part == Part::Paths { " at most" } else { "" })]
pub struct LayoutError {
    /// What has another length.
    pub part: Part,
    /// The length that it should have; for [`Part::Paths`], the most that it can have.
    pub expected: usize,
    /// The length that it has.
    pub found: usize,
}

/// An error unless `found` is `expected`.
pub(crate) fn expect(part: Part, expected: usize, found: usize) -> Result<(), LayoutError> {
    if found == expected { Ok(()) } else { Err(LayoutError { part, expected, found }) }
}

impl Layout {
    /// The layout for a shape.
    #[must_use]
    pub fn new(parameters: Parameters, shape: &Shape) -> Self {
        let tables: Vec<_> = shape
            .tables()
            .iter()
            .map(|&(table, log_height)| {
                let (extension_columns, quotient_chunks) = extension(table);
                TableLayout {
                    table,
                    log_height,
                    main: table.width(),
                    next_row: table.reads_next_row(),
                    preprocessed: table.preprocessed_width(),
                    quotient_chunks,
                    interactions: extension_columns.saturating_mul(CHALLENGE_DEGREE),
                }
            })
            .collect();
        let log_height = highest(&tables);
        Self {
            parameters,
            tables,
            rounds: log_height.saturating_sub(parameters.log_final_len),
            final_len: power_of_two(parameters.log_final_len),
        }
    }

    /// What every query opens of the tables, in the order of the proof: main columns, quotient
    /// chunks, preprocessed columns, interaction columns.
    pub(crate) fn batches(&self) -> [Batch; 4] {
        let all = |widths: Vec<usize>| Batch { widths, depth: self.depth(highest(&self.tables)) };
        let preprocessed: Vec<TableLayout> =
            self.tables.iter().copied().filter(|table| table.preprocessed > 0).collect();
        [
            all(self.tables.iter().map(|table| table.main).collect()),
            all(vec![
                CHALLENGE_DEGREE;
                self.tables.iter().map(|table| table.quotient_chunks).sum()
            ]),
            Batch {
                widths: preprocessed.iter().map(|table| table.preprocessed).collect(),
                depth: self.depth(highest(&preprocessed)),
            },
            all(self.tables.iter().map(|table| table.interactions).collect()),
        ]
    }

    /// Digests in an unshared Merkle path in the tree of a folding.
    pub(crate) fn folding_depth(&self, round: usize) -> usize {
        // The first folding pairs the values of the largest domain.
        self.depth(highest(&self.tables)).saturating_sub(round.saturating_add(1))
    }

    /// Most digests that the Merkle paths of all queries can need.
    pub(crate) fn paths_max(&self, depth: usize) -> usize {
        self.parameters.queries.saturating_mul(depth)
    }

    fn depth(&self, log_height: usize) -> usize {
        log_height.saturating_add(self.parameters.log_blowup)
    }
}

/// Columns of challenges and quotient chunks of a table.
///
/// Both follow from its constraints, but evaluating them takes as long as the rest of decoding; a
/// test compares.
const fn extension(table: Table) -> (usize, usize) {
    match table {
        Table::Program | Table::ShiftAmount | Table::Output => (2, 1),
        Table::Range | Table::Byte => (3, 1),
        Table::Refresh => (3, 2),
        Table::Image | Table::Memory | Table::KeccakMemory => (4, 2),
        Table::Jump => (5, 2),
        Table::Boundary | Table::BranchEqual => (6, 2),
        Table::JumpRegister => (7, 2),
        Table::PrivateInput | Table::AddImmediate | Table::BranchLess => (8, 2),
        Table::AddWord | Table::LoadDouble | Table::StoreDouble => (9, 2),
        Table::Add | Table::Compare | Table::Commit => (10, 2),
        Table::LoadNarrow | Table::StoreNarrow => (11, 2),
        Table::Bitwise | Table::ShiftWord => (12, 2),
        Table::Shift => (14, 2),
        Table::Keccak => (15, 2),
        Table::Multiply | Table::Ecall => (16, 2),
        Table::Misaligned => (18, 2),
        Table::Divide => (23, 2),
    }
}

fn highest(tables: &[TableLayout]) -> usize {
    tables.iter().map(|table| table.log_height).max().unwrap_or(0)
}

/// `2^log`, or 0 where that doesn't fit, which no profile has.
fn power_of_two(log: usize) -> usize {
    u32::try_from(log).ok().and_then(|log| 1_usize.checked_shl(log)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use lvm_air::table::TableAir;
    use lvm_air::tables::boundary::BoundaryStatement;
    use lvm_air::tables::output;
    use p3_batch_stark::symbolic::get_log_num_quotient_chunks;
    use p3_lookup::LogUpGadget;
    use p3_uni_stark::AirLayout;

    use super::*;
    use crate::config::{Challenge, Val};
    use crate::shape::TableConstraints;

    #[test]
    fn what_is_written_down_of_tables_is_what_their_constraints_say() {
        for table in Table::ALL {
            let columns = if table == Table::Output { output::columns_of(&[], 16) } else { vec![] };
            let air = TableAir {
                table,
                statement: BoundaryStatement::default(),
                output: columns.into(),
                preprocessed: None,
            };
            let constraints = TableConstraints::of(&air);
            let layout = AirLayout {
                preprocessed_width: table.preprocessed_width(),
                main_width: table.width(),
                num_periodic_columns: air.output.len(),
                ..AirLayout::default()
            };
            let log_chunks = get_log_num_quotient_chunks::<Val, Challenge, _, _>(
                &air,
                layout,
                16,
                &constraints.interactions,
                0,
                &LogUpGadget::new(),
            );
            let found = (constraints.extension_columns(), 1 << log_chunks);
            assert_eq!(extension(table), found, "table {}", table.name());
        }
    }
}
