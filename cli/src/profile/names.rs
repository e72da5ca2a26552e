//! What code addresses are called: functions by the symbol table, what was inlined into them by the
//! debug information.
//!
//! Where there are no symbols, a function is called after the address at which it begins, as far
//! as calls tell. Names have no character that separates something in a list of stacks. A damaged
//! symbol table or damaged debug information gives fewer names, and is no error.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian, Section, SectionId};
use lvm_vm::elf::LoadedProgram;
use object::elf::FileHeader64;
use object::read::elf::ElfFile;
use object::{Object, ObjectSection};

/// Most characters of a name; what is longer ends with `…`.
const NAME_MAX: usize = 400;

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
            let name = addr2line::demangle_auto(Cow::Borrowed(self.symbols[first].1), None);
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
        while let Ok(Some(frame)) = frames.next() {
            let name = frame.function.as_ref().and_then(|function| function.demangle().ok());
            functions.extend(name.map(Cow::into_owned));
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
    use super::*;

    #[test]
    fn names_have_no_separators() {
        assert_eq!(readable("<[u8; 32]>::f"), "<[u8: 32]>::f");
        assert_eq!(readable("a\nb"), "a?b");
        assert_eq!(readable(&"x".repeat(NAME_MAX)), "x".repeat(NAME_MAX));
        assert_eq!(readable(&"x".repeat(NAME_MAX + 1)), "x".repeat(NAME_MAX) + "…");
    }
}
