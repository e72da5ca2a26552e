//! Changes of an honest proof.
//!
//! Checked: the honest proof verifies, and whatever differs from it in any byte does not; nothing
//! panics.
//!
//! The proof is made anew with `cargo run -p lvm-fuzz-targets --example seed_proof`, because it has
//! some megabytes and changes with the protocol. Its file has hardly any lengths in it, so a change
//! that keeps the file's length mostly decodes, and is refused by the verifier itself.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use arbitrary::{Arbitrary, Unstructured};
use lvm_verifier::proof::{MAGIC, PREFIX};
use lvm_verifier::{Claim, Profile, Proof, Verifier, VerifyingKey};

/// What the honest proof proves; its profile is the smaller one, since its files are.
const CLAIM: Claim<'_> = Claim { exit_code: 0, public_output: None, profile: Profile::Provable100 };
/// Most changes of one proof.
const MUTATIONS_MAX: usize = 8;
/// Most bytes that are put in at a place.
const INSERT_MAX: usize = 256;
/// The order of the base field.
const ORDER: u64 = 0xffff_ffff_0000_0001;

/// An honest proof that ended with exit code 0, in its file's form, and what is known of it.
#[derive(Clone, Debug)]
pub struct Seed {
    bytes: Vec<u8>,
    /// Where the pieces of the file begin: the head's length and the head, and of each part its
    /// length, its roots, its values and its openings.
    pieces: Vec<usize>,
    verifier: Verifier,
}

impl Seed {
    /// The seed that is `bytes`, a proof for the program of `key`.
    ///
    /// # Panics
    /// If the proof doesn't verify.
    pub fn new(bytes: Vec<u8>, key: VerifyingKey) -> Self {
        let proof = Proof::from_bytes(&bytes).expect("the seed is a proof");
        let verifier = Verifier::new(key);
        verifier.verify(&proof, &CLAIM).expect("the seed verifies");
        let mut start = proof.head.to_bytes().expect("it was read").len();
        let mut pieces = vec![MAGIC.len() + 1, PREFIX];
        for (index, part) in proof.parts.iter().enumerate() {
            let end = start + proof.head.part_to_bytes(index, part).expect("it was read").len();
            let openings = part.queries.iter().chain(&part.fri.openings);
            let openings: usize =
                openings.map(|one| 8 + 8 * one.rows.len() + 32 * one.siblings.len()).sum();
            pieces.extend([start, start + 4, start + 4 + 3 * 32, end - openings]);
            start = end;
        }
        assert_eq!(start, bytes.len(), "parts are all there is after the head");
        Self { bytes, pieces, verifier }
    }

    /// The seed in the file that `LVM_FUZZ_PROOF` names, or in its usual place.
    ///
    /// # Panics
    /// If there is none, or it doesn't verify.
    pub fn read() -> Self {
        let path = std::env::var_os("LVM_FUZZ_PROOF").map_or_else(seed_path, PathBuf::from);
        let bytes = std::fs::read(&path)
            .unwrap_or_else(|error| panic!("make {} with seed_proof: {error}", path.display()));
        let proof = Proof::from_bytes(&bytes).expect("the seed is a proof");
        Self::new(bytes, proof.head.key.verifying_key())
    }

    /// Changes the proof as `data` says, and checks that it is refused.
    ///
    /// # Panics
    /// If it is accepted.
    pub fn check(&self, data: &[u8]) {
        let mut data = Unstructured::new(data);
        let mut bytes = self.bytes.clone();
        for _ in 0..MUTATIONS_MAX {
            if data.is_empty() {
                break;
            }
            let Ok(mutation) = Mutation::arbitrary(&mut data) else { break };
            self.apply(mutation, &mut bytes);
        }
        let verdict = match Proof::from_bytes(&bytes) {
            Ok(proof) => {
                let accepted = self.verifier.verify(&proof, &CLAIM).map(<[u8]>::len);
                accepted.map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        let unchanged = bytes == self.bytes;
        assert!(verdict.is_ok() == unchanged, "unchanged: {unchanged}, verdict: {verdict:?}");
    }
}

/// Where the seed usually is.
pub fn seed_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../seeds/small.proof")
}

/// Checks a change of the seed in [`seed_path`].
pub fn check(data: &[u8]) {
    static SEED: OnceLock<Seed> = OnceLock::new();
    SEED.get_or_init(Seed::read).check(data);
}

/// A place in the proof.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Spot {
    /// Among the first bytes: header, key, statement, shape.
    Start(u8),
    /// Among the last bytes.
    End(u16),
    /// Near the beginning of a piece.
    Piece(u8, u16),
    /// At a number of the ledger's proof, if those before it have eight bytes: most are field
    /// elements.
    Number(u32),
    Any(u32),
}

/// A number to put somewhere.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Number {
    Zero,
    One,
    Max,
    Order,
    OrderMinusOne,
    OrderPlusOne,
    Small(u8),
    Power(u8),
    Any(u64),
}

impl Number {
    fn get(self) -> u64 {
        match self {
            Self::Zero => 0,
            Self::One => 1,
            Self::Max => u64::MAX,
            Self::Order => ORDER,
            Self::OrderMinusOne => ORDER - 1,
            Self::OrderPlusOne => ORDER + 1,
            Self::Small(number) => number.into(),
            Self::Power(log) => 1 << (log % 64),
            Self::Any(number) => number,
        }
    }
}

/// A change. All positions are those of the honest proof.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Mutation<'a> {
    Flip(Spot, u8),
    Byte(Spot, u8),
    Set(Spot, Number),
    Add(Spot, i8),
    /// Adds the order of the field: another spelling of the same element.
    AddOrder(Spot),
    Copy(Spot, Spot, u8),
    Swap(Spot, Spot, u8),
    Remove(Spot, u16),
    Insert(Spot, &'a [u8]),
    Truncate(Spot),
    Extend(&'a [u8]),
}

impl Seed {
    fn position(&self, spot: Spot) -> usize {
        let length = self.bytes.len();
        match spot {
            Spot::Start(at) => usize::from(at) % length,
            Spot::End(at) => length - 1 - usize::from(at) % length,
            Spot::Piece(piece, at) => {
                let start = self.pieces[usize::from(piece) % self.pieces.len()];
                (start + usize::from(at)) % length
            }
            Spot::Number(index) => {
                let start = self.pieces[3];
                (start + 8 * index as usize) % length
            }
            Spot::Any(at) => at as usize % length,
        }
    }

    /// Applies a change to `bytes`, as far as there is something in its place.
    fn apply(&self, mutation: Mutation<'_>, bytes: &mut Vec<u8>) {
        match mutation {
            Mutation::Flip(spot, bit) => {
                edit(bytes, self.position(spot), 1, |bytes| bytes[0] ^= 1 << (bit % 8));
            }
            Mutation::Byte(spot, value) => {
                edit(bytes, self.position(spot), 1, |bytes| bytes[0] = value);
            }
            Mutation::Set(spot, number) => {
                edit_number(bytes, self.position(spot), |_| number.get());
            }
            Mutation::Add(spot, delta) => {
                let delta = i64::from(delta);
                edit_number(bytes, self.position(spot), |number| number.wrapping_add_signed(delta));
            }
            Mutation::AddOrder(spot) => {
                edit_number(bytes, self.position(spot), |number| number.wrapping_add(ORDER));
            }
            Mutation::Copy(from, to, length) => {
                let (from, to) = (self.position(from), self.position(to));
                let copied = self.bytes.get(from..from + usize::from(length)).unwrap_or_default();
                edit(bytes, to, copied.len(), |bytes| bytes.copy_from_slice(copied));
            }
            Mutation::Swap(one, two, length) => {
                let (one, two) = (self.position(one), self.position(two));
                let distance = one.abs_diff(two);
                let length = usize::from(length).min(distance);
                edit(bytes, one.min(two), distance + length, |bytes| {
                    let (first, second) = bytes.split_at_mut(distance);
                    first[..length].swap_with_slice(second);
                });
            }
            Mutation::Remove(spot, length) => {
                let start = self.position(spot).min(bytes.len());
                let end = (start + usize::from(length)).min(bytes.len());
                bytes.drain(start..end);
            }
            Mutation::Insert(spot, inserted) => {
                let start = self.position(spot).min(bytes.len());
                let inserted = &inserted[..inserted.len().min(INSERT_MAX)];
                bytes.splice(start..start, inserted.iter().copied());
            }
            Mutation::Truncate(spot) => bytes.truncate(self.position(spot)),
            Mutation::Extend(extra) => bytes.extend(&extra[..extra.len().min(INSERT_MAX)]),
        }
    }
}

/// Edits the `length` bytes at `start`, if there are as many.
fn edit(bytes: &mut [u8], start: usize, length: usize, edit: impl FnOnce(&mut [u8])) {
    if let Some(bytes) = bytes.get_mut(start..start + length) {
        edit(bytes);
    }
}

/// Edits the 64-bit number at `start`, if it is there.
fn edit_number(bytes: &mut [u8], start: usize, change: impl FnOnce(u64) -> u64) {
    edit(bytes, start, 8, |bytes| {
        let number = u64::from_le_bytes((&*bytes).try_into().expect("eight bytes"));
        bytes.copy_from_slice(&change(number).to_le_bytes());
    });
}
