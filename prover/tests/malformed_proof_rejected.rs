//! A proof file that is not exactly what a prover wrote is refused, each way with its own error
//! and without a panic.

mod support;

use std::ops::Range;
use std::sync::OnceLock;

use lvm_air::table::Table;
use lvm_isa::instruction::Operation::Add;
use lvm_isa::segment::{Budget, SEGMENTS_MAX};
use lvm_prover::Program;
use lvm_syscalls::halt;
use lvm_syscalls::layout::{MEMORY_END, PUBLIC_OUTPUT_MAX};
use lvm_verifier::config::{Challenge, Val};
use lvm_verifier::proof::{
    DecodeError, EncodeError, HEAD_BYTES_MAX, Head, HeadError, PART_BYTES_MAX, PREFIX, VERSION,
};
use lvm_verifier::shape::{ShapeError, TABLES_MAX};
use lvm_verifier::stark::fri::FriError;
use lvm_verifier::stark::merkle::{MerkleError, TreeOpening};
use lvm_verifier::stark::{Border, StarkError, StarkProof, Tree};
use lvm_verifier::{Claim, Proof, Verifier, VerifyError, VerifyingKey};
use lvm_vm::assemble::{Assembler, ecall, r};
use p3_field::{PrimeCharacteristicRing, PrimeField64};

use support::{Run, layout};

const OUTPUT: &[u8] = b"public output";
/// Where the file's fields begin: the head's length, the head, and in it the length of the public
/// output, the number of segments, the ledger.
const HEAD_LEN: usize = 10;
const PROFILE: usize = PREFIX;
const OUTPUT_LEN: usize = PROFILE + 1 + 64 + 8 + 2 + 8;
const SEGMENTS: usize = OUTPUT_LEN + 4 + OUTPUT.len();
const LEDGER: usize = SEGMENTS + 4;
/// Bytes of the three roots that a part begins with.
const ROOTS: usize = 3 * 32;
/// The ledger and two segments.
const PARTS: usize = 3;

/// A run in two segments.
fn honest() -> &'static (VerifyingKey, Vec<u8>) {
    static HONEST: OnceLock<(VerifyingKey, Vec<u8>)> = OnceLock::new();
    HONEST.get_or_init(|| {
        let mut a = Assembler::new();
        a.data(Assembler::DATA_START, OUTPUT);
        a.commit(Assembler::DATA_START, OUTPUT.len() as u64);
        a.li(17, halt::NUMBER).li(5, 0).li(6, 0).push(r(Add, 10, 5, 6)).push(ecall());
        let cycles = Run::assembled(&a).recording.execution.cycles;
        let budget = Budget::cycles(cycles - 3);
        let run = Run::in_segments(Program::from(a.load()), &[], &budget);
        let proof = run.prove(&run.fill());
        assert_eq!(proof.parts.len(), PARTS);
        (run.prover.verifying_key(), proof.to_bytes().expect("the proof is encoded"))
    })
}

fn verify(proof: &Proof) -> Result<&[u8], VerifyError> {
    Verifier::new(honest().0).verify(proof, &Claim::default())
}

/// The honest proof.
fn decode() -> Proof {
    static DECODED: OnceLock<Proof> = OnceLock::new();
    let decode = || Proof::from_bytes(&honest().1).expect("the honest proof is decoded");
    DECODED.get_or_init(decode).clone()
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

#[track_caller]
fn no_head(file: &[u8], error: HeadError) {
    refused(file, &DecodeError::Head(error));
}

/// Where what the head says of each part lies in the file, the ledger's first.
fn part_heads() -> Vec<Range<usize>> {
    layout::part_heads(&decode().head, LEDGER)
}

/// Where a part's tables begin in the file, with their number.
fn tables(part: usize) -> usize {
    part_heads()[part].start + if part == 0 { 0 } else { 16 }
}

/// Where the parts lie in the file, without their lengths.
fn parts() -> Vec<Range<usize>> {
    layout::parts(&honest().1, &decode())
}

/// Where the queries' openings of a part begin, which are the rest of it.
fn openings(part: usize) -> usize {
    parts()[part].end - layout::opening_bytes(&decode().parts[part])
}

#[test]
fn the_honest_file() {
    let proof = decode();
    assert_eq!(verify(&proof).expect("the honest proof verifies"), OUTPUT);
    assert_eq!(proof.to_bytes().as_ref(), Ok(&honest().1));
    let sections = proof.sections().expect("the proof is encoded");
    let sum: usize = sections.into_iter().map(|(_, bytes)| bytes).sum();
    assert_eq!(sum, honest().1.len());
    // Its pieces, as whoever reads them one by one finds them.
    let file = &honest().1;
    let head_bytes = Head::length(&file[..PREFIX]).expect("there is a head");
    assert_eq!(PREFIX + head_bytes, parts()[0].start - 4);
    let head = Head::from_bytes(&file[PREFIX..PREFIX + head_bytes]).expect("there is a head");
    assert_eq!(head, proof.head);
    for (index, place) in parts().into_iter().enumerate() {
        let part = head.part_from_bytes(index, &file[place.clone()]).expect("it is the part");
        let again = head.part_to_bytes(index, &part).expect("it is laid out right");
        assert_eq!(again, file[place.start - 4..place.end]);
    }
}

#[test]
fn files_that_are_no_proofs() {
    refused(b"", &DecodeError::Magic);
    refused(b"\x7fELF", &DecodeError::Magic);
    for found in [0, 1, 2, 3, VERSION + 1, 255] {
        refused(&with(9, &[found]), &DecodeError::Version { found });
    }
}

#[test]
fn heads_of_other_lengths() {
    let file = &honest().1;
    let length = (parts()[0].start - 4 - PREFIX) as u32;
    assert_eq!(file[HEAD_LEN..PREFIX], length.to_le_bytes());
    for less in [1, 2, 31, length - 1, length] {
        refused(&with(HEAD_LEN, &(length - less).to_le_bytes()), &DecodeError::CutOff);
    }
    for more in [1, 4, 1000] {
        let file = with(HEAD_LEN, &(length + more).to_le_bytes());
        refused(&file, &DecodeError::Trailing { extra: more as usize });
    }
    let beyond = file.len() - PREFIX + 1;
    refused(&with(HEAD_LEN, &(beyond as u32).to_le_bytes()), &DecodeError::CutOff);
    refused(&with(HEAD_LEN, &(HEAD_BYTES_MAX as u32).to_le_bytes()), &DecodeError::CutOff);
    for found in [HEAD_BYTES_MAX + 1, u32::MAX as usize] {
        let file = with(HEAD_LEN, &(found as u32).to_le_bytes());
        refused(&file, &DecodeError::HeadTooLong { found });
    }
}

#[test]
fn parts_of_other_lengths() {
    let file = &honest().1;
    for place in parts() {
        let at = place.start - 4;
        let length = place.len() as u32;
        for less in [1, 8, 32, length] {
            refused(&with(at, &(length - less).to_le_bytes()), &DecodeError::CutOff);
        }
        // The last part has nothing after it to be taken for its own.
        for more in [1, 4, 1000] {
            let error = if place.end < file.len() {
                DecodeError::Trailing { extra: more as usize }
            } else {
                DecodeError::CutOff
            };
            refused(&with(at, &(length + more).to_le_bytes()), &error);
        }
        refused(&with(at, &(PART_BYTES_MAX as u32).to_le_bytes()), &DecodeError::CutOff);
        for found in [PART_BYTES_MAX + 1, u32::MAX as usize] {
            let file = with(at, &(found as u32).to_le_bytes());
            refused(&file, &DecodeError::PartTooLong { found });
        }
    }
}

#[test]
fn profiles_that_are_not_known() {
    for found in [0, 3, 255] {
        refused(&with(PROFILE, &[found]), &DecodeError::UnknownProfile { found });
        let mut proof = decode();
        proof.head.profile = found;
        assert_eq!(verify(&proof), Err(VerifyError::UnknownProfile { found }));
        assert_eq!(proof.to_bytes(), Err(EncodeError::UnknownProfile { found }));
    }
}

#[test]
fn cut_and_extended_files() {
    let file = &honest().1;
    let parts = parts();
    let edges = parts.iter().flat_map(|part| [part.start - 5, part.start - 4, part.start]);
    let edges = edges.chain(parts.iter().map(|part| part.end - 1));
    let early = 9..parts[0].start;
    for length in early.chain((parts[0].start..file.len()).step_by(4099)).chain(edges) {
        refused(&file[..length], &DecodeError::CutOff);
    }
    for extra in [1, 8, 4096] {
        let mut longer = file.clone();
        longer.resize(file.len() + extra, 0);
        refused(&longer, &DecodeError::Trailing { extra });
    }
    // A part more.
    let mut longer = file.clone();
    longer.extend_from_slice(&file[parts[2].start - 4..]);
    refused(&longer, &DecodeError::Trailing { extra: parts[2].len() + 4 });
    // A part less.
    refused(&file[..parts[1].end], &DecodeError::CutOff);
}

#[test]
fn public_outputs_that_no_run_has() {
    for bytes in [PUBLIC_OUTPUT_MAX as u32 + 1, u32::MAX] {
        let error = HeadError::OutputTooLong { bytes: bytes.into() };
        no_head(&with(OUTPUT_LEN, &bytes.to_le_bytes()), error);
    }
    refused(&with(OUTPUT_LEN, &(PUBLIC_OUTPUT_MAX as u32).to_le_bytes()), &DecodeError::CutOff);
}

/// The honest file, with as many segments in its head: the first one, then the second one again and
/// again. It has no parts.
fn with_segments(count: usize) -> Vec<u8> {
    let file = &honest().1;
    let [_, first, second]: [Range<usize>; PARTS] = part_heads().try_into().expect("three parts");
    let mut head = file[PREFIX..first.start].to_vec();
    head[SEGMENTS - PREFIX..][..4].copy_from_slice(&(count as u32).to_le_bytes());
    for number in 0..count {
        head.extend_from_slice(&file[if number == 0 { first.clone() } else { second.clone() }]);
    }
    let mut file = file[..PREFIX].to_vec();
    file[HEAD_LEN..].copy_from_slice(&(head.len() as u32).to_le_bytes());
    file.append(&mut head);
    file
}

#[test]
fn numbers_of_segments_that_no_run_has() {
    // The right number of the honest file is what is laid out there.
    let parts = &honest().1[parts()[0].start - 4..];
    assert_eq!(with_segments(2), honest().1[..honest().1.len() - parts.len()]);
    for found in [0, SEGMENTS_MAX as usize + 1] {
        no_head(&with_segments(found), HeadError::Segments { found });
    }
    // Said and not there, so before memory is taken for them.
    for found in [0, SEGMENTS_MAX + 1, 1 << 20, u32::MAX] {
        let error = HeadError::Segments { found: found as usize };
        no_head(&with(SEGMENTS, &found.to_le_bytes()), error);
    }
    for found in [3, 4, SEGMENTS_MAX] {
        refused(&with(SEGMENTS, &found.to_le_bytes()), &DecodeError::CutOff);
    }
    let extra = part_heads()[2].len();
    refused(&with(SEGMENTS, &1u32.to_le_bytes()), &DecodeError::Trailing { extra });
    // As many heads as there may be are read; then parts are missed.
    refused(&with_segments(3), &DecodeError::CutOff);

    for found in [0, SEGMENTS_MAX as usize + 1] {
        let mut proof = decode();
        let segment = proof.head.segments[1].clone();
        proof.head.segments.resize(found, segment);
        let error = HeadError::Segments { found };
        assert_eq!(proof.head.to_bytes(), Err(EncodeError::Head(error.clone())));
        assert_eq!(verify(&proof), Err(VerifyError::Head(error)));
    }
}

/// The first segment begins where the program does, and none commits before or after the output.
#[test]
fn places_that_no_run_has() {
    let heads = part_heads();
    let entry = decode().head.key.entry;
    for other in [0, entry + 4, u64::MAX] {
        no_head(&with(heads[1].start, &other.to_le_bytes()), HeadError::Beginning);
    }
    no_head(&with(heads[1].start + 8, &1u64.to_le_bytes()), HeadError::Beginning);
    let at = heads[2].start + 8;
    let length = OUTPUT.len() as u64;
    assert_eq!(honest().1[at..at + 8], length.to_le_bytes());
    for start in [length + 1, u64::MAX, 1 << 63] {
        no_head(&with(at, &start.to_le_bytes()), HeadError::OutputOrder { segment: 2 });
    }
    let mut proof = decode();
    let mut last = proof.head.segments[1].clone();
    last.output_start -= 1;
    proof.head.segments.push(last);
    let error = HeadError::OutputOrder { segment: 3 };
    assert_eq!(proof.head.check(), Err(error));
    for entry in [1, entry + 2, MEMORY_END, u64::MAX - 3] {
        let error = HeadError::Entry { segment: 2, entry };
        no_head(&with(heads[2].start, &entry.to_le_bytes()), error);
    }
    // The twins: other places, of which the run's proof says nothing.
    for file in [with(at, &(length - 1).to_le_bytes()), with(heads[2].start, &4u64.to_le_bytes())] {
        let proof = Proof::from_bytes(&file).expect("a run could have it");
        assert!(matches!(verify(&proof), Err(VerifyError::Part { .. })));
    }
}

#[test]
fn shapes_that_no_run_has() {
    for index in 0..PARTS {
        let shape = |source| DecodeError::Head(HeadError::Shape { index, source });
        let at = tables(index);
        let count = usize::from(honest().1[at]);
        for found in [TABLES_MAX + 1, 255] {
            // There are not even so many bytes in the head of the last one.
            let error = Proof::from_bytes(&with(at, &[found as u8])).err();
            let is_expected = error == Some(DecodeError::CutOff)
                || error == Some(shape(ShapeError::TooMany { found }));
            assert!(is_expected, "{error:?}");
        }
        let last = at + 1 + 2 * (count - 1);
        refused(&with(last, &[200]), &shape(ShapeError::UnknownTable { id: 200 }));
        let range = Table::Range.id();
        refused(&with(last, &[range]), &shape(ShapeError::Order { table: Table::Range }));
        let (part, other) = match index {
            0 => (lvm_air::table::Part::Ledger, Table::Add),
            _ => (lvm_air::table::Part::Segment, Table::Memory),
        };
        refused(&with(last, &[other.id()]), &shape(ShapeError::OtherPart { table: other, part }));
        let table = Table::from_id(honest().1[last]).expect("the last table");
        refused(&with(last + 1, &[27]), &shape(ShapeError::Height { table, found: 27 }));
        let first = part.preprocessed()[0];
        let found = 5;
        let expected = usize::from(honest().1[at + 2]);
        let error = ShapeError::FixedHeight { table: first, expected, found };
        refused(&with(at + 2, &[found as u8]), &shape(error));
        // Too many tables that are all there.
        let mut proof = decode();
        let head = match index {
            0 => &mut proof.head.ledger,
            number => &mut proof.head.segments[number - 1].part,
        };
        let repeated = *head.tables.last().expect("there are tables");
        head.tables.resize(TABLES_MAX + 1, repeated);
        let source = ShapeError::TooMany { found: TABLES_MAX + 1 };
        assert_eq!(verify(&proof), Err(VerifyError::Head(HeadError::Shape { index, source })));
    }
}

/// The same element in another spelling, and elements that are none.
#[test]
fn field_elements_that_are_not_canonical() {
    let check = |file_position: usize, start: usize| {
        for value in [Val::ORDER_U64, Val::ORDER_U64 + 1, u64::MAX] {
            let file = with(file_position, &value.to_le_bytes());
            // Positions are those in the head or the part.
            let position = file_position - start;
            refused(&file, &DecodeError::NotCanonical { position });
        }
        // The twin: another element in its one spelling is read, and proves nothing.
        let other = Proof::from_bytes(&with(file_position, &(Val::ORDER_U64 - 1).to_le_bytes()));
        let other = other.expect("the element is canonical");
        assert!(matches!(verify(&other), Err(VerifyError::Part { .. })));
    };
    for (part, place) in parts().into_iter().enumerate() {
        // Totals, values at the out-of-domain point, rows.
        let (values, rows) = (place.start + ROOTS, openings(part) + 4);
        for position in [values, values + 8, values + 24 * 30, rows, rows + 8 * 99] {
            check(position, place.start);
        }
        // The border's values.
        let head = &part_heads()[part];
        for position in [head.end - 8, head.end - 24 * 5] {
            check(position, PREFIX);
        }
    }
}

/// The only lengths in a part.
#[test]
fn openings_of_other_lengths() {
    let file = &honest().1;
    for part in 0..PARTS {
        let proof = &decode().parts[part];
        let (start, rows) = (openings(part), proof.queries[0].rows.len());
        assert_eq!(file[start..start + 4], (rows as u32).to_le_bytes());
        refused(&with(start, &u32::MAX.to_le_bytes()), &DecodeError::CutOff);
        refused(&with(start, &(file.len() as u32 / 8).to_le_bytes()), &DecodeError::CutOff);
        let paths = start + 4 + 8 * rows;
        let siblings = proof.queries[0].siblings.len();
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
                let opening = &mut changed.parts[part].queries[tree as usize];
                // In a small tree all rows may be opened.
                if at == 4 && opening.siblings.is_empty() {
                    continue;
                }
                change(opening);
                match verify(&again(&changed)) {
                    Err(VerifyError::Part {
                        index,
                        source: StarkError::Query { tree: found, source },
                    }) => {
                        let is_expected = index == part && found == tree && is_its_error(&source);
                        assert!(is_expected, "{source:?}");
                    }
                    other => panic!("{tree:?}, {at}: {other:?}"),
                }
            }
            // In the last rounds there may be no siblings to leave out.
            for round in 0..2 {
                let mut changed = decode();
                change(&mut changed.parts[part].fri.openings[round]);
                match verify(&again(&changed)) {
                    Err(VerifyError::Part {
                        index,
                        source: StarkError::Fri(FriError::Opening { round: found, source }),
                    }) => {
                        let is_expected = index == part && found == round && is_its_error(&source);
                        assert!(is_expected, "{source:?}");
                    }
                    other => panic!("{round}, {at}: {other:?}"),
                }
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
    for part in 0..PARTS {
        lists_of_other_lengths_in(part);
    }
    // Parts without a head, heads without a part.
    for (found, change) in [
        (2, (|p| shorten(&mut p.parts)) as fn(&mut Proof)),
        (0, |p| p.parts.clear()),
        (4, |p| p.parts.push(p.parts[2].clone())),
    ] {
        let mut proof = decode();
        change(&mut proof);
        assert_eq!(verify(&proof), Err(VerifyError::Parts { expected: PARTS, found }));
        assert_eq!(proof.to_bytes(), Err(EncodeError::Parts { expected: PARTS, found }));
    }
}

fn lists_of_other_lengths_in(part: usize) {
    type Change = fn(&mut StarkProof);
    let honest = decode().parts.swap_remove(part);
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
    let changes: [(StarkError, Change); 24] = [
        (totals(honest.totals.len() - 1), |p| shorten(&mut p.totals)),
        (totals(0), |p| p.totals.clear()),
        (totals(honest.totals.len() + 1), |p| p.totals.extend_from_within(..1)),
        (groups(Tree::Preprocessed, -1), |p| shorten(&mut p.opened.values[0])),
        (groups(Tree::Border, -1), |p| shorten(&mut p.opened.values[1])),
        (groups(Tree::Main, 1), |p| p.opened.values[2].push(vec![])),
        (groups(Tree::Interactions, -1), |p| drop(p.opened.values[3].remove(0))),
        (groups(Tree::Quotient, 1), |p| p.opened.values[4].insert(0, vec![])),
        (opened(Tree::Preprocessed, 0, -1), |p| shorten(&mut p.opened.values[0][0])),
        (opened(Tree::Preprocessed, 1, 1), |p| p.opened.values[0][1].push(Challenge::ZERO)),
        (opened(Tree::Border, 0, 1), |p| p.opened.values[1][0].push(Challenge::ZERO)),
        (opened(Tree::Main, 0, -1), |p| shorten(&mut p.opened.values[2][0])),
        (opened(Tree::Main, 0, 1), |p| p.opened.values[2][0].push(Challenge::ZERO)),
        (opened(Tree::Interactions, 1, -1), |p| shorten(&mut p.opened.values[3][1])),
        (opened(Tree::Interactions, 0, 1), |p| p.opened.values[3][0].push(Challenge::ZERO)),
        (opened(Tree::Quotient, 0, -6), |p| p.opened.values[4][0].clear()),
        (opened(Tree::Quotient, 1, 1), |p| p.opened.values[4][1].push(Challenge::ZERO)),
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
    verify(&decode()).expect("the proof without the changes verifies");
    for (source, change) in changes {
        let mut proof = decode();
        change(&mut proof.parts[part]);
        let index = part;
        assert_eq!(verify(&proof), Err(VerifyError::Part { index, source: source.clone() }));
        assert_eq!(proof.to_bytes(), Err(EncodeError::Layout { index, source }));
    }

    // The border is the head's.
    type ChangeBorder = fn(&mut Border);
    let changes: [ChangeBorder; 5] = [
        |border| shorten(&mut border.values),
        |border| border.values.push(vec![]),
        |border| shorten(&mut border.values[0]),
        |border| border.values[0].push(Challenge::ZERO),
        |border| border.values.clear(),
    ];
    for change in changes {
        let mut proof = decode();
        change(match part {
            0 => &mut proof.head.ledger.border,
            number => &mut proof.head.segments[number - 1].part.border,
        });
        let verdict = verify(&proof);
        let Err(VerifyError::Head(error)) = verdict else { panic!("{verdict:?}") };
        let tree = Tree::Border;
        let is_expected = matches!(
            error,
            HeadError::Border { index, source: StarkError::Opened { tree: found, .. } }
                if index == part && found == tree
        );
        assert!(is_expected, "{error:?}");
        assert_eq!(proof.to_bytes(), Err(EncodeError::Head(error)));
    }
}

fn shorten<T>(list: &mut Vec<T>) {
    list.pop();
}

/// One bit of each byte of the head, and of some bytes of each part.
#[test]
fn every_byte_matters() {
    let file = &honest().1;
    let parts = parts();
    let head = 0..parts[0].start;
    let others = parts.iter().flat_map(|part| (part.clone()).step_by(9973));
    for (number, position) in head.chain(others).enumerate() {
        let changed = with(position, &[file[position] ^ 1 << (number % 8)]);
        let Ok(proof) = Proof::from_bytes(&changed) else { continue };
        assert!(verify(&proof).is_err(), "byte {position}");
        assert_eq!(proof.to_bytes().as_ref(), Ok(&changed), "byte {position} has two spellings");
    }
}

/// The same statement with another statement's STARK proofs.
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
    proof_of_one.parts = proof_of_two.parts;
    assert!(one.verify(&proof_of_one).is_err());
}
