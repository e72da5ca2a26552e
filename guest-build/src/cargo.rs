//! Running cargo for a guest.
//!
//! Two builds of the same source give the same executable: what an outer cargo or the user's
//! shell says about compiling is removed from the environment, and every path that could get into
//! the executable is mapped to a fixed one.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use cargo_metadata::{Message, Metadata, MetadataCommand};

use crate::c_environment::CEnvironment;
use crate::error::{Error, at};
use crate::sysroot::Sysroot;
use crate::toolchain::Toolchain;
use crate::{Messages, Options, TARGET};

/// Environment variables that decide how something is compiled, as whole names.
const COMPILING: [&str; 10] = [
    "CARGO",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CARGO_MAKEFLAGS",
    "MAKEFLAGS",
    "RUSTC",
    "RUSTDOC",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "RUST_TARGET_PATH",
];

/// The same as beginnings of names. `CARGO_HOME` and what is about registries and the network
/// stays.
const COMPILING_PREFIXES: [&str; 10] = [
    "CARGO_BIN_",
    "CARGO_BUILD_",
    "CARGO_CFG_",
    "CARGO_CRATE_",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "CARGO_UNSTABLE_",
    "RUSTC_",
];

/// Flags of every guest.
const FLAGS: [&str; 4] = [
    // The machine has neither atomic instructions nor a second thread.
    "-Cpasses=lower-atomic",
    // The target isn't one of the compiler's own.
    "-Zunstable-options",
    // Crates that want random numbers call a function that the guest's runtime may define.
    "--cfg=getrandom_backend=\"custom\"",
    "--check-cfg=cfg(getrandom_backend, values(\"custom\"))",
];

/// Removes from the command's environment what would change how something is compiled.
pub(crate) fn isolate(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if is_about_compiling(&name) {
            command.env_remove(name);
        }
    }
    if env::var_os("CARGO").is_some() {
        // `cargo run` points this to the libraries of its own compiler.
        command.env_remove("LD_LIBRARY_PATH");
        command.env_remove("DYLD_FALLBACK_LIBRARY_PATH");
    }
}

fn is_about_compiling(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| {
        name != "CARGO_BUILD_JOBS"
            && (COMPILING.contains(&name)
                || COMPILING_PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
    })
}

/// Cargo's arguments for a build with debug information: a profile of its own, so that nothing
/// takes the place of what is built without. It has the settings of the package's release profile.
const DEBUG_INFO: [&str; 7] = [
    "--profile=profiling",
    "--config",
    "profile.profiling.inherits=\"release\"",
    "--config",
    "profile.profiling.debug=\"limited\"",
    "--config",
    "profile.profiling.strip=\"none\"",
];

/// What is built of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    /// Every binary.
    Executables,
    /// The library, as an archive for C programs.
    StaticLibrary,
}

/// Builds the package at `path`: name and file of each product.
pub(crate) fn build(
    toolchain: &Toolchain,
    sysroot: &Sysroot,
    c: &CEnvironment,
    path: &Path,
    options: &Options,
    product: Product,
) -> Result<Vec<(String, PathBuf)>, Error> {
    let manifest = if path.is_dir() { path.join("Cargo.toml") } else { path.to_owned() };
    let manifest = at(&manifest, "find", |path| path.canonicalize())?;
    let metadata = metadata(toolchain, sysroot, &manifest, options)?;

    let mappings = mappings(toolchain, sysroot, &metadata);
    let mut command = command(toolchain, sysroot);
    c.set(&mut command, sysroot, &mappings);
    command
        .env("CARGO_ENCODED_RUSTFLAGS", encoded_flags(&mappings))
        .args(["build", "--target", TARGET])
        .args(if options.debug_info { &DEBUG_INFO[..] } else { &["--release"] })
        .arg(match product {
            Product::Executables => "--bins",
            Product::StaticLibrary => "--lib",
        })
        .args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features="])
        .arg("--message-format=json-render-diagnostics")
        .arg("--manifest-path")
        .arg(&manifest);
    if let Some(package) = &options.package {
        command.args(["--package", package]);
    }
    command.args(selection(options));
    if let Some(directory) = &options.target_dir {
        command.arg("--target-dir").arg(directory);
    }

    let stdout = run(command, toolchain, options.messages).map_err(|error| c.explain(error))?;
    let mut products = Vec::new();
    for message in Message::parse_stream(stdout.as_slice()) {
        let message = message.map_err(|source| Error::Io {
            action: "read the messages of",
            path: toolchain.cargo.clone(),
            source,
        })?;
        if let Message::CompilerArtifact(artifact) = message {
            let file = match product {
                Product::Executables => artifact.executable,
                Product::StaticLibrary => {
                    // Archives of build scripts' C code are not among these.
                    artifact.filenames.into_iter().find(|file| file.extension() == Some("a"))
                }
            };
            products.extend(file.map(|file| (artifact.target.name, file.into_std_path_buf())));
        }
    }
    if products.is_empty() {
        return Err(Error::NoBinary { path: manifest });
    }
    Ok(products)
}

/// The arguments that both of cargo's commands take.
fn selection(options: &Options) -> Vec<String> {
    let mut arguments = Vec::new();
    if !options.features.is_empty() {
        arguments.extend(["--features".to_owned(), options.features.join(",")]);
    }
    if options.no_default_features {
        arguments.push("--no-default-features".to_owned());
    }
    if options.locked {
        arguments.push("--locked".to_owned());
    }
    arguments
}

/// Cargo, to be run with the compiler of `sysroot`.
fn command(toolchain: &Toolchain, sysroot: &Sysroot) -> Command {
    let mut command = Command::new(&toolchain.cargo);
    isolate(&mut command);
    command
        .env("RUSTC", &sysroot.rustc)
        .env("RUSTC_BOOTSTRAP", "1")
        // Empty, they also take back what a configuration file says.
        .env("RUSTC_WRAPPER", "")
        .env("RUSTC_WORKSPACE_WRAPPER", "")
        .env("RUST_TARGET_PATH", &sysroot.targets)
        .env("CARGO_ENCODED_RUSTFLAGS", encoded_flags(&[]));
    command
}

/// Runs cargo to its end and returns its standard output.
fn run(mut command: Command, toolchain: &Toolchain, messages: Messages) -> Result<Vec<u8>, Error> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(match messages {
        Messages::Inherit => Stdio::inherit(),
        Messages::Capture => Stdio::piped(),
    });
    let failed = |source| Error::Io { action: "run", path: toolchain.cargo.clone(), source };
    let mut child = command.spawn().map_err(failed)?;
    // Both pipes are read at the same time, since either may fill up.
    let stderr = child.stderr.take().map(|mut stderr| {
        thread::spawn(move || {
            let mut text = Vec::new();
            stderr.read_to_end(&mut text).map(|_| text)
        })
    });
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_to_end(&mut output).map_err(failed)?;
    }
    let status = child.wait().map_err(failed)?;
    let captured = match stderr.map(|thread| thread.join()) {
        Some(Ok(text)) => Some(String::from_utf8_lossy(&text.map_err(failed)?).into_owned()),
        Some(Err(_)) | None => None,
    };
    if status.success() { Ok(output) } else { Err(Error::Cargo { status, messages: captured }) }
}

/// The packages of the build, which this also downloads.
fn metadata(
    toolchain: &Toolchain,
    sysroot: &Sysroot,
    manifest: &Path,
    options: &Options,
) -> Result<Metadata, Error> {
    let mut command = command(toolchain, sysroot);
    command
        .args(["metadata", "--format-version=1", "--filter-platform", TARGET])
        .arg("--manifest-path")
        .arg(manifest)
        .args(selection(&Options { features: Vec::new(), ..options.clone() }));
    let output = run(command, toolchain, options.messages)?;
    Ok(MetadataCommand::parse(String::from_utf8_lossy(&output))?)
}

/// Pairs of a path and what stands for it in the executable, the more specific ones later.
fn mappings(
    toolchain: &Toolchain,
    sysroot: &Sysroot,
    metadata: &Metadata,
) -> Vec<(PathBuf, String)> {
    let mut places = BTreeMap::new();
    places.insert(metadata.target_directory.clone().into_std_path_buf(), "/target".to_owned());
    places.insert(metadata.workspace_root.clone().into_std_path_buf(), "/guest".to_owned());
    for package in &metadata.packages {
        let Some(folder) = package.manifest_path.parent() else {
            continue;
        };
        let folder = folder.as_std_path();
        match &package.source {
            // All packages of a registry lie in one folder.
            Some(source) if !source.repr.starts_with("git+") => {
                let registry = folder.parent().unwrap_or(folder);
                places.insert(registry.to_owned(), "/registry".to_owned());
            }
            Some(_) => {
                let name = format!("/git/{}-{}", package.name, package.version);
                places.insert(folder.to_owned(), name);
            }
            None if !folder.starts_with(metadata.workspace_root.as_std_path()) => {
                places.insert(folder.to_owned(), format!("/{}", package.name));
            }
            None => {}
        }
    }
    let library = [
        Some(toolchain.library.clone()),
        toolchain.library.canonicalize().ok(),
        Some(sysroot.library.clone()),
        sysroot.library.canonicalize().ok(),
    ];
    for folder in library.into_iter().flatten() {
        places.insert(folder, "/rustc/library".to_owned());
    }
    // A folder sorts before everything in it, and the compiler takes the last that fits.
    places.into_iter().collect()
}

/// The compiler's flags in the form that allows spaces in them.
fn encoded_flags(mappings: &[(PathBuf, String)]) -> String {
    let mut flags: Vec<String> = FLAGS.map(str::to_owned).into();
    for (from, to) in mappings {
        flags.push(format!("--remap-path-prefix={}={to}", from.display()));
    }
    flags.join("\x1f")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outer_build_does_not_leak_in() {
        let check = |name: &str, expected| {
            assert_eq!(is_about_compiling(OsStr::new(name)), expected, "{name}");
        };
        for name in [
            "RUSTFLAGS",
            "RUSTC",
            "CARGO",
            "CARGO_BUILD_TARGET",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_TARGET_DIR",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_PKG_NAME",
            "RUSTC_WRAPPER",
            "RUSTC_WORKSPACE_WRAPPER",
            "RUSTC_BOOTSTRAP",
        ] {
            check(name, true);
        }
        for name in [
            "PATH",
            "HOME",
            "CARGO_HOME",
            "CARGO_NET_OFFLINE",
            "CARGO_HTTP_PROXY",
            "CARGO_BUILD_JOBS",
            "CARGO_TERM_COLOR",
        ] {
            check(name, false);
        }
    }

    #[test]
    fn flags_keep_spaces_in_paths() {
        let flags = encoded_flags(&[("/a b".into(), "/guest".into())]);
        assert!(flags.ends_with("\x1f--remap-path-prefix=/a b=/guest"));
    }
}
