//! Reading a STARK proof with a given layout, part for part what [`crate::encode`] writes.

use alloc::vec;
use alloc::vec::Vec;

use p3_batch_stark::proof::OpenedValuesWithLookups;
use p3_batch_stark::{BatchCommitments, BatchOpenedValues};
use p3_field::PrimeCharacteristicRing;
use p3_fri::{BatchMultiOpening, CommitPhaseMultiStep, FriProof};
use p3_lookup::LookupTerminal;
use p3_merkle_tree::PrunedMerklePaths;
use p3_uni_stark::{OpenedValues, PreprocessedOpenedValues};

use crate::config::{CHALLENGE_DEGREE, Challenge, Commitment, StarkProof, Val};
use crate::layout::{Batch, Layout, LayoutError, Part, TableLayout};
use crate::proof::DecodeError;
use crate::reader::{CHALLENGE, DIGEST, ELEMENT, Reader};

/// Reads a STARK proof to its end.
pub(crate) fn read(reader: &mut Reader<'_>, layout: &Layout) -> Result<StarkProof, DecodeError> {
    let instances = layout
        .tables
        .iter()
        .map(|table| opened_table(reader, table))
        .collect::<Result<Vec<_>, _>>()?;
    let totals = reader.challenges(layout.tables.len())?;

    let main = root(reader)?;
    let permutation = Some(root(reader)?);
    let quotient_chunks = root(reader)?;
    let parameters = &layout.parameters;
    let lookup_pow_witness = Some(witness(reader, parameters.lookup_grinding)?);
    let ood_pow_witness = witness(reader, parameters.ood_grinding)?;
    let batch_pow_witness = witness(reader, parameters.batch_grinding)?;
    let mut commit_phase_commits = Vec::with_capacity(layout.rounds);
    let mut commit_pow_witnesses = Vec::with_capacity(layout.rounds);
    for _ in 0..layout.rounds {
        commit_phase_commits.push(root(reader)?);
        commit_pow_witnesses.push(witness(reader, parameters.commit_grinding)?);
    }
    let final_poly = reader.challenges(layout.final_len)?;
    let query_pow_witness = witness(reader, parameters.query_grinding)?;

    let mut input_openings = Vec::new();
    for batch in layout.batches() {
        input_openings.push(BatchMultiOpening {
            opened_values: rows(reader, &batch, parameters.queries)?,
            opening_proof: paths(reader, layout.paths_max(batch.depth))?,
        });
    }
    let mut commit_phase_openings = Vec::with_capacity(layout.rounds);
    for round in 0..layout.rounds {
        commit_phase_openings.push(CommitPhaseMultiStep {
            sibling_values: reader
                .list(parameters.queries, CHALLENGE, |reader| Ok(vec![reader.challenge()?]))?,
            opening_proof: paths(reader, layout.paths_max(layout.folding_depth(round)))?,
        });
    }

    Ok(StarkProof {
        commitments: BatchCommitments { main, permutation, quotient_chunks, random: None },
        opened_values: BatchOpenedValues { instances },
        opening_proof: FriProof {
            batch_pow_witness,
            commit_phase_commits,
            commit_pow_witnesses,
            input_openings,
            commit_phase_openings,
            final_poly,
            query_pow_witness,
        },
        lookup_terminals: totals.into_iter().map(|total| Some(LookupTerminal(total))).collect(),
        degree_bits: layout.tables.iter().map(|table| table.log_height).collect(),
        lookup_pow_witness,
        ood_pow_witness,
    })
}

fn opened_table(
    reader: &mut Reader<'_>,
    layout: &TableLayout,
) -> Result<OpenedValuesWithLookups<Challenge>, DecodeError> {
    let trace_local = reader.challenges(layout.main)?;
    let trace_next = layout.next_row.then(|| reader.challenges(layout.main)).transpose()?;
    let preprocessed = (layout.preprocessed > 0)
        .then(|| reader.challenges(layout.preprocessed))
        .transpose()?
        .map(|local| PreprocessedOpenedValues { local, next: None });
    let quotient_chunks = reader.list(
        layout.quotient_chunks,
        CHALLENGE_DEGREE.saturating_mul(CHALLENGE),
        |reader| reader.challenges(CHALLENGE_DEGREE),
    )?;
    let permutation_local = reader.challenges(layout.interactions)?;
    let permutation_next = reader.challenges(layout.interactions)?;
    Ok(OpenedValuesWithLookups {
        base_opened_values: OpenedValues {
            trace_local,
            trace_next,
            preprocessed,
            quotient_chunks,
            random: None,
        },
        permutation_local,
        permutation_next,
    })
}

/// The rows of all matrices of a commitment, for each query.
fn rows(
    reader: &mut Reader<'_>,
    batch: &Batch,
    queries: usize,
) -> Result<Vec<Vec<Vec<Val>>>, DecodeError> {
    let elements = batch.widths.iter().fold(0_usize, |sum, &width| sum.saturating_add(width));
    reader.list(queries, elements.saturating_mul(ELEMENT), |reader| {
        batch.widths.iter().map(|&width| reader.elements(width)).collect()
    })
}

fn paths(
    reader: &mut Reader<'_>,
    max: usize,
) -> Result<PrunedMerklePaths<u8, DIGEST>, DecodeError> {
    let found = usize::from(reader.u16()?);
    if found > max {
        return Err(LayoutError { part: Part::Paths, expected: max, found }.into());
    }
    Ok(PrunedMerklePaths { sibling_hashes: reader.list(found, DIGEST, Reader::array)? })
}

pub(crate) fn root(reader: &mut Reader<'_>) -> Result<Commitment, DecodeError> {
    Ok(vec![reader.array::<DIGEST>()?].into())
}

fn witness(reader: &mut Reader<'_>, bits: usize) -> Result<Val, DecodeError> {
    if bits > 0 { reader.element() } else { Ok(Val::ZERO) }
}
