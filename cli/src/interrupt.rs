//! What happens on Ctrl-C and when the process is asked to end: half-written files are removed,
//! what can be gone on with is said on standard error, and the exit code is 128 plus the signal's
//! number, 130 for Ctrl-C.
//!
//! Files are registered here for the moment in which they are written ([`crate::files`]), folders
//! as long as there is nothing in them to go on with ([`crate::parts`]). The lock is held while the
//! process ends, so that no file comes into being after that.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

static UNFINISHED: Mutex<Unfinished> = Mutex::new(Unfinished { paths: Vec::new(), note: None });

/// What is not finished yet.
pub(crate) struct Unfinished {
    /// Files and folders that must not be left behind.
    paths: Vec<PathBuf>,
    /// What to say of those that are left.
    note: Option<String>,
}

impl Unfinished {
    /// `path` must not be left behind.
    pub(crate) fn add(&mut self, path: PathBuf) {
        self.paths.push(path);
    }

    /// `path` is finished or gone.
    pub(crate) fn remove(&mut self, path: &Path) {
        self.paths.retain(|unfinished| unfinished != path);
    }

    /// What is said when the process is interrupted.
    pub(crate) fn say(&mut self, note: Option<String>) {
        self.note = note;
    }
}

/// What is not finished yet. Whoever holds this cannot be interrupted.
pub(crate) fn unfinished() -> MutexGuard<'static, Unfinished> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts to wait for signals.
#[cfg(unix)]
pub(crate) fn install() -> anyhow::Result<()> {
    use std::io::{self, IsTerminal, Write};

    use anyhow::Context;
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])
        .context("cannot wait for signals")?;
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            if let Some(signal) = signals.forever().next() {
                let unfinished = unfinished();
                for path in &unfinished.paths {
                    // There is nobody left to tell.
                    let _ = if path.is_dir() {
                        std::fs::remove_dir_all(path)
                    } else {
                        std::fs::remove_file(path)
                    };
                }
                if let Some(note) = &unfinished.note {
                    let mut stderr = io::stderr().lock();
                    // A moving line may be there.
                    let space = if stderr.is_terminal() { "\n" } else { "" };
                    let _ = writeln!(stderr, "{space}{note}");
                }
                std::process::exit(128 + signal);
            }
        })
        .context("cannot wait for signals")?;
    Ok(())
}

/// Elsewhere the system ends the process at once.
#[cfg(not(unix))]
pub(crate) fn install() -> anyhow::Result<()> {
    Ok(())
}
