//! Runs a program in both interpreters and in the profiler, checks that they agree, and checks that
//! the recorded events are a consistent account of the run.
//!
//! The account is consistent when in each segment every register and every word has one unbroken
//! chain of accesses from its first to its last value with strictly increasing times, when there is
//! exactly one step for each cycle, when each step leads to the next one's address, when each
//! segment takes what the ones before it left, and when the ledger has what was before the first
//! and after the last.

pub(crate) mod computations;
pub(crate) mod multiples;

use std::collections::{BTreeMap, HashMap};

use computations::Computations;

use lvm_isa::event::{
    Access, CopyStep, Events, MemoryStep, REGISTER_GAP_MAX, REGISTERS, SINK, Step, TICKS_PER_STEP,
    TIME_START,
};
use lvm_isa::instruction::{Class, Instruction, Operation};
use lvm_isa::segment::{Budget, Carried, Cell, Exit, Segment, Tally};
use lvm_isa::semantics;
use lvm_syscalls::{commit, copy_words, halt, keccak_f, layout, multiply_x, panic};
use lvm_vm::elf::LoadedProgram;
use lvm_vm::error::ExecuteError;
use lvm_vm::execute::{Execution, Options, execute};
use lvm_vm::profile::{Profiled, Span, profile};
use lvm_vm::record::{Recording, record};

/// Both interpreters' common result, with the events checked.
#[allow(dead_code, reason = "not every test file needs it")]
pub(crate) fn run_both(program: &LoadedProgram, input: &[u8]) -> Result<Recording, ExecuteError> {
    run_both_for(1 << 22, program, input)
}

/// The same with a limit on cycles.
#[allow(dead_code, reason = "not every test file needs it")]
pub(crate) fn run_both_for(
    max_cycles: u64,
    program: &LoadedProgram,
    input: &[u8],
) -> Result<Recording, ExecuteError> {
    let options = Options { max_cycles, ..Options::default() };
    let mut printed = Vec::new();
    let executed = execute(program, input, &options, &mut |text| printed.push(text.to_vec()));
    let mut recorded_print = Vec::new();
    let print = &mut |text: &[u8]| recorded_print.push(text.to_vec());
    let recorded = record(program, input, &options, &Budget::UNLIMITED, print);
    assert_eq!(printed, recorded_print, "what is printed");
    check_profile(program, input, &options, &executed, recorded.as_ref().ok());
    match (executed, recorded) {
        (Ok(executed), Ok(recording)) => {
            assert_eq!(executed, recording.execution);
            assert_eq!(recording.segments.len(), 1);
            check_recording(program, input, &recording);
            Ok(recording)
        }
        (Err(executed), Err(recorded)) => {
            match (&executed, &recorded) {
                (ExecuteError::CycleLimit { .. }, ExecuteError::CycleLimit { .. }) => {}
                _ => assert_eq!(executed, recorded),
            }
            Err(executed)
        }
        (executed, recorded) => panic!("execute: {executed:?}, record: {recorded:?}"),
    }
}

#[allow(dead_code, reason = "not every test file needs it")]
pub(crate) fn run_well(program: &LoadedProgram, input: &[u8]) -> Execution {
    run_both(program, input).expect("the run ends").execution
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Place {
    Register(usize),
    Word(u64),
}

/// One access: how it found the cell, and the value and time that it left.
struct Link {
    before: Access,
    after: Access,
}

#[derive(Default)]
struct Chains(HashMap<Place, Vec<Link>>);

impl Chains {
    fn push(&mut self, place: Place, before: Access, value: u64, time: u32) {
        let after = Access { value, time };
        self.0.entry(place).or_default().push(Link { before, after });
    }

    fn read(&mut self, place: Place, before: Access, time: u32) {
        self.push(place, before, before.value, time);
    }
}

fn register(number: u8) -> Place {
    Place::Register(usize::from(number))
}

fn target(rd: u8) -> Place {
    if rd == 0 { Place::Register(SINK) } else { register(rd) }
}

/// Checks the account of a run, in however many segments.
pub(crate) fn check_recording(program: &LoadedProgram, input: &[u8], recording: &Recording) {
    let Recording { execution, segments, ledger } = recording;
    let mut entry = program.program().entry;
    let mut registers = [0; REGISTERS];
    let mut cells: BTreeMap<u64, Cell> = BTreeMap::new();
    let mut output = Vec::new();
    for (segment, number) in segments.iter().zip(1..) {
        let Segment { statement, tally, events, .. } = segment;
        assert_eq!((statement.segment, statement.entry), (number, entry));
        assert_eq!(events.first_registers, registers, "registers before segment {number}");
        let exit = check_segment(program, segment, &mut output, execution.exit_code);
        assert_eq!(statement.exit, exit, "how segment {number} ends");
        match exit {
            Exit::Continue(pc) => entry = pc,
            Exit::Halt(_) => assert_eq!(number as usize, segments.len(), "the last one halts"),
        }
        assert_eq!(*tally, tally_of(events), "tally of segment {number}");
        registers = events.last_registers.map(|register| register.value);
        for touched in &events.touched {
            let address = touched.address;
            let cell = cells.entry(address).or_insert_with(|| {
                let initial = initial_word(program, input, address);
                Cell { address, initial, last: Carried { value: initial, segment: 0 } }
            });
            assert_eq!(touched.first, cell.last, "{address:#x} before segment {number}");
            cell.last = Carried { value: touched.last.value, segment: number };
        }
    }
    assert!(matches!(segments.last(), Some(Segment { statement, .. }) if statement.exit
        == Exit::Halt(execution.exit_code)));
    assert_eq!(output, execution.public_output);
    let last = segments.len() as u32;
    assert_eq!(ledger.registers, registers.map(|value| Carried { value, segment: last }));
    assert_eq!(ledger.cells, cells.into_values().collect::<Vec<_>>());
    assert_eq!(execution.cycles, segments.iter().map(|segment| segment.cycles).sum::<u64>());
    let misaligned = segments.iter().map(|segment| segment.events.misaligned.len() as u64);
    assert_eq!(execution.misaligned, misaligned.sum::<u64>());
    assert_eq!(execution.registers, registers[..32]);
    assert_eq!(registers[0], 0);
}

/// Checks the events of a segment, and adds to `output` what it commits; how it ends.
fn check_segment(
    program: &LoadedProgram,
    segment: &Segment,
    output: &mut Vec<u8>,
    exit_code: u64,
) -> Exit {
    let Segment { statement, cycles, events, .. } = segment;
    let mut chains = Chains::default();
    // The next instruction's address by the time of each step.
    let mut steps: BTreeMap<u32, (u32, u64)> = BTreeMap::new();
    let mut add_step = |time, index, next| {
        assert_eq!(steps.insert(time, (index, next)), None, "two steps at time {time}");
    };
    let instructions = &program.program().instructions;

    for (class, list) in step_lists(events) {
        assert!(list.is_sorted_by(|a, b| a.time < b.time), "{class:?} in order of time");
        for step in list {
            let (pc, instruction) = instructions[step.index as usize];
            assert_eq!(instruction.operation.class(), Some(class));
            add_step(step.time, step.index, check_step(&mut chains, pc, &instruction, step));
        }
    }
    for (class, list) in memory_lists(events) {
        assert!(list.is_sorted_by(|a, b| a.step.time < b.step.time), "{class:?} in order of time");
        for event in list {
            let (pc, instruction) = instructions[event.step.index as usize];
            let own = check_memory_step(&mut chains, &instruction, event);
            assert_eq!(own, class, "class of {instruction} at {pc:#x}");
            add_step(event.step.time, event.step.index, pc + 4);
        }
    }
    assert_eq!(statement.output.start, output.len() as u64);
    let halts = check_calls(&mut chains, program, events, output, &mut add_step);
    assert_eq!(statement.output.end, output.len() as u64);
    for refresh in &events.refreshes {
        chains.read(register(refresh.register), refresh.before, refresh.time);
    }

    let times: Vec<u32> = steps.keys().copied().collect();
    let expected: Vec<u32> =
        (0..*cycles as u32).map(|cycle| TIME_START + TICKS_PER_STEP * cycle).collect();
    assert_eq!(times, expected, "one step for each cycle");
    let path: Vec<(u32, u64)> = steps.into_values().collect();
    assert_eq!(instructions[path[0].0 as usize].0, statement.entry);
    for pair in path.windows(2) {
        assert_eq!(instructions[pair[1].0 as usize].0, pair[0].1, "address of the next step");
    }
    check_chains(chains, events);
    match halts {
        Some(code) => {
            assert_eq!(code, exit_code);
            Exit::Halt(code)
        }
        None => Exit::Continue(path[path.len() - 1].1),
    }
}

/// How many events of each kind there are.
fn tally_of(events: &Events) -> Tally {
    let mut tally = Tally {
        refreshes: events.refreshes.len() as u64,
        commits: events.commits.len() as u64,
        copies: events.copies.len() as u64,
        keccaks: events.keccaks.len() as u64,
        computations: computations::counts(events),
        touched: events.touched.len() as u64,
        ..Tally::default()
    };
    let steps = step_lists(events).map(|(class, list)| (class, list.len()));
    let memory_steps = memory_lists(events).map(|(class, list)| (class, list.len()));
    let calls = [(Class::Ecall, events.ecall.len())];
    for (class, count) in steps.into_iter().chain(memory_steps).chain(calls) {
        tally.classes[class as usize] = count as u64;
    }
    multiples::count(events, &mut tally);
    tally
}

pub(crate) fn step_lists(events: &Events) -> [(Class, &[Step]); 13] {
    [
        (Class::AddImmediate, &events.add_immediate),
        (Class::Add, &events.add),
        (Class::AddWord, &events.add_word),
        (Class::Bitwise, &events.bitwise),
        (Class::Compare, &events.compare),
        (Class::BranchEqual, &events.branch_equal),
        (Class::BranchLess, &events.branch_less),
        (Class::Jump, &events.jump),
        (Class::JumpRegister, &events.jump_register),
        (Class::Shift, &events.shift),
        (Class::ShiftWord, &events.shift_word),
        (Class::Multiply, &events.multiply),
        (Class::Divide, &events.divide),
    ]
}

pub(crate) fn memory_lists(events: &Events) -> [(Class, &[MemoryStep]); 5] {
    [
        (Class::LoadDouble, &events.load_double),
        (Class::LoadNarrow, &events.load_narrow),
        (Class::StoreDouble, &events.store_double),
        (Class::StoreNarrow, &events.store_narrow),
        (Class::Misaligned, &events.misaligned),
    ]
}

/// Adds the accesses of a step; the address of the next one.
fn check_step(chains: &mut Chains, pc: u64, instruction: &Instruction, step: &Step) -> u64 {
    let Instruction { operation, rd, rs1, rs2, imm } = *instruction;
    let unread = Access::default();
    if operation == Operation::Jal {
        assert_eq!(step.rs1, unread);
    } else {
        chains.read(register(rs1), step.rs1, step.time);
    }
    if operation.reads_rs2() {
        chains.read(register(rs2), step.rs2, step.time + 1);
    } else {
        assert_eq!(step.rs2, unread);
    }
    let (a, b) = (step.rs1.value, step.rs2.value);
    let jump = pc.wrapping_add_signed(imm);
    let (value, next) = match operation.class() {
        Some(Class::BranchEqual | Class::BranchLess) => {
            assert_eq!(step.rd, unread);
            return if semantics::branch_taken(operation, a, b) { jump } else { pc + 4 };
        }
        Some(Class::Jump) => (pc + 4, jump),
        Some(Class::JumpRegister) => (pc + 4, semantics::jalr_target(a, imm)),
        _ if operation.reads_rs2() => (semantics::alu(operation, a, b), pc + 4),
        _ => {
            let b = semantics::immediate_operand(instruction, pc);
            (semantics::alu(operation, a, b), pc + 4)
        }
    };
    chains.push(target(rd), step.rd, value, step.time + 3);
    next
}

/// Adds the accesses of a load or store; the class that it belongs to.
fn check_memory_step(chains: &mut Chains, instruction: &Instruction, event: &MemoryStep) -> Class {
    let Instruction { operation, rd, rs1, rs2, imm } = *instruction;
    let MemoryStep { step, word, next_word } = event;
    let time = step.time;
    let width = semantics::access_width(operation);
    let address = step.rs1.value.wrapping_add_signed(imm);
    let crosses = address % 8 + width > 8;
    chains.read(register(rs1), step.rs1, time);
    let (low, high) = if operation.reads_rs2() {
        chains.read(register(rs2), step.rs2, time + 1);
        assert_eq!(step.rd, Access::default());
        semantics::store_merge(word.value, next_word.value, address, width, step.rs2.value)
    } else {
        assert_eq!(step.rs2, Access::default());
        let raw = semantics::extract(word.value, next_word.value, address);
        chains.push(target(rd), step.rd, semantics::load_value(operation, raw), time + 3);
        (word.value, next_word.value)
    };
    chains.push(Place::Word(address & !7), *word, low, time + 2);
    if crosses {
        chains.push(Place::Word((address & !7) + 8), *next_word, high, time + 2);
    } else {
        assert_eq!(*next_word, Access::default());
    }
    if address.is_multiple_of(width) {
        operation.class().expect("loads and stores have a class")
    } else {
        Class::Misaligned
    }
}

/// Adds the accesses of the system calls, checks what they commit and adds it to `output`; the exit
/// code, if the last one ends the run.
fn check_calls(
    chains: &mut Chains,
    program: &LoadedProgram,
    events: &Events,
    output: &mut Vec<u8>,
    add_step: &mut impl FnMut(u32, u32, u64),
) -> Option<u64> {
    let mut commits = events.commits.iter();
    let mut copies = events.copies.iter();
    let mut keccaks = events.keccaks.iter();
    let mut computations = Computations::of(events);
    let mut multiples = events.multiply_x.iter();
    let mut ended = None;
    for (position, call) in events.ecall.iter().enumerate() {
        let (pc, instruction) = program.program().instructions[call.index as usize];
        assert_eq!(instruction.operation, Operation::Ecall);
        add_step(call.time, call.index, pc + 4);
        for (number, access) in [(17, call.a7), (10, call.a0), (11, call.a1), (12, call.a2)] {
            chains.read(register(number), access, call.time);
        }
        ended = match call.a7.value {
            commit::NUMBER => {
                let (mut pointer, mut remaining) = (call.a1.value, call.a2.value);
                while remaining > 0 {
                    let event = commits.next().expect("a commit event");
                    let expected = (call.time, pointer, remaining, output.len() as u64);
                    let found = (event.time, event.pointer, event.remaining, event.position);
                    assert_eq!(found, expected);
                    chains.read(Place::Word(pointer & !7), event.word, call.time + 2);
                    while remaining > 0 {
                        output.push((event.word.value >> (pointer % 8 * 8)) as u8);
                        pointer += 1;
                        remaining -= 1;
                        if pointer % 8 == 0 {
                            break;
                        }
                    }
                }
                None
            }
            copy_words::NUMBER => {
                let [to, from, words] = [call.a0, call.a1, call.a2].map(|access| access.value);
                let rows: Vec<_> = copies.by_ref().take(words as usize + 1).collect();
                check_copy(chains, call.time, to, from, words, &rows);
                None
            }
            keccak_f::NUMBER => {
                let event = keccaks.next().expect("a keccak event");
                assert_eq!((event.time, event.pointer), (call.time, call.a0.value));
                let mut state = event.words.map(|word| word.value);
                keccak::f1600(&mut state);
                for (at, (word, value)) in event.words.iter().zip(state).enumerate() {
                    let place = Place::Word(event.pointer + 8 * at as u64);
                    chains.push(place, *word, value, call.time + 2);
                }
                None
            }
            multiply_x::NUMBER => {
                multiples::check(chains, call, multiples.next().expect("an event"));
                None
            }
            halt::NUMBER => Some(call.a0.value),
            panic::NUMBER => Some(panic::EXIT_CODE),
            _ => {
                computations.check(chains, call);
                None
            }
        };
        assert!(ended.is_none() || position + 1 == events.ecall.len(), "no call after the end");
    }
    assert_eq!((commits.next(), copies.next(), keccaks.next()), (None, None, None));
    computations.check_end();
    assert_eq!(multiples.next(), None);
    ended
}

/// Adds the accesses of a copy of `words` words, and checks what is written by the bytes read.
fn check_copy(chains: &mut Chains, time: u32, to: u64, from: u64, words: u64, rows: &[&CopyStep]) {
    let is_aligned = from.is_multiple_of(8);
    let first = from & !7;
    let mut bytes = Vec::new();
    for (at, row) in (0..).zip(rows) {
        let is_begin = at == 0;
        let moved = 8 * u64::from(!is_begin) * (at - u64::from(!is_begin));
        let remaining = words - moved / 8;
        let found = (row.time, row.source, row.destination, row.remaining, row.is_begin);
        assert_eq!(found, (time, from + moved, to + moved, remaining, is_begin));
        if is_begin && is_aligned {
            assert_eq!(row.word, Access::default());
            continue;
        }
        let address = first + 8 * (at - u64::from(is_aligned));
        chains.read(Place::Word(address), row.word, time + 2);
        bytes.extend(row.word.value.to_le_bytes());
    }
    for (at, row) in rows[1..].iter().enumerate() {
        let start = (from - first) as usize + 8 * at;
        let value = u64::from_le_bytes(bytes[start..start + 8].try_into().expect("eight bytes"));
        chains.push(Place::Word(to + 8 * at as u64), row.target, value, time + 3);
    }
}

fn check_chains(chains: Chains, events: &Events) {
    let mut touched = 0;
    for (place, mut links) in chains.0 {
        links.sort_by_key(|link| link.after.time);
        let (first, last) = match place {
            Place::Register(number) => {
                (events.first_registers[number], events.last_registers[number])
            }
            Place::Word(address) => {
                touched += 1;
                let at = events.touched.binary_search_by_key(&address, |word| word.address);
                let word = events.touched[at.unwrap_or_else(|_| panic!("no word {address:#x}"))];
                (word.first.value, word.last)
            }
        };
        let mut before = Access { value: first, time: 0 };
        for link in links {
            assert_eq!(link.before, before, "chain of {place:?}");
            assert!(link.after.time > before.time, "times of {place:?} increase");
            before = link.after;
        }
        assert_eq!(before, last, "last value and time of {place:?}");
    }
    assert_eq!(touched, events.touched.len(), "no word without an access");
    assert!(events.touched.is_sorted_by(|a, b| a.address < b.address));

    // Refreshes may be as late as they like; what is bounded is every other access.
    let refreshed: BTreeMap<(u8, u32), ()> =
        events.refreshes.iter().map(|refresh| ((refresh.register, refresh.time), ())).collect();
    assert_eq!(refreshed.len(), events.refreshes.len(), "no refresh twice");
    assert!(events.refreshes.iter().all(|refresh| usize::from(refresh.register) < REGISTERS));
    for refresh in &events.refreshes {
        assert!(refresh.time + 1 - refresh.before.time > REGISTER_GAP_MAX, "a needless refresh");
    }
    for (_, list) in step_lists(events) {
        for step in list {
            for (access, time) in
                [(step.rs1, step.time), (step.rs2, step.time + 1), (step.rd, step.time + 3)]
            {
                check_gap(access, time);
            }
        }
    }
    for (_, list) in memory_lists(events) {
        for MemoryStep { step, .. } in list {
            for (access, time) in
                [(step.rs1, step.time), (step.rs2, step.time + 1), (step.rd, step.time + 3)]
            {
                check_gap(access, time);
            }
        }
    }
    for call in &events.ecall {
        for access in [call.a7, call.a0, call.a1, call.a2] {
            check_gap(access, call.time);
        }
    }
}

/// Checks the age of a register access; accesses that did not happen are all zero.
fn check_gap(access: Access, time: u32) {
    assert!(access == Access::default() || time - access.time <= REGISTER_GAP_MAX);
}

/// The value of a word before the run, from the program and the input.
fn initial_word(program: &LoadedProgram, input: &[u8], address: u64) -> u64 {
    let length = (input.len() as u32).to_le_bytes();
    let byte = |at: u64| {
        let offset = at.checked_sub(layout::PRIVATE_INPUT_START)? as usize;
        length.iter().chain(input).nth(offset).copied()
    };
    let from_input: [u8; 8] = core::array::from_fn(|at| byte(address + at as u64).unwrap_or(0));
    u64::from_le_bytes(from_input) | program.program().initial_word(address)
}

/// Checks that the profiler tells the same run: its outcome, and how often each instruction was
/// executed as far as the recording knows.
fn check_profile(
    program: &LoadedProgram,
    input: &[u8],
    options: &Options,
    executed: &Result<Execution, ExecuteError>,
    recording: Option<&Recording>,
) {
    let Profiled { outcome, profile } = profile(program, input, options, &mut |_| {});
    assert_eq!(outcome, *executed);
    assert_eq!(profile.spans.iter().map(Span::cycles).sum::<u64>(), profile.cycles);
    assert_eq!(profile.operations(program).iter().sum::<u64>(), profile.cycles);
    match &outcome {
        Ok(execution) => assert_eq!(profile.cycles, execution.cycles),
        Err(ExecuteError::Trap(trap)) => assert_eq!(profile.cycles, trap.cycle),
        Err(_) => assert!(profile.cycles >= options.max_cycles),
    }
    let Some(recording) = recording else { return };
    let mut expected: BTreeMap<u64, u64> = BTreeMap::new();
    for Segment { events, .. } in &recording.segments {
        let steps = step_lists(events).into_iter().flat_map(|(_, list)| list).map(|it| it.index);
        let memory =
            memory_lists(events).into_iter().flat_map(|(_, list)| list).map(|it| it.step.index);
        for index in steps.chain(memory).chain(events.ecall.iter().map(|it| it.index)) {
            *expected.entry(program.program().instructions[index as usize].0).or_default() += 1;
        }
    }
    let mut found: BTreeMap<u64, u64> = BTreeMap::new();
    for span in &profile.spans {
        for pc in span.addresses.clone().step_by(4) {
            *found.entry(pc).or_default() += span.count;
        }
    }
    assert_eq!(found, expected, "how often each instruction was executed");
    let calls = recording.segments.iter().map(|segment| segment.events.ecall.len() as u64);
    assert_eq!(profile.system_calls.values().sum::<u64>(), calls.sum());
}
