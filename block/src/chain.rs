//! Which rules apply when: the forks of a chain, from the merge (Paris) to Osaka and the forks
//! after it that change only the number of blobs (EIP-7892).
//!
//! A schedule is data. Mainnet, Sepolia and Hoodi are built in; any other comes with the input, as
//! RLP, which is how chains for tests are described. Its hash is in the output, so that whoever
//! reads the output knows which rules were applied; see [`ChainSpec::hash`].
//!
//! Amsterdam is not there: its block-level access lists are not checked by this crate.

use alloc::vec::Vec;

use alloy_eips::eip7840::{BLOB_BASE_COST, BlobParams};
use alloy_eips::{eip4844, eip7594};
use alloy_evm::eth::spec::EthExecutorSpec;
use alloy_hardforks::{
    EthereumHardfork, EthereumHardforks, ForkCondition, hoodi, mainnet, sepolia,
};
use alloy_primitives::{Address, B256, address, keccak256};
use alloy_rlp::{Decodable, Encodable, Header};

/// The most blobs that a schedule may allow in a block, so that no sum of blob gas overflows.
const BLOBS_MAX: u64 = 1 << 15;

/// A set of rules for execution, apart from the number of blobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Fork {
    /// The merge (EIP-3675, EIP-4399).
    Paris = 0,
    /// Withdrawals (EIP-4895) and others.
    Shanghai = 1,
    /// Blobs (EIP-4844) and others.
    Cancun = 2,
    /// Requests (EIP-7685), delegations (EIP-7702) and others.
    Prague = 3,
    /// Limits of transactions and blocks (EIP-7825, EIP-7934) and others.
    Osaka = 4,
}

impl Fork {
    /// All forks, in their order.
    pub const ALL: [Self; 5] =
        [Self::Paris, Self::Shanghai, Self::Cancun, Self::Prague, Self::Osaka];

    /// The blobs of the fork's own specification: EIP-4844, EIP-7691; none before Cancun.
    pub const fn default_blobs(self) -> Option<Blobs> {
        let params = match self {
            Self::Paris | Self::Shanghai => return None,
            Self::Cancun => BlobParams::cancun(),
            Self::Prague => BlobParams::prague(),
            Self::Osaka => BlobParams::osaka(),
        };
        Some(Blobs::of(&params))
    }

    /// What the crates for execution call the fork.
    const fn hardfork(self) -> EthereumHardfork {
        match self {
            Self::Paris => EthereumHardfork::Paris,
            Self::Shanghai => EthereumHardfork::Shanghai,
            Self::Cancun => EthereumHardfork::Cancun,
            Self::Prague => EthereumHardfork::Prague,
            Self::Osaka => EthereumHardfork::Osaka,
        }
    }
}

/// How many blobs blocks have (EIP-7840).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blobs {
    /// The number that keeps the price as it is.
    pub target: u64,
    /// The most in a block.
    pub max: u64,
    /// By how much more blob gas than the target's the price grows by a factor of e.
    pub update_fraction: u64,
}

impl Blobs {
    const fn of(params: &BlobParams) -> Self {
        Self {
            target: params.target_blob_count,
            max: params.max_blob_count,
            // All that are specified are below 2³².
            update_fraction: params.update_fraction as u64,
        }
    }

    /// Whether the formulas of EIP-4844 and EIP-7918 are defined and don't overflow.
    const fn is_sound(&self) -> bool {
        self.target <= self.max
            && 0 < self.max
            && self.max <= BLOBS_MAX
            && self.update_fraction != 0
    }
}

/// The rules from some time on, until the next activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activation {
    /// The first timestamp of a block, in seconds since 1970, to which the rules apply.
    pub timestamp: u64,
    /// The rules for execution.
    pub fork: Fork,
    /// The number of blobs; given if and only if the fork is Cancun or later.
    pub blobs: Option<Blobs>,
}

impl Activation {
    /// The fork `fork` with the blobs of its own specification.
    pub const fn new(timestamp: u64, fork: Fork) -> Self {
        Self { timestamp, fork, blobs: fork.default_blobs() }
    }

    /// What the crates for execution need to know of the blobs.
    pub fn blob_params(&self) -> Option<BlobParams> {
        let blobs = self.blobs?;
        let is_osaka = self.fork >= Fork::Osaka;
        Some(BlobParams {
            target_blob_count: blobs.target,
            max_blob_count: blobs.max,
            update_fraction: blobs.update_fraction.into(),
            min_blob_fee: eip4844::BLOB_TX_MIN_BLOB_GASPRICE,
            max_blobs_per_tx: if is_osaka { eip7594::MAX_BLOBS_PER_TX_FUSAKA } else { blobs.max },
            blob_base_cost: if is_osaka { BLOB_BASE_COST } else { 0 },
        })
    }
}

/// A chain: its id and its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainSpec {
    chain_id: u64,
    deposit_contract: Address,
    /// In the order of their timestamps and forks.
    activations: Vec<Activation>,
}

/// Why a schedule is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The bytes are not a schedule's encoding.
    #[error("the schedule's encoding is malformed")]
    Encoding,
    /// There are no activations, or they're not in the order of timestamps and forks.
    #[error("the schedule's activations are not in order")]
    Order,
    /// Blobs are given before Cancun, or not given from there on, or with impossible numbers.
    #[error("the schedule's blobs are impossible")]
    Blobs,
    /// No schedule is built in for this chain id, and none was given.
    #[error("no schedule is known for chain {0}")]
    Unknown(u64),
}

impl ChainSpec {
    /// A chain with rules of its own. Deposits are logs of `deposit_contract` (EIP-6110).
    ///
    /// # Errors
    /// When the activations are not in order or have impossible blobs.
    pub fn new(
        chain_id: u64,
        deposit_contract: Address,
        activations: Vec<Activation>,
    ) -> Result<Self, ChainError> {
        let in_order = |pair: &[Activation]| match pair {
            [a, b] => a.timestamp < b.timestamp && a.fork <= b.fork,
            _ => true,
        };
        if activations.is_empty() || !activations.windows(2).all(in_order) {
            return Err(ChainError::Order);
        }
        let has_blobs = |activation: &Activation| match activation.blobs {
            None => activation.fork < Fork::Cancun,
            Some(blobs) => activation.fork >= Fork::Cancun && blobs.is_sound(),
        };
        if !activations.iter().all(has_blobs) {
            return Err(ChainError::Blobs);
        }
        Ok(Self { chain_id, deposit_contract, activations })
    }

    /// A chain with the rules of `fork` from its first block on, and mainnet's deposit contract.
    pub fn only(chain_id: u64, fork: Fork) -> Self {
        let activations = Vec::from([Activation::new(0, fork)]);
        Self { chain_id, deposit_contract: MAINNET_DEPOSITS, activations }
    }

    /// The built-in schedule of the chain `chain_id`: 1 is mainnet, 11155111 Sepolia, 560048 Hoodi.
    ///
    /// # Errors
    /// [`ChainError::Unknown`] for all others.
    pub fn built_in(chain_id: u64) -> Result<Self, ChainError> {
        match chain_id {
            1 => Ok(Self::mainnet()),
            11_155_111 => Ok(Self::sepolia()),
            560_048 => Ok(Self::hoodi()),
            _ => Err(ChainError::Unknown(chain_id)),
        }
    }

    /// Ethereum's mainnet.
    pub fn mainnet() -> Self {
        let activations = schedule([
            mainnet::MAINNET_PARIS_TIMESTAMP,
            mainnet::MAINNET_SHANGHAI_TIMESTAMP,
            mainnet::MAINNET_CANCUN_TIMESTAMP,
            mainnet::MAINNET_PRAGUE_TIMESTAMP,
            mainnet::MAINNET_OSAKA_TIMESTAMP,
            mainnet::MAINNET_BPO1_TIMESTAMP,
            mainnet::MAINNET_BPO2_TIMESTAMP,
        ]);
        Self { chain_id: 1, deposit_contract: MAINNET_DEPOSITS, activations }
    }

    /// The test network Sepolia. The rules of Paris are there from its genesis on; its blocks before
    /// the merge are refused for their difficulty.
    pub fn sepolia() -> Self {
        let activations = schedule([
            sepolia::SEPOLIA_PARIS_TIMESTAMP,
            sepolia::SEPOLIA_SHANGHAI_TIMESTAMP,
            sepolia::SEPOLIA_CANCUN_TIMESTAMP,
            sepolia::SEPOLIA_PRAGUE_TIMESTAMP,
            sepolia::SEPOLIA_OSAKA_TIMESTAMP,
            sepolia::SEPOLIA_BPO1_TIMESTAMP,
            sepolia::SEPOLIA_BPO2_TIMESTAMP,
        ]);
        let deposit_contract = address!("0x7f02c3e3c98b133055b8b348b2ac625669ed295d");
        Self { chain_id: 11_155_111, deposit_contract, activations }
    }

    /// The test network Hoodi, which began with Cancun.
    pub fn hoodi() -> Self {
        let [.., cancun, prague, osaka, bpo1, bpo2] = schedule_array([
            0,
            0,
            0,
            hoodi::HOODI_PRAGUE_TIMESTAMP,
            hoodi::HOODI_OSAKA_TIMESTAMP,
            hoodi::HOODI_BPO1_TIMESTAMP,
            hoodi::HOODI_BPO2_TIMESTAMP,
        ]);
        let activations = Vec::from([cancun, prague, osaka, bpo1, bpo2]);
        Self { chain_id: 560_048, deposit_contract: MAINNET_DEPOSITS, activations }
    }

    /// The chain's id (EIP-155).
    pub const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The rules for blocks with the given timestamp; `None` before the first activation.
    pub fn rules_at(&self, timestamp: u64) -> Option<&Activation> {
        self.activations.iter().rev().find(|activation| activation.timestamp <= timestamp)
    }

    /// Keccak-256 of the chain id's RLP followed by the schedule's encoding.
    ///
    /// Two chains have the same hash only if they have the same id and rules.
    pub fn hash(&self) -> B256 {
        let mut bytes = Vec::new();
        self.chain_id.encode(&mut bytes);
        bytes.extend_from_slice(&self.encode_schedule());
        keccak256(bytes)
    }

    /// The schedule as RLP: `[deposit contract, [activation, ...]]`, where an activation is
    /// `[timestamp, fork, target, max, update fraction]`. A fork is its number in [`Fork`]; the
    /// three numbers of blobs are left out before Cancun.
    pub fn encode_schedule(&self) -> Vec<u8> {
        let mut activations = Vec::new();
        for activation in &self.activations {
            let mut fields = Vec::new();
            activation.timestamp.encode(&mut fields);
            (activation.fork as u8).encode(&mut fields);
            if let Some(blobs) = activation.blobs {
                blobs.target.encode(&mut fields);
                blobs.max.encode(&mut fields);
                blobs.update_fraction.encode(&mut fields);
            }
            encode_list(&fields, &mut activations);
        }
        let mut fields = Vec::new();
        self.deposit_contract.encode(&mut fields);
        encode_list(&activations, &mut fields);
        let mut encoding = Vec::new();
        encode_list(&fields, &mut encoding);
        encoding
    }

    /// The chain whose schedule has the given encoding.
    ///
    /// # Errors
    /// When the bytes are no schedule's encoding, or the schedule is refused by [`Self::new`].
    pub fn decode_schedule(chain_id: u64, mut encoding: &[u8]) -> Result<Self, ChainError> {
        let malformed = |_: alloy_rlp::Error| ChainError::Encoding;
        let mut fields = Header::decode_bytes(&mut encoding, true).map_err(malformed)?;
        let deposit_contract = Address::decode(&mut fields).map_err(malformed)?;
        let mut list = Header::decode_bytes(&mut fields, true).map_err(malformed)?;
        if !encoding.is_empty() || !fields.is_empty() {
            return Err(ChainError::Encoding);
        }
        let mut activations = Vec::new();
        while !list.is_empty() {
            let mut fields = Header::decode_bytes(&mut list, true).map_err(malformed)?;
            let timestamp = u64::decode(&mut fields).map_err(malformed)?;
            let fork = usize::decode(&mut fields).map_err(malformed)?;
            let fork = *Fork::ALL.get(fork).ok_or(ChainError::Encoding)?;
            let blobs = if fields.is_empty() {
                None
            } else {
                Some(Blobs {
                    target: u64::decode(&mut fields).map_err(malformed)?,
                    max: u64::decode(&mut fields).map_err(malformed)?,
                    update_fraction: u64::decode(&mut fields).map_err(malformed)?,
                })
            };
            if !fields.is_empty() {
                return Err(ChainError::Encoding);
            }
            activations.push(Activation { timestamp, fork, blobs });
        }
        Self::new(chain_id, deposit_contract, activations)
    }
}

/// The deposit contract of mainnet, whose address is Hoodi's too.
const MAINNET_DEPOSITS: Address = address!("0x00000000219ab540356cbb839cbe05303d7705fa");

/// The seven activations from Paris to the second fork of blob parameters, at these timestamps.
fn schedule(timestamps: [u64; 7]) -> Vec<Activation> {
    schedule_array(timestamps).into()
}

fn schedule_array(timestamps: [u64; 7]) -> [Activation; 7] {
    let [paris, shanghai, cancun, prague, osaka, bpo1, bpo2] = timestamps;
    let only_blobs = |timestamp, params| Activation {
        timestamp,
        fork: Fork::Osaka,
        blobs: Some(Blobs::of(params)),
    };
    [
        Activation::new(paris, Fork::Paris),
        Activation::new(shanghai, Fork::Shanghai),
        Activation::new(cancun, Fork::Cancun),
        Activation::new(prague, Fork::Prague),
        Activation::new(osaka, Fork::Osaka),
        only_blobs(bpo1, &BlobParams::bpo1()),
        only_blobs(bpo2, &BlobParams::bpo2()),
    ]
}

fn encode_list(payload: &[u8], out: &mut Vec<u8>) {
    Header { list: true, payload_length: payload.len() }.encode(out);
    out.extend_from_slice(payload);
}

impl EthereumHardforks for ChainSpec {
    /// Forks before Paris are active from the first block on, except for the irregular one of the
    /// DAO; those that this crate doesn't know are never active.
    fn ethereum_fork_activation(&self, fork: EthereumHardfork) -> ForkCondition {
        if fork == EthereumHardfork::Dao {
            return ForkCondition::Never;
        }
        if fork <= EthereumHardfork::Paris {
            return ForkCondition::Block(0);
        }
        let first = self.activations.iter().find(|activation| {
            let known = activation.fork.hardfork();
            known >= fork && fork <= EthereumHardfork::Osaka
        });
        first.map_or(ForkCondition::Never, |activation| {
            ForkCondition::Timestamp(activation.timestamp)
        })
    }
}

impl EthExecutorSpec for ChainSpec {
    fn deposit_contract_address(&self) -> Option<Address> {
        Some(self.deposit_contract)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use alloy_hardforks::EthereumChainHardforks;
    use alloy_primitives::b256;

    use super::*;

    fn built_in() -> [(ChainSpec, EthereumChainHardforks); 3] {
        [
            (ChainSpec::mainnet(), EthereumChainHardforks::mainnet()),
            (ChainSpec::sepolia(), EthereumChainHardforks::sepolia()),
            (ChainSpec::hoodi(), EthereumChainHardforks::hoodi()),
        ]
    }

    #[test]
    fn forks_begin_when_the_crates_for_execution_say() {
        for (chain, expected) in built_in() {
            for activation in &chain.activations {
                for timestamp in [activation.timestamp, activation.timestamp + 1] {
                    let fork = chain.rules_at(timestamp).unwrap().fork;
                    assert_eq!(fork, activation.fork);
                    let check = |known: EthereumHardfork, is_active| {
                        let by_crates = expected.ethereum_fork_activation(known);
                        let by_spec = chain.ethereum_fork_activation(known);
                        assert_eq!(by_crates.active_at_timestamp(timestamp), is_active);
                        assert_eq!(by_spec.active_at_timestamp(timestamp), is_active);
                    };
                    check(EthereumHardfork::Shanghai, fork >= Fork::Shanghai);
                    check(EthereumHardfork::Cancun, fork >= Fork::Cancun);
                    check(EthereumHardfork::Prague, fork >= Fork::Prague);
                    check(EthereumHardfork::Osaka, fork >= Fork::Osaka);
                }
            }
            assert!(chain.is_paris_active_at_block(0));
            let never = [EthereumHardfork::Dao, EthereumHardfork::Amsterdam];
            assert!(never.map(|f| chain.ethereum_fork_activation(f)) == [ForkCondition::Never; 2]);
        }
    }

    #[test]
    fn blob_parameters_are_those_of_the_specifications() {
        let at = |timestamp| ChainSpec::mainnet().rules_at(timestamp).unwrap().blob_params();
        assert_eq!(at(mainnet::MAINNET_SHANGHAI_TIMESTAMP), None);
        assert_eq!(at(mainnet::MAINNET_CANCUN_TIMESTAMP), Some(BlobParams::cancun()));
        assert_eq!(at(mainnet::MAINNET_PRAGUE_TIMESTAMP), Some(BlobParams::prague()));
        assert_eq!(at(mainnet::MAINNET_OSAKA_TIMESTAMP), Some(BlobParams::osaka()));
        assert_eq!(at(mainnet::MAINNET_BPO1_TIMESTAMP), Some(BlobParams::bpo1()));
        assert_eq!(at(mainnet::MAINNET_BPO2_TIMESTAMP), Some(BlobParams::bpo2()));
        assert_eq!(ChainSpec::mainnet().rules_at(0), None);
    }

    #[test]
    fn a_schedule_that_is_encoded_is_decoded() {
        let mut chains = built_in().map(|(chain, _)| chain).to_vec();
        chains.extend(Fork::ALL.map(|fork| ChainSpec::only(7, fork)));
        for chain in chains {
            let encoding = chain.encode_schedule();
            let decoded = ChainSpec::decode_schedule(chain.chain_id, &encoding).unwrap();
            assert_eq!(decoded.hash(), chain.hash());
            assert_eq!(decoded, chain);
            let other = ChainSpec::decode_schedule(chain.chain_id + 1, &encoding).unwrap();
            assert_ne!(other.hash(), chain.hash());
            let longer = [&encoding[..], &[0x80]].concat();
            for malformed in [&encoding[1..], &encoding[..encoding.len() - 1], &longer] {
                let refused = ChainSpec::decode_schedule(chain.chain_id, malformed);
                assert_eq!(refused, Err(ChainError::Encoding));
            }
        }
    }

    /// Readers of outputs compare with these.
    #[test]
    fn hashes_of_the_built_in_chains() {
        let expected = [
            b256!("0x45cea67bbc7fba291af1021d11d8bad798767d359185778072f6a88bda77daec"),
            b256!("0x88a4b6f69638a03d5d6067441c69ddf7e004821b2fca718376594e6d9375049a"),
            b256!("0x937521062bd82e42a577c6129709278310d7b8e083725f77f412d808fda8a10c"),
        ];
        assert_eq!(built_in().map(|(chain, _)| chain.hash()), expected);
    }

    #[test]
    fn impossible_schedules_are_refused() {
        let check = |activations: Vec<Activation>, expected: Result<(), ChainError>| {
            let chain = ChainSpec::new(1, Address::ZERO, activations);
            assert_eq!(chain.map(|_| ()), expected);
        };
        let (cancun, prague) = (Activation::new(5, Fork::Cancun), Activation::new(9, Fork::Prague));
        check(vec![cancun, prague], Ok(()));
        check(vec![], Err(ChainError::Order));
        check(vec![prague, cancun], Err(ChainError::Order));
        check(vec![cancun, cancun], Err(ChainError::Order));
        let backwards = Activation { timestamp: 10, ..cancun };
        check(vec![prague, backwards], Err(ChainError::Order));

        check(vec![Activation { blobs: None, ..cancun }], Err(ChainError::Blobs));
        check(vec![Activation { fork: Fork::Paris, ..cancun }], Err(ChainError::Blobs));
        let blobs = cancun.blobs.unwrap();
        for impossible in [
            Blobs { update_fraction: 0, ..blobs },
            Blobs { target: blobs.max + 1, ..blobs },
            Blobs { target: 0, max: 0, ..blobs },
            Blobs { max: u64::MAX, ..blobs },
        ] {
            let activation = Activation { blobs: Some(impossible), ..cancun };
            check(vec![activation], Err(ChainError::Blobs));
        }
    }
}
