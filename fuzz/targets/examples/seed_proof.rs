//! Makes the honest proof that the target `proof_mutation` changes: `seed_proof [PATH]`.
//!
//! `seed_proof [PATH] --skeleton FILE` also writes what is left of the proof when each of its lists
//! is cut to one element: the seed of the target `parse`.

#[path = "../tests/seed/mod.rs"]
mod seed;

use std::path::PathBuf;

use lvm_fuzz_targets::layout::Layout;
use lvm_fuzz_targets::proof_mutation::seed_path;
use lvm_verifier::Proof;
use lvm_verifier::proof::MAGIC;

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let mut path = seed_path();
    let mut skeleton_path = None;
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--skeleton" {
            skeleton_path = Some(arguments.next().ok_or("--skeleton needs a file")?);
        } else {
            path = PathBuf::from(argument);
        }
    }
    let (_, proof) = seed::prove()?;
    let bytes = proof.to_bytes()?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&path, &bytes)?;
    println!("{}, {} bytes", path.display(), bytes.len());
    if let Some(path) = skeleton_path {
        // The target's first byte says that a proof follows.
        std::fs::write(path, [vec![0], skeleton(bytes)?].concat())?;
    }
    Ok(())
}

/// The proof with each list cut to one element, which changes what lists are in it.
fn skeleton(mut bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    loop {
        let proof = Proof::from_bytes(&bytes)?;
        let layout = Layout::of(&proof, MAGIC.len() + 1)?;
        let Some(list) = layout.lists.iter().find(|list| list.len() > 1) else { return Ok(bytes) };
        bytes.drain(list.elements[1]..list.elements[list.len()]);
        bytes[list.at..list.at + 8].copy_from_slice(&1u64.to_le_bytes());
    }
}
