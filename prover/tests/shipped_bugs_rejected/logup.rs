//! LogUp: sums and messages that a prover may not bend.

use lvm_air::table::Table;
use lvm_isa::instruction::Operation::{Add, Addi};
use lvm_syscalls::halt;
use lvm_verifier::config::Challenge;
use lvm_verifier::stark::StarkError;
use lvm_verifier::{Proof, VerifyError};
use lvm_vm::assemble::{Assembler, ecall, i, r};
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::support::lie::{Lie, copy};
use crate::support::part_mut;

fn sum() -> Assembler {
    let mut a = Assembler::new();
    a.li(17, halt::NUMBER).li(5, 5).li(6, 6).push(r(Add, 10, 5, 6)).push(ecall());
    a
}

/// Why the first segment's proof is refused.
#[track_caller]
fn reason(lie: &Lie, proof: &Proof) -> StarkError {
    match lie.run.verify(proof) {
        Err(VerifyError::Part { index: 1, source }) => source,
        other => panic!("{other:?}"),
    }
}

/// Tables whose buses don't balance, with totals that add up to zero all the same.
#[test]
fn totals_made_to_add_up_are_refused() {
    let mut lie = Lie::about(&sum());
    lie.exit(12);
    let mut proof = lie.run.prove(&lie.tables);
    let sum: Challenge = proof.parts[1].totals.iter().map(|totals| totals.local).sum();
    assert_ne!(sum, Challenge::ZERO);
    assert_eq!(reason(&lie, &proof), StarkError::Balance);
    proof.parts[1].totals[0].local -= sum;
    let after = reason(&lie, &proof);
    assert_ne!(after, StarkError::Balance, "the totals must be refused for another reason");
}

/// The same for the bus between segments and ledger: parts that are right by themselves, and don't
/// fit together.
#[test]
fn global_totals_made_to_add_up_are_refused() {
    let mut lie = Lie::about(&sum());
    lie.record(|run| run.recording.ledger.registers[10].value = 12);
    let honest = lie.run.prove(&lie.tables);
    assert_eq!(lie.run.verify(&honest), Err(VerifyError::Balance));
    let totals = honest.parts.iter().flat_map(|part| &part.totals);
    let sum: Challenge = totals.map(|totals| totals.global).sum();
    assert_ne!(sum, Challenge::ZERO);
    for part in 0..honest.parts.len() {
        for height in 0..honest.parts[part].totals.len() {
            let mut proof = copy(&honest);
            proof.parts[part].totals[height].global -= sum;
            let verdict = lie.run.verify(&proof);
            assert!(
                matches!(verdict, Err(VerifyError::Part { index, .. }) if index == part),
                "part {part}: {verdict:?}"
            );
        }
    }
}

/// SP1: the sums of the tables were not bound to what followed.
#[test]
fn totals_that_move_between_tables_are_refused() {
    let lie = Lie::about(&sum());
    let honest = lie.run.prove(&lie.tables);
    lie.run.verify(&copy(&honest)).expect("the twin is honest");
    let heights = honest.parts[1].totals.len();
    for (from, to) in [(0, 1), (heights - 1, 0)] {
        for (local, global) in
            [(Challenge::ONE, Challenge::ZERO), (Challenge::ZERO, Challenge::ONE)]
        {
            let mut moved = copy(&honest);
            let totals = &mut moved.parts[1].totals;
            totals[from].local += local;
            totals[to].local -= local;
            totals[from].global += global;
            totals[to].global -= global;
            // They are in the transcript: every later challenge is another one.
            let expected = StarkError::Constraints { log_height: 16 };
            assert_eq!(reason(&lie, &moved), expected);
        }
    }
}

/// Multiplicities: what tables provide may be asked for any number of times, but what is provided
/// −1 times doesn't pay for what nobody provides.
#[test]
fn multiplicities_do_not_pay_for_each_other() {
    let mut a = Assembler::new();
    a.li(17, halt::NUMBER).push(i(Addi, 10, 0, 1)).push(ecall());
    for (value, by) in [(5, -Goldilocks::ONE), (5, Goldilocks::ONE), (0xFFFF, -Goldilocks::TWO)] {
        let lie = Lie::about(&a);
        // Those of the segment, and those of the ledger, which has a table of its own.
        for part in 0..2 {
            let mut tables = lie.tables.clone();
            let range = part_mut(&mut tables, part).iter_mut().find(|f| f.table == Table::Range);
            let rows = &mut range.expect("every part has the table").rows;
            let width = rows.width;
            rows.values[value * width] += by;
            // Without correcting the multiplicities, which are the lie.
            lie.run.expect_refused(&tables, "bus range16");
        }
    }
}
