//! `lvm sysroot`

use std::process::ExitCode;

use anyhow::Context;
use lvm_guest_build::{Messages, Options, c_library};

use crate::arguments::Sysroot;
use crate::display::line;

/// Writes what C and C++ guests are compiled with, and shows the folder.
pub(crate) fn run(arguments: &Sysroot) -> anyhow::Result<ExitCode> {
    let options = Options {
        rustc: arguments.rustc.clone(),
        messages: Messages::Inherit,
        ..Options::default()
    };
    let path = &arguments.path;
    let library = c_library::install(path, arguments.source.as_deref(), &options)
        .with_context(|| format!("cannot make the folder {}", path.display()))?;
    line(library.directory.display())?;
    if library.compilers.is_empty() {
        eprintln!(
            "no C compiler with picolibc was found, so there are no files with its arguments;\n\
             apt-get install gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf, then try again"
        );
    }
    for compiler in &library.compilers {
        let (program, name) = (compiler.program().display(), compiler.family().name());
        let folder = library.directory.display();
        eprintln!(
            "compile with: {program} @{folder}/{name}.cflags -O2 guest.c @{folder}/{name}.ldflags \
             -o guest.elf"
        );
    }
    Ok(ExitCode::SUCCESS)
}
