//! What the proofs of one prover share, so that it is made once: twiddle factors, the points of
//! evaluation domains, and the memory of large matrices.

use std::sync::{Mutex, OnceLock, PoisonError};

use lvm_air::field::Val;
use lvm_air::table::LOG_HEIGHT_MAX;
use p3_field::PrimeCharacteristicRing;

use crate::stark::commit::Dft;
use crate::stark::openings::Points;

/// Most buffers that are kept.
const BUFFERS_MAX: usize = 16;

/// What proofs share.
#[derive(Default)]
pub(crate) struct Reused {
    pub(crate) dft: Dft,
    points: [OnceLock<Points>; LOG_HEIGHT_MAX + 1],
    buffers: Mutex<Vec<Vec<Val>>>,
}

impl Reused {
    /// The points of the evaluation domain of tables of height `2^log_height`.
    pub(crate) fn points(&self, log_height: usize) -> &Points {
        self.points[log_height].get_or_init(|| Points::new(log_height))
    }

    /// A buffer of `length` elements, of any values: memory that was used before costs less than
    /// memory that the system clears first.
    pub(crate) fn buffer(&self, length: usize) -> Vec<Val> {
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = (0..buffers.len()).filter(|&at| buffers[at].capacity() >= length);
        let found = fitting.min_by_key(|&at| buffers[at].capacity());
        let found = found.map(|at| buffers.swap_remove(at));
        drop(buffers);
        let Some(mut buffer) = found else { return Val::zero_vec(length) };
        buffer.resize(length, Val::ZERO);
        buffer
    }

    /// Keeps a buffer for later.
    pub(crate) fn give_back(&self, buffer: Vec<Val>) {
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        buffers.push(buffer);
        if buffers.len() > BUFFERS_MAX {
            let smallest = (0..buffers.len()).min_by_key(|&at| buffers[at].capacity());
            if let Some(at) = smallest {
                buffers.swap_remove(at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_used_again() {
        let reused = Reused::default();
        reused.give_back(vec![Val::ONE; 100]);
        reused.give_back(vec![Val::ONE; 50]);
        for (length, capacity) in [(40, 50), (60, 100), (60, 60)] {
            let buffer = reused.buffer(length);
            assert_eq!((buffer.len(), buffer.capacity()), (length, capacity));
        }
        for length in 0..2 * BUFFERS_MAX {
            reused.give_back(vec![Val::ONE; length]);
        }
        assert_eq!(reused.buffers.lock().unwrap().len(), BUFFERS_MAX);
        assert_eq!(reused.buffer(2 * BUFFERS_MAX - 1)[0], Val::ONE);
    }
}
