//! Step 1: the program's preprocessed tables and their commitment.

use lvm_air::table::{LOG_HEIGHT_MAX, Part, Table};
use lvm_isa::program::Program;
use lvm_verifier::VerifyingKey;
use lvm_verifier::key::KeyMaterial;
use lvm_verifier::shape::log_padded;
use lvm_verifier::stark::layout::Layout;
use p3_matrix::Matrix;

use crate::error::SetupError;
use crate::stark::Preprocessed;
use crate::stark::commit::Cells;
use crate::stark::reused::Reused;

/// A program's preprocessed tables.
pub(crate) struct Setup {
    pub(crate) key: VerifyingKey,
    pub(crate) material: KeyMaterial,
    segment: Preprocessed,
    ledger: Preprocessed,
    pub(crate) reused: Reused,
}

impl Setup {
    /// Makes and commits the preprocessed tables. The commitment is the same for every profile:
    /// all have the same blowup.
    pub(crate) fn new(program: &Program) -> Result<Self, SetupError> {
        program.validate()?;
        for (table, rows) in
            [(Table::Program, program.instructions.len()), (Table::Image, program.words.len())]
        {
            if rows > 1 << LOG_HEIGHT_MAX {
                return Err(SetupError::TooLarge { table: table.name(), rows });
            }
        }
        let reused = Reused::default();
        let of = |part: Part| {
            let tables: Vec<Cells> = part
                .preprocessed()
                .iter()
                .filter_map(|table| table.preprocessed(program))
                .collect();
            let layout = Layout::new(
                tables.iter().map(|rows| (rows.height().trailing_zeros() as usize, rows.width())),
            );
            let rows: Vec<Option<&Cells>> = tables.iter().map(Some).collect();
            Preprocessed::new(&reused, &layout, &rows)
        };
        let (segment, ledger) = (of(Part::Segment), of(Part::Ledger));
        let material = KeyMaterial {
            segment: segment.committed.root(),
            ledger: ledger.committed.root(),
            entry: program.entry,
            log_program: log_padded(program.instructions.len()) as u8,
            log_image: log_padded(program.words.len()) as u8,
        };
        Ok(Self { key: material.verifying_key(), material, segment, ledger, reused })
    }

    /// The preprocessed tables of a part.
    pub(crate) const fn preprocessed(&self, part: Part) -> &Preprocessed {
        match part {
            Part::Ledger => &self.ledger,
            Part::Segment => &self.segment,
        }
    }
}
