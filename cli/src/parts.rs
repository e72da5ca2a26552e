//! The finished parts of a proof in the making, in a folder beside its file.
//!
//! ```text
//! <proof>.parts/
//!   head         the bytes of the proof before its parts
//!   cells        cells of a segment, in decimal digits
//!   part-00000   the bytes of the ledger's part, its length included
//!   part-00001   those of the first segment's
//!   …
//! ```
//!
//! Each file is written whole or not at all. The folder comes into being with the first finished
//! segment, unless that is the only one, and is removed when the proof is complete; what an
//! interrupted run leaves in it, the next one can go on from. A proof that goes to a pipe has its
//! parts in a temporary folder, which an interrupted run doesn't leave.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use lvm_prover::Survey;
use lvm_verifier::proof::{Head, PREFIX, PartName};
use lvm_verifier::stark::StarkProof;
use lvm_verifier::{Verification, proof};

use crate::files::{self, Destination};
use crate::interrupt;
use crate::proof_file;

/// Digits in the file `cells`, at most.
const CELLS_DIGITS_MAX: u64 = 20;

/// Where the parts of a proof lie.
#[derive(Debug)]
pub(crate) struct Place {
    /// The folder; a temporary one if there is none.
    folder: Option<PathBuf>,
    /// Whether to go on from what is there.
    resumes: bool,
}

impl Place {
    /// The place of the parts of a proof that goes to `destination`.
    pub(crate) fn new(destination: &Destination, resume: bool) -> anyhow::Result<Self> {
        let path = destination.path();
        if !destination.is_regular() {
            if resume {
                bail!("there is nothing to resume: {} is no file", path.display());
            }
            return Ok(Self { folder: None, resumes: false });
        }
        let folder = folder_of(path);
        let exists = folder.try_exists().with_context(|| unreadable(&folder))?;
        if exists && !resume {
            bail!(
                "{} has parts of a proof that was interrupted: say --resume to go on from there, or remove it",
                folder.display()
            );
        }
        Ok(Self { folder: Some(folder), resumes: exists })
    }

    /// The size of the segments whose parts are there.
    pub(crate) fn cells(&self) -> anyhow::Result<Option<u64>> {
        let Some(folder) = self.folder.as_deref().filter(|_| self.resumes) else { return Ok(None) };
        let path = folder.join("cells");
        let digits = files::read(&path, "the segment size", CELLS_DIGITS_MAX)?;
        let cells = str::from_utf8(&digits).ok().and_then(|digits| digits.parse().ok());
        Ok(Some(cells.with_context(|| format!("{} is not a number", path.display()))?))
    }
}

/// The folder for the parts of the proof at `path`.
pub(crate) fn folder_of(path: &Path) -> PathBuf {
    let mut folder = path.as_os_str().to_owned();
    folder.push(".parts");
    folder.into()
}

fn unreadable(path: &Path) -> String {
    format!("cannot read {}", path.display())
}

/// The finished parts of a proof in the making.
#[derive(Debug)]
pub(crate) struct Parts<'s> {
    survey: &'s Survey,
    /// Bytes of the head.
    head: Vec<u8>,
    /// The folder, once it is there.
    folder: Option<PathBuf>,
    /// Where the folder will be; a temporary one if there is none.
    place: Option<PathBuf>,
    /// Whether the folder is removed when the run ends before its time.
    is_removed: bool,
    /// Parts that have a file.
    stored: usize,
    /// Bytes of the parts after those.
    unstored: Vec<Vec<u8>>,
    /// Bytes of the proof so far.
    bytes: u64,
    /// Parts that an interrupted run had left.
    resumed: usize,
}

impl<'s> Parts<'s> {
    /// The parts of the surveyed run that are at `place` already. They are shown to `verification`,
    /// up to the first that is missing or bad.
    pub(crate) fn open(
        place: Place,
        survey: &'s Survey,
        verification: &mut Verification<'_>,
    ) -> anyhow::Result<Self> {
        let head = survey.head.to_bytes().context("cannot encode the proof's head")?;
        let mut parts = Self {
            survey,
            bytes: head.len() as u64,
            head,
            folder: place.folder.clone().filter(|_| place.resumes),
            place: place.folder,
            is_removed: false,
            stored: 0,
            unstored: Vec::new(),
            resumed: 0,
        };
        if let Some(folder) = parts.folder.clone() {
            parts.check_head(&folder)?;
            parts.resume(&folder, verification);
        }
        Ok(parts)
    }

    /// The head that is there must be the one of this run.
    fn check_head(&self, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join("head");
        let max = (PREFIX + proof::HEAD_BYTES_MAX) as u64;
        let found = files::read(&path, "the parts' head", max)?;
        if found == self.head {
            return Ok(());
        }
        let head = found.get(..PREFIX).unwrap_or(&found);
        let head = Head::length(head)
            .and_then(|_| Head::from_bytes(found.get(PREFIX..).unwrap_or_default()))
            .with_context(|| unreadable(&path))?;
        let wanted = &self.survey.head;
        let what = if head.key != wanted.key {
            "another program"
        } else if head.profile != wanted.profile {
            "another profile"
        } else {
            "another private input or segment size"
        };
        bail!("cannot go on from {}: its parts are of a run with {what}", folder.display());
    }

    /// Takes the parts that are there and good.
    fn resume(&mut self, folder: &Path, verification: &mut Verification<'_>) {
        while self.stored < self.total() {
            let name = PartName(self.stored);
            let path = part_path(folder, self.stored);
            let read = || -> anyhow::Result<Option<proof_file::Part>> {
                let mut file = match File::open(&path) {
                    Ok(file) => file,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(error.into()),
                };
                let part = proof_file::read_part(&mut file, &self.survey.head, self.stored)?;
                if file.metadata()?.len() != part.bytes as u64 {
                    bail!("the file goes on after the part");
                }
                Ok(Some(part))
            };
            let good = read().and_then(|part| {
                part.map(|part| {
                    verification.part(&part.proof)?;
                    Ok(part.bytes)
                })
                .transpose()
            });
            match good {
                Ok(Some(bytes)) => self.bytes += bytes as u64,
                Ok(None) => break,
                Err(error) => {
                    eprintln!("{name} is proved again: {} is bad: {error:#}", path.display());
                    break;
                }
            }
            self.stored += 1;
        }
        self.resumed = self.stored;
        self.say();
    }

    /// Parts of the run.
    fn total(&self) -> usize {
        self.survey.head.parts()
    }

    /// Parts that were there already.
    pub(crate) const fn resumed(&self) -> usize {
        self.resumed
    }

    /// Bytes of the proof, as far as it is finished.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Keeps the next part.
    pub(crate) fn keep(&mut self, index: usize, part: &StarkProof) -> anyhow::Result<()> {
        let bytes = self.survey.head.part_to_bytes(index, part)?;
        self.bytes += bytes.len() as u64;
        self.unstored.push(bytes);
        let is_last = index + 1 == self.total();
        if self.folder.is_some() || (index > 0 && !is_last) { self.store() } else { Ok(()) }
    }

    /// Gives each part a file.
    fn store(&mut self) -> anyhow::Result<()> {
        let folder = match &self.folder {
            Some(folder) => folder.clone(),
            None => self.create()?,
        };
        for bytes in std::mem::take(&mut self.unstored) {
            Destination::new(&part_path(&folder, self.stored), &[])?.write(&bytes)?;
            self.stored += 1;
        }
        self.say();
        Ok(())
    }

    /// Makes the folder.
    fn create(&mut self) -> anyhow::Result<PathBuf> {
        let mut unfinished = interrupt::unfinished();
        let folder = match &self.place {
            Some(folder) => fs::create_dir(folder).map(|()| folder.clone()),
            None => tempfile::Builder::new().prefix("lvm-").tempdir().map(tempfile::TempDir::keep),
        };
        let folder = folder.with_context(|| match &self.place {
            Some(folder) => format!("cannot make the folder {}", folder.display()),
            None => "cannot make a folder for temporary files".to_owned(),
        })?;
        unfinished.add(folder.clone());
        drop(unfinished);
        self.is_removed = true;
        self.folder = Some(folder.clone());
        Destination::new(&folder.join("cells"), &[])?
            .write(self.survey.segment_cells.to_string().as_bytes())?;
        Destination::new(&folder.join("head"), &[])?.write(&self.head)?;
        Ok(folder)
    }

    /// Whoever interrupts this run is told what is left of it.
    fn say(&mut self) {
        if self.place.is_none() || self.stored < 2 {
            return;
        }
        let mut unfinished = interrupt::unfinished();
        self.is_removed = false;
        unfinished.say(self.note());
        if let Some(folder) = &self.folder {
            unfinished.remove(folder);
        }
    }

    /// What is left when the run ends before its time, and how to go on.
    pub(crate) fn note(&self) -> Option<String> {
        let folder = self.folder.as_ref().filter(|_| !self.is_removed)?;
        Some(format!(
            "{} of {} segments are proved and kept in {}: to go on, run the same command with --resume",
            self.stored.saturating_sub(1),
            self.total() - 1,
            folder.display()
        ))
    }

    /// Writes the proof, whose parts are all there, and removes the folder.
    pub(crate) fn write(&mut self, destination: &Destination) -> anyhow::Result<()> {
        destination.write_pieces(|file| {
            file.write_all(&self.head)?;
            for index in 0..self.stored {
                let Some(folder) = &self.folder else { break };
                let path = part_path(folder, index);
                let copied = File::open(&path).and_then(|mut part| io::copy(&mut part, file));
                copied.map_err(|error| {
                    io::Error::new(error.kind(), format!("copying {}: {error}", path.display()))
                })?;
            }
            self.unstored.iter().try_for_each(|bytes| file.write_all(bytes))
        })?;
        interrupt::unfinished().say(None);
        self.remove()
    }

    /// Removes the folder.
    fn remove(&mut self) -> anyhow::Result<()> {
        self.is_removed = false;
        let Some(folder) = self.folder.take() else { return Ok(()) };
        let mut unfinished = interrupt::unfinished();
        unfinished.remove(&folder);
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))
    }
}

impl Drop for Parts<'_> {
    fn drop(&mut self) {
        if self.is_removed {
            // The run has failed, and says why.
            let _ = self.remove();
        }
    }
}

fn part_path(folder: &Path, index: usize) -> PathBuf {
    folder.join(format!("part-{index:05}"))
}
