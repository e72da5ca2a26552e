//! Programs from lists of instructions, for tests, tools and benchmarks.
//!
//! Invariant: [`encode`] is the inverse of [`lvm_isa::decode::decode`] on everything that
//! `decode` returns, and [`Assembler::elf`] is an ELF file that [`crate::elf::load`] accepts
//! unless the caller asked for a data segment that it refuses. There is no text syntax and no
//! relaxation; labels are numbers.

use std::collections::BTreeMap;

use lvm_isa::decode::{ECALL_WORD, opcode};
use lvm_isa::instruction::{Instruction, Operation};
use lvm_isa::program::Program;
use lvm_syscalls::{commit, copy_words, halt, keccak_f};

use crate::elf::{self, LoadedProgram};

/// The word that decodes to `instruction`.
///
/// # Panics
/// When a register or an immediate does not fit its field, or a field that the format lacks is
/// not zero.
pub fn encode(instruction: Instruction) -> u32 {
    use Operation::*;
    let Instruction { operation, rd, rs1, rs2, imm } = instruction;
    assert!(rd < 32 && rs1 < 32 && rs2 < 32, "register out of range in {instruction:?}");
    let rd_field = u32::from(rd) << 7;
    let rs1_field = u32::from(rs1) << 15;
    let rs2_field = u32::from(rs2) << 20;

    let r = |opcode: u32, funct3: u32, funct7: u32| {
        assert!(imm == 0, "{operation} has no immediate");
        opcode | rd_field | funct3 << 12 | rs1_field | rs2_field | funct7 << 25
    };
    let i = |opcode: u32, funct3: u32| {
        assert!(rs2 == 0, "{operation} has no rs2");
        opcode | rd_field | funct3 << 12 | rs1_field | field(imm, 12, operation) << 20
    };
    let shift = |opcode: u32, funct3: u32, high: u32, limit: i64| {
        assert!(rs2 == 0, "{operation} has no rs2");
        assert!((0..limit).contains(&imm), "shift amount {imm} of {operation}");
        opcode | rd_field | funct3 << 12 | rs1_field | (imm as u32) << 20 | high << 26
    };
    let s = |funct3: u32| {
        assert!(rd == 0, "{operation} has no rd");
        let imm = field(imm, 12, operation);
        opcode::STORE | (imm & 31) << 7 | funct3 << 12 | rs1_field | rs2_field | (imm >> 5) << 25
    };
    let b = |funct3: u32| {
        assert!(rd == 0, "{operation} has no rd");
        assert!(imm & 1 == 0, "odd offset {imm} of {operation}");
        let imm = field(imm, 13, operation);
        opcode::BRANCH
            | (imm >> 11 & 1) << 7
            | (imm >> 1 & 0xf) << 8
            | funct3 << 12
            | rs1_field
            | rs2_field
            | (imm >> 5 & 0x3f) << 25
            | (imm >> 12) << 31
    };
    let u = |opcode: u32| {
        assert!(rs1 == 0 && rs2 == 0, "{operation} has no source register");
        assert!(imm & 0xfff == 0 && i64::from(imm as i32) == imm, "immediate {imm} of {operation}");
        opcode | rd_field | imm as u32
    };

    match operation {
        Lui => u(opcode::LUI),
        Auipc => u(opcode::AUIPC),
        Jal => {
            assert!(rs1 == 0 && rs2 == 0, "{operation} has no source register");
            assert!(imm & 1 == 0, "odd offset {imm} of {operation}");
            let imm = field(imm, 21, operation);
            opcode::JAL
                | rd_field
                | imm & 0xf_f000
                | (imm >> 11 & 1) << 20
                | (imm >> 1 & 0x3ff) << 21
                | (imm >> 20) << 31
        }
        Jalr => i(opcode::JALR, 0),
        Beq => b(0b000),
        Bne => b(0b001),
        Blt => b(0b100),
        Bge => b(0b101),
        Bltu => b(0b110),
        Bgeu => b(0b111),
        Lb => i(opcode::LOAD, 0b000),
        Lh => i(opcode::LOAD, 0b001),
        Lw => i(opcode::LOAD, 0b010),
        Ld => i(opcode::LOAD, 0b011),
        Lbu => i(opcode::LOAD, 0b100),
        Lhu => i(opcode::LOAD, 0b101),
        Lwu => i(opcode::LOAD, 0b110),
        Sb => s(0b000),
        Sh => s(0b001),
        Sw => s(0b010),
        Sd => s(0b011),
        Addi => i(opcode::OP_IMM, 0b000),
        Slti => i(opcode::OP_IMM, 0b010),
        Sltiu => i(opcode::OP_IMM, 0b011),
        Xori => i(opcode::OP_IMM, 0b100),
        Ori => i(opcode::OP_IMM, 0b110),
        Andi => i(opcode::OP_IMM, 0b111),
        Slli => shift(opcode::OP_IMM, 0b001, 0, 64),
        Srli => shift(opcode::OP_IMM, 0b101, 0, 64),
        Srai => shift(opcode::OP_IMM, 0b101, 0b01_0000, 64),
        Addiw => i(opcode::OP_IMM_32, 0b000),
        Slliw => shift(opcode::OP_IMM_32, 0b001, 0, 32),
        Srliw => shift(opcode::OP_IMM_32, 0b101, 0, 32),
        Sraiw => shift(opcode::OP_IMM_32, 0b101, 0b01_0000, 32),
        Add => r(opcode::OP, 0b000, 0),
        Sub => r(opcode::OP, 0b000, 0b010_0000),
        Sll => r(opcode::OP, 0b001, 0),
        Slt => r(opcode::OP, 0b010, 0),
        Sltu => r(opcode::OP, 0b011, 0),
        Xor => r(opcode::OP, 0b100, 0),
        Srl => r(opcode::OP, 0b101, 0),
        Sra => r(opcode::OP, 0b101, 0b010_0000),
        Or => r(opcode::OP, 0b110, 0),
        And => r(opcode::OP, 0b111, 0),
        Addw => r(opcode::OP_32, 0b000, 0),
        Subw => r(opcode::OP_32, 0b000, 0b010_0000),
        Sllw => r(opcode::OP_32, 0b001, 0),
        Srlw => r(opcode::OP_32, 0b101, 0),
        Sraw => r(opcode::OP_32, 0b101, 0b010_0000),
        Mul => r(opcode::OP, 0b000, 1),
        Mulh => r(opcode::OP, 0b001, 1),
        Mulhsu => r(opcode::OP, 0b010, 1),
        Mulhu => r(opcode::OP, 0b011, 1),
        Div => r(opcode::OP, 0b100, 1),
        Divu => r(opcode::OP, 0b101, 1),
        Rem => r(opcode::OP, 0b110, 1),
        Remu => r(opcode::OP, 0b111, 1),
        Mulw => r(opcode::OP_32, 0b000, 1),
        Divw => r(opcode::OP_32, 0b100, 1),
        Divuw => r(opcode::OP_32, 0b101, 1),
        Remw => r(opcode::OP_32, 0b110, 1),
        Remuw => r(opcode::OP_32, 0b111, 1),
        Fence | Ecall | Ebreak => {
            assert!(rd == 0 && rs1 == 0 && rs2 == 0 && imm == 0, "{operation} has no operands");
            match operation {
                Fence => opcode::MISC_MEM | 0x0ff0_0000,
                Ecall => ECALL_WORD,
                _ => lvm_isa::decode::EBREAK_WORD,
            }
        }
    }
}

/// `value` as a two's complement field of `bits` bits.
fn field(value: i64, bits: u32, operation: Operation) -> u32 {
    let half = 1i64 << (bits - 1);
    assert!(
        (-half..half).contains(&value),
        "immediate {value} of {operation} does not fit {bits} bits"
    );
    (value as u32) & ((1u32 << bits) - 1)
}

/// An instruction with two source registers and a destination.
pub const fn r(operation: Operation, rd: u8, rs1: u8, rs2: u8) -> Instruction {
    Instruction { operation, rd, rs1, rs2, imm: 0 }
}

/// An instruction with a destination, a source register and an immediate; also LUI, AUIPC and JAL
/// (with `rs1` = 0), JALR, loads (`rs1` is the base) and shifts by an immediate.
pub const fn i(operation: Operation, rd: u8, rs1: u8, imm: i64) -> Instruction {
    Instruction { operation, rd, rs1, rs2: 0, imm }
}

/// A store of `rs2` at `rs1 + imm`, or a branch by `imm` bytes on `rs1` and `rs2`.
pub const fn s(operation: Operation, rs1: u8, rs2: u8, imm: i64) -> Instruction {
    Instruction { operation, rd: 0, rs1, rs2, imm }
}

/// ECALL.
pub const fn ecall() -> Instruction {
    r(Operation::Ecall, 0, 0, 0)
}

/// The instructions that set `rd` to any `value` (`li`).
pub fn load_constant(rd: u8, value: i64) -> Vec<Instruction> {
    use Operation::*;
    let low = value << 52 >> 52;
    if value == low {
        return vec![i(Addi, rd, 0, value)];
    }
    if i64::from(value as i32) == value {
        // The sum may leave the 32-bit range (for values near i32::MAX), so ADDIW wraps it back.
        let high = i64::from(value.wrapping_sub(low) as i32);
        let mut code = vec![i(Lui, rd, 0, high)];
        if low != 0 {
            code.push(i(Addiw, rd, rd, low));
        }
        return code;
    }
    let mut code = load_constant(rd, value.wrapping_sub(low) >> 12);
    code.push(i(Slli, rd, rd, 12));
    if low != 0 {
        code.push(i(Addi, rd, rd, low));
    }
    code
}

/// A place in the code, used before or after it is known where that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label(usize);

/// Builds a program: one executable segment, entered at its first instruction, and any number of
/// data segments.
#[derive(Clone, Debug)]
pub struct Assembler {
    start: u64,
    words: Vec<u32>,
    /// Position of each label, once placed.
    labels: Vec<Option<usize>>,
    /// JAL and branches whose offset is still open: position in `words`, instruction, label.
    open: Vec<(usize, Instruction, Label)>,
    data: BTreeMap<u64, Vec<u8>>,
    /// Names with their addresses.
    symbols: Vec<(String, u64)>,
}

impl Assembler {
    /// Address of the first instruction, unless it is chosen with [`Self::at`].
    pub const CODE_START: u64 = 0x0400_0000;
    /// A place for data well away from the code, used by the helpers' examples and tests.
    pub const DATA_START: u64 = 0x0800_0000;

    /// A program without instructions.
    pub fn new() -> Self {
        Self::at(Self::CODE_START)
    }

    /// A program without instructions whose code will begin at `start`.
    pub fn at(start: u64) -> Self {
        Self {
            start,
            words: Vec::new(),
            labels: Vec::new(),
            open: Vec::new(),
            data: BTreeMap::new(),
            symbols: Vec::new(),
        }
    }

    /// Appends an instruction.
    pub fn push(&mut self, instruction: Instruction) -> &mut Self {
        self.word(encode(instruction))
    }

    /// Appends instructions.
    pub fn extend(&mut self, instructions: impl IntoIterator<Item = Instruction>) -> &mut Self {
        for instruction in instructions {
            self.push(instruction);
        }
        self
    }

    /// Appends a word to the code, whether or not it decodes.
    pub fn word(&mut self, word: u32) -> &mut Self {
        self.words.push(word);
        self
    }

    /// Appends the instructions that set `rd` to `value`.
    pub fn li(&mut self, rd: u8, value: u64) -> &mut Self {
        self.extend(load_constant(rd, value as i64))
    }

    /// A new label, to be placed with [`Self::place`].
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// Puts `label` before the next instruction.
    pub fn place(&mut self, label: Label) -> &mut Self {
        self.labels[label.0] = Some(self.words.len());
        self
    }

    /// A label before the next instruction.
    pub fn here(&mut self) -> Label {
        let label = self.label();
        self.place(label);
        label
    }

    /// Appends a branch to `label`.
    pub fn branch(&mut self, operation: Operation, rs1: u8, rs2: u8, label: Label) -> &mut Self {
        self.open.push((self.words.len(), s(operation, rs1, rs2, 0), label));
        self.word(0)
    }

    /// Appends a JAL to `label`.
    pub fn jal(&mut self, rd: u8, label: Label) -> &mut Self {
        self.open.push((self.words.len(), i(Operation::Jal, rd, 0, 0), label));
        self.word(0)
    }

    /// Names the next instruction in the symbol table.
    pub fn symbol(&mut self, name: &str) -> &mut Self {
        self.symbol_at(name, self.pc())
    }

    /// Names an address, of data for example, in the symbol table.
    pub fn symbol_at(&mut self, name: &str, address: u64) -> &mut Self {
        self.symbols.push((name.to_owned(), address));
        self
    }

    /// Adds a data segment (readable, writable) at `address`.
    pub fn data(&mut self, address: u64, bytes: &[u8]) -> &mut Self {
        self.data.insert(address, bytes.to_vec());
        self
    }

    /// Appends a halt with a constant exit code. Overwrites a7 and a0.
    pub fn halt(&mut self, code: u64) -> &mut Self {
        self.li(17, halt::NUMBER).li(10, code).push(ecall())
    }

    /// Appends a commit of constant bytes. Overwrites a7, a0, a1 and a2.
    pub fn commit(&mut self, pointer: u64, length: u64) -> &mut Self {
        self.li(17, commit::NUMBER).li(10, commit::PUBLIC_OUTPUT);
        self.li(11, pointer).li(12, length).push(ecall())
    }

    /// Appends a copy of words at constant addresses. Overwrites a7, a0, a1 and a2.
    pub fn copy_words(&mut self, destination: u64, source: u64, words: u64) -> &mut Self {
        self.li(17, copy_words::NUMBER).li(10, destination);
        self.li(11, source).li(12, words).push(ecall())
    }

    /// Appends a call with constants in a0 to a3. Overwrites those and a7.
    pub fn call(&mut self, number: u64, arguments: [u64; 4]) -> &mut Self {
        self.li(17, number);
        for (register, argument) in (10..).zip(arguments) {
            self.li(register, argument);
        }
        self.push(ecall())
    }

    /// Appends a keccak-f on the state at a constant address. Overwrites a7 and a0.
    pub fn keccak_f(&mut self, pointer: u64) -> &mut Self {
        self.li(17, keccak_f::NUMBER).li(10, pointer).push(ecall())
    }

    /// Address of the next instruction.
    pub fn pc(&self) -> u64 {
        self.start + 4 * self.words.len() as u64
    }

    /// The code with every label resolved.
    ///
    /// # Panics
    /// When a label that is used was never placed, or is out of reach.
    fn code(&self) -> Vec<u32> {
        let mut words = self.words.clone();
        for &(position, mut instruction, label) in &self.open {
            let target = self.labels[label.0].expect("a label that is used is placed");
            instruction.imm = (target as i64 - position as i64) * 4;
            words[position] = encode(instruction);
        }
        words
    }

    /// The program as an ELF file.
    ///
    /// # Panics
    /// When a label that is used was never placed, or is out of reach.
    pub fn elf(&self) -> Vec<u8> {
        let code: Vec<u8> = self.code().iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut segments = vec![Segment { flags: PF_R | PF_X, address: self.start, bytes: &code }];
        for (&address, bytes) in &self.data {
            segments.push(Segment { flags: PF_R | PF_W, address, bytes });
        }
        let symbols: Vec<(&str, u64)> =
            self.symbols.iter().map(|(name, address)| (name.as_str(), *address)).collect();
        write_elf(self.start, &segments, &symbols)
    }

    /// The program, loaded.
    ///
    /// # Panics
    /// As [`Self::elf`], and when the loader refuses the file.
    pub fn load(&self) -> LoadedProgram {
        elf::load(&self.elf()).expect("the assembled program loads")
    }

    /// The program as the tables see it.
    ///
    /// # Panics
    /// As [`Self::load`].
    pub fn program(&self) -> Program {
        self.load().program().clone()
    }
}

impl Default for Assembler {
    fn default() -> Self {
        Self::new()
    }
}

const PF_X: u32 = 1;
const PF_W: u32 = 2;
const PF_R: u32 = 4;
const HEADER_BYTES: u64 = 64;
const PROGRAM_HEADER_BYTES: u64 = 56;
const SECTION_HEADER_BYTES: u64 = 64;
const SYMBOL_BYTES: u64 = 24;

struct Segment<'a> {
    flags: u32,
    address: u64,
    bytes: &'a [u8],
}

/// A static RV64 executable with these segments, and a symbol table when there are symbols.
fn write_elf(entry: u64, segments: &[Segment<'_>], symbols: &[(&str, u64)]) -> Vec<u8> {
    // File data, right after the headers; each segment at an offset that is a multiple of 8.
    let data_start = HEADER_BYTES + PROGRAM_HEADER_BYTES * segments.len() as u64;
    let mut data = Vec::new();
    let mut offsets = Vec::new();
    for segment in segments {
        offsets.push(data_start + data.len() as u64);
        data.extend_from_slice(segment.bytes);
        data.resize(data.len().next_multiple_of(8), 0);
    }

    // Symbol table and its strings; the first symbol and the first string are empty.
    let symbols_offset = data_start + data.len() as u64;
    let mut strings = vec![0];
    data.extend_from_slice(&[0; SYMBOL_BYTES as usize]);
    for (name, address) in symbols {
        const STB_GLOBAL_STT_FUNC: u8 = 0x12;
        const SHN_ABS: u16 = 0xfff1;
        data.extend_from_slice(&(strings.len() as u32).to_le_bytes());
        data.extend_from_slice(&[STB_GLOBAL_STT_FUNC, 0]);
        data.extend_from_slice(&SHN_ABS.to_le_bytes());
        data.extend_from_slice(&address.to_le_bytes());
        data.extend_from_slice(&0u64.to_le_bytes());
        strings.extend_from_slice(name.as_bytes());
        strings.push(0);
    }
    let strings_offset = data_start + data.len() as u64;
    data.extend_from_slice(&strings);
    data.resize(data.len().next_multiple_of(8), 0);
    let sections_offset = data_start + data.len() as u64;

    let mut file = Vec::new();
    file.extend_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    file.extend_from_slice(&2u16.to_le_bytes()); // ET_EXEC
    file.extend_from_slice(&243u16.to_le_bytes()); // EM_RISCV
    file.extend_from_slice(&1u32.to_le_bytes()); // EV_CURRENT
    file.extend_from_slice(&entry.to_le_bytes());
    file.extend_from_slice(&HEADER_BYTES.to_le_bytes());
    file.extend_from_slice(&sections_offset.to_le_bytes());
    file.extend_from_slice(&0u32.to_le_bytes()); // e_flags
    let section_count = 3u16;
    for half in [
        HEADER_BYTES as u16,
        PROGRAM_HEADER_BYTES as u16,
        segments.len() as u16,
        SECTION_HEADER_BYTES as u16,
        section_count,
        2, // the section names are in the symbols' string table
    ] {
        file.extend_from_slice(&half.to_le_bytes());
    }
    for (segment, offset) in segments.iter().zip(offsets) {
        let length = segment.bytes.len() as u64;
        file.extend_from_slice(&1u32.to_le_bytes()); // PT_LOAD
        file.extend_from_slice(&segment.flags.to_le_bytes());
        for field in [offset, segment.address, segment.address, length, length, 1] {
            file.extend_from_slice(&field.to_le_bytes());
        }
    }
    file.extend_from_slice(&data);

    const SHT_SYMTAB: u32 = 2;
    const SHT_STRTAB: u32 = 3;
    let symbols_length = SYMBOL_BYTES * (symbols.len() as u64 + 1);
    file.extend_from_slice(&[0; SECTION_HEADER_BYTES as usize]);
    for (kind, offset, length, link, entry_bytes) in [
        (SHT_SYMTAB, symbols_offset, symbols_length, 2u32, SYMBOL_BYTES),
        (SHT_STRTAB, strings_offset, strings.len() as u64, 0, 0),
    ] {
        file.extend_from_slice(&0u32.to_le_bytes()); // name
        file.extend_from_slice(&kind.to_le_bytes());
        for field in [0, 0, offset, length] {
            file.extend_from_slice(&field.to_le_bytes());
        }
        file.extend_from_slice(&link.to_le_bytes());
        file.extend_from_slice(&1u32.to_le_bytes()); // first global symbol
        file.extend_from_slice(&8u64.to_le_bytes()); // alignment
        file.extend_from_slice(&entry_bytes.to_le_bytes());
    }
    file
}
