//! System calls do what their contract says, in both interpreters.

mod both;

use both::{run_both, run_well};
use lvm_isa::instruction::Operation::*;
use lvm_isa::segment::Budget;
use lvm_syscalls::layout::{PRIVATE_INPUT_DATA, PRIVATE_INPUT_MAX, PRIVATE_INPUT_START};
use lvm_syscalls::{panic, print};
use lvm_vm::assemble::{Assembler, ecall, i, r, s};
use lvm_vm::error::ExecuteError;
use lvm_vm::execute::{Options, execute};
use lvm_vm::record::record;

const DATA: u64 = Assembler::DATA_START;

#[test]
fn commits_concatenate() {
    let bytes: Vec<u8> = (0..64).collect();
    for start in 0..9 {
        for length in 0..20 {
            let mut code = Assembler::new();
            code.data(DATA, &bytes).commit(DATA + start, length).commit(DATA + 40, 3).halt(0);
            let (start, end) = (start as usize, (start + length) as usize);
            let expected = [&bytes[start..end], &bytes[40..43]].concat();
            let recording = run_both(&code.load(), &[]).unwrap();
            assert_eq!(recording.execution.public_output, expected);
            let words = if length == 0 { 0 } else { (end - 1) / 8 - start / 8 + 1 };
            assert_eq!(recording.segments[0].events.commits.len(), words + 1);
        }
    }
}

#[test]
fn calls_leave_registers_alone() {
    let mut code = Assembler::new();
    code.data(DATA, b"text").commit(DATA, 4).keccak_f(DATA + 8).copy_words(DATA, DATA + 1, 4);
    code.li(17, print::NUMBER).li(10, DATA).li(11, 4).push(ecall()).halt(5);
    let run = run_well(&code.load(), &[]);
    let mut expected = [0; 32];
    (expected[17], expected[10], expected[11], expected[12]) = (93, 5, 4, 4);
    assert_eq!((run.registers, run.exit_code), (expected, 5));
}

#[test]
fn exit_codes_have_64_bits() {
    for code in [0, 1, 255, 256, 1 << 32, 1 << 63, u64::MAX] {
        let mut halt = Assembler::new();
        halt.halt(code);
        let run = run_well(&halt.load(), &[]);
        assert_eq!((run.exit_code, run.panic_message), (code, None));
    }
}

#[test]
fn panics_end_the_run_with_a_message() {
    let cases: [(&[u8], u64, &str); 3] =
        [(b"at the disco", 12, "at the disco"), (b"\xff!", 2, "\u{fffd}!"), (b"", 0, "")];
    for (text, length, message) in cases {
        let mut code = Assembler::new();
        code.data(DATA, text).li(17, panic::NUMBER).li(10, DATA).li(11, length).push(ecall());
        let run = run_well(&code.load(), &[]);
        assert_eq!((run.exit_code, run.panic_message.as_deref()), (101, Some(message)));
    }
}

#[test]
fn prints_arrive_in_order() {
    let mut code = Assembler::new();
    code.data(DATA + 5, b"hello, world");
    code.li(17, print::NUMBER);
    for (pointer, length) in [(DATA + 5, 5), (0, 0), (DATA + 10, 7)] {
        code.li(10, pointer).li(11, length).push(ecall());
    }
    code.halt(0);
    let mut printed = Vec::new();
    let sink = &mut |text: &[u8]| printed.push(text.to_vec());
    execute(&code.load(), &[], &Options::default(), sink).unwrap();
    assert_eq!(printed, [b"hello".to_vec(), b", world".to_vec()]);
}

#[test]
fn copies_take_the_bytes_from_before_the_call() {
    let bytes: Vec<u8> = (1..=160).collect();
    // Apart, overlapping in both directions by whole words and by bytes, and onto itself.
    let cases = (0..9).flat_map(|offset| [(200, offset), (48, 40 + offset), (48, 56 + offset)]);
    for (to, from) in cases.chain([(48, 48), (48, 47), (48, 49), (48, 55)]) {
        for words in [1, 2, 7] {
            let mut code = Assembler::new();
            code.data(DATA, &bytes).copy_words(DATA + to, DATA + from, words);
            code.commit(DATA, 264).halt(0);
            let (to, from, length) = (to as usize, from as usize, 8 * words as usize);
            let mut expected = bytes.clone();
            expected.resize(264, 0);
            expected.copy_within(from..from + length, to);
            let recording = run_both(&code.load(), &[]).unwrap();
            assert_eq!(recording.execution.public_output, expected, "{to} {from} {words}");
            assert_eq!(recording.segments[0].events.copies.len() as u64, words + 1);
        }
    }
}

/// The permutation of the zero state, and of its image, as in the Keccak team's
/// `KeccakF-1600-IntermediateValues.txt`.
#[test]
fn keccak_f_has_the_known_values() {
    let mut code = Assembler::new();
    code.keccak_f(DATA).commit(DATA, 200).keccak_f(DATA).commit(DATA, 200).halt(0);
    let recording = run_both(&code.load(), &[]).unwrap();
    let words: Vec<u64> = recording
        .execution
        .public_output
        .chunks_exact(8)
        .map(|word| u64::from_le_bytes(word.try_into().unwrap()))
        .collect();
    assert_eq!(words[0], 0xf125_8f79_40e1_dde7);
    assert_eq!(words[1], 0x84d5_ccf9_33c0_478a);
    assert_eq!(words[24], 0xeaf1_ff7b_5cec_a249);
    assert_eq!(words[25], 0x2d5c_954d_f96e_cb3c);
    assert_eq!(words[49], 0x20d0_6cd2_6a8f_bf5c);
    assert_eq!(recording.segments[0].events.keccaks.len(), 2);
}

#[test]
fn the_private_input_is_in_memory() {
    for length in [0, 1, 3, 4, 5, 8, 11, 12, 13, 4096, 10_000] {
        let input: Vec<u8> = (0..length).map(|at| (at % 251) as u8 + 1).collect();
        let mut code = Assembler::new();
        code.li(5, PRIVATE_INPUT_START).push(i(Lwu, 6, 5, 0));
        code.li(17, 64).li(10, 1).li(11, PRIVATE_INPUT_DATA).push(r(Add, 12, 6, 0)).push(ecall());
        // It is ordinary memory: the guest may overwrite it.
        code.push(s(Sw, 5, 5, 2)).push(i(Lw, 7, 5, 2)).halt(0);
        let run = run_well(&code.load(), &input);
        assert_eq!(run.public_output, input);
        assert_eq!(run.registers[7], PRIVATE_INPUT_START as i32 as u64);
    }
}

#[test]
fn private_inputs_that_are_too_long_are_refused() {
    let mut code = Assembler::new();
    code.halt(0);
    let input = vec![0; PRIVATE_INPUT_MAX as usize + 1];
    let (program, options) = (code.load(), Options::default());
    let expected = ExecuteError::PrivateInputTooLong {
        length: PRIVATE_INPUT_MAX + 1,
        maximum: PRIVATE_INPUT_MAX,
    };
    assert_eq!(execute(&program, &input, &options, &mut |_| {}), Err(expected.clone()));
    assert_eq!(record(&program, &input, &options, &Budget::UNLIMITED, &mut |_| {}), Err(expected));
    let longest = &input[1..];
    assert_eq!(execute(&program, longest, &options, &mut |_| {}).unwrap().exit_code, 0);
}

/// Registers that rest for long are refreshed, whatever reads or writes them first, and no others.
/// What a needed refresh is, `run_both` checks.
#[test]
fn old_registers_are_refreshed() {
    // Each turn of the loop takes 8 ticks, so the gaps end just before, at and after the largest.
    for turns in (8170..8200).chain([100, 40_000]) {
        for padding in 0..3 {
            let mut code = Assembler::new();
            code.li(20, 7).li(21, 8).li(22, 9).li(23, DATA).li(5, turns);
            let top = code.here();
            code.push(i(Addi, 5, 5, -1));
            code.branch(Bne, 5, 0, top);
            for _ in 0..padding {
                code.push(i(Addi, 5, 5, 1));
            }
            code.push(r(Add, 22, 20, 21)).push(s(Sd, 23, 22, 0));
            code.push(r(Add, 0, 22, 22)).push(i(Ld, 24, 23, 0)).halt(0);
            let recording = run_both(&code.load(), &[]).unwrap();
            assert_eq!(recording.execution.registers[24], 15);
            let refreshes = recording.segments[0].events.refreshes.len();
            match turns {
                ..8175 => assert_eq!(refreshes, 0, "{turns} turns"),
                // x20 to x23, the sink, and a0 and a7, which nothing has accessed before.
                8195.. => assert!(refreshes >= 7, "{turns} turns"),
                _ => {}
            }
        }
    }
}
