//! Builds guests.
//!
//! No distribution of Rust has a standard library for the machine, so it is compiled together with
//! the guest, from the source that belongs to the compiler. The steps of [`build`]:
//!
//! 1. [`toolchain`] finds a compiler that has its library's source, and a linker.
//! 2. [`c_compiler`] looks for a compiler for dependencies in C. Guests without any don't need one.
//! 3. `sysroot` prepares, once per compiler, what that compiler needs for the target: the target's
//!    specification with the linker script in it, and the library.
//! 4. `cargo` runs cargo with an environment that depends on nothing but these, and maps all
//!    paths to fixed ones, so that the same source gives the same ELF file in every directory.
//! 5. [`elf`] writes a copy of the executable without symbols.
//!
//! [`new`](fn@new) writes the crate of a new guest. [`c_library`] is what programs in C and C++ are
//! compiled with and linked to. [`bundled`] is about the guests of this
//! repository, whose ELF files are committed.
//!
//! The guest's crate needs no configuration: no `.cargo/config.toml`, no `rust-toolchain.toml`,
//! no build script. A `rust-toolchain.toml` is not looked at.
//!
//! This crate prints nothing, except that cargo's messages go to standard error when
//! [`Messages::Inherit`] asks for it. It works on Unix only, since it links directories.

pub mod bundled;
pub mod c_compiler;
mod c_environment;
pub mod c_library;
mod cargo;
pub mod elf;
mod error;
mod new;
mod sysroot;
pub mod toolchain;

use std::path::{Path, PathBuf};

pub use bundled::{BundledGuest, rebuild_bundled, update_bundled};
pub use error::Error;
pub use new::new;

use c_environment::CEnvironment;
use cargo::Product;
use toolchain::Toolchain;

/// The name of the target, which is also that of cargo's output directory.
pub const TARGET: &str = "riscv64im-lvm-zkvm-elf";

/// How a guest is built. The default builds every binary of the crate with the crate's default
/// features, in the crate's own `target` directory.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The one package to build, where the path is a workspace with several.
    pub package: Option<String>,
    /// Features to turn on besides the default ones.
    pub features: Vec<String>,
    /// Leave the default features off.
    pub no_default_features: bool,
    /// Refuse to change `Cargo.lock`.
    pub locked: bool,
    /// Keep what tells source lines and inlined functions in [`Built::with_symbols`]. The compiler
    /// may then arrange the code differently, so the program isn't the one that is built without;
    /// it lies in another directory.
    pub debug_info: bool,
    /// The compiler to use; otherwise [`toolchain::find`] chooses.
    pub rustc: Option<PathBuf>,
    /// The C compiler to use for dependencies in C; otherwise the one that the environment
    /// variable `CC_riscv64im_lvm_zkvm_elf` says, or [`c_compiler::find`] chooses.
    pub c_compiler: Option<PathBuf>,
    /// Where build artifacts go; otherwise where cargo puts them.
    pub target_dir: Option<PathBuf>,
    /// Where the prepared sysroots are; otherwise `lvm` in the user's cache directory.
    pub cache_dir: Option<PathBuf>,
    /// What becomes of cargo's messages.
    pub messages: Messages,
}

/// What becomes of the messages of cargo and the compiler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Messages {
    /// They go to this process' standard error as they come.
    #[default]
    Inherit,
    /// They are in the error when the build fails.
    Capture,
}

/// One executable of a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The name of the binary.
    pub name: String,
    /// The stripped ELF file: what is run, proved and handed on.
    pub elf: PathBuf,
    /// The same program with symbols, and with debug information where that was asked for, for
    /// profiles.
    pub with_symbols: PathBuf,
}

/// Builds the guest whose `Cargo.toml`, or the directory of it, is at `path`.
///
/// # Errors
/// When no compiler or linker fits, when the cache directory cannot be written, and when cargo
/// fails.
pub fn build(path: &Path, options: &Options) -> Result<Vec<Built>, Error> {
    build_with(&options.toolchain()?, path, options)
}

fn build_with(toolchain: &Toolchain, path: &Path, options: &Options) -> Result<Vec<Built>, Error> {
    products(toolchain, path, options, Product::Executables)?
        .into_iter()
        .map(|(name, with_symbols)| {
            let elf = with_symbols.with_file_name(format!("{name}.elf"));
            let bytes = error::at(&with_symbols, "read", |path| std::fs::read(path))?;
            let stripped = elf::strip(&bytes)
                .map_err(|source| Error::Elf { path: with_symbols.clone(), source })?;
            error::at(&elf, "write", |path| std::fs::write(path, &stripped))?;
            Ok(Built { name, elf, with_symbols })
        })
        .collect()
}

/// Name and file of each product of the package at `path`.
fn products(
    toolchain: &Toolchain,
    path: &Path,
    options: &Options,
    product: Product,
) -> Result<Vec<(String, PathBuf)>, Error> {
    let c = CEnvironment::new(options.c_compiler.as_deref())?;
    let sysroot = sysroot::prepare(toolchain, c.compiler(), &options.cache_dir()?)?;
    cargo::build(toolchain, &sysroot, &c, path, options, product)
}

impl Options {
    fn toolchain(&self) -> Result<Toolchain, Error> {
        match &self.rustc {
            Some(rustc) => Toolchain::of(rustc),
            None => toolchain::find(),
        }
    }

    fn cache_dir(&self) -> Result<PathBuf, Error> {
        match &self.cache_dir {
            Some(cache) => Ok(cache.clone()),
            None => Ok(dirs::cache_dir().ok_or(Error::NoCacheDirectory)?.join("lvm")),
        }
    }
}
