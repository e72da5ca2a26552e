//! `jump`: JAL.
//!
//! Statement: at `time` the machine at `pc` executes JAL, rd becomes pc + 4 and execution goes on
//! at the target. Both are constants of the program.

use lvm_isa::event::Step;
use lvm_isa::instruction::{Instruction, Operation};
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::fetch::{Decoded, Fetch};
use crate::gadgets::register::RegisterAccess;
use crate::gadgets::value::Value;
use crate::tables::program::{code, destination, signed};

columns! {
    /// One executed JAL.
    pub struct JumpRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 in a row that is used; 0 or 1.
        is_real: cell,
        /// Destination register, or the sink.
        rd: cell,
        /// Where execution goes on, as the program has it.
        target: cell,
        /// pc + 4 as the program has it; canonical.
        link: Value,
        /// Write of rd.
        write: RegisterAccess,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = JumpRow::<AB::Var>::of(builder.main().current_slice());
    builder.constrain_bool("is_real is boolean", row.is_real);

    let decoded = Decoded {
        code: AB::Expr::from_u8(code(Operation::Jal)),
        operands: [
            row.rd.into(),
            row.target.into(),
            AB::Expr::ZERO,
            row.link.lo.into(),
            row.link.hi.into(),
        ],
    };
    row.fetch.constrain(builder, decoded, row.target, row.is_real);
    row.write.constrain_write(
        builder,
        row.rd,
        row.link.into_exprs(),
        row.fetch.at::<AB>(3),
        row.is_real,
    );
}

/// The row of one executed instruction.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    step: &Step,
    counts: &mut Counts,
) -> JumpRow<Goldilocks> {
    JumpRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_real: Goldilocks::ONE,
        rd: Goldilocks::from_u8(destination(instruction.rd)),
        target: Goldilocks::from_u64(pc) + signed(instruction.imm),
        link: Value::from_u64(pc.wrapping_add(4)),
        write: RegisterAccess::fill(step.rd, step.time + 3, counts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::program::operands;
    use crate::tables::testing::*;

    fn row(instruction: &Instruction) -> (JumpRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let row = fill(PC, instruction, &step(0, 0), &mut counts);
        (row, counts)
    }

    #[test]
    fn honest_rows_link_and_jump() {
        for imm in [-4096, -4, 4, 0x8_0000] {
            let jal = instruction(Operation::Jal, imm);
            let (row, counts) = row(&jal);
            expect_honest(&case(&jal, 0, 0), &row, &counts, eval);
            assert_eq!(register_sends(&row, eval), [(7, PC + 4, 403)]);
            let target = PC.wrapping_add_signed(imm);
            assert_eq!(message(&row, Bus::Execution, Side::Send, eval), [404, target]);
        }
    }

    #[test]
    fn operands_are_bound_to_the_program() {
        let jal = instruction(Operation::Jal, 64);
        let (honest, _) = row(&jal);
        let asked = |row: &JumpRow<Goldilocks>| message(row, Bus::Program, Side::Send, eval);
        let stated = operands(PC, &jal);
        assert!(asked(&honest)[2..].iter().map(|v| Goldilocks::from_u64(*v)).eq(stated));
        for change in [
            |r: &mut JumpRow<Goldilocks>| r.target += Goldilocks::ONE,
            |r: &mut JumpRow<Goldilocks>| r.rd += Goldilocks::ONE,
            |r: &mut JumpRow<Goldilocks>| r.link.lo += Goldilocks::ONE,
            |r: &mut JumpRow<Goldilocks>| r.link.hi += Goldilocks::ONE,
        ] {
            let mut row = honest;
            change(&mut row);
            assert_ne!(asked(&row), asked(&honest));
        }
        let mut row = honest;
        row.is_real = Goldilocks::TWO;
        expect_violation(&row, "is_real is boolean", eval);
        expect_padding::<JumpRow<Goldilocks>>(eval);
    }
}
