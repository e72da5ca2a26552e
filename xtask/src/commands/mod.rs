//! One module for each command: its arguments, and `run` with the repository's folder.

pub(crate) mod guests;
pub(crate) mod mutate;
pub(crate) mod page;
pub(crate) mod soundcalc;
pub(crate) mod tables;
pub(crate) mod verifier_builds;

use std::env;
use std::path::{Path, PathBuf};

/// Where cargo puts what it builds for this repository.
fn target_directory(root: &Path) -> std::io::Result<PathBuf> {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => std::path::absolute(directory),
        None => Ok(root.join("target")),
    }
}
