//! A prover that lies about a run has no proof that verifies.
//!
//! Each lie is told as consistently as its teller can: everything that depends on it is changed
//! with it, so that it is the constraint or the bus named here that stands in the way.

mod support;

use lvm_air::table::Table;
use lvm_air::trace::{Filled, Outcome, fill};
use lvm_isa::event::Access;
use lvm_isa::instruction::Operation::*;
use lvm_prover::{Program, Prover};
use lvm_syscalls::layout::{PRIVATE_INPUT_END, PRIVATE_INPUT_START};
use lvm_syscalls::{commit, halt};
use lvm_verifier::VerifyError;
use lvm_vm::assemble::{Assembler, ecall, i, r, s};
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use support::Run;

/// Sets the cell `column` in row `row` of a table.
fn set(tables: &mut [Filled], table: Table, row: usize, column: &str, value: u64) {
    *cell(tables, table, row, column) = Goldilocks::from_u64(value);
}

fn cell<'t>(
    tables: &'t mut [Filled],
    table: Table,
    row: usize,
    column: &str,
) -> &'t mut Goldilocks {
    let columns = table.columns();
    let at = columns.iter().position(|c| c.name == column);
    let at = at.unwrap_or_else(|| panic!("{} has no column {column}", table.name()));
    let filled = tables.iter_mut().find(|filled| filled.table == table);
    let rows = &mut filled.expect("the run has the table").rows;
    &mut rows.values[row * rows.width + at]
}

/// Moves one lookup in the range table from one value to another.
fn relook(tables: &mut [Filled], from: u16, to: u16) {
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
    run.recording.events.ecall[0].a0.value = 12;
    run.recording.events.registers[10].value = 12;
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
    run.recording.events.load_double[0].word.value = 12;
    run.recording.events.memory[0].last.value = 12;
    run.recording.events.ecall[0].a0.value = 12;
    run.recording.events.registers[10].value = 12;
    let tables = run.fill();
    run.expect_refused(&tables, "bus memory");
}

#[test]
fn stale_register() {
    let mut a = Assembler::new();
    a.li(17, halt::NUMBER).push(i(Addi, 10, 0, 1)).push(i(Addi, 10, 0, 2)).push(ecall());
    let mut run = Run::assembled(&a);
    run.expect_accepted();
    // The writes of x10 change places: the second finds the first state, the first finds what
    // the second left, and the ECALL reads what the first left. Only time runs backwards.
    let events = &mut run.recording.events;
    let (first, second) = (events.add_immediate[1].time + 3, events.add_immediate[2].time + 3);
    events.add_immediate[2].rd = Access::default();
    let read_at = events.ecall[0].time;
    events.ecall[0].a0 = Access { value: 1, time: first };
    events.registers[10] = Access { value: 1, time: read_at };
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
    let events = &mut run.recording.events;
    let skipped = events.add_immediate.remove(2);
    events.registers[0].time = events.add_immediate[1].time;
    let ecall = &mut events.ecall[0];
    ecall.time = skipped.time;
    ecall.a0 = skipped.rd;
    for (register, value) in [(17, ecall.a7.value), (10, 1), (11, 0), (12, 0)] {
        events.registers[register] = Access { value, time: skipped.time };
    }
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
    run.recording.events.branch_equal[0].rs2.value = 1;
    run.recording.events.registers[6].value = 1;
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
        relabelled.public_output = lie.to_vec();
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

    run.recording.events.commits.pop();
    run.recording.execution.public_output.truncate(8);
    run.expect_refused(&run.fill(), "bus commit");

    run.recording = honest;
    let again = run.recording.events.commits[1];
    run.recording.events.commits.push(again);
    run.expect_refused(&run.fill(), "bus commit");
}

#[test]
fn altered_exit_code() {
    let mut run = Run::assembled(&sum());
    let honest = run.prove(&run.fill());
    run.recording.execution.exit_code = 0;
    run.expect_refused(&run.fill(), "bus halt");

    let mut relabelled = clone(&honest);
    relabelled.exit_code = 0;
    assert!(matches!(run.verify(&relabelled), Err(VerifyError::Stark(_))));
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
    let events = &mut run.recording.events;
    events.load_double[0].word.value = 7;
    events.memory[0].initial = 7;
    events.memory[0].last.value = 7;
    events.ecall[0].a0.value = 7;
    events.registers[10].value = 7;
    // As ordinary memory, the word begins with 0.
    let tables = run.fill();
    run.expect_refused(&tables, "bus memory");

    // As private input, its address is out of the region: the liar takes a row of a run that
    // does read private input and moves it.
    let inside = Run::new(Program::from(reads(PRIVATE_INPUT_START).load()), &[0, 0, 0, 0]);
    let mut tables = tables;
    tables.retain(|filled| filled.table != Table::Memory);
    let private = inside.fill().into_iter().find(|filled| filled.table == Table::PrivateInput);
    tables.push(private.expect("the run reads private input"));
    tables.sort_by_key(|filled| filled.table);
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
    let outcome = Outcome { public_output: &[], exit_code: 12 };
    let program = forged.prover.program().loaded().program();
    let tables = fill(program, &forged.recording.events, &outcome).expect("the tables hold it");
    assert_eq!(forged.faults(&tables), "");

    // Proved with its own key, the run is another program's.
    let proof = forged.prove(&tables);
    forged.verify(&proof).expect("the other program's proof is honest");
    let mut expecting = Run::assembled(&sum());
    expecting.recording.execution.exit_code = 12;
    assert!(matches!(expecting.verify(&proof), Err(VerifyError::OtherProgram { .. })));

    // Proved with this program's key, its instruction is not in the program.
    forged.prover = run.prover;
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
    let events = &mut run.recording.events;
    events.store_double[0].step.rs1.value = code;
    events.store_double[0].word.value = first_word;
    events.memory[0].address = code;
    events.registers[5].value = code;
    let tables = run.fill();
    let faults = run.faults(&tables);
    assert!(faults.lines().all(|line| line.starts_with("bus memory:")), "{faults}");
    run.expect_refused(&tables, "bus memory");
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
    run.recording.events.ecall[0].a0.value = commit::PUBLIC_OUTPUT + 1;
    run.expect_refused(&run.fill(), "commit: a0 is 1");
}

fn clone(proof: &lvm_verifier::Proof) -> lvm_verifier::Proof {
    let bytes = proof.to_bytes().expect("the proof is encoded");
    lvm_verifier::Proof::from_bytes(&bytes).expect("the proof is decoded")
}
