//! The authorities of delegations (EIP-7702) are recovered by what is installed, not by software
//! of the crates for execution, and they are those that the software recovers.
//!
//! In a process of its own, since there is one provider for each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use alloy_consensus::TxEip7702;
use alloy_consensus::crypto::secp256k1::sign_message;
use alloy_consensus::crypto::{
    CryptoProvider, RecoveryError, UncompressedPublicKey, install_default_provider,
};
use alloy_eips::eip7702::{Authorization, SignedAuthorization};
use alloy_evm::FromRecoveredTx;
use alloy_primitives::{Address, B256, U256, keccak256, uint};
use lvm_block::accelerated::Accelerated;
use revm::context::TxEnv;
use revm::context::transaction::AuthorizationTr;

static RECOVERED: AtomicUsize = AtomicUsize::new(0);

/// The accelerators, counted.
struct Counting;

impl CryptoProvider for Counting {
    fn recover_signer_unchecked(
        &self,
        signature: &[u8; 65],
        message: &[u8; 32],
    ) -> Result<Address, RecoveryError> {
        RECOVERED.fetch_add(1, Ordering::Relaxed);
        Accelerated.recover_signer_unchecked(signature, message)
    }

    fn verify_and_compute_signer_unchecked(
        &self,
        key: &UncompressedPublicKey,
        signature: &[u8; 64],
        message: &[u8; 32],
    ) -> Result<Address, RecoveryError> {
        Accelerated.verify_and_compute_signer_unchecked(key, signature, message)
    }
}

/// The order of the curve.
const ORDER: U256 = uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);

#[test]
fn authorities() {
    assert!(install_default_provider(Arc::new(Counting)).is_ok(), "nothing else is installed");
    let mut delegations = Vec::new();
    for secret in 1..20_u64 {
        let authorization = Authorization {
            chain_id: U256::from(secret % 3),
            address: Address::left_padding_from(&secret.to_be_bytes()),
            nonce: secret,
        };
        let hash = authorization.signature_hash();
        let signature = sign_message(B256::from(keccak256(secret.to_be_bytes())), hash)
            .expect("the secret is in its range");
        let (parity, r, s) = (u8::from(signature.v()), signature.r(), signature.s());
        // As signed, with the other parity, with the upper s, and with parts out of their ranges.
        for (parity, r, s) in [
            (parity, r, s),
            (1 - parity, r, s),
            (1 - parity, r, ORDER - s),
            (parity + 2, r, s),
            (parity, U256::ZERO, s),
            (parity, r, U256::ZERO),
            (parity, r + U256::from(1), s),
            (parity, U256::MAX, s),
        ] {
            delegations.push(SignedAuthorization::new_unchecked(
                authorization.clone(),
                parity,
                r,
                s,
            ));
        }
    }
    let transaction = TxEip7702 { authorization_list: delegations.clone(), ..TxEip7702::default() };
    let found: Vec<_> = TxEnv::from_recovered_tx(&transaction, Address::ZERO)
        .authorization_list
        .iter()
        .map(AuthorizationTr::authority)
        .collect();

    // This is software: it doesn't know of providers.
    let expected: Vec<_> =
        delegations.iter().map(|delegation| delegation.recover_authority().ok()).collect();
    assert_eq!(found, expected);
    let valid = found.iter().filter(|authority| authority.is_some()).count();
    assert!((38..=57).contains(&valid), "{valid} of {}", found.len());
    // All but those with an upper s or without a parity, which aren't looked at.
    assert_eq!(RECOVERED.load(Ordering::Relaxed), 19 * 6);
}
