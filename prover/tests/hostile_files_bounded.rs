//! Ten thousand damaged proofs, keys and programs: none is accepted, none panics or takes long,
//! and the verifier's memory stays within bounds.
//!
//! All is in one test, since memory is measured for the whole process.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lvm_air::table::{LOG_HEIGHT_MAX, Table};
use lvm_prover::{Program, Prover};
use lvm_verifier::proof::{BYTES_MAX, DecodeError, MAGIC, VERSION};
use lvm_verifier::{Claim, Profile, Proof, Verifier, VerifyingKey};
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
/// What verifying may take of memory, the file included.
const MEMORY_MAX: usize = 256 << 20;
/// No file takes anywhere near as long, not even on a busy machine.
const TIME_MAX: Duration = Duration::from_secs(20);

/// An assembled program that commits `text`, and a proof of it.
fn proof(text: &[u8]) -> (VerifyingKey, Vec<u8>) {
    let mut a = Assembler::new();
    a.data(Assembler::DATA_START, text);
    a.commit(Assembler::DATA_START, text.len() as u64);
    a.halt(0);
    let run = Run::assembled(&a);
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
    // Half of the damage is among the first bytes, where the lengths are.
    let early = if rng.random_bool(0.5) { position % 128.min(bytes.len()) } else { position };
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

/// Where the lengths of the openings are in an honest proof's file, with the size in bytes of what
/// they count.
fn lengths(file: &[u8]) -> Vec<(usize, usize)> {
    let stark = Proof::from_bytes(file).expect("the honest proof is decoded").stark;
    let openings = stark.queries.iter().chain(&stark.fri.openings);
    let mut lists: Vec<(usize, usize)> =
        openings.flat_map(|o| [(o.rows.len(), 8), (o.siblings.len(), 32)]).collect();
    // They are the file's last part.
    let mut end = file.len();
    for (position, size) in lists.iter_mut().rev() {
        let count = *position;
        end -= 4 + count * *size;
        *position = end;
        assert_eq!(file[end..end + 4], (count as u32).to_le_bytes());
    }
    lists
}

/// `file` with another length of an opening, and mostly with an opening of that length.
fn resized(rng: &mut StdRng, file: &[u8], lengths: &[(usize, usize)]) -> Vec<u8> {
    let (position, size) = lengths[rng.random_range(0..lengths.len())];
    let mut bytes = file.to_vec();
    let field = position..position + 4;
    let old = u32::from_le_bytes(bytes[field.clone()].try_into().expect("four bytes"));
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

/// The largest proof that can be laid out, of every table at its largest height.
fn largest() {
    let mut file = [&MAGIC[..], &[VERSION, Profile::Provable128.id()]].concat();
    file.extend([0; 40]);
    let log_max = LOG_HEIGHT_MAX as u8;
    file.extend([log_max, log_max]);
    file.extend([0; 8]);
    file.extend((1_u32 << 20).to_le_bytes());
    file.extend(vec![0x55; 1 << 20]);
    file.push(Table::ALL.len() as u8);
    for table in Table::ALL {
        let log_height = match table {
            Table::Range | Table::Byte => 16,
            Table::ShiftAmount | Table::Boundary => 6,
            _ => log_max,
        };
        file.extend([table.id(), log_height]);
    }
    file.resize(BYTES_MAX, 0);
    // All of it is zeros, so it is read to its end, which comes before the file's.
    let Err(DecodeError::Trailing { extra }) = Proof::from_bytes(&file) else {
        panic!("the largest proof is not read to its end");
    };
    file.truncate(file.len() - extra);
    refused(&file);

    // The openings have lengths of their own, all 0 so far and the file's last bytes: two for each
    // commitment and each round. Now the first one has as many rows, or else siblings, as fit.
    let proof = Proof::from_bytes(&file).expect("the largest proof is decoded");
    let lengths = 2 * (proof.stark.queries.len() + proof.stark.fri.openings.len());
    let start = file.len() - 4 * lengths;
    for (position, size) in [(start, 8), (start + 4, 32)] {
        let count = (BYTES_MAX - file.len()) / size;
        let mut long = file.clone();
        long[position..position + 4].copy_from_slice(&(count as u32).to_le_bytes());
        long.splice(position + 4..position + 4, std::iter::repeat_n(0, count * size));
        assert!(long.len() > BYTES_MAX - size);
        refused(&long);
    }
}

/// Requires that a file is decoded, and refused by the verifier of the key that it says itself.
fn refused(file: &[u8]) {
    let proof = Proof::from_bytes(file).expect("the file is decoded");
    assert!(Verifier::new(proof.key.verifying_key()).verify(&proof, &Claim::default()).is_err());
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
    report("the largest proof", &largest);
    report("damaged proofs", &|| proofs(key, &file, &other));
    report("damaged keys", &|| keys(key, &file));
    report("damaged programs", &programs);
}
