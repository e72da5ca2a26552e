//! Blocks to validate: synthetic ones, and real ones from files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use lvm_block_tools::summary::summarize;
use lvm_block_tools::synthesize::{Load, Specification};
use lvm_isa::segment::Budget;
use lvm_vm::execute::Options;
use lvm_vm::record::Recorder;

use crate::workload::Workload;

/// The synthetic blocks that are measured, by name.
pub const SYNTHETIC: [(&str, Load); 4] = [
    ("transfers-0", Load::Transfers(0)),
    ("transfers-1", Load::Transfers(1)),
    ("transfers-10", Load::Transfers(10)),
    ("token-calls-10", Load::TokenCalls(10)),
];

/// A block to validate.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its validation by the guest.
    pub workload: Workload,
    /// The gas that the block used.
    pub gas: u64,
    /// The number of its transactions.
    pub transactions: usize,
}

impl Block {
    /// The block with a name: one of [`SYNTHETIC`]'s, a file in the folder of real blocks without
    /// its `.rlp`, or the path of a file.
    ///
    /// The folder is the one that the environment's `LVM_BLOCKS` names, or else `../shared/blocks`
    /// beside the repository.
    ///
    /// # Errors
    /// When there is none, or its file isn't an input.
    pub fn named(name: &str) -> anyhow::Result<Self> {
        if let Some((_, load)) = SYNTHETIC.into_iter().find(|(known, _)| *known == name) {
            return Self::new(name, Specification::new(load).synthesize()?);
        }
        let file = folder().join(format!("{name}.rlp"));
        let path = if file.is_file() { file } else { PathBuf::from(name) };
        let input = fs::read(&path).with_context(|| {
            format!("{name} is no synthetic block, not in {} and no file", folder().display())
        })?;
        let name = path.file_stem().map_or_else(|| name.into(), |stem| stem.to_string_lossy());
        Self::new(&name, input)
    }

    fn new(name: &str, input: Vec<u8>) -> anyhow::Result<Self> {
        let summary = summarize(&input)?;
        let (gas, transactions) = (summary.gas_used, summary.transactions);
        Ok(Self { workload: Workload::block(name, input), gas, transactions })
    }

    /// How often the guest calls keccak-f.
    ///
    /// # Errors
    /// When the guest doesn't run to its end, or refuses the block.
    pub fn keccaks(&self) -> anyhow::Result<u64> {
        let program = self.workload.program()?;
        let (options, budget, mut ignore) = (Options::default(), Budget::UNLIMITED, |_: &[u8]| {});
        let (program, input) = (program.loaded(), &self.workload.input);
        let mut recorder = Recorder::new(program, input, &options, &budget, &mut ignore)?;
        let mut keccaks = 0;
        while let Some(segment) = recorder.segment(false)? {
            keccaks += segment.tally.keccaks;
        }
        let (execution, _) = recorder.finish()?;
        ensure!(execution.exit_code == 0, "{} is refused", self.workload.name);
        Ok(keccaks)
    }
}

/// Where the real blocks are.
fn folder() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/blocks");
    std::env::var_os("LVM_BLOCKS").map_or_else(beside, PathBuf::from)
}
