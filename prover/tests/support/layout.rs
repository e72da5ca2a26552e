//! Where the pieces of a proof lie in its file.

use std::ops::Range;

use lvm_verifier::stark::StarkProof;
use lvm_verifier::{Head, Proof};

/// Bytes of a challenge.
const CHALLENGE: usize = 24;

/// What a head says of each part, the ledger's first, which begins at `ledger`.
pub(crate) fn part_heads(head: &Head, ledger: usize) -> Vec<Range<usize>> {
    let mut start = ledger;
    let heads = (0..head.parts()).map(|index| {
        let part = head.part_head(index).expect("there is such a part");
        let values: usize = part.border.values.iter().map(Vec::len).sum();
        let places = if index == 0 { 0 } else { 16 };
        let end = start + places + 1 + 2 * part.tables.len() + 32 + CHALLENGE * values;
        core::mem::replace(&mut start, end)..end
    });
    heads.collect()
}

/// The parts in the file of a proof, without their lengths.
pub(crate) fn parts(file: &[u8], proof: &Proof) -> Vec<Range<usize>> {
    let mut start = proof.head.to_bytes().expect("the head is encoded").len();
    let parts = (0..proof.parts.len()).map(|_| {
        let length = file[start..start + 4].try_into().expect("four bytes");
        let part = start + 4..start + 4 + u32::from_le_bytes(length) as usize;
        start = part.end;
        part
    });
    let parts: Vec<_> = parts.collect();
    assert_eq!(start, file.len());
    parts
}

/// Bytes of the openings, which are the last ones of a part.
pub(crate) fn opening_bytes(part: &StarkProof) -> usize {
    let openings = part.queries.iter().chain(&part.fri.openings);
    openings.map(|one| 8 + 8 * one.rows.len() + 32 * one.siblings.len()).sum()
}
