//! The machine below a guest: system calls and the private input's memory.

use core::slice;

use lvm_syscalls::layout::{PRIVATE_INPUT_DATA, PRIVATE_INPUT_MAX, PRIVATE_INPUT_START};

pub(crate) use lvm_syscalls::commit::commit;
pub(crate) use lvm_syscalls::keccak_f::keccak_f;
pub(crate) use lvm_syscalls::print::print;
pub use lvm_syscalls::{curve, modular, quadratic, sha256};

pub(crate) fn input() -> &'static [u8] {
    // SAFETY: the address is aligned and in memory, and no guest object lies there, since the
    // linker script ends the heap at this address.
    let length = unsafe { (PRIVATE_INPUT_START as *const u32).read() };
    if u64::from(length) > PRIVATE_INPUT_MAX {
        lvm_syscalls::panic::panic(b"the private input is longer than 512 MiB");
    }
    // SAFETY: the length is at most PRIVATE_INPUT_MAX, so that all bytes are in memory (asserted
    // in `lvm_syscalls::layout`); they are initialized, and nothing writes there.
    unsafe { slice::from_raw_parts(PRIVATE_INPUT_DATA as *const u8, length as usize) }
}

pub(crate) fn exit(code: u32) -> ! {
    lvm_syscalls::halt::halt(code.into())
}
