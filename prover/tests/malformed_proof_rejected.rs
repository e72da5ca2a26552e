//! A proof file that is not exactly what a prover wrote is refused, each way with its own error
//! and without a panic.

mod support;

use std::sync::OnceLock;

use lvm_air::table::Table;
use lvm_isa::instruction::Operation::Add;
use lvm_syscalls::halt;
use lvm_syscalls::layout::PUBLIC_OUTPUT_MAX;
use lvm_verifier::config::{Challenge, Val};
use lvm_verifier::encode::Section;
use lvm_verifier::proof::{BYTES_MAX, DecodeError, EncodeError, VERSION};
use lvm_verifier::shape::ShapeError;
use lvm_verifier::stark::fri::FriError;
use lvm_verifier::stark::merkle::{MerkleError, TreeOpening};
use lvm_verifier::stark::{StarkError, StarkProof, Tree};
use lvm_verifier::{Claim, Proof, Verifier, VerifyError, VerifyingKey};
use lvm_vm::assemble::{Assembler, ecall, r};
use p3_field::{PrimeCharacteristicRing, PrimeField64};

use support::Run;

const OUTPUT: &[u8] = b"public output";
/// Where the file's fields begin.
const PROFILE: usize = 10;
const OUTPUT_LEN: usize = 61;
const TABLES: usize = OUTPUT_LEN + 4 + OUTPUT.len();

fn honest() -> &'static (VerifyingKey, Vec<u8>) {
    static HONEST: OnceLock<(VerifyingKey, Vec<u8>)> = OnceLock::new();
    HONEST.get_or_init(|| {
        let mut a = Assembler::new();
        a.data(Assembler::DATA_START, OUTPUT);
        a.commit(Assembler::DATA_START, OUTPUT.len() as u64);
        a.li(17, halt::NUMBER).li(5, 0).li(6, 0).push(r(Add, 10, 5, 6)).push(ecall());
        let run = Run::assembled(&a);
        let proof = run.prove(&run.fill());
        (run.prover.verifying_key(), proof.to_bytes().expect("the proof is encoded"))
    })
}

fn verify(proof: &Proof) -> Result<&[u8], VerifyError> {
    Verifier::new(honest().0).verify(proof, &Claim::default())
}

fn decode() -> Proof {
    Proof::from_bytes(&honest().1).expect("the honest proof is decoded")
}

/// The honest file with `bytes` written over it at `position`.
fn with(position: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = honest().1.clone();
    file[position..position + bytes.len()].copy_from_slice(bytes);
    file
}

#[track_caller]
fn refused(file: &[u8], error: &DecodeError) {
    assert_eq!(Proof::from_bytes(file).err().as_ref(), Some(error));
}

/// Where the tables end and the STARK proof begins.
fn stark() -> usize {
    TABLES + 1 + 2 * usize::from(honest().1[TABLES])
}

#[test]
fn the_honest_file() {
    let proof = decode();
    assert_eq!(verify(&proof).expect("the honest proof verifies"), OUTPUT);
    assert_eq!(proof.to_bytes().as_ref(), Ok(&honest().1));
    let sections = proof.sections().expect("the proof is encoded");
    let sum: usize = sections.into_iter().map(|(_, bytes)| bytes).sum();
    assert_eq!(sum, honest().1.len());
}

#[test]
fn files_that_are_no_proofs() {
    refused(b"", &DecodeError::Magic);
    refused(b"\x7fELF", &DecodeError::Magic);
    for found in [0, 1, 2, VERSION + 1, 255] {
        refused(&with(9, &[found]), &DecodeError::Version { found });
    }
    let found = BYTES_MAX + 1;
    refused(&vec![0; found], &DecodeError::TooLong { found });
}

#[test]
fn profiles_that_are_not_known() {
    for found in [0, 3, 255] {
        refused(&with(PROFILE, &[found]), &DecodeError::UnknownProfile { found });
        let mut proof = decode();
        proof.profile = found;
        assert_eq!(verify(&proof), Err(VerifyError::UnknownProfile { found }));
        assert_eq!(proof.to_bytes(), Err(EncodeError::UnknownProfile { found }));
    }
}

#[test]
fn cut_and_extended_files() {
    let file = &honest().1;
    for length in (9..200).chain((200..file.len()).step_by(4099)).chain([file.len() - 1]) {
        refused(&file[..length], &DecodeError::CutOff);
    }
    for extra in [1, 8, 4096] {
        let mut longer = file.clone();
        longer.resize(file.len() + extra, 0);
        refused(&longer, &DecodeError::Trailing { extra });
    }
}

#[test]
fn shapes_that_no_run_has() {
    let shape = |error| DecodeError::Shape(error);
    for bytes in [PUBLIC_OUTPUT_MAX as u32 + 1, u32::MAX] {
        let error = ShapeError::OutputTooLong { bytes: bytes as usize };
        refused(&with(OUTPUT_LEN, &bytes.to_le_bytes()), &shape(error));
    }
    for found in [Table::ALL.len() + 1, 255] {
        refused(&with(TABLES, &[found as u8]), &shape(ShapeError::TooMany { found }));
    }
    let last = stark() - 2;
    refused(&with(last, &[200]), &shape(ShapeError::UnknownTable { id: 200 }));
    refused(&with(last, &[0]), &shape(ShapeError::Order { table: Table::Program }));
    let table = Table::from_id(honest().1[last]).expect("the last table");
    refused(&with(last + 1, &[27]), &shape(ShapeError::Height { table, found: 27 }));
}

/// Bytes of the three roots that the STARK proof begins with.
const ROOTS: usize = 3 * 32;

/// Where the queries' openings begin, which are the rest of the file.
fn openings() -> usize {
    let sections = decode().sections().expect("the proof is encoded");
    let is_opening =
        |section| matches!(section, Section::TableRows | Section::TablePaths | Section::Foldings);
    let bytes: usize =
        sections.iter().filter(|(s, _)| is_opening(*s)).map(|(_, bytes)| bytes).sum();
    honest().1.len() - bytes
}

/// The same element in another spelling, and elements that are none.
#[test]
fn field_elements_that_are_not_canonical() {
    // Totals, values at the out-of-domain point, rows.
    let values = stark() + ROOTS;
    let rows = openings() + 4;
    for position in [values, values + 8, values + 24 * 50, rows, rows + 8 * 99] {
        for value in [Val::ORDER_U64, Val::ORDER_U64 + 1, u64::MAX] {
            let file = with(position, &value.to_le_bytes());
            refused(&file, &DecodeError::NotCanonical { position });
        }
        // The twin: another element in its one spelling is read, and proves nothing.
        let other = Proof::from_bytes(&with(position, &(Val::ORDER_U64 - 1).to_le_bytes()));
        let other = other.expect("the element is canonical");
        assert!(matches!(verify(&other), Err(VerifyError::Stark(_))));
    }
}

/// The only lengths in a file besides those of the statement.
#[test]
fn openings_of_other_lengths() {
    let file = &honest().1;
    let proof = decode();
    let (start, rows) = (openings(), proof.stark.queries[0].rows.len());
    assert_eq!(file[start..start + 4], (rows as u32).to_le_bytes());
    refused(&with(start, &u32::MAX.to_le_bytes()), &DecodeError::CutOff);
    refused(&with(start, &(file.len() as u32 / 8).to_le_bytes()), &DecodeError::CutOff);
    let paths = start + 4 + 8 * rows;
    let siblings = proof.stark.queries[0].siblings.len();
    assert_eq!(file[paths..paths + 4], (siblings as u32).to_le_bytes());
    refused(&with(paths, &u32::MAX.to_le_bytes()), &DecodeError::CutOff);
    refused(&with(paths, &(file.len() as u32 / 32).to_le_bytes()), &DecodeError::CutOff);

    // Lengths that are possible, but not those that the queries need: such a proof has a file.
    type Change = fn(&mut TreeOpening);
    let changes: [Change; 5] = [
        |opening| shorten(&mut opening.rows),
        |opening| opening.rows.push(Val::ZERO),
        |opening| opening.rows.clear(),
        |opening| opening.siblings.push([0; 32]),
        |opening| shorten(&mut opening.siblings),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let is_its_error = |error: &MerkleError| match error {
            MerkleError::Rows { expected, found } => at < 3 && expected != found,
            MerkleError::Siblings { .. } => at >= 3,
            _ => false,
        };
        for tree in Tree::ALL {
            let mut changed = decode();
            change(&mut changed.stark.queries[tree as usize]);
            match verify(&again(&changed)) {
                Err(VerifyError::Stark(StarkError::Query { tree: found, source })) => {
                    assert!(found == tree && is_its_error(&source), "{source:?}");
                }
                other => panic!("{tree:?}, {at}: {other:?}"),
            }
        }
        // In the last rounds there may be no siblings to leave out.
        for round in 0..2 {
            let mut changed = decode();
            change(&mut changed.stark.fri.openings[round]);
            match verify(&again(&changed)) {
                Err(VerifyError::Stark(StarkError::Fri(FriError::Opening {
                    round: found,
                    source,
                }))) => assert!(found == round && is_its_error(&source), "{source:?}"),
                other => panic!("{round}, {at}: {other:?}"),
            }
        }
    }
}

/// What is read from a proof's file.
fn again(proof: &Proof) -> Proof {
    let bytes = proof.to_bytes().expect("the proof is encoded");
    Proof::from_bytes(&bytes).expect("the proof is decoded")
}

/// What isn't laid out as the shape wants has no file, and is refused before any of it is read.
#[test]
fn lists_of_other_lengths() {
    type Change = fn(&mut StarkProof);
    let honest = decode().stark;
    let totals = |found| StarkError::Totals { expected: honest.totals.len(), found };
    let opened = |tree: Tree, group: usize, change: isize| {
        let expected = honest.opened.values[tree as usize][group].len();
        StarkError::Opened { tree, expected, found: expected.saturating_add_signed(change) }
    };
    let groups = |tree: Tree, change: isize| {
        let expected = honest.opened.values[tree as usize].len();
        StarkError::Opened { tree, expected, found: expected.saturating_add_signed(change) }
    };
    let rounds = |change: isize| {
        let expected = honest.fri.roots.len();
        let found = expected.saturating_add_signed(change);
        StarkError::Fri(FriError::Rounds { expected, found })
    };
    let last = |found| StarkError::Fri(FriError::LastLength { expected: 16, found });
    let changes: [(StarkError, Change); 22] = [
        (totals(honest.totals.len() - 1), |p| shorten(&mut p.totals)),
        (totals(0), |p| p.totals.clear()),
        (totals(honest.totals.len() + 1), |p| p.totals.push(Challenge::ZERO)),
        (groups(Tree::Preprocessed, -1), |p| shorten(&mut p.opened.values[0])),
        (groups(Tree::Main, 1), |p| p.opened.values[1].push(vec![])),
        (groups(Tree::Interactions, -1), |p| drop(p.opened.values[2].remove(0))),
        (groups(Tree::Quotient, 1), |p| p.opened.values[3].insert(0, vec![])),
        (opened(Tree::Preprocessed, 0, -1), |p| shorten(&mut p.opened.values[0][0])),
        (opened(Tree::Preprocessed, 1, 1), |p| p.opened.values[0][1].push(Challenge::ZERO)),
        (opened(Tree::Main, 0, -1), |p| shorten(&mut p.opened.values[1][0])),
        (opened(Tree::Main, 2, 1), |p| p.opened.values[1][2].push(Challenge::ZERO)),
        (opened(Tree::Interactions, 1, -1), |p| shorten(&mut p.opened.values[2][1])),
        (opened(Tree::Interactions, 0, 1), |p| p.opened.values[2][0].push(Challenge::ZERO)),
        (opened(Tree::Quotient, 0, -6), |p| p.opened.values[3][0].clear()),
        (opened(Tree::Quotient, 1, 1), |p| p.opened.values[3][1].push(Challenge::ZERO)),
        // No table of this run looks at the next row.
        (StarkError::Opened { tree: Tree::Main, expected: 0, found: 1 }, |p| {
            p.opened.next.push(vec![Challenge::ZERO]);
        }),
        (StarkError::Opened { tree: Tree::Main, expected: 0, found: 0 }, |p| {
            p.opened.next.push(vec![]);
        }),
        (rounds(-1), |p| shorten(&mut p.fri.roots)),
        (rounds(1), |p| p.fri.roots.push([0; 32])),
        (rounds(-1), |p| shorten(&mut p.fri.openings)),
        (last(0), |p| p.fri.last.clear()),
        (last(17), |p| p.fri.last.push(Challenge::ZERO)),
    ];
    for (expected, change) in changes {
        let mut proof = decode();
        verify(&proof).expect("the proof without the change verifies");
        change(&mut proof.stark);
        assert_eq!(verify(&proof), Err(VerifyError::Stark(expected.clone())));
        assert_eq!(proof.to_bytes(), Err(EncodeError::Layout(expected)));
    }
}

fn shorten<T>(list: &mut Vec<T>) {
    list.pop();
}

/// The same statement with another statement's STARK proof.
#[test]
fn a_proof_of_another_run() {
    let run = |exit: u64| {
        let mut a = Assembler::new();
        a.halt(exit);
        Run::assembled(&a)
    };
    let (one, two) = (run(1), run(2));
    let (mut proof_of_one, proof_of_two) = (one.prove(&one.fill()), two.prove(&two.fill()));
    one.verify(&proof_of_one).expect("an honest proof verifies");
    proof_of_one.stark = proof_of_two.stark;
    assert!(one.verify(&proof_of_one).is_err());
}
