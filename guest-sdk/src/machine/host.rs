//! A stand-in for the machine where a guest runs natively: standard input is the private input,
//! standard output the public output, standard error takes what is printed.
//!
//! Unlike on the machine, an input or output that cannot be read or written is a panic.

extern crate std;

#[path = "host_arithmetic.rs"]
mod arithmetic;

use std::io::{Read, Write, stderr, stdin, stdout};
use std::process;
use std::sync::OnceLock;
use std::vec::Vec;

use lvm_syscalls::layout::PRIVATE_INPUT_MAX;

pub use self::arithmetic::{curve, modular, quadratic, sha256};

pub(crate) fn input() -> &'static [u8] {
    static INPUT: OnceLock<Vec<u8>> = OnceLock::new();
    INPUT.get_or_init(|| {
        let mut input = Vec::new();
        stdin()
            .lock()
            .read_to_end(&mut input)
            .expect("standard input, the private input, is readable");
        assert!(
            input.len() as u64 <= PRIVATE_INPUT_MAX,
            "the private input is longer than 512 MiB"
        );
        input
    })
}

pub(crate) fn commit(bytes: &[u8]) {
    let mut output = stdout().lock();
    output
        .write_all(bytes)
        .and_then(|()| output.flush())
        .expect("standard output, the public output, is writable");
}

pub(crate) fn print(text: &[u8]) {
    stderr().write_all(text).expect("standard error is writable");
}

pub(crate) fn exit(code: u32) -> ! {
    process::exit(code.cast_signed())
}

pub(crate) fn keccak_f(state: &mut [u64; 25]) {
    keccak::f1600(state);
}
