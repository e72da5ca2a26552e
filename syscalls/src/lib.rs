//! The contract between a guest and its host: every system call and every fixed address.
//!
//! One file per call. Each says the call's number, its arguments, what the host does, which table
//! proves it, and has the guest's wrapper, which exists only when compiling for `riscv64`. The
//! emulator, the tables and the guest's runtime all take the numbers from here, so that they
//! cannot drift apart.
//!
//! A guest makes a call with `ecall`: the number in `a7`, arguments from `a0` up. The number is
//! compared as a 64-bit value. A call leaves every register as it was; results, where there are
//! any, are in memory. A number that is not listed here ends the run as a trap: there is no way to
//! ask the host which calls exist, since a proof is about one fixed machine.
//!
//! | number | call | arguments | table |
//! | --- | --- | --- | --- |
//! | 1 | [`print`] | pointer, length | `ecall` |
//! | 2 | [`panic`] | pointer, length | `ecall` |
//! | 64 | [`commit`] | 1, pointer, length | `ecall`, `commit` |
//! | 93 | [`halt`] | exit code | `ecall` |
//! | 1024 | [`copy_words`] | destination, source, words | `ecall`, `copy` |
//! | 1040 to 1047 | [`modular`] | destination, factor, modulus, factor | `ecall`, `modular_256`, `modular_384` |
//! | 1048 to 1054 | [`quadratic`] | destination, factor, factor | `ecall`, `quadratic_256`, `quadratic_384` |
//! | 1056 to 1061 | [`curve`] | point, point | `ecall`, `point_memory`, `point` |
//! | 1064 | [`sha256`] | state, block | `ecall`, `sha256`, `sha256_round` |
//! | 2⁶⁴ − 11 | [`multiply_x`] | result, x of a point, scalar | `ecall`, `multiply_x`, `ladder`, `point` |
//! | 2⁶⁴ − 2 | [`keccak_f`] | pointer to 25 words | `ecall`, `keccak`, `keccak_memory` |
#![no_std]

pub mod commit;
pub mod copy_words;
pub mod curve;
pub mod halt;
pub mod keccak_f;
pub mod layout;
pub mod modular;
pub mod multiply_x;
pub mod panic;
pub mod print;
pub mod quadratic;
pub mod sha256;
