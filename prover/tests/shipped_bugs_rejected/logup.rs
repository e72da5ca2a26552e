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

use crate::lie::{Lie, copy};

fn sum() -> Assembler {
    let mut a = Assembler::new();
    a.li(17, halt::NUMBER).li(5, 5).li(6, 6).push(r(Add, 10, 5, 6)).push(ecall());
    a
}

/// Tables whose buses don't balance, with totals that add up to zero all the same.
#[test]
fn totals_made_to_add_up_are_refused() {
    let mut lie = Lie::about(&sum());
    lie.exit(12);
    let mut proof = lie.run.prove(&lie.tables);
    let reason = |proof: &Proof| match lie.run.verify(proof) {
        Err(VerifyError::Stark(error)) => error,
        other => panic!("{other:?}"),
    };
    let sum: Challenge = proof.stark.totals.iter().copied().sum();
    assert_ne!(sum, Challenge::ZERO);
    assert_eq!(reason(&proof), StarkError::Balance);
    proof.stark.totals[0] -= sum;
    let after = reason(&proof);
    assert_ne!(after, StarkError::Balance, "the totals must be refused for another reason");
}

/// SP1: the sums of the tables were not bound to what followed.
#[test]
fn totals_that_move_between_tables_are_refused() {
    let lie = Lie::about(&sum());
    let honest = lie.run.prove(&lie.tables);
    lie.run.verify(&copy(&honest)).expect("the twin is honest");
    let heights = honest.stark.totals.len();
    for (from, to) in [(0, 1), (heights - 1, 0)] {
        let mut moved = copy(&honest);
        moved.stark.totals[from] += Challenge::ONE;
        moved.stark.totals[to] -= Challenge::ONE;
        // They are in the transcript: every later challenge is another one.
        let verdict = lie.run.verify(&moved);
        let expected = VerifyError::Stark(StarkError::Constraints { log_height: 16 });
        assert_eq!(verdict, Err(expected));
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
        let mut tables = lie.tables;
        let range = tables.iter_mut().find(|filled| filled.table == Table::Range);
        let rows = &mut range.expect("every run has the table").rows;
        let width = rows.width;
        rows.values[value * width] += by;
        // Without correcting the multiplicities, which are the lie.
        lie.run.expect_refused(&tables, "bus range16");
    }
}
