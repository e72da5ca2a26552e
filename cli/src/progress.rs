//! What is being done, on standard error: a moving line on a terminal, plain lines elsewhere.

use std::borrow::Cow;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use lvm_prover::Phase;

use crate::display::{counted, number};

/// Plain lines about segments come at most this often; there may be thousands of segments.
const LINES_APART: Duration = Duration::from_secs(2);

/// Shows phases one after another. Dropping it ends the last one.
pub(crate) struct Progress {
    started: Instant,
    /// On a terminal.
    bar: Option<ProgressBar>,
    /// What is going on, and since when.
    current: Option<(Cow<'static, str>, Instant)>,
    /// When the last plain line came.
    line: Option<Instant>,
    /// The part that proving began with: when, and after how many cycles.
    proving: Option<(Instant, u64)>,
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
        Self { started: Instant::now(), bar, current: None, line: None, proving: None }
    }

    /// A phase of a proof begins, or goes on.
    pub(crate) fn phase(&mut self, phase: Phase) {
        match phase {
            Phase::Survey { segments: 0, .. } => self.begin("surveying the run"),
            Phase::Survey { segments, cycles } => self.update(surveyed(segments, cycles)),
            Phase::Prove { part, parts, done, cycles } => {
                let now = Instant::now();
                let (since, before) = match self.proving {
                    Some(began) => began,
                    None => {
                        let segments = counted(parts as u64 - 1, "segment");
                        self.begin(format!("proving {segments}, {}", counted(cycles, "cycle")));
                        *self.proving.insert((now, done))
                    }
                };
                self.update(proving(part, parts, now - since, before, done, cycles));
            }
        }
    }

    /// Something begins.
    pub(crate) fn begin(&mut self, what: impl Into<Cow<'static, str>>) {
        self.end();
        let what = what.into();
        self.line = None;
        self.show(what.clone());
        self.current = Some((what, Instant::now()));
    }

    /// How far what is going on has come.
    fn update(&mut self, how_far: String) {
        let due = self.line.is_none_or(|line| line.elapsed() >= LINES_APART);
        if self.bar.is_some() || due {
            self.show(how_far.into());
        }
    }

    fn show(&mut self, text: Cow<'static, str>) {
        match &self.bar {
            Some(bar) => bar.set_message(text),
            None => eprintln!("[{:8.3} s] {text}", self.started.elapsed().as_secs_f64()),
        }
        self.line = Some(Instant::now());
    }

    /// What was going on is done.
    fn end(&mut self) {
        if let (Some((what, since)), Some(bar)) = (self.current.take(), &self.bar) {
            bar.println(format!("{:8.3} s  {what}", since.elapsed().as_secs_f64()));
            bar.reset_elapsed();
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

fn surveyed(segments: u32, cycles: u64) -> String {
    let segments = counted(segments.into(), "segment");
    format!("surveying the run: {segments}, {} so far", counted(cycles, "cycle"))
}

/// Which part is proved, and how long the rest will take. So many cycles were done `before`
/// proving began, and so many are `done` now.
fn proving(
    part: usize,
    parts: usize,
    elapsed: Duration,
    before: u64,
    done: u64,
    cycles: u64,
) -> String {
    let segments = parts - 1;
    if part == 0 {
        return format!("proving the ledger, 0 of {} done", counted(segments as u64, "segment"));
    }
    let mut text = format!("proving segment {part}, {} of {segments} done", part - 1);
    let (proved, seconds) = (done - before, elapsed.as_secs_f64());
    if proved > 0 && seconds > 0.0 {
        let rate = proved as f64 / seconds;
        let left = Duration::from_secs_f64((cycles - done) as f64 / rate);
        text += &format!(", {} cycles/s, {} left", number(rate as u64), rounded(left));
    }
    text
}

/// An estimated duration.
fn rounded(duration: Duration) -> String {
    match duration.as_secs_f64().round() as u64 {
        seconds @ 0..=99 => format!("{seconds} s"),
        seconds @ 100..=5_999 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_estimated() {
        let seconds = Duration::from_secs;
        for (part, done, elapsed, expected) in [
            (0, 0, 0, "proving the ledger, 0 of 4 segments done"),
            (1, 0, 1, "proving segment 1, 0 of 4 done"),
            (2, 2_500, 5, "proving segment 2, 1 of 4 done, 500 cycles/s, 15 s left"),
        ] {
            assert_eq!(proving(part, 5, seconds(elapsed), 0, done, 10_000), expected);
        }
        // What was done before doesn't count for the rate.
        let resumed = proving(3, 5, seconds(50), 2_500, 5_000, 10_000);
        assert_eq!(resumed, "proving segment 3, 2 of 4 done, 50 cycles/s, 2 min left");
    }

    #[test]
    fn estimates_are_round() {
        for (seconds, expected) in [
            (0, "0 s"),
            (99, "99 s"),
            (100, "2 min"),
            (5_999, "100 min"),
            (6_000, "1 h 40 min"),
            (90_061, "25 h 1 min"),
        ] {
            assert_eq!(rounded(Duration::from_secs(seconds)), expected);
        }
    }
}
