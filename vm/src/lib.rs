//! The RV64IM emulator.
//!
//! ```text
//! ELF bytes --elf::load--> LoadedProgram --execute::execute--> Execution   (fast, no trace)
//!                                        --record::record----> Recording   (Execution, segments
//!                                                                           with Events, ledger)
//! ```
//!
//! | module | what it is for |
//! | --- | --- |
//! | [`elf`] | which ELF files are programs, and what they put into memory |
//! | `lambda_vm` | what programs for LambdaVM find there and not here |
//! | [`symbols`] | names of code addresses, for messages |
//! | `memory` | the sparse memory |
//! | `timed_memory` | the same with the time of each word's last access |
//! | `code` | instructions prepared for the interpreter |
//! | `ecall` | what system calls hand to the outside |
//! | [`mod@execute`] | the fast interpreter |
//! | `observe` | what the fast interpreter tells of a run while it goes on |
//! | [`mod@profile`] | where a run's cycles go |
//! | [`final_memory`] | memory as a run left it, and named places in it |
//! | [`mod@record`] | the interpreter that leaves an event for every table row |
//! | [`error`] | refused files, traps and limits |
//! | [`assemble`] | programs from instruction lists, for tests and tools |
//!
//! Both interpreters compute with `lvm_isa::semantics` and agree on every output. What an
//! instruction means is said there and nowhere here. This crate neither prints nor exits, and no
//! guest and no file makes it panic.
#![forbid(unsafe_code)]

pub mod assemble;
mod code;
mod compute;
mod ecall;
pub mod elf;
pub mod error;
pub mod execute;
pub mod final_memory;
mod lambda_vm;
mod memory;
mod observe;
pub mod profile;
pub mod record;
pub mod symbols;
mod timed_memory;
