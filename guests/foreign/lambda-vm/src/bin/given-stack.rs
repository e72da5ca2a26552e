//! Commits Keccak-256 of the private input, and of the input reversed, as guests with LambdaVM's
//! runtime do it: `_start` is an ordinary function that uses the stack at once, because LambdaVM
//! begins with a stack pointer, and the heap lies between the program's end and 3 GiB.
//!
//! The allocator's lock turns interrupts off and on, which takes CSR instructions; LambdaVM skips
//! them.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use core::panic::PanicInfo;

use embedded_alloc::TlsfHeap;
// It defines the lock.
use riscv as _;

const HEAP_END: usize = 0xC000_0000;

#[global_allocator]
static HEAP: TlsfHeap = TlsfHeap::empty();

/// The first instruction.
///
/// # Safety
/// Only the machine calls this, once.
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    unsafe extern "C" {
        static _end: u8;
    }
    let start = (&raw const _end).addr();
    // SAFETY: nothing lies between the program and the end of the heap, and this is the only call.
    unsafe { HEAP.init(start, HEAP_END - start) }
    let input = abi::private_input().to_vec();
    let reversed: Vec<u8> = input.iter().rev().copied().collect();
    abi::commit(&abi::keccak256(&input));
    abi::commit(&abi::keccak256(&reversed));
    abi::halt()
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    abi::fail("the guest panicked")
}
