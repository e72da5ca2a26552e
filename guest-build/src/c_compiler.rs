//! Finding a compiler for the parts of guests that are in C or C++.
//!
//! A compiler fits when it compiles for the machine's instructions and there is a picolibc for
//! them, whose headers and library the program uses. Debian and its derivatives have both GCC and
//! picolibc as packages; clang uses the same picolibc.

use std::env;
use std::fmt;
use std::io;
use std::path::{self, Path, PathBuf};
use std::process::{Command, Stdio};

use crate::toolchain::on_path;

/// Where picolibc may be, unless the compiler knows its own.
const PICOLIBC_HOMES: [&str; 2] =
    ["/usr/lib/picolibc/riscv64-unknown-elf", "/usr/local/lib/picolibc/riscv64-unknown-elf"];

/// The environment variable that names another place: a folder with `include` and `lib`.
const PICOLIBC_HOME: &str = "LVM_PICOLIBC";

/// Names of compilers, best first.
const COMPILERS: [&str; 2] = ["riscv64-unknown-elf-gcc", "clang"];

/// How C is compiled for the machine: its instructions, without floating-point registers, for
/// addresses within 2 GiB of code.
const MACHINE_FLAGS: [&str; 3] = ["-march=rv64im", "-mabi=lp64", "-mcmodel=medany"];

/// Flags that every C file is compiled with besides those.
const FLAGS: [&str; 3] = [
    // The linker drops what isn't used.
    "-ffunction-sections",
    "-fdata-sections",
    // There is one executable and no loader that would place thread-local variables.
    "-ftls-model=local-exec",
];

/// Which kind of command line a compiler understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// GNU's compilers, built for RISC-V.
    Gcc,
    /// Clang, which compiles for all machines.
    Clang,
}

/// A compiler with the C library that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CCompiler {
    pub(crate) family: Family,
    /// The compiler for C.
    pub(crate) cc: PathBuf,
    /// The compiler for C++, if it's installed.
    pub(crate) cxx: Option<PathBuf>,
    /// The archiver.
    pub(crate) ar: PathBuf,
    /// The headers of the C library.
    pub(crate) include: PathBuf,
    /// The libraries that programs in C need: the C library and GCC's own, whose functions
    /// the C library calls.
    pub(crate) libraries: Vec<PathBuf>,
}

/// Why a compiler cannot compile C for guests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnfitC {
    /// It cannot be run, or doesn't say what compilers say.
    NotACompiler,
    /// It doesn't compile for the machine.
    NotForRiscV,
    /// There is no picolibc that it could use.
    NoLibrary,
    /// There is no archiver for its object files.
    NoArchiver,
}

impl fmt::Display for UnfitC {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::NotACompiler => "it is no C compiler that runs",
            Self::NotForRiscV => "it does not compile for RV64IM",
            Self::NoLibrary => "picolibc for rv64im/lp64 was not found",
            Self::NoArchiver => "there is no archiver for its object files on the path",
        })
    }
}

/// The first compiler that fits: GCC for RISC-V, then clang.
///
/// # Errors
/// What is wrong with each compiler that was looked at.
pub fn find() -> Result<CCompiler, Vec<(PathBuf, UnfitC)>> {
    let mut unfit = Vec::new();
    for cc in COMPILERS.into_iter().flat_map(on_path) {
        match CCompiler::of(&cc) {
            Ok(compiler) => return Ok(compiler),
            Err(reason) => unfit.push((cc, reason)),
        }
    }
    Err(unfit)
}

/// The first compiler of each family that fits.
pub fn all() -> Vec<CCompiler> {
    let first = |name| on_path(name).find_map(|cc| CCompiler::of(&cc).ok());
    COMPILERS.into_iter().filter_map(first).collect()
}

impl CCompiler {
    /// The compiler `cc`, a file or a name on the path, with what belongs to it.
    ///
    /// # Errors
    /// Why it cannot compile for guests.
    pub fn of(cc: &Path) -> Result<Self, UnfitC> {
        let cc = &resolve(cc).ok_or(UnfitC::NotACompiler)?;
        let version = output(Command::new(cc).arg("--version")).ok_or(UnfitC::NotACompiler)?;
        let family = if version.contains("clang") { Family::Clang } else { Family::Gcc };
        let library =
            picolibc_homes(cc, family).find_map(|home| library_in(&home).map(|lib| (home, lib)));
        let (home, library) = library.ok_or(UnfitC::NoLibrary)?;

        let beside = |from: &str, to: &str| {
            let name = cc.file_name()?.to_str()?.replacen(from, to, 1);
            let path = cc.with_file_name(name);
            (path != *cc && path.is_file()).then_some(path)
        };
        let (cxx, ar) = match family {
            Family::Gcc => (beside("gcc", "g++"), beside("gcc", "ar")),
            Family::Clang => (
                beside("clang", "clang++"),
                beside("clang", "llvm-ar")
                    .or_else(|| ["llvm-ar", "ar"].iter().find_map(|name| on_path(name).next())),
            ),
        };
        let libgcc = match family {
            Family::Gcc => libgcc(cc),
            Family::Clang => on_path(COMPILERS[0]).find_map(|gcc| libgcc(&gcc)),
        };
        let compiler = Self {
            family,
            cc: cc.to_owned(),
            cxx,
            ar: ar.ok_or(UnfitC::NoArchiver)?,
            include: home.join("include"),
            libraries: [library].into_iter().chain(libgcc).collect(),
        };
        compiler.compiles().then_some(compiler).ok_or(UnfitC::NotForRiscV)
    }

    /// The compiler for C.
    pub fn program(&self) -> &Path {
        &self.cc
    }

    /// Which kind of command line the compiler understands.
    pub fn family(&self) -> Family {
        self.family
    }

    /// The flags for compiling C or C++.
    pub(crate) fn flags(&self) -> Vec<String> {
        let target = match self.family {
            Family::Gcc => None,
            Family::Clang => Some("--target=riscv64-unknown-elf"),
        };
        let flags = target.into_iter().chain(MACHINE_FLAGS).chain(FLAGS);
        let include = ["-isystem".to_owned(), self.include.to_string_lossy().into_owned()];
        flags.map(str::to_owned).chain(include).collect()
    }

    /// Whether the compiler works with its flags and headers.
    fn compiles(&self) -> bool {
        let mut command = Command::new(&self.cc);
        command.args(self.flags()).args(["-fsyntax-only", "-x", "c", "-"]);
        let check = b"#include <stdlib.h>\n\
            #if __riscv_xlen != 64 || !__riscv_mul || __riscv_compressed || __riscv_atomic\n\
            #error\n\
            #endif\n";
        run_with_input(command, check).unwrap_or(false)
    }
}

/// The absolute path of a program, which build scripts run in folders of their own.
fn resolve(program: &Path) -> Option<PathBuf> {
    if program.components().count() == 1
        && let Some(found) = program.to_str().and_then(|name| on_path(name).next())
    {
        return Some(found);
    }
    path::absolute(program).ok()
}

/// Folders with a picolibc's `include` and `lib`, best first.
fn picolibc_homes(cc: &Path, family: Family) -> impl Iterator<Item = PathBuf> {
    let named = env::var_os(PICOLIBC_HOME).map(PathBuf::from);
    // GCC finds picolibc's specs by name only where both come from the same distribution.
    let of_compiler = (family == Family::Gcc)
        .then(|| output(Command::new(cc).arg("-print-file-name=picolibc.specs")))
        .flatten()
        .and_then(|path| Path::new(path.trim_end()).canonicalize().ok())
        .and_then(|path| path.parent().map(Path::to_owned));
    named.into_iter().chain(of_compiler).chain(PICOLIBC_HOMES.map(PathBuf::from))
}

/// The library of functions that GCC calls.
fn libgcc(gcc: &Path) -> Option<PathBuf> {
    let path = output(Command::new(gcc).args(MACHINE_FLAGS).arg("-print-libgcc-file-name"))?;
    Some(PathBuf::from(path.trim_end())).filter(|path| path.is_file())
}

/// The C library for the machine in picolibc's folder.
fn library_in(home: &Path) -> Option<PathBuf> {
    let library = home.join("lib/rv64im/lp64/libc.a");
    (library.is_file() && home.join("include/stdio.h").is_file()).then_some(library)
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten()
}

fn run_with_input(mut command: Command, input: &[u8]) -> io::Result<bool> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        io::Write::write_all(&mut stdin, input)?;
    }
    Ok(child.wait()?.success())
}
