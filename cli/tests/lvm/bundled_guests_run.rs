//! `lvm execute` shows what each guest of this repository does.

use serde_json::json;

use crate::command::{Folder, guest};

/// Runs a guest; its exit code, its public output as text and what it printed.
fn check(name: &str, input: &[u8], code: u64, output: &[u8]) -> String {
    let folder = Folder::new();
    folder.write("input", input);
    let elf = guest(name);
    let ended = folder.run([
        "execute",
        elf.to_str().expect("the path is text"),
        "--private-input",
        "input",
        "--public-output",
        "output",
        "--json",
    ]);
    assert_eq!(ended.code, i32::from(code != 0), "{name}: {}", ended.stderr);
    let report = ended.json();
    let hex: String = output.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((&report["exit_code"], &report["public_output"]), (&json!(code), &json!(hex)));
    assert_eq!(folder.read("output"), output, "{name}");
    assert!(report["cycles"].as_u64() > Some(0) && report["misaligned"].is_u64(), "{report}");
    assert!(report["seconds"].is_f64(), "{report}");
    ended.stderr
}

#[test]
fn fibonacci() {
    assert_eq!(check("fibonacci", &[10], 0, &55_u64.to_le_bytes()), "");
}

#[test]
fn keccak256() {
    let digest = [
        0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03,
        0xc0, 0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82, 0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85,
        0xa4, 0x70,
    ];
    check("keccak256", b"", 0, &digest);
}

#[test]
fn std_program_prints_to_standard_error() {
    let folder = Folder::new();
    folder.write("input", "to be or not to be");
    let elf = guest("std-program");
    let elf = elf.to_str().expect("the path is text");
    let ended =
        folder.run(["execute", elf, "--private-input", "input", "--public-output", "output"]);
    let report = String::from_utf8(folder.read("output")).expect("the report is text");
    assert!(report.starts_with("18 bytes, 6 words, 4 different\n"), "{report}");
    assert_eq!(ended.stderr, format!("{report}\n"));
    let names: Vec<_> =
        ended.success().lines().filter_map(|line| line.split_once(':')).map(|(n, _)| n).collect();
    assert_eq!(names, ["cycles", "misaligned accesses", "exit code", "public output", "time"]);
}

#[test]
fn exit_3_fails_with_a_result() {
    let stderr = check("exit-3", b"", 3, b"three");
    assert_eq!(stderr, "the guest ended with exit code 3\n");
}

#[test]
fn panic_fails_with_its_message() {
    let stderr = check("panic", b"12345", 101, b"before");
    assert!(stderr.contains("the private input has 5 bytes"), "{stderr}");
}

#[test]
fn allocation_and_memory_functions() {
    let folder = Folder::new();
    for name in ["allocation", "memory-functions"] {
        folder.run(["execute".as_ref(), guest(name).as_os_str()]).success();
    }
}
