//! What the author of a guest writes against.
//!
//! A guest is an ordinary Rust program. It reads its private input, computes, and commits the
//! bytes that become the public output of the proof:
//!
//! ```no_run
//! let input = lvm_guest_sdk::input();
//! let digest = lvm_guest_sdk::keccak256(input);
//! lvm_guest_sdk::commit(&digest);
//! ```
//!
//! Values go in and out as [postcard](https://docs.rs/postcard), a compact serde format:
//!
//! ```no_run
//! # fn main() -> Result<(), lvm_guest_sdk::postcard::Error> {
//! let (base, exponent): (u64, u32) = lvm_guest_sdk::read()?;
//! lvm_guest_sdk::commit_value(&base.wrapping_pow(exponent))
//! # }
//! ```
//!
//! # Standard library
//! With the feature `std`, which is on by default, the whole of Rust's standard library is there,
//! with these differences: standard input is the private input, standard output and standard
//! error go to the host's `print`, there are neither arguments nor environment variables, files,
//! sockets, threads and clocks return errors or panic, and nothing is random: `HashMap` is seeded
//! with constants, so that a run depends on nothing but the program and its input. The feature
//! `getrandom` gives the crate of that name such bytes, too; never make secrets from them.
//!
//! A program that calls nothing of this crate still needs its runtime: `use lvm_guest_sdk as _;`.
//!
//! Without the feature the guest is `no_std`, has `alloc`, and names its main function:
//!
//! ```ignore
//! #![no_std]
//! #![no_main]
//!
//! lvm_guest_sdk::entry!(main);
//!
//! fn main() {
//!     lvm_guest_sdk::println!("{} bytes", lvm_guest_sdk::input().len());
//! }
//! ```
//!
//! # C and C++
//! A guest may have dependencies in C or C++. `lvm build` tells build scripts which compiler to
//! use. The feature `c` gives those parts what a C library expects of a system: `malloc` and its
//! relatives, `exit`, `atexit`, thread-local variables such as `errno`, constructors and
//! destructors of global objects. Linking says when one of the latter is needed.
//!
//! # How a run ends
//! A run succeeds when `main` returns `()`, `Ok` or `ExitCode::SUCCESS`.
//! It fails with the exit code that `main` or [`exit`] gives, and with 101 after a panic. What a
//! failed run has committed is public all the same, together with the exit code.
//!
//! # On a host
//! Compiled for any other target the same program runs natively: the private input is all of
//! standard input, what is committed goes to standard output, what is printed to standard error.
//! That is how a guest is debugged, and how its expected output is computed without the machine.
#![cfg_attr(not(test), no_std)]
#![cfg_attr(
    all(target_arch = "riscv64", target_os = "zkvm", feature = "std"),
    feature(alloc_error_hook)
)]
// The functions that a C program may bring itself are weak.
#![cfg_attr(all(target_arch = "riscv64", target_os = "zkvm", feature = "c"), feature(linkage))]

extern crate alloc;

pub mod arithmetic;
mod hash;
mod input;
#[cfg_attr(all(target_arch = "riscv64", target_os = "zkvm"), path = "machine/guest.rs")]
#[cfg_attr(not(all(target_arch = "riscv64", target_os = "zkvm")), path = "machine/host.rs")]
mod machine;
mod output;
#[cfg(any(test, all(target_arch = "riscv64", target_os = "zkvm")))]
mod runtime;
#[cfg(all(target_arch = "riscv64", target_os = "zkvm"))]
mod standard;

pub use hash::{keccak_f, keccak256, sha256};
pub use input::{input, input_vec, read};
pub use output::{commit, commit_value, exit, print};
pub use postcard;

/// Names the main function of a guest without the standard library.
///
/// The function takes nothing and returns `()`; a guest that fails calls [`exit`] or panics.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        #[unsafe(export_name = "main")]
        extern "C" fn lvm_guest_main(_argc: isize, _argv: *const *const u8) -> isize {
            const MAIN: fn() = $main;
            MAIN();
            0
        }
    };
}

/// Prints formatted text to whoever runs the guest; see [`print()`].
#[macro_export]
macro_rules! print {
    ($($argument:tt)*) => {
        $crate::print(::core::format_args!($($argument)*))
    };
}

/// Prints formatted text and a line end to whoever runs the guest; see [`print()`].
#[macro_export]
macro_rules! println {
    () => {
        $crate::print(::core::format_args!("\n"))
    };
    ($($argument:tt)*) => {
        $crate::print(::core::format_args!("{}\n", ::core::format_args!($($argument)*)))
    };
}
