//! What is done with a guest's ELF file after linking.

use lvm_isa::decode::decode;
use object::LittleEndian;
use object::elf::{FileHeader64, PF_X, PT_LOAD, ProgramHeader64};
use object::read::elf::FileHeader as _;

/// The word that compilers put where execution must not get to (`unimp`). It is no instruction.
pub const UNIMP: u32 = 0xC000_1073;

/// Why a file cannot be worked on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("it is no 64-bit little-endian ELF file: {0}")]
    Format(#[from] object::Error),
    #[error("it ends within a segment")]
    Truncated,
    #[error("it has more than 65535 segments")]
    TooManySegments,
    #[error("the word {word:#010x} at {address:#x} is no RV64IM instruction")]
    Instruction { address: u64, word: u32 },
}

/// The file without symbols, sections and segments that aren't loaded, none of which the machine
/// looks at.
///
/// Linkers put what isn't loaded after what is, so the rest of the file is cut off. An empty
/// segment keeps its place, since its offset must be in the file too.
///
/// # Errors
/// When `file` is no 64-bit little-endian ELF file with all of its segments.
pub fn strip(file: &[u8]) -> Result<Vec<u8>, Error> {
    let (header, segments) = parse(file)?;
    let loaded = || segments.iter().filter(|s| s.p_type.get(LittleEndian) == PT_LOAD);
    let headers_start = header.e_phoff.get(LittleEndian);
    let headers_end = headers_start + size_of_val(segments) as u64;
    let end = loaded()
        .try_fold(headers_end.max(size_of_val(header) as u64), |end, segment| {
            let length = segment.p_filesz.get(LittleEndian);
            Some(end.max(segment.p_offset.get(LittleEndian).checked_add(length)?))
        })
        .and_then(|end| usize::try_from(end).ok())
        .ok_or(Error::Truncated)?;
    let mut stripped = file.get(..end).ok_or(Error::Truncated)?.to_vec();
    // Both ends are within `end`.
    let headers = &mut stripped[headers_start as usize..headers_end as usize];
    headers.fill(0);
    for (to, segment) in headers.chunks_exact_mut(size_of::<ProgramHeader>()).zip(loaded()) {
        to.copy_from_slice(object::pod::bytes_of(segment));
    }
    let count = u16::try_from(loaded().count()).map_err(|_| Error::TooManySegments)?;
    stripped[0x38..0x3A].copy_from_slice(&count.to_le_bytes());
    stripped[0x28..0x30].fill(0); // e_shoff
    stripped[0x3C..0x40].fill(0); // e_shnum, e_shstrndx
    Ok(stripped)
}

/// Checks that every word of the file's code is an RV64IM instruction or [`UNIMP`].
///
/// The machine allows data in executable segments, but what we build has none there. So this
/// finds instructions of extensions that the machine lacks.
///
/// # Errors
/// [`Error::Instruction`] with the first other word.
pub fn check_instructions(file: &[u8]) -> Result<(), Error> {
    let (_, segments) = parse(file)?;
    for segment in segments {
        let executable = segment.p_flags.get(LittleEndian).contains(PF_X);
        if segment.p_type.get(LittleEndian) != PT_LOAD || !executable {
            continue;
        }
        let offset = usize::try_from(segment.p_offset.get(LittleEndian));
        let length = usize::try_from(segment.p_filesz.get(LittleEndian));
        let code = offset
            .ok()
            .zip(length.ok())
            .and_then(|(offset, length)| file.get(offset..)?.get(..length))
            .ok_or(Error::Truncated)?;
        let (words, _) = code.as_chunks::<4>();
        for (index, word) in words.iter().enumerate() {
            let word = u32::from_le_bytes(*word);
            if word != UNIMP && decode(word).is_none() {
                let address = segment.p_vaddr.get(LittleEndian).wrapping_add(4 * index as u64);
                return Err(Error::Instruction { address, word });
            }
        }
    }
    Ok(())
}

type Header = FileHeader64<LittleEndian>;
type ProgramHeader = ProgramHeader64<LittleEndian>;

fn parse(file: &[u8]) -> Result<(&Header, &[ProgramHeader]), Error> {
    let header = Header::parse(file)?;
    let endian = header.endian()?;
    Ok((header, header.program_headers(endian, file)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ELF file with one executable segment, and something after it.
    fn file(code: &[u32]) -> Vec<u8> {
        let mut file = vec![0; 0x78];
        file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        put(0x10, &2_u16.to_le_bytes()); // ET_EXEC
        put(0x12, &243_u16.to_le_bytes()); // EM_RISCV
        put(0x20, &0x40_u64.to_le_bytes()); // e_phoff
        put(0x28, &0_u64.to_le_bytes());
        put(0x34, &0x40_u16.to_le_bytes()); // e_ehsize
        put(0x36, &0x38_u16.to_le_bytes()); // e_phentsize
        put(0x38, &1_u16.to_le_bytes()); // e_phnum
        put(0x3A, &0x40_u16.to_le_bytes()); // e_shentsize
        put(0x40, &1_u32.to_le_bytes()); // PT_LOAD
        put(0x44, &5_u32.to_le_bytes()); // R + X
        put(0x48, &0x78_u64.to_le_bytes()); // p_offset
        put(0x50, &0x1000_u64.to_le_bytes()); // p_vaddr
        put(0x60, &(4 * code.len() as u64).to_le_bytes()); // p_filesz
        put(0x68, &(4 * code.len() as u64).to_le_bytes()); // p_memsz
        file.extend(code.iter().flat_map(|word| word.to_le_bytes()));
        file
    }

    #[test]
    fn stripping_keeps_segments_and_drops_the_rest() {
        let code = [0x0000_0073, UNIMP];
        let mut with_symbols = file(&code);
        with_symbols.extend(b"symbols");
        assert_eq!(strip(&with_symbols).unwrap(), file(&code));
        assert!(matches!(strip(&file(&code)[..0x7C]), Err(Error::Truncated)));
        assert!(matches!(strip(b"text"), Err(Error::Format(_))));
    }

    #[test]
    fn stripping_drops_segments_that_are_not_loaded() {
        let code = [0x0000_0073, UNIMP];
        // The code's segment and its file data move behind a header of type PT_TLS.
        let with_tls = |tls_first: bool| {
            let plain = file(&code);
            let (header, load) = (&plain[..0x40], &plain[0x40..0x78]);
            let mut load = load.to_vec();
            load[8..16].copy_from_slice(&0xB0_u64.to_le_bytes());
            let mut tls = load.clone();
            tls[..4].copy_from_slice(&7_u32.to_le_bytes());
            let pair = if tls_first { [tls, load] } else { [load, tls] };
            let mut both = [header, &pair.concat(), &plain[0x78..]].concat();
            both[0x38] = 2;
            both
        };
        let stripped = strip(&with_tls(false)).unwrap();
        assert_eq!(stripped, strip(&with_tls(true)).unwrap());
        assert_eq!(stripped[0x38], 1);
        assert_eq!(stripped[0x78..0xB0], [0; 0x38]);
        let (_, segments) = parse(&stripped).unwrap();
        assert_eq!(segments[0].p_type.get(LittleEndian), PT_LOAD);
        check_instructions(&stripped).unwrap();
    }

    #[test]
    fn instructions_of_other_extensions_are_found() {
        check_instructions(&file(&[0x0000_0073, UNIMP])).unwrap();
        // lr.w, c.nop twice, fadd.s, csrrw
        for word in [0x1000_202F, 0x0001_0001, 0x0000_0053, 0x3000_1073] {
            let error = check_instructions(&file(&[0x0000_0013, word])).unwrap_err();
            assert!(matches!(error, Error::Instruction { address: 0x1004, word: w } if w == word));
        }
    }
}
