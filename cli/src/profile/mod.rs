//! Profiles of runs by names, and the files that they are written to.

mod names;
mod tree;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use lvm_prover::Program;
use lvm_vm::profile::Profile;
use serde::Serialize;

use crate::files::{self, Destination};
use names::{Names, Sources};
use tree::Tree;

pub(crate) use tree::Function;

/// Where the names of a program come from: its own file, or another one with the same program.
pub(crate) struct NamedProgram {
    elf: Vec<u8>,
    program: Program,
}

impl NamedProgram {
    /// The program in the file `path`, which must be `program`.
    pub(crate) fn new(path: &Path, program: &Program) -> anyhow::Result<Self> {
        let elf = files::read_elf(path)?;
        let named = Program::load(&elf)
            .with_context(|| format!("cannot load the program {}", path.display()))?;
        if named.loaded().program() != program.loaded().program() {
            bail!("{} is another program, so its names don't fit", path.display());
        }
        Ok(Self { elf, program: named })
    }
}

/// A profile by names.
pub(crate) struct NamedProfile {
    /// A line for each stack.
    stacks: String,
    /// Those with the most cycles of their own first.
    pub(crate) functions: Vec<Function>,
    sources: Sources,
    is_cut: bool,
}

impl NamedProfile {
    pub(crate) fn new(profile: &Profile, named: &NamedProgram) -> Self {
        let mut names = Names::new(&named.elf, named.program.loaded(), &profile.functions);
        let tree = Tree::new(profile, &mut names);
        Self {
            stacks: tree.stacks(&names),
            functions: tree.functions(&names),
            sources: names.sources(),
            is_cut: profile.is_cut,
        }
    }

    /// Says what the names and the tree lack.
    pub(crate) fn say_shortcomings(&self) {
        for note in self.shortcomings() {
            eprintln!("note: {note}");
        }
    }

    fn shortcomings(&self) -> Vec<&'static str> {
        let names = match self.sources {
            Sources { symbols: false, debug_info: false } => Some(
                "the program has neither symbols nor debug information; functions are named by \
                 address (see --symbols)",
            ),
            Sources { symbols: true, debug_info: false } => Some(
                "the program has symbols but no debug information; inlined functions count as \
                 their callers",
            ),
            Sources { debug_info: true, .. } => None,
        };
        let cut = "the call tree is incomplete: calls are nested too deeply or too many";
        names.into_iter().chain(self.is_cut.then_some(cut)).collect()
    }
}

/// The files of a profile.
pub(crate) struct ProfileFiles {
    flame_graph: Destination,
    stacks: Destination,
    stacks_path: PathBuf,
}

/// What `--json` shows of a profile's files.
#[derive(Serialize)]
pub(crate) struct Written {
    flame_graph: String,
    stacks: String,
    symbols: bool,
    debug_info: bool,
    complete_tree: bool,
}

impl ProfileFiles {
    /// The flame graph will be at `path`, the list of stacks beside it. None of `others` is
    /// overwritten.
    pub(crate) fn new(path: &Path, others: &[&Path]) -> anyhow::Result<Self> {
        let stacks_path = path.with_extension("folded");
        let flame_graph = Destination::new(path, others)?;
        let others: Vec<_> = others.iter().copied().chain([path]).collect();
        let stacks = Destination::new(&stacks_path, &others)?;
        Ok(Self { flame_graph, stacks, stacks_path })
    }

    /// Writes both files. `title` is above the flame graph.
    pub(crate) fn write(&self, profile: &NamedProfile, title: &str) -> anyhow::Result<Written> {
        if profile.stacks.is_empty() {
            bail!("there is nothing to profile: no instruction was executed");
        }
        let note = profile.shortcomings().join("; ");
        let svg = tree::flame_graph(&profile.stacks, title, &note)?;
        self.flame_graph.write(&svg)?;
        self.stacks.write(profile.stacks.as_bytes())?;
        Ok(Written {
            flame_graph: self.flame_graph.path().display().to_string(),
            stacks: self.stacks_path.display().to_string(),
            symbols: profile.sources.symbols,
            debug_info: profile.sources.debug_info,
            complete_tree: !profile.is_cut,
        })
    }
}

impl Written {
    pub(crate) fn paths(&self) -> [&str; 2] {
        [&self.flame_graph, &self.stacks]
    }
}
