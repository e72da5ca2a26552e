//! `cargo xtask page`: the WebAssembly module of the page in `docs/verify`, from `verifier/web`.
//!
//! The module is committed, so that the page works as it lies there. `lvm_verifier.json` beside it
//! says which compiler and linker made it; with the same ones the same source gives the same file,
//! with others a difference means nothing.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};
use clap::Args;
use lvm_guest_build::toolchain::{self, Toolchain};
use serde_json::{Value, json};

/// Build the verifier's WebAssembly module for the page in docs/verify
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Write nothing; fail if the module is not what its source says
    #[arg(long)]
    check: bool,
}

const TARGET: &str = "wasm32-unknown-unknown";
/// Bytes of memory that the module may use.
const MEMORY_MAX: usize = 256 << 20;

/// Builds the module, then writes or compares it.
pub(crate) fn run(root: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let module = root.join("docs/verify/lvm_verifier.wasm");
    let manifest = module.with_extension("json");
    let committed: Value = match fs::read(&manifest) {
        Ok(text) => serde_json::from_slice(&text)
            .with_context(|| format!("cannot understand {}", manifest.display()))?,
        Err(_) => Value::Null,
    };
    let fitting = toolchain::all()
        .into_iter()
        .find(|it| compiler(it).ok() == Some(committed["compiler"].clone()));
    let toolchain = match fitting {
        Some(toolchain) => toolchain,
        None => toolchain::find()?,
    };
    let compiler = compiler(&toolchain)?;
    let built = build(root, &toolchain)?;
    let same = fs::read(&module).is_ok_and(|committed| committed == built);
    println!("docs/verify/lvm_verifier.wasm: {} bytes", built.len());
    if arguments.check {
        let comparable = committed["compiler"] == compiler;
        ensure!(same || !comparable, "not what its source says; run `cargo xtask page`");
        println!("{}", if same { "unchanged" } else { "different, but made by another compiler" });
        return Ok(());
    }
    let text = json!({ "compiler": compiler });
    fs::write(&module, &built).with_context(|| format!("cannot write {}", module.display()))?;
    fs::write(&manifest, format!("{text:#}\n"))
        .with_context(|| format!("cannot write {}", manifest.display()))
}

/// What determines the module besides its source.
fn compiler(toolchain: &Toolchain) -> anyhow::Result<Value> {
    let output = Command::new("wasm-ld")
        .arg("--version")
        .output()
        .context("cannot run wasm-ld; it is in the package lld")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let linker: Vec<_> =
        text.split_whitespace().skip_while(|word| *word != "LLD").take(2).collect();
    Ok(json!({
        "release": toolchain.release(),
        "commit": toolchain.commit(),
        "linker": linker.join(" "),
    }))
}

fn build(root: &Path, toolchain: &Toolchain) -> anyhow::Result<Vec<u8>> {
    let flags = [
        "-Clinker=wasm-ld".to_owned(),
        // A panic is a trap, without a message and the code to write it. So no path of this
        // machine gets into the module either.
        "-Zunstable-options".to_owned(),
        "-Cpanic=immediate-abort".to_owned(),
        format!("-Clink-arg=--max-memory={MEMORY_MAX}"),
    ];
    let target = super::target_directory(root)?;
    let mut cargo = toolchain.cargo();
    cargo
        .current_dir(root)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .args(["rustc", "--locked", "-p", "lvm-verifier-web", "--profile", "web"])
        .args(["--crate-type", "cdylib", "--target", TARGET])
        .args(["-Zbuild-std=core,alloc", "-Zbuild-std-features="])
        .arg("--target-dir")
        .arg(&target);
    let status = cargo.status().context("cannot run cargo")?;
    if !status.success() {
        bail!("cargo failed ({status})");
    }
    let file = target.join(TARGET).join("web/lvm_verifier_web.wasm");
    let module = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let here = root.as_os_str().as_encoded_bytes();
    ensure!(
        !module.windows(here.len()).any(|window| window == here),
        "the module has the path of this repository in it"
    );
    Ok(module)
}
