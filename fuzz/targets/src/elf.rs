//! The ELF loader on any bytes, on damaged guests and on made-up headers, and the emulator on what
//! they load to.
//!
//! Checked: loading ends in a program or an error with a message; a program keeps the promises of
//! [`LoadedProgram`] and `Program`; both interpreters run it for a few thousand cycles to the same
//! end.
//!
//! The first byte says how the rest is used, because bytes that are right in the forty places where
//! an executable's headers must be are rare: as the file itself, as changes of a guest, or as the
//! fields that make up a file.

use arbitrary::{Arbitrary, Unstructured};
use lvm_isa::decode::decode;
use lvm_isa::program::Program;
use lvm_isa::segment::Budget;
use lvm_syscalls::layout::{MEMORY_END, MEMORY_START, PRIVATE_INPUT_START};
use lvm_vm::elf::{LoadedProgram, load};
use lvm_vm::execute::{Options, execute};
use lvm_vm::record::record;

/// The smallest of the bundled guests.
const GUEST: &[u8] = include_bytes!("../../../guests/elf/keccak256.elf");
/// Cycles are few, so that finding another file is worth more than running this one on.
const OPTIONS: Options = Options { max_cycles: 4096, memory_max: 64 << 20 };
/// Larger images are loaded and looked at but not run.
const RUN_WORDS_MAX: usize = 1 << 20;

/// Checks a file.
pub fn check(data: &[u8]) {
    let Some((&kind, rest)) = data.split_first() else { return };
    match kind % 3 {
        0 => check_file(rest),
        1 => check_file(&damaged(rest)),
        _ => check_file(&made_up(rest)),
    }
}

fn check_file(file: &[u8]) {
    let loaded = match load(file) {
        Ok(loaded) => loaded,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    check_loaded(&loaded);
    if loaded.program().words.len() > RUN_WORDS_MAX {
        return;
    }
    let mut printed = Vec::new();
    let executed =
        execute(&loaded, b"input", &OPTIONS, &mut |text| printed.extend_from_slice(text));
    let mut printed_again = Vec::new();
    let recorded = record(&loaded, b"input", &OPTIONS, &Budget::UNLIMITED, &mut |text| {
        printed_again.extend_from_slice(text);
    });
    assert_eq!(printed, printed_again, "what is printed");
    match (executed, recorded) {
        (Ok(execution), Ok(recording)) => assert_eq!(execution, recording.execution),
        // The place at which the limit is noticed may differ.
        (Err(one), Err(two)) => {
            assert_eq!(std::mem::discriminant(&one), std::mem::discriminant(&two), "{one}, {two}");
            assert!(!one.to_string().is_empty());
        }
        (one, two) => panic!("execute: {one:?}, record: {two:?}"),
    }
}

/// Checks what `LoadedProgram` and `Program` promise.
fn check_loaded(loaded: &LoadedProgram) {
    let Program { entry, instructions, words, read_only } = loaded.program();
    loaded.program().validate().expect("the program is valid");
    let segments = loaded.segments();
    assert!(segments.iter().all(|segment| segment.range.start < segment.range.end));
    assert!(segments.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start));
    assert!(segments.first().is_none_or(|segment| segment.range.start >= MEMORY_START));
    assert!(segments.last().is_none_or(|segment| segment.range.end <= MEMORY_END));
    assert!(segments.iter().all(|segment| !(segment.writable && segment.executable)));
    assert!(loaded.code_word(*entry).is_some(), "the entry point is executable");

    for &(pc, instruction) in instructions {
        assert_eq!(loaded.code_word(pc).and_then(decode), Some(instruction), "at {pc:#x}");
    }
    assert!(read_only.windows(2).all(|pair| pair[0].end < pair[1].start), "{read_only:x?}");
    for range in read_only {
        let first = words.binary_search_by_key(&range.start, |word| word.0).expect("a listed word");
        let listed = words[first..].iter().take_while(|word| word.0 < range.end).count() as u64;
        assert_eq!(listed * 8, range.end - range.start, "every word of {range:x?} is listed");
    }
    for segment in loaded.executable() {
        let range = &segment.range;
        for address in [range.start & !7, (range.end - 1) & !7] {
            assert!(loaded.program().is_read_only(address), "{address:#x} of {range:x?}");
        }
    }
    for (address, _) in loaded.symbols().iter() {
        assert!(loaded.symbols().nearest(address).is_some_and(|(_, distance)| distance == 0));
    }
}

/// A guest with some bytes overwritten, cut off at some length.
fn damaged(data: &[u8]) -> Vec<u8> {
    let mut file = GUEST.to_vec();
    let (changes, length) = data.split_at(data.len() - data.len() % 8);
    for change in changes.chunks_exact(8) {
        // The headers are in the first bytes and in the last ones.
        let at = usize::from(u16::from_le_bytes([change[0], change[1]]));
        let at = match change[2] % 4 {
            0 => at % 256,
            1 => file.len() - 1 - at % 1024,
            _ => at % file.len(),
        };
        let at = at & !(usize::from(change[2] >> 4) % 8);
        let mut value = u64::from(change[4]) << (change[5] % 64);
        if change[3] & 8 != 0 {
            value = value.wrapping_neg();
        }
        let width = 1 << (change[3] % 4);
        let end = (at + width).min(file.len());
        file[at..end].copy_from_slice(&value.to_le_bytes()[..end - at]);
    }
    if let &[low, high, ..] = length {
        file.truncate(usize::from(u16::from_le_bytes([low, high])));
    }
    file
}

/// A program header with addresses near the places that matter.
#[derive(Arbitrary, Debug)]
struct Header {
    kind: u8,
    flags: u8,
    place: u8,
    distance: i16,
    offset: u16,
    file_length: u16,
    length: u16,
    alignment: u8,
    /// Replaces one field by any value.
    wild: Option<(u8, u64)>,
}

#[derive(Arbitrary, Debug)]
struct Headers {
    entry: i16,
    wild_entry: Option<u64>,
    headers: Vec<Header>,
}

const PLACES: [u64; 8] = [
    0x0400_0000,
    0x0400_0000,
    0x0400_1000,
    0x0401_0000,
    MEMORY_START,
    PRIVATE_INPUT_START,
    MEMORY_END,
    0,
];

/// A file with made-up program headers; what is left of the data is the segments' contents.
fn made_up(data: &[u8]) -> Vec<u8> {
    let mut data = Unstructured::new(data);
    let Ok(Headers { entry, wild_entry, headers }) = Headers::arbitrary(&mut data) else {
        return Vec::new();
    };
    let headers = &headers[..headers.len().min(16)];
    let entry = wild_entry.unwrap_or(PLACES[0].wrapping_add_signed(entry.into()));
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    file.extend(2u16.to_le_bytes()); // ET_EXEC
    file.extend(243u16.to_le_bytes()); // EM_RISCV
    file.extend(1u32.to_le_bytes()); // EV_CURRENT
    for field in [entry, 64, 0] {
        file.extend(field.to_le_bytes());
    }
    file.extend(0u32.to_le_bytes()); // e_flags
    for half in [64, 56, headers.len() as u16, 64, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    for header in headers {
        let kind = if header.kind < 240 { 1 } else { u32::from(header.kind) - 240 };
        let flags = [4, 5, 6, u32::from(header.flags >> 2)][usize::from(header.flags % 4)];
        let address = PLACES[usize::from(header.place) % PLACES.len()]
            .wrapping_add_signed(header.distance.into());
        let length = u64::from(header.length);
        let mut fields = [
            u64::from(header.offset),
            address,
            address,
            u64::from(header.file_length).min(length),
            length,
            u64::from(header.alignment),
        ];
        if let Some((field, value)) = header.wild {
            fields[usize::from(field) % fields.len()] = value;
        }
        file.extend(kind.to_le_bytes());
        file.extend(flags.to_le_bytes());
        file.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
    }
    file.extend(data.take_rest());
    file
}
