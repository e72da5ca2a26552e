//! Ten thousand damaged proofs, keys and programs: none is accepted, none panics or takes long,
//! and the verifier's memory stays within bounds: for the largest parts and heads, within a small
//! multiple of the file's size.
//!
//! All is in one test, since memory is measured for the whole process.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lvm_air::table::{LOG_HEIGHT_MAX, Part, Table};
use lvm_isa::segment::{Budget, SEGMENTS_MAX};
use lvm_prover::{Program, Prover};
use lvm_verifier::key::KeyMaterial;
use lvm_verifier::proof::{DecodeError, PART_BYTES_MAX, PartHead, SegmentHead};
use lvm_verifier::shape::{Shape, TABLES_MAX};
use lvm_verifier::stark::{Border, Plan, StarkProof, Tree};
use lvm_verifier::{Claim, Head, Profile, Proof, Verifier, VerifyError, VerifyingKey};
use lvm_vm::assemble::Assembler;
use peak_alloc::PeakAlloc;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use support::Run;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const PROOFS: usize = 6000;
const KEYS: usize = 2000;
const PROGRAMS: usize = 2000;
/// Changed programs whose keys are computed, which takes longer than loading them.
const PROGRAM_KEYS: usize = 20;
/// What verifying may take of memory, the file included, if the file is no larger than honest ones of
/// a segment or two.
const MEMORY_MAX: usize = 256 << 20;
/// What reading and verifying may take of memory beyond the file: so many times its size, and a
/// little that doesn't depend on it.
const TIMES_MAX: usize = 4;
const LITTLE: usize = 4 << 20;
/// No file takes anywhere near as long, not even on a busy machine.
const TIME_MAX: Duration = Duration::from_secs(20);

/// An assembled program that commits `text`, and a proof of it in two segments.
fn proof(text: &[u8]) -> (VerifyingKey, Vec<u8>) {
    let mut a = Assembler::new();
    a.data(Assembler::DATA_START, text);
    a.commit(Assembler::DATA_START, text.len() as u64);
    a.halt(0);
    let cycles = Run::assembled(&a).recording.execution.cycles;
    let run = Run::in_segments(Program::from(a.load()), &[], &Budget::cycles(cycles - 1));
    assert_eq!(run.recording.segments.len(), 2);
    let proof = run.prove(&run.fill());
    (run.prover.verifying_key(), proof.to_bytes().expect("the proof is encoded"))
}

fn accepted(key: VerifyingKey, file: &[u8]) -> bool {
    Proof::from_bytes(file)
        .is_ok_and(|proof| Verifier::new(key).verify(&proof, &Claim::default()).is_ok())
}

/// Two places in a file, and a length that fits after both.
fn blocks(rng: &mut StdRng, file: &[u8]) -> (usize, usize, usize) {
    let length = rng.random_range(1..=file.len() / 4);
    let last = file.len() - length;
    (rng.random_range(0..=last), rng.random_range(0..=last), length)
}

/// `file` damaged in one of many ways; `other` is another file of the same kind.
fn damaged(rng: &mut StdRng, file: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = file.to_vec();
    let position = rng.random_range(0..bytes.len());
    // Half of the damage is among the first bytes, in the head, where the lengths are.
    let early = if rng.random_bool(0.5) { position % 1024.min(bytes.len()) } else { position };
    match rng.random_range(0..9) {
        0 => bytes[early] ^= 1 << rng.random_range(0..8),
        1 => bytes.truncate(position),
        2 => bytes.resize(bytes.len() + rng.random_range(1..5000), rng.random()),
        3 => {
            let huge = [u64::MAX, 1 << 40, u64::from(u32::MAX), 1 << 24, 0][rng.random_range(0..5)];
            let end = bytes.len().min(early + [1, 2, 4, 8][rng.random_range(0..4)]);
            let length = end - early;
            bytes[early..end].copy_from_slice(&huge.to_le_bytes()[..length]);
        }
        4 => {
            let (from, to, length) = blocks(rng, file);
            bytes.copy_within(from..from + length, to);
        }
        5 => {
            let (one, two, length) = blocks(rng, file);
            bytes[one..one + length].copy_from_slice(&file[two..two + length]);
            bytes[two..two + length].copy_from_slice(&file[one..one + length]);
        }
        6 => {
            let cut = position.min(other.len());
            bytes.truncate(cut);
            bytes.extend_from_slice(&other[cut..]);
        }
        7 => {
            let end = bytes.len().min(position + rng.random_range(1..64));
            for byte in &mut bytes[position..end] {
                *byte = rng.random();
            }
        }
        _ => {
            let removed = rng.random_range(1..=8.min(bytes.len() - position));
            bytes.drain(position..position + removed);
        }
    }
    bytes
}

/// A length of an opening in a proof's file.
#[derive(Clone, Copy)]
struct Length {
    /// Where it is.
    position: usize,
    /// Bytes of what it counts.
    size: usize,
    /// Where the length of its part is.
    part: usize,
}

/// Where the lengths of the openings are in an honest proof's file.
fn lengths(file: &[u8]) -> Vec<Length> {
    let proof = Proof::from_bytes(file).expect("the honest proof is decoded");
    let mut lengths = Vec::new();
    // Parts are the file's last pieces, and openings a part's.
    let mut end = file.len();
    for (index, part) in proof.parts.iter().enumerate().rev() {
        let bytes = proof.head.part_to_bytes(index, part).expect("it was read").len();
        let start = end - bytes;
        let openings = part.queries.iter().chain(&part.fri.openings);
        let lists: Vec<(usize, usize)> =
            openings.flat_map(|o| [(o.rows.len(), 8), (o.siblings.len(), 32)]).collect();
        for (count, size) in lists.into_iter().rev() {
            end -= 4 + count * size;
            assert_eq!(file[end..end + 4], (count as u32).to_le_bytes());
            lengths.push(Length { position: end, size, part: start });
        }
        assert!(start + 4 < end, "there is more than openings");
        end = start;
    }
    lengths
}

/// `file` with another length of an opening, and mostly with an opening of that length, and a part
/// that is as long as that makes it.
fn resized(rng: &mut StdRng, file: &[u8], lengths: &[Length]) -> Vec<u8> {
    let Length { position, size, part } = lengths[rng.random_range(0..lengths.len())];
    let mut bytes = file.to_vec();
    let field = position..position + 4;
    let number = |bytes: &[u8], at: usize| {
        u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
    };
    let old = number(&bytes, position);
    let new = match rng.random_range(0..6) {
        0 => old.wrapping_sub(1),
        1 => old + 1,
        2 => 0,
        3 => old + rng.random_range(1..1000),
        4 => rng.random_range(0..=old),
        _ => rng.random(),
    };
    bytes[field.clone()].copy_from_slice(&new.to_le_bytes());
    let start = field.end;
    if rng.random_bool(0.8) && new < old + 1000 {
        let (kept, list) = (old.min(new) as usize * size, old as usize * size);
        let added = vec![rng.random_range(0..=1); new as usize * size - kept];
        bytes.splice(start + kept..start + list, added);
        let length = number(&bytes, part) as usize + bytes.len() - file.len();
        bytes[part..part + 4].copy_from_slice(&(length as u32).to_le_bytes());
    }
    bytes
}

/// Runs `case` for all numbers up to `count` on two threads; the longest time and how many of
/// them said yes.
fn each(count: usize, case: impl Fn(usize, &mut StdRng) -> bool + Sync) -> (Duration, usize) {
    let next = AtomicUsize::new(0);
    let yes = AtomicUsize::new(0);
    let work = || {
        let mut longest = Duration::ZERO;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return longest;
            }
            let mut rng = StdRng::seed_from_u64(number as u64);
            let started = Instant::now();
            let said = catch_unwind(AssertUnwindSafe(|| case(number, &mut rng)));
            let said = said.unwrap_or_else(|_| panic!("case {number} panics"));
            yes.fetch_add(usize::from(said), Ordering::Relaxed);
            longest = longest.max(started.elapsed());
        }
    };
    let longest = thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads.map(|thread| thread.join().expect("no case fails")).into_iter().max()
    });
    (longest.unwrap_or_default(), yes.into_inner())
}

/// Bytes that `work` needs at most, beyond what is allocated already.
fn peak(work: impl FnOnce()) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    work();
    MEMORY.peak_usage().saturating_sub(before)
}

fn proofs(key: VerifyingKey, file: &[u8], other: &[u8]) {
    let lengths = lengths(file);
    let (longest, same) = each(PROOFS, |number, rng| {
        let bytes =
            if number % 4 == 0 { resized(rng, file, &lengths) } else { damaged(rng, file, other) };
        let same = bytes == file || bytes == other;
        assert!(same || !accepted(key, &bytes), "proof {number} is accepted");
        same
    });
    assert!(longest < TIME_MAX, "a proof takes {longest:?}");
    assert!(same < PROOFS / 20, "{same} proofs are not damaged");
}

fn keys(key: VerifyingKey, file: &[u8]) {
    let honest = Proof::from_bytes(file).expect("the honest proof is decoded");
    let text = key.to_string();
    let other = [0xA5; 32];
    let (longest, same) = each(KEYS, |number, rng| {
        let found = if rng.random_bool(0.5) {
            VerifyingKey::read(&damaged(rng, key.as_bytes(), &other)).ok()
        } else {
            let bytes = damaged(rng, text.as_bytes(), &[b'7'; 64]);
            let parsed: Option<VerifyingKey> =
                String::from_utf8(bytes.clone()).ok().and_then(|text| text.parse().ok());
            // One spelling: what is read as the key is the key's text.
            assert!(parsed != Some(key) || bytes == text.as_bytes(), "key {number} is an alias");
            parsed
        };
        let Some(found) = found else { return false };
        if found == key {
            return true;
        }
        assert!(Verifier::new(found).verify(&honest, &Claim::default()).is_err(), "key {number}");
        false
    });
    assert!(longest < TIME_MAX, "a key takes {longest:?}");
    assert!(same < KEYS / 20, "{same} keys are not damaged");
}

fn programs() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../guests/elf");
    let read = |name: &str| std::fs::read(format!("{folder}/{name}.elf")).expect("it is there");
    let (elf, other) = (read("fibonacci"), read("keccak256"));
    let program = Program::load(&elf).expect("the guest is a program");
    let honest = program.loaded().program().clone();
    let key = Prover::new(program).expect("the guest is small").verifying_key();
    let computed = AtomicUsize::new(0);
    let (longest, _) = each(PROGRAMS, |number, rng| {
        let Ok(program) = Program::load(&damaged(rng, &elf, &other)) else { return false };
        // What isn't loaded is no part of the program.
        if *program.loaded().program() == honest {
            return false;
        }
        if computed.fetch_add(1, Ordering::Relaxed) < PROGRAM_KEYS
            && let Ok(prover) = Prover::new(program)
        {
            assert_ne!(prover.verifying_key(), key, "program {number} has the honest key");
        }
        true
    });
    assert!(longest < TIME_MAX, "a program takes {longest:?}");
    assert!(computed.into_inner() > PROGRAM_KEYS, "too few programs are changed");
}

/// A key that allows tables of the largest heights.
const KEY: KeyMaterial = KeyMaterial {
    segment: [1; 32],
    ledger: [2; 32],
    entry: 0x1000,
    log_program: LOG_HEIGHT_MAX as u8,
    log_image: LOG_HEIGHT_MAX as u8,
};

/// The tables that every proof of a part has.
fn fixed(part: Part, key: &KeyMaterial) -> Vec<(u8, u8)> {
    let height = |table: Table| match table {
        Table::Program => key.log_program,
        Table::Image => key.log_image,
        Table::Range | Table::Byte => 16,
        _ => 6,
    };
    part.preprocessed().iter().map(|&table| (table.id(), height(table))).collect()
}

/// What a head says of a part with these tables, as it is laid out, of zeros.
fn part_head(part: Part, tables: Vec<(u8, u8)>, key: &KeyMaterial) -> PartHead {
    let shape = Shape::new(part, &tables, key).expect("a shape");
    let plan = Plan::new(shape.tables());
    let groups = &plan.layout(Tree::Border).groups;
    let values = groups.iter().map(|group| vec![Default::default(); group.width]).collect();
    PartHead { tables, border: Border { root: [3; 32], values } }
}

/// A head of a run that commits nothing, with these segments.
fn head_of(key: &KeyMaterial, ledger: PartHead, segments: Vec<PartHead>) -> Head {
    let segment = |part| SegmentHead { entry: key.entry, output_start: 0, part };
    Head {
        profile: Profile::Provable128.id(),
        key: key.clone(),
        exit_code: 0,
        public_output: Vec::new(),
        ledger,
        segments: segments.into_iter().map(segment).collect(),
    }
}

/// Requires that a file is decoded, and refused by the verifier of the key that it says itself, in
/// bounds that its size gives.
fn refused(file: &[u8]) {
    let bytes = peak(|| {
        let proof = Proof::from_bytes(file).expect("the file is decoded");
        let key = proof.head.key.verifying_key();
        assert!(Verifier::new(key).verify(&proof, &Claim::default()).is_err());
    });
    let most = TIMES_MAX * file.len() + LITTLE;
    assert!(bytes < most, "a file of {} bytes takes {bytes}", file.len());
}

/// The largest parts that can be laid out: every table at its largest height, and the openings, which
/// have lengths of their own, as long as a part may be.
fn largest_parts() {
    let all = |part: Part| {
        let mut tables = fixed(part, &KEY);
        let others = Table::ALL.into_iter().filter(|table| table.is_of(part));
        let others = others.filter(|table| !part.preprocessed().contains(table));
        tables.extend(others.map(|table| (table.id(), table.log_height_max() as u8)));
        part_head(part, tables, &KEY)
    };
    let mut head = head_of(&KEY, all(Part::Ledger), vec![all(Part::Segment)]);
    head.public_output = vec![0x55; 1 << 20];
    let head_bytes = head.to_bytes().expect("the head is encoded");
    // All of a part is zeros, so it is read to its end, which comes before that of the zeros.
    let zeros = vec![0; PART_BYTES_MAX];
    let smallest: Vec<usize> = (0..head.parts())
        .map(|index| match head.part_from_bytes(index, &zeros) {
            Err(DecodeError::Trailing { extra }) => zeros.len() - extra,
            other => panic!("the largest part is not read to its end: {:?}", other.err()),
        })
        .collect();
    let file = |bodies: &[Vec<u8>]| {
        let mut file = head_bytes.clone();
        for body in bodies {
            file.extend((body.len() as u32).to_le_bytes());
            file.extend(body);
        }
        file
    };
    let bodies: Vec<Vec<u8>> = smallest.iter().map(|&length| vec![0; length]).collect();
    refused(&file(&bodies));
    // The lengths of openings are all 0 so far and a part's last bytes: two for each commitment and
    // each round. Now the first one has as many rows, or else siblings, as fit.
    for index in 0..bodies.len() {
        let part: StarkProof = head.part_from_bytes(index, &bodies[index]).expect("it is laid out");
        let lengths = 2 * (part.queries.len() + part.fri.openings.len());
        let start = bodies[index].len() - 4 * lengths;
        for (position, size) in [(start, 8), (start + 4, 32)] {
            let count = (PART_BYTES_MAX - bodies[index].len()) / size;
            let mut long = bodies.clone();
            long[index][position..position + 4].copy_from_slice(&(count as u32).to_le_bytes());
            long[index].splice(position + 4..position + 4, std::iter::repeat_n(0, count * size));
            assert!(long[index].len() > PART_BYTES_MAX - size);
            refused(&file(&long));
        }
    }
}

/// Requires that a head is read and refused in bounds that its size gives, all the time that it
/// takes a verifier included. Nothing of its parts is there.
fn head_bounded(what: &str, head: Head) {
    let key = head.key.verifying_key();
    let mut bytes = head.to_bytes().expect("the head is encoded");
    drop(head);
    let started = Instant::now();
    let taken = peak(|| {
        let length = Head::length(&bytes).expect("there is a head");
        let head = Head::from_bytes(&bytes[bytes.len() - length..]).expect("it is one");
        let claim = Claim::default();
        let verifier = Verifier::new(key);
        let verification = verifier.begin(&head, &claim).expect("a run could have it");
        let parts = VerifyError::Parts { expected: head.parts(), found: 0 };
        assert_eq!(verification.finish(), Err(parts));
        // All of it is a proof's, too, which has no parts.
        assert_eq!(Proof::from_bytes(&bytes).err(), Some(DecodeError::CutOff));
    });
    let elapsed = started.elapsed();
    println!("{what}: {} bytes take {} MiB, {elapsed:.1?}", bytes.len(), taken >> 20);
    let most = TIMES_MAX * bytes.len() + LITTLE;
    assert!(taken < most, "{what}: {} bytes take {taken}", bytes.len());
    assert!(elapsed < TIME_MAX, "{what}: {elapsed:?}");
    // With all the segments said and not there, nothing is taken for them.
    let taken = peak(|| {
        bytes.truncate(bytes.len() / 100);
        assert!(Proof::from_bytes(&bytes).is_err());
    });
    assert!(taken < bytes.len() + LITTLE, "{what}, cut off: {taken} bytes");
}

/// The heads with the most segments, tables and columns for their size.
fn largest_heads() {
    let key = KeyMaterial { log_program: 16, log_image: 16, ..KEY };
    let ledger = || part_head(Part::Ledger, fixed(Part::Ledger, &key), &key);
    let with = |table: Table, count: usize, log_height: u8| {
        let mut tables = fixed(Part::Segment, &key);
        tables.resize(tables.len() + count, (table.id(), log_height));
        part_head(Part::Segment, tables, &key)
    };
    let fixed = fixed(Part::Segment, &key).len();
    let most = SEGMENTS_MAX as usize;
    let one = with(Table::Add, 0, 4);
    head_bounded("the most segments", head_of(&key, ledger(), vec![one; most]));
    // Each segment of another shape than the last one's.
    let shapes = (0..most).map(|number| with(Table::Add, 1, 4 + (number % 13) as u8));
    head_bounded("the most shapes", head_of(&key, ledger(), shapes.collect()));
    // The widest table as often as it may be there.
    let width = |table: &Table| if table.is_of(Part::Segment) { table.width() } else { 0 };
    let table = Table::ALL.into_iter().max_by_key(width).expect("there are tables");
    let widest = with(table, TABLES_MAX - fixed, 4);
    head_bounded("the most tables", head_of(&key, ledger(), vec![widest; most / 16]));
    // The widest border.
    let border = with(Table::Touched, TABLES_MAX - fixed, 4);
    head_bounded("the widest borders", head_of(&key, ledger(), vec![border; most / 64]));
}

#[test]
fn damaged_files() {
    let (key, file) = proof(b"the first");
    let (other_key, other) = proof(b"the second");
    assert!(accepted(key, &file) && accepted(other_key, &other));
    let report = |what: &str, work: &dyn Fn()| {
        let started = Instant::now();
        let bytes = peak(work);
        println!("{what}: {} MiB, {:.1?}", bytes >> 20, started.elapsed());
        assert!(bytes < MEMORY_MAX, "{what} take {bytes} bytes");
    };
    report("one honest proof", &|| assert!(accepted(key, &file.clone())));
    report("the largest parts", &largest_parts);
    largest_heads();
    report("damaged proofs", &|| proofs(key, &file, &other));
    report("damaged keys", &|| keys(key, &file));
    report("damaged programs", &programs);
}
