//! Lies about what ECALL finds in registers: pointers that are others modulo the field's order,
//! which pointers a call takes, and numbers of no call.

use lvm_air::table::Table;
use lvm_isa::instruction::Operation::Ld;
use lvm_syscalls::curve::{self, Curve};
use lvm_syscalls::{modular, print, quadratic};
use lvm_vm::assemble::{Assembler, ecall, i};

use crate::support::Run;
use crate::support::lie::Lie;
use crate::{again, place, run_on, touch, words};

/// The field's order.
const ORDER: u64 = 0xFFFF_FFFF_0000_0001;
/// The operand that has the registers' values.
const REGISTERS: usize = 4;

/// An honest run of a call whose registers a0 to a3 and a7 are read from the private input.
fn loaded(number: u64, [a0, a1, a2, a3]: [u64; 4]) -> Lie {
    let mut code = Assembler::new();
    code.li(5, place(REGISTERS));
    for (register, offset) in [(10, 0), (11, 8), (12, 16), (13, 24), (17, 32)] {
        code.push(i(Ld, register, 5, offset));
    }
    code.push(ecall()).halt(0);
    let [d, a, b]: [[u64; 12]; 3] = [words(1), words(20), words(40)];
    let registers = [a0, a1, a2, a3, number];
    Lie::of(run_on(&code, &[&d, &a, &b, &[u64::MAX; 12], &registers]))
}

/// Says that the call finds `value` in a register: a0 to a3, or a7.
fn claim(run: &mut Run, register: usize, value: u64) {
    let index = if register == 7 { 4 } else { register };
    let address = place(REGISTERS) + 8 * index as u64;
    touch(run, address, &[value], &[value]);
    let events = run.events();
    events.load_double[index].word.value = value;
    let [call, halt] = events.ecall.as_mut_slice() else { panic!("two ECALLs") };
    // The halt reads what the call read, but for a7 and a0, which it sets before.
    let [.., sets_a7, sets_a0] = events.add_immediate.as_mut_slice() else { panic!("a halt") };
    match register {
        0 => (call.a0.value, sets_a0.rd.value) = (value, value),
        1 => (call.a1.value, halt.a1.value) = (value, value),
        2 => (call.a2.value, halt.a2.value) = (value, value),
        7 => (call.a7.value, sets_a7.rd.value) = (value, value),
        _ => {
            for event in &mut events.modular_256 {
                event.a3.value = value;
            }
            for event in &mut events.modular_384 {
                event.a3.value = value;
            }
        }
    }
    if matches!(register, 1..=3) {
        run.leave(10 + register, value);
    }
}

/// Calls of each kind, and how many pointers they take.
fn calls() -> [(u64, [u64; 4], usize); 6] {
    let [d, a, b, m] = [0, 1, 2, 3].map(place);
    let curves = curve::Operation::ALL.map(|it| curve::number(Curve::Secp256k1, it));
    [
        (modular::number(4, modular::Operation::Multiply), [d, a, m, b], 4),
        (modular::number(6, modular::Operation::MultiplyAdd), [d, a, m, b], 4),
        (quadratic::number(8, quadratic::Operation::Multiply), [d, a, b, 7], 3),
        (quadratic::number(12, quadratic::Operation::MultiplySubtract), [d, a, b, 7], 3),
        (curves[0], [d, a, 3, 7], 2),
        (curves[1], [d, 5, 3, 7], 1),
    ]
}

#[test]
fn pointers_that_are_others_in_the_field() {
    for (number, arguments, taken) in calls() {
        let mut lie = loaded(number, arguments);
        let honest = lie.run.recording.clone();
        for (register, address) in arguments.into_iter().enumerate().take(taken) {
            again(&mut lie, &honest);
            lie.record(|run| claim(run, register, ORDER + address));
            lie.refused(&["bus range16"]);
            // If the call doesn't take the pointer, its range doesn't matter.
            if let Some(flag) =
                ["", "takes_a1", "takes_a2", ""].get(register).filter(|it| !it.is_empty())
            {
                lie.set(Table::Ecall, 0, flag, 0);
                lie.refused(&["bus call"]);
            }
        }
    }
}

/// Registers that a call doesn't take are free: so the rows of the honest run say, too.
#[test]
fn registers_that_are_not_taken_may_be_others_in_the_field() {
    for (number, arguments, taken) in calls() {
        let mut lie = loaded(number, arguments);
        for (register, argument) in arguments.into_iter().enumerate().take(3).skip(taken) {
            lie.record(|run| {
                claim(run, register, ORDER + argument);
                for event in &mut run.events().points {
                    event.pointers[register] = ORDER + argument;
                }
            });
            lie.accepted();
        }
    }
}

#[test]
fn calls_take_what_their_tables_say() {
    for (number, arguments, taken) in calls() {
        let mut lie = loaded(number, arguments);
        let honest = lie.run.recording.clone();
        for (register, flag) in [(1, "takes_a1"), (2, "takes_a2")] {
            again(&mut lie, &honest);
            lie.set(Table::Ecall, 0, flag, u64::from(register >= taken));
            lie.refused(&["bus call"]);
            // Nor do other calls take pointers: here, the halt.
            again(&mut lie, &honest);
            lie.set(Table::Ecall, 1, flag, 1);
            lie.refused(&["table ecall row 1: only a computation takes pointers"]);
        }
    }
}

/// A call that prints is told to be one that computes, of a number that no table has.
#[test]
fn numbers_that_no_table_has() {
    let mut lie = loaded(print::NUMBER, [0; 4]);
    let honest = lie.run.recording.clone();
    for number in [1000, 1039, 1051, 1055, 1062, 1063, 1065] {
        again(&mut lie, &honest);
        lie.record(|run| claim(run, 7, number));
        lie.set(Table::Ecall, 0, "is_computation", 1);
        lie.refused(&["bus call"]);
    }
}

/// The number of a call in the lower half of a7, and something in the upper one.
#[test]
fn numbers_have_32_bits() {
    for (number, arguments, taken) in calls() {
        let mut lie = loaded(number, arguments);
        lie.record(|run| claim(run, 7, 1 << 32 | number));
        lie.set(Table::Ecall, 0, "is_computation", 1);
        for (register, flag) in [(1, "takes_a1"), (2, "takes_a2")] {
            lie.set(Table::Ecall, 0, flag, u64::from(register < taken));
        }
        lie.refused(&["table ecall row 0: a7 is the call number, high limb"]);
    }
}
