//! Changes of an honest proof; see `lvm_fuzz_targets::proof_mutation`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lvm_fuzz_targets::proof_mutation::check(data));
