//! How often each entry of a lookup table is asked for.
//!
//! Filling a row counts the lookups that its constraints make; the sums become the multiplicity
//! columns of the lookup tables. A miscount unbalances a bus, so it can't be overlooked.

use alloc::vec;
use alloc::vec::Vec;

/// Entries of the table of shift amounts.
pub const SHIFT_AMOUNTS: usize = 64;

/// Lookup counts, by table and entry.
#[derive(Clone, Debug)]
pub struct Counts {
    /// `range16` lookups of each value.
    pub range16: Vec<u64>,
    /// `sign16` lookups of each value.
    pub sign16: Vec<u64>,
    /// `bitwise_and` lookups of each pair, at `a + 256·b`.
    pub bitwise_and: Vec<u64>,
    /// `byte_pair` lookups of each pair, at `a + 256·b`.
    pub byte_pair: Vec<u64>,
    /// `shift_amount` lookups of each amount.
    pub shift_amount: Vec<u64>,
    /// `program` lookups of each instruction, by its position.
    pub program: Vec<u64>,
}

impl Counts {
    /// All zero, for a program of `instructions` instructions.
    #[must_use]
    pub fn new(instructions: usize) -> Self {
        Self {
            range16: vec![0; 1 << 16],
            sign16: vec![0; 1 << 16],
            bitwise_and: vec![0; 1 << 16],
            byte_pair: vec![0; 1 << 16],
            shift_amount: vec![0; SHIFT_AMOUNTS],
            program: vec![0; instructions],
        }
    }

    /// Counts a `range16` lookup.
    pub fn range16(&mut self, value: u16) {
        self.range16[usize::from(value)] += 1;
    }

    /// Counts a `sign16` lookup.
    pub fn sign16(&mut self, value: u16) {
        self.sign16[usize::from(value)] += 1;
    }

    /// Counts a `bitwise_and` lookup.
    pub fn bitwise_and(&mut self, a: u8, b: u8) {
        self.bitwise_and[usize::from(a) + 256 * usize::from(b)] += 1;
    }

    /// Counts a `byte_pair` lookup.
    pub fn byte_pair(&mut self, a: u8, b: u8) {
        self.byte_pair[usize::from(a) + 256 * usize::from(b)] += 1;
    }

    /// Counts a `shift_amount` lookup.
    pub fn shift_amount(&mut self, amount: u8) {
        self.shift_amount[usize::from(amount)] += 1;
    }

    /// Counts a `program` lookup.
    pub fn program(&mut self, index: u32) {
        self.program[index as usize] += 1;
    }

    /// The sum of this count and another.
    #[must_use]
    pub fn merged(mut self, other: &Self) -> Self {
        for (mine, theirs) in [
            (&mut self.range16, &other.range16),
            (&mut self.sign16, &other.sign16),
            (&mut self.bitwise_and, &other.bitwise_and),
            (&mut self.byte_pair, &other.byte_pair),
            (&mut self.shift_amount, &other.shift_amount),
            (&mut self.program, &other.program),
        ] {
            for (a, b) in mine.iter_mut().zip(theirs) {
                *a += b;
            }
        }
        self
    }
}
