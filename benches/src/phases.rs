//! Where proving spends its time, from the prover's tracing spans.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::span::{Attributes, Id};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// The phases, each with the names of its spans. The time of a span without a phase counts for the
/// one around it; the time of spans within a span doesn't count for it.
const PHASES: [(&str, &[&str]); 10] = [
    ("surveying, borders", &["survey", "border"]),
    ("filling tables", &["fill", "gather"]),
    ("low-degree extension", &["extend"]),
    ("hashing", &["tree"]),
    ("layers of permutations", &["layers"]),
    ("LogUp fractions", &["interactions"]),
    ("constraints, quotients", &["quotient"]),
    ("values at ζ", &["open"]),
    ("FRI's functions and folding", &["combine", "fold"]),
    ("proof of work", &["grind"]),
];

static TIMES: Mutex<BTreeMap<usize, Duration>> = Mutex::new(BTreeMap::new());

/// Starts to measure.
///
/// # Errors
/// If something else collects spans already.
pub fn start() -> anyhow::Result<()> {
    Ok(tracing_subscriber::registry().with(Phases).try_init()?)
}

/// The phases so far and the seconds that each took, in order.
#[must_use]
pub fn seconds() -> Vec<(String, f64)> {
    let times = TIMES.lock().unwrap_or_else(PoisonError::into_inner);
    let of = |index: &usize| times.get(index).copied().unwrap_or_default().as_secs_f64();
    PHASES.iter().enumerate().map(|(index, (name, _))| ((*name).to_owned(), of(&index))).collect()
}

struct Phases;

/// A span's time.
struct Timing {
    started: Instant,
    /// Time of the spans within it.
    within: Duration,
    /// Its phase, or that of the span around it.
    phase: Option<usize>,
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Phases {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let name = attributes.metadata().name();
        let own = PHASES.iter().position(|(_, spans)| spans.contains(&name));
        let outer = || span.parent()?.extensions().get::<Timing>()?.phase;
        let phase = own.or_else(outer);
        span.extensions_mut().insert(Timing {
            started: Instant::now(),
            within: Duration::ZERO,
            phase,
        });
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let extensions = span.extensions();
        let Some(Timing { started, within, phase }) = extensions.get::<Timing>() else { return };
        let elapsed = started.elapsed();
        if let Some(outer) = span.parent()
            && let Some(timing) = outer.extensions_mut().get_mut::<Timing>()
        {
            timing.within += elapsed;
        }
        if let Some(phase) = phase {
            let mut times = TIMES.lock().unwrap_or_else(PoisonError::into_inner);
            *times.entry(*phase).or_default() += elapsed.saturating_sub(*within);
        }
    }
}
