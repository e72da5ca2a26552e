//! What a compiler needs for the target, prepared once per compiler in a cache directory.
//!
//! ```text
//! <cache>/<key>/rustc                              the compiler, with this directory as sysroot
//! <cache>/<key>/no-c-compiler                      what stands for a C compiler that isn't there
//! <cache>/<key>/targets/<target>.json              the target, with linker and linker script
//! <cache>/<key>/lib/rustlib/<host>                 link: what the compiler needs for itself
//! <cache>/<key>/lib/rustlib/src/rust/library/..    links to the library's source, one file apart
//! ```
//!
//! The one file is the library's `process::exit`, which ends in an undecodable instruction on
//! platforms that it doesn't know how to leave; it is made to call the guest runtime's `sys_exit`.
//!
//! About the specification: there is one thread and no atomic instruction, so atomics are allowed
//! and compiled to plain loads and stores (`singlethread`, and the pass `lower-atomic` among the
//! compiler's flags). `zkvm` is the operating system for which the library needs the fewest
//! functions. Misaligned loads and stores work and cost a row in the table `misaligned`, which is
//! less than putting words together from bytes; so compilers may use them
//! (`unaligned-scalar-mem`).
//!
//! At the end of the linker's arguments come the C library and what the C compiler needs, if there
//! is one. Linkers take of a library only what is needed, so nothing of it is in a program without
//! C.
//!
//! The key is a hash of everything that goes in, and a directory appears under its name only when
//! it is complete, so that builds can run at the same time.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::TARGET;
use crate::c_compiler::CCompiler;
use crate::error::{Error, at};
use crate::toolchain::Toolchain;

const SPECIFICATION: &str = include_str!("../../sysroot/riscv64im-lvm-zkvm-elf.json");
pub(crate) const LINKER_SCRIPT: &str = include_str!("../../sysroot/guest.ld");

/// Changes whenever directories of an earlier version cannot be used any more.
const LAYOUT: &str = "3";

/// Where the library's `process::exit` is, below the library's source.
const EXIT: &str = "std/src/sys/exit.rs";
/// How the function begins: with a list of platforms, of which the first that fits is taken.
const EXIT_FUNCTION: &str = "pub fn exit(code: i32) -> ! {\n    cfg_select! {\n";
/// What is put before that list's first entry.
const OUR_PLATFORM: &str = r#"        target_os = "zkvm" => {
            unsafe extern "C" {
                fn sys_exit(code: i32) -> !;
            }
            // SAFETY: the guest's runtime defines this function.
            unsafe { sys_exit(code) }
        }
"#;

/// The environment variable with the file that [`NO_C_COMPILER`] makes when it is called.
pub(crate) const C_COMPILER_WANTED: &str = "LVM_C_COMPILER_WANTED";

/// Build scripts that need a C compiler find this one where there is none, rather than a compiler
/// for another machine. Some do without.
const NO_C_COMPILER: &str = r#"#!/bin/sh
if [ -n "$LVM_C_COMPILER_WANTED" ]; then : > "$LVM_C_COMPILER_WANTED"; fi
echo "no C compiler for guests was found" >&2
exit 1
"#;

/// A prepared sysroot.
pub(crate) struct Sysroot {
    /// The compiler to run.
    pub(crate) rustc: PathBuf,
    /// What stands for a C compiler that isn't there.
    pub(crate) no_c_compiler: PathBuf,
    /// The folder of the target's specification.
    pub(crate) targets: PathBuf,
    /// The library's source.
    pub(crate) library: PathBuf,
}

/// The sysroot for `toolchain` and the C library of `c_compiler`, made if it isn't there yet.
pub(crate) fn prepare(
    toolchain: &Toolchain,
    c_compiler: Option<&CCompiler>,
    cache: &Path,
) -> Result<Sysroot, Error> {
    let libraries = c_compiler.map_or(&[][..], |compiler| &compiler.libraries);
    let target = target(&toolchain.linker, libraries);
    let mut hasher = blake3::Hasher::new();
    for part in [
        LAYOUT,
        &toolchain.verbose_version,
        &toolchain.sysroot.to_string_lossy(),
        &target,
        OUR_PLATFORM,
        NO_C_COMPILER,
    ] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    let key = &hasher.finalize().to_hex()[..16];
    let home = cache.join(format!("sysroot-{key}"));

    if !home.is_dir() {
        at(cache, "create", |path| fs::create_dir_all(path))?;
        let unfinished = at(cache, "create a folder in", |path| tempfile::tempdir_in(path))?;
        fill(unfinished.path(), &home, toolchain, &target)?;
        let unfinished = unfinished.keep();
        if let Err(error) = fs::rename(&unfinished, &home) {
            at(&unfinished, "remove", |path| fs::remove_dir_all(path))?;
            // Another build was faster, unless the directory still isn't there.
            if !home.is_dir() {
                return Err(Error::Io { action: "create", path: home, source: error });
            }
        }
    }
    Ok(Sysroot {
        rustc: home.join("rustc"),
        no_c_compiler: home.join("no-c-compiler"),
        targets: home.join("targets"),
        library: home.join("lib/rustlib/src/rust/library"),
    })
}

/// Makes in `directory` what will be at `home`.
fn fill(directory: &Path, home: &Path, toolchain: &Toolchain, target: &str) -> Result<(), Error> {
    let create = |path: &Path| at(path, "create", |path| fs::create_dir_all(path));
    let write = |path: &Path, text: &str| at(path, "write", |path| fs::write(path, text));

    create(&directory.join("targets"))?;
    write(&directory.join("targets").join(format!("{TARGET}.json")), target)?;

    let wrapper = wrapper(&toolchain.rustc, home);
    for (name, script) in [("rustc", wrapper.as_str()), ("no-c-compiler", NO_C_COMPILER)] {
        let path = directory.join(name);
        write(&path, script)?;
        at(&path, "make executable", |path| {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        })?;
    }

    let rustlib = directory.join("lib/rustlib");
    create(&rustlib)?;
    link_all(&toolchain.sysroot.join("lib/rustlib"), &rustlib, "src")?;
    // The library's folders down to the file that is replaced are real, everything else is linked.
    let mut from = toolchain.library.clone();
    let mut to = rustlib.join("src/rust/library");
    for part in Path::new(EXIT) {
        create(&to)?;
        link_all(&from, &to, part)?;
        from.push(part);
        to.push(part);
    }
    let source = at(&from, "read", |path| fs::read_to_string(path))?;
    let patched = with_exit(&source).ok_or(Error::UnknownLibrary { path: from })?;
    write(&to, &patched)
}

/// Links everything that is in `from` into `to`, except what is called `except`.
fn link_all(from: &Path, to: &Path, except: impl AsRef<std::ffi::OsStr>) -> Result<(), Error> {
    for entry in at(from, "read", |path| path.read_dir())? {
        let entry =
            entry.map_err(|source| Error::Io { action: "read", path: from.to_owned(), source })?;
        if entry.file_name() != except.as_ref() {
            at(to.join(entry.file_name()), "create", |link| symlink(entry.path(), link))?;
        }
    }
    Ok(())
}

/// The library's `exit.rs` with an entry for guests; `None` when it's not the file that we know.
fn with_exit(source: &str) -> Option<String> {
    let (before, platforms) = source.split_once(EXIT_FUNCTION)?;
    let known = !platforms.contains(EXIT_FUNCTION);
    known.then(|| [before, EXIT_FUNCTION, OUR_PLATFORM, platforms].concat())
}

/// A program that runs the compiler with another sysroot, and with crate metadata that doesn't
/// depend on where the crate lies.
///
/// An argument among the compiler's flags would not do for the sysroot, because cargo asks the
/// compiler for the library's source without them.
///
/// What cargo passes as metadata has the absolute paths of packages in it. It becomes part of
/// symbol names, whose order decides the order of functions. The folder of the package, mapped
/// like all other paths in the executable, tells packages apart as well.
fn wrapper(rustc: &Path, sysroot: &Path) -> String {
    let quote = |path: &Path| format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"));
    format!(
        r#"#!/bin/sh
place=
for argument do
  case $argument in
    --remap-path-prefix=*)
      mapping=${{argument#--remap-path-prefix=}}
      from=${{mapping%=*}}
      case $CARGO_MANIFEST_DIR/ in
        "$from"/*) place=${{mapping##*=}}${{CARGO_MANIFEST_DIR#"$from"}} ;;
      esac ;;
  esac
done
for argument do
  shift
  case $argument in
    metadata=*) set -- "$@" "metadata=${{place:-${{argument#metadata=}}}}" ;;
    *) set -- "$@" "$argument" ;;
  esac
done
exec {} --sysroot {} "$@"
"#,
        quote(rustc),
        quote(sysroot)
    )
}

/// The target's specification with the linker, the linker script and the libraries for C. They are
/// in it rather than in the compiler's flags because cargo makes the flags part of every symbol's
/// name.
fn target(linker: &Path, libraries: &[PathBuf]) -> String {
    let mut target: Value =
        serde_json::from_str(SPECIFICATION).expect("the specification is checked by a test");
    target["linker"] = json!(linker.to_string_lossy());
    target["link-script"] = json!(LINKER_SCRIPT);
    if !libraries.is_empty() {
        let libraries: Vec<_> = libraries.iter().map(|path| path.to_string_lossy()).collect();
        target["late-link-args"] = json!({ "gnu-lld": libraries });
    }
    format!("{target:#}")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_target_has_linker_and_script() {
        let target: Value = serde_json::from_str(&target(Path::new("/bin/ld.lld"), &[])).unwrap();
        assert_eq!(target["linker"], "/bin/ld.lld");
        assert!(target["link-script"].as_str().unwrap().contains("_heap_start"));
        assert_eq!(target["os"], "zkvm");
        assert_eq!(target.get("late-link-args"), None);
    }

    #[test]
    fn the_target_has_the_libraries_for_c() {
        let text = super::target(Path::new("/bin/ld.lld"), &["/lib/libc.a".into()]);
        let target: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(target["late-link-args"]["gnu-lld"], json!(["/lib/libc.a"]));
    }

    #[test]
    fn only_the_known_exit_function_is_changed() {
        let platforms = "        _ => {\n            abort()\n        }\n    }\n}\n";
        let known = [EXIT_FUNCTION, platforms].concat();
        let changed = with_exit(&known).unwrap();
        assert!(changed.contains("cfg_select! {\n        target_os = \"zkvm\" => {\n"));
        assert!(changed.ends_with(&["unsafe { sys_exit(code) }\n        }\n", platforms].concat()));
        assert_eq!(with_exit(&known.replace("pub fn exit", "pub fn leave")), None);
        assert_eq!(with_exit(&known.replace("cfg_select!", "cfg_if!")), None);
        assert_eq!(with_exit(&known.repeat(2)), None);
    }

    /// What the wrapper of a compiler in a folder with difficult characters passes on.
    fn wrapped(package: &str, arguments: &[&str]) -> String {
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path().join("it's a folder");
        fs::create_dir(&home).unwrap();
        symlink("/bin/echo", home.join("rustc")).unwrap();
        let script = home.join("wrapper");
        fs::write(&script, wrapper(&home.join("rustc"), Path::new("/it's"))).unwrap();
        let output = Command::new("/bin/sh")
            .arg(script)
            .args(arguments)
            .env("CARGO_MANIFEST_DIR", package)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn metadata_is_the_mapped_folder_of_the_package() {
        let flags = [
            "-C",
            "metadata=0123",
            "a b",
            "--remap-path-prefix=/home/x=/guest",
            "--remap-path-prefix=/home/x/y=/y",
        ];
        let check = |package: &str, metadata: &str| {
            let expected = format!("--sysroot /it's {}\n", flags.join(" "));
            assert_eq!(wrapped(package, &flags), expected.replace("0123", metadata), "{package}");
        };
        check("/home/x", "/guest");
        check("/home/x/y/z", "/y/z");
        check("/home/xx", "0123");
    }

    #[test]
    fn metadata_of_crates_for_the_host_stays() {
        let flags = ["-vV", "-C", "metadata=0123"];
        assert_eq!(wrapped("/home/x", &flags), "--sysroot /it's -vV -C metadata=0123\n");
    }
}
