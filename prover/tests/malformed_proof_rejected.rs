//! A proof file that is not exactly what a prover wrote is refused, each way with its own error
//! and without a panic.

mod support;

use std::sync::OnceLock;

use lvm_air::table::Table;
use lvm_isa::instruction::Operation::Add;
use lvm_syscalls::halt;
use lvm_syscalls::layout::PUBLIC_OUTPUT_MAX;
use lvm_verifier::config::{Challenge, StarkProof};
use lvm_verifier::layout::{LayoutError, Part};
use lvm_verifier::proof::{BYTES_MAX, DecodeError, EncodeError, VERSION};
use lvm_verifier::shape::ShapeError;
use lvm_verifier::{Claim, Proof, Verifier, VerifyError, VerifyingKey};
use lvm_vm::assemble::{Assembler, ecall, r};
use p3_field::{PrimeCharacteristicRing, PrimeField64};
use p3_goldilocks::Goldilocks;

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
    for found in [0, 1, VERSION + 1, 255] {
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

/// The same element in another spelling, and elements that are none.
#[test]
fn field_elements_that_are_not_canonical() {
    for position in [stark(), stark() + 8, stark() + 24 * 50] {
        for value in [Goldilocks::ORDER_U64, Goldilocks::ORDER_U64 + 1, u64::MAX] {
            let file = with(position, &value.to_le_bytes());
            refused(&file, &DecodeError::NotCanonical { position });
        }
        // The twin: another element in its one spelling is read, and proves nothing.
        let other = Proof::from_bytes(&with(position, &(Goldilocks::ORDER_U64 - 1).to_le_bytes()));
        let other = other.expect("the element is canonical");
        assert!(matches!(verify(&other), Err(VerifyError::Stark { .. })));
    }
}

/// The only lengths in a file besides those of the statement.
#[test]
fn merkle_paths_that_are_too_long() {
    let mut proof = decode();
    let first = &mut proof.stark.opening_proof.input_openings[0].opening_proof.sibling_hashes;
    let digest = first[0];
    let file = &honest().1;
    let position = file.windows(32).position(|window| window == digest).expect("it is there") - 2;
    assert_eq!(file[position..position + 2], (first.len() as u16).to_le_bytes());
    let file = with(position, &u16::MAX.to_le_bytes());
    let error = Proof::from_bytes(&file).err();
    let Some(DecodeError::Layout(LayoutError { part: Part::Paths, expected, found })) = error
    else {
        panic!("the length is not refused: {error:?}");
    };
    assert!(expected < found && found == usize::from(u16::MAX));
    // One that is possible, but not the one that the queries need.
    first.pop();
    assert!(matches!(verify(&proof), Err(VerifyError::Stark { .. })));
}

/// What isn't laid out as the shape wants never reaches the proof system.
#[test]
fn lists_of_other_lengths() {
    use Part::*;
    type Change = fn(&mut StarkProof);
    let changes: &[(Part, Change)] = &[
        (Tables, |p| shorten(&mut p.opened_values.instances)),
        (Totals, |p| shorten(&mut p.lookup_terminals)),
        (Totals, |p| p.lookup_terminals[3] = None),
        (Heights, |p| shorten(&mut p.degree_bits)),
        (Heights, |p| p.degree_bits.push(4)),
        (Height(Table::Image), |p| p.degree_bits[1] += 1),
        (Height(Table::Image), |p| p.degree_bits[1] = usize::MAX),
        (Digests, |p| p.commitments.main = vec![[0; 32]; 2].into()),
        (Digests, |p| p.commitments.permutation = None),
        (Digests, |p| p.opening_proof.commit_phase_commits[2] = vec![[0; 32]; 4].into()),
        (Main(Table::Program), |p| shorten(&mut base(p, 0).trace_local)),
        (MainNext(Table::Program), |p| base(p, 0).trace_next = Some(vec![])),
        (Preprocessed(Table::Program), |p| base(p, 0).preprocessed = None),
        (Preprocessed(Table::Image), |p| {
            let image = base(p, 1).preprocessed.as_mut().expect("it has columns");
            image.local.push(Challenge::ZERO);
        }),
        (Preprocessed(Table::Output), |p| {
            let columns = base(p, 0).preprocessed.clone();
            base(p, 6).preprocessed = columns;
        }),
        (PreprocessedNext(Table::Program), |p| {
            let columns = base(p, 0).preprocessed.as_mut().expect("it has columns");
            columns.next = Some(columns.local.clone());
        }),
        (QuotientChunks(Table::Image), |p| shorten(&mut base(p, 1).quotient_chunks)),
        (QuotientChunk(Table::Image), |p| shorten(&mut base(p, 1).quotient_chunks[1])),
        (Interactions(Table::Image), |p| {
            shorten(&mut p.opened_values.instances[1].permutation_local);
        }),
        (InteractionsNext(Table::Image), |p| {
            p.opened_values.instances[1].permutation_next.clear();
        }),
        (Masks, |p| base(p, 0).random = Some(vec![])),
        (Masks, |p| p.commitments.random = Some(p.commitments.main.clone())),
        (Batches, |p| shorten(&mut p.opening_proof.input_openings)),
        (Queries, |p| shorten(&mut p.opening_proof.input_openings[2].opened_values)),
        (Queries, |p| p.opening_proof.commit_phase_openings[0].sibling_values.clear()),
        (Matrices, |p| shorten(&mut p.opening_proof.input_openings[1].opened_values[7])),
        (Row, |p| p.opening_proof.input_openings[0].opened_values[0][0].push(Goldilocks::ZERO)),
        (Row, |p| p.opening_proof.input_openings[0].opened_values[217][0].clear()),
        (Paths, |p| {
            let paths = &mut p.opening_proof.input_openings[0].opening_proof;
            paths.sibling_hashes.resize(1 << 17, [0; 32]);
        }),
        (Rounds, |p| shorten(&mut p.opening_proof.commit_phase_commits)),
        (Rounds, |p| p.opening_proof.commit_pow_witnesses.push(Goldilocks::ZERO)),
        (Rounds, |p| shorten(&mut p.opening_proof.commit_phase_openings)),
        (Siblings, |p| p.opening_proof.commit_phase_openings[1].sibling_values[9].clear()),
        (FinalPolynomial, |p| p.opening_proof.final_poly.clear()),
        (FinalPolynomial, |p| p.opening_proof.final_poly.push(Challenge::ZERO)),
        (Grinding, |p| p.lookup_pow_witness = None),
        (Grinding, |p| p.ood_pow_witness = Goldilocks::ONE),
        (Grinding, |p| p.opening_proof.commit_pow_witnesses[0] = Goldilocks::ONE),
    ];
    for &(expected, change) in changes {
        let mut proof = decode();
        verify(&proof).expect("the proof without the change verifies");
        change(&mut proof.stark);
        match verify(&proof) {
            Err(VerifyError::Layout(LayoutError { part, .. })) => assert_eq!(part, expected),
            other => panic!("{expected} has another error: {other:?}"),
        }
        assert!(matches!(proof.to_bytes(), Err(EncodeError::Layout(_))), "{expected}");
    }
}

fn shorten<T>(list: &mut Vec<T>) {
    list.pop();
}

fn base(proof: &mut StarkProof, table: usize) -> &mut p3_batch_stark::OpenedValues<Challenge> {
    &mut proof.opened_values.instances[table].base_opened_values
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
