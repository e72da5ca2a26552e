//! Commits Keccak-256 of the private input, on a stack of its own.
//!
//! It asks nothing of the machine but the ABI: its start code sets the stack pointer.
#![no_std]
#![no_main]

use core::arch::global_asm;
use core::panic::PanicInfo;

global_asm!(
    ".section .text._start, \"ax\", @progbits",
    ".globl _start",
    "_start:",
    "la sp, stack + {bytes}",
    "tail run",
    ".section .bss.stack, \"aw\", @nobits",
    ".balign 16",
    "stack: .zero {bytes}",
    bytes = const 64 << 10,
);

#[unsafe(no_mangle)]
extern "C" fn run() -> ! {
    abi::commit(&abi::keccak256(abi::private_input()));
    abi::halt()
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    abi::fail("the guest panicked")
}
