//! A profile has every cycle once, under the calls that led to it: through recursion, tail calls,
//! `longjmp`, coroutines and returns to unexpected places, and also where the run traps.

use std::collections::BTreeMap;

use lvm_isa::instruction::Operation::*;
use lvm_syscalls::{commit, halt};
use lvm_vm::assemble::{Assembler, i, r, s};
use lvm_vm::error::ExecuteError;
use lvm_vm::execute::Options;
use lvm_vm::profile::{Profile, Profiled, Span, profile};

const RA: u8 = 1;
const SP: u8 = 2;
const T0: u8 = 5;
const T1: u8 = 6;
const A0: u8 = 10;
const S0: u8 = 8;
const S1: u8 = 9;
const STACK: u64 = 0x0300_0000;

fn run(code: &Assembler) -> Profiled {
    profile(&code.load(), &[], &Options::default(), &mut |_| {})
}

/// Cycles by path: the symbols before the calls and the instructions, separated by `;`.
fn paths(code: &Assembler, profile: &Profile) -> BTreeMap<String, u64> {
    let program = code.load();
    let name = |pc: u64| program.symbols().nearest(pc).expect("code has names").0;
    let mut paths = BTreeMap::new();
    for span in &profile.spans {
        let mut callers = Vec::new();
        let mut node = span.node as usize;
        while let Some(parent) = profile.nodes[node].parent {
            callers.extend(profile.nodes[node].call);
            node = parent as usize;
        }
        for pc in span.addresses.clone().step_by(4) {
            let path: Vec<_> = callers.iter().rev().copied().chain([pc]).map(name).collect();
            *paths.entry(path.join(";")).or_insert(0) += span.count;
        }
    }
    assert_eq!(paths.values().sum::<u64>(), profile.cycles);
    assert_eq!(profile.spans.iter().map(Span::cycles).sum::<u64>(), profile.cycles);
    paths
}

#[track_caller]
fn check(code: &Assembler, expected: &[(&str, u64)]) -> Profile {
    let Profiled { outcome, profile } = run(code);
    assert_eq!(outcome.expect("the run ends").cycles, profile.cycles);
    let expected: BTreeMap<_, _> =
        expected.iter().map(|&(path, cycles)| (path.to_owned(), cycles)).collect();
    assert_eq!(paths(code, &profile), expected);
    assert!(!profile.is_cut);
    profile
}

/// Cycles of `Assembler::halt(0)`.
const HALT: u64 = 3;

fn ret(code: &mut Assembler) {
    code.push(i(Jalr, 0, RA, 0));
}

/// Makes room for two words on the stack and keeps ra there.
fn prologue(code: &mut Assembler) {
    code.push(i(Addi, SP, SP, -16)).push(s(Sd, SP, RA, 0));
}

fn epilogue(code: &mut Assembler) {
    code.push(i(Ld, RA, SP, 0)).push(i(Addi, SP, SP, 16));
    ret(code);
}

#[test]
fn calls_and_loops() {
    let mut code = Assembler::new();
    let (f, g) = (code.label(), code.label());
    code.symbol("main").push(i(Addi, S0, 0, 3));
    let top = code.here();
    code.jal(RA, f).push(i(Addi, S0, S0, -1)).branch(Bne, S0, 0, top);
    code.halt(0);
    code.symbol("f").place(f).push(i(Addi, S1, RA, 0)).jal(RA, g).push(i(Addi, RA, S1, 0));
    ret(&mut code);
    code.symbol("g").place(g).push(i(Addi, T1, 0, 5));
    let again = code.here();
    code.push(i(Addi, T1, T1, -1)).branch(Bne, T1, 0, again);
    ret(&mut code);
    let main = 1 + 3 * 3 + HALT;
    let profile = check(&code, &[("main", main), ("main;f", 3 * 4), ("main;f;g", 3 * 12)]);
    assert_eq!(profile.nodes.len(), 3);
    let program = code.load();
    let [f, g] = ["f", "g"].map(|name| {
        program.symbols().iter().find(|symbol| symbol.1 == name).expect("it has a name").0
    });
    assert_eq!(profile.functions, [program.program().entry, f, g]);
    assert_eq!(profile.operations(&program)[Bne as usize], 3 + 15);
    assert_eq!(profile.system_calls, BTreeMap::from([(halt::NUMBER, 1)]));
}

#[test]
fn calls_through_registers() {
    let mut code = Assembler::new();
    let (f, after) = (code.label(), code.label());
    // The address of `f` comes from a call that isn't one for the convention: its link is in s1.
    code.symbol("main").jal(S1, after);
    code.symbol("f").place(f).push(i(Addi, A0, A0, 1));
    ret(&mut code);
    code.symbol("rest").place(after).push(i(Jalr, RA, S1, 0)).push(i(Jalr, RA, S1, 0));
    code.halt(0);
    check(&code, &[("main", 1), ("rest", 2 + HALT), ("rest;f", 2 * 2)]);
}

/// Calls itself until a0 is 0, from one place.
fn recursive(depth: i64) -> Assembler {
    let mut code = Assembler::new();
    let (f, leaf) = (code.label(), code.label());
    code.symbol("main").li(SP, STACK).li(A0, depth as u64).jal(RA, f);
    code.halt(0);
    code.symbol("f").place(f);
    prologue(&mut code);
    code.branch(Beq, A0, 0, leaf).push(i(Addi, A0, A0, -1)).jal(RA, f);
    code.place(leaf);
    epilogue(&mut code);
    code
}

#[test]
fn shallow_recursion_is_shown() {
    let code = recursive(2);
    let main = run(&code).profile.cycles - 2 * 8 - 6;
    check(&code, &[("main", main), ("main;f", 8), ("main;f;f", 8), ("main;f;f;f", 6)]);
}

#[test]
fn deep_recursion_takes_few_nodes() {
    for depth in [100, 100_000, 1_500_000] {
        let code = recursive(depth);
        let Profiled { outcome, profile } = run(&code);
        assert_eq!(outcome.expect("the run ends").cycles, profile.cycles);
        assert!(profile.nodes.len() < 20, "{} nodes", profile.nodes.len());
        let paths = paths(&code, &profile);
        let main = paths["main"];
        assert_eq!(main, profile.cycles - 8 * depth as u64 - 6);
        assert!(paths.keys().all(|path| path.starts_with("main")), "{paths:?}");
        // More than a million calls don't fit on the stack that is kept.
        assert_eq!(profile.is_cut, depth > 1 << 20);
    }
}

#[test]
fn tail_calls_take_the_callers_place() {
    let mut code = Assembler::new();
    let (f, g, h) = (code.label(), code.label(), code.label());
    code.symbol("main").jal(RA, f).jal(RA, f);
    code.halt(0);
    code.symbol("f").place(f).jal(0, g);
    code.symbol("g").place(g).push(i(Addi, A0, A0, 1)).branch(Beq, 0, 0, h);
    code.symbol("h").place(h).push(i(Addi, A0, A0, 1));
    ret(&mut code);
    let expected = [("main", 2 + HALT), ("main;f", 2), ("main;g", 4), ("main;h", 4)];
    check(&code, &expected);
}

#[test]
fn longjmp_ends_the_calls_that_it_leaves() {
    let mut code = Assembler::new();
    let (outer, f, g, h, k) =
        (code.label(), code.label(), code.label(), code.label(), code.label());
    code.symbol("main").li(SP, STACK);
    let before = code.load().program().instructions.len() as u64;
    code.jal(RA, outer);
    code.halt(0);
    code.symbol("outer").place(outer);
    prologue(&mut code);
    // What setjmp does: where to go on, and the stack pointer there.
    code.push(i(Auipc, S0, 0, 0)).push(i(Addi, S1, SP, 0));
    code.jal(RA, f);
    let resumed = code.pc();
    code.jal(RA, k);
    epilogue(&mut code);
    for (name, label, callee) in [("f", f, g), ("g", g, h)] {
        code.symbol(name).place(label);
        prologue(&mut code);
        code.jal(RA, callee);
        epilogue(&mut code);
    }
    code.symbol("h").place(h);
    prologue(&mut code);
    // The auipc is two instructions before the call of `f`; `k` is called after it.
    let distance = (resumed - (resumed - 12)) as i64;
    code.push(i(Addi, SP, S1, 0)).push(i(Addi, RA, S0, distance));
    ret(&mut code);
    code.symbol("k").place(k).push(i(Addi, A0, 0, 1));
    ret(&mut code);
    check(
        &code,
        &[
            ("main", before + 1 + HALT),
            ("main;outer", 2 + 2 + 1 + 1 + 3),
            ("main;outer;f", 3),
            ("main;outer;f;g", 3),
            ("main;outer;f;g;h", 2 + 3),
            ("main;outer;k", 2),
        ],
    );
}

#[test]
fn functions_that_save_registers_return_through_t0() {
    let mut code = Assembler::new();
    let (f, save, restore) = (code.label(), code.label(), code.label());
    code.symbol("main").li(SP, STACK);
    let before = code.load().program().instructions.len() as u64;
    code.jal(RA, f);
    code.halt(0);
    code.symbol("f").place(f).jal(T0, save).push(i(Addi, A0, A0, 1)).jal(0, restore);
    code.symbol("save").place(save);
    code.push(i(Addi, SP, SP, -16)).push(s(Sd, SP, RA, 0)).push(i(Jalr, 0, T0, 0));
    code.symbol("restore").place(restore);
    epilogue(&mut code);
    check(
        &code,
        &[("main", before + 1 + HALT), ("main;f", 3), ("main;f;save", 3), ("main;restore", 3)],
    );
}

#[test]
fn coroutines_keep_their_places() {
    let mut code = Assembler::new();
    let other = code.label();
    // `main` calls `other` with its link in ra; then they go back and forth with t0.
    code.symbol("main").jal(RA, other);
    code.push(i(Addi, A0, A0, 1)).push(i(Jalr, RA, T0, 0)).push(i(Addi, A0, A0, 1));
    code.halt(0);
    code.symbol("other").place(other).push(i(Addi, A0, A0, 2));
    code.push(i(Jalr, T0, RA, 0)).push(i(Addi, A0, A0, 2));
    ret(&mut code);
    check(&code, &[("main", 1 + 2 + 1 + HALT), ("main;other", 4)]);
}

#[test]
fn a_return_past_the_expected_place() {
    let mut code = Assembler::new();
    let (f, g) = (code.label(), code.label());
    code.symbol("main").jal(RA, f).word(0).push(i(Addi, A0, A0, 1)).jal(RA, g);
    code.halt(0);
    // Its caller has a word of data after the call.
    code.symbol("f").place(f).push(i(Jalr, 0, RA, 4));
    code.symbol("g").place(g);
    ret(&mut code);
    check(&code, &[("main", 3 + HALT), ("main;f", 1), ("main;g", 1)]);
}

#[test]
fn returns_without_calls_stay_where_they_are() {
    let mut code = Assembler::new();
    code.symbol("main").push(i(Auipc, RA, 0, 0)).push(i(Jalr, 0, RA, 12)).word(0);
    code.halt(0);
    check(&code, &[("main", 2 + HALT)]);
}

#[test]
fn a_trap_in_a_call() {
    let mut code = Assembler::new();
    let f = code.label();
    code.symbol("main").push(i(Addi, A0, 0, 1)).jal(RA, f);
    code.halt(0);
    code.symbol("f").place(f).push(r(Add, A0, A0, A0)).push(i(Ld, A0, 0, 0));
    let Profiled { outcome, profile } = run(&code);
    let Err(ExecuteError::Trap(trap)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((trap.cycle, profile.cycles), (3, 3));
    let expected = [("main", 2), ("main;f", 1)].map(|(path, cycles)| (path.to_owned(), cycles));
    assert_eq!(paths(&code, &profile), BTreeMap::from(expected));
}

#[test]
fn jumps_that_fail() {
    // To where there is no code: directly, as a call, and through a register.
    for last in [i(Jal, 0, 0, 1 << 19), i(Jal, RA, 0, 1 << 19), i(Jalr, RA, 0, 0)] {
        let mut code = Assembler::new();
        code.symbol("main").push(i(Addi, A0, 0, 1)).push(last);
        let Profiled { outcome, profile } = run(&code);
        assert!(matches!(outcome, Err(ExecuteError::Trap(_))), "{outcome:?}");
        assert_eq!(paths(&code, &profile), BTreeMap::from([("main".to_owned(), 1)]));
    }
}

#[test]
fn system_calls_are_counted() {
    let mut code = Assembler::new();
    code.data(Assembler::DATA_START, &[1; 16]);
    code.symbol("main").commit(Assembler::DATA_START, 8).commit(Assembler::DATA_START, 8).halt(0);
    let profile = run(&code).profile;
    assert_eq!(profile.system_calls, BTreeMap::from([(commit::NUMBER, 2), (halt::NUMBER, 1)]));
}

#[test]
fn the_same_run_has_the_same_profile() {
    let code = recursive(1000);
    assert_eq!(run(&code).profile, run(&code).profile);
}
