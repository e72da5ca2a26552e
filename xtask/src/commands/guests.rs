//! `cargo xtask guests`: the ELF files in `guests/elf` and their manifest, from `guests/`.

use std::path::Path;

use anyhow::{Context, bail};
use clap::Args;
use lvm_guest_build::{rebuild_bundled, update_bundled};

/// Build the bundled guests and write their ELF files
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Write nothing; fail if a file is not what its source says
    #[arg(long)]
    check: bool,
}

/// Builds all guests, then writes or compares them.
pub(crate) fn run(root: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let guests = if arguments.check { rebuild_bundled(root) } else { update_bundled(root) }
        .context("cannot build the bundled guests")?;
    let mut outdated = Vec::new();
    for guest in &guests {
        let same = guest.committed_hash.as_ref() == Some(&guest.rebuilt_hash);
        let state = match (same, &guest.committed_hash, guest.compiler_matches) {
            (true, ..) => "unchanged",
            (false, None, _) => "new",
            (false, Some(_), true) => "changed",
            (false, Some(_), false) => "different, but made by another compiler or linker",
        };
        println!("{:<20} {} {state}", guest.name, &guest.rebuilt_hash);
        if !guest.is_current() {
            outdated.push(guest.name.as_str());
        }
    }
    if arguments.check && !outdated.is_empty() {
        bail!("not what their source says: {}; run `cargo xtask guests`", outdated.join(", "));
    }
    Ok(())
}
