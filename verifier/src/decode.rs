//! Reading borders and STARK proofs, piece for piece what [`crate::encode`] writes.

use alloc::vec::Vec;

use lvm_air::keccak_f::{BITS, LANES};
use lvm_air::tables::keccak::LOG_ROWS;

use crate::profile::Parameters;
use crate::proof::DecodeError;
use crate::reader::{CHALLENGE, DIGEST, Reader};
use crate::stark::fri::{self, FriProof};
use crate::stark::keccak_layers::{Layer, LayerProof, LayersProof};
use crate::stark::merkle::TreeOpening;
use crate::stark::{Border, Opened, Plan, StarkProof, Totals, Tree, next_width};

/// Reads the border of a plan.
pub(crate) fn read_border(reader: &mut Reader<'_>, plan: &Plan) -> Result<Border, DecodeError> {
    let root = reader.array()?;
    let groups = plan.layout(Tree::Border).groups.iter();
    let values = groups.map(|group| reader.challenges(group.width)).collect::<Result<_, _>>()?;
    Ok(Border { root, values })
}

/// Reads the STARK proof of a plan.
pub(crate) fn read(
    reader: &mut Reader<'_>,
    parameters: &Parameters,
    plan: &Plan,
) -> Result<StarkProof, DecodeError> {
    let main = reader.array()?;
    let interactions = reader.array()?;
    let quotient = reader.array()?;
    let layers = plan
        .with_layers()
        .map(|(_, log)| layers(reader, log.saturating_sub(LOG_ROWS)))
        .collect::<Result<_, _>>()?;
    let totals = reader.list(plan.log_heights.len(), 2 * CHALLENGE, |reader| {
        Ok(Totals { local: reader.challenge()?, global: reader.challenge()? })
    })?;
    let mut values = [const { Vec::new() }; Tree::ALL.len()];
    for (tree, values) in Tree::ALL.into_iter().zip(&mut values) {
        for group in &plan.layout(tree).groups {
            values.push(reader.challenges(group.width)?);
        }
    }
    let next = plan
        .with_next_row()
        .map(|(_, table, _)| reader.challenges(next_width(table)))
        .collect::<Result<_, _>>()?;
    let witness = reader.u64()?;
    let rounds = fri::rounds(&plan.log_sizes(), parameters.log_final_len);
    let roots = reader.list(rounds.len(), DIGEST, Reader::array)?;
    let last = reader.challenges(fri::last_length(parameters.log_final_len))?;
    let query_witness = reader.u64()?;
    let mut queries = [const { TreeOpening::EMPTY }; Tree::ALL.len()];
    for opening in &mut queries {
        *opening = tree(reader)?;
    }
    let openings = rounds.iter().map(|_| tree(reader)).collect::<Result<_, _>>()?;
    Ok(StarkProof {
        main,
        layers,
        interactions,
        totals,
        quotient,
        opened: Opened { values, next },
        witness,
        fri: FriProof { roots, last, witness: query_witness, openings },
        queries,
    })
}

fn layers(reader: &mut Reader<'_>, log_permutations: usize) -> Result<LayersProof, DecodeError> {
    let output = reader.challenges(LANES)?;
    let mut layers = Vec::new();
    for (_, layer) in Layer::all() {
        let first = reader.challenges(BITS.saturating_mul(layer.chunks()))?;
        let round = |_| reader.challenges(layer.degree().saturating_add(1));
        let rounds = (0..log_permutations).map(round).collect::<Result<_, _>>()?;
        layers.push(LayerProof { first, rounds, values: reader.challenges(layer.inputs())? });
    }
    Ok(LayersProof { output, layers })
}

fn tree(reader: &mut Reader<'_>) -> Result<TreeOpening, DecodeError> {
    let rows = reader.length()?;
    let rows = reader.elements(rows)?;
    let siblings = reader.length()?;
    let siblings = reader.list(siblings, DIGEST, Reader::array)?;
    Ok(TreeOpening { rows, siblings })
}
