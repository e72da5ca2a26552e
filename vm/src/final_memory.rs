//! Memory as a run left it, and where a program's named data lies in it.
//!
//! Tests that leave a *signature* in memory need both: the addresses of the symbols around it and
//! the bytes between them after the run. Neither has any part in how a program runs or in what is
//! proved.
//!
//! Invariant: what a damaged symbol table or a wrong range asks for is an answer, never a panic,
//! and takes time and memory in proportion to the file and to [`READ_MAX`].

use core::ops::Range;

use object::LittleEndian;
use object::elf::{FileHeader64, SHN_UNDEF, SHT_SYMTAB, STB_LOCAL, STT_FILE, STT_SECTION, STT_TLS};
use object::read::elf::{FileHeader, SectionHeader, Sym};
use thiserror::Error;

use crate::memory::Memory;

/// Most bytes that [`FinalMemory::read`] reads at once.
pub const READ_MAX: u64 = 64 << 20;

/// Why a range of memory cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ReadError {
    #[error("the range ends at {end:#x}, before its start {start:#x}")]
    Backwards { start: u64, end: u64 },
    #[error("the range [{start:#x}, {end:#x}) has more than {READ_MAX} bytes")]
    TooLong { start: u64, end: u64 },
    #[error("the range [{start:#x}, {end:#x}) lies outside of memory")]
    OutsideMemory { start: u64, end: u64 },
}

/// The memory of a run that has ended.
pub struct FinalMemory(pub(crate) Memory);

impl FinalMemory {
    /// The bytes in `range`, however aligned.
    ///
    /// # Errors
    /// If the range isn't one of at most [`READ_MAX`] bytes in memory.
    pub fn read(&self, range: Range<u64>) -> Result<Vec<u8>, ReadError> {
        let Range { start, end } = range;
        let length = end.checked_sub(start).ok_or(ReadError::Backwards { start, end })?;
        if length > READ_MAX {
            return Err(ReadError::TooLong { start, end });
        }
        let mut bytes = Vec::new();
        self.0
            .read_bytes(start, length, &mut bytes)
            .map_err(|_| ReadError::OutsideMemory { start, end })?;
        Ok(bytes)
    }
}

/// Where each of `names` lies according to the symbol table of an ELF file, data symbols included.
///
/// A global symbol goes before local ones of the same name. A name that is not there, or that has
/// several addresses, is `None`, and so are all names where the table is damaged.
pub fn symbol_addresses<const N: usize>(elf: &[u8], names: [&str; N]) -> [Option<u64>; N] {
    find(elf, names).unwrap_or([None; N])
}

/// What is known of a name so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    /// `None` stands for several addresses.
    Local(Option<u64>),
    Global(Option<u64>),
}

impl Found {
    /// With another symbol of that name.
    fn and(self, address: u64, is_local: bool) -> Self {
        let same = |known: Option<u64>| known.filter(|&known| known == address);
        match (self, is_local) {
            (Self::Nothing, true) => Self::Local(Some(address)),
            (Self::Local(known), true) => Self::Local(same(known)),
            (Self::Nothing | Self::Local(_), false) => Self::Global(Some(address)),
            (Self::Global(known), false) => Self::Global(same(known)),
            (Self::Global(_), true) => self,
        }
    }

    fn address(self) -> Option<u64> {
        match self {
            Self::Nothing => None,
            Self::Local(address) | Self::Global(address) => address,
        }
    }
}

fn find<const N: usize>(elf: &[u8], names: [&str; N]) -> Option<[Option<u64>; N]> {
    let header = FileHeader64::<LittleEndian>::parse(elf).ok()?;
    let sections = header.sections(LittleEndian, elf).ok()?;
    let table = sections.symbols(LittleEndian, elf, SHT_SYMTAB).ok()?;
    let strings = sections.section(table.string_section()).ok()?;
    let strings = SectionHeader::data(strings, LittleEndian, elf).ok()?;

    let mut found = [Found::Nothing; N];
    for symbol in table.iter() {
        let no_address = matches!(symbol.st_type(), STT_FILE | STT_SECTION | STT_TLS);
        if no_address || symbol.st_shndx(LittleEndian) == SHN_UNDEF {
            continue;
        }
        let Some(rest) = strings.get(symbol.st_name(LittleEndian) as usize..) else { continue };
        for (name, found) in names.iter().zip(&mut found) {
            // Compared in place: looking for the end of each name could take long.
            if rest.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.first() == Some(&0)) {
                let is_local = symbol.st_bind() == STB_LOCAL;
                *found = found.and(symbol.st_value(LittleEndian), is_local);
            }
        }
    }
    Some(found.map(Found::address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble::{Assembler, s};
    use crate::execute::{Options, execute_keeping_memory};
    use lvm_isa::instruction::Operation;
    use lvm_syscalls::layout::{MEMORY_END, MEMORY_START};

    const DATA: u64 = Assembler::DATA_START;

    /// Stores 0x1122334455667788 at [`DATA`] + 5, over what is there from the start.
    fn elf() -> Vec<u8> {
        let mut code = Assembler::new();
        code.data(DATA, &[9; 16]).li(5, DATA).li(6, 0x1122_3344_5566_7788);
        code.push(s(Operation::Sd, 5, 6, 5)).halt(0);
        code.symbol_at("begin", DATA + 5).symbol_at("end", DATA + 14);
        code.symbol_at("twice", DATA).symbol_at("twice", DATA + 8).elf()
    }

    fn run() -> FinalMemory {
        let program = crate::elf::load(&elf()).unwrap();
        let options = Options::default();
        let (execution, memory) =
            execute_keeping_memory(&program, &[], &options, &mut |_| {}).unwrap();
        assert_eq!((execution.exit_code, execution.misaligned), (0, 1));
        memory
    }

    #[test]
    fn symbols_lead_to_what_the_run_left() {
        let [begin, end, missing, prefix, twice] =
            symbol_addresses(&elf(), ["begin", "end", "missing", "beg", "twice"]);
        assert_eq!((begin, end), (Some(DATA + 5), Some(DATA + 14)));
        assert_eq!((missing, prefix, twice), (None, None, None));
        let bytes = run().read(DATA + 5..DATA + 14).unwrap();
        assert_eq!(bytes, [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 9]);
    }

    #[test]
    fn wrong_ranges_are_errors() {
        let memory = run();
        assert_eq!(memory.read(DATA..DATA), Ok(vec![]));
        assert_eq!(memory.read(MEMORY_END - 2..MEMORY_END), Ok(vec![0, 0]));
        for (range, expected) in [
            (Range { start: 2, end: 1 }, ReadError::Backwards { start: 2, end: 1 }),
            (0..4, ReadError::OutsideMemory { start: 0, end: 4 }),
            (
                MEMORY_END - 1..MEMORY_END + 1,
                ReadError::OutsideMemory { start: MEMORY_END - 1, end: MEMORY_END + 1 },
            ),
            (MEMORY_START..u64::MAX, ReadError::TooLong { start: MEMORY_START, end: u64::MAX }),
        ] {
            assert_eq!(memory.read(range), Err(expected));
        }
    }

    #[test]
    fn damaged_files_have_no_symbols_or_fewer() {
        let elf = elf();
        for length in 0..elf.len() {
            symbol_addresses(&elf[..length], ["begin", "end"]);
        }
        for at in 0..elf.len() {
            let mut damaged = elf.clone();
            damaged[at] ^= 0xff;
            symbol_addresses(&damaged, ["begin", "end"]);
        }
        assert_eq!(symbol_addresses(b"text", ["begin"]), [None]);
    }

    #[test]
    fn global_symbols_go_before_local_ones() {
        let nothing = Found::Nothing;
        assert_eq!(nothing.and(1, true).and(2, true).address(), None);
        assert_eq!(nothing.and(1, true).and(2, true).and(3, false).address(), Some(3));
        assert_eq!(nothing.and(3, false).and(1, true).address(), Some(3));
        assert_eq!(nothing.and(3, false).and(3, false).address(), Some(3));
        assert_eq!(nothing.and(3, false).and(4, false).address(), None);
    }
}
