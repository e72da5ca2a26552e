//! Where things lie in a guest's memory.
//!
//! Addresses are 64 bits wide, but only `MEMORY_START <= a < MEMORY_END` is memory; a load, store
//! or fetch outside of it traps. What is not loaded from the ELF file or from the private input
//! reads as zero, outside of the private input's region.
//!
//! Only the constants in this file are fixed by the machine. That the stack of our own guests
//! grows down from [`IMAGE_START`] towards the trapping page at zero, and that their heap ends at
//! [`PRIVATE_INPUT_START`], is a decision of the linker script; a program may be laid out in
//! another way.

/// The first address of memory. Below it lies the page that traps, so that null pointers and
/// stack overflows of our guests end the run.
pub const MEMORY_START: u64 = 0x1000;

/// The first address after memory.
pub const MEMORY_END: u64 = 1 << 35;

/// Where the linker script puts a guest's image: code, read-only data, data, then the heap. The
/// initial stack pointer is here too, and the stack grows down from it.
pub const IMAGE_START: u64 = 0x0400_0000;

/// Where the private input begins: a 4-byte little-endian length. Without private input the
/// length is zero.
pub const PRIVATE_INPUT_START: u64 = 0xFF00_0000;

/// The first byte of the private input itself, right after its length.
pub const PRIVATE_INPUT_DATA: u64 = PRIVATE_INPUT_START + 4;

/// The most bytes that a private input can have.
pub const PRIVATE_INPUT_MAX: u64 = 512 << 20;

/// The first address after the region whose initial contents a prover may choose, all of them:
/// the length, the data, and what lies after them. The honest host puts the input's length and
/// bytes there and leaves the rest zero, but a proof does not tell, so a guest that relies on the
/// length must check it. No segment may lie in the region.
pub const PRIVATE_INPUT_END: u64 = PRIVATE_INPUT_START + (1 << 30);

/// The most bytes that a run can commit to, over all of its [`commit`](crate::commit) calls.
pub const PUBLIC_OUTPUT_MAX: u64 = 1 << 20;

const _: () = assert!(PRIVATE_INPUT_DATA + PRIVATE_INPUT_MAX <= PRIVATE_INPUT_END);
const _: () = assert!(PRIVATE_INPUT_END <= MEMORY_END);
const _: () = assert!(MEMORY_START < IMAGE_START && IMAGE_START < PRIVATE_INPUT_START);
