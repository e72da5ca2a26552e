//! Proof files, read part by part: the head and one part at a time are in memory.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use lvm_verifier::Head;
use lvm_verifier::proof::{DecodeError, PREFIX, PartName};
use lvm_verifier::stark::StarkProof;

/// Reads the head of the proof in the file `path`; its parts come after.
pub(crate) fn open(path: &Path) -> anyhow::Result<(Head, Parts)> {
    let read = || -> anyhow::Result<(Head, Parts)> {
        let mut file = BufReader::new(File::open(path)?);
        let prefix = bytes(&mut file, PREFIX)?;
        let length = Head::length(&prefix)?;
        let head = bytes(&mut file, length)?;
        if head.len() < length {
            return Err(DecodeError::CutOff.into());
        }
        let head = Head::from_bytes(&head)?;
        let parts = Parts { path: path.to_owned(), file, head_bytes: PREFIX + length, next: 0 };
        Ok((head, parts))
    };
    read().with_context(|| unreadable(path))
}

fn unreadable(path: &Path) -> String {
    format!("cannot read the proof {}", path.display())
}

/// The next `length` bytes, or what there is. A file that is shorter than it says takes no more
/// memory than it has bytes.
fn bytes(file: &mut impl Read, length: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The parts of a proof file.
#[derive(Debug)]
pub(crate) struct Parts {
    path: PathBuf,
    file: BufReader<File>,
    /// Bytes before the first part.
    pub(crate) head_bytes: usize,
    /// Index of the next part.
    next: usize,
}

/// A part of a proof file.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) index: usize,
    pub(crate) proof: StarkProof,
    /// Bytes in the file, those of its length included.
    pub(crate) bytes: usize,
}

impl Parts {
    /// The next part; `None` after the last one, with which the file must end.
    pub(crate) fn next(&mut self, head: &Head) -> anyhow::Result<Option<Part>> {
        let index = self.next;
        if index == head.parts() {
            if !bytes(&mut self.file, 1).with_context(|| unreadable(&self.path))?.is_empty() {
                bail!("{}: it goes on after its last part", unreadable(&self.path));
            }
            return Ok(None);
        }
        self.next += 1;
        let part = read_part(&mut self.file, head, index)
            .with_context(|| PartName(index).to_string())
            .with_context(|| unreadable(&self.path))?;
        Ok(Some(part))
    }
}

/// Reads the part with this index, its length before it.
pub(crate) fn read_part(file: &mut impl Read, head: &Head, index: usize) -> anyhow::Result<Part> {
    let cut_off = DecodeError::CutOff;
    let prefix = bytes(file, 4)?.try_into().map_err(|_| cut_off.clone())?;
    let length = Head::part_length(prefix)?;
    let body = bytes(file, length)?;
    if body.len() < length {
        return Err(cut_off.into());
    }
    let proof = head.part_from_bytes(index, &body)?;
    Ok(Part { index, proof, bytes: 4 + length })
}
