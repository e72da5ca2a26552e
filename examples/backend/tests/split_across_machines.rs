//! Several machines make one proof, with nothing between them but bytes.

#![cfg(feature = "prover")]

mod support;

use std::thread;

use lvm_example_backend::prover::{LvmProver, ZkvmProver};
use lvm_example_backend::split::{SplitError, Task};
use lvm_prover::ProveOptions;
use lvm_verifier::VerifyError;
use lvm_verifier::proof::{DecodeError, PartName};
use lvm_vm::elf::Abi;

/// Each takes five cycles.
const ROUNDS: u64 = 12_000;

/// A machine with the program, on which segments are small.
fn machine() -> LvmProver {
    let options = ProveOptions { segment_cells: Some(1 << 19), ..ProveOptions::default() };
    let elf = support::file("guests/elf/fibonacci.elf");
    LvmProver::new(&elf, Abi::Lvm, options).unwrap()
}

#[test]
fn one_proof_by_three() {
    let input = ROUNDS.to_le_bytes();
    let here = machine();
    let surveyed = here.survey(input.to_vec()).unwrap();
    let tasks = surveyed.tasks().unwrap();
    assert!(tasks.len() >= 3, "{} tasks", tasks.len());

    let (own, answers) = thread::scope(|scope| {
        let halves = tasks.chunks(tasks.len().div_ceil(2)).map(|half| {
            scope.spawn(move || {
                let elsewhere = machine();
                let prove = |task: &Task| elsewhere.prove_task(&input, task).unwrap();
                half.iter().map(prove).collect::<Vec<_>>()
            })
        });
        let halves: Vec<_> = halves.collect();
        let own = surveyed.own_parts().unwrap();
        assert_eq!(own.len(), 2, "the ledger and the first segment");
        let answers: Vec<_> = halves.into_iter().flat_map(|half| half.join().unwrap()).collect();
        (own, answers)
    });
    let proof = surveyed.assemble(own.clone(), &answers).unwrap();
    let (expected, _) = here.execute(&input.to_vec().into()).unwrap();
    assert_eq!(here.verify(&proof).unwrap(), expected);

    let assemble = |answers: &[Vec<u8>]| {
        let surveyed = here.survey(input.to_vec()).unwrap();
        surveyed.assemble(own.clone(), answers).expect_err("it is no proof")
    };
    // The first answer that comes from elsewhere is that for segment 2.
    let mut cut_off = answers.clone();
    cut_off[0].pop();
    let error = assemble(&cut_off);
    assert!(
        matches!(error, SplitError::Answer { part: PartName(2), source: DecodeError::CutOff }),
        "{error:?}"
    );
    let mut wrong = answers.clone();
    let middle = wrong[0].len() / 2;
    wrong[0][middle] ^= 1;
    let error = assemble(&wrong);
    assert!(
        matches!(
            error,
            SplitError::Refused { part: PartName(2), .. }
                | SplitError::Answer { part: PartName(2), .. }
        ),
        "{error:?}"
    );
    let error = assemble(&answers[1..]);
    assert!(matches!(error, SplitError::Answer { .. } | SplitError::Refused { .. }), "{error:?}");
    let error = assemble(&answers[..answers.len() - 1]);
    let SplitError::Lvm(error) = error else { panic!("{error:?}") };
    let chain = support::chain(&error);
    assert!(chain[1].starts_with("the proof has "), "{chain:?}");
}

#[test]
fn a_run_of_one_segment_has_no_tasks() {
    let here = machine();
    let surveyed = here.survey(vec![10]).unwrap();
    assert_eq!(surveyed.tasks().unwrap(), []);
    let own = surveyed.own_parts().unwrap();
    let proof = surveyed.assemble(own, &[]).unwrap();
    assert_eq!(*here.verify(&proof).unwrap(), 55_u64.to_le_bytes());
}

#[test]
fn a_task_with_another_input_is_no_part() {
    let here = machine();
    let surveyed = here.survey(ROUNDS.to_le_bytes().to_vec()).unwrap();
    let task = &surveyed.tasks().unwrap()[0];
    let other = (ROUNDS + 1).to_le_bytes();
    let answer = here.prove_task(&other, task).expect("it is a segment of some run");
    let own = surveyed.own_parts().unwrap();
    let error = surveyed.assemble(own, &[answer]).expect_err("it is of another run");
    let SplitError::Refused { part: PartName(2), source } = error else { panic!("{error:?}") };
    assert!(matches!(source, VerifyError::Part { index: 2, .. }), "{source:?}");
    let damaged = Task { job: task.job[1..].to_vec(), ..task.clone() };
    let error = here.prove_task(&other, &damaged).unwrap_err();
    assert!(matches!(error, SplitError::Job(_)), "{error:?}");
    let damaged = Task { head: task.head[1..].to_vec(), ..task.clone() };
    let error = here.prove_task(&other, &damaged).unwrap_err();
    assert!(matches!(error, SplitError::Head(_)), "{error:?}");
}
