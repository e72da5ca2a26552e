//! The calls that compute trap on pointers that aren't words of memory, on targets in code, and where
//! their numbers are none's.

mod both;
mod calls;

use both::run_well;
use calls::{
    DATA, END, Operand, bytes, check, execute_in, in_code, mild, numbers, operands, power, scene,
    trap_of, working,
};
use lvm_vm::assemble::Assembler;
use lvm_vm::error::Cause;
use rand::SeedableRng;
use rand::rngs::StdRng;

#[test]
fn operands_may_be_in_code_and_targets_may_not() {
    let mut random = StdRng::seed_from_u64(4);
    for number in numbers() {
        let operands = operands(number);
        // A modulus with a high word lets everything have a result; odd numbers have inverses
        // modulo a power of 2.
        let mut values: Vec<Vec<u64>> =
            operands.iter().map(|operand| mild(&mut random, operand.words as usize)).collect();
        if number < 1048 {
            values[2] = power(64 * values[2].len() - 1, values[2].len());
            values[1][0] |= 1;
        }
        let (mut memory, call) =
            scene(number, &values.iter().map(Vec::as_slice).collect::<Vec<_>>());
        assert!(execute_in(&mut memory, call));
        let target = operands[0].words;
        let mut code = Assembler::new();
        code.data(DATA, &bytes(&values[0]));
        let mut arguments = [DATA; 4];
        for (operand, words) in operands.iter().zip(&values).skip(1) {
            arguments[operand.register] = in_code(&mut code, words);
        }
        let place = in_code(&mut code, &values[0]);
        let mut written = code.clone();
        code.call(number, arguments).commit(DATA, 8 * target).halt(0);
        let run = run_well(&code.load(), &[]);
        assert_eq!(run.public_output, bytes(&memory[..target as usize]), "call {number}");

        arguments[0] = place;
        written.call(number, arguments);
        let cause = trap_of(&written);
        assert_eq!(cause, Cause::StoreToExecutable { address: place, width: 8 * target });
    }
}

/// A target whose last word alone is the first of the code.
#[test]
fn targets_may_end_where_code_begins() {
    for number in numbers() {
        let words = operands(number)[0].words;
        let start = Assembler::CODE_START;
        let mut code = Assembler::new();
        code.call(number, [start - 8 * words + 8, DATA, DATA, DATA]);
        let address = start - 8 * words + 8;
        assert_eq!(trap_of(&code), Cause::StoreToExecutable { address, width: 8 * words });
        let target = start - 8 * words;
        let mut code = Assembler::new();
        let (memory, (_, mut arguments)) = working(number);
        code.data(DATA, &bytes(&memory));
        code.copy_words(target, arguments[0], words);
        arguments[0] = target;
        code.call(number, arguments).halt(0);
        run_well(&code.load(), &[]);
    }
}

#[test]
fn pointers_that_are_no_words_in_memory() {
    for number in numbers() {
        let (memory, (_, arguments)) = working(number);
        assert_eq!(check(&memory, &[(number, arguments)]), 1, "call {number}");
        for Operand { register, words } in operands(number) {
            let with = |pointer: u64| {
                let mut code = Assembler::new();
                let mut arguments = arguments;
                arguments[register] = pointer;
                code.data(DATA, &bytes(&memory)).call(number, arguments);
                code
            };
            for address in [DATA + 1, DATA + 4, DATA + 7, END - 1, 1 << 48 | 2, u64::MAX, 4, 1] {
                let cause = trap_of(&with(address));
                assert_eq!(cause, Cause::OperandMisaligned { number, address });
            }
            // The first or the last word isn't in memory, and numbers that wrap around, in 64 bits
            // or in the proof's field.
            let width = 8 * words;
            let end = END - width + 8;
            for address in [
                0,
                0xff8,
                end,
                END - 8,
                END,
                1 << 48,
                (1 << 48) + DATA,
                1 << 63,
                0xFFFF_FFFF_0000_0000,
                0xFFFF_FFFF_0000_0008 + DATA,
                u64::MAX - 7,
                u64::MAX - width + 1,
            ] {
                let cause = trap_of(&with(address));
                assert_eq!(cause, Cause::OutsideMemory { address, width }, "a{register}");
            }
        }
    }
}

#[test]
fn numbers_between_the_calls_are_none() {
    let others = [1039, 1051, 1055, 1062, 1063, 1065, 1 << 32 | 1040, 1 << 63 | 1064];
    for number in others.into_iter().chain([number_in_field(1040), number_in_field(1056)]) {
        let mut code = Assembler::new();
        code.call(number, [DATA; 4]);
        assert_eq!(trap_of(&code), Cause::UnknownCall { number });
    }
}

/// Another number that is the same in the proof's field.
fn number_in_field(number: u64) -> u64 {
    0xFFFF_FFFF_0000_0001 + number
}
