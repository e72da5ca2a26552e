//! A prover that lies about a run has no proof that verifies.
//!
//! Each lie is told as consistently as its teller can: everything that depends on it is changed
//! with it, so that it is the constraint or the bus named here that stands in the way.

mod support;

use lvm_air::table::Table;
use lvm_air::tables::{boundary, ledger};
use lvm_isa::event::{Access, CopyStep};
use lvm_isa::instruction::Operation::*;
use lvm_isa::segment::{Budget, Carried};
use lvm_prover::{Program, Prover, RunTables};
use lvm_syscalls::layout::{PRIVATE_INPUT_END, PRIVATE_INPUT_START};
use lvm_syscalls::{commit, halt};
use lvm_verifier::VerifyError;
use lvm_vm::assemble::{Assembler, ecall, i, r, s};
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use support::{Run, cell, part_mut};

/// Sets the cell `column` in row `row` of a table.
fn set(tables: &mut RunTables, table: Table, row: usize, column: &str, value: u64) {
    *cell(tables, table, row, column) = Goldilocks::from_u64(value);
}

/// Moves one lookup in the segment's range table from one value to another.
fn relook(tables: &mut RunTables, from: u16, to: u16) {
    *cell(tables, Table::Range, usize::from(from), "range_multiplicity") -= Goldilocks::ONE;
    *cell(tables, Table::Range, usize::from(to), "range_multiplicity") += Goldilocks::ONE;
}

/// `x10 = 5 + 6`, and halt with x10 as exit code.
fn sum() -> Assembler {
    let mut a = Assembler::new();
    a.li(17, halt::NUMBER).li(5, 5).li(6, 6).push(r(Add, 10, 5, 6)).push(ecall());
    a
}

#[test]
fn honest_run() {
    let run = Run::assembled(&sum());
    assert_eq!(run.recording.execution.exit_code, 11);
    run.expect_accepted();
}

#[test]
fn wrong_alu_result() {
    let mut run = Run::assembled(&sum());
    run.recording.execution.exit_code = 12;
    run.events().ecall[0].a0.value = 12;
    run.leave(10, 12);
    let mut tables = run.fill();
    set(&mut tables, Table::Add, 0, "result.lo", 12);
    set(&mut tables, Table::Add, 0, "result_limbs.lo.low", 12);
    relook(&mut tables, 11, 12);
    run.expect_refused(&tables, "table add row 0: ADD: low limb carries 0 or 1");
    let faults = run.faults(&tables);
    assert!(faults.lines().all(|line| line.starts_with("table add row 0: ADD")), "{faults}");
}

#[test]
fn wrong_load() {
    let mut a = Assembler::new();
    a.data(Assembler::DATA_START, &11u64.to_le_bytes());
    a.li(17, halt::NUMBER).li(5, Assembler::DATA_START).push(i(Ld, 10, 5, 0)).push(ecall());
    let mut run = Run::assembled(&a);
    run.expect_accepted();
    run.recording.execution.exit_code = 12;
    run.events().load_double[0].word.value = 12;
    run.events().ecall[0].a0.value = 12;
    run.leave(10, 12);
    // The load finds what nobody left.
    run.touch(Assembler::DATA_START, 11, 12);
    run.expect_refused(&run.fill(), "bus memory");
    // The segment begins with it, but the program doesn't.
    run.touch(Assembler::DATA_START, 12, 12);
    let tables = run.fill();
    let faults = run.faults(&tables);
    assert!(faults.lines().all(|line| line.starts_with("bus cell")), "{faults}");
    run.expect_refused(&tables, "bus cell");
}

#[test]
fn stale_register() {
    let mut a = Assembler::new();
    a.li(17, halt::NUMBER).push(i(Addi, 10, 0, 1)).push(i(Addi, 10, 0, 2)).push(ecall());
    let mut run = Run::assembled(&a);
    run.expect_accepted();
    // The writes of x10 change places: the second finds the first state, the first finds what
    // the second left, and the ECALL reads what the first left. Only time runs backwards.
    let events = run.events();
    let (first, second) = (events.add_immediate[1].time + 3, events.add_immediate[2].time + 3);
    events.add_immediate[2].rd = Access::default();
    let read_at = events.ecall[0].time;
    events.ecall[0].a0 = Access { value: 1, time: first };
    events.last_registers[10].time = read_at;
    run.leave(10, 1);
    run.recording.execution.exit_code = 1;
    let mut tables = run.fill();
    set(&mut tables, Table::AddImmediate, 1, "write.before.lo", 2);
    set(&mut tables, Table::AddImmediate, 1, "write.time", u64::from(second));
    let faults = run.faults(&tables);
    assert!(faults.lines().all(|line| line.starts_with("bus range16")), "{faults}");
    run.expect_refused(&tables, "bus range16");
}

#[test]
fn skipped_instruction() {
    let mut a = Assembler::new();
    a.li(17, halt::NUMBER).push(i(Addi, 10, 0, 1)).push(i(Addi, 10, 0, 2)).push(ecall());
    let mut run = Run::assembled(&a);
    let events = run.events();
    let skipped = events.add_immediate.remove(2);
    events.last_registers[0].time = events.add_immediate[1].time;
    let ecall = &mut events.ecall[0];
    ecall.time = skipped.time;
    ecall.a0 = skipped.rd;
    for register in [17, 10, 11, 12] {
        events.last_registers[register].time = skipped.time;
    }
    run.leave(10, 1);
    run.recording.execution.exit_code = 1;
    let tables = run.fill();
    let faults = run.faults(&tables);
    assert!(faults.lines().all(|line| line.starts_with("bus execution")), "{faults}");
    run.expect_refused(&tables, "bus execution");
}

#[test]
fn wrong_next_pc() {
    // Equal registers branch to a halt with 1; the liar falls through to a halt with 2.
    let program = |b: u64| {
        let mut a = Assembler::new();
        let taken = a.label();
        a.li(17, halt::NUMBER).li(5, 1).li(6, b);
        a.branch(Beq, 5, 6, taken);
        a.li(10, 2).push(ecall());
        a.place(taken);
        a.li(10, 1).push(ecall());
        a
    };
    let mut run = Run::assembled(&program(1));
    run.expect_accepted();
    let other = Run::assembled(&program(2));
    run.recording = other.recording;
    run.events().branch_equal[0].rs2.value = 1;
    run.leave(6, 1);
    let mut tables = run.fill();
    let pc = run.prover.program().loaded().program().entry + 4 * 3;
    set(&mut tables, Table::BranchEqual, 0, "next_pc", pc + 4);
    run.expect_refused(&tables, "table branch_equal row 0");
}

#[test]
fn altered_public_output() {
    let mut a = Assembler::new();
    a.data(Assembler::DATA_START, b"true output");
    a.commit(Assembler::DATA_START, 11);
    a.halt(0);
    let mut run = Run::assembled(&a);
    run.expect_accepted();
    let honest = run.prove(&run.fill());
    for lie in [&b"fake output"[..], b"true outpu", b"true output!", b""] {
        run.recording.execution.public_output = lie.to_vec();
        let tables = run.fill();
        run.expect_refused(&tables, "bus ");

        // The same lie, told after the proof was made.
        let mut relabelled = clone(&honest);
        relabelled.head.public_output = lie.to_vec();
        assert!(run.verify(&relabelled).is_err());
    }
}

/// A commit that the program makes is left out, or one is made twice.
#[test]
fn commits_left_out_or_repeated() {
    let mut a = Assembler::new();
    a.data(Assembler::DATA_START, b"0123456789abcdef");
    a.commit(Assembler::DATA_START, 16);
    a.halt(0);
    let mut run = Run::assembled(&a);
    run.expect_accepted();
    let honest = run.recording.clone();

    run.events().commits.pop();
    run.recording.execution.public_output.truncate(8);
    run.expect_refused(&run.fill(), "bus commit");

    run.recording = honest;
    let again = run.events().commits[1];
    run.events().commits.push(again);
    run.expect_refused(&run.fill(), "bus commit");
}

/// A copy of two words from a source that isn't aligned, and what a liar may leave out of it or
/// pass on wrongly from one row to the next.
#[test]
fn altered_copies() {
    const DATA: u64 = Assembler::DATA_START;
    let mut a = Assembler::new();
    a.data(DATA, b"0123456789abcdefghijklmn").copy_words(DATA + 64, DATA + 3, 2).halt(0);
    let mut run = Run::assembled(&a);
    run.expect_accepted();
    let honest = run.recording.clone();
    let lies: [fn(&mut Vec<CopyStep>); 8] = [
        // The call doesn't begin, so that there is no carry.
        |rows| {
            rows.remove(0);
            rows[0].carry = 0;
        },
        // It begins twice.
        |rows| rows.insert(1, rows[0]),
        // A word is left out, or copied twice.
        |rows| rows.truncate(2),
        |rows| {
            rows.remove(1);
        },
        |rows| rows.push(rows[2]),
        // Another carry, another source, another destination than before.
        |rows| rows[2].carry ^= 1,
        |rows| rows[1].destination += 8,
        |rows| {
            for row in &mut rows[1..] {
                row.source += 8;
            }
        },
    ];
    for lie in lies {
        run.recording = honest.clone();
        lie(&mut run.events().copies);
        run.expect_refused(&run.fill(), "bus copy");
    }
    // Without any of its rows, or as another number of words.
    run.recording = honest.clone();
    run.events().copies.clear();
    run.expect_refused(&run.fill(), "bus copy");
    run.recording = honest;
    run.events().ecall[0].a2.value = 1;
    run.expect_refused(&run.fill(), "bus copy");
}

/// The row that begins a copy says that the source is aligned, so that it needn't read: what the
/// first word should have of the source's first word is zero. Everything else is told to match.
#[test]
fn copies_that_forget_their_carry() {
    const DATA: u64 = Assembler::DATA_START;
    let mut a = Assembler::new();
    a.data(DATA, b"0123456789abcdefghijklmn").copy_words(DATA + 64, DATA + 3, 2).halt(0);
    let mut run = Run::assembled(&a);
    run.expect_accepted();
    run.events().copies[0].word = Access::default();
    run.events().copies[1].carry = 0;
    let lie = run.events().copies[1].copied();
    run.touch(DATA + 64, 0, lie);
    run.events().touched.retain(|word| word.address != DATA);
    run.recording.ledger.cells.retain(|cell| cell.address != DATA);
    let mut tables = run.fill();
    // The read that the honest row makes asked for the limbs of its gap, below 2^16.
    let gap = run.events().copies[0].time + 1;
    for limb in [gap, 0] {
        *cell(&mut tables, Table::Range, limb as usize, "range_multiplicity") -= Goldilocks::ONE;
    }
    for (column, value) in
        [("offsets[0]", 1), ("offsets[3]", 0), ("word.found.gap.low", 0), ("word.is_writable", 0)]
    {
        set(&mut tables, Table::Copy, 0, column, value);
    }
    run.expect_refused(&tables, "bus copy");
    let faults = run.faults(&tables);
    let buses = faults.lines().filter(|line| line.contains("bus "));
    assert!(buses.clone().all(|line| line.contains("bus copy")), "{faults}");
}

#[test]
fn altered_exit_code() {
    let mut run = Run::assembled(&sum());
    let honest = run.prove(&run.fill());
    run.recording.execution.exit_code = 0;
    run.expect_refused(&run.fill(), "bus halt");

    let mut relabelled = clone(&honest);
    relabelled.head.exit_code = 0;
    assert!(matches!(run.verify(&relabelled), Err(VerifyError::Part { .. })));
    assert!(matches!(run.verify(&honest), Err(VerifyError::ExitCode { expected: 0, found: 11 })));
}

/// Commits the word at `address`, which nobody has written.
fn reads(address: u64) -> Assembler {
    let mut a = Assembler::new();
    a.li(17, halt::NUMBER).li(5, address).push(i(Ld, 10, 5, 0)).push(ecall());
    a
}

#[test]
fn private_input_outside_its_region() {
    let address = 0x2000_0000;
    let mut run = Run::assembled(&reads(address));
    run.expect_accepted();
    run.recording.execution.exit_code = 7;
    run.events().load_double[0].word.value = 7;
    run.events().ecall[0].a0.value = 7;
    run.leave(10, 7);
    run.touch(address, 7, 7);
    // As ordinary memory, the word begins with 0.
    let tables = run.fill();
    run.expect_refused(&tables, "bus cell");

    // As private input, its address is out of the region: the liar takes a row of a run that
    // does read private input and moves it.
    let inside = Run::new(Program::from(reads(PRIVATE_INPUT_START).load()), &[0, 0, 0, 0]);
    let mut tables = tables;
    tables.ledger.retain(|filled| filled.table != Table::Memory);
    let private = inside.fill().ledger.into_iter().find(|f| f.table == Table::PrivateInput);
    tables.ledger.push(private.expect("the run reads private input"));
    set(&mut tables, Table::PrivateInput, 0, "cell.last.lo", 7);
    set(&mut tables, Table::PrivateInput, 0, "cell.last.hi", 0);
    set(&mut tables, Table::PrivateInput, 0, "address", address);
    set(&mut tables, Table::PrivateInput, 0, "initial.lo", 7);
    set(&mut tables, Table::PrivateInput, 0, "initial.hi", 0);
    set(&mut tables, Table::PrivateInput, 0, "initial_limbs.lo.low", 7);
    run.expect_refused(&tables, "bus range16");
}

/// Beyond 512 MiB of data the region goes on, so no segment may lie there, where a program could
/// expect zeros.
#[test]
fn segments_in_the_private_inputs_region_are_refused() {
    for address in [PRIVATE_INPUT_START, 0x1_27FF_F000, PRIVATE_INPUT_END - 8] {
        let mut a = reads(address);
        a.data(address, &[0; 8]);
        assert!(Program::load(&a.elf()).is_err(), "{address:#x}");
    }
    let mut beyond = reads(PRIVATE_INPUT_END);
    beyond.data(PRIVATE_INPUT_END, &[0; 8]);
    Program::load(&beyond.elf()).expect("the address is outside of the region");
}

#[test]
fn program_word_changed() {
    let mut other = Assembler::new();
    other.li(17, halt::NUMBER).li(5, 5).li(6, 7).push(r(Add, 10, 5, 6)).push(ecall());
    let run = Run::assembled(&sum());
    let mut forged = Run::assembled(&other);
    let mut tables = forged.fill();
    assert_eq!(forged.faults(&tables), "");

    // Proved with its own key, the run is another program's.
    let proof = forged.prove(&tables);
    forged.verify(&proof).expect("the other program's proof is honest");
    let mut expecting = Run::assembled(&sum());
    expecting.recording.execution.exit_code = 12;
    assert!(matches!(expecting.verify(&proof), Err(VerifyError::OtherProgram { .. })));

    // Proved with this program's key and memory, its instruction is not in the program.
    forged.prover = run.prover;
    tables.ledger = forged.fill().ledger;
    let faults = forged.faults(&tables);
    assert!(faults.lines().all(|line| line.starts_with("bus program")), "{faults}");
    forged.expect_refused(&tables, "bus program");
}

#[test]
fn a_store_to_an_executable_word() {
    // The emulator refuses such a run, so the liar records one that stores to data, under a
    // program of the same shape, and moves the store.
    let store = |address: u64| {
        let mut a = Assembler::new();
        a.li(17, halt::NUMBER).push(i(Lui, 5, 0, address as i64));
        a.push(s(Sd, 5, 0, 0)).push(ecall());
        a
    };
    let code = Assembler::CODE_START;
    let mut run = Run::assembled(&store(code + 0x10_0000));
    run.expect_accepted();
    run.prover = Prover::new(Program::from(store(code).load())).expect("the tables are committed");
    let first_word = run.prover.program().loaded().program().initial_word(code);
    run.leave(5, code);
    let last = run.events().touched[0].last.value;
    run.events().touched[0].address = code;
    run.recording.ledger.cells[0].address = code;
    run.touch(code, first_word, last);
    let events = run.events();
    events.store_double[0].step.rs1.value = code;
    events.store_double[0].word.value = first_word;
    // The store wants a word that stores may change: the program says otherwise, whether the
    // segment repeats it or not.
    for (is_writable, fault) in [(true, "bus cell:"), (false, "bus memory:")] {
        run.events().touched[0].is_writable = is_writable;
        let tables = run.fill();
        let faults = run.faults(&tables);
        assert!(faults.lines().all(|line| line.starts_with(fault)), "{faults}");
        run.expect_refused(&tables, fault);
    }
}

#[test]
fn a_cell_that_is_initialized_twice() {
    let address = 0x2000_0000;
    let run = Run::assembled(&reads(address));
    let mut tables = run.fill();
    for (column, value) in [("is_real", 1), ("address", address), ("cell.previous", address)] {
        set(&mut tables, Table::Memory, 1, column, value);
    }
    // The gap is −1: its low limb may be anything, and the high one then isn't below 2^16.
    let faults = run.faults(&tables);
    assert!(faults.lines().all(|line| line.starts_with("bus range16")), "{faults}");
    run.expect_refused(&tables, "bus range16");
}

#[test]
fn a_commit_to_another_stream() {
    let mut a = Assembler::new();
    a.data(Assembler::DATA_START, b"12345678");
    a.commit(Assembler::DATA_START, 8);
    a.halt(0);
    let mut run = Run::assembled(&a);
    run.events().ecall[0].a0.value = commit::PUBLIC_OUTPUT + 1;
    run.expect_refused(&run.fill(), "commit: a0 is 1");
}

/// What a program that counts to three does in three segments.
fn counting() -> Run {
    let mut a = Assembler::new();
    a.data(Assembler::DATA_START, b"abc");
    for _ in 0..3 {
        a.push(i(Addi, 5, 5, 1)).push(i(Addi, 6, 6, 2)).push(i(Addi, 0, 0, 0));
    }
    a.commit(Assembler::DATA_START, 3);
    a.halt(0);
    let run = Run::in_segments(Program::from(a.load()), &[], &Budget::cycles(3));
    assert!(run.recording.segments.len() > 3);
    run
}

/// The row of the execution, after those of the registers.
const EXECUTION: usize = boundary::ROWS - 1;

/// Changes a segment's `boundary`, which is part `number`.
fn at_border<'t>(
    tables: &'t mut RunTables,
    number: usize,
    row: usize,
    column: &str,
) -> &'t mut Goldilocks {
    let columns = Table::Boundary.columns();
    let at = columns.iter().position(|c| c.name == column).expect("the table has the column");
    let filled = part_mut(tables, number).iter_mut().find(|f| f.table == Table::Boundary);
    let rows = &mut filled.expect("every segment has the table").rows;
    &mut rows.values[row * rows.width + at]
}

#[test]
fn segments_end_where_the_next_ones_begin() {
    let run = counting();
    run.expect_accepted();
    // Time after the last instruction, one instruction more and one tick less.
    for change in [Goldilocks::from_u8(4), -Goldilocks::ONE] {
        let mut tables = run.fill();
        *at_border(&mut tables, 2, EXECUTION, "last_time") += change;
        run.expect_refused(&tables, "bus execution");
    }
    // Another entry, which is the segment before's exit too.
    for entry in [4, 8, u64::MAX - 3] {
        let mut tables = run.fill();
        tables.segments[1].entry = tables.segments[1].entry.wrapping_add(entry);
        run.expect_refused(&tables, "bus execution");
    }
    // In the last segment nothing is said of the time, since there is no state after the halt.
    let mut tables = run.fill();
    let last = tables.segments.len();
    *at_border(&mut tables, last, EXECUTION, "last_time") += Goldilocks::ONE;
    assert_eq!(run.faults(&tables), "");
    run.verify(&run.prove(&tables)).expect("the cell is free");
}

/// A segment that goes on is told to be the last one, and the last one to go on.
#[test]
fn runs_end_with_a_halt_and_only_there() {
    let run = counting();
    run.expect_accepted();
    let mut cut = run.fill();
    cut.segments.truncate(2);
    run.expect_refused(&cut, "bus halt");

    let mut longer = run.fill();
    let again = longer.segments.last().expect("there are some").clone();
    longer.segments.push(again);
    run.expect_refused(&longer, "bus halt");
}

/// The output register is no cell: its states are the statement's.
#[test]
fn segments_commit_their_part_of_the_output() {
    let run = counting();
    run.expect_accepted();
    let number = run.recording.segments.iter().position(|s| !s.statement.output.is_empty());
    let number = number.expect("a segment commits") + 1;
    let row = usize::from(boundary::OUTPUT_REGISTER);
    for (column, fault) in [
        ("first.lo", "output start, low limb"),
        ("first.hi", "output start, high limb"),
        ("last.lo", "output end, low limb"),
        ("last.hi", "output end, high limb"),
    ] {
        let mut tables = run.fill();
        *at_border(&mut tables, number, row, column) += Goldilocks::ONE;
        run.expect_refused(&tables, fault);
    }
    // A segment that commits nothing says as consistently as it can that it commits a byte.
    let mut tables = run.fill();
    for column in ["first.lo", "last.lo"] {
        *at_border(&mut tables, 1, row, column) += Goldilocks::ONE;
    }
    run.expect_refused(&tables, "output start, low limb");
}

#[test]
fn registers_begin_with_zero() {
    let mut run = Run::assembled(&sum());
    run.expect_accepted();
    // x7 is never accessed: the segment leaves it as it finds it, and the ledger ends with it.
    run.events().first_registers[7] = 9;
    run.leave(7, 9);
    let tables = run.fill();
    let faults = run.faults(&tables);
    assert!(faults.lines().all(|line| line.starts_with("bus cell")), "{faults}");
    run.expect_refused(&tables, "bus cell");
    // Nor does the ledger end with what no segment left.
    let mut run = Run::assembled(&sum());
    run.recording.ledger.registers[7] = Carried { value: 9, segment: 1 };
    run.expect_refused(&run.fill(), "bus cell");
    run.recording.ledger.registers[7] = Carried { value: 0, segment: 2 };
    run.expect_refused(&run.fill(), "bus cell");
    run.recording.ledger.registers[7] = Carried { value: 0, segment: 1 };
    run.expect_accepted();
}

#[test]
fn memory_ends_below_its_end() {
    let address = 0x2000_0000;
    let run = Run::assembled(&reads(address));
    run.expect_accepted();
    let row = ledger::ROWS - 1;
    for (change, fault) in [(8, "bus memory_order"), (-8, "bus memory_order"), (1, "bus range16")] {
        let mut tables = run.fill();
        let last = address.wrapping_add_signed(change);
        set(&mut tables, Table::Ledger, row, "last_address", last);
        run.expect_refused(&tables, fault);
    }
    let mut tables = run.fill();
    *cell(&mut tables, Table::Ledger, row, "room.low") += Goldilocks::ONE;
    run.expect_refused(&tables, "bus range16");
}

/// Whatever is changed in the row of a touched word is missed by someone.
#[test]
fn touched_words_are_as_they_were_left() {
    let mut a = Assembler::new();
    a.li(17, halt::NUMBER).li(5, Assembler::DATA_START).li(6, 9).push(s(Sd, 5, 6, 0)).push(ecall());
    let run = Run::assembled(&a);
    run.expect_accepted();
    let columns = Table::Touched.columns();
    assert_eq!(columns.len(), Table::Touched.width());
    for column in &columns {
        for change in [Goldilocks::ONE, -Goldilocks::ONE] {
            let mut tables = run.fill();
            *cell(&mut tables, Table::Touched, 0, &column.name) += change;
            let faults = run.faults(&tables);
            assert!(!faults.is_empty(), "{} {change}", column.name);
            let verdict = run.verify(&run.prove(&tables));
            let is_refused =
                matches!(verdict, Err(VerifyError::Part { .. } | VerifyError::Balance));
            assert!(is_refused, "{} {change}: {verdict:?}", column.name);
        }
    }
    // A word that isn't touched at all, with what the ledger would have of it.
    let mut tables = run.fill();
    for column in &columns {
        *cell(&mut tables, Table::Touched, 0, &column.name) = Goldilocks::ZERO;
    }
    run.expect_refused(&tables, "bus memory");
}

fn clone(proof: &lvm_verifier::Proof) -> lvm_verifier::Proof {
    let bytes = proof.to_bytes().expect("the proof is encoded");
    lvm_verifier::Proof::from_bytes(&bytes).expect("the proof is decoded")
}
