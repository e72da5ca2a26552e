//! Programs for both interpreters and another emulator; see `lvm_fuzz_targets::differential`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lvm_fuzz_targets::differential::check(data));
