//! Programs made of fuzz bytes, in both of our interpreters and in ckb-vm, which shares no code
//! with ours.
//!
//! Checked: execution and recording agree, on traps too; the recorded events are a consistent
//! account of the run, in one segment and in many; before every instruction the address and all registers are the same in
//! ckb-vm, and so is the memory that the program wrote.
//!
//! Half of the programs are *tame*: addresses are masked into a window, jumps go a few steps
//! ahead, and a counted loop goes around it all, so that each of them ends and can be compared
//! to its end. The others are *wild*: anything may follow anything, and mostly they trap. Then the
//! registers are not known step by step, so ckb-vm has to arrive at the same instruction after as
//! many steps.

use arbitrary::{Arbitrary, Unstructured};
use ckb_vm::decoder::{Decoder, build_decoder};
use ckb_vm::machine::VERSION2;
use ckb_vm::{
    CoreMachine, DefaultCoreMachine, DefaultMachine, DefaultMachineBuilder, FlatMemory, ISA_IMC,
    Memory, SupportMachine,
};
use lvm_isa::decode::decode;
use lvm_isa::instruction::{Operation, Operation::*};
use lvm_isa::program::Program;
use lvm_isa::segment::Budget;
use lvm_syscalls::layout::PRIVATE_INPUT_START;
use lvm_vm::assemble::{Assembler, Label, i, r, s};
use lvm_vm::elf::LoadedProgram;
use lvm_vm::error::{ExecuteError, Trap};
use lvm_vm::execute::Options;
use lvm_vm::record::{Recording, record};

use crate::both::{check_recording, run_both_for};
use crate::snapshots::snapshots;

/// Everything is below 4 MiB, which is all the memory that ckb-vm has.
const CODE: u64 = 0x1_0000;
/// The registers' first values.
const REGISTERS: u64 = 0x8_0000;
const SCRATCH: u64 = 0x10_0000;
const SCRATCH_BYTES: u64 = 0x1400;
/// The programs' base pointer, in the middle of the scratch memory.
const BASE: u64 = SCRATCH + SCRATCH_BYTES / 2;

// Registers that tame programs write only as said.
const COUNTER: u8 = 31;
const BASE_REGISTER: u8 = 30;
const ADDRESS: u8 = 29;

/// FENCE iorw, iorw.
const FENCE_WORD: u32 = 0x0ff0_000f;

const STEPS_MAX: usize = 128;
const CYCLES_MAX: u64 = 4096;

/// A register's first value.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Value {
    Any(u64),
    Small(i8),
    Half(i32),
    PowerOfTwo(u8),
    NegativePowerOfTwo(u8),
    /// Near code or data.
    Place(u8, i8),
}

impl Value {
    fn get(self) -> u64 {
        match self {
            Self::Any(value) => value,
            Self::Small(value) => value as u64,
            Self::Half(value) => value as u64,
            Self::PowerOfTwo(log) => 1 << (log % 64),
            Self::NegativePowerOfTwo(log) => (1u64 << (log % 64)).wrapping_neg(),
            Self::Place(place, distance) => {
                let places = [CODE, REGISTERS, SCRATCH, BASE, PRIVATE_INPUT_START, 1 << 35];
                places[usize::from(place) % places.len()].wrapping_add_signed(distance.into())
            }
        }
    }
}

/// One instruction, or a few that belong together.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Step {
    operation: u8,
    rd: u8,
    rs1: u8,
    rs2: u8,
    imm: i16,
}

#[derive(Arbitrary, Debug)]
struct Source {
    wild: bool,
    turns: u8,
    values: [Value; 8],
    steps: Vec<Step>,
}

/// Checks the program made of `data`.
pub fn check(data: &[u8]) {
    let mut data = Unstructured::new(data);
    let Ok(mut source) = Source::arbitrary(&mut data) else { return };
    source.steps.truncate(STEPS_MAX);
    let code = if source.wild { wild_program(&source) } else { tame_program(&source) };
    let program = code.load();
    match run_both_for(CYCLES_MAX, &program, b"") {
        Ok(recording) => {
            compare(&program, &recording, !source.wild);
            check_segments(&program, &recording, u64::from(source.turns) + 1);
        }
        Err(ExecuteError::Trap(trap)) => {
            assert!(source.wild, "a tame program traps: {trap}");
            compare_trap(&program, &trap);
        }
        Err(ExecuteError::CycleLimit { .. }) => assert!(source.wild, "a tame program ends"),
        Err(error) => panic!("{error}"),
    }
}

fn operation(step: &Step) -> Operation {
    Operation::ALL[usize::from(step.operation) % Operation::ALL.len()]
}

/// The values come from memory, eight of them in turn.
fn start(code: &mut Assembler, source: &Source, registers: u8) {
    let bytes: Vec<u8> = source.values.iter().flat_map(|value| value.get().to_le_bytes()).collect();
    code.data(REGISTERS, &bytes);
    let scratch: Vec<u8> =
        (0..SCRATCH_BYTES).map(|at| bytes[at as usize % 61].wrapping_mul(at as u8 | 1)).collect();
    code.data(SCRATCH, &scratch);
    code.li(registers - 1, REGISTERS);
    for register in 1..registers {
        let from = i64::from(register) * 8 % 64;
        code.push(i(Ld, register, registers - 1, from));
    }
}

fn tame_program(source: &Source) -> Assembler {
    let mut code = Assembler::at(CODE);
    start(&mut code, source, ADDRESS);
    let turns = u64::from(source.turns % 4) + 1;
    code.li(BASE_REGISTER, BASE).li(COUNTER, turns).li(ADDRESS, 0);
    let top = code.here();
    let count = source.steps.len();
    let labels: Vec<Label> = (0..count + 1).map(|_| code.label()).collect();
    for (at, step) in source.steps.iter().enumerate() {
        code.place(labels[at]);
        let target = (at + 1 + usize::from(step.imm as u8 % 5)).min(count);
        push_tame(&mut code, step, labels[target]);
    }
    code.place(labels[count]);
    code.push(i(Addi, COUNTER, COUNTER, -1));
    let end = code.label();
    // A branch back over all steps may be out of a branch's reach.
    code.branch(Beq, COUNTER, 0, end).jal(0, top).place(end);
    code.commit(SCRATCH, SCRATCH_BYTES).halt(0);
    code
}

/// Appends a step; if it jumps, then to `target`.
fn push_tame(code: &mut Assembler, step: &Step, target: Label) {
    let (operation, rd) = (operation(step), step.rd % ADDRESS);
    let (rs1, rs2) = (step.rs1 % 32, step.rs2 % 32);
    let imm = i64::from(step.imm << 4 >> 4);
    match operation {
        Lui | Auipc => {
            code.push(i(operation, rd, 0, i64::from(step.imm) << 16 | i64::from(rs2) << 12));
        }
        Jal => {
            code.jal(rd, target);
        }
        Jalr => {
            // Over one word that is no instruction. The lowest bit of the target is dropped.
            let rd = if step.rs1 & 32 == 0 { rd } else { ADDRESS };
            code.push(i(Auipc, ADDRESS, 0, 0));
            code.push(i(Jalr, rd, ADDRESS, 12 + (imm & 1))).word(0);
        }
        Beq | Bne | Blt | Bge | Bltu | Bgeu => {
            code.branch(operation, rs1, rs2, target);
        }
        Lb | Lh | Lw | Ld | Lbu | Lhu | Lwu | Sb | Sh | Sw | Sd => {
            // The window reaches 2560 bytes to both sides of the base.
            code.push(i(Andi, ADDRESS, rs1, 0x1ff)).push(r(Add, ADDRESS, ADDRESS, BASE_REGISTER));
            if operation.writes_rd() {
                code.push(i(operation, rd, ADDRESS, imm));
            } else {
                code.push(s(operation, ADDRESS, rs2, imm));
            }
        }
        Ecall | Ebreak => {}
        _ => push_plain(code, operation, rd, rs1, rs2, imm),
    }
}

/// Appends an instruction that does nothing but compute.
fn push_plain(code: &mut Assembler, operation: Operation, rd: u8, rs1: u8, rs2: u8, imm: i64) {
    match operation {
        Slli | Srli | Srai => code.push(i(operation, rd, rs1, imm & 63)),
        Slliw | Srliw | Sraiw => code.push(i(operation, rd, rs1, imm & 31)),
        Fence => code.word(FENCE_WORD),
        _ if operation.reads_rs2() => code.push(r(operation, rd, rs1, rs2)),
        _ => code.push(i(operation, rd, rs1, imm)),
    };
}

fn wild_program(source: &Source) -> Assembler {
    let mut code = Assembler::at(CODE);
    start(&mut code, source, 32);
    for step in &source.steps {
        let operation = operation(step);
        let (rd, rs1, rs2) = (step.rd % 32, step.rs1 % 32, step.rs2 % 32);
        let imm = i64::from(step.imm << 4 >> 4);
        match operation {
            Lui | Auipc => {
                let imm = i64::from(step.imm) << 16 | i64::from(rs2) << 12;
                code.push(i(operation, rd, 0, imm));
            }
            // Mostly to instructions, and near.
            Jal => {
                code.push(i(operation, rd, 0, jump(step)));
            }
            Beq | Bne | Blt | Bge | Bltu | Bgeu => {
                code.push(s(operation, rs1, rs2, jump(step)));
            }
            Sb | Sh | Sw | Sd => {
                code.push(s(operation, rs1, rs2, imm));
            }
            Ecall => {
                code.word(0x73);
            }
            Ebreak => {
                let word = u32::from_le_bytes([step.rd, step.rs1, step.rs2, step.imm as u8]);
                // Of the words that are a FENCE here, ckb-vm refuses some.
                let is_fence = decode(word).is_some_and(|one| one.operation == Fence);
                code.word(if is_fence { FENCE_WORD } else { word });
            }
            _ => push_plain(&mut code, operation, rd, rs1, rs2, imm),
        }
    }
    code.commit(SCRATCH, SCRATCH_BYTES).halt(0);
    code
}

fn jump(step: &Step) -> i64 {
    let distance = i64::from(step.imm << 8 >> 8);
    if step.imm >> 8 & 15 == 0 { distance * 2 } else { distance * 4 }
}

type Other = DefaultMachine<DefaultCoreMachine<u64, FlatMemory<u64>>>;

/// ckb-vm before the program's first instruction.
fn other_machine(program: &Program) -> (Other, Decoder) {
    let core = DefaultCoreMachine::<u64, FlatMemory<u64>>::new(ISA_IMC, VERSION2, u64::MAX);
    let mut other = DefaultMachineBuilder::new(core).build();
    for (address, word) in &program.words {
        let stored = other.memory_mut().store_bytes(*address, &word.to_le_bytes());
        stored.expect("the program is in ckb-vm's memory");
    }
    other.update_pc(program.entry);
    other.commit_pc();
    (other, build_decoder::<u64>(ISA_IMC, VERSION2))
}

/// Whether the instruction at `pc` is a system call, which ckb-vm takes to mean something else.
fn is_call(program: &Program, pc: u64) -> bool {
    program.index_of(pc).is_some_and(|at| program.instructions[at].1.operation == Ecall)
}

/// Compares a run that ended, up to its first system call, or up to an access that is outside of
/// ckb-vm's smaller memory. A tame program's first call commits the scratch memory.
fn compare(program: &LoadedProgram, recording: &Recording, tame: bool) {
    let program = program.program();
    let (mut other, mut decoder) = other_machine(program);
    let mut previous = None;
    for (pc, registers) in snapshots(program, &recording.segments[0].events) {
        assert_eq!(*other.pc(), pc, "address after {previous:x?}");
        assert_eq!(other.registers(), registers, "registers after {previous:x?}");
        if is_call(program, pc) {
            break;
        }
        previous = program.index_of(pc).map(|at| program.instructions[at]);
        match other.step(&mut decoder) {
            Ok(()) => {}
            Err(ckb_vm::Error::MemOutOfBound) => return,
            Err(error) => panic!("{pc:#x}: {error}"),
        }
    }
    if tame {
        let memory = other.memory_mut().load_bytes(SCRATCH, SCRATCH_BYTES).expect("in memory");
        assert!(recording.execution.public_output == memory, "memory");
    }
}

/// Records the run again, so many instructions a segment.
fn check_segments(program: &LoadedProgram, whole: &Recording, cycles: u64) {
    let budget = Budget::cycles(cycles);
    let recording = record(program, b"", &Options::default(), &budget, &mut |_| {});
    let recording = recording.expect("the run ends, as it did in one segment");
    assert_eq!(recording.execution, whole.execution);
    assert_eq!(recording.segments.len() as u64, whole.execution.cycles.div_ceil(cycles));
    check_recording(program, b"", &recording);
}

/// Takes as many steps as the run took before it trapped, and compares where that leads.
fn compare_trap(program: &LoadedProgram, trap: &Trap) {
    let program = program.program();
    let (mut other, mut decoder) = other_machine(program);
    for _ in 0..trap.cycle {
        if is_call(program, *other.pc()) || other.step(&mut decoder).is_err() {
            return;
        }
    }
    assert_eq!(*other.pc(), trap.place.pc, "{trap}");
}
