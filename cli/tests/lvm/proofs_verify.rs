//! Proofs that `lvm prove` makes are accepted by `lvm verify` for their program, exit code and
//! public output, and for nothing else.

use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::command::{Ended, Folder, guest};

/// The path of a guest as an argument.
fn elf(name: &str) -> String {
    guest(name).to_str().expect("the path is text").to_owned()
}

/// A proof that fibonacci(10) is 55.
fn proof() -> &'static [u8] {
    static PROOF: OnceLock<Vec<u8>> = OnceLock::new();
    PROOF.get_or_init(|| {
        let folder = Folder::new();
        folder.write("input", [10]);
        folder
            .run(["prove", &elf("fibonacci"), "-o", "proof", "--private-input", "input"])
            .success();
        folder.read("proof")
    })
}

/// A folder with that proof in it.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("proof", proof());
    folder
}

/// Verifies the file `proof`.
fn verify(folder: &Folder, arguments: &[&str]) -> Ended {
    folder.run(["verify", "proof"].iter().chain(arguments))
}

#[test]
fn round_trip_with_time() {
    let folder = Folder::new();
    folder.write("input", [10]);
    let ended = folder.run([
        "prove",
        &elf("fibonacci"),
        "-o",
        "proof",
        "--private-input",
        "input",
        "--public-output",
        "output",
        "--threads",
        "2",
        "--time",
    ]);
    let last = ended.success().lines().last().expect("there are results");
    let seconds = last
        .strip_prefix("Proving time: ")
        .and_then(|rest| rest.strip_suffix('s'))
        .unwrap_or_else(|| panic!("{last}"));
    let seconds: f64 = seconds.parse().expect("it is a number");
    assert!(seconds > 0.0 && seconds.is_finite());
    assert!(ended.stderr.contains("] proving "), "phases are on standard error: {}", ended.stderr);
    assert_eq!(folder.read("output"), 55_u64.to_le_bytes());
    assert_eq!(folder.names(), ["input", "output", "proof"]);
    let ended = verify(&folder, &[&elf("fibonacci"), "--public-output", "output"]);
    assert!(ended.success().starts_with("verified:"));
    assert_eq!(ended.stderr, "");
}

#[test]
fn json_says_the_same_everywhere() {
    let folder = Folder::new();
    let proved = folder.run(["prove", &elf("fibonacci"), "-o", "proof", "--json"]).json();
    let verified = verify(&folder, &[&elf("fibonacci"), "--json"]).json();
    let inspected = folder.run(["inspect", "proof", "--json"]).json();
    for field in ["verifying_key", "exit_code", "public_output", "provable_bits", "segments"] {
        assert!(!proved[field].is_null(), "{field}");
        assert_eq!(proved[field], verified[field], "{field}");
        assert_eq!(proved[field], inspected[field], "{field}");
    }
    assert_eq!(verified["verified"], json!(true));
    assert_eq!(proved["proof_bytes"], json!(folder.read("proof").len()));
    assert_eq!(proved["proof_bytes"], inspected["proof_bytes"]);
    assert_eq!(
        (&proved["profile"], &inspected["profile"]),
        (&json!("provable128"), &json!("provable128"))
    );
    assert!(proved["seconds"]["total"].as_f64() > proved["seconds"]["prove"].as_f64());
    let tables = |report: &Value| -> Vec<(Value, Value)> {
        let tables = report["tables"].as_array().expect("there are tables");
        tables.iter().map(|table| (table["name"].clone(), table["rows"].clone())).collect()
    };
    assert_eq!(tables(&proved), tables(&inspected));
    assert!(inspected["provable_bits"].as_f64() >= Some(128.0));
    let sections = inspected["sections"].as_array().expect("there are sections");
    let sum: u64 = sections.iter().filter_map(|section| section["bytes"].as_u64()).sum();
    let whole = inspected["proof_bytes"].as_u64().expect("it is a number");
    assert_eq!(sum, whole, "the sections are the whole");
    let segment = &inspected["segment_bytes"];
    let pieces = [&inspected["head_bytes"], &inspected["ledger_bytes"], &segment["average"]];
    assert_eq!(pieces.iter().filter_map(|bytes| bytes.as_u64()).sum::<u64>(), whole);
    assert_eq!(
        (&segment["smallest"], &segment["largest"]),
        (&segment["average"], &segment["average"])
    );
    let rows = proved["tables"].as_array().expect("there are tables").iter().map(|table| {
        let number = |field: &str| table[field].as_u64().expect("it is a number");
        number("rows") * (number("width") + 3 * number("extension_columns"))
    });
    assert_eq!(proved["cells"].as_u64(), Some(rows.sum()));
}

#[test]
fn a_smaller_profile() {
    let folder = Folder::new();
    let arguments = ["prove", &elf("fibonacci"), "-o", "proof", "--profile", "provable100"];
    folder.run(arguments).success();
    verify(&folder, &[&elf("fibonacci"), "--profile", "provable100"]).success();
    verify(&folder, &[&elf("fibonacci")]).failure(&["gives 100 provable bits, expected 128"]);
    let inspected = folder.run(["inspect", "proof"]);
    assert!(inspected.success().contains("provable100"), "{}", inspected.stdout);
}

#[test]
fn by_verifying_key() {
    let folder = folder();
    folder.run(["vk", &elf("fibonacci"), "-o", "vk"]).success();
    let key = folder.read("vk");
    assert_eq!(key.len(), 32);
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(folder.run(["vk", &elf("fibonacci")]).success(), format!("{hex}\n"));
    verify(&folder, &["--vk", "vk"]).success();

    for (wrong, expected) in [
        (key[..31].to_vec(), "has 32 bytes, this has 31"),
        ([key.as_slice(), &[0]].concat(), "has 32 bytes, this has 33"),
        (hex.into_bytes(), "has 32 bytes, this has 64"),
        (vec![], "has 32 bytes, this has 0"),
    ] {
        folder.write("wrong", wrong);
        verify(&folder, &["--vk", "wrong"])
            .failure(&["cannot read the verifying key wrong", expected]);
    }
    let mut other = key;
    other[0] ^= 1;
    folder.write("other", other);
    verify(&folder, &["--vk", "other"])
        .failure(&["the proof proof is refused", "of another program"]);
}

#[test]
fn another_statement_is_refused() {
    let folder = folder();
    folder.write("right", 55_u64.to_le_bytes());
    folder.write("wrong", 56_u64.to_le_bytes());
    verify(&folder, &[&elf("fibonacci"), "--public-output", "right"]).success();
    verify(&folder, &[&elf("fibonacci"), "--public-output", "wrong"])
        .failure(&["is refused", "public output is not the expected one"]);
    verify(&folder, &[&elf("keccak256")]).failure(&["is refused", "of another program"]);
    verify(&folder, &[&elf("fibonacci"), "--exit-code", "3"])
        .failure(&["is refused", "exit code 0, expected 3"]);
    let ended = verify(&folder, &[&elf("keccak256"), "--json"]);
    assert_eq!(ended.code, 1);
    assert!(ended.json()["error"].is_string(), "{}", ended.stdout);
}

#[test]
fn damaged_proofs_are_refused() {
    let folder = folder();
    let proof = proof();
    let with_head_length =
        |length: u32| [&proof[..10], &length.to_le_bytes(), &proof[14..]].concat();
    let head = usize::try_from(u32::from_le_bytes(proof[10..14].try_into().expect("four bytes")));
    let parts = 14 + head.expect("it is small");
    for (bytes, expected) in [
        (proof[..proof.len() - 1].to_vec(), "segment 1: the proof is cut off"),
        (proof[..parts].to_vec(), "the ledger: the proof is cut off"),
        (proof[..parts + 3].to_vec(), "the ledger: the proof is cut off"),
        (proof[..20].to_vec(), "is cut off"),
        (proof[..11].to_vec(), "is cut off"),
        ([proof, &[0]].concat(), "goes on after its last part"),
        ([proof, proof].concat(), "goes on after its last part"),
        (with_head_length(65 << 20), "is cut off"),
        (with_head_length(u32::MAX), "head has 4294967295 bytes, more than"),
        (
            [&proof[..parts], &u32::MAX.to_le_bytes(), &proof[parts + 4..]].concat(),
            "a part of the proof has 4294967295 bytes, more than",
        ),
        (proof[1..].to_vec(), "not an lvm proof"),
    ] {
        folder.write("proof", bytes);
        verify(&folder, &[&elf("fibonacci")]).failure(&["cannot read the proof proof", expected]);
        folder.run(["inspect", "proof"]).failure(&["cannot read the proof proof", expected]);
    }
    let mut changed = proof.to_vec();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    folder.write("proof", changed);
    verify(&folder, &[&elf("fibonacci")]).failure(&["proof"]);
}

#[test]
fn a_failed_run_needs_its_exit_code() {
    let folder = Folder::new();
    let ended = folder.run(["prove", &elf("exit-3"), "-o", "proof"]);
    ended.success();
    assert!(ended.stderr.contains("--exit-code 3"), "{}", ended.stderr);
    verify(&folder, &[&elf("exit-3")]).failure(&["is refused", "exit code 3, expected 0"]);
    verify(&folder, &[&elf("exit-3"), "--exit-code", "4"]).failure(&["exit code 3, expected 4"]);
    verify(&folder, &[&elf("exit-3"), "--exit-code", "3"]).success();
}

#[test]
fn the_demonstration() {
    let folder = Folder::new();
    let report = folder.run(["demo", "--json"]).json();
    let guests = report["guests"].as_array().expect("there are guests");
    assert_eq!(guests.len(), 2);
    for guest in guests {
        assert_eq!((&guest["verified"], &guest["tampered_refused"]), (&json!(true), &json!(true)));
    }
    assert!(folder.names().is_empty());
}

#[test]
fn verbose_shows_spans() {
    let folder = Folder::new();
    let ended = folder.run(["-v", "vk", &elf("fibonacci")]);
    assert_eq!(ended.success().len(), 65);
    assert!(
        ended.stderr.contains("setup") && ended.stderr.contains("time.busy"),
        "{}",
        ended.stderr
    );
}
