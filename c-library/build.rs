//! Compiles picolibc's standard streams, where there is a C compiler that has picolibc.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=src/standard_streams.c");
    // Set by the guest builder only when it has found a compiler.
    if env::var_os("CFLAGS_riscv64im_lvm_zkvm_elf").is_some() {
        cc::Build::new()
            .file("src/standard_streams.c")
            .std("c11")
            .warnings_into_errors(true)
            .compile("lvm_standard_streams");
    }
}
