//! What lies below a guest's `main`: the first instruction, the heap, the functions that compiled
//! code calls for copying memory, and those that the standard library's platform layer expects.
//!
//! Everything here relies on the machine having one thread and no interrupts.

#[cfg(any(test, all(feature = "c", target_arch = "riscv64", target_os = "zkvm")))]
mod c;
mod heap;
#[cfg(all(target_arch = "riscv64", target_os = "zkvm"))]
mod memory_functions;
#[cfg(all(target_arch = "riscv64", target_os = "zkvm", not(feature = "std")))]
mod panic_handler;
#[cfg(all(
    target_arch = "riscv64",
    target_os = "zkvm",
    any(feature = "std", feature = "getrandom")
))]
mod pseudo_random;
#[cfg(all(target_arch = "riscv64", target_os = "zkvm"))]
mod start;
#[cfg(all(target_arch = "riscv64", target_os = "zkvm", feature = "std"))]
mod std_platform;
