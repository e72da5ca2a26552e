//! What the machine looked like before each instruction, worked out from the recorded events, for
//! comparison with other emulators step by step.

use lvm_isa::event::Events;
use lvm_isa::instruction::Instruction;
use lvm_isa::program::Program;

/// Address and registers before each instruction, in order.
pub(crate) fn snapshots(program: &Program, events: &Events) -> Vec<(u64, [u64; 32])> {
    // Each access of a register: its time, the register, and the value it found.
    let mut accesses: Vec<(u32, u8, u64)> = Vec::new();
    let mut starts: Vec<(u32, u64)> = Vec::new();
    let steps = [
        &events.add_immediate,
        &events.add,
        &events.add_word,
        &events.bitwise,
        &events.compare,
        &events.branch_equal,
        &events.branch_less,
        &events.jump,
        &events.jump_register,
        &events.shift,
        &events.shift_word,
        &events.multiply,
        &events.divide,
    ];
    let memory_steps = [
        &events.load_double,
        &events.load_narrow,
        &events.store_double,
        &events.store_narrow,
        &events.misaligned,
    ];
    let from_memory = memory_steps.into_iter().flatten().map(|event| &event.step);
    for step in steps.into_iter().flatten().chain(from_memory) {
        let (pc, instruction) = program.instructions[step.index as usize];
        let Instruction { operation, rd, rs1, rs2, .. } = instruction;
        starts.push((step.time, pc));
        if operation.reads_rs1() {
            accesses.push((step.time, rs1, step.rs1.value));
        }
        if operation.reads_rs2() {
            accesses.push((step.time + 1, rs2, step.rs2.value));
        }
        if operation.writes_rd() && rd != 0 {
            accesses.push((step.time + 3, rd, step.rd.value));
        }
    }
    for call in &events.ecall {
        starts.push((call.time, program.instructions[call.index as usize].0));
        for (register, access) in [(17, call.a7), (10, call.a0), (11, call.a1), (12, call.a2)] {
            accesses.push((call.time, register, access.value));
        }
    }
    accesses.sort_unstable();
    starts.sort_unstable();

    let mut registers: [u64; 32] = core::array::from_fn(|at| events.last_registers[at].value);
    let mut snapshots = Vec::new();
    for &(time, pc) in starts.iter().rev() {
        while let Some(&(at, register, value)) = accesses.last()
            && at >= time
        {
            registers[usize::from(register)] = value;
            accesses.pop();
        }
        snapshots.push((pc, registers));
    }
    snapshots.reverse();
    snapshots
}
