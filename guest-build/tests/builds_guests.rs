//! Guests are really built: from nothing, and in any directory to the same file.
//!
//! These tests need a compiler with its library's source and take a minute or two, so they only
//! run when asked for: `cargo test -p lvm-guest-build --test builds_guests -- --ignored`.

use std::fs;
use std::path::Path;

use lvm_guest_build::{Error, Messages, Options, build, elf, new};

fn build_new_guest(directory: &Path, main: &str) -> Result<Vec<u8>, Error> {
    let home = new("a-guest", directory, None)?;
    fs::write(home.join("src/main.rs"), main).expect("the folder was just made");
    let options = Options {
        cache_dir: Some(directory.join("cache")),
        messages: Messages::Capture,
        ..Options::default()
    };
    let built = build(&home, &options)?;
    assert_eq!(built.len(), 1);
    assert_eq!(built[0].name, "a-guest");
    assert!(built[0].with_symbols.is_file());
    Ok(fs::read(&built[0].elf).expect("the file is there"))
}

#[test]
#[ignore = "compiles the standard library twice"]
fn the_same_source_gives_the_same_file_in_every_directory() {
    let main = r#"
        use std::collections::HashMap;
        fn main() {
            let mut counts = HashMap::new();
            for byte in lvm_guest_sdk::input() {
                *counts.entry(*byte).or_insert(0_u64) += 1;
            }
            let mut counts: Vec<_> = counts.into_iter().collect();
            counts.sort();
            println!("{counts:?}");
            lvm_guest_sdk::commit_value(&counts).expect("numbers can be serialized");
        }
    "#;
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let deep = other.path().join("much/deeper than/the-other");
    let file = build_new_guest(one.path(), main).unwrap_or_else(|error| panic!("{error}"));
    assert!(file == build_new_guest(&deep, main).unwrap_or_else(|error| panic!("{error}")));
    elf::check_instructions(&file).unwrap();

    let text = String::from_utf8_lossy(&file);
    for leaked in [one.path(), Path::new(env!("CARGO_MANIFEST_DIR"))] {
        assert!(!text.contains(&*leaked.to_string_lossy()), "{} is in it", leaked.display());
    }
}

#[test]
#[ignore = "runs cargo"]
fn a_mistake_in_the_guest_is_in_the_error() {
    let directory = tempfile::tempdir().unwrap();
    let error = build_new_guest(directory.path(), "fn main() { missing() }").unwrap_err();
    assert!(error.to_string().contains("cannot find function `missing`"), "{error}");
}
