//! Reading borders and STARK proofs, piece for piece what [`crate::encode`] writes.

use alloc::vec::Vec;

use crate::profile::Parameters;
use crate::proof::DecodeError;
use crate::reader::{CHALLENGE, DIGEST, Reader};
use crate::stark::fri::{self, FriProof};
use crate::stark::merkle::TreeOpening;
use crate::stark::{Border, Opened, Plan, StarkProof, Totals, Tree};

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
        .map(|(_, table, _)| reader.challenges(table.width()))
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
        interactions,
        totals,
        quotient,
        opened: Opened { values, next },
        witness,
        fri: FriProof { roots, last, witness: query_witness, openings },
        queries,
    })
}

fn tree(reader: &mut Reader<'_>) -> Result<TreeOpening, DecodeError> {
    let rows = reader.length()?;
    let rows = reader.elements(rows)?;
    let siblings = reader.length()?;
    let siblings = reader.list(siblings, DIGEST, Reader::array)?;
    Ok(TreeOpening { rows, siblings })
}
