//! Bytes for everything that the verifier reads; see `lvm_fuzz_targets::parse`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lvm_fuzz_targets::parse::check(data));
