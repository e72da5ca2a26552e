//! The transcript: what both sides have said so far, as one digest, and the challenges drawn
//! from it.
//!
//! A chain of Blake3: absorbing replaces the state by the keyed hash of what is absorbed with the
//! state as key; each absorbed item has a fixed length or its length before it, so the sequence
//! of items can be read off the hashed bytes. A challenge is read from the extendable output of
//! the state, after which the state moves on, so no two challenges share bytes.

use lvm_air::field::{Challenge, Val};
use p3_field::{BasedVectorSpace, PrimeField64};

use crate::stark::merkle::{BLOCK, Digest};

/// Separates an absorbed item from a drawn challenge.
const ABSORB: u8 = 0;
const DRAW: u8 = 1;
const GRIND: u8 = 2;

/// A Fiat–Shamir transcript.
#[derive(Clone, Debug)]
pub struct Transcript {
    state: Digest,
}

impl Transcript {
    /// A transcript that begins with `seed`, the digest of the statement.
    #[must_use]
    pub const fn new(seed: Digest) -> Self {
        Self { state: seed }
    }

    /// The digest of all that was absorbed and drawn so far.
    #[must_use]
    pub const fn state(&self) -> &Digest {
        &self.state
    }

    fn step(&mut self, tag: u8, item: &[u8]) {
        let mut hasher = blake3::Hasher::new_keyed(&self.state);
        hasher.update(&[tag]);
        hasher.update(&(item.len() as u64).to_le_bytes());
        hasher.update(item);
        self.state = *hasher.finalize().as_bytes();
    }

    /// Absorbs a Merkle root.
    pub fn absorb_root(&mut self, root: &Digest) {
        self.step(ABSORB, root);
    }

    /// Absorbs a list of field elements together with its length.
    pub fn absorb(&mut self, elements: &[Challenge]) {
        let mut hasher = blake3::Hasher::new_keyed(&self.state);
        hasher.update(&[ABSORB]);
        hasher.update(&(elements.len() as u64).to_le_bytes());
        for element in elements {
            let coefficients: &[Val] = element.as_basis_coefficients_slice();
            for coefficient in coefficients {
                hasher.update(&coefficient.as_canonical_u64().to_le_bytes());
            }
        }
        self.state = *hasher.finalize().as_bytes();
    }

    /// Draws a uniform challenge.
    pub fn draw(&mut self) -> Challenge {
        self.step(DRAW, &[]);
        let mut output = blake3::Hasher::new_keyed(&self.state).finalize_xof();
        Challenge::from_basis_coefficients_fn(|_| {
            loop {
                let mut bytes = [0; 8];
                output.fill(&mut bytes);
                let word = u64::from_le_bytes(bytes);
                // The rare words that are no canonical element are passed over.
                if word < Val::ORDER_U64 {
                    break Val::new(word);
                }
            }
        })
    }

    /// Draws `count` numbers below `2^bits`, uniform and independent; `bits` is at most 31.
    pub fn draw_positions(&mut self, count: usize, bits: usize) -> alloc::vec::Vec<usize> {
        self.step(DRAW, &[]);
        let mut output = blake3::Hasher::new_keyed(&self.state).finalize_xof();
        let mask = !(usize::MAX << bits);
        let draw = |_| {
            let mut bytes = [0; 8];
            output.fill(&mut bytes);
            let word = u64::from_le_bytes(bytes);
            usize::try_from(word & mask as u64).unwrap_or(0)
        };
        (0..count).map(draw).collect()
    }

    /// The key below which a proof-of-work witness is searched here.
    #[must_use]
    pub fn puzzle(&self) -> Puzzle {
        Puzzle { key: self.state }
    }

    /// Absorbs a proof-of-work witness; whether it is worth `bits` bits.
    #[must_use]
    pub fn absorb_witness(&mut self, bits: usize, witness: u64) -> bool {
        let passes = self.puzzle().is_solved_by(bits, witness);
        self.step(GRIND, &witness.to_le_bytes());
        passes
    }
}

/// A proof-of-work puzzle.
#[derive(Clone, Copy, Debug)]
pub struct Puzzle {
    key: Digest,
}

impl Puzzle {
    /// Whether `witness` is worth `bits` bits: the hash's first bits are zero. A witness for no
    /// bits is 0.
    #[must_use]
    pub fn is_solved_by(&self, bits: usize, witness: u64) -> bool {
        if bits == 0 {
            return witness == 0;
        }
        let hash = blake3::keyed_hash(&self.key, &Self::item(witness));
        Self::is_worth(bits, hash.as_bytes())
    }

    /// The key of the hash.
    #[must_use]
    pub const fn key(&self) -> &Digest {
        &self.key
    }

    /// What is hashed of a witness.
    #[must_use]
    pub fn item(witness: u64) -> [u8; BLOCK] {
        let mut item = [0; BLOCK];
        item[0] = GRIND;
        item[1..9].copy_from_slice(&witness.to_le_bytes());
        item
    }

    /// Whether a witness with this hash is worth `bits` bits.
    #[must_use]
    pub fn is_worth(bits: usize, hash: &Digest) -> bool {
        let [a, b, c, d, e, f, g, h, ..] = *hash;
        u64::from_be_bytes([a, b, c, d, e, f, g, h]).leading_zeros() as usize >= bits
    }
}
