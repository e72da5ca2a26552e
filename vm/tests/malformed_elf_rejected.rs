//! Each kind of ELF file that is no program is refused with its own error, and no file makes the
//! loader panic.

mod both;

use both::run_both_for;
use lvm_isa::instruction::Operation::*;
use lvm_syscalls::layout::{
    PRIVATE_INPUT_DATA, PRIVATE_INPUT_END, PRIVATE_INPUT_MAX, PRIVATE_INPUT_START,
};
use lvm_vm::assemble::{Assembler, i};
use lvm_vm::elf::{Abi, IMAGE_MAX, LoadedProgram, load, load_for};
use lvm_vm::error::ElfError::{self, *};
use proptest::prelude::*;

const CODE: u64 = Assembler::CODE_START;
const DATA: u64 = Assembler::DATA_START;
const MEMORY_END: u64 = 1 << 35;

// Offsets of header fields.
const E_TYPE: usize = 16;
const E_MACHINE: usize = 18;
const E_VERSION: usize = 20;
const E_ENTRY: usize = 24;
const E_PHOFF: usize = 32;
const E_SHOFF: usize = 40;
const E_FLAGS: usize = 48;
const E_PHENTSIZE: usize = 54;
const E_PHNUM: usize = 56;
const E_SHNUM: usize = 60;

// Offsets in a program header.
const P_TYPE: usize = 0;
const P_FLAGS: usize = 4;
const P_OFFSET: usize = 8;
const P_VADDR: usize = 16;
const P_FILESZ: usize = 32;
const P_MEMSZ: usize = 40;
const P_ALIGN: usize = 48;

/// A file under construction: one executable segment of 4 instructions and two data segments.
#[derive(Clone)]
struct File(Vec<u8>);

impl File {
    fn new() -> Self {
        let mut code = Assembler::new();
        code.symbol("_start").li(17, 93).push(i(Lbu, 10, 0, 0)).halt(0);
        code.data(DATA, &[1; 24]).data(DATA + 0x1000, &[2; 13]);
        Self(code.elf())
    }

    fn set<const N: usize>(mut self, offset: usize, bytes: [u8; N]) -> Self {
        self.0[offset..offset + N].copy_from_slice(&bytes);
        self
    }

    fn byte(self, offset: usize, value: u8) -> Self {
        self.set(offset, [value])
    }

    fn half(self, offset: usize, value: u16) -> Self {
        self.set(offset, value.to_le_bytes())
    }

    fn word(self, offset: usize, value: u32) -> Self {
        self.set(offset, value.to_le_bytes())
    }

    fn double(self, offset: usize, value: u64) -> Self {
        self.set(offset, value.to_le_bytes())
    }

    fn get(&self, offset: usize) -> u64 {
        u64::from_le_bytes(self.0[offset..offset + 8].try_into().unwrap())
    }

    fn load(&self) -> Result<LoadedProgram, ElfError> {
        load(&self.0)
    }

    fn refused(&self, expected: ElfError) {
        assert_eq!(self.load(), Err(expected.clone()), "{expected}");
    }

    fn accepted(&self) -> LoadedProgram {
        self.load().expect("the file is well-formed")
    }
}

/// Offset of a field of a program header: 0 is the code, 1 and 2 the data.
fn header(index: usize, field: usize) -> usize {
    64 + 56 * index + field
}

#[test]
fn the_unchanged_file_loads() {
    let program = File::new().accepted();
    assert_eq!(program.program().entry, CODE);
    assert_eq!(program.segments().len(), 3);
    assert_eq!(program.executable().count(), 1);
    assert_eq!(program.symbols().nearest(CODE + 4), Some(("_start".to_owned(), 4)));
    assert_eq!(program.symbols().nearest(CODE - 1), None);
    assert_eq!(program.program().words.len(), 2 + 1 + 3 + 2);
    assert_eq!(program.program().initial_word(DATA + 0x1008), 0x02_0202_0202);
}

#[test]
fn other_kinds_of_files() {
    assert_eq!(load(b""), Err(Magic));
    assert_eq!(load(b"\x7fELf"), Err(Magic));
    assert_eq!(load(b"#!/bin/sh"), Err(Magic));
    File::new().byte(0, 0).refused(Magic);
    assert_eq!(load(b"\x7fELF"), Err(HeaderTruncated { length: 4 }));
    assert_eq!(load(&File::new().0[..63]), Err(HeaderTruncated { length: 63 }));
    File::new().byte(4, 1).refused(Class { class: 1 });
    File::new().byte(5, 2).refused(Endianness { data: 2 });
    File::new().byte(6, 2).refused(Version { version: 2 });
    File::new().word(E_VERSION, 0).refused(Version { version: 0 });
    File::new().half(E_MACHINE, 62).refused(Machine { machine: 62 });
    for kind in [0, 1, 3, 4] {
        File::new().half(E_TYPE, kind).refused(Type { kind });
    }
}

#[test]
fn e_flags_and_section_headers_do_not_matter() {
    File::new().word(E_FLAGS, 0xffff_ffff).accepted();
    let no_symbols = |file: File| {
        let program = file.accepted();
        assert_eq!(program.symbols().iter().count(), 0);
        assert_eq!(program.program(), File::new().accepted().program());
    };
    no_symbols(File::new().double(E_SHOFF, 0).half(E_SHNUM, 0));
    no_symbols(File::new().double(E_SHOFF, u64::MAX));
    no_symbols(File::new().half(E_SHNUM, 0xffff));
    // The symbol table's own header: bad offset, size, link, entry size; then bad strings.
    let sections = File::new().get(E_SHOFF) as usize;
    no_symbols(File::new().double(sections + 64 + 24, u64::MAX - 3));
    no_symbols(File::new().double(sections + 64 + 32, u64::MAX));
    no_symbols(File::new().word(sections + 64 + 40, 99));
    no_symbols(File::new().double(sections + 128 + 24, u64::MAX));
    let strings = File::new().get(sections + 128 + 24) as usize;
    no_symbols(File::new().byte(strings + 1, 0xff));
    no_symbols(File::new().byte(strings + 1, 0));
    let symbols = File::new().get(sections + 64 + 24) as usize;
    no_symbols(File::new().word(symbols + 24, u32::MAX));
    no_symbols(File::new().double(symbols + 24 + 8, DATA));
}

#[test]
fn program_headers_out_of_bounds() {
    File::new().half(E_PHENTSIZE, 32).refused(ProgramHeaderSize { size: 32 });
    File::new().half(E_PHNUM, 0xffff).refused(ProgramHeaderCount);
    File::new()
        .half(E_PHNUM, 0xfffe)
        .refused(ProgramHeadersTruncated { offset: 64, count: 0xfffe });
    for offset in [u64::MAX, 1 << 40, File::new().0.len() as u64 - 1] {
        File::new().double(E_PHOFF, offset).refused(ProgramHeadersTruncated { offset, count: 3 });
    }
    File::new().half(E_PHNUM, 0).refused(NoExecutableSegment);
}

#[test]
fn dynamic_programs() {
    File::new().word(header(1, P_TYPE), 2).refused(Dynamic { index: 1 });
    File::new().word(header(2, P_TYPE), 3).refused(Interpreter { index: 2 });
    // PT_NOTE, PT_PHDR, PT_TLS, PT_GNU_STACK, PT_RISCV_ATTRIBUTES load nothing.
    for kind in [0, 4, 6, 7, 0x6474_e551, 0x7000_0003] {
        let program = File::new().word(header(2, P_TYPE), kind).accepted();
        assert_eq!(program.segments().len(), 2);
    }
}

#[test]
fn segments_and_the_file() {
    File::new().double(header(1, P_MEMSZ), 23).refused(FileLargerThanMemory {
        address: DATA,
        file: 24,
        memory: 23,
    });
    File::new().double(header(1, P_MEMSZ), 0).refused(FileLargerThanMemory {
        address: DATA,
        file: 24,
        memory: 0,
    });
    let length = File::new().0.len() as u64;
    for offset in [length - 23, length, u64::MAX, u64::MAX - 24] {
        File::new().double(header(1, P_OFFSET), offset).refused(SegmentTruncated {
            address: DATA,
            offset,
            length: 24,
        });
    }
    File::new().double(header(1, P_OFFSET), length - 24).accepted();
    // Without file data, the offset may be anything.
    File::new().double(header(1, P_FILESZ), 0).double(header(1, P_OFFSET), u64::MAX).accepted();
    // A segment that fills nothing is not there, wherever it says to be.
    let empty = File::new()
        .double(header(1, P_FILESZ), 0)
        .double(header(1, P_MEMSZ), 0)
        .double(header(1, P_VADDR), u64::MAX);
    assert_eq!(empty.accepted().segments().len(), 2);
}

#[test]
fn segments_outside_memory() {
    let place = |address: u64, memory: u64| {
        File::new().double(header(1, P_VADDR), address).double(header(1, P_MEMSZ), memory)
    };
    for (address, length) in [
        (0, 24),
        (0xfff, 24),
        (MEMORY_END - 23, 24),
        (MEMORY_END, 24),
        (u64::MAX - 10, 24),
        (DATA, u64::MAX),
        (DATA + 0x2000, MEMORY_END),
    ] {
        place(address, length).refused(SegmentOutsideMemory { address, length });
    }
    place(0x1000, 24).accepted();
    place(MEMORY_END - 24, 24).accepted();
    for (address, length) in [
        (PRIVATE_INPUT_START - 23, 24),
        (PRIVATE_INPUT_START, 24),
        (PRIVATE_INPUT_DATA + PRIVATE_INPUT_MAX, 24),
        (PRIVATE_INPUT_END - 1, 24),
        (DATA + 0x2000, PRIVATE_INPUT_START),
    ] {
        place(address, length).refused(SegmentInPrivateInput { address, length });
    }
    place(PRIVATE_INPUT_START - 24, 24).accepted();
    place(PRIVATE_INPUT_END, 24).accepted();
}

#[test]
fn segments_that_are_misaligned() {
    let offset = File::new().get(header(1, P_OFFSET)) + 8;
    let moved = || File::new().double(header(1, P_OFFSET), offset);
    File::new().double(header(1, P_ALIGN), 3).refused(Alignment { address: DATA, alignment: 3 });
    for alignment in [16, 0x1000, 1 << 63] {
        assert_ne!(DATA % alignment, offset % alignment);
        moved().double(header(1, P_ALIGN), alignment).refused(Misaligned {
            address: DATA,
            offset,
            alignment,
        });
    }
    for alignment in [0, 1, 2, 8] {
        moved().double(header(1, P_ALIGN), alignment).accepted();
    }
    for address in [CODE + 1, CODE + 2] {
        File::new().double(header(0, P_VADDR), address).refused(ExecutableMisaligned { address });
    }
}

#[test]
fn segments_that_overlap() {
    let at = |address| File::new().double(header(2, P_VADDR), address);
    for address in [DATA - 12, DATA, DATA + 23] {
        let (first, second) = (address.min(DATA), address.max(DATA));
        at(address).refused(Overlap { first, second });
    }
    at(DATA - 13).accepted();
    // Two segments that share a word.
    let program = at(DATA + 24).double(header(1, P_FILESZ), 21).double(header(1, P_MEMSZ), 21);
    let program = program.double(header(2, P_VADDR), DATA + 21).accepted();
    assert_eq!(program.program().initial_word(DATA + 16), 0x0202_0201_0101_0101);
    // Overlapping only by zero-filled memory is overlapping.
    File::new()
        .double(header(1, P_MEMSZ), 0x1001)
        .refused(Overlap { first: DATA, second: DATA + 0x1000 });
    File::new().double(header(1, P_MEMSZ), 0x1000).accepted();
}

#[test]
fn permissions_and_entry() {
    File::new().word(header(0, P_FLAGS), 7).refused(WritableAndExecutable { address: CODE });
    File::new().word(header(0, P_FLAGS), 4).refused(NoExecutableSegment);
    // Read permission is not asked for.
    File::new().word(header(0, P_FLAGS), 1).accepted();
    for entry in [CODE + 1, CODE + 2, u64::MAX] {
        File::new().double(E_ENTRY, entry).refused(EntryMisaligned { entry });
    }
    let end = CODE + File::new().get(header(0, P_MEMSZ));
    for entry in [0, CODE - 4, end, DATA, u64::MAX - 3] {
        File::new().double(E_ENTRY, entry).refused(EntryNotExecutable { entry });
    }
    File::new().double(E_ENTRY, end - 4).accepted();
    // The last word must be executable as a whole.
    File::new()
        .double(header(0, P_FILESZ), end - CODE - 1)
        .double(header(0, P_MEMSZ), end - CODE - 1)
        .double(E_ENTRY, end - 4)
        .refused(EntryNotExecutable { entry: end - 4 });
}

/// A file of many headers that all refer to the same bytes does not multiply them in memory.
#[test]
fn images_that_are_too_large() {
    let data_bytes = 16 << 20;
    let count = (IMAGE_MAX / data_bytes) as usize + 1;
    let mut file = Assembler::new().halt(0).elf();
    let start = file.len().next_multiple_of(8);
    let mut headers = file[64..120].to_vec();
    for at in 0..count as u64 {
        let mut entry = file[64..120].to_vec();
        let fields = [
            (P_OFFSET, start as u64),
            (P_VADDR, DATA + at * data_bytes),
            (P_FILESZ, data_bytes),
            (P_MEMSZ, data_bytes),
        ];
        entry[P_FLAGS] = 6;
        for (field, value) in fields {
            entry[field..field + 8].copy_from_slice(&value.to_le_bytes());
        }
        headers.extend(entry);
    }
    file.resize(start + data_bytes as usize, 7);
    let phoff = file.len() as u64;
    file.extend(headers);
    let file = File(file).double(E_PHOFF, phoff).half(E_PHNUM, count as u16 + 1);
    let error = file.load().unwrap_err();
    assert!(matches!(error, ImageTooLarge { length } if length > IMAGE_MAX), "{error}");
}

#[test]
fn zero_filled_memory_costs_nothing() {
    let file = File::new().double(header(2, P_MEMSZ), 1 << 30);
    let program = file.accepted();
    assert_eq!(program.program(), File::new().accepted().program());
    // Executable zeros are executable, and no instruction.
    let program = File::new().double(header(0, P_MEMSZ), 0x1000).accepted();
    assert_eq!(program.code_word(CODE + 0xffc), Some(0));
    assert_eq!(program.code_word(CODE + 0x1000), None);
    assert_eq!(program.code_word(CODE + 2), None);
}

/// Loads a file that may be anything, and runs what loads.
fn survive(bytes: &[u8]) {
    for program in Abi::ALL.into_iter().filter_map(|abi| load_for(abi, bytes).ok()) {
        program.program().validate().unwrap();
        let instructions = &program.program().instructions;
        assert!(instructions.is_sorted_by(|a, b| a.0 < b.0));
        assert!(program.program().words.is_sorted_by(|a, b| a.0 < b.0));
        assert!(program.program().words.iter().all(|word| word.0 % 8 == 0));
        // Most cases run into a trap; that both interpreters have the same is checked as well.
        let _ = run_both_for(1000, &program, &[1, 2, 3]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn random_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        survive(&bytes);
        survive(&[b"\x7fELF\x02\x01\x01\0".as_slice(), &bytes].concat());
    }

    #[test]
    fn mutated_files_are_survived(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = File::new().0;
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        survive(&bytes);
    }

    /// Whole header fields become numbers that are likely to be trouble.
    #[test]
    fn mutated_headers_are_survived(
        changes in proptest::collection::vec((0..232usize / 8, 0..12usize), 1..4),
    ) {
        let mut file = File::new();
        for (field, value) in changes {
            let values = [
                0, 1, 8, 0x1000, CODE, DATA, MEMORY_END, MEMORY_END - 1, u64::MAX, u64::MAX - 7,
                1 << 63, PRIVATE_INPUT_START,
            ];
            file = file.double(8 * field, values[value]);
        }
        survive(&file.0);
    }
}
