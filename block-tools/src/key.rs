//! Keys of synthetic senders. They are no secret: everyone can compute them.

use alloy_consensus::SignableTransaction;
use alloy_primitives::{Address, B256, Signature, keccak256};
use k256::ecdsa::SigningKey;
use lvm_block::block::Transaction;

/// A key that signs transactions.
#[derive(Clone, Debug)]
pub struct Key(SigningKey);

/// No signature can be made. It happens with a probability of 2⁻¹²⁸ at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no signature can be made with this key")]
pub struct NoSignature;

impl Key {
    /// The key with the number `index` of those that follow from `seed`.
    ///
    /// # Errors
    /// When what follows is no key.
    pub fn new(seed: u64, index: u64) -> Result<Self, NoSignature> {
        let secret = keccak256(["lvm synthetic key ", &format!("{seed} {index}")].concat());
        SigningKey::from_slice(&secret[..]).map(Self).map_err(|_| NoSignature)
    }

    /// The account that the key is for.
    pub fn address(&self) -> Address {
        Address::from_public_key(self.0.verifying_key())
    }

    /// Signs a transaction.
    ///
    /// # Errors
    /// When there is no signature.
    pub fn sign<T>(&self, transaction: T) -> Result<Transaction, NoSignature>
    where
        T: SignableTransaction<Signature>,
        Transaction: From<alloy_consensus::Signed<T>>,
    {
        let signature = self.sign_hash(&transaction.signature_hash())?;
        Ok(transaction.into_signed(signature).into())
    }

    /// Signs a hash; the signature is the same each time (RFC 6979).
    ///
    /// # Errors
    /// When there is no signature.
    pub fn sign_hash(&self, hash: &B256) -> Result<Signature, NoSignature> {
        let signature = self.0.sign_prehash_recoverable(&hash[..]).map_err(|_| NoSignature)?;
        Ok(signature.into())
    }
}
