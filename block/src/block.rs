//! The block itself, decoded: its header with its hash, and its body.
//!
//! Transactions are kept with the bytes they were decoded from, which their root is computed over.

use alloc::vec::Vec;

use alloy_consensus::proofs::calculate_withdrawals_root;
use alloy_consensus::{EthereumTxEnvelope, Header, TxEip4844};
use alloy_eips::eip2718::Decodable2718;
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{B256, keccak256};
use alloy_rlp::{Decodable, Header as ItemHeader};
use alloy_trie::root::ordered_trie_root_encoded;

use crate::chain::{Activation, Fork};
use crate::error::Disagreement;

/// The most bytes of a block's encoding from Osaka on (EIP-7934): 10 MiB less 2 MiB for the rest of
/// a beacon block.
const LENGTH_MAX: usize = 8 << 20;

/// A transaction as it's in a block, without the blobs themselves.
pub type Transaction = EthereumTxEnvelope<TxEip4844>;

/// A decoded block.
#[derive(Clone, Debug)]
pub struct Block<'a> {
    /// The header.
    pub header: Header,
    /// Keccak-256 of the header's bytes.
    pub hash: B256,
    /// The transactions.
    pub transactions: Vec<Transaction>,
    /// The encoding of each transaction (EIP-2718), in place.
    pub encodings: Vec<&'a [u8]>,
    /// The number of ommers, which must be none.
    pub ommers: usize,
    /// The withdrawals, if the block has a list of them.
    pub withdrawals: Option<Vec<Withdrawal>>,
    /// The length of the block's encoding in bytes.
    pub length: usize,
}

impl<'a> Block<'a> {
    /// The block whose RLP is `bytes`, all of them.
    ///
    /// # Errors
    /// When the bytes are no block's RLP.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, alloy_rlp::Error> {
        let mut rest = bytes;
        let mut fields = list(&mut rest)?;
        if !rest.is_empty() {
            return Err(alloy_rlp::Error::UnexpectedLength);
        }
        let (header, hash) = decode_header(item(&mut fields)?)?;

        let mut items = list(&mut fields)?;
        let (mut transactions, mut encodings) = (Vec::new(), Vec::new());
        while !items.is_empty() {
            let mut encoding = item(&mut items)?;
            if encoding.first().is_some_and(|first| *first < 0xC0) {
                encoding = ItemHeader::decode_bytes(&mut encoding, false)?;
            }
            encodings.push(encoding);
            let mut rest = encoding;
            let transaction = Transaction::decode_2718(&mut rest)
                .map_err(|_| alloy_rlp::Error::Custom("a transaction is malformed"))?;
            if !rest.is_empty() {
                return Err(alloy_rlp::Error::UnexpectedLength);
            }
            transactions.push(transaction);
        }

        let mut items = list(&mut fields)?;
        let mut ommers = 0;
        while !items.is_empty() {
            item(&mut items)?;
            ommers += 1;
        }
        let withdrawals = match fields {
            [] => None,
            _ => Some(Vec::<Withdrawal>::decode(&mut fields)?),
        };
        if !fields.is_empty() {
            return Err(alloy_rlp::Error::UnexpectedLength);
        }
        let length = bytes.len();
        Ok(Self { header, hash, transactions, encodings, ommers, withdrawals, length })
    }

    /// Compares the body with what the header says of it, and with what a body may be.
    ///
    /// # Errors
    /// Names what disagrees.
    pub fn check(&self, rules: &Activation) -> Result<(), Disagreement> {
        let ensure = |holds: bool, error| if holds { Ok(()) } else { Err(error) };
        let length_max = if rules.fork >= Fork::Osaka { LENGTH_MAX } else { usize::MAX };
        ensure(self.ommers == 0, Disagreement::Ommers)?;
        ensure(self.length <= length_max, Disagreement::BlockLength)?;
        ensure(
            self.transactions_root() == self.header.transactions_root,
            Disagreement::TransactionsRoot,
        )?;
        ensure(
            self.withdrawals_root() == self.header.withdrawals_root,
            Disagreement::WithdrawalsRoot,
        )
    }

    /// Writes what follows from the body into the header, whose hash and length are then no
    /// longer those of this value.
    pub fn complete(&mut self) {
        self.header.transactions_root = self.transactions_root();
        self.header.withdrawals_root = self.withdrawals_root();
    }

    /// The root of the transactions.
    pub fn transactions_root(&self) -> B256 {
        ordered_trie_root_encoded(&self.encodings)
    }

    /// The root of the withdrawals, if there is a list of them.
    pub fn withdrawals_root(&self) -> Option<B256> {
        self.withdrawals.as_deref().map(calculate_withdrawals_root)
    }
}

/// The header whose RLP is `bytes`, all of them, and its hash.
///
/// # Errors
/// When the bytes are no header's RLP.
pub fn decode_header(bytes: &[u8]) -> Result<(Header, B256), alloy_rlp::Error> {
    let mut rest = bytes;
    let header = Header::decode(&mut rest)?;
    if rest.is_empty() {
        Ok((header, keccak256(bytes)))
    } else {
        Err(alloy_rlp::Error::UnexpectedLength)
    }
}

/// The first field of a header's RLP, the hash of its parent, without decoding the others.
pub(crate) fn parent_hash(mut header: &[u8]) -> Result<B256, alloy_rlp::Error> {
    B256::decode(&mut list(&mut header)?)
}

/// Takes a list and gives its items.
fn list<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], alloy_rlp::Error> {
    ItemHeader::decode_bytes(bytes, true)
}

/// Takes an item, with its header.
fn item<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], alloy_rlp::Error> {
    let mut rest = *bytes;
    let header = ItemHeader::decode(&mut rest)?;
    let length = bytes.len() - rest.len() + header.payload_length;
    let (item, rest) = bytes.split_at_checked(length).ok_or(alloy_rlp::Error::InputTooShort)?;
    *bytes = rest;
    Ok(item)
}
