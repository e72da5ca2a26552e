//! The committed ELF files of the repository's guests do on the machine what their source does
//! natively: the same functions are compiled into this test.

#![expect(dead_code, reason = "the guests' `main` functions are not called")]

#[path = "../../guests/allocation/src/main.rs"]
mod allocation;
#[path = "../../guests/fibonacci/src/main.rs"]
mod fibonacci;
#[path = "../../guests/memory-functions/src/main.rs"]
mod memory_functions;
#[path = "../../guests/std-program/src/main.rs"]
mod std_program;

use std::fs;
use std::path::Path;

use lvm_guest_build::elf;
use lvm_vm::elf::load;
use lvm_vm::execute::{Execution, Options, execute};

fn file(guest: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/elf");
    fs::read(folder.join(format!("{guest}.elf"))).expect("the file is committed")
}

/// How a run ended, and what it printed.
fn run(guest: &str, input: &[u8]) -> (Execution, String) {
    let program = load(&file(guest)).unwrap();
    let options = Options { max_cycles: 100_000_000, ..Options::default() };
    let mut printed = Vec::new();
    let execution =
        execute(&program, input, &options, &mut |text| printed.extend_from_slice(text)).unwrap();
    println!("{guest}: {} cycles, {} misaligned", execution.cycles, execution.misaligned);
    (execution, String::from_utf8(printed).unwrap())
}

fn check(guest: &str, input: &[u8], expected: &[u8]) {
    let (execution, _) = run(guest, input);
    assert_eq!((execution.exit_code, execution.panic_message), (0, None));
    assert_eq!(execution.public_output, expected, "{guest} {:02x?}", &input[..input.len().min(16)]);
}

#[test]
fn fibonacci_numbers() {
    check("fibonacci", &[], &fibonacci::fibonacci(1000).to_le_bytes());
    for n in [0, 1, 2, 93, 94, 1000, 70_000] {
        check("fibonacci", &u64::to_le_bytes(n), &fibonacci::fibonacci(n).to_le_bytes());
    }
    check("fibonacci", &[10], &55_u64.to_le_bytes());
    let (execution, _) = run("fibonacci", &[0; 9]);
    assert_eq!(execution.exit_code, 101);
    assert!(execution.panic_message.unwrap().ends_with("n has at most 8 bytes"));
}

#[test]
fn keccak256_of_the_input() {
    for length in [0, 1, 7, 8, 9, 135, 136, 137, 271, 272, 273, 5000] {
        let input: Vec<u8> = (0..length).map(|i| (i * 31 + i / 256) as u8).collect();
        check("keccak256", &input, &lvm_guest_sdk::keccak256(&input));
    }
}

#[test]
fn memory_functions_agree_with_the_hosts() {
    check("memory-functions", &[], &memory_functions::digest());
}

#[test]
fn allocations_keep_their_bytes() {
    check("allocation", &[], &allocation::checksum(1).to_le_bytes());
    check("allocation", &[5], &allocation::checksum(5).to_le_bytes());
}

#[test]
fn standard_library_program() {
    let text = "The quick brown fox jumps over the lazy dog.\nÄpfel, äpfel & 世界 1 2 2!\n";
    for input in
        [&b""[..], text.as_bytes(), b"\xff\xfe broken \x00 \xc3", &text.as_bytes().repeat(50)]
    {
        let report = std_program::report(input).unwrap();
        check("std-program", input, report.as_bytes());
        assert_eq!(run("std-program", input).1, format!("{report}\n"));
    }
}

#[test]
fn a_panic_is_reported_and_fails() {
    let (execution, printed) = run("panic", b"12345");
    assert_eq!(execution.exit_code, 101);
    assert_eq!(execution.panic_message.as_deref(), Some("the private input has 5 bytes"));
    assert_eq!(execution.public_output, b"before");
    assert!(printed.contains("panicked at panic/src/main.rs:"), "{printed}");
}

#[test]
fn an_exit_code_arrives() {
    let (execution, _) = run("exit-3", &[]);
    assert_eq!((execution.exit_code, execution.panic_message), (3, None));
    assert_eq!(execution.public_output, b"three");
}

#[test]
fn all_code_is_rv64im() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/elf");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "elf") {
            elf::check_instructions(&fs::read(&path).unwrap())
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }
}
