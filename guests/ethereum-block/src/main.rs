//! Validates an Ethereum block.
//!
//! The private input is a block with its execution witness, in the format of `lvm_block::input`.
//! The public output is that of `lvm_block::output`, also when the input is refused. The exit code
//! is 0 for a valid block and [`REFUSED`] for a refused input.
#![cfg_attr(target_os = "zkvm", no_std, no_main)]

// Chooses the Keccak-256 of all crates.
use alloy_primitives as _;

#[cfg(target_os = "zkvm")]
lvm_guest_sdk::entry!(main);

/// The exit code for an input that is refused: the block is invalid, or the witness insufficient.
const REFUSED: u32 = 1;

fn main() {
    lvm_block::accelerated::install();
    let output = lvm_block::output(lvm_guest_sdk::input());
    lvm_guest_sdk::commit(&output.encode());
    if output.refused.is_some() {
        lvm_guest_sdk::exit(REFUSED);
    }
}
