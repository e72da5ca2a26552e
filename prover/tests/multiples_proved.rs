//! Multiples of points by `multiply_x` are proved and verified: by small scalars and large ones, with
//! operands at any addresses, in segments. What isn't the multiple is refused.

mod support;

use lvm_air::table::Table;
use lvm_air::trace::segment_heights;
use lvm_isa::segment::Budget;
use lvm_prover::Program;
use lvm_syscalls::multiply_x::{NUMBER, ORDER};
use lvm_vm::assemble::Assembler;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use support::{Run, all, cell};

const DATA: u64 = Assembler::DATA_START;
/// x of the base point (SEC 2, section 2.4.1), and of 2, 3, 5 and 7 times it.
const G: [u64; 4] =
    [0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac];
const G_2: &str = "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5";
const G_3: &str = "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9";
const G_5: &str = "2f8bde4d1a07209355b4a7250a5c5128e88b84bddc619ab7cba8d569b240efe4";
const G_7: &str = "5cbdf0646e5db4eaa398f365f2ea7a0e3d419b7e0330e39ce92bddedcac4f9bc";

fn bytes(words: [u64; 4]) -> Vec<u8> {
    words.into_iter().flat_map(u64::to_le_bytes).collect()
}

/// A number that is written with its highest digit first, its lowest byte first.
fn number(digits: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
    (0..digits.len()).step_by(2).rev().map(byte).collect()
}

/// n less `less`, which gives the same x as `less`.
fn negative(less: u64) -> [u64; 4] {
    [ORDER[0] - less, ORDER[1], ORDER[2], ORDER[3]]
}

/// A program that commits one multiple after another, the operands of each at different addresses
/// modulo 8.
fn program(scalars: &[[u64; 4]]) -> Assembler {
    let mut code = Assembler::new();
    code.data(DATA + 5, &bytes(G));
    for (at, scalar) in (0..).zip(scalars) {
        code.data(DATA + 0x100 + 33 * at, &bytes(*scalar));
    }
    for at in 0..scalars.len() as u64 {
        let result = DATA + 0x1000 + 35 * at;
        code.call(NUMBER, [result, DATA + 5, DATA + 0x100 + 33 * at, 0]).commit(result, 32);
    }
    code.halt(0);
    code
}

fn check_heights(run: &Run) {
    let program = run.prover.program().loaded().program();
    let tables = run.fill();
    for (segment, tables) in run.recording.segments.iter().zip(&tables.segments) {
        let filled: Vec<(Table, usize)> = tables
            .tables
            .iter()
            .map(|filled| {
                let height = filled.rows.values.len() / filled.rows.width;
                (filled.table, height.trailing_zeros() as usize)
            })
            .collect();
        assert_eq!(filled, segment_heights(program, &segment.tally));
    }
}

#[test]
fn by_small_scalars_and_large_ones() {
    let small = |k| [k, 0, 0, 0];
    let scalars =
        [small(1), small(2), small(3), small(5), small(7), negative(1), negative(3), small(1)];
    let run = Run::assembled(&program(&scalars));
    let g = bytes(G);
    let [g_2, g_3, g_5, g_7] = [G_2, G_3, G_5, G_7].map(number);
    let expected = [&g, &g_2, &g_3, &g_5, &g_7, &g, &g_3, &g].map(Vec::as_slice).concat();
    assert_eq!(run.recording.execution.public_output, expected);
    check_heights(&run);
    run.expect_accepted();
}

#[test]
fn with_operands_that_overlap() {
    let mut code = Assembler::new();
    code.data(DATA + 3, &bytes(G)).data(DATA + 35, &[3]);
    // Over its scalar, over its point, over parts of both.
    for result in [DATA + 100, DATA + 35, DATA + 3] {
        code.call(NUMBER, [result, DATA + 3, DATA + 35, 0]).commit(DATA, 160);
    }
    code.call(NUMBER, [DATA + 20, DATA + 100, DATA + 3, 0]).commit(DATA, 160);
    code.call(NUMBER, [DATA + 100, DATA + 100, DATA + 100, 0]).commit(DATA, 160).halt(0);
    let run = Run::assembled(&code);
    check_heights(&run);
    run.expect_accepted();
}

#[test]
fn in_segments() {
    let scalars = [[6, 0, 0, 0], [0, 1, 0, 0], [9, 0, 0, 0]];
    let program = Program::from(program(&scalars).load());
    let run = Run::in_segments(program, &[], &Budget::cycles(14));
    let calls = run.recording.segments.iter().filter(|it| !it.events.multiply_x.is_empty());
    assert!(calls.count() > 1);
    check_heights(&run);
    run.expect_accepted();
}

/// One cell of a row, and what is wrong then.
fn refuse(run: &Run, table: Table, column: &str, fault: &str) {
    let mut tables = run.fill();
    *cell(&mut tables, table, 0, column) += Goldilocks::ONE;
    run.expect_refused(&tables, fault);
}

#[test]
fn what_is_no_multiple_is_refused() {
    let run = Run::assembled(&program(&[[6, 0, 0, 0]]));
    assert!(all(&run.fill()).any(|filled| filled.table == Table::Ladder));
    refuse(&run, Table::MultiplyX, "result.bytes[9]", "bus ladder");
    refuse(&run, Table::MultiplyX, "result.last[7]", "bytes make up the high limb");
    refuse(&run, Table::MultiplyX, "y[0].limbs[0]", "y² is s·x + 7");
    refuse(&run, Table::MultiplyX, "bits[1]", "bits are boolean");
    refuse(&run, Table::MultiplyX, "begun[3]", "a bit begins the scalar");
    refuse(&run, Table::Ladder, "position", "bus ladder_bit");
    refuse(&run, Table::Ladder, "base[3]", "bus ladder");
    refuse(&run, Table::Ladder, "doubled[0]", "bus point");
    refuse(&run, Table::Ecall, "is_negative", "a7 is the call number, high limb");
}

/// The whole run of another scalar, but for what memory has of it.
#[test]
fn the_multiple_by_another_scalar_is_refused() {
    let honest = Run::assembled(&program(&[[6, 0, 0, 0]]));
    honest.expect_accepted();
    let mut lie = Run::assembled(&program(&[[6, 0, 0, 0]]));
    let scalar = &mut lie.events().multiply_x[0].k;
    // At an address that is a multiple of 8.
    assert_eq!(scalar[0].value, 6);
    scalar[0].value = 7;
    let tables = lie.fill();
    lie.expect_refused(&tables, "bus memory");
}
