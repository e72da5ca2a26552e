//! Commits the n-th Fibonacci number modulo 2⁶⁴, as 8 little-endian bytes.
//!
//! The private input is n as a little-endian number of up to 8 bytes; without one, n is 1000.
#![cfg_attr(target_os = "zkvm", no_std, no_main)]

#[cfg(target_os = "zkvm")]
lvm_guest_sdk::entry!(main);

fn main() {
    let input = lvm_guest_sdk::input();
    assert!(input.len() <= 8, "n has at most 8 bytes");
    let n = if input.is_empty() {
        1000
    } else {
        let mut bytes = [0; 8];
        bytes[..input.len()].copy_from_slice(input);
        u64::from_le_bytes(bytes)
    };
    lvm_guest_sdk::commit(&fibonacci(n).to_le_bytes());
}

/// The n-th Fibonacci number modulo 2⁶⁴.
pub(crate) fn fibonacci(n: u64) -> u64 {
    let (mut current, mut next) = (0_u64, 1_u64);
    for _ in 0..n {
        (current, next) = (next, current.wrapping_add(next));
    }
    current
}
