//! A token contract with one function, ERC-20's `transfer(address,uint256)`, assembled by hand.
//!
//! The balance of `owner` is the word of storage at Keccak-256 of the owner, as a word, followed
//! by a word of zero: a Solidity mapping in slot 0. A call of anything else, and a transfer of more
//! than the sender has, reverts without data. The recipient's word isn't cut down to an address,
//! and its balance isn't checked for overflow, which a bounded supply never reaches.
//!
//! It runs by the rules of all forks from Paris on, and uses no instruction of a later one.

use alloy_primitives::{Address, B256, Bytes, U256, b256, bytes, keccak256};

/// The first four bytes of Keccak-256 of `transfer(address,uint256)`.
pub const TRANSFER: [u8; 4] = [0xA9, 0x05, 0x9C, 0xBB];

/// Keccak-256 of `Transfer(address,address,uint256)`, the first topic of a transfer's log.
pub const TRANSFERRED: B256 =
    b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

/// The contract's code.
///
/// ```text
/// 00  PUSH1 0  CALLDATALOAD  PUSH1 224  SHR        selector
/// 06  PUSH4 transfer  EQ  PUSH1 15  JUMPI          -
/// 0f  JUMPDEST  PUSH1 0  PUSH1 0  REVERT           refused
/// 15  JUMPDEST  CALLER  PUSH1 0  MSTORE            -
/// 1a  PUSH1 64  PUSH1 0  KECCAK256                 slot
/// 1f  DUP1  SLOAD                                  slot balance
/// 21  PUSH1 36  CALLDATALOAD                       slot balance amount
/// 24  DUP1  DUP3  LT  PUSH1 0f  JUMPI              slot balance amount
/// 2a  DUP1  SWAP2  SUB                             slot amount balance-amount
/// 2d  DUP3  SSTORE                                 slot amount
/// 2f  PUSH1 4  CALLDATALOAD  PUSH1 0  MSTORE       slot amount
/// 35  PUSH1 64  PUSH1 0  KECCAK256                 slot amount slot'
/// 3a  DUP2  DUP2  SLOAD  ADD                       slot amount slot' balance'+amount
/// 3e  SWAP1  SSTORE                                slot amount
/// 40  PUSH1 0  MSTORE                              slot
/// 43  PUSH1 4  CALLDATALOAD  CALLER                slot recipient sender
/// 47  PUSH32 transferred  PUSH1 32  PUSH1 0  LOG3  slot
/// 6d  PUSH1 1  PUSH1 0  MSTORE                     slot
/// 72  PUSH1 32  PUSH1 0  RETURN                    slot
/// ```
///
/// At the right is what the stack holds after the line, its top at the right.
pub const CODE: Bytes = bytes!(
    "60003560e01c"
    "63a9059cbb14601557"
    "5b60006000fd"
    "5b33600052"
    "6040600020"
    "8054"
    "602435"
    "808210600f57"
    "809103"
    "8255"
    "600435600052"
    "6040600020"
    "81815401"
    "9055"
    "600052"
    "60043533"
    "7fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef60206000a3"
    "6001600052"
    "60206000f3"
);

/// Where the balance of `owner` is in the contract's storage.
pub fn slot(owner: Address) -> U256 {
    keccak256([owner.into_word(), B256::ZERO].concat()).into()
}

/// What a transaction calls the contract with.
pub fn transfer(recipient: Address, amount: U256) -> Bytes {
    [&TRANSFER[..], &recipient.into_word()[..], &amount.to_be_bytes::<32>()].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_these_hashes() {
        assert_eq!(keccak256("transfer(address,uint256)")[..4], TRANSFER);
        assert_eq!(keccak256("Transfer(address,address,uint256)"), TRANSFERRED);
    }

    #[test]
    fn jumps_lead_to_their_destinations() {
        for destination in [0x0F, 0x15] {
            assert_eq!(CODE[destination], 0x5B);
        }
        assert_eq!(CODE.len(), 0x77);
    }
}
