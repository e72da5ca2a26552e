//! What the proofs of one prover share, so that it is made once: twiddle factors, the points of
//! evaluation domains, and the memory of large matrices.

use std::sync::{Mutex, OnceLock, PoisonError};

use lvm_air::field::Val;
use lvm_air::table::LOG_HEIGHT_MAX;
use p3_field::PrimeCharacteristicRing;

use crate::stark::keccak_layers::Extension;
use crate::stark::openings::Points;
use crate::stark::transform::Powers;

/// A buffer is lent for as much as this part of it at least. So a large one, which another request
/// needs soon, isn't taken by a small one.
const PART_MIN: usize = 4;

/// What proofs share.
#[derive(Default)]
pub(crate) struct Reused {
    pub(crate) powers: Powers,
    points: [OnceLock<Points>; LOG_HEIGHT_MAX + 1],
    extension: OnceLock<Extension>,
    buffers: Mutex<Buffers>,
}

/// Memory of large matrices. What is kept and what is lent are never more together than was lent
/// at once before: proofs of different heights need buffers of different lengths, of which
/// otherwise each proof would leave its own.
#[derive(Default)]
struct Buffers {
    kept: Vec<Vec<Val>>,
    /// Elements of `kept`.
    kept_elements: usize,
    /// Elements that are lent.
    lent: usize,
    /// Most elements that were lent at a time.
    lent_max: usize,
}

impl Buffers {
    /// A kept buffer of at least `length` elements that isn't much longer.
    fn take(&mut self, length: usize) -> Option<Vec<Val>> {
        let fits = |capacity: usize| capacity >= length && capacity / PART_MIN <= length;
        let fitting = (0..self.kept.len()).filter(|&at| fits(self.kept[at].capacity()));
        let found = fitting.min_by_key(|&at| self.kept[at].capacity());
        let buffer = found.map(|at| self.kept.swap_remove(at));
        if let Some(buffer) = &buffer {
            self.kept_elements -= buffer.capacity();
        }
        self.lent += buffer.as_ref().map_or(length, Vec::capacity);
        self.lent_max = self.lent_max.max(self.lent);
        self.shrink();
        buffer
    }

    /// Keeps a buffer that was lent.
    fn keep(&mut self, buffer: Vec<Val>) {
        // One that was made elsewhere wasn't counted.
        self.lent = self.lent.saturating_sub(buffer.capacity());
        self.kept_elements += buffer.capacity();
        self.kept.push(buffer);
        self.shrink();
    }

    /// Drops the smallest buffers until there are not too many.
    fn shrink(&mut self) {
        while self.kept_elements + self.lent > self.lent_max {
            let Some(at) = (0..self.kept.len()).min_by_key(|&at| self.kept[at].capacity()) else {
                return;
            };
            self.kept_elements -= self.kept.swap_remove(at).capacity();
        }
    }
}

/// The value of a cell, which `make` makes if it isn't there yet.
///
/// Not within the cell's lock: making uses all cores, and a task that this thread takes up while it
/// waits for the others may want the same value.
pub(crate) fn made_once<T>(cell: &OnceLock<T>, make: impl FnOnce() -> T) -> &T {
    if let Some(value) = cell.get() {
        return value;
    }
    let made = make();
    cell.get_or_init(|| made)
}

impl Reused {
    /// The points of the evaluation domain of tables of height `2^log_height`.
    pub(crate) fn points(&self, log_height: usize) -> &Points {
        made_once(&self.points[log_height], || Points::new(log_height))
    }

    /// How lanes of permutations are extended.
    pub(crate) fn extension(&self) -> &Extension {
        made_once(&self.extension, Extension::default)
    }

    /// A buffer of `length` elements, of any values: memory that was used before costs less than
    /// memory that the system clears first.
    pub(crate) fn buffer(&self, length: usize) -> Vec<Val> {
        let found = self.buffers.lock().unwrap_or_else(PoisonError::into_inner).take(length);
        let Some(mut buffer) = found else { return Val::zero_vec(length) };
        buffer.resize(length, Val::ZERO);
        buffer
    }

    /// Keeps a buffer for later.
    pub(crate) fn give_back(&self, buffer: Vec<Val>) {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner).keep(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Elements that are kept.
    fn kept(reused: &Reused) -> usize {
        reused.buffers.lock().unwrap().kept_elements
    }

    #[test]
    fn buffers_are_used_again() {
        let reused = Reused::default();
        let lent = [100, 50, 20].map(|length| reused.buffer(length));
        let addresses = [&lent[0], &lent[1]].map(|buffer| buffer.as_ptr());
        lent.into_iter().for_each(|buffer| reused.give_back(buffer));
        assert_eq!(kept(&reused), 170);
        for (length, capacity, address) in [(60, 100, addresses[0]), (40, 50, addresses[1])] {
            let buffer = reused.buffer(length);
            assert_eq!((buffer.len(), buffer.capacity()), (length, capacity));
            assert_eq!(buffer.as_ptr(), address);
        }
    }

    #[test]
    fn no_more_is_kept_than_was_lent_at_once() {
        let reused = Reused::default();
        for length in (1000..2000).step_by(7) {
            let lent = [length, length / 9].map(|length| reused.buffer(length));
            lent.into_iter().for_each(|buffer| reused.give_back(buffer));
            assert!(kept(&reused) <= length + length / 9, "{length}");
        }
        // A large buffer isn't lent for little.
        let small = reused.buffer(3);
        assert!(small.capacity() < 100);
    }
}
