//! `program`: the instructions of the program, one preprocessed row each.
//!
//! Statement: a message on the `program` bus is an instruction of the program whose commitment is
//! in the verifying key. Multiplicities are the prover's, bounded by the rows that ask.
//!
//! # Operands
//! `rd` stands for the destination register, or [`SINK`] when the instruction names x0, so that
//! x0 is never written. A displacement or target is one signed field element; a 64-bit immediate
//! is two canonical limbs.
//!
//! | class | d0 | d1 | d2 | d3 | d4 |
//! | --- | --- | --- | --- | --- | --- |
//! | add_immediate | rd | rs1 | 0 | imm lo | imm hi |
//! | add, multiply, divide | rd | rs1 | rs2 | 0 | 0 |
//! | add_word, bitwise, compare, shift, shift_word | rd | rs1 | rs2, or 0 | imm lo, or 0 | imm hi, or 0 |
//! | branch_equal, branch_less | 0 | rs1 | rs2 | target | 0 |
//! | jump | rd | target | 0 | link lo | link hi |
//! | jump_register | rd | rs1 | displacement | link lo | link hi |
//! | load_double, load_narrow | rd | rs1 | displacement | 0 | 0 |
//! | store_double, store_narrow | rs2 | rs1 | displacement | 0 | 0 |
//! | ecall | 0 | 0 | 0 | 0 | 0 |

use alloc::vec::Vec;

use lvm_isa::event::SINK;
use lvm_isa::instruction::{Class, Instruction, Operation};
use lvm_isa::program::Program;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::ProgramMsg;
use crate::columns::{Columns, columns};

/// Code of every `add_immediate` row: ADDI, LUI, AUIPC and FENCE are the same to the tables.
pub const ADD_IMMEDIATE_CODE: u8 = 128;
/// Added to a register operation's code for its immediate form.
pub const IMMEDIATE_CODE: u8 = 64;

/// Code of an operation in its register form: never 0, below [`IMMEDIATE_CODE`] for those that
/// have an immediate form.
#[must_use]
pub const fn code(operation: Operation) -> u8 {
    use Operation::*;
    match operation {
        Lui | Auipc | Addi | Fence => ADD_IMMEDIATE_CODE,
        Add => 1,
        Sub => 2,
        Addw => 3,
        Subw => 4,
        And => 5,
        Or => 6,
        Xor => 7,
        Slt => 8,
        Sltu => 9,
        Beq => 10,
        Bne => 11,
        Blt => 12,
        Bge => 13,
        Bltu => 14,
        Bgeu => 15,
        Jal => 16,
        Jalr => 17,
        Ld => 18,
        Lb => 19,
        Lbu => 20,
        Lh => 21,
        Lhu => 22,
        Lw => 23,
        Lwu => 24,
        Sd => 25,
        Sb => 26,
        Sh => 27,
        Sw => 28,
        Sll => 29,
        Srl => 30,
        Sra => 31,
        Sllw => 32,
        Srlw => 33,
        Sraw => 34,
        Mul => 35,
        Mulh => 36,
        Mulhsu => 37,
        Mulhu => 38,
        Mulw => 39,
        Div => 40,
        Divu => 41,
        Rem => 42,
        Remu => 43,
        Divw => 44,
        Divuw => 45,
        Remw => 46,
        Remuw => 47,
        Ecall => 48,
        Addiw => code(Addw) + IMMEDIATE_CODE,
        Andi => code(And) + IMMEDIATE_CODE,
        Ori => code(Or) + IMMEDIATE_CODE,
        Xori => code(Xor) + IMMEDIATE_CODE,
        Slti => code(Slt) + IMMEDIATE_CODE,
        Sltiu => code(Sltu) + IMMEDIATE_CODE,
        Slli => code(Sll) + IMMEDIATE_CODE,
        Srli => code(Srl) + IMMEDIATE_CODE,
        Srai => code(Sra) + IMMEDIATE_CODE,
        Slliw => code(Sllw) + IMMEDIATE_CODE,
        Srliw => code(Srlw) + IMMEDIATE_CODE,
        Sraiw => code(Sraw) + IMMEDIATE_CODE,
        // No table proves it, so that executing it can't be proved.
        Ebreak => 127,
    }
}

/// The register that the tables write for destination `rd`.
#[must_use]
pub const fn destination(rd: u8) -> u8 {
    if rd == 0 { SINK as u8 } else { rd }
}

/// The 64-bit immediate that an `add_immediate` instruction at `pc` adds to rs1.
#[must_use]
pub const fn added_immediate(pc: u64, instruction: &Instruction) -> u64 {
    match instruction.operation {
        Operation::Auipc => pc.wrapping_add(instruction.imm as u64),
        Operation::Fence => 0,
        _ => instruction.imm as u64,
    }
}

/// The source register rs1 of an `add_immediate` instruction: x0 unless it is ADDI.
#[must_use]
pub const fn added_register(instruction: &Instruction) -> u8 {
    match instruction.operation {
        Operation::Addi => instruction.rs1,
        _ => 0,
    }
}

/// A signed number as a field element.
pub fn signed(value: i64) -> Goldilocks {
    Goldilocks::from_i64(value)
}

/// The five operands of the instruction at `pc`, as listed at the top.
pub fn operands(pc: u64, instruction: &Instruction) -> [Goldilocks; 5] {
    let Instruction { rd, rs1, rs2, imm, operation } = *instruction;
    let small = Goldilocks::from_u8;
    let limbs = |value: u64| {
        [Goldilocks::from_u32(value as u32), Goldilocks::from_u32((value >> 32) as u32)]
    };
    let zero = Goldilocks::ZERO;
    let to = small(destination(rd));
    let target = || Goldilocks::from_u64(pc) + signed(imm);
    let Some(class) = operation.class() else { return [zero; 5] };
    match class {
        Class::AddImmediate => {
            let [lo, hi] = limbs(added_immediate(pc, instruction));
            [to, small(added_register(instruction)), zero, lo, hi]
        }
        Class::Add | Class::Multiply | Class::Divide => [to, small(rs1), small(rs2), zero, zero],
        Class::AddWord | Class::Bitwise | Class::Compare | Class::Shift | Class::ShiftWord => {
            if is_immediate(operation) {
                let [lo, hi] = limbs(imm as u64);
                [to, small(rs1), zero, lo, hi]
            } else {
                [to, small(rs1), small(rs2), zero, zero]
            }
        }
        Class::BranchEqual | Class::BranchLess => [zero, small(rs1), small(rs2), target(), zero],
        Class::Jump => {
            let [lo, hi] = limbs(pc.wrapping_add(4));
            [to, target(), zero, lo, hi]
        }
        Class::JumpRegister => {
            let [lo, hi] = limbs(pc.wrapping_add(4));
            [to, small(rs1), signed(imm), lo, hi]
        }
        Class::LoadDouble | Class::LoadNarrow => [to, small(rs1), signed(imm), zero, zero],
        Class::StoreDouble | Class::StoreNarrow => {
            [small(rs2), small(rs1), signed(imm), zero, zero]
        }
        Class::Ecall | Class::Misaligned => [zero; 5],
    }
}

/// Whether a two-operand operation takes its second operand from the instruction.
#[must_use]
pub const fn is_immediate(operation: Operation) -> bool {
    let code = code(operation);
    code >= IMMEDIATE_CODE && code != 127
}

columns! {
    /// The preprocessed side of a row.
    pub struct ProgramEntry {
        /// Address of the instruction; 0 in padding.
        pc: cell,
        /// Operation code; 0 in padding, which no table asks for.
        code: cell,
        /// Operands.
        operands: [cell; 5],
    }
}

columns! {
    /// The prover's side of a row.
    pub struct ProgramRow {
        /// How often the instruction was executed.
        multiplicity: cell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let entry = ProgramEntry::<AB::Var>::of(builder.preprocessed().current_slice());
    let row = ProgramRow::<AB::Var>::of(builder.main().current_slice());
    let [d0, d1, d2, d3, d4] = entry.operands.map(Into::into);
    ProgramMsg { pc: entry.pc.into(), code: entry.code.into(), d0, d1, d2, d3, d4 }
        .provide(builder, row.multiplicity);
}

/// The preprocessed rows of `program`, without padding.
#[must_use]
pub fn entries(program: &Program) -> Vec<ProgramEntry<Goldilocks>> {
    program
        .instructions
        .iter()
        .map(|(pc, instruction)| ProgramEntry {
            pc: Goldilocks::from_u64(*pc),
            code: Goldilocks::from_u8(code(instruction.operation)),
            operands: operands(*pc, instruction),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn codes_are_distinct_and_not_zero() {
        let mut seen = BTreeMap::new();
        for operation in Operation::ALL {
            let code = code(operation);
            assert_ne!(code, 0);
            if code != ADD_IMMEDIATE_CODE {
                assert_eq!(seen.insert(code, operation), None, "{operation:?}");
            }
        }
    }

    #[test]
    fn x0_is_never_a_destination() {
        assert_eq!(destination(0), 32);
        assert_eq!(destination(31), 31);
    }
}
