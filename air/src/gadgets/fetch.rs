//! What every instruction row begins with: its place in the execution and its operands.

use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{ExecutionMsg, ProgramMsg};
use crate::columns::columns;
use crate::counts::Counts;

columns! {
    /// The state in which an instruction is executed.
    pub struct Fetch {
        /// Time at which the instruction starts.
        time: cell,
        /// Address of the instruction.
        pc: cell,
    }
}

/// An instruction as the program table states it: operation code and operands.
///
/// The operands of each class are listed in `tables/program.rs`.
#[derive(Clone, Debug)]
pub struct Decoded<E> {
    /// Operation code.
    pub code: E,
    /// The five operands.
    pub operands: [E; 5],
}

impl<V: Copy> Fetch<V> {
    /// Takes the instruction `decoded` from the program at this row's pc and passes execution on
    /// to `next_pc`, where `active`. Guarantees that the row is a step of the execution.
    pub fn constrain<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        decoded: Decoded<AB::Expr>,
        next_pc: impl Into<AB::Expr>,
        active: impl Into<AB::Expr>,
    ) {
        let active = active.into();
        self.constrain_fetch(builder, decoded, active.clone());
        self.constrain_next(builder, next_pc, active);
    }

    /// The first half of [`Self::constrain`]: takes the state and the instruction.
    pub fn constrain_fetch<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        decoded: Decoded<AB::Expr>,
        active: impl Into<AB::Expr>,
    ) {
        let active = active.into();
        ExecutionMsg { time: self.time.into(), pc: self.pc.into() }
            .receive(builder, active.clone());
        let [d0, d1, d2, d3, d4] = decoded.operands;
        ProgramMsg { pc: self.pc.into(), code: decoded.code, d0, d1, d2, d3, d4 }
            .send(builder, active);
    }

    /// The second half of [`Self::constrain`]: passes execution on.
    pub fn constrain_next<AB: TableBuilder<Var = V>>(
        &self,
        builder: &mut AB,
        next_pc: impl Into<AB::Expr>,
        active: impl Into<AB::Expr>,
    ) {
        ExecutionMsg { time: self.at::<AB>(4), pc: next_pc.into() }.send(builder, active);
    }

    /// The instruction's start plus `ticks`.
    pub fn at<AB: TableBuilder<Var = V>>(&self, ticks: u8) -> AB::Expr {
        Into::<AB::Expr>::into(self.time) + AB::Expr::from_u8(ticks)
    }

    /// The address of the instruction that follows in memory.
    pub fn fallthrough<AB: TableBuilder<Var = V>>(&self) -> AB::Expr {
        Into::<AB::Expr>::into(self.pc) + AB::Expr::from_u8(4)
    }
}

impl Fetch<Goldilocks> {
    /// The fetch of the instruction at position `index` of the program.
    pub fn fill(time: u32, pc: u64, index: u32, counts: &mut Counts) -> Self {
        counts.program(index);
        Self { time: Goldilocks::from_u32(time), pc: Goldilocks::from_u64(pc) }
    }
}
