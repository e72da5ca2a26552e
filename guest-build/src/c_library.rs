//! What programs in C and C++ are compiled with and linked to.
//!
//! ```text
//! <folder>/include/zkvm_io.h, ..    the zkVM standards' functions
//! <folder>/lib/liblvm.a             those functions, `_start`, memcpy and its relatives, malloc, ..
//! <folder>/lib/guest.ld             the linker script, for GNU ld and LLD
//! <folder>/gcc.cflags, gcc.ldflags  arguments for a compiler that was found, as `@file`
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use crate::c_compiler::{self, CCompiler, Family};
use crate::cargo::Product;
use crate::error::{Error, at};
use crate::sysroot::LINKER_SCRIPT;
use crate::{Options, products};

const HEADERS: [(&str, &str); 3] = [
    ("lvm.h", include_str!("../../sysroot/include/lvm.h")),
    ("zkvm_accelerators.h", include_str!("../../sysroot/include/zkvm_accelerators.h")),
    ("zkvm_io.h", include_str!("../../sysroot/include/zkvm_io.h")),
];

/// What [`install`] wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CLibrary {
    /// The folder, as an absolute path.
    pub directory: PathBuf,
    /// The compilers for which there are files with arguments.
    pub compilers: Vec<CCompiler>,
}

impl Family {
    /// The name of the files with arguments, without extension.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gcc => "gcc",
            Self::Clang => "clang",
        }
    }
}

/// Builds the C library and writes it with its headers and the linker script to `directory`.
///
/// The library's crate is in the folder `source`; without one, in the source tree that this crate
/// was built in, if that is still there. Of `options`, the Rust compiler, the folders and the kind
/// of messages count.
///
/// # Errors
/// As [`crate::build`]; also when the crate isn't found or the folder cannot be written. That there
/// is no C compiler is no error.
pub fn install(
    directory: &Path,
    source: Option<&Path>,
    options: &Options,
) -> Result<CLibrary, Error> {
    let source = match source {
        Some(source) => source.to_owned(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../c-library"),
    };
    let source = source
        .canonicalize()
        .ok()
        .filter(|source| source.join("Cargo.toml").is_file())
        .ok_or(Error::NoCLibrary(source))?;
    let target_dir = match &options.target_dir {
        Some(directory) => directory.clone(),
        None => options.cache_dir()?.join("c-library"),
    };
    let options = Options {
        target_dir: Some(target_dir),
        locked: true,
        package: None,
        features: Vec::new(),
        no_default_features: false,
        ..options.clone()
    };
    let built = products(&options.toolchain()?, &source, &options, Product::StaticLibrary)?;
    let (_, archive) = built.first().ok_or(Error::NoCLibrary(source))?;

    for folder in ["include", "lib"] {
        at(directory.join(folder), "create", |path| fs::create_dir_all(path))?;
    }
    let directory = at(directory, "find", |path| path.canonicalize())?;
    at(directory.join("lib/liblvm.a"), "write", |path| fs::copy(archive, path))?;
    at(directory.join("lib/guest.ld"), "write", |path| fs::write(path, LINKER_SCRIPT))?;
    for (name, text) in HEADERS {
        at(directory.join("include").join(name), "write", |path| fs::write(path, text))?;
    }
    let compilers = c_compiler::all();
    for compiler in &compilers {
        let files = [
            ("cflags", compile_arguments(compiler, &directory)),
            ("ldflags", link_arguments(compiler, &directory)),
        ];
        for (extension, arguments) in files {
            let name = format!("{}.{extension}", compiler.family.name());
            at(directory.join(name), "write", |path| fs::write(path, response_file(&arguments)))?;
        }
    }
    Ok(CLibrary { directory, compilers })
}

fn compile_arguments(compiler: &CCompiler, directory: &Path) -> Vec<String> {
    let mut arguments = compiler.flags();
    arguments.push(format!("-I{}", directory.join("include").display()));
    arguments
}

/// Objects come before these. The libraries are in a group because they need each other, and ours
/// is the first, so that its functions are taken rather than the C library's.
fn link_arguments(compiler: &CCompiler, directory: &Path) -> Vec<String> {
    let linker: &[&str] = match compiler.family {
        Family::Gcc => &[],
        Family::Clang => &["-fuse-ld=lld"],
    };
    let script = directory.join("lib/guest.ld");
    let ours = directory.join("lib/liblvm.a");
    let libraries = [&ours].into_iter().chain(&compiler.libraries);
    linker
        .iter()
        .chain(&["-nostdlib", "-static", "-Wl,--gc-sections"])
        .map(|&argument| argument.to_owned())
        .chain([format!("-Wl,-T,{}", script.display()), "-Wl,--start-group".to_owned()])
        .chain(libraries.map(|path| path.display().to_string()))
        .chain(["-Wl,--end-group".to_owned()])
        .collect()
}

/// Arguments as GCC and clang read them from a file.
fn response_file(arguments: &[String]) -> String {
    let quoted = |argument: &String| {
        let escaped = argument.replace('\\', r"\\").replace('"', "\\\"");
        format!("\"{escaped}\"\n")
    };
    arguments.iter().map(quoted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_keep_blanks_and_quotes() {
        let arguments = ["-O2".to_owned(), r#"-I/a "b"\c"#.to_owned()];
        assert_eq!(response_file(&arguments), "\"-O2\"\n\"-I/a \\\"b\\\"\\\\c\"\n");
    }
}
