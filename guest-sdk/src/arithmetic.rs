//! Wide arithmetic, each operation one system call on the machine.
//!
//! Numbers are words of 64 bits, the lowest first; what each operation takes and gives is said in
//! the modules of `lvm_syscalls` with the same names. Operands without a result, such as a number
//! without an inverse, end the run as a trap, and natively as a panic: whoever calls excludes them.

pub use crate::machine::{curve, modular, quadratic, sha256};
