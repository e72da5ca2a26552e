//! The second operand of instructions that have a register form and an immediate form.

use lvm_isa::event::Step;
use lvm_isa::instruction::Instruction;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::columns::columns;
use crate::counts::Counts;
use crate::gadgets::register::RegisterAccess;
use crate::gadgets::value::Value;
use crate::tables::program::{IMMEDIATE_CODE, is_immediate};

columns! {
    /// The register rs2 or the immediate, whichever the program says.
    ///
    /// Guarantees where active that [`Operand::value`] is the second operand and canonical,
    /// provided that the row takes [`Operand::operands`] and a code with [`Operand::code`] added
    /// from the program.
    pub struct Operand {
        /// 1 for the immediate form; 0 or 1, and 0 in padding.
        is_immediate: cell,
        /// Second source register; 0 in the immediate form.
        rs2: cell,
        /// Read of rs2. In the immediate form there is no read and `before` is the immediate.
        access: RegisterAccess,
    }
}

impl<V: Copy> Operand<V> {
    /// The operand: what is read from rs2, or what the program states.
    pub const fn value(&self) -> Value<V> {
        self.access.before
    }

    /// Reads rs2 at `now` in the register form.
    pub fn constrain<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        now: impl Into<AB::Expr>,
        active: impl Into<AB::Expr>,
    ) {
        let is_register = active.into() - self.is_immediate;
        builder.constrain_bool("is_immediate is boolean", self.is_immediate);
        builder.constrain_bool("an immediate form is an operation", is_register.clone());
        self.access.constrain_read(builder, self.rs2, now, is_register);
    }

    /// What the immediate form adds to the operation's code.
    pub fn code<AB: TableBuilder<Var = V>>(&self) -> AB::Expr {
        Into::<AB::Expr>::into(self.is_immediate) * AB::Expr::from_u8(IMMEDIATE_CODE)
    }

    /// The program's operands for destination `rd` and first source `rs1`.
    pub fn operands<AB: TableBuilder<Var = V>>(&self, rd: V, rs1: V) -> [AB::Expr; 5] {
        let Value { lo, hi } = self.value().into_exprs::<AB::Expr>();
        let is_immediate: AB::Expr = self.is_immediate.into();
        [rd.into(), rs1.into(), self.rs2.into(), is_immediate.clone() * lo, is_immediate * hi]
    }
}

impl Operand<Goldilocks> {
    /// The second operand's value.
    pub const fn of(instruction: &Instruction, step: &Step) -> u64 {
        if is_immediate(instruction.operation) { instruction.imm as u64 } else { step.rs2.value }
    }

    /// The operand of `instruction`, read one tick after the step's start.
    pub fn fill(instruction: &Instruction, step: &Step, counts: &mut Counts) -> Self {
        if is_immediate(instruction.operation) {
            let before = Value::from_u64(instruction.imm as u64);
            Self {
                is_immediate: Goldilocks::ONE,
                rs2: Goldilocks::ZERO,
                access: RegisterAccess { before, time: Goldilocks::ZERO },
            }
        } else {
            Self {
                is_immediate: Goldilocks::ZERO,
                rs2: Goldilocks::from_u8(instruction.rs2),
                access: RegisterAccess::fill(step.rs2, step.time + 1, counts),
            }
        }
    }
}
