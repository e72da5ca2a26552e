//! `lvm conformance` on a folder of programs that check themselves: what passes, what doesn't and
//! why, proofs, and signatures.

use lvm_isa::instruction::Operation::{self, *};
use lvm_vm::assemble::{Assembler, i, r, s};
use serde_json::{Value, json};

use crate::command::{EBREAK, Ended, FOREVER, Folder, elf, guest};

const DATA: u64 = Assembler::DATA_START;
/// What [`operations`] computes with.
const A: u64 = 0x8000_0000_ffff_fff7;
const B: u64 = 13;

/// A program that halts with 0 if after `code` the registers have these values, and with 1
/// otherwise. x31 is overwritten.
fn checking(code: impl FnOnce(&mut Assembler), expected: &[(u8, u64)]) -> Assembler {
    let mut program = Assembler::new();
    let wrong = program.label();
    code(&mut program);
    for &(register, value) in expected {
        program.li(31, value).branch(Bne, register, 31, wrong);
    }
    program.halt(0).place(wrong).halt(1);
    program
}

/// A program that checks what operations make of [`A`] and [`B`].
fn operations(expected: &[(Operation, u64)]) -> Vec<u8> {
    let registers: Vec<_> = (7..).zip(expected.iter().map(|&(_, value)| value)).collect();
    let code = |program: &mut Assembler| {
        program.li(5, A).li(6, B);
        for (register, &(operation, _)) in (7..).zip(expected) {
            program.push(r(operation, register, 5, 6));
        }
    };
    checking(code, &registers).elf()
}

/// A passing program for each group of instructions.
fn groups() -> Vec<(&'static str, Vec<u8>)> {
    let jumps = |program: &mut Assembler| {
        let over = program.label();
        program.li(7, 1).jal(1, over).li(7, 2).place(over).push(i(Auipc, 5, 0, 0));
        program.push(i(Jalr, 6, 5, 12)).li(7, 3).push(r(Sub, 8, 6, 5));
    };
    let branches = |program: &mut Assembler| {
        let (again, end) = (program.label(), program.label());
        program.li(5, 10).li(6, 0).place(again).branch(Beq, 5, 0, end);
        program.push(r(Add, 6, 6, 5)).push(i(Addi, 5, 5, -1)).branch(Bltu, 0, 5, again).place(end);
    };
    let memory = |program: &mut Assembler| {
        program.li(5, DATA).li(6, A).push(s(Sd, 5, 6, 8)).push(s(Sb, 5, 6, 1));
        program.push(i(Lw, 7, 5, 8)).push(i(Lwu, 8, 5, 8)).push(i(Lh, 9, 5, 0));
        program.push(i(Lbu, 10, 5, 15));
    };
    vec![
        (
            "arithmetic",
            operations(&[
                (Add, 0x8000_0001_0000_0004),
                (Sub, 0x8000_0000_ffff_ffea),
                (Addw, 4),
                (Subw, 0xffff_ffff_ffff_ffea),
            ]),
        ),
        ("branches", checking(branches, &[(6, 55)]).elf()),
        ("compare", operations(&[(Slt, 1), (Sltu, 0)])),
        (
            "divide",
            operations(&[(Divw, 0), (Remw, 0xffff_ffff_ffff_fff7), (Remu, A % B), (Divu, A / B)]),
        ),
        ("jumps", checking(jumps, &[(7, 1), (8, 8)]).elf()),
        ("logic", operations(&[(Xor, A ^ B), (Or, A | B), (And, A & B)])),
        (
            "memory",
            checking(
                memory,
                &[(7, 0xffff_ffff_ffff_fff7), (8, 0xffff_fff7), (9, !0x8ff), (10, 0x80)],
            )
            .elf(),
        ),
        ("multiply", operations(&[(Mul, A.wrapping_mul(B)), (Mulhu, 6), (Mulw, !116)])),
        ("shift", operations(&[(Sll, A << B), (Srl, A >> B), (Sllw, !0x11fff)])),
        (
            "upper",
            checking(
                |program| {
                    program.push(i(Lui, 5, 0, 4096));
                },
                &[(5, 4096)],
            )
            .elf(),
        ),
    ]
}

/// Four misaligned accesses, two of them across words, and a signature of three words.
fn misaligned() -> Assembler {
    let code = |program: &mut Assembler| {
        program.li(5, DATA).li(6, 0x1122_3344_5566_7788);
        program.push(s(Sw, 5, 6, 1)).push(s(Sd, 5, 6, 4)).push(i(Ld, 7, 5, 4));
        program.push(i(Lh, 8, 5, 7)).push(i(Lh, 9, 5, 8));
    };
    let mut program = checking(code, &[(7, 0x1122_3344_5566_7788), (8, 0x4455), (9, 0x3344)]);
    program.symbol_at("begin_signature", DATA).symbol_at("end_signature", DATA + 12);
    program
}

const MISALIGNED_SIGNATURE: &str = "66778800\n55667788\n11223344\n";

/// Runs the command on a new folder's folder `tests` with these files.
fn folder(files: &[(&str, Vec<u8>)]) -> Folder {
    let folder = Folder::new();
    for (name, bytes) in files {
        let path = folder.path("tests").join(name);
        std::fs::create_dir_all(path.parent().expect("it is in a folder")).expect("writable");
        std::fs::write(path, bytes).expect("writable");
    }
    folder
}

fn conformance(folder: &Folder, arguments: &[&str]) -> Ended {
    folder.run(["conformance", "tests"].iter().chain(arguments))
}

/// The words of the line about `name`.
#[track_caller]
fn row<'a>(ended: &'a Ended, name: &str) -> Vec<&'a str> {
    let line = ended.stdout.lines().find(|line| line.starts_with(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("{name}: {ended:?}")).split_whitespace().collect()
}

#[test]
fn programs_of_every_group_pass() {
    let mut files = groups();
    files.push(("sub/folder/misaligned.elf", misaligned().elf()));
    files.push(("notes.txt", b"text".to_vec()));
    files.push(("sub/short", b"\x7fEL".to_vec()));
    let folder = folder(&files);
    let ended = conformance(&folder, &[]);
    let lines: Vec<_> = ended.success().lines().collect();
    assert_eq!(lines.len(), 13, "{ended:?}");
    assert_eq!(
        lines[0].split_whitespace().collect::<Vec<_>>(),
        ["name", "result", "cycles", "misaligned", "reason"]
    );
    let names: Vec<_> = lines[1..12].iter().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.is_sorted(), "{names:?}");
    for (name, _) in groups() {
        let row = row(&ended, name);
        assert_eq!((row[1], row[3], row.len()), ("pass", "0", 4), "{name}");
        assert!(row[2].parse::<u64>().expect("cycles are a number") > 5, "{name}");
    }
    let misaligned = row(&ended, "sub/folder/misaligned.elf");
    assert_eq!((misaligned[1], misaligned[3]), ("pass", "4"));
    assert!(lines[12].starts_with("11 programs: 11 pass; "), "{}", lines[12]);
    assert!(lines[12].ends_with(", 4 misaligned"), "{}", lines[12]);
    assert_eq!(ended.stderr, "");
}

/// A program of each kind that doesn't pass, and one that does.
fn outcomes() -> Folder {
    folder(&[
        (
            "fails",
            checking(
                |program| {
                    program.li(5, 1);
                },
                &[(5, 2)],
            )
            .elf(),
        ),
        ("forever", elf(&[FOREVER])),
        ("not-riscv", b"\x7fELF\x02\x01\x01".to_vec()),
        ("panics", std::fs::read(guest("panic")).expect("the file is committed")),
        (
            "passes",
            checking(
                |program| {
                    program.li(5, 2);
                },
                &[(5, 2)],
            )
            .elf(),
        ),
        ("traps", elf(&[EBREAK])),
    ])
}

#[test]
fn everything_else_says_why() {
    let ended = conformance(&outcomes(), &["--max-cycles", "100000"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    for (name, result, reason) in [
        ("fails", "fail", "exit code 1"),
        ("forever", "limit", "100000 cycles"),
        ("not-riscv", "refused", "ends inside its header"),
        ("panics", "fail", "exit code 101, panic: "),
        ("passes", "pass", ""),
        ("traps", "trap", "trap at 0x4000000 (`ebreak`) after 0 cycles: ebreak"),
    ] {
        let row = row(&ended, name);
        assert_eq!(row[1], result, "{name}");
        assert!(row[4..].join(" ").contains(reason), "{row:?}");
    }
    let last = ended.stdout.lines().last().expect("there are results");
    assert!(last.starts_with("6 programs: 1 pass, 2 fail, 1 trap, 1 limit, 1 refused; "), "{last}");
}

#[test]
fn json_says_the_same() {
    let ended = conformance(&outcomes(), &["--max-cycles", "100000", "--json"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let report = ended.json();
    assert_eq!((&report["programs"], &report["passed"]), (&json!(6), &json!(1)));
    let tests = report["tests"].as_array().expect("there are tests");
    let of = |name: &str| -> &Value {
        tests.iter().find(|test| test["name"] == json!(name)).expect("it is there")
    };
    assert_eq!(of("passes")["result"], json!("pass"));
    assert_eq!(of("passes")["exit_code"], json!(0));
    assert_eq!((&of("fails")["exit_code"], &of("fails")["result"]), (&json!(1), &json!("fail")));
    let traps = of("traps");
    assert_eq!((&traps["cycles"], &traps["exit_code"]), (&json!(0), &Value::Null));
    assert!(traps["reason"].as_str().is_some_and(|reason| reason.ends_with("ebreak")), "{traps}");
}

#[test]
fn runs_that_pass_are_proved() {
    let files = [
        (
            "fails",
            checking(
                |program| {
                    program.li(5, 1);
                },
                &[(5, 2)],
            )
            .elf(),
        ),
        ("logic", operations(&[(Xor, A ^ B), (And, A & B)])),
        ("misaligned", misaligned().elf()),
    ];
    let ended = conformance(&folder(&files), &["--prove", "--threads", "2"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    for (name, misaligned) in [("logic", "0"), ("misaligned", "4")] {
        let row = row(&ended, name);
        assert_eq!((row[1], row[3], row.len()), ("pass", misaligned, 5), "{row:?}");
        let bytes: usize = row[4].replace(',', "").parse().expect("a number of bytes");
        assert!(bytes > 10_000, "{row:?}");
    }
    let fails = row(&ended, "fails");
    assert_eq!((fails[1], fails[4]), ("fail", "-"), "a run that fails is not proved");
}

#[test]
fn signatures_are_what_the_run_left() {
    let files = [("sub/misaligned.elf", misaligned().elf())];
    let folder = folder(&files);
    for _ in 0..2 {
        conformance(&folder, &["--signature", "out/signatures"]).success();
        let written = folder.read("out/signatures/sub/misaligned.elf.signature");
        assert_eq!(String::from_utf8(written).expect("it is text"), MISALIGNED_SIGNATURE);
    }
    let names = std::fs::read_dir(folder.path("out/signatures/sub")).expect("it is there");
    assert_eq!(names.count(), 1, "nothing but the signature is left");
    // In the folder itself, signatures are no programs.
    conformance(&folder, &["--signature", "tests"]).success();
    let ended = conformance(&folder, &["--signature", "tests"]);
    assert!(ended.success().contains("\n1 program: 1 pass; "), "{ended:?}");
}

#[test]
fn wanted_signatures_must_be_there() {
    let symbols = |begin: u64, end: u64| {
        let mut program = checking(
            |program| {
                program.li(5, 2);
            },
            &[(5, 2)],
        );
        program.symbol_at("begin_signature", begin).symbol_at("end_signature", end).elf()
    };
    let folder = folder(&[
        ("backwards", symbols(DATA + 4, DATA)),
        ("empty", symbols(DATA, DATA)),
        ("long", symbols(DATA, u64::MAX)),
        ("none", elf(&[0x0000_0513, 0x05d0_0893, 0x0000_0073])),
        ("odd", symbols(DATA, DATA + 5)),
        ("outside", symbols(0, 4)),
    ]);
    let ended = conformance(&folder, &["--signature", "out"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    for (name, reason) in [
        ("backwards", "before its start"),
        ("long", "more than"),
        ("none", "no symbol begin_signature"),
        ("odd", "5 bytes are no whole number"),
        ("outside", "outside of memory"),
    ] {
        let row = row(&ended, name);
        assert_eq!(row[1], "signature", "{row:?}");
        assert!(row[4..].join(" ").contains(reason), "{row:?}");
    }
    assert_eq!(row(&ended, "empty")[1], "pass");
    assert_eq!(folder.read("out/empty.signature"), b"");
    assert_eq!(conformance(&folder, &[]).code, 0, "without --signature all pass");
}

#[test]
fn folders_without_programs_are_errors() {
    let folder = folder(&[("notes.txt", b"text".to_vec())]);
    conformance(&folder, &[]).failure(&["there is no ELF file in tests"]);
    folder.run(["conformance", "missing"]).failure(&["missing", "No such file"]);
}

#[test]
fn programs_are_never_overwritten() {
    let folder = folder(&[("a", misaligned().elf()), ("a.signature", misaligned().elf())]);
    let before = folder.read("tests/a.signature");
    let ended = conformance(&folder, &["--signature", "tests"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("it is one of the programs"), "{ended:?}");
    assert_eq!(folder.read("tests/a.signature"), before);
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_end() {
    let folder = folder(&[("sub/misaligned", misaligned().elf())]);
    std::os::unix::fs::symlink("..", folder.path("tests/sub/up")).expect("writable");
    std::os::unix::fs::symlink("nowhere", folder.path("tests/nothing")).expect("writable");
    std::os::unix::fs::symlink("sub/misaligned", folder.path("tests/link")).expect("writable");
    let ended = conformance(&folder, &[]);
    assert!(ended.success().contains("\n2 programs: 2 pass; "), "{ended:?}");
}
