//! Finding a compiler for guests.
//!
//! A compiler fits when its version is at least [`RELEASE_MIN`], cargo lies beside it, and the
//! source of its standard library is where compilers look for it. The library must have the
//! compiler's own version, so it is never taken from anywhere else. Whether the compiler is a
//! nightly doesn't matter, since `RUSTC_BOOTSTRAP` turns on what is unstable.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, at};

/// The oldest compiler that knows what the target's specification says.
pub const RELEASE_MIN: (u32, u32) = (1, 95);

/// A compiler with everything that it needs for building guests.
#[derive(Clone, Debug)]
pub struct Toolchain {
    pub(crate) rustc: PathBuf,
    pub(crate) cargo: PathBuf,
    pub(crate) sysroot: PathBuf,
    /// The source of the standard library: the folder that has `core`, `alloc` and `std`.
    pub(crate) library: PathBuf,
    pub(crate) linker: PathBuf,
    /// What `rustc -vV` says.
    pub(crate) verbose_version: String,
}

/// Why a compiler cannot build guests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It cannot be run, or doesn't say what compilers say.
    NotACompiler,
    /// It is older than [`RELEASE_MIN`].
    TooOld(String),
    /// The source of its library isn't installed.
    NoSource(PathBuf),
    /// There is no cargo beside it.
    NoCargo(PathBuf),
    /// It has no linker of its own, and there is none for RISC-V on the path.
    NoLinker,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::NotACompiler => write!(f, "it is no Rust compiler that runs"),
            Self::TooOld(release) => {
                write!(f, "{release} is older than {}.{}", RELEASE_MIN.0, RELEASE_MIN.1)
            }
            Self::NoSource(path) => write!(
                f,
                "the library's source is not at {} (`rustup component add rust-src`)",
                path.display()
            ),
            Self::NoCargo(path) => write!(f, "there is no {}", path.display()),
            Self::NoLinker => write!(f, "it has no rust-lld, and no ld.lld is on the path"),
        }
    }
}

/// The first compiler that fits: of rustup's toolchains nightlies first and newer before older,
/// then the compilers on the path.
///
/// # Errors
/// [`Error::NoToolchain`] with what is wrong with each compiler that was looked at.
pub fn find() -> Result<Toolchain, Error> {
    let mut unfit = Vec::new();
    for rustc in candidates() {
        match Toolchain::inspect(&rustc) {
            Ok(toolchain) => return Ok(toolchain),
            Err(reason) => unfit.push((rustc, reason)),
        }
    }
    Err(Error::NoToolchain(unfit))
}

/// All compilers that fit, in the order of [`find`].
pub fn all() -> Vec<Toolchain> {
    candidates().iter().filter_map(|rustc| Toolchain::inspect(rustc).ok()).collect()
}

impl Toolchain {
    /// The toolchain that `rustc` belongs to.
    ///
    /// # Errors
    /// [`Error::Toolchain`] when it doesn't fit.
    pub fn of(rustc: &Path) -> Result<Self, Error> {
        Self::inspect(rustc).map_err(|reason| Error::Toolchain { path: rustc.to_owned(), reason })
    }

    /// The version, as in `1.96.0` or `1.97.0-nightly`.
    pub fn release(&self) -> &str {
        version_field(&self.verbose_version, "release").unwrap_or_default()
    }

    /// The commit that the compiler was built from.
    pub fn commit(&self) -> &str {
        version_field(&self.verbose_version, "commit-hash").unwrap_or_default()
    }

    /// This toolchain's cargo with its compiler, for builds of the library from source, in an
    /// environment that says nothing of how to compile.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(&self.cargo);
        crate::cargo::isolate(&mut command);
        command.env("RUSTC", &self.rustc).env("RUSTC_BOOTSTRAP", "1");
        command
    }

    /// The linker's name and version.
    ///
    /// # Errors
    /// When the linker cannot be run.
    pub fn linker_version(&self) -> Result<String, Error> {
        // The program behind `rust-lld` takes the kind of linker from its first argument.
        let output = at(&self.linker, "run", |linker| {
            Command::new(linker).args(["-flavor", "gnu", "--version"]).output()
        })?;
        let output = if output.status.success() {
            output
        } else {
            at(&self.linker, "run", |linker| Command::new(linker).arg("--version").output())?
        };
        let text = String::from_utf8_lossy(&output.stdout);
        let words: Vec<_> =
            text.split_whitespace().skip_while(|word| *word != "LLD").take(2).collect();
        Ok(words.join(" "))
    }

    fn inspect(rustc: &Path) -> Result<Self, Unfit> {
        let sysroot = PathBuf::from(run(rustc, &["--print", "sysroot"])?.trim_end());
        // Behind rustup's `rustc` is the compiler of some toolchain; only that one stays the same
        // wherever it is run.
        let rustc = sysroot.join("bin/rustc");
        let verbose_version = run(&rustc, &["-vV"])?;
        let release = version_field(&verbose_version, "release").ok_or(Unfit::NotACompiler)?;
        if parse_release(release).ok_or(Unfit::NotACompiler)? < RELEASE_MIN {
            return Err(Unfit::TooOld(release.to_owned()));
        }
        let library = sysroot.join("lib/rustlib/src/rust/library");
        if !library.join("std/src/lib.rs").is_file() {
            return Err(Unfit::NoSource(library));
        }
        let cargo = sysroot.join("bin/cargo");
        if !cargo.is_file() {
            return Err(Unfit::NoCargo(cargo));
        }
        let host = version_field(&verbose_version, "host").ok_or(Unfit::NotACompiler)?;
        let own = sysroot.join("lib/rustlib").join(host).join("bin/rust-lld");
        let linker = Some(own)
            .filter(|linker| linker.is_file())
            .or_else(|| on_path("ld.lld").next())
            .ok_or(Unfit::NoLinker)?;
        Ok(Self { rustc, cargo, sysroot, library, linker, verbose_version })
    }
}

/// Compilers to look at, best first.
fn candidates() -> Vec<PathBuf> {
    let rustup = env::var_os("RUSTUP_HOME")
        .map(PathBuf::from)
        .or_else(|| dirs::home_dir().map(|home| home.join(".rustup")));
    let mut toolchains: Vec<PathBuf> = rustup
        .and_then(|rustup| rustup.join("toolchains").read_dir().ok())
        .into_iter()
        .flatten()
        .flatten()
        .map(|toolchain| toolchain.path())
        .collect();
    toolchains.sort_by_cached_key(|toolchain| preference(toolchain.file_name()));
    toolchains
        .into_iter()
        .map(|toolchain| toolchain.join("bin/rustc"))
        .chain(on_path("rustc"))
        .collect()
}

/// Sorts `nightly` before `nightly-2026-05-01` before `nightly-2026-04-01` before all others.
fn preference(name: Option<&OsStr>) -> (u8, std::cmp::Reverse<String>) {
    let name = name.unwrap_or_default().to_string_lossy().into_owned();
    let rest = name.strip_prefix("nightly-");
    let dated = rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let rank = match rest {
        Some(_) if dated => 1,
        Some(_) => 0,
        None => 2,
    };
    (rank, std::cmp::Reverse(name))
}

pub(crate) fn on_path(program: &str) -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found: Vec<_> = env::split_paths(&path)
        .map(|directory| directory.join(program))
        .filter(|program| program.is_file())
        .collect();
    found.into_iter()
}

fn run(rustc: &Path, arguments: &[&str]) -> Result<String, Unfit> {
    let mut command = Command::new(rustc);
    crate::cargo::isolate(&mut command);
    let output = command.args(arguments).output().map_err(|_| Unfit::NotACompiler)?;
    if !output.status.success() {
        return Err(Unfit::NotACompiler);
    }
    String::from_utf8(output.stdout).map_err(|_| Unfit::NotACompiler)
}

fn version_field<'a>(verbose: &'a str, field: &str) -> Option<&'a str> {
    verbose.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(": "))
}

fn parse_release(release: &str) -> Option<(u32, u32)> {
    let mut parts = release.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nightlies_come_first_and_newer_before_older() {
        let mut names =
            ["stable-x", "nightly-2026-04-01-x", "1.96.0-x", "nightly-2026-05-01-x", "nightly-x"];
        names.sort_by_cached_key(|name| preference(Some(OsStr::new(name))));
        assert_eq!(
            names,
            ["nightly-x", "nightly-2026-05-01-x", "nightly-2026-04-01-x", "stable-x", "1.96.0-x"]
        );
    }

    #[test]
    fn reads_versions() {
        let verbose = "rustc 1.97.0-nightly (abc 2026-04-20)\nbinary: rustc\ncommit-hash: abc\n\
                       host: x86_64-unknown-linux-gnu\nrelease: 1.97.0-nightly\n";
        assert_eq!(version_field(verbose, "release"), Some("1.97.0-nightly"));
        assert_eq!(version_field(verbose, "commit-hash"), Some("abc"));
        assert_eq!(version_field(verbose, "LLVM version"), None);
        assert_eq!(parse_release("1.97.0-nightly"), Some((1, 97)));
        assert_eq!(parse_release("nightly"), None);
    }

    #[test]
    fn the_error_says_what_to_install_and_what_was_wrong() {
        let unfit = vec![("/usr/bin/rustc".into(), Unfit::TooOld("1.63.0".into()))];
        let message = Error::NoToolchain(unfit).to_string();
        assert!(message.contains("rustup toolchain install nightly --component rust-src"));
        assert!(message.contains("/usr/bin/rustc: 1.63.0 is older than 1.95"));
    }
}
