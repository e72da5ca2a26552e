//! Transcript and verifier: what a proof file may not choose.

use lvm_air::table::Table;
use lvm_isa::instruction::Operation::Add;
use lvm_prover::Program;
use lvm_syscalls::halt;
use lvm_verifier::config::{Challenge, Val};
use lvm_verifier::key::KeyMaterial;
use lvm_verifier::shape::{Shape, ShapeError};
use lvm_verifier::stark::fri::{FriError, FriProof};
use lvm_verifier::stark::merkle::TreeOpening;
use lvm_verifier::stark::{Opened, Plan, StarkError, StarkProof, Tree};
use lvm_verifier::transcript::seed;
use lvm_verifier::{Claim, Profile, Proof, Verifier, VerifyError};
use lvm_vm::assemble::{Assembler, ecall, r};
use p3_field::PrimeCharacteristicRing;

use crate::lie::{Lie, copy};
use crate::support::Run;

/// Commits five bytes, permutes a state, so that there is a table that looks at the next row, and
/// halts with 11.
fn program() -> Assembler {
    let mut a = Assembler::new();
    a.data(Assembler::DATA_START, b"12345");
    a.commit(Assembler::DATA_START, 5);
    a.keccak_f(Assembler::DATA_START + 8);
    a.li(17, halt::NUMBER).li(5, 5).li(6, 6).push(r(Add, 10, 5, 6)).push(ecall());
    a
}

/// An honest run and its proof, which is accepted.
fn proved() -> (Run, Proof) {
    let lie = Lie::about(&program());
    let proof = lie.run.prove(&lie.tables);
    lie.run.verify(&proof).expect("the twin is honest");
    (lie.run, proof)
}

/// Verifies against whatever exit code the proof states.
fn verdict(run: &Run, proof: &Proof) -> Result<(), VerifyError> {
    let claim =
        Claim { exit_code: proof.exit_code, public_output: None, profile: Profile::Provable100 };
    Verifier::new(run.prover.verifying_key()).verify(proof, &claim).map(|_| ())
}

/// Why the protocol refuses a proof.
#[track_caller]
fn refusal(run: &Run, proof: &Proof) -> StarkError {
    match verdict(run, proof) {
        Err(VerifyError::Stark(error)) => error,
        other => panic!("not refused by the protocol: {other:?}"),
    }
}

/// The plan of a proof's shape.
fn plan(proof: &Proof) -> Plan {
    let shape = Shape::new(&proof.tables, &proof.key, &proof.public_output).expect("a shape");
    Plan::new(shape.tables())
}

/// SP1, Jolt, LambdaVM: parts of the statement were not absorbed.
#[test]
fn every_part_of_the_statement_is_absorbed() {
    let (run, proof) = proved();
    let key = |last: u8| {
        let mut bytes = *run.prover.verifying_key().as_bytes();
        bytes[31] ^= last;
        lvm_verifier::VerifyingKey::from_bytes(bytes)
    };
    let shape = |log_program: u8, log_add: u8| {
        let material = KeyMaterial { log_program, ..proof.key.clone() };
        let tables: Vec<_> = proof
            .tables
            .iter()
            .map(|&(id, log)| match Table::from_id(id) {
                Some(Table::Program) => (id, log_program),
                Some(Table::Add) => (id, log_add),
                _ => (id, log),
            })
            .collect();
        Shape::new(&tables, &material, b"12345").expect("a shape")
    };
    let honest = || seed(Profile::Provable128, &key(0), 11, b"12345", &shape(4, 4));
    assert_eq!(honest(), honest());
    let seeds = [
        honest(),
        seed(Profile::Provable100, &key(0), 11, b"12345", &shape(4, 4)),
        seed(Profile::Provable128, &key(1), 11, b"12345", &shape(4, 4)),
        seed(Profile::Provable128, &key(0), 12, b"12345", &shape(4, 4)),
        seed(Profile::Provable128, &key(0), 11, b"12344", &shape(4, 4)),
        seed(Profile::Provable128, &key(0), 11, b"1234", &shape(4, 4)),
        seed(Profile::Provable128, &key(0), 11, b"", &shape(4, 4)),
        seed(Profile::Provable128, &key(0), 11, b"12345", &shape(5, 4)),
        seed(Profile::Provable128, &key(0), 11, b"12345", &shape(4, 5)),
    ];
    for (at, one) in seeds.iter().enumerate() {
        assert!(!seeds[at + 1..].contains(one), "statement {at} has the transcript of another");
    }
}

/// Every field of a proof is checked against something. The patterns name them all, so a new field
/// needs a line here.
#[test]
fn a_proof_has_no_free_fields() {
    let (run, proof) = proved();
    let Proof { profile: _, key: _, exit_code: _, public_output: _, tables: _, stark } = &proof;
    let StarkProof {
        main: _,
        interactions: _,
        totals,
        quotient: _,
        opened,
        witness: _,
        fri,
        queries: [preprocessed, main, interactions, quotient],
    } = stark;
    let Opened { values, next } = opened;
    let FriProof { roots, last, witness: _, openings } = fri;
    let change = |change: &dyn Fn(&mut Proof)| {
        let mut changed = copy(&proof);
        change(&mut changed);
        verdict(&run, &changed).expect_err("the field is free")
    };
    let is_starks = |error| assert!(matches!(error, VerifyError::Stark(_)), "{error:?}");
    assert_eq!(change(&|p| p.profile = 77), VerifyError::UnknownProfile { found: 77 });
    is_starks(change(&|p| p.profile = 2));
    assert!(matches!(change(&|p| p.key.root[0] ^= 1), VerifyError::OtherProgram { .. }));
    assert!(matches!(change(&|p| p.key.entry += 4), VerifyError::OtherProgram { .. }));
    assert!(matches!(change(&|p| p.key.log_image += 1), VerifyError::OtherProgram { .. }));
    assert!(matches!(change(&|p| p.key.log_program += 1), VerifyError::OtherProgram { .. }));
    is_starks(change(&|p| p.exit_code = 0));
    is_starks(change(&|p| p.public_output[4] ^= 1));
    is_starks(change(&|p| p.public_output.push(0)));
    is_starks(change(&|p| p.public_output.clear()));
    is_starks(change(&|p| p.tables[9].1 += 1));
    // Each number and digest of the protocol's part, of lists the first, a middle and the last
    // one.
    let stark: [fn(&mut Proof); 5] = [
        |p| p.stark.main[31] ^= 1,
        |p| p.stark.interactions[0] ^= 1,
        |p| p.stark.quotient[17] ^= 1,
        |p| p.stark.witness += 1,
        |p| p.stark.fri.witness ^= 1,
    ];
    for stark in stark {
        is_starks(change(&stark));
    }
    let some = |length: usize| {
        assert!(length > 0, "a list is empty");
        [0, length / 2, length - 1]
    };
    for at in some(totals.len()) {
        is_starks(change(&|p| p.stark.totals[at] += Challenge::ONE));
    }
    for (tree, groups) in values.iter().enumerate() {
        for (group, values) in groups.iter().enumerate() {
            for at in some(values.len()) {
                let at = |p: &mut Proof| p.stark.opened.values[tree][group][at] += Challenge::ONE;
                is_starks(change(&at));
            }
        }
    }
    assert_eq!(next.len(), 1);
    for at in some(next[0].len()) {
        is_starks(change(&|p| p.stark.opened.next[0][at] += Challenge::ONE));
    }
    for at in some(roots.len()) {
        is_starks(change(&|p| p.stark.fri.roots[at][5] ^= 1));
    }
    for at in some(last.len()) {
        is_starks(change(&|p| p.stark.fri.last[at] += Challenge::ONE));
    }
    for (tree, opening) in [preprocessed, main, interactions, quotient].into_iter().enumerate() {
        for at in some(opening.rows.len()) {
            is_starks(change(&|p| p.stark.queries[tree].rows[at] += Val::ONE));
        }
        for at in some(opening.siblings.len()) {
            is_starks(change(&|p| p.stark.queries[tree].siblings[at][9] ^= 1));
        }
    }
    for (round, TreeOpening { rows, siblings }) in openings.iter().enumerate() {
        for at in some(rows.len()) {
            is_starks(change(&|p| p.stark.fri.openings[round].rows[at] += Val::ONE));
        }
        // In the smallest trees the positions may be all there are.
        if !siblings.is_empty() {
            is_starks(change(&|p| p.stark.fri.openings[round].siblings[0][1] ^= 1));
        }
    }
}

/// LambdaVM: only the sum of the opened widths was pinned, so that a column could move from one
/// table to another after the challenge.
#[test]
fn columns_do_not_move_between_tables() {
    let (run, proof) = proved();
    // The last column of one height becomes the first one of the next: the transcript has the
    // same values in a row, and so have the rows that are hashed.
    for tree in Tree::ALL {
        let mut moved = copy(&proof);
        let values = &mut moved.stark.opened.values[tree as usize];
        let expected = values[0].len();
        let value = values[0].pop().expect("a column");
        values[1].insert(0, value);
        let found = expected - 1;
        assert_eq!(refusal(&run, &moved), StarkError::Opened { tree, expected, found });
    }
    // And the last column of one commitment the first one of the next.
    for [tree, next] in [[0, 1], [1, 2], [2, 3]] {
        let mut moved = copy(&proof);
        let values = &mut moved.stark.opened.values;
        let value = values[tree].last_mut().and_then(Vec::pop).expect("a column");
        values[next][0].insert(0, value);
        let error = refusal(&run, &moved);
        let is_expected = matches!(error, StarkError::Opened { tree: t, .. } if t as usize == tree);
        assert!(is_expected, "{error:?}");
    }
    // The tables of one height share a list, which the shape cuts: with a table of another width
    // it has another length.
    let mut cut = copy(&proof);
    let at = cut.tables.iter().position(|(id, _)| *id == Table::AddWord.id()).expect("it is there");
    assert_ne!(Table::AddWord.width(), Table::Bitwise.width());
    cut.tables[at].0 = Table::Bitwise.id();
    let error = refusal(&run, &cut);
    assert!(matches!(error, StarkError::Opened { .. }), "{error:?}");
}

/// What one commitment opens is not taken for another one's.
#[test]
fn openings_do_not_move_between_commitments() {
    let (run, proof) = proved();
    for one in 0..Tree::ALL.len() {
        for other in 0..one {
            let mut swapped = copy(&proof);
            swapped.stark.queries.swap(one, other);
            let error = refusal(&run, &swapped);
            assert!(matches!(error, StarkError::Query { .. }), "{one} {other}: {error:?}");

            let mut swapped = copy(&proof);
            swapped.stark.opened.values.swap(one, other);
            let error = refusal(&run, &swapped);
            assert!(matches!(error, StarkError::Opened { .. }), "{one} {other}: {error:?}");
        }
    }
    let roots: [fn(&mut StarkProof); 3] = [
        |p| core::mem::swap(&mut p.main, &mut p.interactions),
        |p| core::mem::swap(&mut p.main, &mut p.quotient),
        |p| core::mem::swap(&mut p.interactions, &mut p.quotient),
    ];
    for swap in roots {
        let mut swapped = copy(&proof);
        swap(&mut swapped.stark);
        refusal(&run, &swapped);
    }
    let mut swapped = copy(&proof);
    swapped.stark.fri.openings.swap(0, 1);
    let error = refusal(&run, &swapped);
    assert!(matches!(error, StarkError::Fri(FriError::Opening { round: 0, .. })), "{error:?}");
}

/// Plonky3, OpenVM: the length of the final polynomial was not checked.
#[test]
fn the_final_polynomial_has_one_length() {
    let (run, proof) = proved();
    let expected = proof.stark.fri.last.len();
    assert_eq!(expected, 16);
    for found in [0, 1, 2, 15, 17, 32, 1 << 16] {
        let mut changed = copy(&proof);
        changed.stark.fri.last.resize(found, Challenge::ZERO);
        let error = StarkError::Fri(FriError::LastLength { expected, found });
        assert_eq!(refusal(&run, &changed), error);
    }
    // Nor the number of rounds.
    let expected = proof.stark.fri.roots.len();
    let found = expected - 1;
    let mut changed = copy(&proof);
    changed.stark.fri.roots.pop();
    changed.stark.fri.openings.pop();
    assert_eq!(refusal(&run, &changed), StarkError::Fri(FriError::Rounds { expected, found }));
}

/// SP1, Pico: the prover chose the order of the tables.
#[test]
fn tables_have_one_order() {
    let (run, mut proof) = proved();
    let last = proof.tables.len() - 1;
    proof.tables.swap(last - 1, last);
    let verdict = verdict(&run, &proof);
    assert!(matches!(verdict, Err(VerifyError::Shape(ShapeError::Order { .. }))), "{verdict:?}");
}

/// SP1, Pico: the verifying key was not checked. LambdaVM: the roots of preprocessed tables came
/// with the proof.
#[test]
fn preprocessed_tables_are_the_keys() {
    let (run, proof) = proved();
    let other = {
        let mut a = program();
        a.li(0, 0);
        Run::new(Program::from(a.load()), &[])
    };
    // The same run, proved with the tables of a program with one instruction more.
    let tables = other.fill();
    let of_other = other.prove(&tables);
    other.verify(&of_other).expect("the twin is honest");
    assert!(matches!(verdict(&run, &of_other), Err(VerifyError::OtherProgram { .. })));
    // Another root under this program's name, and this program's material under another proof.
    let mut changed = copy(&proof);
    changed.key.root = of_other.key.root;
    assert!(matches!(verdict(&run, &changed), Err(VerifyError::OtherProgram { .. })));
    let mut changed = copy(&of_other);
    changed.key = proof.key.clone();
    assert!(matches!(verdict(&run, &changed), Err(VerifyError::Stark(_))));
}

/// A count of zero dropped a table's constraints.
#[test]
fn tables_are_not_left_out() {
    let mut lie = Lie::about(&program());
    lie.tables.retain(|filled| filled.table != Table::Add);
    lie.refused(&["bus"]);

    let (run, proof) = proved();
    let mut lengths_fit = 0;
    for at in 0..proof.tables.len() {
        let mut changed = copy(&proof);
        changed.tables.remove(at);
        assert!(verdict(&run, &changed).is_err(), "table {at} left out");
        // With it goes all that the proof says of it, so that every length is right.
        if Shape::new(&changed.tables, &changed.key, &changed.public_output).is_ok() {
            leave_out(&mut changed, &plan(&proof), at);
            let error = refusal(&run, &changed);
            assert!(matches!(error, StarkError::Constraints { .. }), "table {at}: {error:?}");
            lengths_fit += 1;
        }
    }
    assert_eq!(lengths_fit, proof.tables.len() - 6);
    let mut none = copy(&proof);
    none.tables.clear();
    let missing = ShapeError::Missing { table: Table::Program };
    assert_eq!(verdict(&run, &none), Err(VerifyError::Shape(missing)));
}

/// Leaves out what `proof` says of the table `left_out`, which isn't among its tables any more,
/// but in the plan `before`.
fn leave_out(proof: &mut Proof, before: &Plan, left_out: usize) {
    let after = plan(proof);
    let stark = &mut proof.stark;
    let is_left = |log: &usize| after.log_heights.contains(log);
    let mut totals = stark.totals.iter().zip(&before.log_heights);
    stark.totals =
        totals.by_ref().filter(|(_, log)| is_left(log)).map(|(total, _)| *total).collect();
    for tree in Tree::ALL {
        let groups = before.layout(tree).groups.iter().zip(&stark.opened.values[tree as usize]);
        stark.opened.values[tree as usize] = groups
            .filter(|(group, _)| is_left(&group.log_height))
            .map(|(group, values)| {
                // A quotient is of a height, not of a table.
                let parts = group
                    .parts
                    .iter()
                    .filter(|part| tree == Tree::Quotient || part.instance != left_out);
                parts.flat_map(|part| values[part.columns()].to_vec()).collect()
            })
            .filter(|values: &Vec<Challenge>| !values.is_empty())
            .collect();
    }
    if before.with_next_row().any(|(instance, ..)| instance == left_out) {
        stark.opened.next.clear();
    }
    let rounds = lvm_verifier::stark::fri::rounds(&after.log_sizes(), 4).len();
    stark.fri.roots.resize(rounds, [0; 32]);
    stark.fri.openings.resize(rounds, TreeOpening::EMPTY);
}

/// Heights are stated once, as logarithms.
#[test]
fn heights_are_stated_once() {
    let (run, proof) = proved();
    for at in 0..proof.tables.len() {
        let honest = proof.tables[at].1;
        for log_height in [0, 3, honest - 1, honest + 1, 26, 27, 63, 64, 255] {
            let mut changed = copy(&proof);
            changed.tables[at].1 = log_height;
            let verdict = verdict(&run, &changed);
            assert!(verdict.is_err(), "table {at} of height 2^{log_height}");
        }
    }
}

/// Options from the proof: a proof names a profile, but a proof of one is none of another.
#[test]
fn a_proof_is_of_one_profile() {
    let lie = Lie::about(&program());
    let execution = &lie.run.recording.execution;
    for (profile, other) in
        [(Profile::Provable100, Profile::Provable128), (Profile::Provable128, Profile::Provable100)]
    {
        let mut proof = lie
            .run
            .prover
            .prove_tables(
                profile,
                &lie.tables,
                execution.exit_code,
                execution.public_output.clone(),
            )
            .expect("the run is proved");
        verdict(&lie.run, &proof).expect("the twin is honest");
        if profile == Profile::Provable100 {
            // Nor is it good enough for who expects the other's bits, which is the default.
            let claim = Claim { exit_code: proof.exit_code, ..Claim::default() };
            assert_eq!(
                Verifier::new(lie.run.prover.verifying_key()).verify(&proof, &claim),
                Err(VerifyError::WeakProfile { expected: other, found: profile })
            );
        }
        proof.profile = other.id();
        refusal(&lie.run, &proof);
        // With the work where the other one wants work.
        proof.stark.witness = 0;
        assert!(matches!(verdict(&lie.run, &proof), Err(VerifyError::Stark(_))));
    }
}

/// Verifiers that panic: every list of a proof is cut, emptied or lengthened.
#[test]
fn lists_of_any_length_are_survived() {
    let (run, proof) = proved();
    /// Changes the length of a list, in one of three ways.
    fn resize<T: Clone>(list: &mut Vec<T>, how: usize) {
        match how {
            0 => drop(list.pop()),
            1 => list.clear(),
            _ => list.extend(list.first().cloned()),
        }
    }
    type Change = fn(&mut Proof, usize);
    let changes: [Change; 14] = [
        |p, how| resize(&mut p.tables, how),
        |p, how| resize(&mut p.stark.totals, how),
        |p, how| resize(&mut p.stark.opened.values[0], how),
        |p, how| resize(&mut p.stark.opened.values[1], how),
        |p, how| resize(&mut p.stark.opened.values[2][1], how),
        |p, how| resize(&mut p.stark.opened.values[3][0], how),
        |p, how| resize(&mut p.stark.opened.next, how),
        |p, how| resize(&mut p.stark.opened.next[0], how),
        |p, how| resize(&mut p.stark.fri.roots, how),
        |p, how| resize(&mut p.stark.fri.last, how),
        |p, how| resize(&mut p.stark.fri.openings, how),
        |p, how| resize(&mut p.stark.fri.openings[0].rows, how),
        |p, how| resize(&mut p.stark.fri.openings[0].siblings, how),
        |p, how| {
            resize(&mut p.stark.fri.roots, how);
            resize(&mut p.stark.fri.openings, how);
        },
    ];
    let of_trees: [fn(&mut TreeOpening, usize); 3] = [
        |opening, how| resize(&mut opening.rows, how),
        |opening, how| resize(&mut opening.siblings, how),
        |opening, how| {
            resize(&mut opening.rows, how);
            resize(&mut opening.siblings, how);
        },
    ];
    for how in 0..3 {
        for (at, change) in changes.iter().enumerate() {
            let mut changed = copy(&proof);
            change(&mut changed, how);
            assert!(verdict(&run, &changed).is_err(), "change {at}, {how}");
        }
        for (at, change) in of_trees.iter().enumerate() {
            for tree in Tree::ALL {
                let mut changed = copy(&proof);
                change(&mut changed.stark.queries[tree as usize], how);
                assert!(verdict(&run, &changed).is_err(), "change {at} of {tree:?}, {how}");
            }
        }
    }
    verdict(&run, &proof).expect("the twin is honest");
}
