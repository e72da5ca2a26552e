//! What is being done, on standard error: a moving line on a terminal, plain lines elsewhere.

use std::borrow::Cow;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use lvm_prover::Phase;

use crate::display::{counted, number};

/// Shows phases one after another. Dropping it ends the last one.
pub(crate) struct Progress {
    started: Instant,
    /// On a terminal.
    bar: Option<ProgressBar>,
    /// The phase that is going on, and since when.
    current: Option<(Cow<'static, str>, Instant)>,
}

impl Progress {
    /// Starts to show. With `plain`, what else comes on standard error would spoil a moving line.
    pub(crate) fn new(plain: bool) -> Self {
        let bar = (!plain && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} … {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { started: Instant::now(), bar, current: None }
    }

    /// A phase of a proof begins.
    pub(crate) fn phase(&mut self, phase: Phase) {
        let what: Cow<'static, str> = match phase {
            Phase::Execute => "executing".into(),
            Phase::Record { cycles } => format!("recording {}", counted(cycles, "cycle")).into(),
            Phase::Fill => "filling the tables".into(),
            Phase::Prove { tables, cells } => {
                format!("proving {tables} tables, {} cells", number(cells)).into()
            }
            Phase::Verify => "verifying the proof".into(),
        };
        self.begin(what);
    }

    /// Something begins.
    pub(crate) fn begin(&mut self, what: impl Into<Cow<'static, str>>) {
        self.end();
        let what = what.into();
        match &self.bar {
            Some(bar) => {
                bar.reset_elapsed();
                bar.set_message(what.clone());
            }
            None => eprintln!("[{:8.3} s] {what}", self.started.elapsed().as_secs_f64()),
        }
        self.current = Some((what, Instant::now()));
    }

    /// What was going on is done.
    fn end(&mut self) {
        if let (Some((what, since)), Some(bar)) = (self.current.take(), &self.bar) {
            bar.println(format!("{:8.3} s  {what}", since.elapsed().as_secs_f64()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
