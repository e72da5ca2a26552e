//! Names of code addresses, for messages.
//!
//! Invariant: `entries` is sorted by address. Symbols never change how a program runs, so a
//! damaged symbol table is no error: it yields fewer symbols, or none. What is kept of a hostile
//! table is bounded.

use object::LittleEndian;
use object::elf::{FileHeader64, SHN_UNDEF, SHT_SYMTAB, STT_FUNC, STT_NOTYPE};
use object::read::elf::{FileHeader, Sym};

/// Longest name that is kept; longer ones are left out.
const NAME_MAX: usize = 1 << 12;
/// Most bytes of names that are kept in total.
const NAMES_TOTAL_MAX: usize = 64 << 20;
/// Most symbols that are kept.
const SYMBOLS_MAX: usize = 1 << 20;

/// The code symbols of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symbols {
    /// Address and raw name, ascending by address; of several names for one address, functions
    /// come before labels, such as those of the linker script.
    entries: Vec<(u64, String)>,
}

/// A symbol as it is ordered: the address, whether it is no more than a label, the raw name.
type Entry = (u64, bool, String);

impl Symbols {
    /// The function and label symbols in `bytes` whose address satisfies `keep`.
    pub(crate) fn read(bytes: &[u8], keep: impl Fn(u64) -> bool) -> Self {
        let mut entries = read_entries(bytes, keep).unwrap_or_default();
        entries.sort();
        Self { entries: entries.into_iter().map(|(address, _, name)| (address, name)).collect() }
    }

    /// The last symbol at or before `address`, demangled, and the distance to it in bytes.
    pub fn nearest(&self, address: u64) -> Option<(String, u64)> {
        let after = self.entries.partition_point(|&(start, _)| start <= address);
        let (start, _) = *self.entries.get(after.checked_sub(1)?)?;
        // Of several names for one address, the first.
        let first = self.entries.partition_point(|&(other, _)| other < start);
        let name = &self.entries[first].1;
        Some((format!("{:#}", rustc_demangle::demangle(name)), address - start))
    }

    /// Every symbol as `(address, raw name)`, ascending by address; functions before labels of the
    /// same address.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &str)> {
        self.entries.iter().map(|(address, name)| (*address, name.as_str()))
    }
}

fn read_entries(bytes: &[u8], keep: impl Fn(u64) -> bool) -> Option<Vec<Entry>> {
    let header = FileHeader64::<LittleEndian>::parse(bytes).ok()?;
    let sections = header.sections(LittleEndian, bytes).ok()?;
    let table = sections.symbols(LittleEndian, bytes, SHT_SYMTAB).ok()?;
    let strings = sections.section(table.string_section()).ok()?;
    let strings = object::read::elf::SectionHeader::data(strings, LittleEndian, bytes).ok()?;

    let mut entries = Vec::new();
    let mut names_total = 0;
    for symbol in table.iter() {
        let address = symbol.st_value(LittleEndian);
        let is_code = matches!(symbol.st_type(), STT_FUNC | STT_NOTYPE);
        if !is_code || symbol.st_shndx(LittleEndian) == SHN_UNDEF || !keep(address) {
            continue;
        }
        let Some(name) = name_at(strings, symbol.st_name(LittleEndian)) else {
            continue;
        };
        names_total += name.len();
        if names_total > NAMES_TOTAL_MAX || entries.len() == SYMBOLS_MAX {
            break;
        }
        entries.push((address, symbol.st_type() != STT_FUNC, name.to_owned()));
    }
    Some(entries)
}

/// The name at `offset`, unless it is empty, too long, not UTF-8, a mapping symbol (`$x`) or a label
/// that the compiler made up (`.Lpcrel_hi0`).
fn name_at(strings: &[u8], offset: u32) -> Option<&str> {
    let rest = strings.get(offset as usize..)?;
    let rest = &rest[..rest.len().min(NAME_MAX + 1)];
    let length = rest.iter().position(|&byte| byte == 0)?;
    let name = core::str::from_utf8(&rest[..length]).ok()?;
    (!name.is_empty() && !name.starts_with('$') && !name.starts_with(".L")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble::Assembler;

    #[test]
    fn functions_go_before_labels_and_made_up_labels_are_none() {
        let mut code = Assembler::new();
        code.symbol("_stack_top").symbol("_start").symbol(".Lpcrel_hi0").halt(0);
        let mut elf = code.elf();
        let names = |elf: &[u8]| {
            let program = crate::elf::load(elf).unwrap();
            program.symbols().iter().map(|(_, name)| name.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&elf), ["_stack_top", "_start"]);
        // The first symbol after the empty one becomes a label.
        let header = FileHeader64::<LittleEndian>::parse(elf.as_slice()).unwrap();
        let sections = header.sections(LittleEndian, elf.as_slice()).unwrap();
        let table = sections.symbols(LittleEndian, elf.as_slice(), SHT_SYMTAB).unwrap();
        let section = sections.section(table.section()).unwrap();
        let first = section.sh_offset.get(LittleEndian) as usize + 24;
        const STB_GLOBAL_STT_NOTYPE: u8 = 0x10;
        elf[first + 4] = STB_GLOBAL_STT_NOTYPE;
        assert_eq!(names(&elf), ["_start", "_stack_top"]);
        let program = crate::elf::load(&elf).unwrap();
        let start = program.program().entry;
        assert_eq!(program.symbols().nearest(start + 4), Some(("_start".to_owned(), 4)));
    }
}
