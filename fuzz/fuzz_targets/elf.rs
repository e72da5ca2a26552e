//! Files for the ELF loader, and what they load to; see `lvm_fuzz_targets::elf`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lvm_fuzz_targets::elf::check(data));
