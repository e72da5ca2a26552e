//! Follows a run's calls and counts its jumps.
//!
//! Beside the run goes a stack of calls. A JAL or JALR that leaves a return address in ra or t0
//! adds to it; a JALR to what ra or t0 holds takes from it. Where such a jump leads elsewhere than
//! to the newest return address, the calls that it leaves behind are found by the stack pointer:
//! after `longjmp`, for example, those made with a lower one are over. Jumps of other kinds stay in
//! their node; whether they lead into another function, as tail calls do, shows in the addresses.
//!
//! A node of the tree is a call instruction under its caller's node. Recursion takes no more nodes
//! than [`RECURSION_MAX`] for a call instruction on a path; calls beyond it lead back to the last
//! of them.
//!
//! Invariant: every executed instruction belongs to the node that was the current one then. Calls
//! are no jumps of their node: it rests, and goes on where the call returns to.

use std::collections::{BTreeMap, BTreeSet};

use lvm_isa::instruction::Operation;
use rustc_hash::FxHashMap;

use super::counts::{Counts, Marks, Place};
use super::{Node, Profile, Span};
use crate::code::Code;
use crate::observe::{Jump, Observer};

/// How often a call instruction may be on one path of the tree.
const RECURSION_MAX: usize = 4;

/// What is kept of calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Most nodes on a path of the tree.
    pub(super) depth: usize,
    /// Most nodes of the tree.
    pub(super) nodes: usize,
    /// Most calls on the stack.
    pub(super) calls: usize,
    /// Most places that are counted before the tree is given up, for each kind of count.
    pub(super) places: usize,
}

const LIMITS: Limits = Limits { depth: 256, nodes: 1 << 18, calls: 1 << 20, places: 1 << 21 };

/// Most calls that are looked at for the one that a return belongs to.
const SEARCH_MAX: usize = 1 << 12;

/// So often it is looked whether there is room. In as many cycles there are fewer new places.
const CHECK_CYCLES: u64 = 1 << 20;

/// A call that has not returned.
#[derive(Clone, Copy, Debug)]
struct Call {
    /// The caller's node.
    node: u32,
    /// The slot to return to.
    back: usize,
    /// The stack pointer at the call.
    stack: u64,
}

/// A node, and the first target of its call.
struct Callee {
    /// The caller's node; the first node is its own.
    parent: u32,
    /// Slot of the call instruction; `None` as in [`Node::call`].
    call: Option<usize>,
    /// Where the node was entered first, and how often it was there.
    entry: usize,
    entries: u64,
}

pub(super) struct Tracker<'a> {
    code: &'a Code,
    limits: Limits,
    nodes: Vec<Callee>,
    /// By the place of a call, the node that it leads to.
    callees: FxHashMap<Place, u32>,
    /// Executed jumps that are no calls, by their place.
    jumps: Counts,
    /// Where indirect jumps that are no calls led to.
    arrivals: Counts,
    /// Where calls led to, other than to their node's first entry.
    entries: Counts,
    /// Calls that have not returned, the newest last.
    calls: Vec<Call>,
    /// Calls that found no room on the stack and have not returned.
    unkept: u64,
    /// Stretches that were left for good without a jump of their own: the slot after each.
    left: Counts,
    /// The node that has what is executed once the tree is given up.
    beyond: Option<u32>,
    is_cut: bool,
    system_calls: BTreeMap<u64, u64>,
    /// From how many cycles on it is looked again whether there is room.
    next_check: u64,
    /// The current node, the slot at which its current stretch began, and the cycles before it.
    node: u32,
    stretch: usize,
    cycles: u64,
    /// Cycles at the end.
    total: u64,
}

impl<'a> Tracker<'a> {
    pub(super) fn new(code: &'a Code, entry: u64) -> Self {
        Self::with_limits(code, entry, LIMITS)
    }

    pub(super) fn with_limits(code: &'a Code, entry: u64, limits: Limits) -> Self {
        let entry = code.slots.slot_of(entry).unwrap_or(0);
        Self {
            code,
            limits,
            nodes: vec![Callee { parent: 0, call: None, entry, entries: 1 }],
            callees: FxHashMap::default(),
            jumps: Counts::default(),
            arrivals: Counts::default(),
            entries: Counts::default(),
            calls: Vec::new(),
            unkept: 0,
            left: Counts::default(),
            beyond: None,
            is_cut: false,
            system_calls: BTreeMap::new(),
            next_check: CHECK_CYCLES,
            node: 0,
            stretch: entry,
            cycles: 0,
            total: 0,
        }
    }

    /// A jump at `from` that ends a stretch of the current node.
    #[inline(always)]
    fn leave(&mut self, from: usize) {
        *self.jumps.entry(Place::new(self.node, from)).or_insert(0) += 1;
    }

    /// An indirect jump to `target` begins a stretch of the current node.
    #[inline(always)]
    fn arrive(&mut self, target: usize) {
        *self.arrivals.entry(Place::new(self.node, target)).or_insert(0) += 1;
    }

    /// A call at `from` that does not go on the stack.
    fn call_within(&mut self, from: usize, target: usize) {
        self.leave(from);
        if self.is_indirect(from) {
            self.arrive(target);
        }
    }

    fn is_indirect(&self, slot: usize) -> bool {
        self.code.ops[slot].operation == Some(Operation::Jalr)
    }

    #[inline(always)]
    fn call(&mut self, from: usize, target: usize, stack: u64) {
        if self.calls.len() >= self.limits.calls || self.beyond.is_some() {
            self.is_cut = true;
            self.unkept += 1;
            return self.call_within(from, target);
        }
        let callee = match self.callees.get(&Place::new(self.node, from)) {
            Some(&callee) => callee,
            None => self.callee(from, target),
        };
        self.calls.push(Call { node: self.node, back: from + 1, stack });
        self.enter(callee, target);
    }

    #[inline(always)]
    fn enter(&mut self, callee: u32, target: usize) {
        self.node = callee;
        let node = &mut self.nodes[callee as usize];
        if node.entry == target {
            node.entries += 1;
        } else {
            *self.entries.entry(Place::new(callee, target)).or_insert(0) += 1;
        }
    }

    /// The node for a call at `from` that has not been seen in the current node.
    #[cold]
    #[inline(never)]
    fn callee(&mut self, from: usize, target: usize) -> u32 {
        // The nodes of this very call on the path, the nearest first.
        let (mut depth, mut same, mut nearest) = (1, 0, None);
        let mut node = self.node;
        loop {
            let Callee { parent, call, .. } = self.nodes[node as usize];
            if call == Some(from) {
                same += 1;
                nearest = nearest.or(Some(node));
            }
            if parent == node {
                break;
            }
            depth += 1;
            node = parent;
        }
        let is_full = depth >= self.limits.depth || self.nodes.len() >= self.limits.nodes;
        let callee = match nearest {
            Some(nearest) if same >= RECURSION_MAX || is_full => nearest,
            _ if is_full => {
                // What is called then looks as if it had taken the caller's place.
                self.node
            }
            _ => {
                self.nodes.push(Callee {
                    parent: self.node,
                    call: Some(from),
                    entry: target,
                    entries: 0,
                });
                (self.nodes.len() - 1) as u32
            }
        };
        self.is_cut |= is_full && same < RECURSION_MAX;
        self.callees.insert(Place::new(self.node, from), callee);
        callee
    }

    #[inline(always)]
    fn come_back(&mut self, from: usize, target: usize, stack: u64) {
        self.leave(from);
        match self.calls.last() {
            Some(call) if call.back == target && self.unkept == 0 => {
                self.node = call.node;
                self.calls.pop();
            }
            _ => self.unwind(target, stack),
        }
    }

    /// A return to another place than where the newest call came from.
    #[cold]
    #[inline(never)]
    fn unwind(&mut self, target: usize, stack: u64) {
        let ours = |call: &Call| call.back == target && call.stack == stack;
        if self.unkept > 0 && !self.calls.last().is_some_and(ours) {
            self.unkept -= 1;
            return self.arrive(target);
        }
        self.unkept = 0;
        // A return that skips others. Those were called with at most its stack pointer, since stacks
        // grow down.
        let newest = self.calls.iter().rev().take(SEARCH_MAX);
        let mut skipped = newest.take_while(|call| call.stack <= stack);
        if let Some(above) = skipped.position(ours) {
            let at = self.calls.len() - 1 - above;
            self.abandon(at + 1);
            self.node = self.calls[at].node;
            self.calls.truncate(at);
            return;
        }
        // A jump into the middle of a function that is running. What was called with a lower stack
        // pointer is over, and so is the newest call that was made with that very one.
        let newest = self.calls.iter().rev();
        let mut at = self.calls.len() - newest.take_while(|call| call.stack < stack).count();
        if at > 0 && self.calls[at - 1].stack == stack {
            at -= 1;
        }
        if let Some(call) = self.calls.get(at) {
            self.node = call.node;
            self.abandon(at);
        }
        self.arrive(target);
    }

    /// The calls from the `at`-th on will not return.
    fn abandon(&mut self, at: usize) {
        for call in self.calls.drain(at..) {
            *self.left.entry(Place::new(call.node, call.back)).or_insert(0) += 1;
        }
    }

    #[inline(always)]
    fn swap(&mut self, from: usize, target: usize, stack: u64) {
        match self.calls.last_mut() {
            Some(call) if call.back == target && self.unkept == 0 => {
                let node = self.node;
                self.node = call.node;
                *call = Call { node, back: from + 1, stack };
            }
            _ => self.call(from, target, stack),
        }
    }

    /// Gives up the tree if more is counted than there is room for.
    #[cold]
    #[inline(never)]
    fn check_room(&mut self) {
        self.next_check = self.cycles.saturating_add(CHECK_CYCLES);
        let kept = [&self.jumps, &self.arrivals, &self.entries, &self.left];
        let most = kept.map(Counts::len).into_iter().fold(self.callees.len(), usize::max);
        if most <= self.limits.places || self.beyond.is_some() {
            return;
        }
        self.is_cut = true;
        self.abandon(0);
        self.unkept = 0;
        *self.left.entry(Place::new(self.node, self.stretch)).or_insert(0) += 1;
        // Nothing enters this node by a call.
        self.node = self.nodes.len() as u32;
        self.nodes.push(Callee { parent: 0, call: None, entry: self.stretch, entries: 1 });
        self.beyond = Some(self.node);
    }

    /// What was counted, after the end of the run.
    pub(super) fn profile(self) -> Profile {
        let mut marks = Marks::default();
        for (node, callee) in (0..).zip(&self.nodes) {
            marks.begin(Place::new(node, callee.entry), callee.entries);
        }
        for (&place, &count) in self.entries.iter().chain(&self.arrivals) {
            marks.begin(place, count);
        }
        for (&place, &count) in &self.jumps {
            marks.end(place.after(1), count);
            let op = &self.code.ops[place.slot()];
            if op.operation != Some(Operation::Jalr) {
                marks.begin(Place::new(place.node(), op.target as usize), count);
            }
        }
        for (&place, &count) in &self.left {
            marks.end(place, count);
        }
        // What the end of the run left in the middle.
        for call in &self.calls {
            marks.end(Place::new(call.node, call.back), 1);
        }
        let rest = (self.total - self.cycles) as usize;
        marks.end(Place::new(self.node, self.stretch + rest), 1);

        let slots = &self.code.slots;
        let spans = marks.stretches().into_iter().map(|stretch| {
            let start = slots.pc_of(stretch.first.slot());
            let addresses = start..start + 4 * stretch.slots as u64;
            Span { node: stretch.first.node(), addresses, count: stretch.count }
        });
        let nodes = (0..).zip(&self.nodes).map(|(node, callee)| Node {
            parent: (node > 0).then_some(callee.parent),
            call: callee.call.map(|slot| slots.pc_of(slot)),
        });
        Profile {
            cycles: self.total,
            spans: spans.collect(),
            nodes: nodes.collect(),
            functions: self.functions(),
            system_calls: self.system_calls,
            is_cut: self.is_cut,
        }
    }

    fn functions(&self) -> Vec<u64> {
        let calls =
            self.code.ops.iter().filter(|op| {
                op.operation == Some(Operation::Jal) && Jump::of_jal(op) == Jump::Call
            });
        let named = calls.map(|op| op.target as usize).filter(|&slot| slot < self.code.ops.len());
        let entered = self.nodes.iter().map(|callee| callee.entry);
        let also = self.entries.keys().map(|place| place.slot());
        let slots: BTreeSet<usize> = named.chain(entered).chain(also).collect();
        slots.into_iter().map(|slot| self.code.slots.pc_of(slot)).collect()
    }
}

impl Observer for Tracker<'_> {
    #[inline(always)]
    fn jump(&mut self, jump: Jump, from: usize, target: usize, cycles: u64, stack: u64) {
        if target >= self.code.ops.len() {
            // The run ends here; whether the jump counts as executed, the end says.
            return;
        }
        match jump {
            Jump::Direct => self.leave(from),
            Jump::Indirect => {
                self.leave(from);
                self.arrive(target);
            }
            Jump::Call => self.call(from, target, stack),
            Jump::Return => self.come_back(from, target, stack),
            Jump::Swap => self.swap(from, target, stack),
        }
        self.stretch = target;
        self.cycles = cycles;
        if cycles >= self.next_check {
            self.check_room();
        }
    }

    fn system_call(&mut self, number: u64) {
        *self.system_calls.entry(number).or_insert(0) += 1;
    }

    fn end(&mut self, cycles: u64) {
        self.total = cycles;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble::{Assembler, i, s};
    use crate::execute::{Options, execute_observed};
    use lvm_isa::instruction::Operation::*;

    /// Two functions that call each other and themselves from several places, `depth` times deep.
    fn program(depth: u64) -> Assembler {
        let mut code = Assembler::new();
        let functions = [code.label(), code.label()];
        code.li(2, 0x0300_0000).li(10, depth).jal(1, functions[0]).halt(0);
        for at in [0, 1] {
            let done = code.label();
            code.place(functions[at]).branch(Beq, 10, 0, done);
            code.push(i(Addi, 2, 2, -16)).push(s(Sd, 2, 1, 0)).push(s(Sd, 2, 10, 8));
            for callee in [functions[1 - at], functions[at], functions[1 - at]] {
                code.push(i(Ld, 10, 2, 8)).push(i(Addi, 10, 10, -1)).jal(1, callee);
            }
            code.push(i(Ld, 1, 2, 0)).push(i(Addi, 2, 2, 16));
            code.place(done).push(i(Jalr, 0, 1, 0));
        }
        code
    }

    /// The profile with these limits, and how often each instruction was executed.
    fn run(depth: u64, limits: Limits) -> (Profile, BTreeMap<u64, u64>) {
        let program = program(depth).load();
        let code = Code::new(&program);
        let mut tracker = Tracker::with_limits(&code, program.program().entry, limits);
        let options = Options::default();
        let (execution, _) =
            execute_observed(&program, &code, &[], &options, &mut |_| {}, &mut tracker).unwrap();
        let profile = tracker.profile();
        assert_eq!(profile.cycles, execution.cycles);
        assert_eq!(profile.spans.iter().map(Span::cycles).sum::<u64>(), profile.cycles);
        let mut counts = BTreeMap::new();
        for span in &profile.spans {
            assert!((span.node as usize) < profile.nodes.len());
            for pc in span.addresses.clone().step_by(4) {
                *counts.entry(pc).or_insert(0) += span.count;
            }
        }
        for (at, node) in profile.nodes.iter().enumerate() {
            assert!(node.parent.is_none_or(|parent| (parent as usize) < at));
        }
        (profile, counts)
    }

    #[test]
    fn no_limit_changes_what_is_counted() {
        let (whole, counts) = run(7, LIMITS);
        assert!(!whole.is_cut && whole.nodes.len() > 1000, "{} nodes", whole.nodes.len());
        for limits in [
            Limits { depth: 1, ..LIMITS },
            Limits { depth: 5, ..LIMITS },
            Limits { nodes: 1, ..LIMITS },
            Limits { nodes: 100, ..LIMITS },
            Limits { calls: 0, ..LIMITS },
            Limits { calls: 3, ..LIMITS },
        ] {
            let (profile, found) = run(7, limits);
            assert_eq!(found, counts, "{limits:?}");
            assert!(profile.is_cut && profile.nodes.len() < whole.nodes.len(), "{limits:?}");
            assert!(profile.nodes.len() <= limits.nodes, "{limits:?}");
        }
    }

    #[test]
    fn a_tree_without_room_is_given_up() {
        let (whole, counts) = run(11, LIMITS);
        assert!(whole.cycles > CHECK_CYCLES, "{} cycles", whole.cycles);
        let (profile, found) = run(11, Limits { places: 10, ..LIMITS });
        assert_eq!(found, counts);
        assert!(profile.is_cut);
        let beyond = profile.nodes.last().unwrap();
        assert_eq!((beyond.parent, beyond.call), (Some(0), None));
        let last = profile.nodes.len() as u32 - 1;
        assert!(profile.spans.iter().any(|span| span.node == last));
    }
}
