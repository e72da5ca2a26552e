//! Commits Keccak-256 of the private input.
#![cfg_attr(target_os = "zkvm", no_std, no_main)]

#[cfg(target_os = "zkvm")]
lvm_guest_sdk::entry!(main);

fn main() {
    lvm_guest_sdk::commit(&lvm_guest_sdk::keccak256(lvm_guest_sdk::input()));
}
