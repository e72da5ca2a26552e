//! How results are shown: lines of `name: value`, or one JSON object.

use std::fmt::Display;
use std::io::{self, Write};
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;

/// Bytes of public output that are shown; the rest is only counted.
const SHOWN_MAX: usize = 64;

/// Writes a line to standard output.
pub(crate) fn line(text: impl Display) -> anyhow::Result<()> {
    writeln!(io::stdout().lock(), "{text}").context("cannot write to standard output")
}

/// Writes a result as a line.
pub(crate) fn entry(name: &str, value: impl Display) -> anyhow::Result<()> {
    line(format_args!("{:<20} {value}", format_args!("{name}:").to_string()))
}

/// Writes an object to standard output.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(serde_json::to_string(value).context("cannot write JSON")?)
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A run's public output, as far as it is worth showing.
pub(crate) fn output(bytes: &[u8]) -> String {
    let count = counted(bytes.len() as u64, "byte");
    match bytes {
        [] => count,
        bytes if bytes.len() > SHOWN_MAX => format!("{count}, 0x{}…", hex(&bytes[..SHOWN_MAX])),
        bytes => format!("{count}, 0x{}", hex(bytes)),
    }
}

/// A number with its digits in groups.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number and its unit.
pub(crate) fn counted(count: u64, unit: &str) -> String {
    format!("{} {unit}{}", number(count), if count == 1 { "" } else { "s" })
}

/// A duration in seconds.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.3} s", duration.as_secs_f64())
}

/// Bits of security; rounded down, so that nothing looks better than it is.
pub(crate) fn bits(bits: f64) -> String {
    format!("{:.1}", (bits * 10.0).floor() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (value, expected) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (12_345_678, "12,345,678")]
        {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn outputs() {
        assert_eq!(output(&[]), "0 bytes");
        assert_eq!(output(&[1, 0xab]), "2 bytes, 0x01ab");
        assert!(output(&[0; 65]).ends_with("00…"));
    }

    #[test]
    fn bits_are_never_rounded_up() {
        assert_eq!(bits(127.99), "127.9");
        assert_eq!(bits(128.0), "128.0");
    }
}
