//! What happens on Ctrl-C and when the process is asked to end: half-written files are removed,
//! and the exit code is 128 plus the signal's number, 130 for Ctrl-C.
//!
//! Files are registered here for the moment in which they are written ([`crate::files`]). The
//! lock is held while the process ends, so that no file comes into being after that.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Files that must not be left behind.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Files that must not be left behind. Whoever holds this cannot be interrupted.
pub(crate) fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts to wait for signals.
#[cfg(unix)]
pub(crate) fn install() -> anyhow::Result<()> {
    use anyhow::Context;
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])
        .context("cannot wait for signals")?;
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            if let Some(signal) = signals.forever().next() {
                let unfinished = unfinished();
                for path in unfinished.iter() {
                    // There is nobody left to tell.
                    let _ = std::fs::remove_file(path);
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
