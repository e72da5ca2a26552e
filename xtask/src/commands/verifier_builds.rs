//! `cargo xtask verifier-builds`: the verifier builds where it must, and links nothing else.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};
use clap::Args;
use lvm_guest_build::toolchain;

/// Build the verifier for the machine itself and for WebAssembly, and check what it links
#[derive(Args, Debug)]
pub(crate) struct Arguments {}

/// The targets, with the compiler's flags for each.
const TARGETS: [(&str, &[&str]); 2] = [
    ("wasm32-unknown-unknown", &[]),
    ("sysroot/riscv64im-lvm-zkvm-elf.json", &["-Cpasses=lower-atomic"]),
];

/// Crates that the verifier must do without: the emulator, the prover, what fills tables and what
/// uses threads.
const ABSENT: [&str; 7] =
    ["lvm-vm", "lvm-prover", "lvm-guest-build", "keccak", "rayon", "std", "sysinfo"];

/// Checks the dependencies, then builds for each target.
pub(crate) fn run(root: &Path, _arguments: &Arguments) -> anyhow::Result<()> {
    dependencies(root)?;
    let toolchain = toolchain::find()?;
    let target_directory = super::target_directory(root)?;
    for (target, flags) in TARGETS {
        let mut cargo = toolchain.cargo();
        cargo
            .current_dir(root)
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
            .args(["build", "--locked", "--release", "-p", "lvm-verifier", "--target", target])
            .args(["-Zbuild-std=core,alloc", "-Zbuild-std-features=", "-Zjson-target-spec"])
            .arg("--target-dir")
            .arg(&target_directory);
        let status = cargo.status().context("cannot run cargo")?;
        if !status.success() {
            bail!("the verifier does not build for {target} ({status})");
        }
        println!("builds for {target}");
    }
    Ok(())
}

fn dependencies(root: &Path) -> anyhow::Result<()> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["tree", "-p", "lvm-verifier", "-e", "normal", "--prefix", "none"])
        .args(["--format", "{p}"])
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout)?;
    let names: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    ensure!(names.contains(&"lvm-air"), "the dependencies are not listed:\n{tree}");
    let present: Vec<&str> = ABSENT.into_iter().filter(|name| names.contains(name)).collect();
    ensure!(present.is_empty(), "the verifier depends on {}", present.join(", "));
    println!("links neither the emulator nor the prover");
    Ok(())
}
