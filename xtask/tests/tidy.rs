//! Every file that is under version control keeps the rules of this repository that a test can
//! check.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines that a Rust file may have.
const LINES_MAX: usize = 600;

/// A file under version control that is text.
struct File {
    path: String,
    text: String,
}

impl File {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether this is Rust of the product itself.
    fn is_product(&self) -> bool {
        let elsewhere = ["tests", "benches", "examples", "fuzz"];
        self.is_rust() && !self.path.split('/').rev().skip(1).any(|part| elsewhere.contains(&part))
    }

    /// The file without the unit tests at its end.
    fn before_unit_tests(&self) -> &str {
        self.text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(&self.text)
    }

    /// Lines with their numbers, from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

fn root() -> PathBuf {
    let package =
        Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().expect("the package is there");
    package.parent().expect("the package lies in the repository").to_owned()
}

/// All text files under version control; none where this isn't a repository, as in a package.
fn files() -> Vec<File> {
    let root = root();
    let Ok(listed) = Command::new("git").args(["ls-files", "-z"]).current_dir(&root).output()
    else {
        return Vec::new();
    };
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    listed
        .split_terminator('\0')
        // Files that are deleted but not yet from the index, and files that aren't text.
        .filter_map(|path| {
            let text =
                fs::read(root.join(path)).ok().and_then(|file| String::from_utf8(file).ok())?;
            Some(File { path: path.to_owned(), text })
        })
        // ELF files may be text by chance.
        .filter(|file| !file.path.ends_with(".elf"))
        .collect()
}

/// Fails with all violations that `find` finds.
#[track_caller]
fn check(rule: &str, find: impl Fn(&File) -> Vec<String>) {
    let found: Vec<_> = files().iter().flat_map(find).collect();
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

/// The places where a line holds one of `texts`.
fn places(file: &File, texts: &[String]) -> Vec<String> {
    file.lines()
        .filter_map(|(number, line)| {
            let text = texts.iter().find(|text| line.contains(text.as_str()))?;
            Some(format!("{}:{number}: {text}", file.path))
        })
        .collect()
}

#[test]
fn there_are_files_to_check() {
    if root().join(".git").exists() {
        assert!(files().iter().any(File::is_product));
    }
}

#[test]
fn files_say_what_they_are_for() {
    check("every file begins with //!", |file| {
        let said = file.text.starts_with("//! ") || file.text.starts_with("//!\n");
        if file.is_product() && !said { vec![file.path.clone()] } else { vec![] }
    });
}

#[test]
fn nothing_is_left_to_do() {
    // Put together here, so that this file keeps the rule itself.
    let macros: Vec<_> =
        ["dbg", "todo", "unimplemented"].into_iter().map(|name| format!("{name}!(")).collect();
    check("these macros are for work that isn't finished", |file| {
        if file.is_rust() { places(file, &macros) } else { vec![] }
    });
}

#[test]
fn files_are_short() {
    check(&format!("files have at most {LINES_MAX} lines, not counting unit tests"), |file| {
        let lines = file.before_unit_tests().lines().count();
        let long = file.is_rust() && lines > LINES_MAX;
        if long { vec![format!("{}: {lines} lines", file.path)] } else { vec![] }
    });
}

#[test]
fn no_paths_of_one_machine() {
    let folders: Vec<_> =
        ["home", "Users", "root", "work"].into_iter().map(|name| format!("/{name}/")).collect();
    check("no path of one machine is in any file; unit tests may have examples", |file| {
        (1..)
            .zip(file.before_unit_tests().lines())
            .filter(|(_, line)| folders.iter().any(|folder| absolute(line, folder)))
            .map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim()))
            .collect()
    });
}

/// Whether `folder` is at the beginning of a path somewhere in `line`.
fn absolute(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || "._-~})>/$".contains(before))
    })
}

#[test]
fn no_invisible_characters() {
    check("no tabs, no carriage returns, no blanks at the end of a line", |file| {
        let tabs_belong = file.path.ends_with("Makefile");
        let checked = [".rs", ".toml", ".md", ".sh", ".yml", ".yaml", ".ld", ".h", ".c"];
        if !checked.iter().any(|end| file.path.ends_with(end)) {
            return vec![];
        }
        file.lines()
            .filter(|(_, line)| line.ends_with([' ', '\r']) || line.contains('\t') && !tabs_belong)
            .map(|(number, _)| format!("{}:{number}", file.path))
            .collect()
    });
    check("a text file ends with one line break", |file| {
        let ends =
            file.text.is_empty() || file.text.ends_with('\n') && !file.text.ends_with("\n\n");
        if file.is_rust() && !ends { vec![file.path.clone()] } else { vec![] }
    });
}

#[test]
fn paths_of_one_machine_are_told_from_others() {
    let folder = format!("/{}/", "home");
    for (line, expected) in [
        (format!("see {folder}me/file"), true),
        (format!("\"{folder}me\""), true),
        (format!("https://example.org{folder}page"), false),
        (format!("$PREFIX{folder}"), false),
    ] {
        assert_eq!(absolute(&line, &folder), expected, "{line}");
    }
}
