//! What build scripts are told about compiling C.
//!
//! The crates `cc` and `cmake`, and others after them, look for `CC_<target>`, `CFLAGS_<target>`
//! and so on. What the user has set of these stays. As for Rust, every path that could get into
//! the executable is mapped to a fixed one.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::TARGET;
use crate::c_compiler::{self, CCompiler, UnfitC};
use crate::error::{Error, at};
use crate::sysroot::{C_COMPILER_WANTED, Sysroot};

/// Variables with flags that crates add to those for the target. Without a suffix they are about
/// programs for the host.
const HOST_FLAGS: [&str; 2] = ["CFLAGS", "CXXFLAGS"];

/// The C compiler of a build, or why there is none.
pub(crate) struct CEnvironment {
    compiler: Result<CCompiler, Vec<(PathBuf, UnfitC)>>,
    /// Whether the compiler was asked for, so that the environment doesn't count.
    chosen: bool,
    /// Holds a file called `wanted` once a build script has called a compiler that isn't there.
    messages: TempDir,
}

impl CEnvironment {
    /// The compiler `chosen`, or the one that the user has set, or the first that fits.
    pub(crate) fn new(chosen: Option<&Path>) -> Result<Self, Error> {
        let named = chosen.map(Path::to_owned).or_else(|| user_set("CC").map(PathBuf::from));
        let compiler = match named {
            Some(cc) => CCompiler::of(&cc).map_err(|reason| vec![(cc, reason)]),
            None => c_compiler::find(),
        };
        let messages = at(env::temp_dir(), "create a folder in", |_| tempfile::tempdir())?;
        Ok(Self { compiler, chosen: chosen.is_some(), messages })
    }

    pub(crate) fn compiler(&self) -> Option<&CCompiler> {
        self.compiler.as_ref().ok()
    }

    fn wanted(&self) -> PathBuf {
        self.messages.path().join("wanted")
    }

    /// Sets the variables for a build whose paths are mapped as `mappings` say.
    pub(crate) fn set(
        &self,
        command: &mut Command,
        sysroot: &Sysroot,
        mappings: &[(PathBuf, String)],
    ) {
        for name in HOST_FLAGS {
            if let Some(flags) = env::var_os(name) {
                command.env_remove(name);
                let for_host = format!("HOST_{name}");
                if env::var_os(&for_host).is_none() {
                    command.env(for_host, flags);
                }
            }
        }
        let mut set = |name: &str, value: &Path| {
            if self.chosen {
                command.env_remove(format!("{name}_{TARGET}"));
            }
            if self.chosen || user_set(name).is_none() {
                command.env(variable(name), value);
            }
        };
        let Some(compiler) = self.compiler() else {
            set("CC", &sysroot.no_c_compiler);
            set("CXX", &sysroot.no_c_compiler);
            command.env(C_COMPILER_WANTED, self.wanted());
            return;
        };
        set("CC", &compiler.cc);
        set("CXX", compiler.cxx.as_deref().unwrap_or(&sysroot.no_c_compiler));
        set("AR", &compiler.ar);

        let mut flags = compiler.flags();
        flags.extend(
            mappings.iter().map(|(from, to)| format!("-ffile-prefix-map={}={to}", from.display())),
        );
        let (text, escaped) = joined(&flags);
        set("CFLAGS", Path::new(&text));
        set("CXXFLAGS", Path::new(&text));
        if escaped {
            command.env("CC_SHELL_ESCAPED_FLAGS", "1");
        }
    }

    /// The error of a failed build; another one if it failed because there is no C compiler.
    pub(crate) fn explain(&self, error: Error) -> Error {
        match (&self.compiler, error) {
            (Err(unfit), Error::Cargo { messages, .. }) if self.wanted().is_file() => {
                Error::NoCCompiler { unfit: unfit.clone(), messages }
            }
            (_, error) => error,
        }
    }
}

/// The variable `name` for the target in the form that shells can set.
fn variable(name: &str) -> String {
    format!("{name}_{}", TARGET.replace('-', "_"))
}

/// What the user has set of `name` for the target, in any of its forms.
fn user_set(name: &str) -> Option<OsString> {
    [format!("{name}_{TARGET}"), variable(name), format!("TARGET_{name}")]
        .iter()
        .find_map(env::var_os)
}

/// The flags as one text, and whether it is quoted as for a shell, which old versions of `cc`
/// don't understand. It only is where it has to be.
fn joined(flags: &[String]) -> (String, bool) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+./,:@%".contains(c);
    if flags.iter().all(|flag| flag.chars().all(plain)) {
        return (flags.join(" "), false);
    }
    let quoted: Vec<_> =
        flags.iter().map(|flag| format!("'{}'", flag.replace('\'', r"'\''"))).collect();
    (quoted.join(" "), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_quoted_only_where_it_is_needed() {
        let check = |flags: &[&str], expected: &str, escaped| {
            let flags: Vec<_> = flags.iter().map(|&flag| flag.to_owned()).collect();
            assert_eq!(joined(&flags), (expected.to_owned(), escaped));
        };
        check(&["-O2", "-isystem", "/usr/include"], "-O2 -isystem /usr/include", false);
        check(&["-O2", "-map=/it's a=/b"], r"'-O2' '-map=/it'\''s a=/b'", true);
    }

    #[test]
    fn names_of_variables() {
        assert_eq!(variable("CC"), "CC_riscv64im_lvm_zkvm_elf");
    }
}
