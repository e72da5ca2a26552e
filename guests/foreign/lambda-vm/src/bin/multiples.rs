//! Commits x of 5 times the base point of secp256k1, and of a multiple of a point for each 64 bytes
//! of the private input, which are the point's x and the scalar, where they lie.
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

/// x of the base point (SEC 2, section 2.4.1).
static BASE: [u8; 32] = [
    0x98, 0x17, 0xf8, 0x16, 0x5b, 0x81, 0xf2, 0x59, 0xd9, 0x28, 0xce, 0x2d, 0xdb, 0xfc, 0x9b, 0x02,
    0x07, 0x0b, 0x87, 0xce, 0x95, 0x62, 0xa0, 0x55, 0xac, 0xbb, 0xdc, 0xf9, 0x7e, 0x66, 0xbe, 0x79,
];

#[unsafe(no_mangle)]
extern "C" fn run() -> ! {
    let mut five = [0; 32];
    five[0] = 5;
    abi::commit(&abi::multiply_x(&BASE, &five));
    let (pairs, _) = abi::private_input().as_chunks::<64>();
    for pair in pairs {
        let (numbers, _) = pair.as_chunks::<32>();
        if let [x, scalar] = numbers {
            abi::commit(&abi::multiply_x(x, scalar));
        }
    }
    abi::halt()
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    abi::fail("the guest panicked")
}
