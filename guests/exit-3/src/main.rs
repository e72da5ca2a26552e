//! Commits one word and ends with exit code 3: a run that failed, and whose proof says so.

fn main() {
    lvm_guest_sdk::commit(b"three");
    std::process::exit(3);
}
