//! Word statistics of a text, written as any program with the standard library is.
//!
//! The private input is the text. Printed is a report, committed are the report and a checksum of
//! all bytes of the text, so that the output depends on each of them.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::{self, Write as _};
use std::io::{self, Read as _};
use std::sync::Arc;

/// How many of the most frequent words the report names.
const REPORTED_MAX: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    let report = report(&bytes)?;
    println!("{report}");
    lvm_guest_sdk::commit(report.as_bytes());
    Ok(())
}

/// The statistics of a text; what isn't UTF-8 in it counts as a replacement character.
pub(crate) fn report(bytes: &[u8]) -> Result<String, fmt::Error> {
    let text: Arc<str> = String::from_utf8_lossy(bytes).into();
    let mut counts: HashMap<String, usize> = HashMap::new();
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    for word in words {
        *counts.entry(word.to_lowercase()).or_default() += 1;
    }
    let total: usize = counts.values().sum();
    let mut ranking: Vec<_> = counts.into_iter().collect();
    ranking.sort_by(|(word, count), (other, others)| others.cmp(count).then(word.cmp(other)));

    let mut report = String::new();
    writeln!(report, "{} bytes, {total} words, {} different", bytes.len(), ranking.len())?;
    for (place, (word, count)) in ranking.iter().take(REPORTED_MAX).enumerate() {
        let share = 100.0 * *count as f64 / total as f64;
        writeln!(report, "{:>2}. {word:<16} {count:>6} {share:>6.2} %", place + 1)?;
    }
    writeln!(report, "checksum {:016x}", checksum(bytes))?;
    Ok(report)
}

/// FNV-1a with 64 bits.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
