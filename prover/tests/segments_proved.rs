//! Runs in several segments are proved and verified, and a segment takes only what the ones before
//! it left.
//!
//! Lies are told consistently within each segment, so that it is the bus between segments, or the
//! constraint named, that stands in the way.

mod support;

use lvm_air::columns::Columns;
use lvm_air::counts::Counts;
use lvm_air::field::{Challenge, Val};
use lvm_air::gadgets::cell::OrderedCell;
use lvm_air::table::Table;
use lvm_air::tables::memory;
use lvm_air::trace::segment_heights;
use lvm_isa::event::Access;
use lvm_isa::instruction::Operation::*;
use lvm_isa::segment::{Budget, Carried, Cell};
use lvm_prover::{Job, Program, ProveError, ProveOptions, Prover};
use lvm_syscalls::layout::PRIVATE_INPUT_START;
use lvm_verifier::{Claim, Proof, Verifier, VerifyError};
use lvm_vm::assemble::{Assembler, i, s};
use lvm_vm::execute::Options;
use p3_field::PrimeCharacteristicRing;
use support::Run;

/// A word that the program only writes.
const WRITTEN: u64 = Assembler::DATA_START;
/// Rounds of the program.
const ROUNDS: u64 = 5;

/// In each round: writes the round's number, which counts down, to a word; reads the first word of
/// private input for nothing; commits a byte of the written word. What comes before the rounds has
/// as many instructions as a round; returns how many.
fn rounds(rounds: u64) -> (Program, u64) {
    let assemble = |cycles: u64| {
        let mut a = Assembler::new();
        a.li(5, rounds).li(6, WRITTEN).li(9, PRIVATE_INPUT_START);
        while a.pc() < Assembler::CODE_START + 4 * cycles {
            a.push(i(Addi, 0, 0, 0));
        }
        let (start, round) = (a.pc(), a.here());
        a.push(s(Sd, 6, 5, 0)).push(i(Ld, 8, 9, 0)).li(8, 0).commit(WRITTEN, 1);
        a.push(i(Addi, 5, 5, -1)).branch(Bne, 5, 0, round);
        let cycles = (a.pc() - start) / 4;
        a.halt(0);
        (Program::from(a.load()), cycles)
    };
    let (_, cycles) = assemble(0);
    assemble(cycles)
}

/// A run with a round in each segment, but for the first, which has what is before the rounds, and
/// the last, which halts.
fn run(private_input: &[u8]) -> Run {
    let (program, cycles) = rounds(ROUNDS);
    let run = Run::in_segments(program, private_input, &Budget::cycles(cycles));
    assert_eq!(run.recording.segments.len() as u64, ROUNDS + 2);
    run
}

/// Makes segment `number` find `first` where it writes.
fn find(run: &mut Run, number: usize, first: Carried) {
    let events = &mut run.recording.segments[number - 1].events;
    let store = &mut events.store_double[0].word;
    *store = Access { value: first.value, ..*store };
    let word = events.touched.iter_mut().find(|word| word.address == WRITTEN);
    word.expect("every round writes it").first = first;
}

#[test]
fn an_honest_run_is_accepted() {
    let run = run(b"12345678");
    let program = run.prover.program().loaded().program();
    let tables = run.fill();
    for (segment, tables) in run.recording.segments.iter().zip(&tables.segments) {
        let filled: Vec<(Table, usize)> = tables
            .tables
            .iter()
            .map(|t| (t.table, (t.rows.values.len() / t.rows.width).trailing_zeros() as usize))
            .collect();
        assert_eq!(filled, segment_heights(program, &segment.tally));
    }
    assert_eq!(run.recording.execution.public_output, [5, 4, 3, 2, 1]);
    run.expect_accepted();
}

#[test]
fn one_segment_of_the_same_run_is_accepted() {
    let run = Run::new(rounds(ROUNDS).0, b"12345678");
    assert_eq!(run.recording.segments.len(), 1);
    run.expect_accepted();
}

#[test]
fn altered_carried_value() {
    let mut run = run(b"");
    find(&mut run, 4, Carried { value: 999, segment: 3 });
    run.expect_refused(&run.fill(), "bus cell");
}

#[test]
fn replayed_old_value() {
    let mut run = run(b"");
    // Segment 2 writes 5, segment 3 writes 4; segment 4 takes what segment 2 left.
    find(&mut run, 4, Carried { value: 5, segment: 2 });
    run.expect_refused(&run.fill(), "bus cell");
}

#[test]
fn a_word_dropped_at_one_border_and_revived_later() {
    let mut run = run(b"");
    // The ledger ends the word with segment 3, and segment 4 begins it anew.
    find(&mut run, 4, Carried { value: 0, segment: 0 });
    let cells = &mut run.recording.ledger.cells;
    let cell = cells.iter_mut().find(|cell| cell.address == WRITTEN).expect("it is there");
    cell.last = Carried { value: 4, segment: 3 };
    run.expect_refused(&run.fill(), "bus cell");
}

#[test]
fn an_address_initialized_twice() {
    let mut run = run(b"");
    // As before, with a second row for the second life: only the order of addresses is left.
    find(&mut run, 4, Carried { value: 0, segment: 0 });
    let cells = &mut run.recording.ledger.cells;
    let at = cells.iter().position(|cell| cell.address == WRITTEN).expect("it is there");
    let second = cells[at];
    cells[at].last = Carried { value: 4, segment: 3 };
    let mut tables = run.fill();
    run.expect_refused(&tables, "bus cell");

    let mut counts = Counts::new(1);
    let order = OrderedCell { previous: WRITTEN - 8, cell: second };
    let row = memory::fill(&order, &mut counts);
    let memory = support::table_mut(&mut tables, Table::Memory);
    // The row after the word's own begins where that one began: both follow the same address.
    let mut cells = vec![Val::ZERO; memory.rows.width];
    row.write(&mut cells.iter_mut());
    let width = memory.rows.width;
    let rows = memory.rows.values.chunks(width);
    let used = rows.take_while(|row| row.iter().any(|cell| *cell != Val::ZERO)).count();
    memory.rows.values[used * width..(used + 1) * width].copy_from_slice(&cells);
    run.expect_refused(&tables, "bus memory_order");
}

#[test]
fn private_input_altered_between_segments() {
    let (one, mut other) = (run(b"one"), run(b"two"));
    other.recording.segments[2] = one.recording.segments[2].clone();
    run_refused(&other, "bus cell");
    // Nor can the ledger have both.
    let input = one.recording.ledger.cells.iter().find(|c| c.address == PRIVATE_INPUT_START);
    let input = *input.expect("it is read");
    let last = Carried { segment: 3, ..input.last };
    let second = Cell { address: PRIVATE_INPUT_START + 8, last, ..input };
    let cells = &mut other.recording.ledger.cells;
    let at = cells.iter().position(|cell| cell.address == PRIVATE_INPUT_START).expect("it is read");
    cells.insert(at + 1, second);
    run_refused(&other, "bus cell");
}

fn run_refused(run: &Run, fault: &str) {
    run.expect_refused(&run.fill(), fault);
}

#[test]
fn the_clock_going_back() {
    // Segments 3 and 4 in the other order.
    let mut swapped = run(b"");
    swapped.recording.segments.swap(2, 3);
    let tables = swapped.fill();
    let faults = swapped.faults(&tables);
    assert!(faults.contains("bus cell"), "{faults}");
    swapped.verify(&swapped.prove(&tables)).expect_err("the order is wrong");

    // A segment takes what a later one leaves, or itself.
    for segment in [4, 5] {
        let mut run = run(b"");
        let mut tables = run.fill();
        find(&mut run, 4, Carried { value: 2, segment: 3 });
        let touched = &mut tables.segments[3].tables;
        let touched = touched.iter_mut().find(|filled| filled.table == Table::Touched);
        let rows = &mut touched.expect("words are touched").rows;
        let column = |name: &str| Table::Touched.columns().iter().position(|c| c.name == name);
        let at = column("first_segment").expect("the column is there");
        let address = column("address").expect("the column is there");
        let row = rows.values.chunks_mut(rows.width);
        let written = Val::new(WRITTEN);
        let mut row = row.filter(|row| row[address] == written);
        row.next().expect("the word is touched")[at] = Val::new(segment);
        run.expect_refused(&tables, "bus range16");
    }
}

#[test]
fn a_register_that_changes_between_segments() {
    let mut run = run(b"");
    // x8 is written before it is read in every round.
    let events = &mut run.recording.segments[3].events;
    events.first_registers[8] = 77;
    let load = &mut events.load_double[0].step.rd;
    *load = Access { value: 77, ..*load };
    run_refused(&run, "bus cell");
}

#[test]
fn output_that_segments_leave_out_or_repeat() {
    let run = run(b"");
    for (number, start) in [(3, 2), (4, 1), (2, 1)] {
        let mut tables = run.fill();
        tables.segments[number - 1].output_start = start;
        let faults = run.faults(&tables);
        assert!(faults.contains("output"), "{faults}");
        let verdict = run.verify(&run.prove(&tables));
        assert!(matches!(verdict, Err(VerifyError::Part { .. })), "{verdict:?}");
    }
}

/// A proof of the run, and one of the same program's run on other input.
fn proofs() -> [(Run, Proof); 2] {
    [run(b"one"), run(b"two")].map(|run| {
        let proof = run.prove(&run.fill());
        run.verify(&proof).expect("an honest proof verifies");
        (run, proof)
    })
}

#[test]
fn parts_belong_to_one_run_and_one_place() {
    let [(run, proof), (_, other)] = proofs();
    let verdict_of = |change: &dyn Fn(&mut Proof)| {
        let mut changed = proof.clone();
        change(&mut changed);
        let verdict = run.verify(&changed);
        // A file of it says the same.
        if let Ok(bytes) = changed.to_bytes() {
            let read = Proof::from_bytes(&bytes).expect("it is laid out right");
            assert_eq!(run.verify(&read), verdict);
        }
        verdict
    };
    let refused = |what: &str, change: &dyn Fn(&mut Proof)| {
        assert!(verdict_of(change).is_err(), "{what}");
    };
    // Missing.
    let verdict = verdict_of(&|p| drop(p.parts.pop()));
    assert!(matches!(verdict, Err(VerifyError::Parts { .. })), "{verdict:?}");
    refused("a missing segment", &|p| {
        p.parts.remove(3);
        p.head.segments.remove(2);
    });
    refused("a missing first segment", &|p| {
        p.parts.remove(1);
        p.head.segments.remove(0);
    });
    refused("a missing last segment", &|p| {
        p.parts.pop();
        p.head.segments.pop();
    });
    // Repeated.
    refused("a part too many", &|p| p.parts.push(p.parts[1].clone()));
    refused("a repeated segment", &|p| {
        p.parts.insert(3, p.parts[3].clone());
        p.head.segments.insert(2, p.head.segments[2].clone());
    });
    // Reordered.
    refused("parts in another order", &|p| p.parts.swap(2, 3));
    refused("segments in another order", &|p| {
        p.parts.swap(3, 4);
        p.head.segments.swap(2, 3);
    });
    refused("the ledger as a segment", &|p| p.parts.swap(0, 1));
    // Foreign.
    refused("a part of another run", &|p| p.parts[3] = other.parts[3].clone());
    refused("a segment of another run", &|p| {
        p.parts[3] = other.parts[3].clone();
        p.head.segments[2] = other.head.segments[2].clone();
    });
    refused("the ledger of another run", &|p| {
        p.parts[0] = other.parts[0].clone();
        p.head.ledger = other.head.ledger.clone();
    });
    refused("another exit code", &|p| p.head.exit_code = 1);
    refused("another output", &|p| p.head.public_output[2] ^= 1);
    refused("another border", &|p| {
        p.head.segments[2].part.border.values[0][0] += Challenge::ONE;
    });
    refused("another entry", &|p| p.head.segments[2].entry += 4);
}

#[test]
fn a_segment_of_another_program() {
    let (run, other) = (run(b""), {
        // The same code but for a constant, in segments of the same shapes.
        let (program, cycles) = rounds(ROUNDS + 1);
        Run::in_segments(program, b"", &Budget::cycles(cycles))
    });
    let (mut proof, other) = (run.prove(&run.fill()), other.prove(&other.fill()));
    run.verify(&proof).expect("an honest proof verifies");
    assert_eq!(proof.head.segments[2].part.tables, other.head.segments[2].part.tables);
    proof.parts[3] = other.parts[3].clone();
    let verdict = run.verify(&proof);
    assert!(matches!(verdict, Err(VerifyError::Part { index: 3, .. })), "{verdict:?}");
    proof.head.segments[2] = other.head.segments[2].clone();
    assert!(run.verify(&proof).is_err());
}

#[test]
fn jobs_are_proved_elsewhere() {
    let (here, elsewhere) = (Prover::new(rounds(2).0), Prover::new(rounds(2).0));
    let (here, elsewhere) = (here.expect("it fits"), elsewhere.expect("it fits"));
    let options = ProveOptions { segment_cells: Some(1_000), ..ProveOptions::default() };
    let survey = here.survey(b"in", &options, &mut |_| {}).expect("it runs");
    assert!(survey.cycles.len() >= 2, "{:?}", survey.cycles);
    let mut parts = Vec::new();
    let verification = here.verification(&survey).expect("it is a run of the program");
    let keep = &mut |index, part| {
        if index == 0 {
            parts.push(part);
            return Ok(());
        }
        Err("only the ledger is wanted".into())
    };
    here.prove_parts(b"in", &survey, &Options::default(), verification, &mut |_| {}, keep)
        .expect_err("no segment is kept");
    for job in survey.jobs() {
        let job = Job::from_bytes(&job.to_bytes()).expect("it is a job");
        let part = elsewhere.prove_job(b"in", &Options::default(), &job).expect("it is proved");
        parts.push(part);
    }
    let mut job = survey.jobs().next().expect("there is one");
    job.segment = 1_000;
    let verdict = elsewhere.prove_job(b"in", &Options::default(), &job);
    assert!(matches!(verdict, Err(ProveError::NoSegment { segment: 1_000, .. })));
    let proof = Proof { head: survey.head, parts };
    let bytes = proof.to_bytes().expect("it is laid out right");
    let proof = Proof::from_bytes(&bytes).expect("it is read back");
    let verifier = Verifier::new(here.verifying_key());
    assert_eq!(verifier.verify(&proof, &Claim::default()).expect("it verifies"), [2, 1]);
}
