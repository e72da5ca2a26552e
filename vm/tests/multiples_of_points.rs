//! `multiply_x` does what its contract says, in both interpreters: its results are those of another
//! implementation of the curve, for operands at any addresses, and all else traps.

mod both;

use both::multiples::multiply_x;
use both::{run_both, run_well};
use lvm_syscalls::curve::Curve;
use lvm_syscalls::multiply_x::{NUMBER, ORDER};
use lvm_vm::assemble::Assembler;
use lvm_vm::error::{Cause, ExecuteError};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const DATA: u64 = Assembler::DATA_START;
const CODE: u64 = Assembler::CODE_START;
const END: u64 = 1 << 35;
/// Bytes from [`DATA`] on that the tests look at.
const LENGTH: usize = 256;

/// x of the base point (SEC 2, section 2.4.1).
const G: [u64; 4] =
    [0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac];

fn bytes(words: [u64; 4]) -> [u8; 32] {
    let words = words.map(u64::to_le_bytes);
    words.as_flattened().try_into().expect("four words")
}

fn small(number: u64) -> [u8; 32] {
    bytes([number, 0, 0, 0])
}

/// A number more by `more`, which must not carry.
fn plus(words: [u64; 4], more: i64) -> [u8; 32] {
    let [first, others @ ..] = words;
    let first = first.checked_add_signed(more).expect("no carry");
    bytes([first, others[0], others[1], others[2]])
}

/// A program that calls with these places from [`DATA`] on, and commits what is there then.
fn program(memory: &[u8], places: [u64; 3]) -> Assembler {
    let mut code = Assembler::new();
    let [result, x, k] = places.map(|place| DATA + place);
    code.data(DATA, memory).call(NUMBER, [result, x, k, 0]);
    code
}

/// Memory with operands at their places; the scalar stays where they overlap.
fn memory(places: [u64; 3], x: &[u8; 32], k: &[u8; 32]) -> Vec<u8> {
    let mut memory: Vec<u8> = (0..LENGTH as u32).map(|at| (at % 251 + 3) as u8).collect();
    for (place, number) in [(places[1], x), (places[2], k)] {
        memory[place as usize..][..32].copy_from_slice(number);
    }
    memory
}

/// Runs the call, and checks what it leaves or that it traps.
#[track_caller]
fn check(memory: &[u8], places: [u64; 3]) -> bool {
    let [result, x, k] = places.map(|place| place as usize);
    let operand = |at: usize| memory[at..at + 32].try_into().expect("32 bytes");
    let mut code = program(memory, places);
    match multiply_x(&operand(x), &operand(k)) {
        Some(product) => {
            code.commit(DATA, LENGTH as u64).halt(0);
            let mut expected = memory.to_vec();
            expected[result..result + 32].copy_from_slice(&product);
            assert_eq!(run_well(&code.load(), &[]).public_output, expected, "{places:?}");
            true
        }
        None => {
            check_trap(&code, Cause::NoResult { number: NUMBER });
            false
        }
    }
}

#[track_caller]
fn check_trap(code: &Assembler, cause: Cause) {
    match run_both(&code.load(), &[]) {
        Err(ExecuteError::Trap(trap)) => assert_eq!(trap.cause, cause),
        other => panic!("no trap: {other:?}"),
    }
}

#[test]
fn multiples_are_those_of_another_implementation() {
    let places = [0, 64, 128];
    for k in [small(1), small(2), small(3), small(5), plus(ORDER, -1), plus(ORDER, -2)] {
        assert!(check(&memory(places, &bytes(G), &k), places));
    }
    let mut random = StdRng::seed_from_u64(11);
    let mut results = 0;
    for _ in 0..40 {
        // Half of all numbers are x of a point.
        let (x, k): ([u8; 32], [u8; 32]) = (random.random(), random.random());
        results += u32::from(check(&memory(places, &x, &k), places));
    }
    assert!((10..30).contains(&results), "{results}");
}

#[test]
fn operands_have_any_alignment() {
    for offset in 0..8 {
        for places in
            [[offset, 64, 131], [5, 64 + offset, 128], [0, 70, 128 + offset], [offset + 1; 3]]
        {
            assert!(check(&memory(places, &bytes(G), &bytes(G)), places));
        }
    }
}

#[test]
fn operands_overlap() {
    let (x, k) = (bytes(G), small(0x1234_5678_9abc_def1));
    for distance in -40..=40_i64 {
        let near = |place: i64| (place + distance) as u64;
        for places in [[near(64), 64, 192], [near(64), 192, 64]] {
            assert!(check(&memory(places, &x, &k), places));
        }
    }
    // The operands each other, where LambdaVM traps; that x is one of a point is tried out.
    let mut results = 0;
    for distance in 1..32 {
        for byte in 0..8 {
            let places = [200, 64, 64 + distance];
            let mut memory = memory(places, &x, &k);
            memory[64] = byte;
            memory[64 + distance as usize + 31] = 0;
            results += u32::from(check(&memory, places));
        }
    }
    assert!(results > 60, "{results}");
}

#[test]
fn operands_may_be_in_code() {
    // Constants between a jump and where it goes, at an address that is no multiple of 8.
    for at in 0..4 {
        let mut code = Assembler::new();
        let over = code.label();
        code.jal(0, over);
        let start = code.pc() + at;
        let mut words = vec![0; at as usize];
        words.extend(bytes(G));
        words.resize(36, 0);
        for word in words.chunks(4) {
            code.word(u32::from_le_bytes(word.try_into().expect("four bytes")));
        }
        code.place(over).data(DATA, &small(7));
        code.call(NUMBER, [DATA + 67, start, DATA, 0]).call(NUMBER, [DATA + 3, start, start, 0]);
        code.commit(DATA + 67, 32).commit(DATA + 3, 32).halt(0);
        let expected = [small(7), bytes(G)].map(|k| multiply_x(&bytes(G), &k).expect("a multiple"));
        assert_eq!(run_well(&code.load(), &[]).public_output, expected.concat());
    }
}

#[test]
fn numbers_without_a_result_trap() {
    let places = [0, 64, 128];
    let p = Curve::Secp256k1.modulus();
    let check = |x: [u8; 32], k: [u8; 32], has_result: bool| {
        assert_eq!(check(&memory(places, &x, &k), places), has_result, "{x:x?} {k:x?}");
    };
    for k in [small(0), bytes(ORDER), plus(ORDER, 1), [0xff; 32]] {
        check(bytes(G), k, false);
    }
    // 1 is x of a point, 5 isn't, nor is 0; p + 1 is 1 modulo p.
    check(small(1), small(2), true);
    for x in [small(0), small(5), bytes(p), plus(p, 1), [0xff; 32]] {
        check(x, small(2), false);
    }
}

#[test]
fn places_outside_of_memory_trap() {
    let (x, k) = (DATA, DATA + 32);
    let code = |pointers: [u64; 3]| {
        let mut code = Assembler::new();
        code.data(x, &bytes(G)).data(k, &small(2));
        code.call(NUMBER, [pointers[0], pointers[1], pointers[2], 0]);
        code
    };
    for address in [0, 0xfff, END - 31, END, u64::MAX - 31, u64::MAX, 1 << 63] {
        let outside = Cause::OutsideMemory { address, width: 32 };
        for pointers in [[address, x, k], [x, address, k], [x, x, address]] {
            check_trap(&code(pointers), outside.clone());
        }
    }
    let end = code([DATA, x, k]).pc();
    for address in [CODE - 31, CODE, end - 1] {
        check_trap(&code([address, x, k]), Cause::StoreToExecutable { address, width: 32 });
    }
    for address in [0x1000, END - 32, CODE - 32] {
        let mut code = code([address, x, k]);
        code.commit(address, 32).halt(0);
        let expected = multiply_x(&bytes(G), &small(2)).expect("a multiple");
        assert_eq!(run_well(&code.load(), &[]).public_output, expected);
    }
}

/// The number's lower half alone is no call.
#[test]
fn numbers_like_it_are_no_calls() {
    for number in [NUMBER as u32 as u64, NUMBER - 1, NUMBER + 1, NUMBER ^ 1 << 63] {
        let mut code = Assembler::new();
        code.call(number, [DATA, DATA, DATA, 0]);
        check_trap(&code, Cause::UnknownCall { number });
    }
}
