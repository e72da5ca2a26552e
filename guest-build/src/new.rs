//! The crate of a new guest.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, at};

const MAIN: &str = r#"//! Commits Keccak-256 of the private input.

fn main() {
    let input = lvm_guest_sdk::input();
    println!("hashing {} bytes", input.len());
    lvm_guest_sdk::commit(&lvm_guest_sdk::keccak256(input));
}
"#;

/// Writes the crate of a guest called `name` to `directory/name` and returns that folder.
///
/// The guest depends on the SDK in the folder `sdk`; without one, on the SDK of the source tree
/// that this crate was built in, if that is still there.
///
/// # Errors
/// When the name is none for a package, the SDK isn't found, or the folder exists already or
/// cannot be written.
pub fn new(name: &str, directory: &Path, sdk: Option<&Path>) -> Result<PathBuf, Error> {
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if !valid {
        return Err(Error::Name(name.to_owned()));
    }
    let sdk = match sdk {
        Some(sdk) => sdk.to_owned(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest-sdk"),
    };
    let sdk = sdk
        .canonicalize()
        .ok()
        .filter(|sdk| sdk.join("Cargo.toml").is_file())
        .ok_or(Error::NoSdk(sdk))?;

    let home = directory.join(name);
    at(directory, "create", |path| fs::create_dir_all(path))?;
    at(&home, "create", |path| fs::create_dir(path))?;
    at(home.join("src"), "create", |path| fs::create_dir(path))?;
    at(home.join("Cargo.toml"), "write", |path| fs::write(path, manifest(name, &sdk)))?;
    at(home.join(".gitignore"), "write", |path| fs::write(path, "/target\n"))?;
    at(home.join("src/main.rs"), "write", |path| fs::write(path, MAIN))?;
    Ok(home)
}

/// The guest's `Cargo.toml`: a workspace of its own, so that it can lie within another one.
fn manifest(name: &str, sdk: &Path) -> String {
    let sdk = sdk.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
    format!(
        r#"[package]
name = "{name}"
version = "0.1.0"
edition = "2024"

[dependencies]
lvm-guest-sdk = {{ path = "{sdk}" }}

[profile.release]
opt-level = 3
lto = "fat"
codegen-units = 1
panic = "abort"

[workspace]
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_a_crate_once() {
        let directory = tempfile::tempdir().unwrap();
        let home = new("my-guest", directory.path(), None).unwrap();
        assert_eq!(home, directory.path().join("my-guest"));
        let manifest = fs::read_to_string(home.join("Cargo.toml")).unwrap();
        assert!(manifest.contains("name = \"my-guest\""));
        assert!(home.join("src/main.rs").is_file());
        assert!(matches!(new("my-guest", directory.path(), None), Err(Error::Io { .. })));
    }

    #[test]
    fn refuses_what_cargo_would_refuse() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["", "3x", "a b", "../x", "a\"b"] {
            assert!(matches!(new(name, directory.path(), None), Err(Error::Name(_))), "{name}");
        }
        let nowhere = directory.path().join("nowhere");
        assert!(matches!(new("x", directory.path(), Some(&nowhere)), Err(Error::NoSdk(_))));
    }
}
