//! Lies about numbers: results, remainders and operands of `modular` and `quadratic`.

use lvm_air::table::Table;
use lvm_isa::arithmetic;
use lvm_isa::event::Access;
use lvm_isa::instruction::Operation::Sd;
use lvm_syscalls::curve::Curve;
use lvm_syscalls::modular::{self, Operation};
use lvm_syscalls::quadratic::{self, MODULUS_BLS12_381, MODULUS_BN254};
use lvm_vm::assemble::{Assembler, s};
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::support::lie::Lie;
use crate::{again, call, forget, leave, place, run_on, touch, with_values, words};

const LESS: &str = "the number is less than the bound";

/// A modulus that is larger than [`words`].
const MODULUS: [u64; 6] = [u64::MAX; 6];

fn small<const N: usize>(value: u64) -> [u64; N] {
    core::array::from_fn(|at| if at == 0 { value } else { 0 })
}

/// A call of `modular` on 256 bits; operands are d, a, m and b.
fn multiply(operation: Operation, operands: [[u64; 4]; 4]) -> Lie {
    let arguments = [0, 1, 2, 3].map(place);
    call(modular::number(4, operation), arguments, &operands.each_ref().map(|it| it.as_slice()))
}

/// A table's fault in its only row.
fn fault(table: Table, label: &str) -> String {
    format!("table {} row 0: {label}", table.name())
}

/// Changes a limb of the result, in the row and in memory.
fn change_limb(lie: &mut Lie, table: Table, word: usize, limb: usize) {
    let address = place(0) + 8 * word as u64;
    let touched = lie.run.events().touched.iter().find(|it| it.address == address);
    let last = touched.expect("the run touches the word").last.value;
    // One less, so that the number stays below its bound.
    assert!(last >> (16 * limb) & 0xFFFF > 0);
    lie.record(|run| leave(run, address, &[last - (1 << (16 * limb))]));
    *lie.cell(table, 0, &format!("result[{word}].limbs[{limb}]")) -= Goldilocks::ONE;
}

#[test]
fn another_result() {
    let m = Curve::Secp256k1.modulus();
    for operation in Operation::ALL {
        let mut lie = multiply(operation, [words(1), words(2), m, words(3)]);
        change_limb(&mut lie, Table::Modular256, 1, 2);
        lie.refused(&[&fault(Table::Modular256, "x·y + z = q·m + r")]);
    }
    let arguments = [0, 1, 2, 3].map(place);
    let operands = [&words::<6>(1), &words::<6>(2), &MODULUS, &words::<6>(3)];
    let number = modular::number(6, Operation::MultiplySubtract);
    let mut lie = call(number, arguments, &operands.map(|it| it.as_slice()));
    change_limb(&mut lie, Table::Modular384, 5, 0);
    lie.refused(&[&fault(Table::Modular384, "x·y + z = q·m + r")]);

    for (count, table, number) in [
        (8, Table::Quadratic256, quadratic::number(8, quadratic::Operation::MultiplyAdd)),
        (12, Table::Quadratic384, quadratic::number(12, quadratic::Operation::Multiply)),
    ] {
        let operands =
            [&words::<12>(1)[..count], &words::<12>(2)[..count], &words::<12>(3)[..count]];
        for (word, label) in [(1, "equation of x"), (count - 2, "equation of y")] {
            let mut lie = call(number, arguments, &operands);
            change_limb(&mut lie, table, word, 1);
            lie.refused(&[&fault(table, label)]);
        }
    }
}

/// 7·3 is 11 modulo 10, with a quotient of 1. However one says which half decides, and by how much.
#[test]
fn a_result_that_is_one_modulus_larger() {
    let operands = [small(0), small(7), small(10), small(3)];
    let mut lie = multiply(Operation::Multiply, operands);
    lie.record(|run| leave(run, place(0), &[11]));
    let table = Table::Modular256;
    lie.set(table, 0, "result[0].limbs[0]", 11).set(table, 0, "quotient[0].limbs[0]", 1);
    lie.refused(&[&fault(table, LESS)]);
    // What 11 is less than 10 by, less 1.
    *lie.cell(table, 0, "less.limbs[0]") = -Goldilocks::TWO;
    lie.refused(&["bus range16"]);
    // Another half, in which both numbers are the same.
    lie.set(table, 0, "decides[0]", 0).set(table, 0, "decides[1]", 1);
    *lie.cell(table, 0, "less.limbs[0]") = -Goldilocks::ONE;
    lie.refused(&["bus range16"]);
    lie.set(table, 0, "less.limbs[0]", 0);
    lie.refused(&[&fault(table, LESS)]);
    // No half.
    lie.set(table, 0, "decides[1]", 0);
    let equal = fault(table, "halves above the one that decides are equal");
    lie.refused(&[&fault(table, LESS), &fault(table, "one half decides"), &equal]);
    // Twice the lowest.
    lie.set(table, 0, "decides[0]", 2);
    lie.refused(&[
        &fault(table, LESS),
        &fault(table, "one half decides"),
        &fault(table, "what decides is boolean"),
        &equal,
    ]);
}

/// A factor that is the modulus and one is left as it is.
#[test]
fn elements_that_are_not_reduced() {
    let [zero, one] = [0, 1].map(small::<12>);
    for (modulus, table) in
        [(&MODULUS_BN254[..], Table::Quadratic256), (&MODULUS_BLS12_381, Table::Quadratic384)]
    {
        let count = modulus.len();
        let number = quadratic::number(2 * count, quadratic::Operation::Multiply);
        for part in 0..2 {
            let mut large = vec![0; 2 * count];
            large[part * count..][..count].copy_from_slice(modulus);
            large[part * count] += 1;
            let [zero, one] = [&zero, &one].map(|it| &it[..2 * count]);
            let mut lie = call(number, [0, 1, 2, 3].map(place), &[zero, &large, one]);
            lie.record(|run| leave(run, place(0), &large));
            for (at, word) in large.iter().enumerate() {
                for limb in 0..4 {
                    let column = format!("result[{at}].limbs[{limb}]");
                    lie.set(table, 0, &column, word >> (16 * limb) & 0xFFFF);
                }
            }
            lie.set(table, 0, &format!("quotients[{}].limbs[0]", part * count), 0);
            // The lowest half decides now, if any does.
            let letter = ["x", "y"][part];
            for half in 0..2 * count {
                lie.set(table, 0, &format!("{letter}_decides[{half}]"), u64::from(half == 0));
            }
            lie.set(table, 0, &format!("less[{part}].limbs[0]"), 0);
            lie.set(table, 0, &format!("less[{part}].limbs[1]"), 0);
            lie.refused(&[&fault(table, LESS)]);
            *lie.cell(table, 0, &format!("less[{part}].limbs[0]")) = -Goldilocks::TWO;
            lie.refused(&["bus range16"]);
        }
    }
}

/// Operands without a result: the emulator traps on them.
#[test]
fn results_where_there_is_none() {
    let table = Table::Modular256;
    // 0 modulo 0.
    let mut lie = multiply(Operation::Multiply, [small(9), small(0), small(1), small(5)]);
    lie.record(|run| {
        run.events().modular_256[0].modulus[0].value = 0;
        touch(run, place(2), &[0], &[0]);
    });
    lie.refused(&[&fault(table, LESS)]);
    *lie.cell(table, 0, "less.limbs[0]") = -Goldilocks::ONE;
    lie.set(table, 0, "less.limbs[1]", 0);
    lie.refused(&["bus range16"]);

    // A quotient of 2^257.
    let half = [0, 0, 0, 1 << 63];
    let mut lie = multiply(Operation::Multiply, [small(9), half, small(1), small(3)]);
    lie.record(|run| {
        run.events().modular_256[0].b[0].value = 4;
        touch(run, place(3), &[4], &[4]);
    });
    lie.refused(&[&fault(table, "the quotient's highest limb is −1, 0 or 1")]);

    // An inverse of 4 modulo 6: 4·4 is 4, not 1, and so is every other multiple even.
    let mut lie = multiply(Operation::Invert, [small(9), small(5), small(6), small(0)]);
    lie.record(|run| {
        run.events().modular_256[0].a[0].value = 4;
        touch(run, place(1), &[4], &[4]);
        leave(run, place(0), &[0]);
    });
    lie.refused(&[&fault(table, "x·y + z = q·m + r")]);
}

/// The highest limb of a quotient, which only a constraint bounds, in a call of the other field.
#[test]
fn quotients_of_elements_have_their_range() {
    let number = quadratic::number(8, quadratic::Operation::Multiply);
    let one = small::<8>(1);
    let max = [u64::MAX; 8];
    let mut lie = call(number, [0, 1, 2, 3].map(place), &[&small::<8>(0), &max, &one]);
    *lie.cell(Table::Quadratic256, 0, "quotient_highs[0]") += Goldilocks::TWO;
    lie.refused(&[
        &fault(Table::Quadratic256, "a quotient's highest limb is −1, 0 or 1"),
        &fault(Table::Quadratic256, "equation of x"),
    ]);
}

/// The program replaces an operand's first word, and the call finds the one before: the operand at
/// `operand` changes from `old`, and `find` says so in the event. What the call then leaves, it
/// returns.
fn stale_operand(
    number: u64,
    operands: &[&[u64]],
    operand: usize,
    find: impl FnOnce(&mut lvm_isa::event::Events, Access) -> Vec<u64>,
    tick: u32,
) {
    const NEW: u64 = 0x0123_4567;
    let mut code = Assembler::new();
    code.li(5, place(operand)).li(6, NEW).push(s(Sd, 5, 6, 0));
    code.call(number, [0, 1, 2, 3].map(place)).halt(0);
    let mut lie = Lie::of(run_on(&code, operands));
    let old = operands[operand][0];
    let mut read_at = 0;
    lie.record(|run| {
        let events = run.events();
        let written = events.store_double[0].step.time + 2;
        read_at = events.ecall[0].time + tick;
        let left = find(events, Access { value: old, time: 0 });
        leave(run, place(0), &left);
        let address = place(operand);
        let touched = run.events().touched.iter_mut().find(|it| it.address == address);
        touched.expect("the run touches the word").last.time = written;
        touch(run, address, &[old], &[NEW]);
    });
    // The store finds what the call left: only time runs backwards.
    let before = if operand == 0 { lie.run.events().clone() } else { Default::default() };
    let left = target_word(&before);
    lie.set(Table::StoreDouble, 0, "word.time", u64::from(read_at));
    lie.set(Table::StoreDouble, 0, "word.before.lo", left.unwrap_or(old) & 0xFFFF_FFFF);
    lie.set(Table::StoreDouble, 0, "word.before.hi", left.unwrap_or(old) >> 32);
    lie.set(Table::StoreDouble, 0, "word.gap.low", 0);
    lie.refused(&["bus range16"]);
}

/// The first word that the only call leaves, if there is one.
fn target_word(events: &lvm_isa::event::Events) -> Option<u64> {
    if let Some(event) = events.modular_256.first() {
        let values = |it: &[Access; 4]| it.map(|access| access.value);
        let [d, a, b, m] = [&event.target, &event.a, &event.b, &event.modulus].map(values);
        return arithmetic::modular(event.operation, &d, &a, &b, &m).map(|it| it[0]);
    }
    let event = events.quadratic_256.first()?;
    let values = |it: &[Access; 8]| it.map(|access| access.value);
    let [d, a, b] = [&event.target, &event.a, &event.b].map(values);
    let [x, _] = arithmetic::quadratic(event.operation, &d, &a, &b, &MODULUS_BN254)?;
    Some(x.remainder[0])
}

#[test]
fn operands_that_are_older_than_their_newest_value() {
    let m = [u64::MAX; 4];
    let operands: [[u64; 4]; 4] = [words(1), words(2), m, words(3)];
    let slices = operands.each_ref().map(|it| it.as_slice());
    // d is found at the fourth tick, a at the first, m at the third, b at the second.
    for (operand, tick) in [(0, 3), (1, 0), (2, 2), (3, 1)] {
        let number = modular::number(4, Operation::MultiplyAdd);
        let find = |events: &mut lvm_isa::event::Events, found| {
            let event = &mut events.modular_256[0];
            let all = [&mut event.target, &mut event.a, &mut event.modulus, &mut event.b];
            let [d, a, m, b] = all;
            [d, a, m, b][operand][0] = found;
            let [d, a, m, b] = operands;
            arithmetic::modular(Operation::MultiplyAdd, &d, &a, &b, &m).expect("a result").to_vec()
        };
        stale_operand(number, &slices, operand, find, tick);
    }
    let operands: [[u64; 8]; 3] = [words(1), words(2), words(3)];
    let slices = operands.each_ref().map(|it| it.as_slice());
    for (operand, tick) in [(0, 3), (1, 0), (2, 1)] {
        let operation = quadratic::Operation::MultiplySubtract;
        let find = |events: &mut lvm_isa::event::Events, found| {
            let event = &mut events.quadratic_256[0];
            let [d, a, b] = [&mut event.target, &mut event.a, &mut event.b];
            [d, a, b][operand][0] = found;
            let [d, a, b] = operands;
            let parts = arithmetic::quadratic(operation, &d, &a, &b, &MODULUS_BN254);
            parts.expect("a result").map(|it| it.remainder).concat()
        };
        stale_operand(quadratic::number(8, operation), &slices, operand, find, tick);
    }
}

/// The factor and the destination are the same number, which is multiplied by 1: a liar who reads
/// it after it is written may make it any.
#[test]
fn a_factor_that_is_read_after_the_result_is_written() {
    let d: [u64; 4] = words(1);
    let mut code = Assembler::new();
    let number = modular::number(4, Operation::Multiply);
    code.call(number, [place(0), place(0), place(2), place(3)]).halt(0);
    let m = [u64::MAX; 4];
    let mut lie = Lie::of(run_on(&code, &[&d, &[], &m, &small::<4>(1)]));
    let any: [u64; 4] = words(77);
    let mut time = 0;
    lie.record(|run| {
        let event = &mut run.events().modular_256[0];
        time = event.time;
        event.a = any.map(|value| Access { value, time: 0 });
        event.target = d.map(|value| Access { value, time: 0 });
        touch(run, place(0), &d, &any);
        for word in run.events().touched.iter_mut().filter(|it| it.address < place(1)) {
            word.last.time = time;
        }
    });
    for word in 0..4 {
        lie.set(Table::Modular256, 0, &format!("a[{word}].found.time"), u64::from(time + 3));
        lie.set(Table::Modular256, 0, &format!("a[{word}].found.gap.low"), 0);
    }
    lie.refused(&["bus range16"]);
}

/// Operands that memory, or a3, doesn't hold, with the results that they would have.
#[test]
fn operands_that_are_not_there() {
    let m = [u64::MAX; 4];
    let [d, a, b]: [[u64; 4]; 3] = [words(1), words(2), words(3)];
    let mut lie = multiply(Operation::MultiplySubtract, [d, a, m, b]);
    let honest = lie.run.recording.clone();
    for operand in 0..4 {
        again(&mut lie, &honest);
        lie.record(|run| {
            let mut all = [d, a, m, b];
            all[operand][1] ^= 1 << 40;
            let [d, a, m, b] = all;
            let event = &mut run.events().modular_256[0];
            event.target = with_values(event.target, d);
            event.a = with_values(event.a, a);
            event.modulus = with_values(event.modulus, m);
            event.b = with_values(event.b, b);
            let result = arithmetic::modular(Operation::MultiplySubtract, &d, &a, &b, &m);
            leave(run, place(0), &result.expect("a result"));
        });
        lie.refused(&["bus memory"]);
    }
    // Another factor, which a3 doesn't point to.
    again(&mut lie, &honest);
    lie.record(|run| {
        forget(run, place(3)..place(4));
        let time = run.events().ecall[0].time;
        let event = &mut run.events().modular_256[0];
        event.a3.value = place(0);
        // Read between the factor and the write, all in one instruction.
        event.b = d.map(|value| Access { value, time: 0 });
        event.target = d.map(|value| Access { value, time: time + 1 });
        let result = arithmetic::modular(Operation::MultiplySubtract, &d, &a, &d, &m);
        leave(run, place(0), &result.expect("a result"));
    });
    lie.refused(&["bus register"]);
}
