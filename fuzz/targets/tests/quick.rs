#[test]
fn words() {
    let mut x = 0x1234_5678u64;
    for n in 0..50_000_000u64 {
        x = x.wrapping_mul(6364136223846793005).wrapping_add(n | 1);
        lvm_fuzz_targets::decode::check_word((x >> 32) as u32);
    }
}
