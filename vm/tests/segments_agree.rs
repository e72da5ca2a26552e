//! However a run is cut into segments, it is the same run: it ends in the same way, its segments
//! follow from each other, and all their events together are those of the uncut run.

mod both;

use both::{check_recording, memory_lists, run_both, step_lists};
use lvm_isa::event::{
    Access, Commit, CopyStep, EcallStep, Events, Keccak, MemoryStep, Modular, PointCall, Quadratic,
    Sha256, Step,
};
use lvm_isa::instruction::{Class, Operation::*};
use lvm_isa::segment::{Budget, Costs, Segment};
use lvm_syscalls::layout::PRIVATE_INPUT_START;
use lvm_vm::assemble::{Assembler, i, r, s};
use lvm_vm::elf::LoadedProgram;
use lvm_vm::error::ExecuteError;
use lvm_vm::execute::Options;
use lvm_vm::record::{Recorder, Recording, record};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const DATA: u64 = Assembler::DATA_START;
const INPUT: &[u8] = b"some private input";

/// A bit of everything: arithmetic, aligned and misaligned loads and stores, calls, words that are
/// touched in each round and words that are touched in one.
fn program() -> LoadedProgram {
    let mut code = Assembler::new();
    code.data(DATA, b"initial").data(DATA + 1024, &[1; 96]).data(DATA + 1120, &[2; 96]);
    code.data(DATA + 1216, &[3; 96]).data(DATA + 1312, &[0xFB; 48]);
    code.li(20, DATA).li(21, PRIVATE_INPUT_START).li(22, 12).li(23, 1);
    let top = code.here();
    let even = code.label();
    code.push(r(Mul, 23, 23, 22)).push(i(Slli, 5, 22, 3)).push(r(Add, 5, 5, 20));
    code.push(s(Sd, 5, 23, 256)).push(s(Sw, 20, 22, 13)).push(i(Ld, 6, 20, 11));
    code.push(i(Lbu, 7, 21, 5)).push(r(Divu, 8, 6, 22)).push(i(Sraiw, 9, 8, 3));
    code.push(i(Andi, 9, 22, 1)).branch(Beq, 9, 0, even);
    code.commit(DATA + 13, 5).copy_words(DATA + 520, DATA + 3, 9).keccak_f(DATA + 512);
    computations(&mut code);
    code.place(even);
    code.push(i(Addi, 22, 22, -1)).branch(Bne, 22, 0, top);
    code.commit(DATA + 512, 200).halt(7);
    code.load()
}

/// Calls of each kind that compute with what those of the round before left. Each number has room
/// for 12 words; nothing writes the second point and the modulus.
fn computations(code: &mut Assembler) {
    let [p, q, number, modulus] = [1024, 1120, 1216, 1312].map(|offset| DATA + offset);
    code.call(1056, [p, q, 0, 0]).call(1059, [p, 0, 0, 0]).call(1064, [number, p, 0, 0]);
    for first in [1040, 1044] {
        // The destination and the factor a overlap.
        code.call(first + 1, [number, number + 8, modulus, p]);
        code.call(first + 2, [p, q, modulus, number]);
        code.call(first, [p, p, modulus, p]);
    }
    code.copy_words(number, DATA + 256, 1).copy_words(p, q, 12);
    code.call(1049, [p, p, q, 0]).call(1054, [p, q, q, 0]);
}

/// A register and a word that rest for longer than an access by itself can prove.
fn resting() -> LoadedProgram {
    let mut code = Assembler::new();
    code.li(20, DATA).li(5, 20_000).push(s(Sd, 20, 5, 0));
    let top = code.here();
    code.push(i(Addi, 5, 5, -1)).branch(Bne, 5, 0, top);
    code.push(i(Ld, 6, 20, 0)).halt(0);
    code.load()
}

fn cut(program: &LoadedProgram, budget: &Budget) -> Recording {
    let options = Options::default();
    let recording = record(program, INPUT, &options, budget, &mut |_| {}).expect("it ends");
    check_recording(program, INPUT, &recording);
    recording
}

/// Checks a run that is cut as `budget` says against the uncut one; how many segments it has.
fn check(program: &LoadedProgram, budget: &Budget) -> usize {
    let whole = run_both(program, INPUT).expect("it ends");
    let recording = cut(program, budget);
    assert_eq!(recording.execution, whole.execution, "{budget:?}");
    let [all] = whole.segments.as_slice() else { panic!("it is not cut") };
    let events = recording.segments.iter().map(|segment| &segment.events);
    assert_eq!(timeless(events), timeless([&all.events]), "{budget:?}");
    let values = |recording: &Recording| {
        let cells = recording.ledger.cells.iter();
        cells.map(|cell| (cell.address, cell.initial, cell.last.value)).collect::<Vec<_>>()
    };
    assert_eq!(values(&recording), values(&whole), "{budget:?}");
    assert_eq!(without_events(program, budget), summaries(&recording.segments), "{budget:?}");
    recording.segments.len()
}

/// The events of segments, one after another, without times. Refreshes are left out: times alone
/// say which there are.
fn timeless<'a>(segments: impl IntoIterator<Item = &'a Events>) -> Events {
    let step = |step: Step| Step {
        time: 0,
        rs1: access(step.rs1),
        rs2: access(step.rs2),
        rd: access(step.rd),
        ..step
    };
    let memory_step = |it: MemoryStep| MemoryStep {
        step: step(it.step),
        word: access(it.word),
        next_word: access(it.next_word),
    };
    let mut all = Events::default();
    for events in segments {
        for ((class, into), (other, from)) in
            step_lists_mut(&mut all).into_iter().zip(step_lists(events))
        {
            assert_eq!(class, other);
            into.extend(from.iter().copied().map(step));
        }
        for ((class, into), (other, from)) in
            memory_lists_mut(&mut all).into_iter().zip(memory_lists(events))
        {
            assert_eq!(class, other);
            into.extend(from.iter().copied().map(memory_step));
        }
        all.ecall.extend(events.ecall.iter().map(|call| EcallStep {
            time: 0,
            index: call.index,
            a7: access(call.a7),
            a0: access(call.a0),
            a1: access(call.a1),
            a2: access(call.a2),
        }));
        let commit = |it: &Commit| Commit { time: 0, word: access(it.word), ..*it };
        all.commits.extend(events.commits.iter().map(commit));
        all.copies.extend(events.copies.iter().map(|it| CopyStep {
            time: 0,
            word: access(it.word),
            target: access(it.target),
            ..*it
        }));
        all.keccaks.extend(events.keccaks.iter().map(|it| Keccak {
            time: 0,
            pointer: it.pointer,
            words: it.words.map(access),
        }));
        all.modular_256.extend(events.modular_256.iter().map(timeless_modular));
        all.modular_384.extend(events.modular_384.iter().map(timeless_modular));
        all.quadratic_256.extend(events.quadratic_256.iter().map(timeless_quadratic));
        all.quadratic_384.extend(events.quadratic_384.iter().map(timeless_quadratic));
        all.points.extend(events.points.iter().map(|it| PointCall {
            time: 0,
            q: it.q.map(access),
            p: it.p.map(access),
            ..*it
        }));
        all.sha256.extend(events.sha256.iter().map(|it| Sha256 {
            time: 0,
            block: it.block.map(access),
            state: it.state.map(access),
            ..*it
        }));
    }
    all
}

const fn access(access: Access) -> Access {
    Access { time: 0, ..access }
}

fn timeless_modular<const W: usize>(it: &Modular<W>) -> Modular<W> {
    Modular {
        time: 0,
        a3: access(it.a3),
        a: it.a.map(access),
        b: it.b.map(access),
        modulus: it.modulus.map(access),
        target: it.target.map(access),
        ..*it
    }
}

fn timeless_quadratic<const E: usize>(it: &Quadratic<E>) -> Quadratic<E> {
    Quadratic {
        time: 0,
        a: it.a.map(access),
        b: it.b.map(access),
        target: it.target.map(access),
        ..*it
    }
}

fn step_lists_mut(events: &mut Events) -> [(Class, &mut Vec<Step>); 13] {
    [
        (Class::AddImmediate, &mut events.add_immediate),
        (Class::Add, &mut events.add),
        (Class::AddWord, &mut events.add_word),
        (Class::Bitwise, &mut events.bitwise),
        (Class::Compare, &mut events.compare),
        (Class::BranchEqual, &mut events.branch_equal),
        (Class::BranchLess, &mut events.branch_less),
        (Class::Jump, &mut events.jump),
        (Class::JumpRegister, &mut events.jump_register),
        (Class::Shift, &mut events.shift),
        (Class::ShiftWord, &mut events.shift_word),
        (Class::Multiply, &mut events.multiply),
        (Class::Divide, &mut events.divide),
    ]
}

fn memory_lists_mut(events: &mut Events) -> [(Class, &mut Vec<MemoryStep>); 5] {
    [
        (Class::LoadDouble, &mut events.load_double),
        (Class::LoadNarrow, &mut events.load_narrow),
        (Class::StoreDouble, &mut events.store_double),
        (Class::StoreNarrow, &mut events.store_narrow),
        (Class::Misaligned, &mut events.misaligned),
    ]
}

/// What a segment has whether its events are kept or not.
fn summaries(segments: &[Segment]) -> Vec<Segment> {
    let summary = |segment: &Segment| Segment {
        events: Events {
            first_registers: segment.events.first_registers,
            last_registers: segment.events.last_registers,
            touched: segment.events.touched.clone(),
            ..Events::default()
        },
        ..segment.clone()
    };
    segments.iter().map(summary).collect()
}

/// The segments of a run whose events aren't kept.
fn without_events(program: &LoadedProgram, budget: &Budget) -> Vec<Segment> {
    let options = Options::default();
    let mut ignore = |_: &[u8]| {};
    let mut recorder =
        Recorder::new(program, INPUT, &options, budget, &mut ignore).expect("it fits");
    let mut segments = Vec::new();
    while let Some(segment) = recorder.segment(false).expect("it ends") {
        let Events { add_immediate, commits, copies, keccaks, refreshes, .. } = &segment.events;
        assert!(add_immediate.is_empty() && commits.is_empty() && copies.is_empty());
        assert!(keccaks.is_empty() && refreshes.is_empty());
        assert_eq!(computations_of(&segment.events), 0);
        segments.push(segment);
    }
    summaries(&segments)
}

/// How many calls that compute there are.
fn computations_of(events: &Events) -> usize {
    let Events { modular_256, modular_384, quadratic_256, quadratic_384, .. } = events;
    let numbers = modular_256.len() + modular_384.len() + quadratic_256.len() + quadratic_384.len();
    numbers + events.points.len() + events.sha256.len()
}

#[test]
fn cut_after_any_number_of_cycles() {
    let program = program();
    let run = run_both(&program, INPUT).expect("it ends");
    let cycles = run.execution.cycles;
    assert_eq!(computations_of(&run.segments[0].events), 6 * 11);
    for limit in (1..40).chain([100, cycles - 1, cycles, cycles + 1, u64::MAX]) {
        let segments = check(&program, &Budget::cycles(limit));
        assert_eq!(segments as u64, cycles.div_ceil(limit), "{limit} cycles");
    }
}

#[test]
fn cut_by_any_costs() {
    let program = program();
    let mut random = StdRng::seed_from_u64(1);
    let mut counts = Vec::new();
    for _ in 0..200 {
        let mut cost = || random.random_range(0..100_u32);
        let costs = Costs {
            classes: core::array::from_fn(|_| cost()),
            refresh: cost(),
            commit: cost(),
            copy: cost(),
            keccak: 24 * cost(),
            computations: core::array::from_fn(|_| cost()),
            touched: cost(),
        };
        let limit = random.random_range(1..100_000);
        counts.push(check(&program, &Budget { costs, limit }));
    }
    assert!(counts.contains(&1) && counts.iter().any(|count| *count > 50), "{counts:?}");
}

#[test]
fn cells_that_rest_over_segments() {
    let program = resting();
    let refreshes = |recording: &Recording| -> u64 {
        recording.segments.iter().map(|segment| segment.tally.refreshes).sum()
    };
    assert!(refreshes(&cut(&program, &Budget::UNLIMITED)) > 0);
    // In segments this short no register rests for long.
    assert_eq!(refreshes(&cut(&program, &Budget::cycles(10_000))), 0);
    for cycles in [7, 10_000, 16_384, 16_390, 30_000] {
        check(&program, &Budget::cycles(cycles));
    }
}

#[test]
fn too_many_segments_are_an_error() {
    let mut code = Assembler::new();
    code.li(5, 40_000);
    let top = code.here();
    code.push(i(Addi, 5, 5, -1)).branch(Bne, 5, 0, top).halt(0);
    let program = code.load();
    let options = Options::default();
    let recorded = |cycles| record(&program, &[], &options, &Budget::cycles(cycles), &mut |_| {});
    let error = recorded(1).expect_err("a segment for each instruction");
    assert!(matches!(error, ExecuteError::TooManySegments { .. }), "{error}");
    assert!(recorded(2).is_ok());
}
