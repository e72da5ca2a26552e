//! Transcript and verifier: what a proof file may not choose.

use lvm_air::table::{Part, Table};
use lvm_isa::instruction::Operation::Add;
use lvm_isa::segment::{Budget, Exit, Statement};
use lvm_prover::Program;
use lvm_syscalls::halt;
use lvm_verifier::config::Challenge;
use lvm_verifier::key::KeyMaterial;
use lvm_verifier::proof::{HeadError, PartHead};
use lvm_verifier::shape::{Shape, ShapeError};
use lvm_verifier::stark::fri::FriError;
use lvm_verifier::stark::merkle::TreeOpening;
use lvm_verifier::stark::{Plan, StarkError, StarkProof, Tree};
use lvm_verifier::transcript::{part_seed, run_seed};
use lvm_verifier::{Claim, Profile, Proof, Verifier, VerifyError};
use lvm_vm::assemble::{Assembler, ecall, r};
use p3_field::PrimeCharacteristicRing;

use crate::support::lie::{Lie, copy};
use crate::support::{Run, part_mut};

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

/// The program's run in two segments: the second one has the last three instructions.
fn run() -> Run {
    let cycles = Run::assembled(&program()).recording.execution.cycles;
    let program = Program::from(program().load());
    let run = Run::in_segments(program, &[], &Budget::cycles(cycles - 3));
    assert_eq!(run.recording.segments.len(), 2);
    run
}

/// An honest run and its proof, which is accepted.
pub(crate) fn proved() -> (Run, Proof) {
    let lie = Lie::of(run());
    let proof = lie.run.prove(&lie.tables);
    lie.run.verify(&proof).expect("the twin is honest");
    (lie.run, proof)
}

/// The ledger, the segment that permutes, the one that halts.
pub(crate) const PARTS: [usize; 3] = [0, 1, 2];

/// Verifies against whatever exit code the proof states.
pub(crate) fn verdict(run: &Run, proof: &Proof) -> Result<(), VerifyError> {
    Verifier::new(run.prover.verifying_key()).verify(proof, &claim(proof)).map(|_| ())
}

pub(crate) const fn claim(proof: &Proof) -> Claim<'static> {
    let exit_code = proof.head.exit_code;
    Claim { exit_code, public_output: None, profile: Profile::Provable100 }
}

/// Why the protocol refuses a part of a proof, whose head is one of a run.
#[track_caller]
fn refusal(run: &Run, proof: &Proof, part: usize) -> StarkError {
    assert!(verdict(run, proof).is_err());
    let verifier = Verifier::new(run.prover.verifying_key());
    let claim = claim(proof);
    let verification = verifier.begin(&proof.head, &claim).expect("the head is one of a run");
    match verification.part_at(part, &proof.parts[part]) {
        Err(VerifyError::Part { index, source }) if index == part => source,
        other => panic!("not refused by the protocol: {other:?}"),
    }
}

/// The plan of a part.
fn plan(proof: &Proof, part: usize) -> Plan {
    proof.head.plan(part).expect("a shape").1
}

/// Tables and border of a part.
pub(crate) fn part_head(proof: &mut Proof, part: usize) -> &mut PartHead {
    match part {
        0 => &mut proof.head.ledger,
        number => &mut proof.head.segments[number - 1].part,
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
        let material = KeyMaterial { log_program, ..proof.head.key.clone() };
        let tables: Vec<_> = proof.head.segments[1]
            .part
            .tables
            .iter()
            .map(|&(id, log)| match Table::from_id(id) {
                Some(Table::Program) => (id, log_program),
                Some(Table::Add) => (id, log_add),
                _ => (id, log),
            })
            .collect();
        Shape::new(Part::Segment, &tables, &material).expect("a shape")
    };
    let of_run = |exit_code: u64, segments: u32, output: &[u8]| {
        run_seed(Profile::Provable128, &key(0), exit_code, segments, output)
    };
    let statement = || Statement { segment: 2, entry: 0x1000, exit: Exit::Halt(11), output: 3..5 };
    let of_part = |statement: &Statement| {
        part_seed(Profile::Provable128, &key(0), Part::Segment, statement, &shape(4, 4))
    };
    assert_eq!(of_run(11, 2, b"12345"), of_run(11, 2, b"12345"));
    assert_eq!(of_part(&statement()), of_part(&statement()));
    let ledger = Shape::new(Part::Ledger, &proof.head.ledger.tables, &proof.head.key);
    let ledger = ledger.expect("a shape");
    let seeds = [
        of_run(11, 2, b"12345"),
        run_seed(Profile::Provable100, &key(0), 11, 2, b"12345"),
        run_seed(Profile::Provable128, &key(1), 11, 2, b"12345"),
        of_run(12, 2, b"12345"),
        of_run(11, 1, b"12345"),
        of_run(11, 2, b"12344"),
        of_run(11, 2, b"1234"),
        of_run(11, 2, b""),
        of_part(&statement()),
        part_seed(Profile::Provable100, &key(0), Part::Segment, &statement(), &shape(4, 4)),
        part_seed(Profile::Provable128, &key(1), Part::Segment, &statement(), &shape(4, 4)),
        part_seed(Profile::Provable128, &key(0), Part::Segment, &statement(), &shape(5, 4)),
        part_seed(Profile::Provable128, &key(0), Part::Segment, &statement(), &shape(4, 5)),
        part_seed(Profile::Provable128, &key(0), Part::Ledger, &statement(), &shape(4, 4)),
        part_seed(Profile::Provable128, &key(0), Part::Ledger, &statement(), &ledger),
        of_part(&Statement { segment: 3, ..statement() }),
        of_part(&Statement { entry: 0x1004, ..statement() }),
        of_part(&Statement { exit: Exit::Halt(12), ..statement() }),
        of_part(&Statement { exit: Exit::Continue(11), ..statement() }),
        of_part(&Statement { exit: Exit::Continue(12), ..statement() }),
        of_part(&Statement { output: 2..5, ..statement() }),
        of_part(&Statement { output: 3..6, ..statement() }),
    ];
    for (at, one) in seeds.iter().enumerate() {
        assert!(!seeds[at + 1..].contains(one), "statement {at} has the transcript of another");
    }
}

/// LambdaVM: only the sum of the opened widths was pinned, so that a column could move from one
/// table to another after the challenge.
#[test]
fn columns_do_not_move_between_tables() {
    let (run, proof) = proved();
    let part = 1;
    // The last column of one height becomes the first one of the next: the transcript has the
    // same values in a row, and so have the rows that are hashed.
    for tree in Tree::ALL {
        let mut moved = copy(&proof);
        let values = &mut moved.parts[part].opened.values[tree as usize];
        let expected = values[0].len();
        let value = values[0].pop().expect("a column");
        values[1].insert(0, value);
        let found = expected - 1;
        assert_eq!(refusal(&run, &moved, part), StarkError::Opened { tree, expected, found });
    }
    // And the last column of one commitment the first one of the next.
    for [tree, next] in [[0, 1], [1, 2], [2, 3], [3, 4]] {
        let mut moved = copy(&proof);
        let values = &mut moved.parts[part].opened.values;
        let value = values[tree].last_mut().and_then(Vec::pop).expect("a column");
        values[next][0].insert(0, value);
        let error = refusal(&run, &moved, part);
        let is_expected = matches!(error, StarkError::Opened { tree: t, .. } if t as usize == tree);
        assert!(is_expected, "{error:?}");
    }
    // The border's columns at the point before the global challenges.
    let mut moved = copy(&proof);
    let values = &mut part_head(&mut moved, part).border.values;
    let value = values[0].pop().expect("a column");
    values[1].insert(0, value);
    let verdict = verdict(&run, &moved);
    assert!(
        matches!(verdict, Err(VerifyError::Head(HeadError::Border { index: 1, .. }))),
        "{verdict:?}"
    );
    // The tables of one height share a list, which the shape cuts: with a table of another width
    // it has another length.
    let mut cut = copy(&proof);
    let tables = &mut part_head(&mut cut, part).tables;
    let at = tables.iter().position(|(id, _)| *id == Table::AddWord.id()).expect("it is there");
    assert_ne!(Table::AddWord.width(), Table::Bitwise.width());
    tables[at].0 = Table::Bitwise.id();
    let error = refusal(&run, &cut, part);
    assert!(matches!(error, StarkError::Opened { .. }), "{error:?}");
}

/// What one commitment opens is not taken for another one's.
#[test]
fn openings_do_not_move_between_commitments() {
    let (run, proof) = proved();
    for part in PARTS {
        for one in 0..Tree::ALL.len() {
            for other in 0..one {
                let mut swapped = copy(&proof);
                swapped.parts[part].queries.swap(one, other);
                let error = refusal(&run, &swapped, part);
                assert!(matches!(error, StarkError::Query { .. }), "{one} {other}: {error:?}");

                let mut swapped = copy(&proof);
                swapped.parts[part].opened.values.swap(one, other);
                let error = refusal(&run, &swapped, part);
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
            swap(&mut swapped.parts[part]);
            refusal(&run, &swapped, part);
        }
        let mut swapped = copy(&proof);
        let main = swapped.parts[part].main;
        swapped.parts[part].main = part_head(&mut swapped, part).border.root;
        part_head(&mut swapped, part).border.root = main;
        refusal(&run, &swapped, part);
        // Nor are the border's values at one point taken for those at the other.
        let mut swapped = copy(&proof);
        let values = swapped.parts[part].opened.values[Tree::Border as usize].clone();
        part_head(&mut swapped, part).border.values = values;
        refusal(&run, &swapped, part);
        let mut swapped = copy(&proof);
        swapped.parts[part].fri.openings.swap(0, 1);
        let error = refusal(&run, &swapped, part);
        let is_expected = matches!(error, StarkError::Fri(FriError::Opening { round: 0, .. }));
        assert!(is_expected, "{error:?}");
    }
}

/// Plonky3, OpenVM: the length of the final polynomial was not checked.
#[test]
fn the_final_polynomial_has_one_length() {
    let (run, proof) = proved();
    for part in PARTS {
        let expected = proof.parts[part].fri.last.len();
        assert_eq!(expected, 16);
        for found in [0, 1, 2, 15, 17, 32, 1 << 16] {
            let mut changed = copy(&proof);
            changed.parts[part].fri.last.resize(found, Challenge::ZERO);
            let error = StarkError::Fri(FriError::LastLength { expected, found });
            assert_eq!(refusal(&run, &changed, part), error);
        }
        // Nor the number of rounds.
        let expected = proof.parts[part].fri.roots.len();
        let found = expected - 1;
        let mut changed = copy(&proof);
        changed.parts[part].fri.roots.pop();
        changed.parts[part].fri.openings.pop();
        let error = StarkError::Fri(FriError::Rounds { expected, found });
        assert_eq!(refusal(&run, &changed, part), error);
    }
}

/// SP1, Pico: the prover chose the order of the tables.
#[test]
fn tables_have_one_order() {
    let (run, proof) = proved();
    for part in PARTS {
        let mut swapped = copy(&proof);
        let tables = &mut part_head(&mut swapped, part).tables;
        let last = tables.len() - 1;
        tables.swap(last - 1, last);
        let verdict = verdict(&run, &swapped);
        let is_expected = matches!(
            verdict,
            Err(VerifyError::Head(HeadError::Shape { index, source: ShapeError::Order { .. } }))
                if index == part
        );
        assert!(is_expected, "{verdict:?}");
    }
}

/// SP1, Pico: the verifying key was not checked. LambdaVM: the roots of preprocessed tables came
/// with the proof.
#[test]
fn preprocessed_tables_are_the_keys() {
    let (run, proof) = proved();
    let other = {
        let mut a = program();
        a.li(0, 0);
        let cycles = run.recording.execution.cycles;
        Run::in_segments(Program::from(a.load()), &[], &Budget::cycles(cycles - 3))
    };
    // The same run, proved with the tables of a program with one instruction more.
    let tables = other.fill();
    let of_other = other.prove(&tables);
    other.verify(&of_other).expect("the twin is honest");
    assert!(matches!(verdict(&run, &of_other), Err(VerifyError::OtherProgram { .. })));
    // Another root under this program's name, and this program's material under another proof.
    for root in [
        |key: &mut KeyMaterial, other: &KeyMaterial| key.segment = other.segment,
        |key: &mut KeyMaterial, other: &KeyMaterial| key.ledger = other.ledger,
    ] {
        let mut changed = copy(&proof);
        root(&mut changed.head.key, &of_other.head.key);
        assert_ne!(changed.head.key, proof.head.key);
        assert!(matches!(verdict(&run, &changed), Err(VerifyError::OtherProgram { .. })));
    }
    let mut changed = copy(&of_other);
    changed.head.key = proof.head.key.clone();
    assert!(matches!(verdict(&run, &changed), Err(VerifyError::Part { .. })));
}

/// A count of zero dropped a table's constraints.
#[test]
fn tables_are_not_left_out() {
    let mut lie = Lie::of(run());
    part_mut(&mut lie.tables, 2).retain(|filled| filled.table != Table::Add);
    lie.refused(&["bus"]);
    let mut lie = Lie::of(run());
    part_mut(&mut lie.tables, 1).retain(|filled| filled.table != Table::Touched);
    lie.refused(&["bus"]);

    let (run, proof) = proved();
    for part in PARTS {
        let head = proof.head.part_head(part).expect("there is such a part");
        let kind = proof.head.part(part);
        let mut lengths_fit = 0;
        for at in 0..head.tables.len() {
            let mut changed = copy(&proof);
            part_head(&mut changed, part).tables.remove(at);
            assert!(verdict(&run, &changed).is_err(), "table {at} left out");
            // With it goes all that the proof says of it, so that every length is right.
            if changed.head.plan(part).is_ok() {
                leave_out(&mut changed, &plan(&proof, part), part, at);
                let error = refusal(&run, &changed, part);
                // Layers of permutations are the first that other challenges don't fit.
                let is_expected =
                    matches!(error, StarkError::Constraints { .. } | StarkError::Permutations(_));
                assert!(is_expected, "table {at}: {error:?}");
                lengths_fit += 1;
            }
        }
        assert_eq!(lengths_fit, head.tables.len() - kind.preprocessed().len());
        let mut none = copy(&proof);
        part_head(&mut none, part).tables.clear();
        let source = ShapeError::Missing { table: kind.preprocessed()[0] };
        let missing = HeadError::Shape { index: part, source };
        assert_eq!(verdict(&run, &none), Err(VerifyError::Head(missing)));
    }
}

/// Leaves out what `proof` says of the table `left_out` of a part, which isn't among its tables any
/// more, but in the plan `before`.
fn leave_out(proof: &mut Proof, before: &Plan, part: usize, left_out: usize) {
    let after = plan(proof, part);
    let is_left = |log: &usize| after.log_heights.contains(log);
    // The values of a commitment that are left.
    let values_left = |tree: Tree, values: &[Vec<Challenge>]| -> Vec<Vec<Challenge>> {
        let groups = before.layout(tree).groups.iter().zip(values);
        groups
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
            .collect()
    };
    let border = &mut part_head(proof, part).border;
    border.values = values_left(Tree::Border, &border.values);
    let stark = &mut proof.parts[part];
    let mut totals = stark.totals.iter().zip(&before.log_heights);
    stark.totals =
        totals.by_ref().filter(|(_, log)| is_left(log)).map(|(total, _)| *total).collect();
    for tree in Tree::ALL {
        let values = &mut stark.opened.values[tree as usize];
        *values = values_left(tree, values);
    }
    if before.with_next_row().any(|(instance, ..)| instance == left_out) {
        stark.opened.next.clear();
    }
    if before.with_layers().any(|(instance, _)| instance == left_out) {
        stark.layers.clear();
    }
    let rounds = lvm_verifier::stark::fri::rounds(&after.log_sizes(), 4).len();
    stark.fri.roots.resize(rounds, [0; 32]);
    stark.fri.openings.resize(rounds, TreeOpening::EMPTY);
}

/// Heights are stated once, as logarithms.
#[test]
fn heights_are_stated_once() {
    let (run, proof) = proved();
    for part in PARTS {
        let tables = &proof.head.part_head(part).expect("there is such a part").tables;
        for (at, &(_, honest)) in tables.iter().enumerate() {
            for log_height in [0, 3, honest - 1, honest + 1, 26, 27, 63, 64, 255] {
                let mut changed = copy(&proof);
                part_head(&mut changed, part).tables[at].1 = log_height;
                let verdict = verdict(&run, &changed);
                assert!(verdict.is_err(), "table {at} of height 2^{log_height}");
            }
        }
    }
}

/// Options from the proof: a proof names a profile, but a proof of one is none of another.
#[test]
fn a_proof_is_of_one_profile() {
    let lie = Lie::of(run());
    let execution = &lie.run.recording.execution;
    for (profile, other) in
        [(Profile::Provable100, Profile::Provable128), (Profile::Provable128, Profile::Provable100)]
    {
        let mut proof = lie
            .run
            .prover
            .prove_tables(
                profile,
                lie.tables.clone(),
                execution.exit_code,
                execution.public_output.clone(),
            )
            .expect("the run is proved");
        verdict(&lie.run, &proof).expect("the twin is honest");
        if profile == Profile::Provable100 {
            // Nor is it good enough for who expects the other's bits, which is the default.
            let claim = Claim { exit_code: proof.head.exit_code, ..Claim::default() };
            assert_eq!(
                Verifier::new(lie.run.prover.verifying_key()).verify(&proof, &claim),
                Err(VerifyError::WeakProfile { expected: other, found: profile })
            );
        }
        proof.head.profile = other.id();
        for part in PARTS {
            refusal(&lie.run, &proof, part);
            // With the work where the other one wants work.
            proof.parts[part].witness = 0;
            refusal(&lie.run, &proof, part);
        }
    }
}
