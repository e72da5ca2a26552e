//! `lvm execute --stats` counts every cycle once, by function, instruction and table, and its tables
//! are those of the proof.

use lvm_isa::instruction::Operation::*;
use lvm_vm::assemble::{Assembler, i, s};
use serde_json::{Value, json};

use crate::command::{EBREAK, Folder, elf, guest};

fn sum(counts: &Value) -> u64 {
    counts.as_object().expect("counts have names").values().map(|it| it.as_u64().unwrap()).sum()
}

#[track_caller]
fn check_totals(report: &Value) {
    let statistics = &report["statistics"];
    let cycles = report["cycles"].as_u64().expect("there is a number of cycles");
    assert_eq!(sum(&statistics["instructions"]), cycles);
    assert_eq!(sum(&statistics["instruction_tables"]), cycles);
    let calls = statistics["instructions"]["ecall"].as_u64();
    assert_eq!(Some(sum(&statistics["system_calls"])), calls);
    assert_eq!(calls, statistics["instruction_tables"]["ecall"].as_u64());
    let misaligned = statistics["instruction_tables"]["misaligned"].as_u64().unwrap_or(0);
    assert_eq!(report["misaligned"], misaligned);
    let functions = statistics["functions"].as_array().expect("functions are a list");
    let own = functions.iter().map(|it| it["exclusive"].as_u64().unwrap()).sum::<u64>();
    assert!(own <= cycles && (functions.len() == 20 || own == cycles), "{report}");
    let tables = statistics["proving"]["tables"].as_array().expect("tables are a list");
    let cells: u64 = tables.iter().map(|table| table["cells"].as_u64().unwrap()).sum();
    assert_eq!(statistics["proving"]["cells"], cells);
}

#[test]
fn of_a_program_known_to_the_last_instruction() {
    let folder = Folder::new();
    let mut code = Assembler::new();
    let f = code.label();
    code.data(Assembler::DATA_START, &[1; 64]);
    code.symbol("main").li(8, Assembler::DATA_START).li(2, 0x0300_0000);
    code.jal(1, f).jal(1, f).keccak_f(Assembler::DATA_START + 64).halt(0);
    let main = (code.pc() - Assembler::CODE_START) / 4;
    code.symbol("f").place(f);
    code.push(i(Ld, 9, 8, 1)).push(i(Lw, 9, 8, 4)).push(s(Sd, 2, 9, -8)).push(i(Jalr, 0, 1, 0));
    folder.write("guest.elf", code.elf());
    let ended = folder.run(["execute", "guest.elf", "--stats", "--json"]);
    ended.success();
    let report = ended.json();
    check_totals(&report);
    let statistics = &report["statistics"];
    assert_eq!(
        statistics["functions"],
        json!([
            { "name": "main", "exclusive": main, "inclusive": main + 8 },
            { "name": "f", "exclusive": 8, "inclusive": 8 },
        ])
    );
    for (name, count) in [("ld", 2), ("lw", 2), ("sd", 2), ("jal", 2), ("jalr", 2), ("ecall", 2)] {
        assert_eq!(statistics["instructions"][name], count, "{name}");
    }
    for (name, count) in [("misaligned", 2), ("load_narrow", 2), ("store_double", 2)] {
        assert_eq!(statistics["instruction_tables"][name], count, "{name}");
    }
    assert_eq!(statistics["system_calls"], json!({ "keccak_f": 1, "halt": 1 }));
    // Two words of data, one on the stack, and keccak-f's 25 behind the end of the data.
    let touched = json!({
        "stack": 8, "image": 16, "heap": 200, "private_input": 0, "above": 0
    });
    assert_eq!(statistics["touched_bytes"], touched);
}

/// Each call that computes has a name of its own.
#[test]
fn of_calls_that_compute() {
    const D: u64 = Assembler::DATA_START;
    let names = [
        (1040, "modular_256 multiply"),
        (1041, "modular_256 multiply_add"),
        (1042, "modular_256 multiply_subtract"),
        (1043, "modular_256 invert"),
        (1044, "modular_384 multiply"),
        (1045, "modular_384 multiply_add"),
        (1046, "modular_384 multiply_subtract"),
        (1047, "modular_384 invert"),
        (1048, "quadratic_256 multiply"),
        (1049, "quadratic_256 multiply_add"),
        (1050, "quadratic_256 multiply_subtract"),
        (1052, "quadratic_384 multiply"),
        (1053, "quadratic_384 multiply_add"),
        (1054, "quadratic_384 multiply_subtract"),
        (1056, "secp256k1 add"),
        (1057, "secp256k1 double"),
        (1058, "secp256r1 add"),
        (1059, "secp256r1 double"),
        (1060, "bn254 add"),
        (1061, "bn254 double"),
        (1064, "sha256"),
    ];
    let mut code = Assembler::new();
    // Odd numbers, and moduli whose highest bit is set and most others aren't.
    let (ones, twos) = (D + 0x1000, D + 0x1100);
    let (narrow, wide) = (D + 0x1200, D + 0x1300);
    code.data(ones, &[1; 96]).data(twos, &[2; 96]);
    code.data(narrow, &[&[0; 31][..], &[0x80]].concat());
    code.data(wide, &[&[0; 47][..], &[0x80]].concat());
    for (at, (number, _)) in (0..).zip(names) {
        // Elements of the fields and points; a target for each call.
        let target = D + 0x80 * at;
        code.copy_words(target, twos, 12);
        let arguments = match number {
            1040..=1043 => [target, ones, narrow, twos],
            1044..=1047 => [target, ones, wide, twos],
            _ => [target, ones, twos, 0],
        };
        code.call(number, arguments);
    }
    code.halt(0);
    let folder = Folder::new();
    folder.write("guest.elf", code.elf());
    let ended = folder.run(["execute", "guest.elf", "--stats", "--json"]);
    ended.success();
    let report = ended.json();
    check_totals(&report);
    let calls = &report["statistics"]["system_calls"];
    for (number, name) in names {
        assert_eq!(calls[name], 1, "call {number}");
    }
    assert_eq!(calls.as_object().expect("counts have names").len(), names.len() + 2);
}

#[test]
fn of_the_bundled_guests() {
    let folder = Folder::new();
    folder.write("input", vec![7; 2000]);
    for name in ["keccak256", "std-program", "allocation", "memory-functions"] {
        let elf = guest(name);
        let elf = elf.to_str().expect("the path is text");
        let arguments = ["execute", elf, "--private-input", "input", "--stats", "--json"];
        let ended = folder.run(arguments);
        ended.success();
        check_totals(&ended.json());
    }
}

#[test]
fn tables_are_those_of_the_proof() {
    let folder = Folder::new();
    let elf = guest("fibonacci");
    let elf = elf.to_str().expect("the path is text");
    // The default size of segments.
    folder.run(["prove", elf, "-o", "proof", "--segment-size", "48"]).success();
    let proof = folder.run(["inspect", "proof", "--json"]).json();
    let estimate = folder.run(["execute", elf, "--stats", "--json"]).json();
    let rows = |tables: &Value| -> Vec<(String, u64)> {
        let tables = tables.as_array().expect("tables are a list");
        let name = |table: &Value| table["name"].as_str().expect("it has a name").to_owned();
        tables.iter().map(|it| (name(it), it["rows"].as_u64().expect("it has rows"))).collect()
    };
    let expected = rows(&proof["tables"]);
    assert!(!expected.is_empty());
    assert_eq!(rows(&estimate["statistics"]["proving"]["tables"]), expected);
}

#[test]
fn are_shown_as_text() {
    let folder = Folder::new();
    let elf = guest("exit-3");
    let ended = folder.run(["execute".as_ref(), elf.as_os_str(), "--stats".as_ref()]);
    assert_eq!(ended.code, 1, "an exit code other than 0 is a failure");
    for title in [
        "cycles by function",
        "instructions:",
        "instructions by table:",
        "system calls:",
        "touched bytes",
        "proving, rows and cells",
    ] {
        assert!(ended.stdout.contains(title), "{title}: {}", ended.stdout);
    }
}

#[test]
fn a_run_that_traps_has_none() {
    let folder = Folder::new();
    folder.write("trap.elf", elf(&[EBREAK]));
    folder.run(["execute", "trap.elf", "--stats"]).failure(&["ebreak"]);
}
