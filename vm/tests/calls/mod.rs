//! Calls that compute, on words of memory from [`DATA`] on.
//!
//! What they leave is told by `both::computations`, which has its own arithmetic.

#![allow(dead_code, reason = "each test file uses its part")]

use lvm_syscalls::curve::Curve;
use lvm_syscalls::{curve, modular, quadratic};
use lvm_vm::assemble::Assembler;
use lvm_vm::error::{Cause, ExecuteError};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::both::computations::{curve_result, modular_result, quadratic_result, sha256_result};
use crate::both::{run_both, run_well};

pub(crate) const DATA: u64 = Assembler::DATA_START;
/// Where memory ends.
pub(crate) const END: u64 = 1 << 35;

/// All calls.
pub(crate) fn numbers() -> impl Iterator<Item = u64> {
    (1040..=1050).chain(1052..=1054).chain(1056..=1061).chain([1064])
}

/// A pointer that a call takes.
#[derive(Clone, Copy)]
pub(crate) struct Operand {
    /// Its register, a0 being 0.
    pub(crate) register: usize,
    /// Words at it.
    pub(crate) words: u64,
}

/// The pointers that a call takes, the target's first.
pub(crate) fn operands(number: u64) -> Vec<Operand> {
    let all = |words: &[u64]| {
        words.iter().enumerate().map(|(register, &words)| Operand { register, words }).collect()
    };
    match number {
        1043 => all(&[4; 3]),
        1047 => all(&[6; 3]),
        1040..=1042 => all(&[4; 4]),
        1044..=1046 => all(&[6; 4]),
        1048..=1050 => all(&[8; 3]),
        1052..=1054 => all(&[12; 3]),
        1056 | 1058 | 1060 => all(&[8; 2]),
        1057 | 1059 | 1061 => all(&[8]),
        _ => all(&[4, 8]),
    }
}

/// A call with its number and a0 to a3.
pub(crate) type Call = (u64, [u64; 4]);

/// Executes a call on the words from [`DATA`] on; whether it has a result.
pub(crate) fn execute_in(memory: &mut [u64], (number, arguments): Call) -> bool {
    let operands = operands(number);
    let start = |operand: &Operand| ((arguments[operand.register] - DATA) / 8) as usize;
    let words = |operand: &Operand| {
        memory[start(operand)..start(operand) + operand.words as usize].to_vec()
    };
    let words: Vec<Vec<u64>> = operands.iter().map(words).collect();
    let words: Vec<&[u64]> = words.iter().map(Vec::as_slice).collect();
    let result = match (number, words.as_slice()) {
        (1040..=1047, &[d, a, m, ref rest @ ..]) => {
            let operation = modular::Operation::ALL[number as usize % 4];
            modular_result(operation, [d, a, rest.first().unwrap_or(&a), m])
        }
        (1048..=1054, &[d, a, b]) => {
            quadratic_result(quadratic::Operation::ALL[number as usize % 4], [d, a, b])
        }
        (1056..=1061, &[p, ref rest @ ..]) => {
            let curve = Curve::ALL[(number as usize - 1056) / 2];
            let operation = curve::Operation::ALL[number as usize % 2];
            curve_result(curve, operation, p, rest.first().unwrap_or(&p))
        }
        (_, &[state, block]) => Some(sha256_result(state, block)),
        _ => panic!("call {number} has other operands"),
    };
    let Some(result) = result else { return false };
    memory[start(&operands[0])..][..result.len()].copy_from_slice(&result);
    true
}

pub(crate) fn bytes(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Runs calls on `memory` and checks what they leave there, or that the first one without a result
/// traps; how many have one.
pub(crate) fn check(memory: &[u64], calls: &[Call]) -> usize {
    let mut code = Assembler::new();
    code.data(DATA, &bytes(memory));
    let mut expected = memory.to_vec();
    for (done, &call) in calls.iter().enumerate() {
        code.call(call.0, call.1);
        if !execute_in(&mut expected, call) {
            let (number, pc) = (call.0, code.pc() - 4);
            match run_both(&code.load(), &[]) {
                Err(ExecuteError::Trap(trap)) => {
                    assert_eq!((trap.cause, trap.place.pc), (Cause::NoResult { number }, pc));
                }
                other => panic!("no trap: {other:?}"),
            }
            return done;
        }
    }
    code.commit(DATA, 8 * memory.len() as u64).halt(0);
    let run = run_well(&code.load(), &[]);
    assert_eq!(run.public_output, bytes(&expected));
    calls.len()
}

/// A memory with these operands one after another, and a call on them.
pub(crate) fn scene(number: u64, values: &[&[u64]]) -> (Vec<u64>, Call) {
    let operands = operands(number);
    assert_eq!(operands.len(), values.len(), "call {number}");
    let (mut memory, mut arguments) = (Vec::new(), [0; 4]);
    for (operand, value) in operands.iter().zip(values) {
        arguments[operand.register] = DATA + 8 * memory.len() as u64;
        assert_eq!(value.len() as u64, operand.words, "call {number}");
        memory.extend_from_slice(value);
    }
    (memory, (number, arguments))
}

/// Checks one call on operands of its own; whether it has a result.
pub(crate) fn check_one(number: u64, values: &[&[u64]]) -> bool {
    let (memory, call) = scene(number, values);
    check(&memory, &[call]) == 1
}

/// The number with this value and so many words.
pub(crate) fn small(value: u64, count: usize) -> Vec<u64> {
    let mut words = vec![0; count];
    words[0] = value;
    words
}

/// 2 to the power of `bit`.
pub(crate) fn power(bit: usize, count: usize) -> Vec<u64> {
    let mut words = vec![0; count];
    words[bit / 64] = 1 << (bit % 64);
    words
}

/// Words with bits that are clear or set in long rows.
pub(crate) fn edgy(random: &mut StdRng, count: usize) -> Vec<u64> {
    let mut word = || match random.random_range(0..6) {
        0 => 0,
        1 => u64::MAX,
        2 => u64::from(u32::MAX) << 32,
        3 => random.random::<u64>() >> 40,
        _ => random.random(),
    };
    (0..count).map(|_| word()).collect()
}

/// Operands with which most calls have a result: every word is less than 2^60, so that everything
/// is less than the moduli of fields.
pub(crate) fn mild(random: &mut StdRng, count: usize) -> Vec<u64> {
    (0..count).map(|_| random.random::<u64>() >> 4).collect()
}

/// A call that has a result.
pub(crate) fn working(number: u64) -> (Vec<u64>, Call) {
    let values: Vec<Vec<u64>> = operands(number)
        .iter()
        .map(|operand| small(3 + 2 * operand.register as u64, operand.words as usize))
        .map(|mut words| {
            if words.len() > 4 {
                words[4] = 1;
            }
            words
        })
        .collect();
    scene(number, &values.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

pub(crate) fn trap_of(code: &Assembler) -> Cause {
    match run_both(&code.load(), &[]) {
        Err(ExecuteError::Trap(trap)) => {
            assert_eq!(trap.place.pc, code.pc() - 4, "{trap}");
            trap.cause
        }
        other => panic!("no trap: {other:?}"),
    }
}

/// Puts words into the code, where they are never executed; their address.
pub(crate) fn in_code(code: &mut Assembler, words: &[u64]) -> u64 {
    let over = code.label();
    code.jal(0, over);
    if !code.pc().is_multiple_of(8) {
        code.word(0);
    }
    let address = code.pc();
    for word in words {
        code.word(*word as u32).word((*word >> 32) as u32);
    }
    code.place(over);
    address
}
