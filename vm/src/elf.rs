//! From the bytes of an ELF file to a program in the machine.
//!
//! Accepted: static little-endian ELF64 executables for RISC-V. Only PT_LOAD program headers are
//! loaded; section headers are ignored, but for the symbol table; e_flags is not looked at;
//! memory behind a segment's file data is zero. Everything else that the file might ask for is
//! refused with an [`ElfError`], and so is whatever the machine could not honour: overlapping
//! segments, segments that are both writable and executable, segments outside of memory or in
//! the place of the private input. Programs that were built for LambdaVM get what their machine
//! has and this one has not ([`Abi`]).
//!
//! Invariant: a [`LoadedProgram`]'s segments are sorted, disjoint, not empty and inside memory; its
//! [`Program`] keeps the promises stated there. Loading never panics, and uses time and memory
//! bounded by [`IMAGE_MAX`] and the length of the file.

use core::fmt;
use core::ops::Range;
use core::str::FromStr;

use lvm_isa::decode::decode;
use lvm_isa::instruction::Instruction;
use lvm_isa::program::Program;
use lvm_isa::semantics::WORD_BYTES;
use lvm_syscalls::layout::{MEMORY_END, MEMORY_START, PRIVATE_INPUT_END, PRIVATE_INPUT_START};
use object::LittleEndian;
use object::elf::{
    EM_RISCV, ET_EXEC, FileHeader64, PF_R, PF_W, PF_X, PN_XNUM, PT_DYNAMIC, PT_INTERP, PT_LOAD,
    ProgramHeader64,
};
use object::read::elf::{FileHeader, ProgramHeader};

use crate::error::{ElfError, Place};
use crate::lambda_vm;
use crate::symbols::Symbols;

/// Most bytes that a program's segments may have together. Memory that is only zero-filled does
/// not count, unless it is executable.
pub const IMAGE_MAX: u64 = 256 << 20;

/// Bytes of an instruction word.
const INSTRUCTION_BYTES: u64 = 4;

/// The region whose initial contents a prover may choose.
const PRIVATE_INPUT: Range<u64> = PRIVATE_INPUT_START..PRIVATE_INPUT_END;

/// Which machine a program was built for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Abi {
    /// This one, as `lvm_syscalls` says.
    #[default]
    Lvm,
    /// LambdaVM, which begins with a stack pointer and skips instructions that turn interrupts off
    /// and on. The program gets instructions before its own, at the beginning of memory, so it is
    /// another program than the same file loaded for this machine, with another verifying key.
    LambdaVm,
}

impl Abi {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Lvm, Self::LambdaVm];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lvm => "lvm",
            Self::LambdaVm => "lambda-vm",
        }
    }
}

impl fmt::Display for Abi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no machine's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown machine; programs are for lvm or for lambda-vm")]
pub struct UnknownAbi;

impl FromStr for Abi {
    type Err = UnknownAbi;

    fn from_str(name: &str) -> Result<Self, UnknownAbi> {
        Self::ALL.into_iter().find(|abi| abi.name() == name).ok_or(UnknownAbi)
    }
}

/// A part of memory that the ELF file fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The addresses, zero-filled tail included.
    pub range: Range<u64>,
    /// Bytes from the start that come from the file.
    pub file_length: u64,
    /// PF_R. Not enforced: all memory is readable.
    pub readable: bool,
    /// PF_W. Not enforced: all memory that is not executable is writable.
    pub writable: bool,
    /// PF_X. Instructions can be fetched from here and nowhere else, and stores to a word that has
    /// a byte here trap.
    pub executable: bool,
}

/// A program with what only the emulator needs to know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedProgram {
    program: Program,
    segments: Vec<Segment>,
    symbols: Symbols,
}

impl LoadedProgram {
    /// The program as both sides of a proof see it.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The segments, ascending by address.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The executable segments, ascending by address.
    pub fn executable(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(|segment| segment.executable)
    }

    /// The code symbols.
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// The instruction address `pc` with the symbol before it.
    pub fn place(&self, pc: u64) -> Place {
        Place { pc, symbol: self.symbols.nearest(pc) }
    }

    /// The word in executable memory at `pc`, whether or not it decodes; `None` when `pc` is
    /// misaligned or not executable.
    pub fn code_word(&self, pc: u64) -> Option<u32> {
        let segment = segment_at(&self.segments, pc).filter(|segment| segment.executable)?;
        let fits = contains_instruction(&segment.range, pc);
        (fits && pc.is_multiple_of(INSTRUCTION_BYTES)).then(|| {
            let word = self.program.initial_word(pc & !(WORD_BYTES - 1));
            (word >> (pc % WORD_BYTES * 8)) as u32
        })
    }
}

/// The segment that `address` lies in.
fn segment_at(segments: &[Segment], address: u64) -> Option<&Segment> {
    let after = segments.partition_point(|segment| segment.range.start <= address);
    segments[..after].last().filter(|segment| segment.range.contains(&address))
}

/// Whether all bytes of an instruction at `pc` lie in `range`.
fn contains_instruction(range: &Range<u64>, pc: u64) -> bool {
    range.start <= pc && pc < range.end && range.end - pc >= INSTRUCTION_BYTES
}

/// Loads a program.
pub fn load(bytes: &[u8]) -> Result<LoadedProgram, ElfError> {
    load_for(Abi::Lvm, bytes)
}

/// Loads a program that was built for the machine that `abi` says.
pub fn load_for(abi: Abi, bytes: &[u8]) -> Result<LoadedProgram, ElfError> {
    let (entry, headers) = read_headers(bytes)?;

    let start = lambda_vm::start_code(entry);
    let mut loads = Vec::new();
    let mut image_length = 0u64;
    for (index, header) in headers.iter().enumerate() {
        match header.p_type(LittleEndian) {
            PT_DYNAMIC => return Err(ElfError::Dynamic { index }),
            PT_INTERP => return Err(ElfError::Interpreter { index }),
            PT_LOAD if header.p_memsz(LittleEndian) > 0 || header.p_filesz(LittleEndian) > 0 => {
                let (segment, data) = read_segment(bytes, header)?;
                image_length = image_length.saturating_add(image_share(&segment));
                if image_length > IMAGE_MAX {
                    return Err(ElfError::ImageTooLarge { length: image_length });
                }
                loads.push((segment, data));
            }
            _ => {}
        }
    }

    loads.sort_by_key(|(segment, _)| segment.range.start);
    for pair in loads.windows(2) {
        let (first, second) = (&pair[0].0.range, &pair[1].0.range);
        if first.end > second.start {
            return Err(ElfError::Overlap { first: first.start, second: second.start });
        }
    }
    check_entry(entry, &loads)?;
    let (entry, decode): (_, fn(u32) -> _) = match abi {
        Abi::Lvm => (entry, decode),
        Abi::LambdaVm => {
            put_first(start_segment(), &start, &mut loads)?;
            (lambda_vm::START, lambda_vm::decode)
        }
    };

    let program = Program {
        entry,
        instructions: read_instructions(&loads, decode),
        words: read_words(&loads),
        read_only: read_only_words(&loads),
    };
    let segments: Vec<Segment> = loads.into_iter().map(|(segment, _)| segment).collect();
    let symbols = Symbols::read(bytes, |address| {
        segment_at(&segments, address).is_some_and(|segment| segment.executable)
    });
    Ok(LoadedProgram { program, segments, symbols })
}

/// The entry point and the program headers of a file of the right kind.
fn read_headers(bytes: &[u8]) -> Result<(u64, &[ProgramHeader64<LittleEndian>]), ElfError> {
    if !bytes.starts_with(b"\x7fELF") {
        return Err(ElfError::Magic);
    }
    let length = bytes.len();
    let (Some(&class), Some(&data)) = (bytes.get(4), bytes.get(5)) else {
        return Err(ElfError::HeaderTruncated { length });
    };
    if class != 2 {
        return Err(ElfError::Class { class });
    }
    if data != 1 {
        return Err(ElfError::Endianness { data });
    }
    let (header, _) = object::pod::from_bytes::<FileHeader64<LittleEndian>>(bytes)
        .map_err(|()| ElfError::HeaderTruncated { length })?;
    let ident_version = u32::from(header.e_ident.version.0);
    let version = header.e_version(LittleEndian);
    if let Some(&version) = [ident_version, version].iter().find(|&&version| version != 1) {
        return Err(ElfError::Version { version });
    }
    let machine = header.e_machine(LittleEndian).0;
    if machine != EM_RISCV.0 {
        return Err(ElfError::Machine { machine });
    }
    let kind = header.e_type(LittleEndian).0;
    if kind != ET_EXEC.0 {
        return Err(ElfError::Type { kind });
    }

    let count = header.e_phnum(LittleEndian);
    if count == PN_XNUM {
        return Err(ElfError::ProgramHeaderCount);
    }
    let size = header.e_phentsize(LittleEndian);
    if count > 0 && usize::from(size) != size_of::<ProgramHeader64<LittleEndian>>() {
        return Err(ElfError::ProgramHeaderSize { size });
    }
    let offset = header.e_phoff(LittleEndian);
    let headers = usize::try_from(offset)
        .ok()
        .and_then(|offset| bytes.get(offset..))
        .and_then(|rest| object::pod::slice_from_bytes(rest, usize::from(count)).ok())
        .ok_or(ElfError::ProgramHeadersTruncated { offset, count })?
        .0;
    Ok((header.e_entry(LittleEndian), headers))
}

/// A PT_LOAD segment and its file data.
fn read_segment<'a>(
    bytes: &'a [u8],
    header: &ProgramHeader64<LittleEndian>,
) -> Result<(Segment, &'a [u8]), ElfError> {
    let address = header.p_vaddr(LittleEndian);
    let offset = header.p_offset(LittleEndian);
    let file_length = header.p_filesz(LittleEndian);
    let length = header.p_memsz(LittleEndian);
    let alignment = header.p_align(LittleEndian);
    let has_flag = |flag| header.p_flags(LittleEndian) & flag == flag;

    if file_length > length {
        return Err(ElfError::FileLargerThanMemory { address, file: file_length, memory: length });
    }
    let end = address
        .checked_add(length)
        .filter(|&end| address >= MEMORY_START && end <= MEMORY_END)
        .ok_or(ElfError::SegmentOutsideMemory { address, length })?;
    if address < PRIVATE_INPUT.end && end > PRIVATE_INPUT.start {
        return Err(ElfError::SegmentInPrivateInput { address, length });
    }
    let data = match file_length {
        // Linkers give segments without file data any offset, the end of the file and beyond.
        0 => &[],
        _ => offset
            .checked_add(file_length)
            .and_then(|end| bytes.get(usize::try_from(offset).ok()?..usize::try_from(end).ok()?))
            .ok_or(ElfError::SegmentTruncated { address, offset, length: file_length })?,
    };
    if alignment > 1 {
        if !alignment.is_power_of_two() {
            return Err(ElfError::Alignment { address, alignment });
        }
        if address % alignment != offset % alignment {
            return Err(ElfError::Misaligned { address, offset, alignment });
        }
    }
    let segment = Segment {
        range: address..end,
        file_length,
        readable: has_flag(PF_R),
        writable: has_flag(PF_W),
        executable: has_flag(PF_X),
    };
    if segment.executable && segment.writable {
        return Err(ElfError::WritableAndExecutable { address });
    }
    if segment.executable && !address.is_multiple_of(INSTRUCTION_BYTES) {
        return Err(ElfError::ExecutableMisaligned { address });
    }
    Ok((segment, data))
}

fn check_entry(entry: u64, loads: &[(Segment, &[u8])]) -> Result<(), ElfError> {
    let mut executable = loads.iter().filter(|(segment, _)| segment.executable).peekable();
    if executable.peek().is_none() {
        return Err(ElfError::NoExecutableSegment);
    }
    if !entry.is_multiple_of(INSTRUCTION_BYTES) {
        return Err(ElfError::EntryMisaligned { entry });
    }
    if !executable.any(|(segment, _)| contains_instruction(&segment.range, entry)) {
        return Err(ElfError::EntryNotExecutable { entry });
    }
    Ok(())
}

/// The segment of the instructions before those of a program for LambdaVM.
fn start_segment() -> Segment {
    Segment {
        range: lambda_vm::START..lambda_vm::START + lambda_vm::START_BYTES,
        file_length: lambda_vm::START_BYTES,
        readable: true,
        writable: false,
        executable: true,
    }
}

/// Puts a segment at the beginning of memory before those of the file.
fn put_first<'a>(
    segment: Segment,
    data: &'a [u8],
    loads: &mut Vec<(Segment, &'a [u8])>,
) -> Result<(), ElfError> {
    let (first, end) = (segment.range.start, segment.range.end);
    match loads.first() {
        Some((next, _)) if next.range.start < end => {
            Err(ElfError::Overlap { first, second: next.range.start })
        }
        _ => {
            loads.insert(0, (segment, data));
            Ok(())
        }
    }
}

/// The words that an executable segment's zero-filled tail has for itself.
fn zero_words(segment: &Segment) -> usize {
    if !segment.executable {
        return 0;
    }
    let of_data = (segment.range.start + segment.file_length).next_multiple_of(WORD_BYTES);
    let of_data =
        if segment.file_length == 0 { segment.range.start & !(WORD_BYTES - 1) } else { of_data };
    let end = segment.range.end.next_multiple_of(WORD_BYTES);
    (end.saturating_sub(of_data) / WORD_BYTES) as usize
}

/// Every decodable word of the executable segments. A zero word does not decode, so the
/// zero-filled tails have none.
fn read_instructions(
    loads: &[(Segment, &[u8])],
    decode: fn(u32) -> Option<Instruction>,
) -> Vec<(u64, Instruction)> {
    let mut instructions = Vec::new();
    for (segment, data) in loads.iter().filter(|(segment, _)| segment.executable) {
        for (pc, chunk) in (segment.range.start..).step_by(4).zip(data.chunks(4)) {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            if let Some(instruction) = decode(u32::from_le_bytes(word))
                && contains_instruction(&segment.range, pc)
            {
                instructions.push((pc, instruction));
            }
        }
    }
    instructions
}

/// Bytes of the image that a segment needs: its file data, and all of it when it is executable.
fn image_share(segment: &Segment) -> u64 {
    if segment.executable { segment.range.end - segment.range.start } else { segment.file_length }
}

/// The words that executable segments have a part of, of sorted and disjoint segments.
fn read_only_words(loads: &[(Segment, &[u8])]) -> Vec<Range<u64>> {
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for (segment, _) in loads.iter().filter(|(segment, _)| segment.executable) {
        let start = segment.range.start & !(WORD_BYTES - 1);
        let end = segment.range.end.next_multiple_of(WORD_BYTES);
        match ranges.last_mut() {
            Some(last) if start <= last.end => last.end = end,
            _ => ranges.push(start..end),
        }
    }
    ranges
}

/// The 8-aligned words that file data covers, of sorted and disjoint segments; of executable
/// segments also those that only their zero-filled tails cover.
fn read_words(loads: &[(Segment, &[u8])]) -> Vec<(u64, u64)> {
    let mut words: Vec<(u64, u64)> = Vec::new();
    for (segment, data) in loads {
        // Zero bytes up to the word boundary, the first word's share of the data, whole words.
        let start = segment.range.start;
        let skipped = (start % WORD_BYTES) as usize;
        let head = data.len().min(WORD_BYTES as usize - skipped);
        let (head, rest) = data.split_at(head);
        let first = (!head.is_empty()).then_some((skipped, head));
        let pieces = first
            .into_iter()
            .chain(rest.chunks(WORD_BYTES as usize).map(|c| (0, c)))
            .chain(std::iter::repeat_n((0, &[][..]), zero_words(segment)));
        for (address, (skipped, piece)) in (start - skipped as u64..).step_by(8).zip(pieces) {
            let mut word = [0; WORD_BYTES as usize];
            word[skipped..skipped + piece.len()].copy_from_slice(piece);
            let word = u64::from_le_bytes(word);
            match words.last_mut() {
                // The word is shared with the segment before; their bytes are disjoint.
                Some((last, merged)) if *last == address => *merged |= word,
                _ => words.push((address, word)),
            }
        }
    }
    words
}
