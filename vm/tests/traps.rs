//! What the machine does not define ends a run with a message that says where and why.

mod both;

use both::{run_both, run_well};
use lvm_isa::instruction::Operation::*;
use lvm_isa::segment::Budget;
use lvm_syscalls::{commit, copy_words, keccak_f, panic};
use lvm_vm::assemble::{Assembler, ecall, i, s};
use lvm_vm::error::{Cause, ExecuteError, Trap};
use lvm_vm::execute::{Options, execute};
use lvm_vm::record::record;

const CODE: u64 = Assembler::CODE_START;
const END: u64 = 1 << 35;

fn trap(code: &Assembler) -> Trap {
    match run_both(&code.load(), &[]) {
        Err(ExecuteError::Trap(trap)) => *trap,
        other => panic!("no trap: {other:?}"),
    }
}

/// Checks that the last instruction of `code` traps for `cause`.
fn check(code: &Assembler, cause: Cause) {
    let trap = trap(code);
    assert_eq!(trap.cause, cause);
    assert_eq!(trap.place.pc, code.pc() - 4, "{trap}");
}

fn code() -> Assembler {
    Assembler::new()
}

#[test]
fn accesses_outside_memory() {
    for width_and_operation in [(1, Lb), (2, Lhu), (4, Lw), (8, Ld)] {
        let (width, operation) = width_and_operation;
        // The last byte that is not memory, each boundary crossed by one byte, and a wrapped sum.
        let crossing = if width > 1 { vec![END - width + 1, 0x1000 - width + 1] } else { vec![] };
        let outside = [0, 0x1000 - width, END, u64::MAX, u64::MAX - 7, 1 << 63, END + 0x1000];
        for address in outside.into_iter().chain(crossing) {
            let mut load = code();
            load.li(5, address).push(i(operation, 6, 5, 0));
            check(&load, Cause::OutsideMemory { address, width });
        }
        for address in [0x1000, END - width] {
            let mut load = code();
            load.li(5, address).push(i(operation, 6, 5, 0)).halt(0);
            run_well(&load.load(), &[]);
        }
    }
    for (width, operation) in [(1, Sb), (2, Sh), (4, Sw), (8, Sd)] {
        for address in [0, 0x1000 - width, 0xfff, END - width + 1, END, u64::MAX] {
            let mut store = code();
            store.li(5, address).push(s(operation, 5, 6, 0));
            if address.checked_add(width).is_none_or(|end| end > END) || address < 0x1000 {
                check(&store, Cause::OutsideMemory { address, width });
            } else {
                run_well(&store.halt(0).load(), &[]);
            }
        }
        for address in [0x1000, END - width] {
            let mut store = code();
            store.li(5, address).push(s(operation, 5, 6, 0)).halt(0);
            run_well(&store.load(), &[]);
        }
    }
}

#[test]
fn stores_to_code() {
    let mut length = code();
    length.li(5, 0).push(s(Sb, 5, 0, 0));
    // Same page as the code, before and behind it: writable, up to the code's own bytes.
    let behind = |address: u64| {
        let mut store = code();
        store.li(5, address).li(6, 1).push(s(Sw, 5, 6, 0)).push(i(Lw, 7, 5, 0)).halt(0);
        store
    };
    let end = behind(CODE + 4).pc();
    assert_eq!(behind(end).pc(), end, "the constant takes as many instructions");
    for address in [end, end + 1, CODE - 4, CODE - 0x1000] {
        assert_eq!(run_well(&behind(address).load(), &[]).registers[7], 1);
    }
    for address in [CODE, CODE + 3, end - 1, end - 4, CODE - 1, CODE - 3] {
        let trap = trap(&behind(address));
        assert_eq!(trap.cause, Cause::StoreToExecutable { address, width: 4 });
    }
    let mut keccak = code();
    keccak.keccak_f(CODE - 192);
    check(&keccak, Cause::StoreToExecutable { address: CODE - 192, width: 200 });
    let mut keccak = code();
    keccak.keccak_f(CODE - 200).halt(0);
    run_well(&keccak.load(), &[]);
}

#[test]
fn jumps_to_where_no_code_is() {
    for target in [CODE + 2, CODE - 4, 0, END, u64::MAX - 3, CODE + 0x1000] {
        let mut jump = code();
        jump.li(5, target).push(i(Jalr, 5, 5, 0));
        check(
            &jump,
            if target % 4 == 0 {
                Cause::JumpNotExecutable { target }
            } else {
                Cause::JumpMisaligned { target }
            },
        );
    }
    let mut jal = code();
    jal.push(i(Jal, 1, 0, -8));
    check(&jal, Cause::JumpNotExecutable { target: CODE - 8 });
    let mut jal = code();
    jal.li(5, 1).push(i(Jal, 1, 0, 6));
    check(&jal, Cause::JumpMisaligned { target: CODE + 10 });
    let mut branch = code();
    branch.li(5, 1).push(s(Bltu, 0, 5, 2));
    check(&branch, Cause::JumpMisaligned { target: CODE + 6 });
    let mut branch = code();
    branch.push(s(Beq, 0, 0, 0x800));
    check(&branch, Cause::JumpNotExecutable { target: CODE + 0x800 });
    // A branch that is not taken may point anywhere.
    let mut branch = code();
    branch.li(5, 1).push(s(Beq, 0, 5, 2)).push(s(Beq, 0, 5, -0x800)).halt(0);
    run_well(&branch.load(), &[]);
}

#[test]
fn words_that_are_no_instruction() {
    for word in [0, 0xc000_1073, 0xffff_ffff, 0x0000_0033 | 1 << 31] {
        let mut fall = code();
        fall.li(5, 1).word(word);
        let trap = trap(&fall);
        assert_eq!((&trap.cause, trap.cycle), (&Cause::Undecodable { word }, 1));
        assert_eq!((trap.place.pc, trap.instruction), (CODE + 4, None));

        // The same, reached by jumps.
        for jump in [i(Jal, 0, 0, 8), s(Beq, 0, 0, 8)] {
            let mut jumps = code();
            jumps.push(jump).word(0).word(word);
            let trap = self::trap(&jumps);
            assert_eq!((&trap.cause, trap.cycle), (&Cause::Undecodable { word }, 1));
            assert_eq!(trap.place.pc, CODE + 8);
        }
    }
    let mut first = code();
    first.word(0);
    assert_eq!(trap(&first).cause, Cause::Undecodable { word: 0 });
}

#[test]
fn falling_off_the_end() {
    let mut end = code();
    end.li(5, 1);
    let trap = trap(&end);
    assert_eq!((trap.cause, trap.cycle), (Cause::EndOfCode, 1));
    assert_eq!((trap.place.pc, trap.instruction), (CODE + 4, None));
}

#[test]
fn ebreak_traps() {
    let mut ebreak = code();
    ebreak.word(0x0010_0073);
    check(&ebreak, Cause::Ebreak);
}

fn call(number: u64, arguments: [u64; 3]) -> Assembler {
    let mut code = code();
    code.li(17, number).li(10, arguments[0]).li(11, arguments[1]).li(12, arguments[2]);
    code.push(ecall());
    code
}

#[test]
fn calls_that_are_not_defined() {
    for number in [0, 3, 94, 1 << 32 | 93, u64::MAX, 1 << 63 | 64] {
        check(&call(number, [0; 3]), Cause::UnknownCall { number });
    }
    for target in [0, 2, 1 << 32 | 1] {
        check(&call(commit::NUMBER, [target, 0x1000, 0]), Cause::CommitTarget { target });
    }
    let too_long = |length| Cause::CommitTooLong { length };
    for length in [(1 << 20) + 1, u64::MAX, 1 << 63] {
        check(&call(commit::NUMBER, [1, 0x1000, length]), too_long(length));
    }
    for (address, length) in [(0, 1), (0xfff, 2), (END - 1, 2), (END, 1), (u64::MAX, 2)] {
        let outside = Cause::OutsideMemory { address, width: length };
        check(&call(commit::NUMBER, [1, address, length]), outside);
    }
    for address in [END + 1, 1 << 50, u64::MAX] {
        let outside = Cause::OutsideMemory { address, width: 0 };
        check(&call(commit::NUMBER, [1, address, 0]), outside);
    }
    for pointer in [0x2001, 0x2004, u64::MAX] {
        check(&call(keccak_f::NUMBER, [pointer, 0, 0]), Cause::KeccakMisaligned { pointer });
    }
    for address in [0, 0xff8, END - 192, END, u64::MAX - 7] {
        check(
            &call(keccak_f::NUMBER, [address, 0, 0]),
            Cause::OutsideMemory { address, width: 200 },
        );
    }
    let copy = |to, from, words| call(copy_words::NUMBER, [to, from, words]);
    for destination in [0x2001, 0x2004, u64::MAX] {
        check(&copy(destination, 0x1000, 1), Cause::CopyMisaligned { destination });
    }
    for words in [0, 4097, 1 << 32 | 1, 1 << 61 | 1, u64::MAX] {
        check(&copy(0x2000, 0x1000, words), Cause::CopyLength { words });
    }
    for (address, words) in [(0xff8, 2), (END - 8, 2), (END - 32_760, 4096), (u64::MAX - 7, 1)] {
        let outside = Cause::OutsideMemory { address, width: 8 * words };
        check(&copy(0x2000, address, words), outside.clone());
        check(&copy(address, 0x2000, words), outside);
    }
    check(&copy(0x2000, END - 7, 1), Cause::OutsideMemory { address: END - 7, width: 8 });
    check(&copy(CODE - 8, CODE, 2), Cause::StoreToExecutable { address: CODE - 8, width: 16 });
    for (to, from, words) in [(END - 32_768, 0x1000, 4096), (CODE - 8, CODE + 1, 1)] {
        let mut copy = copy(to, from, words);
        run_well(&copy.halt(0).load(), &[]);
    }
    // A panic ends the run whatever its arguments are.
    for pointer in [0, END - 1, END, u64::MAX] {
        let run = run_well(&call(panic::NUMBER, [pointer, u64::MAX, 0]).load(), &[]);
        assert_eq!(run.exit_code, 101);
    }
}

#[test]
fn the_output_limit_counts_all_commits() {
    let mut exact = code();
    exact.commit(0x10_0000, 1 << 19).commit(0x20_0000, 1 << 19);
    exact.commit(0, 0).commit(END, 0);
    let mut over = exact.clone();
    assert_eq!(run_well(&exact.halt(0).load(), &[]).public_output.len(), 1 << 20);
    over.commit(0x10_0000, 1);
    check(&over, Cause::CommitTooLong { length: 1 });
}

#[test]
fn messages_name_the_symbol() {
    let mut code = code();
    code.symbol("_start").li(5, 0x10);
    code.symbol("_ZN5guest4main17h0123456789abcdefE").li(6, 1).push(i(Ld, 6, 5, -8));
    let error = run_both(&code.load(), &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "trap at 0x4000008 in guest::main+0x4 (`ld x6, -8(x5)`) after 2 cycles: access of 8 \
         bytes at 0x8, outside of memory [0x1000, 0x800000000)"
    );
    let mut start = Assembler::new();
    start.symbol("_start").word(0xc000_1073);
    assert_eq!(
        run_both(&start.load(), &[]).unwrap_err().to_string(),
        "trap at 0x4000000 in _start after 0 cycles: the word 0xc0001073 is not an RV64IM \
         instruction"
    );
    let mut none = Assembler::new();
    none.word(0x0010_0073);
    assert_eq!(
        run_both(&none.load(), &[]).unwrap_err().to_string(),
        "trap at 0x4000000 (`ebreak`) after 0 cycles: ebreak"
    );
}

/// A limit of exactly the run's cycles is enough, one less is not, wherever the run ends.
#[test]
fn the_cycle_limit_is_exact() {
    let mut code = code();
    code.li(5, 3);
    let top = code.here();
    code.push(i(Addi, 5, 5, -1));
    code.branch(Bne, 5, 0, top).push(i(Addi, 6, 0, 1)).halt(0);
    let program = code.load();
    let cycles = run_well(&program, &[]).cycles;
    assert_eq!(cycles, 1 + 6 + 1 + 3);
    for max_cycles in 0..=cycles + 1 {
        let options = Options { max_cycles, ..Options::default() };
        let executed = execute(&program, &[], &options, &mut |_| {});
        let recorded = record(&program, &[], &options, &Budget::UNLIMITED, &mut |_| {});
        assert_eq!(executed.is_ok(), max_cycles >= cycles);
        assert_eq!(recorded.is_ok(), max_cycles >= cycles);
        if let Err(error) = executed {
            assert!(matches!(error, ExecuteError::CycleLimit { .. }), "{error}");
        }
        if let Err(error) = recorded {
            assert!(matches!(error, ExecuteError::CycleLimit { .. }), "{error}");
        }
    }
}

#[test]
fn endless_loops_meet_the_cycle_limit() {
    let mut code = code();
    let top = code.here();
    code.jal(0, top);
    let error = run_both(&code.load(), &[]).unwrap_err();
    assert!(matches!(error, ExecuteError::CycleLimit { maximum, .. } if maximum == 1 << 22));
}

#[test]
fn the_memory_limit_holds() {
    let mut code = code();
    code.li(5, 0x1_0000).li(6, 0x1000);
    let top = code.here();
    code.push(s(Sd, 5, 5, 0)).push(lvm_vm::assemble::r(Add, 5, 5, 6));
    code.jal(0, top);
    let options = Options { memory_max: 1 << 20, ..Options::default() };
    let program = code.load();
    let executed = execute(&program, &[], &options, &mut |_| {}).unwrap_err();
    let recorded = record(&program, &[], &options, &Budget::UNLIMITED, &mut |_| {}).unwrap_err();
    for error in [executed, recorded] {
        assert!(matches!(error, ExecuteError::MemoryLimit { maximum, .. } if maximum == 1 << 20));
    }
    let input = vec![1; 2 << 20];
    let error = execute(&program, &input, &options, &mut |_| {}).unwrap_err();
    assert_eq!(error, ExecuteError::InitialMemoryLimit { maximum: 1 << 20 });
}
