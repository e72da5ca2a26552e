//! `lvm build`

use std::process::ExitCode;

use anyhow::Context;
use lvm_guest_build::{Messages, Options};
use serde::Serialize;

use crate::arguments::Build;
use crate::display::{self, line};

/// What `--json` shows of a build.
#[derive(Serialize)]
struct Report {
    guests: Vec<Guest>,
}

#[derive(Serialize)]
struct Guest {
    name: String,
    elf: String,
    with_symbols: String,
}

/// Builds a guest and shows where its ELF files are.
pub(crate) fn run(arguments: &Build) -> anyhow::Result<ExitCode> {
    let options = Options {
        package: arguments.package.clone(),
        features: arguments.features.clone(),
        no_default_features: arguments.no_default_features,
        locked: arguments.locked,
        debug_info: arguments.debug_info,
        rustc: arguments.rustc.clone(),
        c_compiler: arguments.cc.clone(),
        target_dir: arguments.target_dir.clone(),
        cache_dir: None,
        messages: Messages::Inherit,
    };
    let built = lvm_guest_build::build(&arguments.path, &options)
        .with_context(|| format!("cannot build the guest {}", arguments.path.display()))?;
    if arguments.json {
        let guests = built
            .into_iter()
            .map(|guest| Guest {
                name: guest.name,
                elf: guest.elf.display().to_string(),
                with_symbols: guest.with_symbols.display().to_string(),
            })
            .collect();
        display::json(&Report { guests })?;
    } else {
        for guest in built {
            // What was asked for is not in the stripped file.
            let elf = if arguments.debug_info { guest.with_symbols } else { guest.elf };
            line(elf.display())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
