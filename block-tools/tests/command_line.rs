//! The command `lvm-block` does what it says, with exit codes that scripts can rely on.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use lvm_block_tools::synthesize::{Load, Specification};
use serde_json::Value;

fn run(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lvm-block"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    // Commands that don't read their input close it.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    child.wait_with_output().expect("the command ends")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn synthesize_and_show() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments =
        ["synthesize", "--transfers", "2", "--accounts", "50", "--fork", "Cancun", "-o", "input"];
    let output = run(folder.path(), &arguments, b"");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let input = fs::read(folder.path().join("input")).expect("the input is there");
    let specification = Specification {
        filler: 50,
        fork: lvm_block::chain::Fork::Cancun,
        ..Specification::new(Load::Transfers(2))
    };
    assert_eq!(input, specification.synthesize().expect("a block"));

    let output = run(folder.path(), &["show", "input", "--validate"], b"");
    assert!(output.status.success());
    for expected in ["fork         Cancun", "transactions 2, 0 blobs", "valid        in"] {
        assert!(text(&output.stdout).contains(expected), "{}", text(&output.stdout));
    }
    let output = run(folder.path(), &["show", "-", "--validate", "--json"], &input);
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(value["gas_used"], 42_000);
    assert_eq!(value["validation"]["is_valid"], true);

    let standard = ["synthesize", "--token-calls", "1", "--accounts", "9", "-o", "-"];
    let first = run(folder.path(), &standard, b"");
    let second = run(folder.path(), &[&standard[..], &["--seed", "2"]].concat(), b"");
    assert!(first.status.success() && second.status.success());
    assert_ne!(first.stdout, second.stdout);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is left");
}

#[test]
fn show_refuses() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = Specification::new(Load::Transfers(1)).synthesize().expect("a block");
    let mut decoded = lvm_block::input::Input::decode(&input).expect("an input");
    decoded.nodes.pop();
    let worse = decoded.encode();
    let output = run(folder.path(), &["show", "-", "--validate"], &worse);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("refused"));
    // Without validation it's as good as any other.
    assert!(run(folder.path(), &["show", "-"], &worse).status.success());
    let output = run(folder.path(), &["show", "-"], b"no input");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("error: "));
}

#[test]
fn wrong_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    let both = ["synthesize", "--transfers", "1", "--token-calls", "1", "-o", "x"];
    let neither = ["synthesize", "-o", "x"];
    let fork = ["synthesize", "--transfers", "1", "--fork", "london", "-o", "x"];
    for arguments in [&both[..], &neither, &fork, &["test"], &[]] {
        let output = run(folder.path(), arguments, b"");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    let twice = ["import", "--block", "-", "--witness", "-", "-o", "x"];
    assert_eq!(run(folder.path(), &twice, b"").status.code(), Some(1));
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn import_writes_what_validates() {
    let folder = tempfile::tempdir().expect("a folder");
    let specification = Specification { filler: 40, ..Specification::new(Load::Transfers(1)) };
    let whole = specification.unpruned().expect("a block");
    let input = lvm_block::input::Input::decode(&whole).expect("an input");
    let lvm_block::input::Ancestry::Headers(headers) = &input.ancestry else { panic!("headers") };
    let digits = |strings: &[&[u8]]| -> Value {
        strings.iter().map(|s| Value::from(alloy_primitives::hex::encode_prefixed(s))).collect()
    };
    let mut witness = serde_json::json!({
        "state": digits(&input.nodes),
        "codes": digits(&input.codes),
        "headers": digits(headers),
    });
    let path = folder.path().join("block");
    fs::write(path, alloy_primitives::hex::encode_prefixed(input.block)).expect("written");
    let arguments =
        ["import", "--block", "block", "--witness", "-", "--fork", "osaka", "-o", "input"];
    let output = run(folder.path(), &arguments, witness.to_string().as_bytes());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let imported = fs::read(folder.path().join("input")).expect("the input is there");
    assert_eq!(imported, specification.synthesize().expect("a block"));

    let arguments = [&arguments[..], &["--whole"]].concat();
    let output = run(folder.path(), &arguments, witness.to_string().as_bytes());
    assert!(output.status.success());
    assert_eq!(fs::read(folder.path().join("input")).expect("the input is there"), whole);

    witness["state"] = serde_json::json!([]);
    let arguments =
        ["import", "--block", "block", "--witness", "-", "--fork", "osaka", "-o", "refused"];
    let output = run(folder.path(), &arguments, witness.to_string().as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("is missing"), "{}", text(&output.stderr));
    assert!(!folder.path().join("refused").exists());
}

#[test]
fn test_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).expect("a folder");
    let skipped = r#"{"old": {"network": "London", "blocks": [], "pre": {}}, "other": {}}"#;
    fs::write(inner.join("a.json"), skipped).expect("written");
    fs::write(inner.join("b.txt"), "no test").expect("written");
    let output = run(folder.path(), &["test", "."], b"");
    assert!(output.status.success());
    let said = text(&output.stdout);
    assert!(said.contains("skipped 1: network London"), "{said}");
    assert!(said.ends_with("0 passed, 0 failed, 2 skipped; 1 files, 0 blocks\n"), "{said}");

    fs::write(inner.join("c.json"), "{").expect("written");
    let output = run(folder.path(), &["test", "."], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("1 failed"));
    assert_eq!(run(folder.path(), &["test", "nowhere"], b"").status.code(), Some(1));
}
