//! Lies about points: sums that aren't, slopes of vertical lines, coordinates that aren't reduced,
//! and sums that nobody asked for.

use lvm_air::table::Table;
use lvm_isa::arithmetic::{self, Point, PointSum};
use lvm_isa::event::{Access, Events};
use lvm_isa::instruction::Operation::Sd;
use lvm_syscalls::curve::{Curve, Operation, number};
use lvm_vm::assemble::{Assembler, s};
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::support::lie::Lie;
use crate::support::table_mut;
use crate::{again, call, forget, leave, place, run_on, touch, with_values, words};

const ZERO: [u64; 4] = [0; 4];
const ONE: [u64; 4] = [1, 0, 0, 0];

fn point(x: [u64; 4], y: [u64; 4]) -> [u64; 8] {
    core::array::from_fn(|at| if at < 4 { x[at] } else { y[at - 4] })
}

fn halves(point: &[u64; 8]) -> Point {
    arithmetic::parts(point)
}

/// An honest run that adds to p the point q, or doubles it.
fn run(curve: Curve, operation: Operation, p: &[u64; 8], q: &[u64; 8]) -> Lie {
    call(number(curve, operation), [place(0), place(1), 0, 0], &[p, q])
}

/// Says that p and q are these, and p then this, in memory and in the call's event.
fn operands(lie: &mut Lie, p: &[u64; 8], q: &[u64; 8], left: &[u64; 8]) {
    lie.record(|run| {
        let event = &mut run.events().points[0];
        event.p = with_values(event.p, *p);
        touch(run, place(0), p, left);
        let event = &mut run.events().points[0];
        if event.operation == Operation::Add {
            event.q = with_values(event.q, *q);
            touch(run, place(1), q, q);
        }
    });
}

fn fault(table: Table, label: &str) -> String {
    format!("table {} row 0: {label}", table.name())
}

/// Sets the words of a number in `point`, from a column on.
fn set_words(lie: &mut Lie, column: &str, words: &[u64; 4]) {
    for (at, word) in words.iter().enumerate() {
        for limb in 0..4 {
            let column = format!("{column}[{at}].limbs[{limb}]");
            lie.set(Table::Point, 0, &column, word >> (16 * limb) & 0xFFFF);
        }
    }
}

/// Sets the sum in both tables.
fn set_sum(lie: &mut Lie, sum: &Point) {
    for (coordinate, words) in sum.iter().enumerate() {
        set_words(lie, &format!("sum[{coordinate}].words"), words);
        for (at, word) in words.iter().enumerate() {
            let column = format!("sum[{}]", 4 * coordinate + at);
            lie.set(Table::PointMemory, 0, &format!("{column}.lo"), word & 0xFFFF_FFFF);
            lie.set(Table::PointMemory, 0, &format!("{column}.hi"), word >> 32);
        }
    }
}

/// Coefficients of an equation, by powers of 2^16.
type Coefficients = [i128; 32];

/// Adds a number of times the product of two numbers.
fn add_product(sum: &mut Coefficients, times: i128, a: &[u64; 4], b: &[u64; 4]) {
    let limbs = |words: &[u64; 4]| -> [i128; 16] {
        core::array::from_fn(|at| i128::from(words[at / 4] >> (16 * (at % 4)) & 0xFFFF))
    };
    let (a, b) = (limbs(a), limbs(b));
    for (i, j) in (0..16).flat_map(|i| (0..16).map(move |j| (i, j))) {
        sum[i + j] += times * a[i] * b[j];
    }
}

/// Says that an equation's quotient is −1 or 0 or 1, and gives it the carries that it needs when
/// the rest of it has these coefficients. It must hold.
fn set_multiple(
    lie: &mut Lie,
    index: usize,
    quotient: i128,
    rest: Coefficients,
    modulus: &[u64; 4],
) {
    let mut sum = rest;
    let (words, high) = match quotient {
        -1 => ([u64::MAX; 4], -1),
        0 => (ZERO, 0),
        _ => (ONE, 0),
    };
    add_product(&mut sum, -1, &words, modulus);
    let above: Coefficients = {
        let mut above = [0; 32];
        add_product(&mut above, -high, &ONE, modulus);
        core::array::from_fn(|at| if at < 16 { 0 } else { above[at - 16] })
    };
    let name = format!("multiples[{index}]");
    set_words(lie, &format!("{name}.words"), &words);
    *lie.cell(Table::Point, 0, &format!("{name}.high")) = Goldilocks::from_i64(high as i64);
    let mut carry = 0;
    for at in 0..16 {
        let pair = |at: usize| sum[at] + above[at];
        let total = pair(2 * at) + (pair(2 * at + 1) << 16) + carry;
        assert_eq!(total & 0xFFFF_FFFF, 0, "the equation holds");
        carry = total >> 32;
        if at < 15 {
            let offset = (carry + (1 << 31)) as u64;
            let column = format!("{name}.carries[{at}]");
            lie.set(Table::Point, 0, &format!("{column}.limbs[0]"), offset & 0xFFFF);
            lie.set(Table::Point, 0, &format!("{column}.limbs[1]"), offset >> 16);
        }
    }
    assert_eq!(carry, 0, "the equation holds");
}

/// The equations of x and of y for a slope of 1.
fn set_equations(lie: &mut Lie, p: &Point, q_x: &[u64; 4], sum: &Point, quotients: [i128; 2]) {
    let modulus = Curve::Bn254.modulus();
    let mut square = [0; 32];
    add_product(&mut square, 1, &ONE, &ONE);
    for x in [&p[0], q_x, &sum[0]] {
        add_product(&mut square, -1, x, &ONE);
    }
    set_multiple(lie, 1, quotients[0], square, &modulus);
    let mut line = [0; 32];
    add_product(&mut line, 1, &ONE, &p[0]);
    for minus in [&sum[0], &p[1], &sum[1]] {
        add_product(&mut line, -1, &ONE, minus);
    }
    set_multiple(lie, 2, quotients[1], line, &modulus);
}

#[test]
fn another_sum() {
    for operation in Operation::ALL {
        let mut lie = run(Curve::Secp256r1, operation, &words(1), &words(20));
        let honest = lie.run.recording.clone();
        let sum = lie.run.events().touched.iter().take(8).map(|word| word.last.value);
        let mut sum: [u64; 8] = sum.collect::<Vec<_>>().try_into().expect("eight words");
        let both = ["equation of x", "equation of y"].map(|label| fault(Table::Point, label));
        let both = both.each_ref().map(String::as_str);
        // y follows from x.
        for (word, faults) in [(1, &both[..]), (6, &both[1..])] {
            again(&mut lie, &honest);
            sum[word] ^= 1;
            lie.record(|run| leave(run, place(0), &sum));
            // Only in memory, or as the row of arithmetic says.
            lie.refused(&["bus memory"]);
            set_sum(&mut lie, &halves(&sum));
            lie.refused(faults);
            // What memory becomes isn't what the row of arithmetic says.
            again(&mut lie, &honest);
            lie.record(|run| leave(run, place(0), &sum));
            *lie.cell(Table::PointMemory, 0, &format!("sum[{word}].lo")) =
                Goldilocks::from_u64(sum[word] & 0xFFFF_FFFF);
            lie.refused(&["bus point"]);
            sum[word] ^= 1;
        }
        // Another slope.
        again(&mut lie, &honest);
        *lie.cell(Table::Point, 0, "slope[0].limbs[0]") += Goldilocks::ONE;
        let labels = ["equation of the slope", "equation of x", "equation of y"];
        let faults = labels.map(|label| fault(Table::Point, label));
        lie.refused(&faults.each_ref().map(String::as_str));
    }
}

/// Any slope fits where the line is vertical: p is q, or y is 0. The emulator traps there.
#[test]
fn slopes_of_vertical_lines() {
    let vertical = fault(Table::Point, "the line is not vertical");
    for curve in Curve::ALL {
        let origin = point(ZERO, ZERO);
        let mut lie = run(curve, Operation::Add, &origin, &point(ONE, ZERO));
        operands(&mut lie, &origin, &origin, &origin);
        lie.refused(&[&vertical]);
        // Whatever is claimed to show that a difference isn't 0.
        lie.set(Table::Point, 0, "witnesses[0]", 1).set(Table::Point, 0, "witnesses[7]", 99);
        lie.refused(&[&vertical]);
    }
    for curve in [Curve::Secp256k1, Curve::Bn254] {
        let origin = point(ZERO, ZERO);
        let mut lie = run(curve, Operation::Double, &point(ONE, ONE), &origin);
        operands(&mut lie, &origin, &origin, &origin);
        lie.refused(&[&vertical]);
    }
}

/// A point is added to itself, by the slope of its tangent.
#[test]
fn the_tangent_is_no_line_between_points() {
    for curve in Curve::ALL {
        let p = words(1);
        let double = run(curve, Operation::Double, &p, &p);
        let PointSum { sum, .. } =
            arithmetic::curve(curve, Operation::Double, &halves(&p), &halves(&p))
                .expect("a double");
        let mut lie = run(curve, Operation::Add, &p, &words(20));
        operands(&mut lie, &p, &p, &point(sum[0], sum[1]));
        set_sum(&mut lie, &sum);
        let mut honest = double.tables;
        for column in Table::Point.columns() {
            let is_shared = ["slope", "sum", "multiples[1]", "multiples[2]"]
                .iter()
                .any(|prefix| column.name.starts_with(prefix));
            if is_shared {
                let rows = &table_mut(&mut honest, Table::Point).rows;
                let at = Table::Point.columns().iter().position(|it| it.name == column.name);
                let value = rows.values[at.expect("the column is there")];
                *lie.cell(Table::Point, 0, &column.name) = value;
            }
        }
        lie.refused(&[&fault(Table::Point, "the line is not vertical")]);
    }
}

/// The program adds a point to itself, where the emulator traps. Its double would be the sum, but it
/// isn't what the program asked for.
#[test]
fn a_double_is_no_sum() {
    for curve in Curve::ALL {
        let p: [u64; 8] = words(1);
        let double = arithmetic::curve(curve, Operation::Double, &halves(&p), &halves(&p))
            .expect("a double");
        let left = point(double.sum[0], double.sum[1]);
        let mut lie = run(curve, Operation::Add, &p, &words(20));
        lie.record(|run| {
            let event = &mut run.events().points[0];
            (event.operation, event.q) = (Operation::Double, Default::default());
            forget(run, place(1)..place(2));
        });
        operands(&mut lie, &p, &p, &left);
        lie.refused(&["bus call"]);
    }
}

/// A second point, in a row that doubles the first.
#[test]
fn a_point_beside_the_one_that_is_doubled() {
    let mut lie = run(Curve::Secp256k1, Operation::Double, &words(1), &words(20));
    let label = "there is no q to double";
    lie.set(Table::PointMemory, 0, "q[4].found.before.hi", 1);
    lie.refused(&[&fault(Table::PointMemory, label), "bus point"]);
    lie.set(Table::Point, 0, "q[1].words[0].limbs[2]", 1);
    lie.refused(&[&fault(Table::PointMemory, label), &fault(Table::Point, label)]);
}

/// Coordinates of which the modulus was not taken away: 0 as the modulus, on a line with the slope
/// 1. All equations hold.
#[test]
fn coordinates_that_are_not_reduced() {
    let curve = Curve::Bn254;
    let modulus = curve.modulus();
    let less = fault(Table::Point, "the number is less than the bound");
    let (origin, other) = (point(ZERO, ZERO), point(ONE, ONE));
    let mut lie = run(curve, Operation::Add, &origin, &other);
    let honest = lie.run.recording.clone();

    // p.x.
    let p = point(modulus, ZERO);
    operands(&mut lie, &p, &other, &origin);
    set_words(&mut lie, "slope", &ONE);
    let mut rise = [0; 32];
    add_product(&mut rise, 1, &ONE, &ONE);
    add_product(&mut rise, -1, &ONE, &modulus);
    add_product(&mut rise, -1, &ONE, &ONE);
    set_multiple(&mut lie, 0, -1, rise, &modulus);
    set_equations(&mut lie, &halves(&p), &ONE, &[ZERO; 2], [-1, 1]);
    lie.refused(&[&less]);
    // The gap that would be needed: half 0 decides, and there is no difference.
    *lie.cell(Table::Point, 0, "p[0].less.limbs[0]") = -Goldilocks::ONE;
    lie.set(Table::Point, 0, "p[0].less.limbs[1]", 0);
    lie.refused(&["bus range16"]);

    // The sum's x.
    again(&mut lie, &honest);
    operands(&mut lie, &origin, &other, &p);
    set_sum(&mut lie, &[modulus, ZERO]);
    set_equations(&mut lie, &halves(&origin), &ONE, &[modulus, ZERO], [-1, -1]);
    for half in 0..8 {
        lie.set(Table::Point, 0, &format!("sum[0].decides[{half}]"), u64::from(half == 0));
    }
    lie.set(Table::Point, 0, "sum[0].less.limbs[0]", 0);
    lie.set(Table::Point, 0, "sum[0].less.limbs[1]", 0);
    lie.refused(&[&less]);
}

/// Sets all cells of a row to 0, or to those of another row.
fn replace(lie: &mut Lie, table: Table, row: usize, by: Option<usize>) {
    let rows = &mut table_mut(&mut lie.tables, table).rows;
    let width = rows.width;
    match by {
        Some(other) => rows.values.copy_within(other * width..(other + 1) * width, row * width),
        None => rows.values[row * width..][..width].fill(Goldilocks::ZERO),
    }
}

/// The same point is doubled twice, in two places.
#[test]
fn sums_are_proved_as_often_as_they_are_used() {
    let number = number(Curve::Secp256k1, Operation::Double);
    let mut code = Assembler::new();
    code.call(number, [place(0), 0, 0, 0]).call(number, [place(1), 0, 0, 0]).halt(0);
    let p: [u64; 8] = words(1);
    let mut lie = Lie::of(run_on(&code, &[&p, &p]));
    let honest = lie.run.recording.clone();
    // One row of arithmetic for both calls.
    replace(&mut lie, Table::Point, 1, None);
    lie.refused(&["bus point"]);
    // None, and a row that counts twice.
    replace(&mut lie, Table::Point, 0, None);
    lie.refused(&["bus point"]);
    again(&mut lie, &honest);
    replace(&mut lie, Table::Point, 1, None);
    lie.set(Table::Point, 0, "curves[0]", 2);
    let found = lie.run.faults(&lie.tables);
    assert!(found.contains(&fault(Table::Point, "curves are boolean")), "{found}");
    assert!(lie.run.verify(&lie.run.prove(&lie.tables)).is_err());

    // A sum that nobody asked for.
    let mut lie = run(Curve::Secp256k1, Operation::Double, &p, &p);
    let rows = table_mut(&mut lie.tables, Table::Point).rows.values.len() / Table::Point.width();
    assert!(rows > 1, "there is an unused row");
    replace(&mut lie, Table::Point, 1, Some(0));
    lie.refused(&["bus point"]);
}

/// The row of arithmetic is about another curve, with the sum that the points have there.
#[test]
fn sums_on_another_curve() {
    let (p, q) = (words(1), words(20));
    for operation in Operation::ALL {
        let mut lie = run(Curve::Secp256k1, operation, &p, &q);
        let other = run(Curve::Secp256r1, operation, &p, &q);
        let honest = other.tables.clone();
        let left: Vec<u64> = other.run.recording.segments[0]
            .events
            .touched
            .iter()
            .take(8)
            .map(|word| word.last.value)
            .collect();
        lie.record(|run| leave(run, place(0), &left));
        let left: [u64; 8] = left.try_into().expect("eight words");
        set_sum(&mut lie, &halves(&left));
        let mut honest = honest;
        let row = table_mut(&mut honest, Table::Point).rows.values.clone();
        let width = Table::Point.width();
        table_mut(&mut lie.tables, Table::Point).rows.values[..width]
            .copy_from_slice(&row[..width]);
        lie.refused(&["bus point"]);
    }
}

/// A point that the program has replaced in part is found as it was before.
#[test]
fn points_that_are_older_than_their_newest_value() {
    const NEW: u64 = 0x0123_4567;
    let points: [[u64; 8]; 2] = [words(1), words(20)];
    for (operand, tick) in [(0, 3), (1, 1)] {
        let mut code = Assembler::new();
        code.li(5, place(operand)).li(6, NEW).push(s(Sd, 5, 6, 0));
        let number = number(Curve::Bn254, Operation::Add);
        code.call(number, [place(0), place(1), 0, 0]).halt(0);
        let mut lie = Lie::of(run_on(&code, &[&points[0], &points[1]]));
        let [p, q] = [&points[0], &points[1]].map(halves);
        let sum = arithmetic::curve(Curve::Bn254, Operation::Add, &p, &q).expect("a sum").sum;
        let old = points[operand][0];
        let mut accessed = 0;
        lie.record(|run| {
            let events: &mut Events = run.events();
            let written = events.store_double[0].step.time + 2;
            let event = &mut events.points[0];
            accessed = event.time + tick;
            let found = Access { value: old, time: 0 };
            if operand == 0 {
                event.p[0] = found
            } else {
                event.q[0] = found
            }
            leave(run, place(0), &sum.concat());
            touch(run, place(operand), &[old], &[NEW]);
            let address = place(operand);
            let word = run.events().touched.iter_mut().find(|word| word.address == address);
            word.expect("the run touches the word").last.time = written;
        });
        // The store finds what the call left.
        let left = if operand == 0 { sum[0][0] } else { old };
        lie.set(Table::StoreDouble, 0, "word.time", u64::from(accessed));
        lie.set(Table::StoreDouble, 0, "word.before.lo", left & 0xFFFF_FFFF);
        lie.set(Table::StoreDouble, 0, "word.before.hi", left >> 32);
        lie.set(Table::StoreDouble, 0, "word.gap.low", 0);
        lie.refused(&["bus range16"]);
    }
}
