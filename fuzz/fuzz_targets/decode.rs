//! Instruction words for the decoder; see `lvm_fuzz_targets::decode`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lvm_fuzz_targets::decode::check(data));
