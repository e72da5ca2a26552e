//! A program's instructions in the form that the interpreter runs.
//!
//! Executable memory becomes a dense list of [`Op`]s, one for each word that comes from the file,
//! with an undecodable op after each segment so that running off its end is noticed. What can be
//! known before the run is worked out here: the slots that jumps lead to, the values that LUI,
//! AUIPC and the link register get, and where writes to x0 go.
//!
//! Invariant: slots and instruction addresses correspond one to one within a segment; an op's
//! registers are below [`REGISTER_SLOTS`].

use lvm_isa::event::SINK;
use lvm_isa::instruction::{Instruction, Operation};
use lvm_isa::semantics::immediate_operand;

use crate::elf::LoadedProgram;

/// Size of the interpreter's register array: a power of two above [`SINK`], so that masking an
/// index replaces the bounds check.
pub(crate) const REGISTER_SLOTS: usize = 64;

/// The slot of code that cannot be reached: fetching it finds nothing.
const NOWHERE: u32 = u32::MAX;

/// One instruction, ready to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Op {
    /// `None` where the word does not decode.
    pub(crate) operation: Option<Operation>,
    /// Destination, [`SINK`] for x0.
    pub(crate) rd: u8,
    pub(crate) rs1: u8,
    pub(crate) rs2: u8,
    /// For JAL and branches the slot of the target, [`NOWHERE`] when it cannot be executed; for
    /// JALR the immediate.
    pub(crate) target: u32,
    /// The immediate operand; for JAL and JALR the address of the next instruction.
    pub(crate) operand: u64,
}

impl Op {
    const UNDECODABLE: Self =
        Self { operation: None, rd: SINK as u8, rs1: 0, rs2: 0, target: NOWHERE, operand: 0 };
}

/// Executable memory as a dense list of slots, one for each word that comes from the file and one
/// more after each segment.
pub(crate) struct Slots {
    /// Ascending by start and by first slot.
    segments: Vec<SlotSegment>,
    /// The segment with the most instructions, tried first.
    main: usize,
    /// Slots in total.
    pub(crate) count: usize,
}

struct SlotSegment {
    start: u64,
    /// Bytes of instructions; the slot that ends the segment does not count.
    length: u64,
    first: usize,
}

impl SlotSegment {
    #[inline(always)]
    fn slot_of(&self, pc: u64) -> Option<usize> {
        let offset = pc - self.start;
        offset.is_multiple_of(4).then_some(self.first + (offset / 4) as usize)
    }
}

impl Slots {
    pub(crate) fn new(program: &LoadedProgram) -> Self {
        let mut segments: Vec<SlotSegment> = Vec::new();
        let mut count = 0;
        for segment in program.executable() {
            let range = &segment.range;
            // Whole words of the segment that file data reaches.
            let length =
                segment.file_length.next_multiple_of(4).min((range.end - range.start) & !3);
            segments.push(SlotSegment { start: range.start, length, first: count });
            count += (length / 4) as usize + 1;
        }
        let main = (0..segments.len()).max_by_key(|&at| segments[at].length).unwrap_or(0);
        Self { segments, main, count }
    }

    /// The slot of the instruction at `pc`, decodable or not; `None` when `pc` is misaligned or
    /// no word from the file.
    #[inline(always)]
    pub(crate) fn slot_of(&self, pc: u64) -> Option<usize> {
        let main = self.segments.get(self.main)?;
        if pc.wrapping_sub(main.start) < main.length {
            return main.slot_of(pc);
        }
        self.slot_elsewhere(pc)
    }

    #[cold]
    #[inline(never)]
    fn slot_elsewhere(&self, pc: u64) -> Option<usize> {
        let after = self.segments.partition_point(|segment| segment.start <= pc);
        let segment = self.segments[..after].last()?;
        if pc - segment.start < segment.length { segment.slot_of(pc) } else { None }
    }

    /// The address of a slot; for the slot that ends a segment, the address after it.
    pub(crate) fn pc_of(&self, slot: usize) -> u64 {
        let after = self.segments.partition_point(|segment| segment.first <= slot);
        self.segments[..after]
            .last()
            .map_or(0, |segment| segment.start + 4 * (slot - segment.first) as u64)
    }
}

/// All executable memory of a program, ready to run.
pub(crate) struct Code {
    /// By slot.
    pub(crate) ops: Vec<Op>,
    pub(crate) slots: Slots,
}

impl Code {
    pub(crate) fn new(program: &LoadedProgram) -> Self {
        let slots = Slots::new(program);
        let mut ops = vec![Op::UNDECODABLE; slots.count];
        for &(pc, instruction) in &program.program().instructions {
            if let Some(slot) = slots.slot_of(pc) {
                ops[slot] = op(&slots, pc, &instruction);
            }
        }
        Self { ops, slots }
    }
}

fn op(slots: &Slots, pc: u64, instruction: &Instruction) -> Op {
    use Operation::*;
    let Instruction { operation, rd, rs1, rs2, imm } = *instruction;
    let rd = if rd == 0 { SINK as u8 } else { rd };
    let next = pc.wrapping_add(4);
    let target = || {
        let slot = slots.slot_of(pc.wrapping_add_signed(imm));
        slot.and_then(|slot| u32::try_from(slot).ok()).unwrap_or(NOWHERE)
    };
    let (target, operand) = match operation {
        Jal => (target(), next),
        Jalr => (imm as i32 as u32, next),
        Beq | Bne | Blt | Bge | Bltu | Bgeu => (target(), 0),
        _ => (0, immediate_operand(instruction, pc)),
    };
    Op { operation: Some(operation), rd, rs1, rs2, target, operand }
}
