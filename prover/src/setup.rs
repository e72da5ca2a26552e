//! Step 1: the program's preprocessed tables and their commitment.

use std::sync::Arc;

use lvm_air::table::{LOG_HEIGHT_MAX, Table};
use lvm_isa::program::Program;
use lvm_verifier::config::{Challenge, Challenger, Config, Pcs, Val, config};
use lvm_verifier::key::KeyMaterial;
use lvm_verifier::shape::log_padded;
use lvm_verifier::{Profile, VerifyingKey};
use p3_commit::UnivariateStarkPcs;
use p3_matrix::Matrix;
use p3_matrix::dense::RowMajorMatrix;
use p3_uni_stark::StarkGenericConfig;

use crate::error::SetupError;

/// The committed columns' low-degree extensions and their Merkle tree.
pub(crate) type Committed = <Pcs as p3_commit::Pcs<Challenge, Challenger>>::ProverData;

/// A program's preprocessed tables.
pub(crate) struct Setup {
    pub(crate) key: VerifyingKey,
    pub(crate) material: KeyMaterial,
    pub(crate) tables: Vec<(Table, Arc<RowMajorMatrix<Val>>)>,
    pub(crate) committed: Committed,
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
        let tables: Vec<_> = Table::PREPROCESSED
            .into_iter()
            .filter_map(|table| Some((table, Arc::new(table.preprocessed(program)?))))
            .collect();
        let config: Config = config(Profile::default(), Vec::new());
        let pcs = config.pcs();
        let evaluations = tables.iter().map(|(_, rows)| {
            let domain = <Pcs as p3_commit::Pcs<Challenge, Challenger>>::natural_domain_for_degree(
                pcs,
                rows.height(),
            );
            (domain, RowMajorMatrix::clone(rows))
        });
        let (commitment, committed) =
            <Pcs as UnivariateStarkPcs<Challenge, Challenger>>::commit_preprocessing(
                pcs,
                evaluations,
            )
            .map_err(|error| SetupError::Commit(format!("{error:?}")))?;
        let material = KeyMaterial {
            commitment,
            entry: program.entry,
            log_program: log_padded(program.instructions.len()) as u8,
            log_image: log_padded(program.words.len()) as u8,
        };
        let key =
            material.verifying_key().map_err(|error| SetupError::Commit(error.to_string()))?;
        Ok(Self { key, material, tables, committed })
    }
}
