//! Ethereum's blockchain tests as they're written: JSON with a state, blocks, and what is expected
//! of them.

use std::collections::BTreeMap;

use alloy_eips::eip6110::MAINNET_DEPOSIT_CONTRACT_ADDRESS;
use alloy_eips::eip7840::BlobParams;
use alloy_primitives::{B256, Bytes, U64};
use lvm_block::chain::{Activation, Blobs, ChainError, ChainSpec, Fork};
use serde::Deserialize;
use serde_json::Value;

use crate::archive::{Account, Accounts};
use crate::summary::fork;

/// A blockchain test.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fixture {
    /// What rules apply.
    pub network: String,
    /// The first block.
    #[serde(rename = "genesisRLP")]
    pub genesis_rlp: Bytes,
    /// What is said of the first block.
    pub genesis_block_header: Genesis,
    /// The state after the first block.
    pub pre: Accounts,
    /// The blocks to take in, in this order.
    pub blocks: Vec<FixtureBlock>,
    /// The hash of the last block that is valid.
    #[serde(rename = "lastblockhash")]
    pub last_block_hash: B256,
    /// The state after that block.
    pub post_state: Option<Accounts>,
    /// The root of the state after that block.
    pub post_state_hash: Option<B256>,
    /// The chain's parameters.
    #[serde(default)]
    pub config: Config,
}

/// A test with its name, if it can be run here.
pub type Named = (String, Result<Fixture, Unsupported>);

/// What is said of the first block.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Genesis {
    /// Its hash.
    pub hash: B256,
    /// The root of the state.
    pub state_root: B256,
}

/// A block to take in.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FixtureBlock {
    /// The block's RLP.
    pub rlp: Bytes,
    /// Why the block is invalid, if it is.
    pub expect_exception: Option<String>,
}

/// The chain's parameters.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Config {
    /// The chain's id.
    #[serde(rename = "chainid")]
    pub chain_id: Option<U64>,
    /// The numbers of blobs by the name of a fork (EIP-7840).
    #[serde(default)]
    pub blob_schedule: BTreeMap<String, FixtureBlobs>,
}

/// Numbers of blobs.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FixtureBlobs {
    /// The number that keeps the price as it is.
    pub target: U64,
    /// The most in a block.
    pub max: U64,
    /// The denominator in the price's exponent.
    pub base_fee_update_fraction: U64,
}

/// Why a test can't be run here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsupported {
    /// The file has tests of another kind.
    #[error("not a blockchain test")]
    Kind,
    /// The network has rules that aren't known: those before the merge, or of the future.
    #[error("network {0}")]
    Network(String),
    /// The chain's parameters are impossible.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// An account has storage, but neither code nor a nonce. No transaction leaves one like it, and
    /// that no contract can be made there (EIP-7610) is not known to the crates for execution.
    #[error("storage of an account without code and nonce (EIP-7610)")]
    Storage,
}

impl Fixture {
    /// The tests of a file, by name; those of another kind are unsupported.
    ///
    /// # Errors
    /// When the file is no JSON object, or a blockchain test in it has another structure.
    pub fn parse_all(json: &[u8]) -> Result<Vec<Named>, serde_json::Error> {
        let tests: BTreeMap<String, Value> = serde_json::from_slice(json)?;
        let tests = tests.into_iter().map(|(name, test)| {
            let is_kind = test.get("blocks").is_some() && test.get("pre").is_some();
            if !is_kind {
                return Ok((name, Err(Unsupported::Kind)));
            }
            let network = test.get("network").and_then(Value::as_str).unwrap_or_default();
            // Tests before the merge have fields of their own.
            if let Err(unsupported) = activations(network, &BTreeMap::new())
                && !network.starts_with("BPO")
            {
                return Ok((name, Err(unsupported)));
            }
            Ok((name, Ok(Self::deserialize(test)?)))
        });
        tests.collect()
    }

    /// The chain that the test is about.
    ///
    /// # Errors
    /// When its rules aren't known, or are impossible, or its first state is.
    pub fn chain(&self) -> Result<ChainSpec, Unsupported> {
        let is_odd = |account: &Account| {
            let has_storage = account.storage.values().any(|value| !value.is_zero());
            has_storage && account.code.is_empty() && account.nonce.is_zero()
        };
        if self.pre.values().any(is_odd) {
            return Err(Unsupported::Storage);
        }
        let activations = activations(&self.network, &self.config.blob_schedule)?;
        let chain_id = self.config.chain_id.map_or(1, |id| id.to());
        Ok(ChainSpec::new(chain_id, MAINNET_DEPOSIT_CONTRACT_ADDRESS, activations)?)
    }
}

/// The rules of a network: of one fork, such as `Cancun`, or of two, such as
/// `CancunToPragueAtTime15k`.
fn activations(
    network: &str,
    blobs: &BTreeMap<String, FixtureBlobs>,
) -> Result<Vec<Activation>, Unsupported> {
    let unknown = || Unsupported::Network(network.to_owned());
    let activation = |timestamp, name: &str| {
        let is_blobs_only = name.starts_with("BPO");
        let known = if is_blobs_only { Some(Fork::Osaka) } else { fork(name) };
        let mut activation = Activation::new(timestamp, known?);
        if let Some(blobs) = blobs.get(name)
            && activation.blobs.is_some()
        {
            activation.blobs = Some(Blobs {
                target: blobs.target.to(),
                max: blobs.max.to(),
                update_fraction: blobs.base_fee_update_fraction.to(),
            });
        } else if is_blobs_only {
            activation.blobs = Some(blob_parameters(name)?);
        }
        Some(activation)
    };
    let Some((first, rest)) = network.split_once("To") else {
        return Ok(vec![activation(0, network).ok_or_else(unknown)?]);
    };
    let second = rest.strip_suffix("AtTime15k").ok_or_else(unknown)?;
    let both = [(0, first), (15_000, second)].map(|(time, name)| activation(time, name));
    both.into_iter().collect::<Option<_>>().ok_or_else(unknown)
}

/// The numbers of blobs of a fork that changes only these (EIP-7892).
fn blob_parameters(name: &str) -> Option<Blobs> {
    let params = match name {
        "BPO1" => BlobParams::bpo1(),
        "BPO2" => BlobParams::bpo2(),
        _ => return None,
    };
    Some(Blobs {
        target: params.target_blob_count,
        max: params.max_blob_count,
        update_fraction: u64::try_from(params.update_fraction).ok()?,
    })
}
