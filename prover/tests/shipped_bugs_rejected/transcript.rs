//! Transcript and verifier: what a proof file may not choose.

use lvm_air::table::Table;
use lvm_isa::instruction::Operation::Add;
use lvm_prover::Program;
use lvm_syscalls::halt;
use lvm_verifier::key::KeyMaterial;
use lvm_verifier::layout::Part;
use lvm_verifier::shape::{Shape, ShapeError};
use lvm_verifier::transcript::seed;
use lvm_verifier::{Claim, Profile, Proof, Verifier, VerifyError};
use lvm_vm::assemble::{Assembler, ecall, r};
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::lie::{Lie, copy};
use crate::support::Run;

/// Commits five bytes and halts with 11.
fn program() -> Assembler {
    let mut a = Assembler::new();
    a.data(Assembler::DATA_START, b"12345");
    a.commit(Assembler::DATA_START, 5);
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

/// What is refused before the protocol's verifier sees it, because of its lengths.
#[track_caller]
fn refused_for_its_layout(run: &Run, proof: &Proof, part: Part) {
    match verdict(run, proof) {
        Err(VerifyError::Layout(error)) => assert_eq!(error.part, part),
        other => panic!("expected {part:?}, not {other:?}"),
    }
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

/// Every field of a proof is checked against something. The pattern names them all, so a new field
/// needs a line here.
#[test]
fn a_proof_has_no_free_fields() {
    let (run, proof) = proved();
    let Proof { profile: _, key: _, exit_code: _, public_output: _, tables: _, stark: _ } = &proof;
    let change = |change: fn(&mut Proof)| {
        let mut changed = copy(&proof);
        change(&mut changed);
        verdict(&run, &changed).expect_err("the field is free")
    };
    assert_eq!(change(|p| p.profile = 77), VerifyError::UnknownProfile { found: 77 });
    assert!(matches!(change(|p| p.profile = 2), VerifyError::Layout(_)));
    assert!(matches!(change(|p| p.key.entry += 4), VerifyError::OtherProgram { .. }));
    assert!(matches!(change(|p| p.key.log_image += 1), VerifyError::OtherProgram { .. }));
    assert!(matches!(change(|p| p.key.log_program += 1), VerifyError::OtherProgram { .. }));
    assert!(matches!(change(|p| p.exit_code = 0), VerifyError::Stark { .. }));
    assert!(matches!(change(|p| p.public_output[4] ^= 1), VerifyError::Stark { .. }));
    assert!(matches!(change(|p| p.public_output.push(0)), VerifyError::Stark { .. }));
    assert!(matches!(change(|p| p.public_output.clear()), VerifyError::Shape(_)));
    assert!(matches!(change(|p| p.tables[9].1 += 1), VerifyError::Layout(_)));
    // Each part of the proof that is one number or one digest.
    let stark: [fn(&mut Proof); 4] = [
        |p| p.stark.commitments.main = vec![[1; 32]].into(),
        |p| p.stark.commitments.permutation = Some(vec![[1; 32]].into()),
        |p| p.stark.commitments.quotient_chunks = vec![[1; 32]].into(),
        |p| p.stark.opening_proof.batch_pow_witness += Goldilocks::ONE,
    ];
    for stark in stark {
        assert!(matches!(change(stark), VerifyError::Stark { .. }));
    }
    // Each that is there in no proof, or in every one.
    let layout: [fn(&mut Proof); 4] = [
        |p| p.stark.commitments.permutation = None,
        |p| p.stark.commitments.random = Some(vec![[1; 32]].into()),
        |p| p.stark.lookup_pow_witness = None,
        |p| p.stark.ood_pow_witness += Goldilocks::ONE,
    ];
    for layout in layout {
        assert!(matches!(change(layout), VerifyError::Layout(_)));
    }
}

/// LambdaVM: only the sum of the opened widths was pinned, so that a column could move from one
/// table to another after the challenge.
#[test]
fn columns_do_not_move_between_tables() {
    let (run, mut proof) = proved();
    let at = |table: Table| {
        proof.tables.iter().position(|(id, _)| *id == table.id()).expect("the table is there")
    };
    let (from, to) = (at(Table::AddImmediate), at(Table::Add));
    assert_eq!((from + 1, proof.tables[from].1), (to, proof.tables[to].1));
    // The last column of one table becomes the first one of the next, at the point and in every
    // query: the leaves of the Merkle tree and the transcript have the same values in a row.
    let opened = &mut proof.stark.opened_values.instances;
    let value = opened[from].base_opened_values.trace_local.pop().expect("a column");
    opened[to].base_opened_values.trace_local.insert(0, value);
    for rows in &mut proof.stark.opening_proof.input_openings[0].opened_values {
        let value = rows[from].pop().expect("a column");
        rows[to].insert(0, value);
    }
    refused_for_its_layout(&run, &proof, Part::Main(Table::AddImmediate));
}

/// Plonky3, OpenVM: the length of the final polynomial was not checked.
#[test]
fn the_final_polynomial_has_one_length() {
    let (run, proof) = proved();
    assert_eq!(proof.stark.opening_proof.final_poly.len(), 1);
    for length in [0, 2, 4, 1 << 16] {
        let mut changed = copy(&proof);
        changed.stark.opening_proof.final_poly.resize(length, Default::default());
        refused_for_its_layout(&run, &changed, Part::FinalPolynomial);
    }
    // Nor the number of rounds.
    let mut changed = copy(&proof);
    let opening = &mut changed.stark.opening_proof;
    opening.commit_phase_commits.pop();
    opening.commit_pow_witnesses.pop();
    opening.commit_phase_openings.pop();
    refused_for_its_layout(&run, &changed, Part::Rounds);
}

/// SP1, Pico: the prover chose the order of the tables.
#[test]
fn tables_have_one_order() {
    let (run, mut proof) = proved();
    let last = proof.tables.len() - 1;
    proof.tables.swap(last - 1, last);
    proof.stark.degree_bits.swap(last - 1, last);
    proof.stark.opened_values.instances.swap(last - 1, last);
    proof.stark.lookup_terminals.swap(last - 1, last);
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
    changed.key.commitment = of_other.key.commitment.clone();
    assert!(matches!(verdict(&run, &changed), Err(VerifyError::OtherProgram { .. })));
    let mut changed = copy(&of_other);
    changed.key = proof.key.clone();
    assert!(matches!(verdict(&run, &changed), Err(VerifyError::Stark { .. })));
}

/// A count of zero dropped a table's constraints.
#[test]
fn tables_are_not_left_out() {
    let mut lie = Lie::about(&program());
    lie.tables.retain(|filled| filled.table != Table::Add);
    lie.refused(&["bus"]);

    let (run, proof) = proved();
    for at in 0..proof.tables.len() {
        let mut changed = copy(&proof);
        changed.tables.remove(at);
        changed.stark.degree_bits.remove(at);
        changed.stark.opened_values.instances.remove(at);
        changed.stark.lookup_terminals.remove(at);
        assert!(verdict(&run, &changed).is_err(), "table {at} left out");
    }
    let mut none = copy(&proof);
    none.tables.clear();
    none.stark.degree_bits.clear();
    none.stark.opened_values.instances.clear();
    none.stark.lookup_terminals.clear();
    let missing = ShapeError::Missing { table: Table::Program };
    assert_eq!(verdict(&run, &none), Err(VerifyError::Shape(missing)));
}

/// Heights are stated as logarithms, twice: as the shape and in the STARK proof.
#[test]
fn heights_are_stated_once() {
    let (run, proof) = proved();
    for at in 0..proof.tables.len() {
        for log_height in [0, 3, proof.stark.degree_bits[at] + 1, 26, 63, 64, usize::MAX] {
            let mut changed = copy(&proof);
            changed.stark.degree_bits[at] = log_height;
            let table = Table::from_id(proof.tables[at].0).expect("a table");
            refused_for_its_layout(&run, &changed, Part::Height(table));
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
        assert!(matches!(verdict(&lie.run, &proof), Err(VerifyError::Layout(_))));
        // With as many queries as the other one wants, and the work where it wants work.
        proof.stark.opening_proof.batch_pow_witness = Goldilocks::ZERO;
        let queries = other.parameters().queries;
        for batch in &mut proof.stark.opening_proof.input_openings {
            let first = batch.opened_values[0].clone();
            batch.opened_values.resize(queries, first);
        }
        for round in &mut proof.stark.opening_proof.commit_phase_openings {
            let first = round.sibling_values[0].clone();
            round.sibling_values.resize(queries, first);
        }
        assert!(matches!(verdict(&lie.run, &proof), Err(VerifyError::Stark { .. })));
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
    let changes: [Change; 18] = [
        |p, how| resize(&mut p.tables, how),
        |p, how| resize(&mut p.stark.degree_bits, how),
        |p, how| resize(&mut p.stark.lookup_terminals, how),
        |p, how| {
            let instances = &mut p.stark.opened_values.instances;
            if how == 1 { instances.clear() } else { drop(instances.pop()) }
        },
        |p, how| resize(&mut opened(p).base_opened_values.trace_local, how),
        |p, how| {
            opened(p).base_opened_values.trace_next =
                [None, Some(vec![]), Some(vec![Default::default(); 17])][how].clone();
            // None is what an honest proof has.
            if how == 0 {
                p.tables.clear();
            }
        },
        |p, how| resize(&mut opened(p).base_opened_values.quotient_chunks, how),
        |p, how| resize(&mut opened(p).base_opened_values.quotient_chunks[0], how),
        |p, how| resize(&mut opened(p).permutation_local, how),
        |p, how| resize(&mut opened(p).permutation_next, how),
        |p, _| p.stark.opened_values.instances[0].base_opened_values.preprocessed = None,
        |p, how| resize(&mut p.stark.opening_proof.commit_phase_commits, how),
        |p, how| resize(&mut p.stark.opening_proof.commit_pow_witnesses, how),
        |p, how| resize(&mut p.stark.opening_proof.commit_phase_openings, how),
        |p, how| {
            resize(&mut p.stark.opening_proof.commit_phase_openings[0].sibling_values, how);
        },
        |p, how| {
            resize(&mut p.stark.opening_proof.commit_phase_openings[0].sibling_values[0], how);
        },
        |p, how| resize(&mut p.stark.opening_proof.input_openings, how),
        |p, how| {
            let batch = &mut p.stark.opening_proof.input_openings[0].opened_values;
            if how == 2 { resize(&mut batch[0], 0) } else { resize(batch, how) }
        },
    ];
    for (at, change) in changes.iter().enumerate() {
        for how in 0..3 {
            let mut changed = copy(&proof);
            change(&mut changed, how);
            assert!(verdict(&run, &changed).is_err(), "change {at}, {how}");
        }
    }
    verdict(&run, &proof).expect("the twin is honest");
}

/// The openings of the last table.
fn opened(
    proof: &mut Proof,
) -> &mut p3_batch_stark::proof::OpenedValuesWithLookups<lvm_verifier::config::Challenge> {
    proof.stark.opened_values.instances.last_mut().expect("there are tables")
}
