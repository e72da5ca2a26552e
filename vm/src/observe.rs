//! What the interpreter tells of a run while it goes on.
//!
//! The interpreter is compiled once for each observer. With the observer `()`, which looks at
//! nothing, nothing of this is left in it.

use crate::code::Op;

/// The registers that calls leave the return address in: ra, and t0 for functions that save and
/// restore registers.
const LINKS: [u8; 2] = [1, 5];

/// What a jump is for, as far as its registers tell (RISC-V unprivileged specification, "Control
/// Transfer Instructions", hints for return-address stacks).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Jump {
    /// To a place that the instruction names.
    Direct,
    /// To a place that a register names.
    Indirect,
    /// Leaves a return address.
    Call,
    /// To a return address.
    Return,
    /// To a return address, leaving another: between coroutines.
    Swap,
}

impl Jump {
    /// What a JAL is for.
    #[inline(always)]
    pub(crate) fn of_jal(op: &Op) -> Self {
        if LINKS.contains(&op.rd) { Self::Call } else { Self::Direct }
    }

    /// What a JALR is for.
    #[inline(always)]
    pub(crate) fn of_jalr(op: &Op) -> Self {
        match (LINKS.contains(&op.rd), LINKS.contains(&op.rs1)) {
            (true, true) if op.rd != op.rs1 => Self::Swap,
            (true, _) => Self::Call,
            (false, true) => Self::Return,
            (false, false) => Self::Indirect,
        }
    }
}

/// Who looks at a run.
pub(crate) trait Observer {
    /// The instruction in slot `from` was executed, and the next one is that in `target`. Branches
    /// that are not taken are no jumps. Where there is no slot for the target of a direct jump,
    /// `target` is none of the program's, and the run ends.
    ///
    /// `cycles` are the instructions executed so far, this one included, and `stack` is the stack
    /// pointer.
    fn jump(&mut self, jump: Jump, from: usize, target: usize, cycles: u64, stack: u64);

    /// The system call `number` was executed.
    fn system_call(&mut self, number: u64);

    /// The run has ended, well or not, after `cycles` instructions.
    fn end(&mut self, cycles: u64);
}

impl Observer for () {
    #[inline(always)]
    fn jump(&mut self, _: Jump, _: usize, _: usize, _: u64, _: u64) {}

    #[inline(always)]
    fn system_call(&mut self, _: u64) {}

    #[inline(always)]
    fn end(&mut self, _: u64) {}
}
