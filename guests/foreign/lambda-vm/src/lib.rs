//! LambdaVM's ABI, as its guests see it: where the private input lies, and its calls.
//!
//! This crate stands for other people's programs. It is written from what LambdaVM says of its
//! machine and uses nothing of lvm: no crate, no start code, no linker script, no target
//! specification.
#![no_std]

use core::arch::asm;
use core::slice;

/// A 4-byte little-endian length, with the data right behind it.
const PRIVATE_INPUT_START: usize = 0xFF00_0000;
const PRIVATE_INPUT_MAX: usize = 512 << 20;

const PANIC: usize = 2;
const COMMIT: usize = 64;
const HALT: usize = 93;
const KECCAK_PERMUTE: usize = usize::MAX - 1;
const SECP256K1_MULTIPLY_X: usize = usize::MAX - 10;

/// Bytes that one permutation of Keccak-256 absorbs.
const RATE: usize = 136;

/// The private input, where it lies.
pub fn private_input() -> &'static [u8] {
    // SAFETY: the machine has put length and data there, and nothing writes to them.
    unsafe {
        let length = (PRIVATE_INPUT_START as *const u32).read_volatile() as usize;
        let data = (PRIVATE_INPUT_START + size_of::<u32>()) as *const u8;
        slice::from_raw_parts(data, length.min(PRIVATE_INPUT_MAX))
    }
}

/// Appends `bytes` to the public output.
pub fn commit(bytes: &[u8]) {
    // SAFETY: the call reads a live slice.
    unsafe {
        asm!(
            "ecall",
            in("a0") 1usize,
            in("a1") bytes.as_ptr(),
            in("a2") bytes.len(),
            in("a7") COMMIT,
        );
    }
}

/// Ends the run, successfully.
pub fn halt() -> ! {
    // SAFETY: nothing is executed after the call.
    unsafe { asm!("ecall", in("a0") 0usize, in("a7") HALT, options(noreturn)) }
}

/// Ends the run with a message.
pub fn fail(message: &str) -> ! {
    // SAFETY: the call reads a live slice, and nothing is executed after it.
    unsafe {
        asm!(
            "ecall",
            in("a0") message.as_ptr(),
            in("a1") message.len(),
            in("a7") PANIC,
            options(noreturn),
        )
    }
}

fn keccak_permute(state: &mut [u64; 25]) {
    // SAFETY: the call changes the array, which is aligned as it wants.
    unsafe { asm!("ecall", in("a0") state.as_mut_ptr(), in("a7") KECCAK_PERMUTE) }
}

/// Keccak-256 with the padding that Ethereum uses.
pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    let mut state = [0; 25];
    let mut absorb = |block: &[u8]| {
        for (lane, bytes) in state.iter_mut().zip(block.chunks(8)) {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            *lane ^= u64::from_le_bytes(word);
        }
        keccak_permute(&mut state);
    };
    let blocks = bytes.chunks_exact(RATE);
    let rest = blocks.remainder();
    blocks.for_each(&mut absorb);
    let mut last = [0; RATE];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x01;
    last[RATE - 1] |= 0x80;
    absorb(&last);

    let mut digest = [0; 32];
    for (bytes, lane) in digest.chunks_mut(8).zip(state) {
        bytes.copy_from_slice(&lane.to_le_bytes());
    }
    digest
}

/// x of a multiple of a point of secp256k1, of the point's x and a scalar; all have the lowest byte
/// first. The scalar is neither 0 nor as large as the curve's order.
pub fn multiply_x(x: &[u8; 32], scalar: &[u8; 32]) -> [u8; 32] {
    let mut result = [0; 32];
    // SAFETY: the call reads two arrays and changes the third.
    unsafe {
        asm!(
            "ecall",
            in("a0") result.as_mut_ptr(),
            in("a1") x.as_ptr(),
            in("a2") scalar.as_ptr(),
            in("a7") SECP256K1_MULTIPLY_X,
        );
    }
    result
}
