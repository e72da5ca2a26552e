//! The calls that compute are proved and verified: each operation on each kind of numbers, with
//! operands that overlap, that are in code, that earlier segments left.

mod support;

use lvm_air::table::Table;
use lvm_air::trace::{Filled, segment_heights};
use lvm_isa::instruction::Operation::{Addi, Bne};
use lvm_isa::segment::{Budget, Computation};
use lvm_prover::{Program, ProveOptions, Proved};
use lvm_syscalls::curve::{self, Curve};
use lvm_syscalls::modular::{self, WORDS_256, WORDS_384};
use lvm_syscalls::quadratic::{self, WORDS_BLS12_381, WORDS_BN254};
use lvm_syscalls::sha256;
use lvm_vm::assemble::{Assembler, ecall, i};

use support::Run;

const DATA: u64 = Assembler::DATA_START;
/// What registers hold that a call doesn't take: an address modulo the field's order.
const GARBAGE: u64 = 0xFFFF_FFFF_0000_0001 + DATA;

/// Words that are small enough to be parts of all fields' elements.
fn words(seed: u64, count: u64) -> Vec<u8> {
    let word = |at: u64| (seed + at).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 4;
    (0..count).flat_map(|at| word(at).to_le_bytes()).collect()
}

/// The modulus of all calls of `modular` here: a prime with almost all bits set, so that everything
/// has a result. That of secp256k1's field, or that of secp384r1's (SEC 2, section 2.5.1).
fn modulus(count: u64) -> Vec<u8> {
    let secp384r1 =
        [0xFFFF_FFFF, 0xFFFF_FFFF_0000_0000, u64::MAX - 1, u64::MAX, u64::MAX, u64::MAX];
    let words = match count {
        4 => Curve::Secp256k1.modulus().to_vec(),
        6 => secp384r1.to_vec(),
        _ => Vec::new(),
    };
    words.into_iter().flat_map(u64::to_le_bytes).collect()
}

/// Numbers of the calls of a kind but `sha256`.
fn numbers() -> Vec<(u64, u64)> {
    let modulars = [WORDS_256, WORDS_384].into_iter().flat_map(|words| {
        modular::Operation::ALL.map(|it| (modular::number(words, it), words as u64))
    });
    let quadratics = [WORDS_BN254, WORDS_BLS12_381].into_iter().flat_map(|words| {
        quadratic::Operation::ALL.map(|it| (quadratic::number(words, it), words as u64))
    });
    let curves = Curve::ALL
        .into_iter()
        .flat_map(|it| curve::Operation::ALL.map(|operation| (curve::number(it, operation), 8)));
    modulars.chain(quadratics).chain(curves).collect()
}

const fn is_modular(number: u64) -> bool {
    number < 1048
}

const fn is_curve(number: u64) -> bool {
    number >= 1056
}

/// Whether the call finds an inverse, which few numbers have modulo themselves.
const fn inverts(number: u64) -> bool {
    matches!(number, 1043 | 1047)
}

/// Whether the call adds two points, which must differ.
const fn adds_points(number: u64) -> bool {
    is_curve(number) && number.is_multiple_of(2)
}

/// The registers of a call with its destination and two factors or points, and the modulus where it
/// takes one.
const fn registers(number: u64, [d, a, b, m]: [u64; 4]) -> [u64; 4] {
    match number {
        1043 | 1047 => [d, a, m, GARBAGE],
        1040..=1047 => [d, a, m, b],
        1048..=1055 => [d, a, b, GARBAGE],
        _ if adds_points(number) => [d, b, GARBAGE, GARBAGE],
        _ => [d, GARBAGE, GARBAGE, GARBAGE],
    }
}

/// Rows of each kind in a run.
fn counts(run: &Run) -> [u64; Computation::COUNT] {
    let mut sums = [0; Computation::COUNT];
    for segment in &run.recording.segments {
        for (sum, count) in sums.iter_mut().zip(segment.tally.computations) {
            *sum += count;
        }
    }
    sums
}

/// Puts bytes into the code, where they are never executed; their address.
fn in_code(code: &mut Assembler, bytes: &[u8]) -> u64 {
    let over = code.label();
    code.jal(0, over);
    if !code.pc().is_multiple_of(8) {
        code.word(0);
    }
    let address = code.pc();
    for word in bytes.chunks(4) {
        code.word(u32::from_le_bytes(word.try_into().expect("whole words")));
    }
    code.place(over);
    address
}

#[test]
fn every_operation_on_its_own_operands() {
    let mut code = Assembler::new();
    let mut place = DATA;
    for (number, count) in numbers() {
        let [d, a, b, m] = [0, 1, 2, 3].map(|at| place + 8 * count * at);
        for (address, seed) in [(d, 1), (a, 100), (b, 200)] {
            code.data(address, &words(number + seed, count));
        }
        code.data(m, &modulus(count));
        code.call(number, registers(number, [d, a, b, m]));
        // Once more, on what it has left.
        code.call(number, registers(number, [d, d, b, m]));
        place += 32 * count;
    }
    // Of SHA-256 a block of its own, then its own state, and a block in the code.
    code.data(place, &words(1, 12));
    let block = in_code(&mut code, &words(9, 8));
    for block in [place + 32, place, block] {
        code.call(sha256::NUMBER, [place, block, GARBAGE, GARBAGE]);
    }
    place += 96;
    code.commit(DATA, place - DATA).halt(0);
    let run = Run::assembled(&code);
    assert_eq!(counts(&run), [8, 8, 6, 6, 12, 12, 3, 0, 0]);
    run.expect_accepted();
}

/// The destination is both factors, the modulus, or begins or ends within them.
#[test]
fn operands_that_overlap() {
    let mut code = Assembler::new();
    let mut place = DATA;
    for (number, count) in numbers() {
        let overlaps =
            [[0, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0], [1, 2, 0], [2, 1, 3], [3, 3, 3]];
        for offsets in overlaps {
            let [d, a, b] = offsets.map(|offset| place + 8 * offset);
            let is_same = d == b && adds_points(number);
            let m = place + 8 * (count + 3);
            code.data(place, &words(number + offsets[1], count + 3)).data(m, &modulus(count));
            if !is_same {
                code.call(number, registers(number, [d, a, b, m]));
            }
            place = m + 8 * count;
        }
        // Everything at one place.
        code.data(place, &words(number, count));
        if !inverts(number) && !adds_points(number) {
            code.call(number, registers(number, [place; 4]));
        }
        // The modulus is replaced, from its first word on, or from its last.
        if is_modular(number) {
            for offset in [0, count - 1] {
                place += 16 * count;
                code.data(place, &modulus(count));
                code.call(number, registers(number, [place + 8 * offset, DATA, DATA + 8, place]));
            }
        }
        place += 16 * count;
    }
    code.commit(DATA, (place - DATA).min(1 << 15)).halt(0);
    let run = Run::assembled(&code);
    assert!(counts(&run)[..5].iter().all(|count| *count > 20), "{:?}", counts(&run));
    run.expect_accepted();
}

/// Only the destination must be writable.
#[test]
fn operands_in_code() {
    let mut code = Assembler::new();
    let mut outputs = Vec::new();
    for (number, count) in numbers() {
        let [a, b, m] = [words(number, count), words(number + 50, count), modulus(count)]
            .map(|bytes| in_code(&mut code, &bytes));
        let d = DATA + 8 * 16 * outputs.len() as u64;
        code.data(d, &words(number + 99, count));
        code.call(number, registers(number, [d, a, b, m]));
        outputs.push(count);
    }
    code.commit(DATA, 8 * 16 * outputs.len() as u64).halt(0);
    Run::assembled(&code).expect_accepted();
}

/// The operand's first words are data, its last ones code.
#[test]
fn an_operand_that_ends_in_code() {
    const LAST: u64 = 3;
    let start = Assembler::CODE_START;
    let mut code = Assembler::new();
    let over = code.label();
    code.jal(0, over);
    for word in 0..6 {
        code.word(0x0102_0304 * word);
    }
    code.place(over);
    for (number, count) in numbers() {
        let operand = start - 8 * (count - LAST);
        code.copy_words(DATA, DATA + 0x400, count).copy_words(operand, DATA + 0x800, count - LAST);
        code.call(number, registers(number, [DATA, operand, operand, DATA + 0x400 * count]));
    }
    code.data(DATA + 0x400, &words(7, 12)).data(DATA + 0x800, &words(9, 12));
    code.data(DATA + 0x1000, &modulus(4)).data(DATA + 0x1800, &modulus(6));
    code.commit(DATA, 96).halt(0);
    Run::assembled(&code).expect_accepted();
}

/// Calls in different segments: each takes what earlier ones left, some in the segment before.
#[test]
fn results_are_carried_to_later_segments() {
    let mut code = Assembler::new();
    let [d, b, m, p] = [0, 0x100, 0x200, 0x300].map(|offset| DATA + offset);
    code.data(d, &words(1, 12)).data(b, &words(2, 12)).data(p, &words(3, 24));
    code.data(m + 0x40, &modulus(4)).data(m + 0x60, &modulus(6));
    for (number, count) in numbers() {
        // A point is on one curve, as its coordinates are in one field.
        let target = if is_curve(number) { p + 64 * ((number - 1056) / 2) } else { d };
        let m = m + 0x10 * count;
        if number == 1048 || number == 1052 {
            code.copy_words(d, b, 12);
        }
        code.call(number, registers(number, [target, target, b, m]));
    }
    code.commit(DATA, 96).commit(p, 192).halt(0);
    let program = || Program::from(code.load());
    let whole = Run::new(program(), &[]);
    let run = Run::in_segments(program(), &[], &Budget::cycles(40));
    assert_eq!(run.recording.execution, whole.recording.execution);
    let with_calls = run
        .recording
        .segments
        .iter()
        .filter(|segment| segment.tally.computations.iter().any(|count| *count > 0));
    assert!(with_calls.count() > 3);
    let program = run.prover.program().loaded().program();
    for (segment, tables) in run.recording.segments.iter().zip(&run.fill().segments) {
        let log_height =
            |it: &Filled| (it.rows.values.len() / it.rows.width).trailing_zeros() as usize;
        let filled: Vec<(Table, usize)> =
            tables.tables.iter().map(|it| (it.table, log_height(it))).collect();
        assert_eq!(filled, segment_heights(program, &segment.tally));
    }
    run.expect_accepted();

    // As everyone proves a run: surveyed first, then recorded again.
    let Proved { proof, execution, .. } =
        whole.prover.prove(&[], &ProveOptions::default(), &mut |_| {}).expect("a proof is made");
    assert_eq!(execution, whole.recording.execution);
    assert_eq!(whole.verify(&proof), Ok(execution.public_output));
}

/// a3 alone has rested for so long that it is read once more before the call.
#[test]
fn a_pointer_that_rests_for_long() {
    let [d, a, b, m] = [0, 0x40, 0x80, 0xC0].map(|offset| DATA + offset);
    let mut code = Assembler::new();
    code.data(d, &words(1, 4)).data(a, &words(2, 4)).data(b, &words(3, 4)).data(m, &modulus(4));
    code.li(13, b).li(5, 30_000);
    let around = code.here();
    code.push(i(Addi, 5, 5, -1)).branch(Bne, 5, 0, around);
    code.li(17, modular::number(WORDS_256, modular::Operation::MultiplyAdd));
    code.li(10, d).li(11, a).li(12, m).push(ecall()).commit(d, 32).halt(0);
    let mut run = Run::assembled(&code);
    assert!(run.events().refreshes.iter().any(|refresh| refresh.register == 13));
    run.expect_accepted();
}

/// Operands at the ends of memory, and results at the edges of their fields: 0 and what is one less
/// than the modulus.
#[test]
fn edges_of_memory_and_of_fields() {
    const END: u64 = 1 << 35;
    let mut code = Assembler::new();
    let bytes =
        |words: &[u64]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let less = |words: &[u64]| {
        let mut words = words.to_vec();
        words[0] -= 1;
        bytes(&words)
    };
    let mut place = DATA;
    let mut next = |code: &mut Assembler, bytes: &[u8]| {
        let here = place;
        code.data(here, bytes);
        place += bytes.len() as u64;
        here
    };
    for count in [WORDS_256, WORDS_384] {
        let max = next(&mut code, &vec![0xFF; 8 * count]);
        let zero = next(&mut code, &vec![0; 8 * count]);
        let mut one = vec![0; count];
        one[0] = 1;
        let one = next(&mut code, &bytes(&one));
        let last = END - 8 * count as u64;
        // Everything modulo 1 is 0; −1 modulo 2ⁿ − 1; the largest square; 0.
        for (operation, [a, b, m]) in [
            (modular::Operation::Multiply, [one, max, one]),
            (modular::Operation::MultiplyAdd, [one, max, one]),
            (modular::Operation::MultiplySubtract, [one, one, max]),
            (modular::Operation::Multiply, [max, max, max]),
            (modular::Operation::MultiplySubtract, [zero, zero, max]),
            (modular::Operation::Invert, [max, max, one]),
            (modular::Operation::Invert, [one, GARBAGE, max]),
        ] {
            let number = modular::number(count, operation);
            code.call(number, [last, a, m, b]).call(number, [0x1000, a, m, b]);
            code.copy_words(last, zero, count as u64);
        }
    }
    for (curve, operation) in
        Curve::ALL.into_iter().flat_map(|c| curve::Operation::ALL.map(|o| (c, o)))
    {
        // (m − 1, m − 1) and (0, 1).
        let p = next(&mut code, &[less(&curve.modulus()), less(&curve.modulus())].concat());
        let q = next(&mut code, &bytes(&[0, 0, 0, 0, 1, 0, 0, 0]));
        code.copy_words(END - 64, p, 8).call(curve::number(curve, operation), [p, q, GARBAGE, 0]);
        code.call(curve::number(curve, operation), [q, END - 64, 0, GARBAGE]);
    }
    for modulus in [&quadratic::MODULUS_BN254[..], &quadratic::MODULUS_BLS12_381] {
        let count = 2 * modulus.len();
        let a = next(&mut code, &[less(modulus), less(modulus)].concat());
        let zero = next(&mut code, &vec![0; 8 * count]);
        for operation in quadratic::Operation::ALL {
            let number = quadratic::number(count, operation);
            let last = END - 8 * count as u64;
            code.copy_words(last, a, count as u64);
            code.call(number, [last, last, last, 0]).call(number, [0x1000, a, zero, 0]);
        }
    }
    code.commit(DATA, 64).halt(0);
    Run::assembled(&code).expect_accepted();
}
