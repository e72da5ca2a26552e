//! Writing a STARK proof, and checking its layout, which is the same walk.
//!
//! No length is written except the number of digests in Merkle paths: all others follow from what
//! the file says before. [`crate::decode`] reads the same parts in the same order.

use alloc::vec::Vec;

use p3_batch_stark::proof::OpenedValuesWithLookups;
use p3_field::{BasedVectorSpace, PrimeCharacteristicRing, PrimeField64};

use crate::config::{CHALLENGE_DEGREE, Challenge, Commitment, StarkProof, Val};
use crate::layout::{Layout, LayoutError, Part, TableLayout, expect};
use crate::reader::DIGEST;

/// A section of a proof file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Profile, key, statement, tables.
    Statement,
    /// Values at the out-of-domain point, and totals.
    OpenedValues,
    /// Merkle roots, the final polynomial and witnesses of proof-of-work.
    Commitments,
    /// The queries' rows of all tables, with Merkle paths.
    TableOpenings,
    /// The queries' values of all foldings, with Merkle paths.
    FoldingOpenings,
}

impl Section {
    /// Every section, in the order of files.
    pub const ALL: [Self; 5] = [
        Self::Statement,
        Self::OpenedValues,
        Self::Commitments,
        Self::TableOpenings,
        Self::FoldingOpenings,
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

/// Nowhere: only the layout is checked.
pub(crate) struct Check;

impl Sink for Check {
    fn bytes(&mut self, _section: Section, _bytes: &[u8]) {}
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

/// An error unless `stark` has the layout.
pub(crate) fn check(stark: &StarkProof, layout: &Layout) -> Result<(), LayoutError> {
    write(stark, layout, &mut Check)
}

/// Writes `stark`, if it has the layout.
pub(crate) fn write<S: Sink>(
    stark: &StarkProof,
    layout: &Layout,
    sink: &mut S,
) -> Result<(), LayoutError> {
    heights(stark, layout)?;
    opened_values(stark, layout, sink)?;
    commitments(stark, layout, sink)?;
    table_openings(stark, layout, sink)?;
    folding_openings(stark, layout, sink)
}

/// The heights are the shape's, and stand there.
fn heights(stark: &StarkProof, layout: &Layout) -> Result<(), LayoutError> {
    expect(Part::Heights, layout.tables.len(), stark.degree_bits.len())?;
    for (table, &found) in layout.tables.iter().zip(&stark.degree_bits) {
        expect(Part::Height(table.table), table.log_height, found)?;
    }
    Ok(())
}

fn opened_values<S: Sink>(
    stark: &StarkProof,
    layout: &Layout,
    sink: &mut S,
) -> Result<(), LayoutError> {
    let instances = &stark.opened_values.instances;
    expect(Part::Tables, layout.tables.len(), instances.len())?;
    expect(Part::Totals, layout.tables.len(), stark.lookup_terminals.len())?;
    for (table, opened) in layout.tables.iter().zip(instances) {
        opened_table(table, opened, sink)?;
    }
    for total in &stark.lookup_terminals {
        let total = total.as_ref().ok_or(LayoutError {
            part: Part::Totals,
            expected: layout.tables.len(),
            found: stark.lookup_terminals.iter().flatten().count(),
        })?;
        challenge(sink, Section::OpenedValues, &total.0);
    }
    Ok(())
}

fn opened_table<S: Sink>(
    layout: &TableLayout,
    opened: &OpenedValuesWithLookups<Challenge>,
    sink: &mut S,
) -> Result<(), LayoutError> {
    let table = layout.table;
    let base = &opened.base_opened_values;
    let row = |sink: &mut S, part: Part, expected: usize, values: &[Challenge]| {
        expect(part, expected, values.len())?;
        challenges(sink, Section::OpenedValues, values);
        Ok(())
    };
    row(sink, Part::Main(table), layout.main, &base.trace_local)?;
    let next = if layout.next_row { layout.main } else { 0 };
    expect(Part::MainNext(table), usize::from(layout.next_row), present(&base.trace_next))?;
    row(sink, Part::MainNext(table), next, base.trace_next.as_deref().unwrap_or(&[]))?;
    let has_preprocessed = usize::from(layout.preprocessed > 0);
    expect(Part::Preprocessed(table), has_preprocessed, present(&base.preprocessed))?;
    let preprocessed = base.preprocessed_local().unwrap_or(&[]);
    row(sink, Part::Preprocessed(table), layout.preprocessed, preprocessed)?;
    expect(Part::PreprocessedNext(table), 0, present(&base.preprocessed_next()))?;
    expect(Part::QuotientChunks(table), layout.quotient_chunks, base.quotient_chunks.len())?;
    for chunk in &base.quotient_chunks {
        row(sink, Part::QuotientChunk(table), CHALLENGE_DEGREE, chunk)?;
    }
    expect(Part::Masks, 0, present(&base.random))?;
    row(sink, Part::Interactions(table), layout.interactions, &opened.permutation_local)?;
    row(sink, Part::InteractionsNext(table), layout.interactions, &opened.permutation_next)
}

fn commitments<S: Sink>(
    stark: &StarkProof,
    layout: &Layout,
    sink: &mut S,
) -> Result<(), LayoutError> {
    let roots = &stark.commitments;
    expect(Part::Masks, 0, present(&roots.random))?;
    root(sink, &roots.main)?;
    let interactions = roots.permutation.as_ref().ok_or(LayoutError {
        part: Part::Digests,
        expected: 1,
        found: 0,
    });
    root(sink, interactions?)?;
    root(sink, &roots.quotient_chunks)?;

    let parameters = &layout.parameters;
    let lookup_witness = stark.lookup_pow_witness.ok_or(LayoutError {
        part: Part::Grinding,
        expected: 1,
        found: 0,
    })?;
    let fri = &stark.opening_proof;
    witness(sink, parameters.lookup_grinding, lookup_witness)?;
    witness(sink, parameters.ood_grinding, stark.ood_pow_witness)?;
    witness(sink, parameters.batch_grinding, fri.batch_pow_witness)?;

    expect(Part::Rounds, layout.rounds, fri.commit_phase_commits.len())?;
    expect(Part::Rounds, layout.rounds, fri.commit_pow_witnesses.len())?;
    for (commitment, &found) in fri.commit_phase_commits.iter().zip(&fri.commit_pow_witnesses) {
        root(sink, commitment)?;
        witness(sink, parameters.commit_grinding, found)?;
    }
    expect(Part::FinalPolynomial, layout.final_len, fri.final_poly.len())?;
    challenges(sink, Section::Commitments, &fri.final_poly);
    witness(sink, parameters.query_grinding, fri.query_pow_witness)
}

fn table_openings<S: Sink>(
    stark: &StarkProof,
    layout: &Layout,
    sink: &mut S,
) -> Result<(), LayoutError> {
    let section = Section::TableOpenings;
    let batches = layout.batches();
    let openings = &stark.opening_proof.input_openings;
    expect(Part::Batches, batches.len(), openings.len())?;
    for (batch, opening) in batches.iter().zip(openings) {
        expect(Part::Queries, layout.parameters.queries, opening.opened_values.len())?;
        for matrices in &opening.opened_values {
            expect(Part::Matrices, batch.widths.len(), matrices.len())?;
            for (&width, row) in batch.widths.iter().zip(matrices) {
                expect(Part::Row, width, row.len())?;
                for value in row {
                    element(sink, section, *value);
                }
            }
        }
        let max = layout.paths_max(batch.depth);
        paths(sink, section, max, &opening.opening_proof.sibling_hashes)?;
    }
    Ok(())
}

fn folding_openings<S: Sink>(
    stark: &StarkProof,
    layout: &Layout,
    sink: &mut S,
) -> Result<(), LayoutError> {
    let section = Section::FoldingOpenings;
    let openings = &stark.opening_proof.commit_phase_openings;
    expect(Part::Rounds, layout.rounds, openings.len())?;
    for (round, opening) in openings.iter().enumerate() {
        expect(Part::Queries, layout.parameters.queries, opening.sibling_values.len())?;
        for siblings in &opening.sibling_values {
            expect(Part::Siblings, 1, siblings.len())?;
            challenges(sink, section, siblings);
        }
        let max = layout.paths_max(layout.folding_depth(round));
        paths(sink, section, max, &opening.opening_proof.sibling_hashes)?;
    }
    Ok(())
}

fn paths<S: Sink>(
    sink: &mut S,
    section: Section,
    max: usize,
    digests: &[[u8; DIGEST]],
) -> Result<(), LayoutError> {
    let found = digests.len();
    let too_many = LayoutError { part: Part::Paths, expected: max, found };
    if found > max {
        return Err(too_many);
    }
    let count = u16::try_from(found).map_err(|_| too_many)?;
    sink.bytes(section, &count.to_le_bytes());
    for digest in digests {
        sink.bytes(section, digest);
    }
    Ok(())
}

fn root<S: Sink>(sink: &mut S, commitment: &Commitment) -> Result<(), LayoutError> {
    let [digest] = commitment.roots() else {
        return Err(LayoutError {
            part: Part::Digests,
            expected: 1,
            found: commitment.num_roots(),
        });
    };
    sink.bytes(Section::Commitments, digest);
    Ok(())
}

/// A witness of `bits` of work; without work there is none in the file, and it is zero.
fn witness<S: Sink>(sink: &mut S, bits: usize, found: Val) -> Result<(), LayoutError> {
    if bits > 0 {
        element(sink, Section::Commitments, found);
        Ok(())
    } else {
        expect(Part::Grinding, 0, usize::from(found != Val::ZERO))
    }
}

fn challenges<S: Sink>(sink: &mut S, section: Section, values: &[Challenge]) {
    for value in values {
        challenge(sink, section, value);
    }
}

fn challenge<S: Sink>(sink: &mut S, section: Section, value: &Challenge) {
    let coefficients: &[Val] = value.as_basis_coefficients_slice();
    for coefficient in coefficients {
        element(sink, section, *coefficient);
    }
}

fn element<S: Sink>(sink: &mut S, section: Section, value: Val) {
    sink.bytes(section, &value.as_canonical_u64().to_le_bytes());
}

fn present<T>(option: &Option<T>) -> usize {
    usize::from(option.is_some())
}
