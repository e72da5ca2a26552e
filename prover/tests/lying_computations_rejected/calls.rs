//! Lies about which calls there are: rows without a call, calls without a row, and rows of other
//! calls than those that were made.

use lvm_air::table::Table;
use lvm_isa::arithmetic::{self, parts};
use lvm_isa::event::{Access, Events, PointCall};
use lvm_syscalls::curve::{self, Curve};
use lvm_syscalls::{modular, quadratic};
use lvm_vm::assemble::Assembler;

use crate::support::lie::Lie;
use crate::{again, call, forget, leave, place, run_on, words};

/// Evaluates an expression with each list of calls; the events of a call have a time and pointers.
macro_rules! each_list {
    ($events:expr, $list:ident => $body:expr) => {{
        let events: &mut Events = $events;
        each_list!(@ events, $list, $body, modular_256 modular_384 quadratic_256 quadratic_384 points);
    }};
    (@ $events:ident, $list:ident, $body:expr, $($name:ident)*) => {
        $({
            let $list = &mut $events.$name;
            $body
        })*
    };
}

/// What the calls are on: three numbers, elements or points, and a modulus that is larger.
///
/// Of 256 bits or 384, the modulus is odd numbers' to be inverted, since it is a power of 2 or
/// almost one.
fn operands() -> [[u64; 12]; 4] {
    let mut a = words(20);
    a[0] |= 1;
    [words(1), a, words(40), [0, 0, 0, 1 << 63, 0, 1 << 63, 0, 0, 0, 0, 0, 0]]
}

/// Honest runs, each of one call of a kind.
fn runs() -> impl Iterator<Item = Lie> {
    let [d, a, b, m] = [0, 1, 2, 3].map(place);
    let add = curve::number(Curve::Secp256r1, curve::Operation::Add);
    let double = curve::number(Curve::Bn254, curve::Operation::Double);
    let calls = [
        (modular::number(4, modular::Operation::MultiplyAdd), [d, a, m, b]),
        (modular::number(6, modular::Operation::MultiplySubtract), [d, a, m, b]),
        (quadratic::number(8, quadratic::Operation::MultiplySubtract), [d, a, b, 0]),
        (quadratic::number(12, quadratic::Operation::MultiplyAdd), [d, a, b, 0]),
        (add, [d, a, u64::MAX, 0]),
        (double, [d, u64::MAX, 5, 0]),
    ];
    calls.into_iter().map(|(number, arguments)| {
        call(number, arguments, &operands().each_ref().map(|it| it.as_slice()))
    })
}

/// When a3 was accessed last, before the call that read it.
fn time_of_a3(events: &Events) -> Option<u32> {
    let narrow = events.modular_256.first().map(|event| event.a3.time);
    narrow.or(events.modular_384.first().map(|event| event.a3.time)).filter(|time| *time > 0)
}

/// The call is made and does nothing.
#[test]
fn calls_that_no_row_answers() {
    for mut lie in runs() {
        lie.record(|run| {
            if let Some(time) = time_of_a3(run.events()) {
                run.events().last_registers[13].time = time;
            }
            each_list!(run.events(), list => list.clear());
            forget(run, 0..u64::MAX);
        });
        lie.refused(&["bus call"]);
    }
}

/// The row says that the call was made one instruction later; so does memory.
#[test]
fn rows_of_another_time() {
    for mut lie in runs() {
        lie.record(|run| {
            let later = 4;
            let start = run.events().ecall[0].time;
            let events = run.events();
            each_list!(events, list => list.iter_mut().for_each(|event| event.time += later));
            events.touched.iter_mut().for_each(|word| word.last.time += later);
            if events.last_registers[13].time == start {
                events.last_registers[13].time += later;
            }
        });
        lie.refused(&["bus call"]);
    }
}

/// The row says other pointers; memory has the same there.
#[test]
fn rows_of_other_pointers() {
    for mut lie in runs() {
        let honest = lie.run.recording.clone();
        for pointer in 0..3 {
            again(&mut lie, &honest);
            let mut moved = 0;
            lie.record(|run| {
                let far = 0x1_0000;
                each_list!(run.events(), list => for event in list {
                    moved = event.pointers[pointer];
                    event.pointers[pointer] = moved.wrapping_add(far);
                });
                let is_moved = |address: u64| (moved..moved.saturating_add(96)).contains(&address);
                let touched = &mut run.events().touched;
                for word in touched.iter_mut().filter(|word| is_moved(word.address)) {
                    word.address += far;
                }
                touched.sort_by_key(|word| word.address);
                let cells = &mut run.recording.ledger.cells;
                for cell in cells.iter_mut().filter(|cell| is_moved(cell.address)) {
                    cell.address += far;
                }
                cells.sort_by_key(|cell| cell.address);
            });
            lie.refused(&["bus call"]);
        }
    }
}

/// One call, and two rows, of which the second goes on with what the first has left.
#[test]
fn rows_that_no_call_asked_for() {
    for mut lie in runs() {
        lie.record(|run| {
            let touched = run.events().touched.clone();
            let start = run.events().ecall[0].time;
            let state = |address: u64| -> Access {
                touched
                    .iter()
                    .find(|word| word.address == address)
                    .map_or(Access::default(), |it| it.last)
            };
            let again = |accesses: &mut [Access], pointer: u64| {
                for (access, address) in accesses.iter_mut().zip((pointer..).step_by(8)) {
                    *access = state(address);
                }
            };
            let events = run.events();
            macro_rules! repeat {
                ($list:ident, $($operand:ident: $pointer:expr),*) => {
                    if let Some(mut event) = events.$list.first().cloned() {
                        event.time += 4;
                        $(again(&mut event.$operand, event.pointers[$pointer]);)*
                        events.$list.push(event);
                    }
                };
            }
            repeat!(modular_256, target: 0, a: 1, modulus: 2);
            repeat!(modular_384, target: 0, a: 1, modulus: 2);
            repeat!(quadratic_256, target: 0, a: 1, b: 2);
            repeat!(quadratic_384, target: 0, a: 1, b: 2);
            repeat!(points, p: 0);
            if let Some(event) = events.modular_256.last_mut() {
                again(&mut event.b, event.a3.value);
                event.a3.time = start;
            }
            if let Some(event) = events.modular_384.last_mut() {
                again(&mut event.b, event.a3.value);
                event.a3.time = start;
            }
            if let Some(event) = events.points.last_mut()
                && event.operation == curve::Operation::Add
            {
                again(&mut event.q, event.pointers[1]);
            }
            if events.last_registers[13].time == start {
                events.last_registers[13].time += 4;
            }
            events.touched.iter_mut().for_each(|word| word.last.time += 4);
            let left = result(events);
            leave(run, place(0), &left);
        });
        lie.refused(&["bus call"]);
    }
}

/// What the last call leaves.
fn result(events: &Events) -> Vec<u64> {
    fn values<const N: usize>(accesses: &[Access; N]) -> [u64; N] {
        accesses.map(|access| access.value)
    }
    if let Some(it) = events.modular_256.last() {
        let [d, a, b, m] = [&it.target, &it.a, &it.b, &it.modulus].map(values);
        return arithmetic::modular(it.operation, &d, &a, &b, &m).expect("a result").to_vec();
    }
    if let Some(it) = events.modular_384.last() {
        let [d, a, b, m] = [&it.target, &it.a, &it.b, &it.modulus].map(values);
        return arithmetic::modular(it.operation, &d, &a, &b, &m).expect("a result").to_vec();
    }
    if let Some(it) = events.quadratic_256.last() {
        let [d, a, b] = [&it.target, &it.a, &it.b].map(values);
        let parts = arithmetic::quadratic(it.operation, &d, &a, &b, &quadratic::MODULUS_BN254);
        return parts.expect("a result").map(|it| it.remainder).concat();
    }
    if let Some(it) = events.quadratic_384.last() {
        let [d, a, b] = [&it.target, &it.a, &it.b].map(values);
        let parts = arithmetic::quadratic(it.operation, &d, &a, &b, &quadratic::MODULUS_BLS12_381);
        return parts.expect("a result").map(|it| it.remainder).concat();
    }
    let it = events.points.last().expect("there is a call");
    let [p, q] = [&it.p, &it.q].map(|point| parts(&values(point)));
    arithmetic::curve(it.curve, it.operation, &p, &q).expect("a sum").sum.concat()
}

/// A row of another operation, or on another curve, with the result that this has.
#[test]
fn rows_of_another_operation() {
    use modular::Operation::{Invert, Multiply, MultiplyAdd, MultiplySubtract};
    let changes: [fn(&mut Events); 4] = [
        |events| {
            for event in &mut events.modular_256 {
                event.operation = if event.operation == Multiply { MultiplyAdd } else { Multiply };
            }
            for event in &mut events.modular_384 {
                event.operation = MultiplyAdd;
            }
            for event in &mut events.quadratic_256 {
                event.operation = quadratic::Operation::Multiply;
            }
            for event in &mut events.quadratic_384 {
                event.operation = quadratic::Operation::MultiplySubtract;
            }
            for event in &mut events.points {
                event.curve = Curve::Secp256k1;
            }
        },
        |events| {
            for event in &mut events.modular_256 {
                event.operation = MultiplySubtract;
            }
            for event in &mut events.modular_384 {
                event.operation = Multiply;
            }
            for event in &mut events.quadratic_256 {
                event.operation = quadratic::Operation::MultiplyAdd;
            }
            for event in &mut events.quadratic_384 {
                event.operation = quadratic::Operation::Multiply;
            }
            for event in &mut events.points {
                let other = event.curve == Curve::Secp256r1;
                event.curve = if other { Curve::Bn254 } else { Curve::Secp256r1 };
            }
        },
        // With one factor, so that the other isn't read.
        |events| {
            for event in &mut events.modular_256 {
                event.operation = Invert;
            }
            for event in &mut events.modular_384 {
                event.operation = Invert;
            }
        },
        // A point is doubled where another one is to be added.
        |events| {
            for event in &mut events.points {
                event.operation = curve::Operation::Double;
            }
        },
    ];
    for mut lie in runs() {
        let honest = lie.run.recording.clone();
        for (index, change) in changes.iter().enumerate() {
            again(&mut lie, &honest);
            lie.record(|run| {
                change(run.events());
                let forgets_b = index == 2 && run.events().points.is_empty();
                let forgets_q = index == 3;
                if forgets_b && let Some(time) = time_of_a3(run.events()) {
                    run.events().last_registers[13].time = time;
                    for event in &mut run.events().modular_256 {
                        (event.a3, event.b) = Default::default();
                    }
                    for event in &mut run.events().modular_384 {
                        (event.a3, event.b) = Default::default();
                    }
                    forget(run, place(2)..place(3));
                }
                if forgets_q && let [PointCall { q, .. }] = run.events().points.as_mut_slice() {
                    *q = Default::default();
                    forget(run, place(1)..place(2));
                }
                let left = result(run.events());
                leave(run, place(0), &left);
            });
            if lie.run.recording != honest {
                lie.refused(&["bus call"]);
            }
        }
    }
}

/// Two calls, and the rows have each other's times.
#[test]
fn rows_that_change_places() {
    let [d, a, b, m] = [0, 1, 2, 3].map(place);
    let number = modular::number(4, modular::Operation::Multiply);
    let mut code = Assembler::new();
    code.call(number, [d, a, m, b]).call(number, [a, d, m, b]).halt(0);
    let run = run_on(&code, &operands().each_ref().map(|it| it.as_slice()));
    let mut lie = Lie::of(run);
    // Both rows say the other's time, and the machine's memory is read and written accordingly.
    lie.record(|run| {
        let events = run.events();
        let [first, second] = events.modular_256.as_mut_slice() else { panic!("two calls") };
        let (early, late) = (first.time, second.time);
        let a3 = [first.a3.time, second.a3.time];
        // The second call comes first: it reads what was in d before the first one.
        let [d, a, b, m] = operands().map(|it| [it[0], it[1], it[2], it[3]]);
        let found = |values: [u64; 4], time| values.map(|value| Access { value, time });
        (second.time, second.a3.time, second.b) = (early, a3[0], found(b, 0));
        (second.a, second.modulus, second.target) = (found(d, 0), found(m, 0), found(a, 0));
        let product =
            arithmetic::modular(modular::Operation::Multiply, &a, &d, &b, &m).expect("a result");
        (first.time, first.a3.time, first.b) = (late, a3[1], found(b, early + 1));
        (first.a, first.modulus) = (found(product, early + 3), found(m, early + 2));
        first.target = found(d, early);
        events.modular_256.swap(0, 1);
        let left = arithmetic::modular(modular::Operation::Multiply, &d, &product, &b, &m);
        for word in &mut events.touched {
            word.last.time = match word.address {
                address if address >= place(3) => late + 2,
                address if address >= place(2) => late + 1,
                address if address >= place(1) => late,
                _ => late + 3,
            };
        }
        leave(run, place(0), &left.expect("a result"));
        leave(run, place(1), &product);
    });
    lie.refused(&["bus call"]);
}

/// Unused rows with flags that cancel each other out, or count twice.
#[test]
fn rows_that_count_otherwise_than_once() {
    for mut lie in runs() {
        let name = |table: Table, label: &str| format!("table {} row 0: {label}", table.name());
        for table in [
            Table::Modular256,
            Table::Modular384,
            Table::Quadratic256,
            Table::Quadratic384,
            Table::PointMemory,
        ] {
            if !lie.tables.segments[0].tables.iter().any(|filled| filled.table == table) {
                continue;
            }
            let (flag, label) = if table == Table::PointMemory {
                ("curves[0]", "at most one curve")
            } else {
                ("is_multiply", "at most one operation")
            };
            lie.set(table, 0, flag, 1);
            let found = lie.run.faults(&lie.tables);
            assert!(found.contains(&name(table, label)), "{found}");
            let verdict = lie.run.verify(&lie.run.prove(&lie.tables));
            assert!(verdict.is_err(), "{}: {verdict:?}", table.name());
        }
        // The call is sent twice, or not at all.
        lie.record(|_| {});
        lie.set(Table::Ecall, 0, "is_computation", 2);
        let found = lie.run.faults(&lie.tables);
        assert!(found.contains("table ecall row 0: is_computation is boolean"), "{found}");
        assert!(lie.run.verify(&lie.run.prove(&lie.tables)).is_err());
    }
}
