//! Writing borders and STARK proofs.
//!
//! No length is written except those of the queries' openings, which depend on which positions
//! coincide: all others follow from what the file says before. [`crate::decode`] reads the same
//! parts in the same order.

use alloc::vec::Vec;

use p3_field::{BasedVectorSpace, PrimeField64};

use crate::config::{Challenge, Val};
use crate::stark::merkle::{Digest, TreeOpening};
use crate::stark::{Border, StarkProof};

/// A section of a proof file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Profile, key, statement, tables, lengths.
    Statement,
    /// Merkle roots and witnesses of proof-of-work.
    Commitments,
    /// Totals, values at the out-of-domain point, the final polynomial.
    Values,
    /// What is said of the layers of permutations.
    Layers,
    /// The queries' rows of all tables.
    TableRows,
    /// The Merkle paths of those.
    TablePaths,
    /// The queries' values of all foldings, with Merkle paths.
    Foldings,
}

impl Section {
    /// Every section.
    pub const ALL: [Self; 7] = [
        Self::Statement,
        Self::Commitments,
        Self::Values,
        Self::Layers,
        Self::TableRows,
        Self::TablePaths,
        Self::Foldings,
    ];
}

/// Where the bytes go.
pub(crate) trait Sink {
    fn bytes(&mut self, section: Section, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn bytes(&mut self, _section: Section, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Counts the bytes of one section.
pub(crate) struct Count {
    pub(crate) section: Section,
    pub(crate) bytes: usize,
}

impl Sink for Count {
    fn bytes(&mut self, section: Section, bytes: &[u8]) {
        if section == self.section {
            self.bytes = self.bytes.saturating_add(bytes.len());
        }
    }
}

/// Writes a border, which has the lengths of its plan.
pub(crate) fn write_border<S: Sink>(border: &Border, sink: &mut S) {
    sink.bytes(Section::Commitments, &border.root);
    for values in &border.values {
        challenges(sink, Section::Values, values);
    }
}

/// Writes `stark`, which has the lengths of its plan.
pub(crate) fn write<S: Sink>(stark: &StarkProof, sink: &mut S) {
    for root in [&stark.main, &stark.interactions, &stark.quotient] {
        sink.bytes(Section::Commitments, root);
    }
    for layers in &stark.layers {
        challenges(sink, Section::Layers, &layers.output);
        for layer in &layers.layers {
            challenges(sink, Section::Layers, &layer.first);
            for round in &layer.rounds {
                challenges(sink, Section::Layers, round);
            }
            challenges(sink, Section::Layers, &layer.values);
        }
    }
    for totals in &stark.totals {
        challenges(sink, Section::Values, &[totals.local, totals.global]);
    }
    for values in stark.opened.values.iter().flatten().chain(&stark.opened.next) {
        challenges(sink, Section::Values, values);
    }
    sink.bytes(Section::Commitments, &stark.witness.to_le_bytes());
    for root in &stark.fri.roots {
        sink.bytes(Section::Commitments, root);
    }
    challenges(sink, Section::Values, &stark.fri.last);
    sink.bytes(Section::Commitments, &stark.fri.witness.to_le_bytes());
    for opening in &stark.queries {
        tree(sink, [Section::TableRows, Section::TablePaths], opening);
    }
    for opening in &stark.fri.openings {
        tree(sink, [Section::Foldings; 2], opening);
    }
}

fn tree<S: Sink>(sink: &mut S, [rows, paths]: [Section; 2], opening: &TreeOpening) {
    sink.bytes(rows, &length(opening.rows.len()));
    for &value in &opening.rows {
        element(sink, rows, value);
    }
    sink.bytes(paths, &length(opening.siblings.len()));
    for digest in &opening.siblings {
        let digest: &Digest = digest;
        sink.bytes(paths, digest);
    }
}

/// A length in four bytes. A longer list is longer than a proof may be, and can't be read back.
pub(crate) fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

fn challenges<S: Sink>(sink: &mut S, section: Section, values: &[Challenge]) {
    for value in values {
        let coefficients: &[Val] = value.as_basis_coefficients_slice();
        for coefficient in coefficients {
            element(sink, section, *coefficient);
        }
    }
}

fn element<S: Sink>(sink: &mut S, section: Section, value: Val) {
    sink.bytes(section, &value.as_canonical_u64().to_le_bytes());
}
