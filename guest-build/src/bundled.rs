//! The guests of this repository, whose ELF files are committed in `guests/elf`.
//!
//! Programs are known by their ELF file, so tests and benchmarks must all see the same one, also
//! where no compiler for guests is installed. `manifest.json` beside the files says which compiler
//! and linker made them. With the same compiler and linker the same source gives the same files,
//! in any directory; with others it doesn't, and a difference then means nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, at};
use crate::toolchain::{self, Toolchain};
use crate::{Messages, Options, build_with, elf};

/// A guest of this repository, as committed and as built now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundledGuest {
    /// The name of its package, and of its file in `guests/elf`.
    pub name: String,
    /// BLAKE3 of the committed file, in hex; `None` when there is none.
    pub committed_hash: Option<String>,
    /// BLAKE3 of the file as it was built now, in hex.
    pub rebuilt_hash: String,
    /// Whether the committed file was made by the compiler and linker that were used now. Where
    /// this is false, different hashes mean nothing.
    pub compiler_matches: bool,
}

impl BundledGuest {
    /// Whether the committed file is what its source says, as far as that can be known here.
    pub fn is_current(&self) -> bool {
        !self.compiler_matches || self.committed_hash.as_ref() == Some(&self.rebuilt_hash)
    }
}

/// `guests/elf/manifest.json`.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    compiler: Compiler,
    /// BLAKE3 of each file, by name of the guest.
    guests: BTreeMap<String, String>,
}

/// What determines an ELF file besides its source.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Compiler {
    release: String,
    commit: String,
    linker: String,
}

impl Compiler {
    fn of(toolchain: &Toolchain) -> Result<Self, Error> {
        Ok(Self {
            release: toolchain.release().to_owned(),
            commit: toolchain.commit().to_owned(),
            linker: toolchain.linker_version()?,
        })
    }
}

/// Builds all guests of the repository at `repo_root` and compares them with the committed files.
///
/// Of the compilers that fit, the one that made the committed files is used where it's installed.
///
/// # Errors
/// As [`crate::build`]; also when the manifest isn't one, or a guest has an instruction that the
/// machine lacks. That files differ is no error.
pub fn rebuild_bundled(repo_root: &Path) -> Result<Vec<BundledGuest>, Error> {
    let (manifest, toolchain) = manifest_and_toolchain(repo_root)?;
    let compiler_matches = Compiler::of(&toolchain)? == manifest.compiler;
    let rebuilt = rebuild(repo_root, &toolchain, true)?;
    rebuilt
        .into_iter()
        .map(|(name, file)| {
            let path = repo_root.join("guests/elf").join(format!("{name}.elf"));
            let committed =
                path.is_file().then(|| at(&path, "read", |path| fs::read(path))).transpose()?;
            Ok(BundledGuest {
                committed_hash: committed.map(|file| hash(&file)),
                rebuilt_hash: hash(&file),
                compiler_matches,
                name,
            })
        })
        .collect()
}

/// Builds all guests of the repository at `repo_root` and writes their files and the manifest.
///
/// The result compares with what was there before.
///
/// # Errors
/// As [`rebuild_bundled`], and when the files cannot be written.
pub fn update_bundled(repo_root: &Path) -> Result<Vec<BundledGuest>, Error> {
    let (manifest, toolchain) = manifest_and_toolchain(repo_root)?;
    let compiler = Compiler::of(&toolchain)?;
    let compiler_matches = compiler == manifest.compiler;
    let folder = repo_root.join("guests/elf");
    at(&folder, "create", |path| fs::create_dir_all(path))?;

    let mut guests = Vec::new();
    for (name, file) in rebuild(repo_root, &toolchain, false)? {
        let path = folder.join(format!("{name}.elf"));
        let committed =
            path.is_file().then(|| at(&path, "read", |path| fs::read(path))).transpose()?;
        at(&path, "write", |path| fs::write(path, &file))?;
        guests.push(BundledGuest {
            committed_hash: committed.map(|file| hash(&file)),
            rebuilt_hash: hash(&file),
            compiler_matches,
            name,
        });
    }
    let manifest = Manifest {
        compiler,
        guests: guests.iter().map(|g| (g.name.clone(), g.rebuilt_hash.clone())).collect(),
    };
    let path = manifest_path(repo_root);
    let mut text = serde_json::to_string_pretty(&manifest)
        .map_err(|source| Error::Manifest { path: path.clone(), source })?;
    text.push('\n');
    at(&path, "write", |path| fs::write(path, text))?;
    Ok(guests)
}

fn manifest_path(repo_root: &Path) -> std::path::PathBuf {
    repo_root.join("guests/elf/manifest.json")
}

/// The manifest, empty when there is none, and the compiler to use.
fn manifest_and_toolchain(repo_root: &Path) -> Result<(Manifest, Toolchain), Error> {
    let path = manifest_path(repo_root);
    let manifest = if path.is_file() {
        let text = at(&path, "read", |path| fs::read(path))?;
        serde_json::from_slice(&text).map_err(|source| Error::Manifest { path, source })?
    } else {
        Manifest::default()
    };
    for toolchain in toolchain::all() {
        if Compiler::of(&toolchain)? == manifest.compiler {
            return Ok((manifest, toolchain));
        }
    }
    Ok((manifest, toolchain::find()?))
}

/// Name and stripped file of every guest. Each is built by itself, since building them together
/// would give all of them the features that any of them asks of the SDK. With `locked`, it is an
/// error when `Cargo.lock` doesn't fit the manifests.
fn rebuild(
    repo_root: &Path,
    toolchain: &Toolchain,
    locked: bool,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let workspace = repo_root.join("guests");
    let mut names = Vec::new();
    for entry in at(&workspace, "read", |path| path.read_dir())?.flatten() {
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();

    let mut files = Vec::new();
    for name in names {
        let options = Options {
            package: Some(name),
            locked,
            messages: Messages::Capture,
            ..Options::default()
        };
        for built in build_with(toolchain, &workspace, &options)? {
            let file = at(&built.elf, "read", |path| fs::read(path))?;
            elf::check_instructions(&file)
                .map_err(|source| Error::Elf { path: built.elf.clone(), source })?;
            files.push((built.name, file));
        }
    }
    Ok(files)
}

fn hash(file: &[u8]) -> String {
    blake3::hash(file).to_hex().to_string()
}
