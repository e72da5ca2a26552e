//! `lvm execute --profile` accounts for every cycle of a run, by name where there are names, however
//! the run ends.

use std::collections::BTreeMap;
use std::path::Path;

use lvm_isa::instruction::Operation::*;
use lvm_vm::assemble::{Assembler, i, r};

use crate::command::{Ended, Folder, guest};

/// The list of stacks with cycles.
fn stacks(folder: &Folder, name: &str) -> BTreeMap<String, u64> {
    let text = String::from_utf8(folder.read(name)).expect("stacks are text");
    let stacks: BTreeMap<_, _> = text
        .lines()
        .map(|line| line.rsplit_once(' ').expect("a line has stack and cycles"))
        .map(|(stack, cycles)| (stack.to_owned(), cycles.parse().expect("cycles are a number")))
        .collect();
    assert_eq!(stacks.len(), text.lines().count(), "no stack is there twice");
    stacks
}

/// Both files are whole, and the stacks' cycles are `cycles`.
#[track_caller]
fn check_files(folder: &Folder, cycles: u64) -> BTreeMap<String, u64> {
    let svg = String::from_utf8(folder.read("run.svg")).expect("SVG is text");
    assert!(svg.starts_with("<?xml") && svg.trim_end().ends_with("</svg>"));
    let stacks = stacks(folder, "run.folded");
    assert_eq!(stacks.values().sum::<u64>(), cycles);
    stacks
}

fn cycles(ended: &Ended) -> u64 {
    ended.json()["cycles"].as_u64().expect("there is a number of cycles")
}

/// `main` calls `double` twice, with a mangled name for one of its two callees, and then `last`.
fn named(last: impl FnOnce(&mut Assembler)) -> Assembler {
    let mut code = Assembler::new();
    let (double, end) = (code.label(), code.label());
    code.symbol("main").jal(1, double).jal(1, double).jal(1, end).halt(0);
    code.symbol("_ZN5guest6doubleE").place(double).push(r(Add, 10, 10, 10)).push(i(Jalr, 0, 1, 0));
    code.symbol("_Z3endi").place(end);
    last(&mut code);
    code
}

fn ret(code: &mut Assembler) {
    code.push(i(Jalr, 0, 1, 0));
}

#[test]
fn functions_have_their_names() {
    let folder = Folder::new();
    folder.write("guest.elf", named(ret).elf());
    let ended = folder.run(["execute", "guest.elf", "--profile", "run.svg", "--json"]);
    ended.success();
    let stacks = check_files(&folder, cycles(&ended));
    let expected = [("main", 6), ("main;guest::double", 4), ("main;end(int)", 1)];
    assert_eq!(stacks, expected.map(|(stack, cycles)| (stack.to_owned(), cycles)).into());
    assert!(ended.stderr.contains("symbols but no debug information"), "{}", ended.stderr);
    let report = ended.json();
    assert_eq!(report["profile"]["flame_graph"], "run.svg");
    assert_eq!(report["profile"]["stacks"], "run.folded");
    assert_eq!(
        (&report["profile"]["symbols"], &report["profile"]["debug_info"]),
        (&true.into(), &false.into())
    );
    assert_eq!(folder.names(), ["guest.elf", "run.folded", "run.svg"]);
}

#[test]
fn stripped_guests_have_addresses() {
    let folder = Folder::new();
    let elf = guest("std-program");
    let elf = elf.to_str().expect("the path is text");
    folder.write("input", "to be or not to be");
    let arguments = ["execute", elf, "--private-input", "input", "--profile", "run.svg"];
    let ended = folder.run(arguments.into_iter().chain(["--json"]));
    ended.success();
    let stacks = check_files(&folder, cycles(&ended));
    assert!(stacks.len() > 20, "{stacks:?}");
    for name in stacks.keys().flat_map(|stack| stack.split(';')) {
        let digits = name.strip_prefix("0x").unwrap_or_else(|| panic!("{name}"));
        u64::from_str_radix(digits, 16).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let note = "neither symbols nor debug information";
    assert!(ended.stderr.contains(note), "{}", ended.stderr);
    assert!(String::from_utf8_lossy(&folder.read("run.svg")).contains(note));
    let plain = folder.run(["execute", elf, "--private-input", "input", "--json"]);
    for what in ["cycles", "misaligned", "exit_code", "public_output"] {
        assert_eq!(plain.json()[what], ended.json()[what]);
    }
    let first = (folder.read("run.svg"), folder.read("run.folded"));
    folder.run(arguments).success();
    assert!(first == (folder.read("run.svg"), folder.read("run.folded")), "a profile changed");
}

#[test]
fn a_run_that_traps_has_a_profile() {
    let folder = Folder::new();
    let trapping = named(|code| {
        code.push(i(Addi, 10, 0, 1)).push(i(Ld, 10, 0, 0));
    });
    folder.write("trap.elf", trapping.elf());
    let ended = folder.run(["execute", "trap.elf", "--profile", "run.svg"]);
    ended.failure(&["after 8 cycles", "end"]);
    let stacks = check_files(&folder, 8);
    assert_eq!(stacks["main;end(int)"], 1);
    assert!(String::from_utf8_lossy(&folder.read("run.svg")).contains("until it failed"));
    assert_eq!(folder.names(), ["run.folded", "run.svg", "trap.elf"]);
}

#[test]
fn a_run_that_meets_its_limit_has_a_profile() {
    let folder = Folder::new();
    let elf = guest("fibonacci");
    let elf = elf.to_str().expect("the path is text");
    let arguments = ["execute", elf, "--profile", "run.svg", "--max-cycles", "1000"];
    folder.run(arguments).failure(&["1000"]);
    let counted: u64 = stacks(&folder, "run.folded").values().sum();
    assert!((1000..1100).contains(&counted), "{counted}");
}

#[test]
fn a_guest_that_fails_has_a_profile() {
    let folder = Folder::new();
    let elf = guest("panic");
    let elf = elf.to_str().expect("the path is text");
    let ended = folder.run(["execute", elf, "--profile", "run.svg", "--json"]);
    assert_eq!(ended.code, 1);
    check_files(&folder, cycles(&ended));
}

#[test]
fn names_come_from_another_file_with_the_same_program() {
    let folder = Folder::new();
    let code = named(ret);
    let mut stripped = code.elf();
    // Without e_shoff there are no sections, and so no symbols.
    stripped[0x28..0x30].fill(0);
    folder.write("stripped.elf", &stripped);
    folder.write("named", code.elf());
    let other = named(|code| {
        code.push(i(Addi, 0, 0, 0));
        ret(code);
    });
    folder.write("other", other.elf());
    let run = |symbols| {
        let arguments = ["execute", "stripped.elf", "--profile", "run.svg", "--symbols", symbols];
        folder.run(arguments)
    };
    run("other").failure(&["other is another program"]);
    assert!(!folder.path("run.svg").exists());
    run("stripped.elf").success();
    assert!(stacks(&folder, "run.folded").keys().all(|stack| stack.starts_with("0x")));
    run("named").success();
    assert!(stacks(&folder, "run.folded").contains_key("main;guest::double"));
}

#[test]
fn nothing_is_overwritten_or_left_half_written() {
    let folder = Folder::new();
    folder.write("guest.folded", named(ret).elf());
    folder.write("nothing.elf", crate::command::elf(&[crate::command::EBREAK]));
    for profile in ["guest.svg", "guest.folded"] {
        folder
            .run(["execute", "guest.folded", "--profile", profile])
            .failure(&["is the same file"]);
    }
    folder.run(["execute", "guest.folded", "--profile", "out.folded"]).failure(&["same file"]);
    folder.run(["execute", "guest.folded", "--profile", "missing/out.svg"]).failure(&["No such"]);
    // The run's failure is what is said, not that there is nothing to show.
    folder.run(["execute", "nothing.elf", "--profile", "out.svg"]).failure(&["ebreak"]);
    assert_eq!(folder.names(), ["guest.folded", "nothing.elf"]);
}

#[test]
#[ignore = "compiles the standard library twice"]
fn debug_information_names_what_was_inlined() {
    let main = "
        #[inline(always)]
        fn square(n: u64) -> u64 {
            (0..n).fold(0, |sum, _| std::hint::black_box(sum + n))
        }

        #[inline(never)]
        fn sum_of_squares(n: u64) -> u64 {
            (0..n).map(square).sum()
        }

        fn main() {
            lvm_guest_sdk::commit(&sum_of_squares(100).to_le_bytes());
        }";
    let build = |parent: &str| {
        let folder = Folder::new();
        std::fs::create_dir(folder.path(parent)).expect("the folder is new");
        let home = format!("{parent}/a-guest");
        folder.run(["new", &home]).success();
        folder.write(&format!("{home}/src/main.rs"), main);
        let elf = folder.run(["build", &home, "--debug-info"]).success().trim().to_owned();
        (folder, elf)
    };
    let (folder, elf) = build("one");
    let ended = folder.run(["execute", &elf, "--profile", "run.svg", "--json"]);
    ended.success();
    assert_eq!(ended.json()["profile"]["debug_info"], true);
    let stacks = check_files(&folder, cycles(&ended));
    let inlined: u64 = stacks
        .iter()
        .filter(|(stack, _)| stack.contains("::sum_of_squares;") && stack.contains("::square_[i]"))
        .map(|(_, cycles)| cycles)
        .sum();
    assert!(inlined > 10_000, "{stacks:?}");
    let (_other, same) = build("another and deeper");
    let [elf, same] = [elf, same].map(|elf| std::fs::read(Path::new(&elf)).expect("it was built"));
    assert!(elf == same, "the folder is in the file");
}
