//! Allocates, grows, shrinks and frees in the patterns that programs do, and commits a checksum.
//!
//! The private input is the number of rounds as one byte; without one there is 1.

use std::collections::{BTreeMap, VecDeque};

/// A list with one allocation for each element.
struct Node {
    value: u64,
    next: Option<Box<Node>>,
}

/// An object that is aligned more strictly than heap blocks are.
#[repr(align(128))]
struct Wide([u64; 16]);

fn main() {
    let rounds = lvm_guest_sdk::input().first().map_or(1, |rounds| u64::from(*rounds));
    lvm_guest_sdk::commit(&checksum(rounds).to_le_bytes());
}

/// The checksum after all rounds.
pub(crate) fn checksum(rounds: u64) -> u64 {
    let mut checksum = Checksum(0xcbf2_9ce4_8422_2325);
    let mut kept = Vec::new();
    for round in 0..rounds {
        checksum.add(rows(round));
        checksum.add(map(round));
        checksum.add(list(round));
        checksum.add(queue(round));
        checksum.add(zeroed(round));
        checksum.add(aligned(round));
        kept.push(strings(round));
    }
    for text in kept {
        text.bytes().for_each(|byte| checksum.add(u64::from(byte)));
    }
    checksum.0
}

struct Checksum(u64);

impl Checksum {
    fn add(&mut self, value: u64) {
        self.0 = (self.0 ^ value).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
    }
}

/// Vectors that grow side by side, so that none stays the last block of the heap.
fn rows(round: u64) -> u64 {
    let mut rows: Vec<Vec<u64>> = vec![Vec::new(); 16];
    for i in 0..1024 {
        rows[i as usize * 7 % 16].push(i * round);
    }
    rows.iter_mut().step_by(3).for_each(|row| row.truncate(5));
    rows.iter_mut().for_each(Vec::shrink_to_fit);
    rows.iter().flatten().fold(0, |sum, value| sum.wrapping_mul(31).wrapping_add(*value))
}

fn map(round: u64) -> u64 {
    let mut map = BTreeMap::new();
    for i in 0..512_u64 {
        map.insert(i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48, i + round);
    }
    map.retain(|key, _| key % 3 != 0);
    map.into_iter().fold(0, |sum, (key, value)| sum.wrapping_mul(31).wrapping_add(key ^ value))
}

fn list(round: u64) -> u64 {
    let mut head = None;
    for value in 0..256 {
        head = Some(Box::new(Node { value: value ^ round, next: head }));
    }
    let mut sum = 0_u64;
    while let Some(node) = head {
        sum = sum.wrapping_mul(31).wrapping_add(node.value);
        head = node.next;
    }
    sum
}

fn queue(round: u64) -> u64 {
    let mut queue: VecDeque<Box<[u8]>> = VecDeque::new();
    let mut sum = 0_u64;
    for i in 0..300_usize {
        queue.push_back(vec![(i as u64 ^ round) as u8; i * 13 % 2000 + 1].into_boxed_slice());
        if i % 3 == 2 {
            let front = queue.pop_front().expect("three elements were added");
            sum = sum.wrapping_mul(31).wrapping_add(front.len() as u64 + u64::from(front[0]));
        }
    }
    sum + queue.len() as u64
}

/// Zeroed memory must be zero also where it was used before.
fn zeroed(round: u64) -> u64 {
    let mut sum = 0;
    for size in [24, 1000, 5000, 40_000] {
        let mut dirty = Vec::with_capacity(size);
        dirty.resize(size, 0xA5_u8);
        dirty.truncate(size / 2);
        dirty.shrink_to_fit();
        let mut fresh = vec![0_u8; size];
        sum += fresh.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        fresh[size - 1] = round as u8;
        sum += u64::from(fresh[size - 1]) + u64::from(dirty[size / 2 - 1]);
    }
    sum
}

fn aligned(round: u64) -> u64 {
    let objects: Vec<Box<Wide>> = (0..20).map(|i| Box::new(Wide([i + round; 16]))).collect();
    let misplaced =
        objects.iter().filter(|object| !(&raw const object.0 as usize).is_multiple_of(128)).count();
    objects.iter().map(|object| object.0[15]).sum::<u64>() + misplaced as u64
}

fn strings(round: u64) -> String {
    let mut text = String::new();
    for i in 0..200 {
        text += &format!("{:x}.", i * round);
    }
    text
}
