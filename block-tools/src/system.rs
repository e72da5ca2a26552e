//! The contracts that chains have from some fork on and that blocks call by themselves.

use alloy_eips::{eip2935, eip4788, eip7002, eip7251};
use alloy_primitives::{Bytes, U256};
use lvm_block::chain::Fork;

use crate::archive::{Account, Accounts};

/// The contracts that are called in blocks of `fork` (EIP-4788, EIP-2935, EIP-7002, EIP-7251), as
/// they are right after their deployment.
pub fn contracts(fork: Fork) -> Accounts {
    let contract =
        |code: &Bytes| Account { nonce: U256::ONE, code: code.clone(), ..Account::default() };
    let mut accounts = Accounts::new();
    if fork >= Fork::Cancun {
        let code = contract(&eip4788::BEACON_ROOTS_CODE);
        accounts.insert(eip4788::BEACON_ROOTS_ADDRESS, code);
    }
    if fork >= Fork::Prague {
        let code = contract(&eip2935::HISTORY_STORAGE_CODE);
        accounts.insert(eip2935::HISTORY_STORAGE_ADDRESS, code);
        let code = contract(&eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_CODE);
        accounts.insert(eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, code);
        let code = contract(&eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_CODE);
        accounts.insert(eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, code);
    }
    accounts
}
