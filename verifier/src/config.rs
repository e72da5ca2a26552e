//! The concrete types of the proof protocol: field, hash, commitment, transcript.
//!
//! Goldilocks with challenges in its cubic extension; Blake3 for Merkle trees and transcript;
//! FRI over two-adic subgroups. One configuration, no type parameters.

use alloc::vec::Vec;

use p3_blake3::Blake3;
use p3_challenger::{HashChallenger, SerializingChallenger64};
use p3_commit::ExtensionMmcs;
use p3_dft::Radix2DitParallel;
use p3_field::extension::CubicTrinomialExtensionField;
use p3_fri::{FriParameters, TwoAdicFriPcs};
use p3_goldilocks::Goldilocks;
use p3_merkle_tree::MerkleTreeMmcs;
use p3_symmetric::{CompressionFunctionFromHasher, SerializingHasher};
use p3_uni_stark::StarkConfig;

use crate::profile::Profile;

/// The base field.
pub type Val = Goldilocks;
/// The field of challenges, of about 2^192 elements.
pub type Challenge = CubicTrinomialExtensionField<Goldilocks>;
type FieldHash = SerializingHasher<Blake3>;
type Compress = CompressionFunctionFromHasher<Blake3, 2, 32>;
type ValMmcs = MerkleTreeMmcs<Val, u8, FieldHash, Compress, 2, 32>;
type ChallengeMmcs = ExtensionMmcs<Val, Challenge, ValMmcs>;
/// The polynomial commitment scheme.
pub type Pcs = TwoAdicFriPcs<Val, Radix2DitParallel<Val>, ValMmcs, ChallengeMmcs>;
/// The transcript.
pub type Challenger = SerializingChallenger64<Val, HashChallenger<u8, Blake3, 32>>;
/// The configuration of prover and verifier.
pub type Config = StarkConfig<Pcs, Challenge, Challenger>;
/// A commitment: the root of a Merkle tree.
pub type Commitment = p3_batch_stark::config::Commitment<Config>;
/// A proof over all tables.
pub type StarkProof = p3_batch_stark::BatchProof<Config>;

/// Base-field elements in a challenge.
pub const CHALLENGE_DEGREE: usize = 3;
/// Bits of the challenge field's order, rounded down.
pub const CHALLENGE_BITS: usize = 191;
/// Collision resistance of a 32-byte Blake3 digest, in bits.
pub const COLLISION_BITS: usize = 128;

/// The configuration for `profile` with a transcript that begins with `seed`.
#[must_use]
pub fn config(profile: Profile, seed: Vec<u8>) -> Config {
    let parameters = profile.parameters();
    let hash = FieldHash::new(Blake3);
    let compress = Compress::new(Blake3);
    let mmcs = ValMmcs::new(hash, compress, 0);
    let fri = FriParameters {
        log_blowup: parameters.log_blowup,
        log_final_poly_len: parameters.log_final_len,
        max_log_arity: 1,
        num_queries: parameters.queries,
        batch_proof_of_work_bits: parameters.batch_grinding,
        commit_proof_of_work_bits: parameters.commit_grinding,
        query_proof_of_work_bits: parameters.query_grinding,
        mmcs: ChallengeMmcs::new(mmcs.clone()),
    };
    let pcs = Pcs::new(Radix2DitParallel::default(), mmcs, fri);
    StarkConfig::new(pcs, Challenger::from_hasher(seed, Blake3))
        .with_lookup_proof_of_work_bits(parameters.lookup_grinding)
        .with_ood_proof_of_work_bits(parameters.ood_grinding)
}
