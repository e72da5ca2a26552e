//! Reading files, and writing them whole or not at all.
//!
//! A file is written under another name in the same folder and renamed when it is complete, so
//! nobody ever sees a part of it and two runs don't mix. What is no regular file, such as a pipe
//! or `/dev/stdout`, is written to directly.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::interrupt;

/// Largest ELF file that is read, in bytes; debug information counts, so this is generous.
const ELF_MAX: u64 = 1 << 30;
/// Largest input that is read, in bytes: more than any guest has room for.
const INPUT_MAX: u64 = 1 << 33;

/// Reads all of a file that says something about `what`, unless it has more than `max` bytes.
pub(crate) fn read(path: &Path, what: &str, max: u64) -> anyhow::Result<Vec<u8>> {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().with_context(|| format!("cannot read {what} {}", path.display()))?;
    if bytes.len() as u64 > max {
        bail!("cannot read {what} {}: it has more than {max} bytes", path.display());
    }
    Ok(bytes)
}

/// Reads a program.
pub(crate) fn read_elf(path: &Path) -> anyhow::Result<Vec<u8>> {
    read(path, "the program", ELF_MAX)
}

/// Reads an input, which is empty where there is no file.
pub(crate) fn read_input(path: Option<&Path>) -> anyhow::Result<Vec<u8>> {
    path.map_or_else(|| Ok(Vec::new()), |path| read(path, "the private input", INPUT_MAX))
}

/// A file that will be written.
#[derive(Debug)]
pub(crate) struct Destination {
    /// As the user said it.
    path: PathBuf,
    /// Without symbolic links.
    resolved: PathBuf,
    /// Whether it can be replaced by another file.
    regular: bool,
}

impl Destination {
    /// Makes sure that `path` can be written, so that nobody works for a result that has nowhere
    /// to go. `others` are the command's other files, none of which may be overwritten.
    pub(crate) fn new(path: &Path, others: &[&Path]) -> anyhow::Result<Self> {
        let destination =
            Self::resolve(path).with_context(|| format!("cannot write {}", path.display()))?;
        for other in others {
            let same = fs::canonicalize(other).is_ok_and(|other| other == destination.resolved)
                || Self::resolve(other).is_ok_and(|other| other.resolved == destination.resolved);
            if destination.regular && same {
                bail!("cannot write {}: {} is the same file", path.display(), other.display());
            }
        }
        if destination.regular {
            destination.temporary().with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(destination)
    }

    /// Where a file at `path` would lie.
    fn resolve(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(metadata) => Ok(Self {
                path: path.to_owned(),
                resolved: fs::canonicalize(path)?,
                regular: metadata.is_file(),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
                let folder = match path.parent() {
                    Some(parent) if !parent.as_os_str().is_empty() => parent,
                    _ => Path::new("."),
                };
                let resolved = fs::canonicalize(folder)?.join(name);
                Ok(Self { path: path.to_owned(), resolved, regular: true })
            }
            Err(error) => Err(error),
        }
    }

    /// A new file beside the destination, which is removed when it is dropped.
    fn temporary(&self) -> io::Result<Unfinished> {
        let folder = self.resolved.parent().ok_or(io::ErrorKind::InvalidInput)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".lvm-");
        if let Some(permissions) = self.permissions() {
            builder.permissions(permissions);
        }
        let mut unfinished = interrupt::unfinished();
        let file = builder.tempfile_in(folder)?;
        unfinished.add(file.path().to_owned());
        Ok(Unfinished(Some(file)))
    }

    /// Those of the file that is replaced; otherwise what new files have.
    fn permissions(&self) -> Option<Permissions> {
        let existing = fs::metadata(&self.resolved).ok().map(|metadata| metadata.permissions());
        #[cfg(unix)]
        let existing =
            existing.or_else(|| Some(std::os::unix::fs::PermissionsExt::from_mode(0o666)));
        existing
    }

    /// Writes the file.
    pub(crate) fn write(&self, bytes: &[u8]) -> anyhow::Result<()> {
        self.write_pieces(|file| file.write_all(bytes))
    }

    /// Writes the file piece by piece.
    pub(crate) fn write_pieces(
        &self,
        pieces: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        let write = || -> io::Result<()> {
            if !self.regular {
                return pieces(&mut fs::OpenOptions::new().write(true).open(&self.resolved)?);
            }
            let mut temporary = self.temporary()?;
            temporary.write(pieces)?;
            temporary.rename(&self.resolved)
        };
        write().with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Whether it will be a file, and no pipe or the like.
    pub(crate) fn is_regular(&self) -> bool {
        self.regular
    }

    /// As the user said it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// A file that has not its name yet.
struct Unfinished(Option<tempfile::NamedTempFile>);

impl Unfinished {
    fn write(&mut self, pieces: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        pieces(file.as_file_mut())?;
        file.as_file().sync_all()
    }

    /// Gives it its name.
    fn rename(mut self, path: &Path) -> io::Result<()> {
        let mut unfinished = interrupt::unfinished();
        let Some(file) = self.0.take() else { return Ok(()) };
        let temporary = file.path().to_owned();
        let renamed = file.persist(path);
        unfinished.remove(&temporary);
        renamed.map(drop).map_err(|error| error.error)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(file) = self.0.take() {
            let mut unfinished = interrupt::unfinished();
            unfinished.remove(file.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn replaces_a_file_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        fs::write(&path, "before").unwrap();
        let destination = Destination::new(&path, &[]).unwrap();
        assert_eq!(names(folder.path()), ["out"], "nothing is there before it is complete");
        assert_eq!(fs::read(&path).unwrap(), b"before");
        destination.write(b"after").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"after");
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn refuses_what_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("in");
        fs::write(&input, "input").unwrap();
        let missing = folder.path().join("missing/out");
        let out = folder.path().join("out");
        for (path, others, expected) in [
            (folder.path(), vec![], "directory"),
            (&missing, vec![], "No such file"),
            (&input, vec![input.as_path()], "is the same file"),
            (&out, vec![out.as_path()], "is the same file"),
        ] {
            let error = format!("{:#}", Destination::new(path, &others).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
        assert_eq!(names(folder.path()), ["in"]);
    }

    #[cfg(unix)]
    #[test]
    fn writes_through_links_and_keeps_permissions() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "before").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        symlink("file", &link).unwrap();
        Destination::new(&link, &[]).unwrap().write(b"after").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"after");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn reads_no_more_than_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, "the input", 5).unwrap(), b"12345");
        let error = read(&path, "the input", 4).unwrap_err().to_string();
        assert!(error.contains("more than 4 bytes"), "{error}");
    }
}
