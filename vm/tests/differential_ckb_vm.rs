//! Random programs do the same here, instruction by instruction, as in ckb-vm, an interpreter
//! that shares no code with ours.
//!
//! Compared are the address and all registers before every instruction (as the recorded events
//! give them) and the memory that the program wrote. The programs are the same in every run of
//! the test: each case's seed is its number.

mod both;
mod snapshots;

use both::run_both;
use ckb_vm::decoder::build_decoder;
use ckb_vm::machine::VERSION2;
use ckb_vm::{
    CoreMachine, DefaultCoreMachine, DefaultMachineBuilder, FlatMemory, ISA_IMC, Memory,
    SupportMachine,
};
use lvm_isa::instruction::{Operation, Operation::*};
use lvm_vm::assemble::{Assembler, Label, i, r, s};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use snapshots::snapshots;

/// ckb-vm has 4 MiB of memory.
const CODE: u64 = 0x1_0000;
const SCRATCH: u64 = 0x10_0000;
const SCRATCH_BYTES: u64 = 0x3000;
/// The programs' base pointer, in the middle of the scratch memory.
const BASE: u64 = SCRATCH + SCRATCH_BYTES / 2;

// Registers that random instructions do not write.
const COUNTER: u8 = 31;
const BASE_REGISTER: u8 = 30;
const ADDRESS: u8 = 29;
const FREE: u8 = 29;

const TURNS: i64 = 12;
const INSTRUCTIONS: usize = 80;

fn random_value(random: &mut StdRng) -> u64 {
    let value: u64 = random.random();
    match random.random_range(0..8) {
        0 => 0,
        1 => u64::MAX,
        2 => 1 << random.random_range(0..64),
        3 => (1u64 << random.random_range(0..64)).wrapping_neg(),
        4 => value >> random.random_range(0..64),
        5 => value as i32 as u64,
        6 => value % 64,
        _ => value,
    }
}

fn random_register(random: &mut StdRng) -> u8 {
    match random.random_range(0..16) {
        0 => 0,
        // A few registers often, so that values meet.
        1..8 => random.random_range(1..6),
        _ => random.random_range(0..FREE),
    }
}

/// Registers as sources, the reserved ones included.
fn random_source(random: &mut StdRng) -> u8 {
    match random.random_range(0..12) {
        0 => random.random_range(FREE..32),
        _ => random_register(random),
    }
}

fn random_immediate(random: &mut StdRng) -> i64 {
    match random.random_range(0..4) {
        0 => [0, 1, -1, 2047, -2048][random.random_range(0..5)],
        _ => random.random_range(-2048..2048),
    }
}

/// Appends one random instruction, or a few that belong together; if it jumps, then to `target`.
fn push_random(code: &mut Assembler, random: &mut StdRng, target: Label) {
    let operation = Operation::ALL[random.random_range(0..Operation::ALL.len())];
    let (rd, rs1, rs2) = (random_register(random), random_source(random), random_source(random));
    match operation {
        Lui | Auipc => {
            code.push(i(operation, rd, 0, i64::from(random.random::<i32>() & !0xfff)));
        }
        Jal => {
            code.jal(rd, target);
        }
        Jalr => {
            // Over one word that is no instruction. The lowest bit of the target is dropped.
            let rd = if random.random() { rd } else { ADDRESS };
            code.push(i(Auipc, ADDRESS, 0, 0));
            code.push(i(Jalr, rd, ADDRESS, 12 + random.random_range(0..2))).word(0);
        }
        Beq | Bne | Blt | Bge | Bltu | Bgeu => {
            code.branch(operation, rs1, rs2, target);
        }
        Lb | Lh | Lw | Ld | Lbu | Lhu | Lwu | Sb | Sh | Sw | Sd => {
            let base = if random.random() {
                BASE_REGISTER
            } else {
                code.push(i(Andi, ADDRESS, rs1, random.random_range(0..2048)));
                code.push(r(Add, ADDRESS, ADDRESS, BASE_REGISTER));
                ADDRESS
            };
            let imm = random_immediate(random);
            if operation.writes_rd() {
                code.push(i(operation, rd, base, imm));
            } else {
                code.push(s(operation, base, rs2, imm));
            }
        }
        Slli | Srli | Srai => {
            code.push(i(operation, rd, rs1, random.random_range(0..64)));
        }
        Slliw | Srliw | Sraiw => {
            code.push(i(operation, rd, rs1, random.random_range(0..32)));
        }
        Fence => {
            code.word(0x0ff0_000f);
        }
        Ecall | Ebreak => {}
        _ if operation.reads_rs2() => {
            code.push(r(operation, rd, rs1, rs2));
        }
        _ => {
            code.push(i(operation, rd, rs1, random_immediate(random)));
        }
    }
}

fn random_program(seed: u64) -> Assembler {
    let mut random = StdRng::seed_from_u64(seed);
    let mut code = Assembler::at(CODE);
    let scratch: Vec<u8> = (0..SCRATCH_BYTES).map(|_| random.random()).collect();
    code.data(SCRATCH, &scratch);
    for register in 1..FREE {
        let value = random_value(&mut random);
        code.li(register, value);
    }
    code.li(BASE_REGISTER, BASE).li(COUNTER, TURNS as u64).li(ADDRESS, 0);
    let top = code.here();
    let labels: Vec<Label> = (0..INSTRUCTIONS + 1).map(|_| code.label()).collect();
    for at in 0..INSTRUCTIONS {
        code.place(labels[at]);
        let target = random.random_range(at + 1..INSTRUCTIONS.min(at + 5) + 1);
        push_random(&mut code, &mut random, labels[target]);
    }
    code.place(labels[INSTRUCTIONS]);
    code.push(i(Addi, COUNTER, COUNTER, -1));
    code.branch(Bne, COUNTER, 0, top);
    code.commit(SCRATCH, SCRATCH_BYTES).halt(0);
    code
}

fn check(seed: u64) -> u64 {
    let program = random_program(seed).load();
    let recording = run_both(&program, &[]).unwrap_or_else(|error| panic!("seed {seed}: {error}"));

    let core = DefaultCoreMachine::<u64, FlatMemory<u64>>::new(ISA_IMC, VERSION2, u64::MAX);
    let mut other = DefaultMachineBuilder::new(core).build();
    for (address, word) in &program.program().words {
        other.memory_mut().store_bytes(*address, &word.to_le_bytes()).unwrap();
    }
    other.update_pc(program.program().entry);
    other.commit_pc();
    let mut decoder = build_decoder::<u64>(ISA_IMC, VERSION2);

    let mut previous = None;
    for (pc, registers) in snapshots(program.program(), &recording.segments[0].events) {
        let at = program.program().index_of(pc).unwrap();
        let instruction = program.program().instructions[at].1;
        assert_eq!(*other.pc(), pc, "seed {seed}: address after {previous:?}");
        assert_eq!(other.registers(), registers, "seed {seed}: registers after {previous:?}");
        // The calls at the end are ours.
        if instruction.operation == Ecall {
            break;
        }
        previous = Some(instruction.to_string());
        other.step(&mut decoder).unwrap_or_else(|error| panic!("seed {seed}, {pc:#x}: {error}"));
    }
    let memory = other.memory_mut().load_bytes(SCRATCH, SCRATCH_BYTES).unwrap();
    assert!(recording.execution.public_output == memory, "seed {seed}: memory");
    recording.execution.cycles
}

#[test]
fn random_programs_agree_with_ckb_vm() {
    let cycles: u64 = (0..400).map(check).sum();
    assert!(cycles > 200_000, "{cycles} cycles are too few to mean anything");
}
