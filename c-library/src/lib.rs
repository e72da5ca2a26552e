//! The library that C and C++ guests are linked to, `liblvm.a`.
//!
//! It has what the zkVM standards demand of such a library: `_start`, `read_input`,
//! `write_output`, `abort`, the accelerators, and strong definitions of `memcpy`, `memmove`,
//! `memset` and `memcmp`. Beyond that it has what programs in C and C++ need of a system:
//! `malloc`, `exit`, constructors, the standard streams of picolibc.
//!
//! All Rust code is one object of the archive, the one with `_start`, which every program takes;
//! so its memory functions are there before a C library is asked for them. The linker drops what
//! a program doesn't use.
#![no_std]

use lvm_accelerators as _;
use lvm_guest_sdk as _;
