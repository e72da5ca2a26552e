//! What the guest commits to: 208 bytes.
//!
//! | offset | bytes | |
//! | --- | --- | --- |
//! | 0 | 1 | version, 1 |
//! | 1 | 1 | status: 0 invalid, 1 valid, 2 valid with ancestors on trust |
//! | 2 | 1 | reason, when the status is 0: see [`Reason`] |
//! | 3 | 5 | zero |
//! | 8 | 8 | chain id, big-endian |
//! | 16 | 32 | hash of the chain id and schedule: [`ChainSpec::hash`](crate::chain::ChainSpec::hash) |
//! | 48 | 32 | hash of the block |
//! | 80 | 32 | hash of its parent |
//! | 112 | 32 | state root before the block |
//! | 144 | 32 | state root after the block, the one in its header |
//! | 176 | 32 | status 2: Keccak-256 of the hashes of the 256 blocks before; else zero |
//!
//! # What it says
//! With status 1: the block with this hash is a valid child of the block with the parent's hash,
//! by the rules of the schedule with this hash, and turns the first state root into the second.
//! Every rule of execution is checked, and every rule for its header, next to its parent's header,
//! whose state root is the first. What is not checked is consensus: that the parent is part of the
//! chain, that proposer, randomness, beacon root and withdrawals are those of the beacon block,
//! that the time is not in the future, that blobs are available.
//!
//! With status 2: there was no parent's header. *If* the first root is the state root of the
//! parent, and *if* the hashes are those of the parent and the 255 blocks before, *then* the block
//! turns the first state root into the second, and everything is checked that doesn't compare the
//! header with its parent's: number, timestamp, bounds of the gas limit, base fee and excess blob
//! gas are as the header says.
//!
//! With status 0: the input was refused. This is **not** a proof that the block is invalid, since a
//! bad witness for a valid block is refused too. Of the other fields those are set that are known.
//!
//! # What its reader checks
//! - That the proof is one of this guest, and that its exit code is 0; with another exit code
//!   there is no claim.
//! - Version, status, and the schedule's hash against that of the chain meant. The chain id is
//!   part of that hash; a schedule that comes with the input has another hash than the one that is
//!   built in, unless it is the same.
//! - The hash of the block, or of its parent, against what is known of the chain. Everything else
//!   follows from the block's hash with status 1.
//! - With status 2 moreover: that the first root is the one in the header with the parent's hash,
//!   that Keccak-256 of the 256 hashes, newest first, is the last field, and that the block keeps
//!   the rules named above.

use alloc::vec::Vec;

use alloy_primitives::B256;

use crate::error::Invalid;

/// The length of the output in bytes.
pub const LENGTH: usize = 208;

/// The version of the layout.
pub const VERSION: u8 = 1;

/// What is known about a block; of a refused input, as far as it's known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// The chain's id.
    pub chain_id: u64,
    /// The hash of the chain's id and rules.
    pub chain_hash: B256,
    /// The hash of the block.
    pub block_hash: B256,
    /// The hash of its parent.
    pub parent_hash: B256,
    /// The state root before the block.
    pub pre_state_root: B256,
    /// The state root after the block.
    pub post_state_root: B256,
    /// Keccak-256 of the 256 hashes before the block, when they were taken on trust.
    pub trusted_ancestors: Option<B256>,
}

/// Why an input was refused, in the output's byte at offset 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// The input or the block in it is malformed.
    Malformed = 1,
    /// The schedule is refused or unknown.
    Chain = 2,
    /// The headers before the block are not its ancestors'.
    Ancestry = 3,
    /// The witness lacks something, or has malformed nodes.
    Witness = 4,
    /// The header breaks a rule.
    Header = 5,
    /// A transaction or a system call is invalid.
    Execution = 6,
    /// The header doesn't agree with the body or with what execution gave.
    Disagreement = 7,
}

/// The decoded output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// Why the input was refused; `None` when the block is valid.
    pub refused: Option<Reason>,
    /// What is claimed, if the block is valid.
    pub claim: Claim,
}

/// The bytes are not an output of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no output of version {VERSION}")]
pub struct NotAnOutput;

impl Output {
    /// The output for a valid block.
    pub const fn valid(claim: Claim) -> Self {
        Self { refused: None, claim }
    }

    /// The output for a refused input, of which `claim` is known.
    pub const fn refused(reason: Reason, claim: Claim) -> Self {
        Self { refused: Some(reason), claim }
    }

    /// The bytes that the guest commits to.
    pub fn encode(&self) -> [u8; LENGTH] {
        let claim = &self.claim;
        let mut head = [0; 8];
        head[0] = VERSION;
        head[1] = match (self.refused, claim.trusted_ancestors) {
            (Some(_), _) => 0,
            (None, None) => 1,
            (None, Some(_)) => 2,
        };
        head[2] = self.refused.map_or(0, |reason| reason as u8);
        let mut bytes = [0; LENGTH];
        bytes[..8].copy_from_slice(&head);
        bytes[8..16].copy_from_slice(&claim.chain_id.to_be_bytes());
        let hashes = [
            claim.chain_hash,
            claim.block_hash,
            claim.parent_hash,
            claim.pre_state_root,
            claim.post_state_root,
            claim.trusted_ancestors.unwrap_or_default(),
        ];
        for (field, hash) in bytes[16..].as_chunks_mut::<32>().0.iter_mut().zip(hashes) {
            *field = hash.0;
        }
        bytes
    }

    /// The output that is encoded as `bytes`.
    ///
    /// # Errors
    /// When the length, the version, the status or the reason is another, or a byte that should be
    /// zero isn't.
    pub fn decode(bytes: &[u8]) -> Result<Self, NotAnOutput> {
        let bytes: &[u8; LENGTH] = bytes.try_into().map_err(|_| NotAnOutput)?;
        let [version, status, reason, padding @ ..] = bytes[..8].try_into().unwrap_or([0; 8]);
        if version != VERSION || padding != [0; 5] {
            return Err(NotAnOutput);
        }
        let hashes: Vec<B256> = bytes[16..].as_chunks().0.iter().map(|h| B256::from(*h)).collect();
        let [chain_hash, block_hash, parent_hash, pre_state_root, post_state_root, last] =
            hashes[..]
        else {
            return Err(NotAnOutput);
        };
        let refused = match (status, reason) {
            (0, reason) => Some(Reason::of(reason).ok_or(NotAnOutput)?),
            (1 | 2, 0) => None,
            _ => return Err(NotAnOutput),
        };
        let trusted_ancestors = match status {
            1 if last != B256::ZERO => return Err(NotAnOutput),
            2 => Some(last),
            _ if last != B256::ZERO => Some(last),
            _ => None,
        };
        let chain_id = u64::from_be_bytes(bytes[8..16].try_into().unwrap_or_default());
        let claim = Claim {
            chain_id,
            chain_hash,
            block_hash,
            parent_hash,
            pre_state_root,
            post_state_root,
            trusted_ancestors,
        };
        Ok(Self { refused, claim })
    }
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 7] = [
        Self::Malformed,
        Self::Chain,
        Self::Ancestry,
        Self::Witness,
        Self::Header,
        Self::Execution,
        Self::Disagreement,
    ];

    fn of(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| *reason as u8 == byte)
    }
}

impl From<&Invalid> for Reason {
    fn from(invalid: &Invalid) -> Self {
        match invalid {
            Invalid::Input(_) | Invalid::Block(_) => Self::Malformed,
            Invalid::Chain(_) => Self::Chain,
            Invalid::Ancestry(_) => Self::Ancestry,
            Invalid::State(_) => Self::Witness,
            Invalid::Header(_) => Self::Header,
            Invalid::Sender { .. }
            | Invalid::Execution(_)
            | Invalid::DepositLayout
            | Invalid::SystemContract(_) => Self::Execution,
            Invalid::Disagreement(_) => Self::Disagreement,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim() -> Claim {
        Claim {
            chain_id: 1,
            chain_hash: B256::repeat_byte(1),
            block_hash: B256::repeat_byte(2),
            parent_hash: B256::repeat_byte(3),
            pre_state_root: B256::repeat_byte(4),
            post_state_root: B256::repeat_byte(5),
            trusted_ancestors: None,
        }
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let trusting = Claim { trusted_ancestors: Some(B256::repeat_byte(6)), ..claim() };
        let mut outputs = vec![Output::valid(claim()), Output::valid(trusting)];
        outputs.extend(Reason::ALL.map(|reason| Output::refused(reason, Claim::default())));
        for output in outputs {
            assert_eq!(Output::decode(&output.encode()), Ok(output));
        }
    }

    #[test]
    fn other_bytes_are_no_output() {
        let bytes = Output::valid(claim()).encode();
        for (at, value) in [(0, 2), (1, 3), (1, 0), (2, 1), (2, 8), (7, 1), (207, 1)] {
            let mut changed = bytes;
            changed[at] = value;
            assert_eq!(Output::decode(&changed), Err(NotAnOutput), "{at}");
        }
        assert_eq!(Output::decode(&bytes[1..]), Err(NotAnOutput));
        assert!(Output::decode(&bytes).is_ok());
    }
}
