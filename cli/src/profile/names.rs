//! What code addresses are called: functions by the symbol table, what was inlined into them by the
//! debug information.
//!
//! Where there are no symbols, a function is called after the address at which it begins, as far
//! as calls tell. Names have no character that separates something in a list of stacks. A damaged
//! symbol table or damaged debug information gives fewer names, and is no error.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use addr2line::gimli::{DwLang, Dwarf, EndianSlice, LittleEndian, Section, SectionId};
use lvm_vm::elf::LoadedProgram;
use object::elf::FileHeader64;
use object::read::elf::ElfFile;
use object::{Object, ObjectSection};

/// Most characters of a name; what is longer ends with `…`.
const NAME_MAX: usize = 400;

/// Most functions that are inlined into each other at one place; damaged debug information may say
/// anything.
const INLINED_MAX: usize = 256;

/// What marks a function that was inlined, as other tools for stacks have it.
const INLINED: &str = "_[i]";

type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// The number of a name.
pub(crate) type Name = usize;

/// Names of a program's code.
pub(crate) struct Names<'a> {
    /// Address and raw name of each symbol, ascending by address.
    symbols: Vec<(u64, &'a str)>,
    /// Where functions begin, ascending, for programs without symbols.
    beginnings: &'a [u64],
    /// The debug information, if there is any about this code.
    dwarf: Option<addr2line::Context<Bytes<'a>>>,
    numbers: HashMap<String, Name>,
    names: Vec<String>,
    frames: HashMap<u64, Rc<[Name]>>,
}

/// Where names come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sources {
    pub(crate) symbols: bool,
    pub(crate) debug_info: bool,
}

impl<'a> Names<'a> {
    /// The names of `program`, which was loaded from `elf`. Functions begin at `beginnings`.
    pub(crate) fn new(elf: &'a [u8], program: &'a LoadedProgram, beginnings: &'a [u64]) -> Self {
        Self {
            symbols: program.symbols().iter().collect(),
            beginnings,
            dwarf: dwarf(elf),
            numbers: HashMap::new(),
            names: Vec::new(),
            frames: HashMap::new(),
        }
    }

    pub(crate) fn sources(&self) -> Sources {
        Sources { symbols: !self.symbols.is_empty(), debug_info: self.dwarf.is_some() }
    }

    /// The function of the instruction at `pc` and what was inlined there, the outermost first.
    pub(crate) fn frames(&mut self, pc: u64) -> Rc<[Name]> {
        if let Some(frames) = self.frames.get(&pc) {
            return Rc::clone(frames);
        }
        let mut inlined = self.functions_by_dwarf(pc);
        let outermost = inlined.pop();
        let mut frames = vec![self.function(pc, outermost)];
        for name in inlined.iter().rev() {
            frames.push(self.number(&format!("{}{INLINED}", readable(name))));
        }
        let frames: Rc<[Name]> = frames.into();
        self.frames.insert(pc, Rc::clone(&frames));
        frames
    }

    /// The name of the function that `pc` is in, whatever was inlined there.
    fn function(&mut self, pc: u64, by_dwarf: Option<String>) -> Name {
        let after = self.symbols.partition_point(|&(start, _)| start <= pc);
        if let Some(&(start, _)) = self.symbols[..after].last() {
            // Of several names for one address, the first.
            let first = self.symbols.partition_point(|&(other, _)| other < start);
            let name = demangled(self.symbols[first].1, None);
            return self.number(&readable(&name));
        }
        if let Some(name) = by_dwarf {
            return self.number(&readable(&name));
        }
        let after = self.beginnings.partition_point(|&start| start <= pc);
        let start = self.beginnings[..after].last().copied().unwrap_or(pc);
        self.number(&format!("{start:#x}"))
    }

    /// The functions at `pc`, the innermost first.
    fn functions_by_dwarf(&self, pc: u64) -> Vec<String> {
        let Some(dwarf) = &self.dwarf else { return Vec::new() };
        let mut functions = Vec::new();
        let Ok(mut frames) = dwarf.find_frames(pc).skip_all_loads() else { return functions };
        while functions.len() < INLINED_MAX
            && let Ok(Some(frame)) = frames.next()
        {
            let Some(function) = &frame.function else { continue };
            let name = function.raw_name();
            functions.extend(name.map(|name| demangled(&name, function.language)));
        }
        functions
    }

    /// The number of a name, the same for the same name.
    pub(crate) fn number(&mut self, name: &str) -> Name {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }

    /// The name with this number.
    pub(crate) fn name(&self, number: Name) -> &str {
        &self.names[number]
    }
}

/// The debug information in a file, if it says anything about code.
fn dwarf(elf: &[u8]) -> Option<addr2line::Context<Bytes<'_>>> {
    let file = ElfFile::<FileHeader64<object::LittleEndian>>::parse(elf).ok()?;
    let section = |id: SectionId| {
        let data = file.section_by_name(id.name()).and_then(|section| {
            // Compressed ones are taken for missing.
            let range = section.compressed_file_range().ok()?;
            (range.format == object::CompressionFormat::None).then(|| section.data().ok())?
        });
        Ok::<_, addr2line::gimli::Error>(EndianSlice::new(data.unwrap_or_default(), LittleEndian))
    };
    let dwarf = Dwarf::load(section).ok()?;
    if dwarf.debug_info.reader().is_empty() {
        return None;
    }
    addr2line::Context::from_dwarf(dwarf).ok()
}

/// A name as its source has it. What isn't mangled stays: `f` would be a type, `float`.
fn demangled(name: &str, language: Option<DwLang>) -> String {
    let is_mangled = ["_R", "_Z"].iter().any(|prefix| name.starts_with(prefix));
    if !is_mangled {
        return name.to_owned();
    }
    addr2line::demangle_auto(Cow::Borrowed(name), language).into_owned()
}

/// A name without what separates names, and not too long.
fn readable(name: &str) -> String {
    let mut characters = name.chars().map(|character| match character {
        ';' => ':',
        character if character.is_control() => '?',
        character => character,
    });
    let mut readable: String = characters.by_ref().take(NAME_MAX).collect();
    if characters.next().is_some() {
        readable.push('…');
    }
    readable
}

#[cfg(test)]
mod tests {
    use addr2line::gimli;
    use addr2line::gimli::write::{Address, AttributeValue, DwarfUnit, EndianVec, Sections};
    use lvm_isa::instruction::Operation::Addi;
    use lvm_vm::assemble::{Assembler, i};

    use super::*;

    const START: u64 = Assembler::CODE_START;

    /// Three instructions, the second of which was inlined from `inner` into `outer`.
    fn code() -> Assembler {
        let mut code = Assembler::new();
        for _ in 0..3 {
            code.push(i(Addi, 5, 5, 1));
        }
        code
    }

    /// The sections of debug information for it.
    fn debug_information() -> Vec<(&'static str, Vec<u8>)> {
        let encoding =
            gimli::Encoding { format: gimli::Format::Dwarf32, version: 4, address_size: 8 };
        let mut dwarf = DwarfUnit::new(encoding);
        let unit = &mut dwarf.unit;
        let root = unit.root();
        let inner = unit.add(root, gimli::DW_TAG_subprogram);
        let outer = unit.add(root, gimli::DW_TAG_subprogram);
        let inlined = unit.add(outer, gimli::DW_TAG_inlined_subroutine);
        for (entry, start, length) in
            [(root, START, 12), (outer, START, 12), (inlined, START + 4, 4)]
        {
            let entry = unit.get_mut(entry);
            let low = AttributeValue::Address(Address::Constant(start));
            entry.set(gimli::DW_AT_low_pc, low);
            entry.set(gimli::DW_AT_high_pc, AttributeValue::Udata(length));
        }
        for (entry, name) in [(inner, "inner"), (outer, "outer")] {
            let name = AttributeValue::String(name.into());
            unit.get_mut(entry).set(gimli::DW_AT_name, name);
        }
        let inline = AttributeValue::Inline(gimli::DW_INL_inlined);
        unit.get_mut(inner).set(gimli::DW_AT_inline, inline);
        let origin = AttributeValue::UnitRef(inner);
        unit.get_mut(inlined).set(gimli::DW_AT_abstract_origin, origin);
        let mut sections = Sections::new(EndianVec::new(LittleEndian));
        dwarf.write(&mut sections).unwrap();
        let mut written = Vec::new();
        sections
            .for_each(|id, data| {
                written.push((id.name(), data.slice().to_vec()));
                Ok::<_, gimli::Error>(())
            })
            .unwrap();
        written
    }

    /// The file with these sections added.
    fn with_sections(mut elf: Vec<u8>, sections: &[(&str, Vec<u8>)]) -> Vec<u8> {
        const HEADER: usize = 64;
        let word = |elf: &[u8], at: usize| {
            u64::from_le_bytes(elf[at..at + 8].try_into().unwrap()) as usize
        };
        let half = |elf: &[u8], at: usize| u16::from_le_bytes(elf[at..at + 2].try_into().unwrap());
        let (table, count, names) = (word(&elf, 0x28), half(&elf, 0x3c), half(&elf, 0x3e));
        let mut headers = elf[table..table + HEADER * usize::from(count)].to_vec();
        let old = HEADER * usize::from(names);
        let (offset, size) = (word(&headers, old + 0x18), word(&headers, old + 0x20));
        let mut names = elf[offset..offset + size].to_vec();
        for (name, data) in sections {
            let mut header = [0; HEADER];
            header[..4].copy_from_slice(&(names.len() as u32).to_le_bytes());
            header[4] = 1; // SHT_PROGBITS
            header[0x18..0x20].copy_from_slice(&(elf.len() as u64).to_le_bytes());
            header[0x20..0x28].copy_from_slice(&(data.len() as u64).to_le_bytes());
            headers.extend(header);
            names.extend(name.bytes().chain([0]));
            elf.extend(data);
        }
        headers[old + 0x18..old + 0x20].copy_from_slice(&(elf.len() as u64).to_le_bytes());
        headers[old + 0x20..old + 0x28].copy_from_slice(&(names.len() as u64).to_le_bytes());
        elf.extend(names);
        let table = elf.len() as u64;
        elf[0x28..0x30].copy_from_slice(&table.to_le_bytes());
        elf[0x3c..0x3e].copy_from_slice(&(count + sections.len() as u16).to_le_bytes());
        elf.extend(headers);
        elf
    }

    /// The names at the three instructions.
    fn frames(elf: &[u8]) -> [String; 3] {
        let program = lvm_vm::elf::load(elf).unwrap();
        let beginnings = [START];
        let mut names = Names::new(elf, &program, &beginnings);
        [0, 4, 8].map(|offset| {
            let frames = names.frames(START + offset);
            let frames: Vec<_> = frames.iter().map(|&frame| names.name(frame)).collect();
            frames.join(";")
        })
    }

    #[test]
    fn debug_information_names_what_was_inlined() {
        let elf = with_sections(code().elf(), &debug_information());
        assert_eq!(frames(&elf), ["outer", "outer;inner_[i]", "outer"]);
    }

    #[test]
    fn functions_are_named_by_symbols_before_debug_information() {
        let elf = with_sections(code().symbol_at("symbol", START).elf(), &debug_information());
        assert_eq!(frames(&elf), ["symbol", "symbol;inner_[i]", "symbol"]);
        assert_eq!(frames(&code().symbol_at("symbol", START).elf()), ["symbol"; 3]);
    }

    #[test]
    fn without_either_there_are_addresses() {
        let elf = code().elf();
        assert_eq!(frames(&elf), ["0x4000000"; 3]);
        let program = lvm_vm::elf::load(&elf).unwrap();
        let sources = Names::new(&elf, &program, &[]).sources();
        assert_eq!(sources, Sources { symbols: false, debug_info: false });
    }

    #[test]
    fn damaged_debug_information_is_no_error() {
        let sections = debug_information();
        for (at, (_, data)) in sections.iter().enumerate() {
            for byte in 0..data.len() {
                let mut damaged = sections.clone();
                damaged[at].1[byte] ^= 0xff;
                let names = frames(&with_sections(code().elf(), &damaged));
                assert!(names.iter().all(|name| !name.is_empty()), "{names:?}");
            }
        }
    }

    #[test]
    fn names_are_demangled() {
        for (name, expected) in [
            ("f", "f"),
            ("memcpy", "memcpy"),
            ("_start", "_start"),
            ("_ZN5guest6double17h0123456789abcdefE", "guest::double"),
            ("_RNvCs1234_5guest4main", "guest::main"),
            ("_Z3endi", "end(int)"),
            ("_Zebra", "_Zebra"),
        ] {
            assert_eq!(demangled(name, None), expected);
        }
    }

    #[test]
    fn names_have_no_separators() {
        assert_eq!(readable("<[u8; 32]>::f"), "<[u8: 32]>::f");
        assert_eq!(readable("a\nb"), "a?b");
        assert_eq!(readable(&"x".repeat(NAME_MAX)), "x".repeat(NAME_MAX));
        assert_eq!(readable(&"x".repeat(NAME_MAX + 1)), "x".repeat(NAME_MAX) + "…");
    }
}
