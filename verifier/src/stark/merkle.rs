//! Merkle trees over matrices of several heights, and openings of many rows at once.
//!
//! The rows of the highest matrix are the leaves. Where a level of the tree has as many nodes as
//! another matrix has rows, node `i` absorbs row `i` of that matrix:
//!
//! ```text
//! leaf    row(r)                       Blake3 of the row's elements, zero-padded to full blocks
//! node    pair(left, right)            keyed Blake3
//! or      pair(pair(left, right), row(r))
//! ```
//!
//! What is longer than [`PIECE`] bytes is hashed in pieces: its hash is that of the hashes of its
//! pieces, one after another.
//!
//! A position in the tree of height 2^k stands for row `position >> (k − l)` of a matrix of
//! height 2^l. The shape of a tree is known to the verifier before it sees an opening, so rows
//! and nodes can't take each other's place.

use alloc::vec::Vec;

use lvm_air::field::Val;
use p3_field::PrimeField64;

/// A hash value.
pub type Digest = [u8; 32];

/// Elements that a row is padded to a multiple of: what fits into a block of the hash.
pub const BLOCK_ELEMENTS: usize = 8;

/// Key of the hash of two nodes; the text's bytes, so that no row can be taken for a pair.
pub const PAIR_KEY: &Digest = b"lvm Merkle tree: pair of digests";

/// Bytes of a block of the hash.
pub const BLOCK: usize = 8 * BLOCK_ELEMENTS;
/// Most bytes that are hashed in one piece: a chunk of Blake3, so that rows of any length can be
/// hashed side by side.
pub const PIECE: usize = 1024;

/// The hash of a row.
#[must_use]
pub fn hash_row(row: &[Val]) -> Digest {
    let mut bytes = Vec::with_capacity(row.len().saturating_mul(8).next_multiple_of(BLOCK));
    for element in row {
        bytes.extend_from_slice(&element.as_canonical_u64().to_le_bytes());
    }
    hash_bytes(bytes)
}

/// The hash of bytes, zero-padded to full blocks.
fn hash_bytes(mut bytes: Vec<u8>) -> Digest {
    loop {
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        if bytes.len() <= PIECE {
            return *blake3::hash(&bytes).as_bytes();
        }
        bytes = bytes.chunks(PIECE).flat_map(|piece| *blake3::hash(piece).as_bytes()).collect();
    }
}

/// The hash of two nodes.
#[must_use]
pub fn hash_pair(left: &Digest, right: &Digest) -> Digest {
    let mut hasher = blake3::Hasher::new_keyed(PAIR_KEY);
    hasher.update(left);
    hasher.update(right);
    *hasher.finalize().as_bytes()
}

/// Rows of a tree's matrices at some positions, and the nodes that lead from them to the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreeOpening {
    /// The rows: for each matrix, the highest first, its rows at the positions in ascending
    /// order, each once.
    pub rows: Vec<Val>,
    /// The nodes that can't be computed from the rows, level by level from the leaves, each
    /// level in ascending order.
    pub siblings: Vec<Digest>,
}

impl TreeOpening {
    /// Nothing opened.
    pub const EMPTY: Self = Self { rows: Vec::new(), siblings: Vec::new() };
}

/// Height and width of a committed matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimensions {
    /// Log2 of the number of rows.
    pub log_height: usize,
    /// Elements in a row.
    pub width: usize,
}

/// An opening that isn't one of the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MerkleError {
    #[error("an opening has {found} elements instead of {expected}")]
    Rows { expected: usize, found: usize },
    #[error("an opening has {found} nodes, which are too few or too many")]
    Siblings { found: usize },
    #[error("the matrices are not in descending order of height")]
    Order,
    #[error("an opening doesn't lead to the committed root")]
    Root,
}

/// The different values of `positions >> shift`, in ascending order. `positions` are ascending.
#[must_use]
pub fn distinct(positions: &[usize], shift: usize) -> Vec<usize> {
    let mut rows: Vec<usize> = positions.iter().map(|position| position >> shift).collect();
    rows.dedup();
    rows
}

/// The opened rows of each matrix, checked against a root.
///
/// `matrices` are in descending order of different heights, and not empty; `positions` are
/// ascending, below the largest height. Returns for each matrix the rows in the order of
/// [`distinct`] positions.
///
/// # Errors
/// If the opening isn't one of these positions in a tree with this root.
pub fn verify<'a>(
    root: &Digest,
    matrices: &[Dimensions],
    positions: &[usize],
    opening: &'a TreeOpening,
) -> Result<Vec<Vec<&'a [Val]>>, MerkleError> {
    let log_max = matrices.first().map_or(0, |matrix| matrix.log_height);
    // 1. As many elements as the positions ask for.
    let counts: Vec<usize> = matrices
        .iter()
        .map(|matrix| distinct(positions, log_max.saturating_sub(matrix.log_height)).len())
        .collect();
    let elements = |(matrix, count): (&Dimensions, &usize)| matrix.width.saturating_mul(*count);
    let expected = matrices.iter().zip(&counts).map(elements).sum();
    if opening.rows.len() != expected {
        return Err(MerkleError::Rows { expected, found: opening.rows.len() });
    }
    let mut rest = opening.rows.as_slice();
    let mut rows: Vec<Vec<&[Val]>> = Vec::with_capacity(matrices.len());
    for (matrix, count) in matrices.iter().zip(&counts) {
        let (mine, others) = rest.split_at(matrix.width.saturating_mul(*count));
        rows.push(mine.chunks_exact(matrix.width.max(1)).collect());
        rest = others;
    }

    // 2. From the leaves to the root.
    let wrong_siblings = MerkleError::Siblings { found: opening.siblings.len() };
    let mut siblings = opening.siblings.iter();
    let mut nodes: Vec<(usize, Digest)> = Vec::new();
    let mut remaining = matrices.iter().zip(&rows).peekable();
    for level in (0..=log_max).rev() {
        if level < log_max {
            let mut parents = Vec::with_capacity(nodes.len());
            let mut children = nodes.into_iter().peekable();
            while let Some((index, digest)) = children.next() {
                let parent = if index & 1 == 1 {
                    hash_pair(siblings.next().ok_or(wrong_siblings)?, &digest)
                } else if let Some((_, right)) = children.next_if(|&(next, _)| next == index | 1) {
                    hash_pair(&digest, &right)
                } else {
                    hash_pair(&digest, siblings.next().ok_or(wrong_siblings)?)
                };
                parents.push((index >> 1, parent));
            }
            nodes = parents;
        }
        if let Some((_, rows)) = remaining.next_if(|(matrix, _)| matrix.log_height == level) {
            let hashes = rows.iter().map(|row| hash_row(row));
            if level == log_max {
                nodes = distinct(positions, 0).into_iter().zip(hashes).collect();
            } else {
                for ((_, node), hash) in nodes.iter_mut().zip(hashes) {
                    *node = hash_pair(node, &hash);
                }
            }
        }
    }
    if siblings.next().is_some() {
        return Err(wrong_siblings);
    }
    // Matrices of equal or ascending heights would not have been hashed.
    if remaining.next().is_some() {
        return Err(MerkleError::Order);
    }
    match nodes.as_slice() {
        [(0, node)] if node == root => Ok(rows),
        _ => Err(MerkleError::Root),
    }
}
