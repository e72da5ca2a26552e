//! From jumps to counts of instructions.
//!
//! Between jumps the instructions of a node are executed one after another. So it is enough to know
//! how often a stretch of them begins at each slot, and how often one ends before it: the
//! difference, added up over the slots, is how often each instruction was executed.

use rustc_hash::FxHashMap;

/// A node and a slot, the node in the upper half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place(u64);

impl Place {
    #[inline(always)]
    pub(super) fn new(node: u32, slot: usize) -> Self {
        Self(u64::from(node) << 32 | slot as u64)
    }

    pub(super) fn node(self) -> u32 {
        (self.0 >> 32) as u32
    }

    pub(super) fn slot(self) -> usize {
        self.0 as u32 as usize
    }

    /// The place `slots` further.
    pub(super) fn after(self, slots: usize) -> Self {
        Self::new(self.node(), self.slot() + slots)
    }
}

/// How often something happened at places.
pub(super) type Counts = FxHashMap<Place, u64>;

/// Slots of a node that were executed equally often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) first: Place,
    pub(super) slots: usize,
    pub(super) count: u64,
}

/// Beginnings and ends of stretches.
#[derive(Default)]
pub(super) struct Marks(Vec<(Place, i64)>);

impl Marks {
    /// At `place` as many stretches began.
    pub(super) fn begin(&mut self, place: Place, count: u64) {
        self.0.push((place, count as i64));
    }

    /// As many stretches ended before `place`.
    pub(super) fn end(&mut self, place: Place, count: u64) {
        self.0.push((place, -(count as i64)));
    }

    /// All stretches with a count above 0, in order.
    pub(super) fn stretches(mut self) -> Vec<Stretch> {
        self.0.sort_unstable_by_key(|&(place, _)| place);
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut count = 0_i64;
        for pair in self.0.chunk_by(|one, other| one.0 == other.0).collect::<Vec<_>>().windows(2) {
            let (place, next) = (pair[0][0].0, pair[1][0].0);
            count += pair[0].iter().map(|&(_, change)| change).sum::<i64>();
            debug_assert!(count >= 0, "a stretch ends that has not begun");
            if place.node() != next.node() {
                debug_assert!(count == 0, "a stretch has no end");
                count = 0;
            }
            if count > 0 {
                let slots = next.slot() - place.slot();
                match stretches.last_mut() {
                    // Nothing changed between them.
                    Some(last)
                        if last.count == count as u64 && last.first.after(last.slots) == place =>
                    {
                        last.slots += slots;
                    }
                    _ => stretches.push(Stretch { first: place, slots, count: count as u64 }),
                }
            }
        }
        stretches
    }
}
