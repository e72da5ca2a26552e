//! Everything that can keep a guest from being built.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use crate::c_compiler::UnfitC;
use crate::elf;
use crate::toolchain::Unfit;

/// Why a guest was not built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "no Rust compiler with the source of its standard library was found{}\n\
         Install one of these:\n  \
         rustup toolchain install nightly --component rust-src\n  \
         apt-get install --no-install-recommends rustc-web cargo-web rust-web-src lld   (Debian 12)",
        listed(.0)
    )]
    NoToolchain(Vec<(PathBuf, Unfit)>),
    #[error("the compiler {path} cannot build guests: {reason}")]
    Toolchain { path: PathBuf, reason: Unfit },
    #[error(
        "the compiler's library has a `process::exit` that this version of lvm doesn't know \
         ({path}); it knows those of Rust 1.96 to 1.101"
    )]
    UnknownLibrary { path: PathBuf },
    #[error("there is no cache directory: neither a home directory nor XDG_CACHE_HOME is set")]
    NoCacheDirectory,
    #[error("cannot {action} {path}: {source}")]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("cargo failed ({status}){}", captured(.messages))]
    Cargo { status: ExitStatus, messages: Option<String> },
    #[error(
        "the guest has a part in C, and no C compiler for guests was found{}\n\
         Install one:\n  \
         apt-get install gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf   (Debian, Ubuntu)\n\
         or set the variable CC_riscv64im_lvm_zkvm_elf to one, and LVM_PICOLIBC to the folder \
         with picolibc's `include` and `lib`{}",
        listed(.unfit), captured(.messages)
    )]
    NoCCompiler { unfit: Vec<(PathBuf, UnfitC)>, messages: Option<String> },
    #[error("cannot understand what cargo says: {0}")]
    CargoOutput(#[from] cargo_metadata::Error),
    #[error("{path} has no binary to build")]
    NoBinary { path: PathBuf },
    #[error("{path}: {source}")]
    Elf { path: PathBuf, source: elf::Error },
    #[error("`{0}` is no package name: use letters, digits, `-` and `_`, a letter first")]
    Name(String),
    #[error("the guest SDK was not found at {0}; say where its folder is")]
    NoSdk(PathBuf),
    #[error("the source of the C library was not found at {0}; say where its folder is")]
    NoCLibrary(PathBuf),
    #[error("{path}: {source}")]
    Manifest { path: PathBuf, source: serde_json::Error },
}

/// Runs `run` on `path` and says of its error what was done to which file.
pub(crate) fn at<P: AsRef<Path>, T>(
    path: P,
    action: &'static str,
    run: impl FnOnce(&Path) -> io::Result<T>,
) -> Result<T, Error> {
    let path = path.as_ref();
    run(path).map_err(|source| Error::Io { action, path: path.to_owned(), source })
}

fn listed(unfit: &[(PathBuf, impl Display)]) -> String {
    unfit.iter().map(|(path, reason)| format!("\n  {}: {reason}", path.display())).collect()
}

fn captured(messages: &Option<String>) -> String {
    messages.as_ref().map(|messages| format!(":\n{messages}")).unwrap_or_default()
}
