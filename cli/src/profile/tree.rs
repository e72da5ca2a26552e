//! A profile's call tree by names, and what is shown of it: a list of stacks, a flame graph, and
//! cycles by function.
//!
//! Invariant: the cycles of all stacks add up to those of the run.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use lvm_vm::profile::Profile;

use super::names::{Name, Names};

/// The function under which everything is that was executed after the tree had become too large.
const BEYOND: &str = "[beyond the call tree]";
/// What is left out of a list of stacks.
const REST: &str = "[rest]";
/// Most bytes of a list of stacks, but for its last line.
const STACKS_MAX: usize = 256 << 20;

/// Cycles of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Cycles of its own instructions, without what was inlined into it as far as that is known.
    pub(crate) exclusive: u64,
    /// The same with what it called. Cycles of recursion count once.
    pub(crate) inclusive: u64,
}

struct Node {
    name: Name,
    cycles: u64,
    children: BTreeMap<Name, usize>,
}

/// The call tree by names. The first node has no name; it is the run.
pub(crate) struct Tree(Vec<Node>);

impl Tree {
    pub(crate) fn new(profile: &Profile, names: &mut Names<'_>) -> Self {
        let mut tree = Self(vec![Node { name: Name::MAX, cycles: 0, children: BTreeMap::new() }]);
        // By node of the profile, the caller.
        let mut callers: Vec<usize> = Vec::with_capacity(profile.nodes.len());
        for node in &profile.nodes {
            let parent = node.parent.and_then(|parent| callers.get(parent as usize).copied());
            let parent = parent.unwrap_or(0);
            let caller = match (node.call, node.parent) {
                (Some(call), _) => tree.descend(parent, &names.frames(call)),
                (None, Some(_)) => {
                    let beyond = names.number(BEYOND);
                    tree.descend(0, &[beyond])
                }
                (None, None) => 0,
            };
            callers.push(caller);
        }
        for span in &profile.spans {
            for pc in span.addresses.clone().step_by(4) {
                let leaf = tree.descend(callers[span.node as usize], &names.frames(pc));
                tree.0[leaf].cycles += span.count;
            }
        }
        tree
    }

    fn descend(&mut self, from: usize, frames: &[Name]) -> usize {
        frames.iter().fold(from, |node, &name| {
            let next = self.0.len();
            let child = *self.0[node].children.entry(name).or_insert(next);
            if child == next {
                self.0.push(Node { name, cycles: 0, children: BTreeMap::new() });
            }
            child
        })
    }

    /// A line for each stack that has cycles of its own: the names of its functions, the outermost
    /// first, separated by `;`, a blank, and the cycles. Ordered by name.
    pub(crate) fn stacks(&self, names: &Names<'_>) -> String {
        let (mut lines, mut rest) = (String::new(), 0);
        // Nodes to be visited, with the length of the path before them.
        let mut open = vec![(0, 0)];
        let mut path = String::new();
        while let Some((node, length)) = open.pop() {
            let Node { name, cycles, children } = &self.0[node];
            path.truncate(length);
            if node != 0 {
                let separator = if length > 0 { ";" } else { "" };
                path.push_str(separator);
                path.push_str(names.name(*name));
            }
            if *cycles > 0 && lines.len() + path.len() > STACKS_MAX {
                rest += cycles;
            } else if *cycles > 0 {
                // Writing to a string does not fail.
                let _ = writeln!(lines, "{path} {cycles}");
            }
            let mut children: Vec<usize> = children.values().copied().collect();
            children.sort_by_key(|&child| core::cmp::Reverse(names.name(self.0[child].name)));
            open.extend(children.into_iter().map(|child| (child, path.len())));
        }
        if rest > 0 {
            let _ = writeln!(lines, "{REST} {rest}");
        }
        lines
    }

    /// All functions, those with the most cycles of their own first.
    pub(crate) fn functions(&self, names: &Names<'_>) -> Vec<Function> {
        let totals = self.totals();
        let mut cycles: HashMap<Name, (u64, u64)> = HashMap::new();
        // How often each name is on the path.
        let mut path: HashMap<Name, u32> = HashMap::new();
        let mut open: Vec<(usize, bool)> =
            self.0[0].children.values().map(|&child| (child, true)).collect();
        while let Some((at, enters)) = open.pop() {
            let node = &self.0[at];
            let depth = path.entry(node.name).or_insert(0);
            if !enters {
                *depth -= 1;
                continue;
            }
            let (exclusive, inclusive) = cycles.entry(node.name).or_insert((0, 0));
            *exclusive += node.cycles;
            if *depth == 0 {
                *inclusive += totals[at];
            }
            *depth += 1;
            open.push((at, false));
            open.extend(node.children.values().map(|&child| (child, true)));
        }
        let mut functions: Vec<_> = cycles
            .into_iter()
            .map(|(name, (exclusive, inclusive))| Function {
                name: names.name(name).to_owned(),
                exclusive,
                inclusive,
            })
            .collect();
        functions.sort_by(|one, other| {
            let key = |it: &Function| core::cmp::Reverse((it.exclusive, it.inclusive));
            key(one).cmp(&key(other)).then_with(|| one.name.cmp(&other.name))
        });
        functions
    }

    /// Cycles of each node and everything below it.
    fn totals(&self) -> Vec<u64> {
        let mut totals: Vec<u64> = self.0.iter().map(|node| node.cycles).collect();
        // Children come after their parents.
        for (at, node) in self.0.iter().enumerate().rev() {
            totals[at] += node.children.values().map(|&child| totals[child]).sum::<u64>();
        }
        totals
    }
}

/// The flame graph of a list of stacks, as SVG.
pub(crate) fn flame_graph(stacks: &str, title: &str, note: &str) -> anyhow::Result<Vec<u8>> {
    let mut options = inferno::flamegraph::Options::default();
    options.title = title.to_owned();
    options.subtitle = (!note.is_empty()).then(|| note.to_owned());
    options.count_name = "cycles".to_owned();
    options.deterministic = true;
    let mut svg = Vec::new();
    inferno::flamegraph::from_lines(&mut options, stacks.lines(), &mut svg)
        .map_err(|error| anyhow::anyhow!("cannot draw the flame graph: {error}"))?;
    Ok(svg)
}
