//! Amounts of memory on the command line: `1048576`, `512MiB`, `4GiB`, `2GB`.

/// Units with their bytes; a unit is known by its longest suffix, so `B` comes last.
const UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

/// Text that is no amount of memory.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotSize {
    Malformed,
    TooLarge,
}

impl std::fmt::Display for NotSize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Malformed => {
                "not a whole number of bytes, kB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 4GiB"
            }
            Self::TooLarge => "more than 2^64 - 1 bytes",
        })
    }
}

impl std::error::Error for NotSize {}

/// The bytes that `text` says.
pub(crate) fn parse(text: &str) -> Result<u64, NotSize> {
    let (number, unit) = UNITS
        .into_iter()
        .find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?.trim_end(), unit)))
        .unwrap_or((text, 1));
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotSize::Malformed);
    }
    let number: u64 = number.parse().map_err(|_| NotSize::TooLarge)?;
    number.checked_mul(unit).ok_or(NotSize::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("0", Ok(0)),
            ("17", Ok(17)),
            ("17B", Ok(17)),
            ("4GiB", Ok(4 << 30)),
            ("4 GiB", Ok(4 << 30)),
            ("2GB", Ok(2_000_000_000)),
            ("3kB", Ok(3000)),
            ("16777215TiB", Ok(16_777_215 << 40)),
            ("16777216TiB", Err(NotSize::TooLarge)),
            ("18446744073709551616", Err(NotSize::TooLarge)),
            ("", Err(NotSize::Malformed)),
            ("GiB", Err(NotSize::Malformed)),
            ("-1", Err(NotSize::Malformed)),
            ("+1", Err(NotSize::Malformed)),
            ("1.5GiB", Err(NotSize::Malformed)),
            ("4gib", Err(NotSize::Malformed)),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
