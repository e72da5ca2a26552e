//! Makes the honest proof that the target `proof_mutation` changes: `seed_proof [PATH]`.

#[path = "../tests/seed/mod.rs"]
mod seed;

use std::path::PathBuf;

use lvm_fuzz_targets::proof_mutation::seed_path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).map_or_else(seed_path, PathBuf::from);
    let (_, proof) = seed::prove()?;
    let bytes = proof.to_bytes()?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&path, &bytes)?;
    println!("{}, {} bytes", path.display(), bytes.len());
    Ok(())
}
