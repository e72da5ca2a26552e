//! The rules that headers keep: by themselves, and next to the parent's.
//!
//! What a header says about the block's body and its execution is compared in `execute`. A header
//! that keeps these rules may still be of a block that the chain never took in; that is the
//! consensus layer's to say.

use alloy_consensus::Header;
use alloy_consensus::constants::EMPTY_OMMER_ROOT_HASH;
use alloy_eips::eip1559::{BaseFeeParams, GAS_LIMIT_BOUND_DIVISOR};
use alloy_primitives::{B64, U256};

use crate::chain::{Activation, Fork};

/// The most bytes of extra data (yellow paper, section 4.3).
const EXTRA_DATA_MAX: usize = 32;

/// The least gas limit (yellow paper, section 4.3.4).
const GAS_LIMIT_MIN: u64 = 5000;

/// The greatest gas limit (EIP-1985).
const GAS_LIMIT_MAX: u64 = i64::MAX.cast_unsigned();

/// A fee or an amount of blob gas above this is not a chain's, and sums would overflow.
const PLAUSIBLE: u64 = 1 << 48;

/// The rule that a header breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// No rules are known for so early a timestamp.
    #[error("the block is older than the chain's first known fork")]
    NoRules,
    /// The number isn't the parent's plus 1.
    #[error("the number is not the parent's plus 1")]
    Number,
    /// The timestamp isn't after the parent's.
    #[error("the timestamp is not after the parent's")]
    Timestamp,
    /// The gas limit is out of bounds, or too far from the parent's.
    #[error("the gas limit is out of bounds")]
    GasLimit,
    /// More gas is used than the limit allows.
    #[error("more gas is used than the limit allows")]
    GasUsed,
    /// The base fee is missing, or not what follows from the parent (EIP-1559).
    #[error("the base fee is wrong")]
    BaseFee,
    /// There are more than 32 bytes of extra data.
    #[error("the extra data is too long")]
    ExtraData,
    /// The difficulty, the nonce or the ommers' hash is not what it is since the merge (EIP-3675).
    #[error("the difficulty, the nonce or the ommers' hash is not a merged chain's")]
    ProofOfWork,
    /// A field that begins with a later fork is there, or one of an earlier fork is missing.
    #[error("the fields are not those of the fork")]
    Fields,
    /// The blob gas used is more than the most that is allowed (EIP-4844).
    #[error("more blob gas is used than allowed")]
    BlobGasUsed,
    /// The excess blob gas doesn't follow from the parent (EIP-4844, EIP-7918).
    #[error("the excess blob gas is wrong")]
    ExcessBlobGas,
    /// The parent's header is not one that a chain can have.
    #[error("the parent's header is implausible")]
    Parent,
}

/// Checks what a header says by itself.
///
/// # Errors
/// Names the rule that is broken.
pub fn check(header: &Header, rules: &Activation) -> Result<(), HeaderError> {
    let ensure = |holds: bool, error| if holds { Ok(()) } else { Err(error) };
    ensure(header.extra_data.len() <= EXTRA_DATA_MAX, HeaderError::ExtraData)?;
    ensure(
        header.difficulty == U256::ZERO
            && header.nonce == B64::ZERO
            && header.ommers_hash == EMPTY_OMMER_ROOT_HASH,
        HeaderError::ProofOfWork,
    )?;
    ensure((GAS_LIMIT_MIN..=GAS_LIMIT_MAX).contains(&header.gas_limit), HeaderError::GasLimit)?;
    ensure(header.gas_used <= header.gas_limit, HeaderError::GasUsed)?;
    ensure(header.base_fee_per_gas.is_some(), HeaderError::BaseFee)?;

    let begins_with = |fork: Fork, is_there: bool| is_there == (rules.fork >= fork);
    ensure(
        begins_with(Fork::Shanghai, header.withdrawals_root.is_some())
            && begins_with(Fork::Cancun, header.blob_gas_used.is_some())
            && begins_with(Fork::Cancun, header.excess_blob_gas.is_some())
            && begins_with(Fork::Cancun, header.parent_beacon_block_root.is_some())
            && begins_with(Fork::Prague, header.requests_hash.is_some())
            && header.block_access_list_hash.is_none()
            && header.slot_number.is_none(),
        HeaderError::Fields,
    )?;
    let blob_gas_max = rules.blob_params().map_or(0, |blobs| blobs.max_blob_gas_per_block());
    ensure(header.blob_gas_used.unwrap_or(0) <= blob_gas_max, HeaderError::BlobGasUsed)
}

/// Checks what a header says next to its parent's. That the parent is the parent, by its hash, is
/// the caller's to check.
///
/// # Errors
/// Names the rule that is broken.
pub fn check_against_parent(
    header: &Header,
    parent: &Header,
    rules: &Activation,
) -> Result<(), HeaderError> {
    let ensure = |holds: bool, error| if holds { Ok(()) } else { Err(error) };
    ensure(parent.number.checked_add(1) == Some(header.number), HeaderError::Number)?;
    ensure(header.timestamp > parent.timestamp, HeaderError::Timestamp)?;
    let distance = header.gas_limit.abs_diff(parent.gas_limit);
    ensure(distance < parent.gas_limit / GAS_LIMIT_BOUND_DIVISOR, HeaderError::GasLimit)?;

    let parent_fee = parent.base_fee_per_gas.ok_or(HeaderError::Parent)?;
    let (excess, used) = (parent.excess_blob_gas.unwrap_or(0), parent.blob_gas_used.unwrap_or(0));
    let is_plausible = parent.gas_used <= parent.gas_limit
        && parent.gas_limit >= GAS_LIMIT_MIN
        && [parent_fee, excess, used].iter().all(|amount| *amount < PLAUSIBLE);
    ensure(is_plausible, HeaderError::Parent)?;

    let base_fee = parent.next_block_base_fee(BaseFeeParams::ethereum());
    ensure(header.base_fee_per_gas == base_fee, HeaderError::BaseFee)?;
    if let Some(blobs) = rules.blob_params() {
        let next = blobs.next_block_excess_blob_gas_osaka(excess, used, parent_fee);
        ensure(header.excess_blob_gas == Some(next), HeaderError::ExcessBlobGas)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use alloy_primitives::B256;

    use super::*;

    /// A header with the fields of `fork` and no gas used.
    fn header(fork: Fork, number: u64) -> Header {
        let since = |first: Fork| fork >= first;
        Header {
            number,
            timestamp: 12 * number,
            gas_limit: 30_000_000,
            gas_used: 15_000_000,
            base_fee_per_gas: Some(7),
            withdrawals_root: since(Fork::Shanghai).then_some(B256::ZERO),
            blob_gas_used: since(Fork::Cancun).then_some(0),
            excess_blob_gas: since(Fork::Cancun).then_some(0),
            parent_beacon_block_root: since(Fork::Cancun).then_some(B256::ZERO),
            requests_hash: since(Fork::Prague).then_some(B256::ZERO),
            ..Header::default()
        }
    }

    #[test]
    fn each_fork_has_its_fields() {
        for rules in Fork::ALL.map(|fork| Activation::new(0, fork)) {
            for fork in Fork::ALL {
                // Osaka has the fields of Prague.
                let fits = fork.min(Fork::Prague) == rules.fork.min(Fork::Prague);
                let expected = if fits { Ok(()) } else { Err(HeaderError::Fields) };
                assert_eq!(check(&header(fork, 1), &rules), expected, "{fork:?} {rules:?}");
            }
        }
    }

    #[test]
    fn the_first_block_of_a_fork_follows_the_last_of_the_one_before() {
        for pair in Fork::ALL.windows(2) {
            let (parent, child) = (header(pair[0], 4), header(pair[1], 5));
            let rules = Activation::new(0, pair[1]);
            assert_eq!(check_against_parent(&child, &parent, &rules), Ok(()), "{pair:?}");
            let later = Header { number: 6, ..child };
            let refused = check_against_parent(&later, &parent, &rules);
            assert_eq!(refused, Err(HeaderError::Number));
        }
    }

    #[test]
    fn blob_gas_follows_from_the_parent() {
        let check = |fork: Fork, excess: u64, used: u64, base_fee: u64, expected: u64| {
            let parent = Header {
                excess_blob_gas: Some(excess << 17),
                blob_gas_used: Some(used << 17),
                base_fee_per_gas: Some(base_fee),
                ..header(fork, 4)
            };
            let mut child = Header {
                excess_blob_gas: Some(expected),
                base_fee_per_gas: Some(base_fee),
                ..header(fork, 5)
            };
            let rules = Activation::new(0, fork);
            assert_eq!(check_against_parent(&child, &parent, &rules), Ok(()));
            child.excess_blob_gas = Some(expected ^ 1);
            let refused = check_against_parent(&child, &parent, &rules);
            assert_eq!(refused, Err(HeaderError::ExcessBlobGas));
        };
        // EIP-4844: what is above the target of 3; EIP-7691: of 6.
        check(Fork::Cancun, 10, 6, 7, 13 << 17);
        check(Fork::Cancun, 1, 1, 7, 0);
        check(Fork::Prague, 10, 9, 7, 13 << 17);
        // EIP-7918: when blobs are cheap next to gas, a third of what is used is added.
        check(Fork::Osaka, 10, 9, 7, 13 << 17);
        check(Fork::Osaka, 10, 9, 1_000_000_000, 13 << 17);
        check(Fork::Osaka, 10, 6, 7, 10 << 17);
        check(Fork::Osaka, 10, 6, 1_000_000_000, 12 << 17);
    }
}
