//! `bitwise`: AND, OR, XOR and their immediate forms.
//!
//! Statement: at `time` the machine at `pc` executes one of AND, OR, XOR, ANDI, ORI, XORI and rd
//! becomes that function of rs1 and the second operand, which is rs2 or the immediate.
//!
//! The `byte` table gives `a & b` byte by byte. The other two functions follow, since `a + b`
//! counts the common bits twice: `a | b = a + b − (a & b)` and `a ^ b = a + b − 2·(a & b)`.

use lvm_isa::event::Step;
use lvm_isa::instruction::{Instruction, Operation};
use lvm_isa::semantics;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::BitwiseAndMsg;
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::fetch::{Decoded, Fetch};
use crate::gadgets::operand::Operand;
use crate::gadgets::register::RegisterAccess;
use crate::gadgets::value::Value;
use crate::tables::program::{code, destination};

/// 2^-24 as a field element: `−2^72 (mod p)`, found from `2^96 = −1`.
const TWO_24_INVERSE: Goldilocks = Goldilocks::new(0xFFFF_FFFF_0000_0001 - (0xFFFF_FFFF << 8));

columns! {
    /// The low three bytes of a 32-bit limb held elsewhere; the top byte follows from both.
    pub struct LimbBytes {
        /// Bits 0 to 23, a byte each.
        low: [cell; 3],
    }
}

columns! {
    /// One executed AND, OR or XOR, of two registers or of a register and an immediate.
    pub struct BitwiseRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 for AND and ANDI; 0 or 1.
        is_and: cell,
        /// 1 for OR and ORI; 0 or 1.
        is_or: cell,
        /// 1 for XOR and XORI; 0 or 1.
        is_xor: cell,
        /// Destination register, or the sink.
        rd: cell,
        /// First source register.
        rs1: cell,
        /// Read of rs1.
        left: RegisterAccess,
        /// Second operand.
        right: Operand,
        /// Write of rd.
        write: RegisterAccess,
        /// Bytes of rs1's two limbs.
        left_bytes: [LimbBytes; 2],
        /// Bytes of the second operand's two limbs.
        right_bytes: [LimbBytes; 2],
        /// The bytes of `rs1 & operand`, lowest first.
        and: [cell; 8],
        /// The result; canonical, being a function of bytes.
        result: Value,
    }
}

/// All four bytes of `limb`, of which `bytes` holds the low three.
fn bytes_of<AB: TableBuilder>(bytes: LimbBytes<AB::Var>, limb: AB::Var) -> [AB::Expr; 4] {
    let [b0, b1, b2] = bytes.low.map(Into::<AB::Expr>::into);
    let low = weighted(&[b0.clone(), b1.clone(), b2.clone()]);
    [b0, b1, b2, (Into::<AB::Expr>::into(limb) - low) * TWO_24_INVERSE]
}

/// The number with these bytes, lowest first.
fn weighted<E: PrimeCharacteristicRing>(bytes: &[E]) -> E {
    bytes.iter().rev().fold(E::ZERO, |number, byte| number * E::from_u16(256) + byte.clone())
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = BitwiseRow::<AB::Var>::of(builder.main().current_slice());
    let active: AB::Expr = row.is_and + row.is_or + row.is_xor;
    builder.constrain_bool("is_and is boolean", row.is_and);
    builder.constrain_bool("is_or is boolean", row.is_or);
    builder.constrain_bool("is_xor is boolean", row.is_xor);
    builder.constrain_bool("at most one operation", active.clone());

    let decoded = Decoded {
        code: row.is_and * AB::Expr::from_u8(code(Operation::And))
            + row.is_or * AB::Expr::from_u8(code(Operation::Or))
            + row.is_xor * AB::Expr::from_u8(code(Operation::Xor))
            + row.right.code::<AB>(),
        operands: row.right.operands::<AB>(row.rd, row.rs1),
    };
    row.fetch.constrain(builder, decoded, row.fetch.fallthrough::<AB>(), active.clone());
    row.left.constrain_read(builder, row.rs1, row.fetch.at::<AB>(0), active.clone());
    row.right.constrain(builder, row.fetch.at::<AB>(1), active.clone());
    row.write.constrain_write(
        builder,
        row.rd,
        row.result.into_exprs(),
        row.fetch.at::<AB>(3),
        active.clone(),
    );

    // The lookups say that all eight numbers of a limb are bytes. Four bytes weigh less than
    // 2^32 and a limb is canonical, so that the top byte, which is defined by their equality
    // modulo p, makes them equal as integers.
    let (a, b, c) = (row.left.before, row.right.value(), row.result);
    let [and_lo, and_hi] = [[0, 1, 2, 3], [4, 5, 6, 7]].map(|at| at.map(|i: usize| row.and[i]));
    let limbs = [
        (a.lo, b.lo, c.lo, and_lo, "the low limb is the function of its bytes"),
        (a.hi, b.hi, c.hi, and_hi, "the high limb is the function of its bytes"),
    ];
    for (i, (a, b, c, and, label)) in limbs.into_iter().enumerate() {
        let and = and.map(Into::<AB::Expr>::into);
        let a_bytes = bytes_of::<AB>(row.left_bytes[i], a);
        let b_bytes = bytes_of::<AB>(row.right_bytes[i], b);
        for ((a, b), and) in a_bytes.into_iter().zip(b_bytes).zip(and.clone()) {
            BitwiseAndMsg { a, b, and }.send(builder, active.clone());
        }
        // c = is_and·(a & b) + is_or·(a + b − (a & b)) + is_xor·(a + b − 2·(a & b)).
        let sum: AB::Expr = a + b;
        let function = (row.is_or + row.is_xor) * sum
            + (row.is_and - row.is_or - row.is_xor - row.is_xor) * weighted(&and);
        builder.constrain(label, function - c);
    }
}

/// The row of one executed instruction.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    step: &Step,
    counts: &mut Counts,
) -> BitwiseRow<Goldilocks> {
    use Operation::{And, Andi, Or, Ori, Xor, Xori};
    let operation = instruction.operation;
    let (a, b) = (step.rs1.value, Operand::of(instruction, step));
    let (a_bytes, b_bytes) = (a.to_le_bytes(), b.to_le_bytes());
    for (a, b) in a_bytes.into_iter().zip(b_bytes) {
        counts.bitwise_and(a, b);
    }
    let limb_bytes = |bytes: [u8; 8]| {
        [0, 4].map(|at: usize| LimbBytes {
            low: [0, 1, 2].map(|i: usize| Goldilocks::from_u8(bytes[at + i])),
        })
    };
    BitwiseRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_and: Goldilocks::from_bool(matches!(operation, And | Andi)),
        is_or: Goldilocks::from_bool(matches!(operation, Or | Ori)),
        is_xor: Goldilocks::from_bool(matches!(operation, Xor | Xori)),
        rd: Goldilocks::from_u8(destination(instruction.rd)),
        rs1: Goldilocks::from_u8(instruction.rs1),
        left: RegisterAccess::fill(step.rs1, step.time, counts),
        right: Operand::fill(instruction, step, counts),
        write: RegisterAccess::fill(step.rd, step.time + 3, counts),
        left_bytes: limb_bytes(a_bytes),
        right_bytes: limb_bytes(b_bytes),
        and: (a & b).to_le_bytes().map(Goldilocks::from_u8),
        result: Value::from_u64(semantics::alu(operation, a, b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    const REGISTER_FORMS: [Operation; 3] = [Operation::And, Operation::Or, Operation::Xor];
    const IMMEDIATE_FORMS: [Operation; 3] = [Operation::Andi, Operation::Ori, Operation::Xori];

    fn row(instruction: &Instruction, a: u64, b: u64) -> (BitwiseRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let row = fill(PC, instruction, &step(a, b), &mut counts);
        (row, counts)
    }

    #[test]
    fn two_24_inverse() {
        assert_eq!(TWO_24_INVERSE * Goldilocks::from_u32(1 << 24), Goldilocks::ONE);
    }

    #[test]
    fn honest_rows_agree_with_the_semantics() {
        for operation in REGISTER_FORMS {
            for a in EDGES {
                for b in EDGES {
                    let instruction = instruction(operation, 0);
                    let (row, counts) = row(&instruction, a, b);
                    let case = case(&instruction, a, b);
                    expect_honest(&case, &row, &counts, eval);
                    let result = semantics::alu(operation, a, b);
                    assert_eq!(
                        register_sends(&row, eval),
                        [(5, a, 400), (6, b, 401), (7, result, 403)],
                        "{case}"
                    );
                    assert_eq!(
                        message(&row, Bus::Program, Side::Send, eval),
                        program_fields(&instruction)
                    );
                    assert_eq!(message(&row, Bus::Execution, Side::Send, eval), [404, PC + 4]);
                }
            }
        }
    }

    #[test]
    fn honest_immediate_rows_agree_with_the_semantics() {
        for operation in IMMEDIATE_FORMS {
            for a in EDGES {
                for b in EDGES {
                    let instruction = instruction(operation, b as i64);
                    let (row, counts) = row(&instruction, a, 0);
                    let case = case(&instruction, a, b);
                    expect_honest(&case, &row, &counts, eval);
                    let result = semantics::alu(operation, a, b);
                    assert_eq!(
                        register_sends(&row, eval),
                        [(5, a, 400), (7, result, 403)],
                        "{case}"
                    );
                    assert_eq!(
                        message(&row, Bus::Program, Side::Send, eval),
                        program_fields(&instruction)
                    );
                }
            }
        }
    }

    #[test]
    fn registers_may_coincide_and_x0_goes_to_the_sink() {
        let same = Instruction { operation: Operation::Xor, rd: 9, rs1: 9, rs2: 9, imm: 0 };
        let (row_same, counts) = row(&same, 77, 77);
        expect_honest("same", &row_same, &counts, eval);
        assert_eq!(register_sends(&row_same, eval), [(9, 77, 400), (9, 77, 401), (9, 0, 403)]);
        let sink = Instruction { operation: Operation::Ori, rd: 0, rs1: 5, rs2: 0, imm: 8 };
        let (row_sink, counts) = row(&sink, 3, 0);
        expect_honest("sink", &row_sink, &counts, eval);
        assert_eq!(register_sends(&row_sink, eval), [(5, 3, 400), (32, 11, 403)]);
    }

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        for operation in REGISTER_FORMS.into_iter().chain(IMMEDIATE_FORMS) {
            let (honest, _) = row(&instruction(operation, 0x5A5A), 0x0123_4567_89AB_CDEF, 0x5A5A);
            let corrupt = |label: &str, change: fn(&mut BitwiseRow<Goldilocks>)| {
                let mut row = honest;
                change(&mut row);
                expect_violation(&row, label, eval);
            };
            corrupt("the low limb is the function of its bytes", |r| {
                r.result.lo += Goldilocks::ONE
            });
            corrupt("the high limb is the function of its bytes", |r| {
                r.result.hi += Goldilocks::ONE
            });
            corrupt("bitwise_and", |r| r.and[3] += Goldilocks::ONE);
            corrupt("bitwise_and", |r| r.left_bytes[0].low[0] += Goldilocks::ONE);
            corrupt("bitwise_and", |r| r.right_bytes[1].low[2] += Goldilocks::ONE);
            corrupt("range16", |r| r.write.time = Goldilocks::from_u32(403));
            corrupt("is_and is boolean", |r| r.is_and += Goldilocks::TWO);
            corrupt("is_or is boolean", |r| r.is_or += Goldilocks::TWO);
            corrupt("is_xor is boolean", |r| r.is_xor += Goldilocks::TWO);
            corrupt("at most one operation", |r| {
                (r.is_and, r.is_xor) = (Goldilocks::ONE, Goldilocks::ONE);
            });
            corrupt("is_immediate is boolean", |r| r.right.is_immediate += Goldilocks::TWO);
        }
    }

    #[test]
    fn a_byte_moved_to_its_neighbour_is_refused() {
        // 0x100 as the bytes (256, 0) instead of (0, 1).
        let (mut row, _) = row(&instruction(Operation::Or, 0), 0x100, 0);
        row.left_bytes[0].low[0] = Goldilocks::from_u16(256);
        row.left_bytes[0].low[1] = Goldilocks::ZERO;
        expect_violation(&row, "bitwise_and", eval);
    }

    #[test]
    fn another_function_is_another_instruction() {
        let (mut row, _) = row(&instruction(Operation::Or, 0), 6, 3);
        (row.is_or, row.is_xor) = (Goldilocks::ZERO, Goldilocks::ONE);
        row.result = Value::from_u64(6 ^ 3);
        assert!(violations(&row, eval).is_empty());
        let stated = program_fields(&instruction(Operation::Or, 0));
        assert_ne!(message(&row, Bus::Program, Side::Send, eval), stated);
    }

    #[test]
    fn an_immediate_form_states_the_immediate_it_uses() {
        let honest = instruction(Operation::Andi, 12);
        let (row, _) = row(&instruction(Operation::Andi, 8), 15, 0);
        assert!(violations(&row, eval).is_empty());
        assert_ne!(message(&row, Bus::Program, Side::Send, eval), program_fields(&honest));
    }

    #[test]
    fn padding_does_nothing() {
        expect_padding::<BitwiseRow<Goldilocks>>(eval);
        let mut row = BitwiseRow::<Goldilocks>::default();
        row.right.is_immediate = Goldilocks::ONE;
        expect_violation(&row, "an immediate form is an operation", eval);
    }
}
