//! `cargo xtask tables`: writes `docs/tables/`, or checks that it is up to date.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use clap::Args;

/// Lines of a file that a failed check shows.
const SHOWN_LINES_MAX: usize = 20;

/// Write down what the tables are, in docs/tables
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Write nothing; fail if a file is out of date
    #[arg(long)]
    check: bool,
}

/// Writes or compares the documentation of all tables.
pub(crate) fn run(root: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let folder = root.join("docs/tables");
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let expected: BTreeMap<String, String> = lvm_air::describe::documents().into_iter().collect();
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
            let text = fs::read_to_string(&path);
            found.insert(name.to_owned(), text.with_context(|| format!("reading {name}"))?);
        }
    }

    let mut differences = String::new();
    for (name, text) in &expected {
        let old = found.remove(name).unwrap_or_default();
        if old == *text {
            continue;
        }
        if arguments.check {
            differences.push_str(&difference(name, &old, text));
        } else {
            fs::write(folder.join(name), text).with_context(|| format!("writing {name}"))?;
            println!("wrote docs/tables/{name}");
        }
    }
    for (name, old) in &found {
        if arguments.check {
            differences.push_str(&difference(name, old, ""));
        } else {
            fs::remove_file(folder.join(name)).with_context(|| format!("removing {name}"))?;
            println!("removed docs/tables/{name}");
        }
    }
    if !differences.is_empty() {
        bail!("docs/tables is out of date; run `cargo xtask tables`\n{differences}");
    }
    Ok(())
}

/// The lines that are only in `old`, with `-`, and those that are only in `new`, with `+`.
///
/// The files are tables of distinct lines, so there is no need to align them.
fn difference(name: &str, old: &str, new: &str) -> String {
    let mut text = format!("--- docs/tables/{name}\n");
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let removed = old.iter().filter(|line| !new.contains(line)).map(|line| ('-', line));
    let added = new.iter().filter(|line| !old.contains(line)).map(|line| ('+', line));
    let lines: Vec<_> = removed.chain(added).collect();
    for (sign, line) in lines.iter().take(SHOWN_LINES_MAX) {
        text.push_str(&format!("{sign}{line}\n"));
    }
    if lines.len() > SHOWN_LINES_MAX {
        text.push_str(&format!("… and {} lines more\n", lines.len() - SHOWN_LINES_MAX));
    }
    if lines.is_empty() {
        text.push_str("the same lines in another order or number\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn differences_show_the_lines() {
        assert_eq!(difference("a.md", "x\ny\nz\n", "x\nw\nz\n"), "--- docs/tables/a.md\n-y\n+w\n");
        assert!(difference("a.md", "x\nx\n", "x\n").ends_with("order or number\n"));
        assert!(difference("a.md", "", &"x\n".repeat(30)).ends_with("… and 10 lines more\n"));
    }
}
