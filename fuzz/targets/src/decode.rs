//! The decoder on any words, compared with ckb-vm's decoder, which shares no code with ours.
//!
//! Checked: a word that decodes has one spelling, which `encode` makes from the instruction; both
//! decoders accept the same words, with the same operation and the same operands, apart from FENCE
//! (see [`is_lenient`]).

use std::collections::HashMap;
use std::sync::LazyLock;

use ckb_vm::instructions::{
    Instruction as OtherInstruction, Itype, Rtype, Stype, Utype, extract_opcode, i,
    instruction_opcode_name, insts, m,
};
use ckb_vm::machine::VERSION2;
use lvm_isa::decode::{decode, opcode};
use lvm_isa::instruction::{Instruction, Operation, Operation::*};
use lvm_vm::assemble::encode;

/// Checks each word of `data`.
pub fn check(data: &[u8]) {
    for bytes in data.chunks_exact(4) {
        let word = u32::from_le_bytes(bytes.try_into().expect("chunks of 4 bytes"));
        check_word(word);
        assert!(decode(word).is_none_or(|instruction| !instruction.to_string().is_empty()));
    }
}

/// Checks one word.
pub fn check_word(word: u32) {
    let ours = decode(word);
    if let Some(instruction) = ours {
        assert_eq!(decode(encode(instruction)), Some(instruction));
    }
    if is_lenient(word) {
        assert_eq!(ours.map(|instruction| instruction.operation), Some(Fence));
        return;
    }
    if let Some(instruction) = ours {
        assert_eq!(encode(instruction), word, "{instruction} is the word's only meaning");
    }
    assert_eq!(ours, other_decode(word), "{word:#010x}");
}

/// Whether a word is a FENCE or FENCE.I: here every spelling is one, with any fields, and they mean
/// the same; ckb-vm wants the unused fields to be zero.
fn is_lenient(word: u32) -> bool {
    word & 0x7f == opcode::MISC_MEM && word >> 12 & 7 <= 1
}

/// What ckb-vm decodes a word to.
fn other_decode(word: u32) -> Option<Instruction> {
    let other = i::factory::<u64>(word, VERSION2).or_else(|| m::factory::<u64>(word, VERSION2))?;
    let operation = OPERATIONS[usize::from(extract_opcode(other))]
        .unwrap_or_else(|| panic!("{word:#010x} is another operation elsewhere"));
    Some(with_operands(operation, other))
}

/// The operation of each of ckb-vm's opcodes, found by name.
static OPERATIONS: LazyLock<Vec<Option<Operation>>> = LazyLock::new(|| {
    let ours: HashMap<String, Operation> =
        Operation::ALL.into_iter().map(|one| (format!("{one:?}").to_lowercase(), one)).collect();
    let operation = |opcode| {
        let name = instruction_opcode_name(opcode).to_lowercase();
        // Some operations have names of their own in its second version.
        let name = name.strip_suffix("_version1").unwrap_or(&name);
        ours.get(name).copied()
    };
    (0..=insts::MAXIMUM_OPCODE).map(operation).collect()
});

/// The operands, from the form in which ckb-vm keeps those of `operation`.
fn with_operands(operation: Operation, other: OtherInstruction) -> Instruction {
    let none = Instruction { operation, rd: 0, rs1: 0, rs2: 0, imm: 0 };
    match operation {
        Fence | Ecall | Ebreak => none,
        Lui | Auipc | Jal => {
            let other = Utype(other);
            Instruction { rd: other.rd() as u8, imm: other.immediate_s().into(), ..none }
        }
        _ if operation.reads_rs2() && operation.writes_rd() => {
            let other = Rtype(other);
            let (rd, rs1, rs2) = (other.rd() as u8, other.rs1() as u8, other.rs2() as u8);
            Instruction { rd, rs1, rs2, ..none }
        }
        _ if operation.reads_rs2() => {
            let other = Stype(other);
            let (rs1, rs2) = (other.rs1() as u8, other.rs2() as u8);
            Instruction { rs1, rs2, imm: other.immediate_s().into(), ..none }
        }
        _ => {
            let other = Itype(other);
            let (rd, rs1) = (other.rd() as u8, other.rs1() as u8);
            Instruction { rd, rs1, imm: other.immediate_s().into(), ..none }
        }
    }
}
