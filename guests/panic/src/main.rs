//! Commits one word and panics with a message that names the length of the private input.

fn main() {
    lvm_guest_sdk::commit(b"before");
    panic!(
        "the private input has {} bytes",
        lvm_guest_sdk::input().len()
    );
}
