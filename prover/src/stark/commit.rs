//! Merkle trees over extended columns.

use core::ops::Range;

use blake3::IncrementCounter;
use blake3::platform::Platform;
use lvm_air::field::Val;
use lvm_verifier::stark::layout::Layout;
use lvm_verifier::stark::merkle::{
    BLOCK, Digest, Dimensions, PAIR_KEY, PIECE, TreeOpening, distinct, hash_pair,
};
use p3_field::PrimeField64;
use p3_matrix::Matrix;
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;
use tracing::debug_span;

use crate::stark::reused::Reused;

/// A matrix of field elements.
pub(crate) type Cells = RowMajorMatrix<Val>;

/// Columns on their evaluation domains, and the tree over them.
#[derive(Debug)]
pub(crate) struct Committed {
    /// For each matrix of the layout its rows on the evaluation domain, with padding columns.
    pub(crate) matrices: Vec<Cells>,
    tree: MerkleTree,
    dimensions: Vec<Dimensions>,
}

impl Committed {
    /// Commits to extended matrices, as `layout` has them.
    pub(crate) fn new(layout: &Layout, matrices: Vec<Cells>) -> Self {
        let dimensions = layout.dimensions();
        let tree = MerkleTree::new(&matrices);
        Self { matrices, tree, dimensions }
    }

    pub(crate) fn root(&self) -> Digest {
        self.tree.root()
    }

    /// Keeps the matrices' memory for later.
    pub(crate) fn give_back(self, reused: &Reused) {
        for matrix in self.matrices {
            reused.give_back(matrix.values);
        }
    }

    /// Opens ascending positions of the highest matrix.
    pub(crate) fn open(&self, positions: &[usize]) -> TreeOpening {
        let tallest = self.dimensions.first().map_or(0, |matrix| matrix.log_height);
        let mut rows = Vec::new();
        for (dimensions, matrix) in self.dimensions.iter().zip(&self.matrices) {
            for row in distinct(positions, tallest - dimensions.log_height) {
                let start = row * matrix.width;
                rows.extend_from_slice(&matrix.values[start..start + dimensions.width]);
            }
        }
        TreeOpening { rows, siblings: self.tree.siblings(positions) }
    }
}

/// All levels of a tree, the leaves first.
#[derive(Debug)]
pub(crate) struct MerkleTree {
    levels: Vec<Vec<Digest>>,
}

impl MerkleTree {
    /// The tree over matrices of different heights, the highest first, whose widths are multiples
    /// of a hash block's.
    pub(crate) fn new(matrices: &[Cells]) -> Self {
        let _span = debug_span!("tree").entered();
        let mut remaining = matrices.iter().peekable();
        let Some(tallest) = remaining.next() else { return Self { levels: Vec::new() } };
        let mut levels = vec![hash_rows(tallest)];
        while let Some(level) = levels.last()
            && level.len() > 1
        {
            let mut parents = hash_pairs(level);
            if let Some(matrix) = remaining.next_if(|matrix| matrix.height() == parents.len()) {
                let rows = hash_rows(matrix);
                parents.par_iter_mut().zip(rows).with_min_len(1 << 10).for_each(|(node, row)| {
                    *node = hash_pair(node, &row);
                });
            }
            levels.push(parents);
        }
        Self { levels }
    }

    fn root(&self) -> Digest {
        self.levels.last().and_then(|level| level.first()).copied().unwrap_or_default()
    }

    /// The nodes that a verifier who knows the leaves at `positions` can't compute.
    fn siblings(&self, positions: &[usize]) -> Vec<Digest> {
        let mut siblings = Vec::new();
        let mut known = distinct(positions, 0);
        for level in &self.levels {
            if level.len() > 1 {
                siblings.extend(
                    known
                        .iter()
                        .filter(|&&index| known.binary_search(&(index ^ 1)).is_err())
                        .map(|&index| level[index ^ 1]),
                );
            }
            known = distinct(&known, 1);
        }
        siblings
    }
}

/// Rows that one task hashes.
const TASK_ROWS: usize = 1 << 9;
/// Inputs that are hashed at once: as many as the widest vector unit takes.
pub(crate) const LANES: usize = 16;

/// Blake3's flags: the first and last block of a chunk, the root of a tree of chunks, a key.
const CHUNK_START: u8 = 1;
const CHUNK_END: u8 = 1 << 1;
const ROOT: u8 = 1 << 3;
const KEYED: u8 = 1 << 4;
/// Blake3's initial chaining value.
const INITIAL: [u32; 8] = [
    0x6A09_E667,
    0xBB67_AE85,
    0x3C6E_F372,
    0xA54F_F53A,
    0x510E_527F,
    0x9B05_688C,
    0x1F83_D9AB,
    0x5BE0_CD19,
];

/// The hash of each row.
fn hash_rows(matrix: &Cells) -> Vec<Digest> {
    let width = matrix.width;
    let mut digests = vec![[0; 32]; matrix.height()];
    let platform = Platform::detect();
    digests.par_chunks_mut(TASK_ROWS).zip(matrix.values.par_chunks(TASK_ROWS * width)).for_each(
        |(digests, rows)| {
            let mut lanes: [Vec<u8>; LANES] = Default::default();
            for (digests, rows) in digests.chunks_mut(LANES).zip(rows.chunks(LANES * width)) {
                for (bytes, row) in lanes.iter_mut().zip(rows.chunks_exact(width)) {
                    bytes.resize(8 * width, 0);
                    for (bytes, element) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(row) {
                        *bytes = element.as_canonical_u64().to_le_bytes();
                    }
                }
                hash_lanes(platform, &mut lanes[..digests.len()], digests);
            }
        },
    );
    digests
}

/// The hashes of inputs of one length, as `lvm_verifier::stark::merkle` hashes a row's bytes; the
/// inputs are used up.
fn hash_lanes(platform: Platform, lanes: &mut [Vec<u8>], digests: &mut [Digest]) {
    loop {
        for lane in lanes.iter_mut() {
            lane.resize(lane.len().next_multiple_of(BLOCK), 0);
        }
        let length = lanes.first().map_or(0, Vec::len);
        if length <= PIECE {
            return hash_pieces(platform, lanes, 0..length, digests);
        }
        let mut hashes: [Vec<u8>; LANES] = Default::default();
        for start in (0..length).step_by(PIECE) {
            hash_pieces(platform, lanes, start..length.min(start + PIECE), digests);
            for (hashes, digest) in hashes.iter_mut().zip(&*digests) {
                hashes.extend_from_slice(digest);
            }
        }
        for (lane, hashes) in lanes.iter_mut().zip(hashes) {
            *lane = hashes;
        }
    }
}

/// The hashes of the same piece of each lane, of full blocks.
fn hash_pieces(platform: Platform, lanes: &[Vec<u8>], piece: Range<usize>, digests: &mut [Digest]) {
    macro_rules! by_blocks {
        ($($blocks:literal)*) => {
            match piece.len() / BLOCK {
                $($blocks => {
                    let inputs: [&[u8; $blocks * BLOCK]; LANES] = core::array::from_fn(|lane| {
                        let lane = lanes.get(lane).unwrap_or(&lanes[0]);
                        lane[piece.clone()].first_chunk().expect("the piece has this length")
                    });
                    platform.hash_many(
                        &inputs[..lanes.len()],
                        &INITIAL,
                        0,
                        IncrementCounter::No,
                        0,
                        CHUNK_START,
                        CHUNK_END | ROOT,
                        digests.as_flattened_mut(),
                    );
                })*
                _ => unreachable!("a piece has 1 to 16 blocks"),
            }
        };
    }
    const _: () = assert!(PIECE == 16 * BLOCK);
    by_blocks!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
}

/// The hashes of neighbours.
fn hash_pairs(level: &[Digest]) -> Vec<Digest> {
    let mut parents = vec![[0; 32]; level.len() / 2];
    let (pairs, _) = level.as_flattened().as_chunks::<BLOCK>();
    parents.par_chunks_mut(TASK_ROWS).zip(pairs.par_chunks(TASK_ROWS)).for_each(
        |(parents, pairs)| {
            for (parents, pairs) in parents.chunks_mut(LANES).zip(pairs.chunks(LANES)) {
                let inputs: [&[u8; BLOCK]; LANES] =
                    core::array::from_fn(|lane| &pairs[lane.min(pairs.len() - 1)]);
                hash_keyed(PAIR_KEY, &inputs[..pairs.len()], parents);
            }
        },
    );
    parents
}

/// The keyed hashes of single blocks.
pub(crate) fn hash_keyed(key: &Digest, inputs: &[&[u8; BLOCK]], digests: &mut [Digest]) {
    let mut words = [0; 8];
    for (word, bytes) in words.iter_mut().zip(key.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    Platform::detect().hash_many(
        inputs,
        &words,
        0,
        IncrementCounter::No,
        KEYED,
        CHUNK_START,
        CHUNK_END | ROOT,
        digests.as_flattened_mut(),
    );
}

#[cfg(test)]
mod tests {
    use lvm_verifier::stark::domain::LOG_BLOWUP;
    use lvm_verifier::stark::merkle::{hash_row, verify};
    use p3_field::PrimeCharacteristicRing;

    use super::*;

    fn matrix(log_height: usize, width: usize) -> Cells {
        let cell = |i: usize| Val::from_u64((i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        RowMajorMatrix::new((0..width << log_height).map(cell).collect(), width)
    }

    #[test]
    fn rows_and_pairs_hash_as_the_verifier_hashes_them() {
        for width in (8..=160).step_by(8).chain([1024, 2640, 4096, 4104, 8192]) {
            let rows = matrix(5, width);
            let one_by_one: Vec<Digest> = rows.values.chunks(width).map(hash_row).collect();
            assert_eq!(hash_rows(&rows), one_by_one, "{width}");
            let pairs: Vec<Digest> =
                one_by_one.chunks(2).map(|pair| hash_pair(&pair[0], &pair[1])).collect();
            assert_eq!(hash_pairs(&one_by_one), pairs);
        }
    }

    #[test]
    fn openings_lead_to_the_root() {
        let layout = Layout::new([(6, 5), (3, 8), (2, 20), (6, 4)]);
        let matrices: Vec<Cells> = layout
            .groups
            .iter()
            .map(|group| {
                let width = group.padded_width();
                let mut cells = matrix(group.log_height + LOG_BLOWUP, width);
                for row in cells.values.chunks_mut(width) {
                    row[group.width..].fill(Val::ZERO);
                }
                cells
            })
            .collect();
        let committed = Committed::new(&layout, matrices);
        let root = committed.root();
        for positions in [vec![0], vec![127], vec![3, 4, 5, 64, 65, 100], (0..128).collect()] {
            let opening = committed.open(&positions);
            let rows = verify(&root, &layout.dimensions(), &positions, &opening).unwrap();
            for (matrix, (dimensions, rows)) in
                committed.matrices.iter().zip(layout.dimensions().iter().zip(rows))
            {
                let at = distinct(&positions, 7 - dimensions.log_height);
                assert_eq!(at.len(), rows.len());
                for (&row, cells) in at.iter().zip(rows) {
                    let start = row * matrix.width;
                    assert_eq!(cells, &matrix.values[start..start + dimensions.width]);
                }
            }
            let mut changed = opening.clone();
            changed.rows[0] += Val::ONE;
            assert!(verify(&root, &layout.dimensions(), &positions, &changed).is_err());
            let mut longer = opening.clone();
            longer.siblings.push([0; 32]);
            assert!(verify(&root, &layout.dimensions(), &positions, &longer).is_err());
            if !opening.siblings.is_empty() {
                let mut shorter = opening;
                shorter.siblings.pop();
                assert!(verify(&root, &layout.dimensions(), &positions, &shorter).is_err());
            }
        }
    }
}
