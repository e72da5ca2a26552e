//! Programs that were written for LambdaVM run: those that set up their own stack like any other,
//! those that take the stack from the machine when they are loaded as LambdaVM's.

mod both;

use std::fs;
use std::path::Path;

use both::multiples::multiply_x;
use both::run_well;
use lvm_isa::instruction::Operation::*;
use lvm_syscalls::layout::{MEMORY_END, MEMORY_START};
use lvm_vm::assemble::{Assembler, i};
use lvm_vm::elf::{Abi, load, load_for};
use lvm_vm::error::{Cause, ElfError, ExecuteError};
use lvm_vm::execute::{Execution, Options, execute};
use sha3::{Digest, Keccak256};

const SP: u8 = 2;
const T0: u8 = 5;

/// A file that knows nothing of lvm: see `guests/foreign/lambda-vm`.
fn file(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/foreign/lambda-vm/elf");
    fs::read(folder.join(format!("{name}.elf"))).expect("the file is committed")
}

/// Inputs around the lengths at which Keccak-256 takes another block.
fn inputs() -> impl Iterator<Item = Vec<u8>> {
    [0, 1, 135, 136, 137, 271, 272, 1000]
        .into_iter()
        .map(|length| (0..length).map(|i| (i * 31 + i / 256) as u8).collect())
}

#[track_caller]
fn check(run: &Execution, expected: &[u8]) {
    assert_eq!((run.exit_code, run.panic_message.as_deref()), (0, None));
    assert_eq!(run.public_output, expected);
}

#[test]
fn with_its_own_stack_a_program_needs_nothing() {
    for abi in [Abi::Lvm, Abi::LambdaVm] {
        let program = load_for(abi, &file("own-stack")).unwrap();
        for input in inputs() {
            check(&run_well(&program, &input), &Keccak256::digest(&input));
        }
    }
}

#[test]
fn multiples_of_points_are_those_of_the_curve() {
    let program = load_for(Abi::LambdaVm, &file("multiples")).unwrap();
    // x of the base point (SEC 2, section 2.4.1), and of 5 times it.
    let g = number("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    let five = number("2f8bde4d1a07209355b4a7250a5c5128e88b84bddc619ab7cba8d569b240efe4");
    check(&run_well(&program, &[]), &five);
    // Further multiples, of one another.
    let (mut input, mut expected) = (Vec::new(), five.to_vec());
    let mut x = g;
    for scalar in [five, g, [0x55; 32], [1; 32]] {
        input.extend([x, scalar].concat());
        x = multiply_x(&x, &scalar).unwrap();
        expected.extend(x);
    }
    check(&run_well(&program, &input), &expected);
}

/// A number that is written with its highest digit first, its lowest byte first.
fn number(digits: &str) -> [u8; 32] {
    core::array::from_fn(|at| u8::from_str_radix(&digits[62 - 2 * at..][..2], 16).unwrap())
}

#[test]
fn the_machine_gives_a_stack_and_mstatus() {
    let program = load_for(Abi::LambdaVm, &file("given-stack")).unwrap();
    for input in inputs() {
        let reversed: Vec<u8> = input.iter().rev().copied().collect();
        let digests = [Keccak256::digest(&input), Keccak256::digest(&reversed)].concat();
        check(&run_well(&program, &input), &digests);
    }
}

#[test]
fn without_them_such_a_program_traps() {
    let program = load(&file("given-stack")).unwrap();
    let error = execute(&program, b"input", &Options::default(), &mut |_| {}).unwrap_err();
    let ExecuteError::Trap(trap) = error else { panic!("{error}") };
    let is_first_push = matches!(trap.cause, Cause::OutsideMemory { address, .. }
        if address > u64::MAX - 0x1000);
    assert!(is_first_push, "{trap}");
}

#[test]
fn registers_at_the_programs_first_instruction() {
    let mut code = Assembler::new();
    code.push(i(Addi, 31, SP, 0)).halt(0);
    let registers = |abi| {
        let program = load_for(abi, &code.elf()).unwrap();
        let mut registers = run_well(&program, &[]).registers;
        registers[17] = 0; // the call's number
        registers
    };
    assert_eq!(registers(Abi::Lvm), [0; 32]);
    let mut expected = [0; 32];
    expected[usize::from(SP)] = MEMORY_END;
    expected[31] = MEMORY_END;
    expected[usize::from(T0)] = Assembler::CODE_START;
    assert_eq!(registers(Abi::LambdaVm), expected);
}

#[test]
fn unreachable_code_still_traps() {
    let mut code = Assembler::new();
    code.word(0x3004_75f3).word(0xc000_1073).halt(0);
    let trap = |abi| {
        let program = load_for(abi, &code.elf()).unwrap();
        match execute(&program, &[], &Options::default(), &mut |_| {}) {
            Err(ExecuteError::Trap(trap)) => trap.cause,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(trap(Abi::Lvm), Cause::Undecodable { word: 0x3004_75f3 });
    assert_eq!(trap(Abi::LambdaVm), Cause::Undecodable { word: 0xc000_1073 });
}

#[test]
fn a_program_in_the_place_of_the_start_code_is_refused() {
    let at = |start| {
        let mut code = Assembler::at(start);
        code.halt(0);
        code.elf()
    };
    for (start, fits) in [
        (MEMORY_START, false),
        (MEMORY_START + 28, false),
        (MEMORY_START + 32, true),
        (MEMORY_START + 0x1000, true),
    ] {
        let file = at(start);
        load(&file).expect("a program for this machine may lie there");
        let overlap = ElfError::Overlap { first: MEMORY_START, second: start };
        let expected = if fits { None } else { Some(overlap) };
        assert_eq!(load_for(Abi::LambdaVm, &file).err(), expected, "{start:#x}");
    }
}
