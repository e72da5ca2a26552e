//! Runs a program and leaves an event for every row that the tables need to prove the run.
//!
//! What the events are and when each access takes place is said in [`lvm_isa::event`]. Invariant:
//! the times of each register's and each word's accesses, as they are recorded, strictly increase
//! from 0; each access names the value and the time that the one before it left; and no register
//! access is more than `REGISTER_GAP_MAX` ticks later than the one before it, refreshes included.
//!
//! `print` and `panic` leave no trace but their ECALL: what they read is not part of what is
//! proved. Traps leave no recording at all.

use lvm_isa::event::{
    Access, Commit, EcallStep, Events, Keccak, MemoryStep, REGISTER_GAP_MAX, REGISTERS, Refresh,
    SINK, STEPS_MAX, Step, TICKS_PER_STEP, TIME_START,
};
use lvm_isa::instruction::{Class, Instruction};
use lvm_isa::semantics::{
    WORD_BYTES, access_width, alu, branch_taken, crosses_word, extract, immediate_operand,
    is_aligned, jalr_target, load_value, store_merge,
};
use lvm_syscalls::keccak_f::STATE_WORDS;
use lvm_syscalls::panic;

use crate::code::Slots;
use crate::ecall::{Call, Host, check_keccak_state};
use crate::elf::LoadedProgram;
use crate::error::{Cause, ExecuteError};
use crate::execute::{Execution, Options, Stop, no_instruction};
use crate::memory::{Fault, Memory, check_range};
use crate::timed_memory::TimedMemory;

/// A run's outcome and everything that the tables need to prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    pub execution: Execution,
    pub events: Events,
}

/// In [`Recorder::positions`], a word that does not decode.
const NO_POSITION: u32 = u32::MAX;

/// Runs `program` on `private_input` and records it. What it prints goes to `print` as it comes.
///
/// A recording holds at most [`STEPS_MAX`] steps, whatever `options` says. It takes 60 to 100
/// bytes for each step, on top of `options.memory_max` and half as much again.
pub fn record(
    program: &LoadedProgram,
    private_input: &[u8],
    options: &Options,
    print: &mut dyn FnMut(&[u8]),
) -> Result<Recording, ExecuteError> {
    let memory = Memory::new(program, private_input, options.memory_max)?;
    let slots = Slots::new(program);
    let mut positions = vec![NO_POSITION; slots.count];
    for (position, (pc, _)) in program.program().instructions.iter().enumerate() {
        if let Some(slot) = slots.slot_of(*pc) {
            positions[slot] = position as u32;
        }
    }
    let mut recorder = Recorder {
        program,
        slots,
        positions,
        registers: [Access::default(); REGISTERS],
        memory: TimedMemory::new(memory),
        host: Host::new(print),
        events: Events::default(),
        misaligned: 0,
        time: TIME_START,
    };
    let max_cycles = options.max_cycles.min(STEPS_MAX);
    let (cycles, exit_code) = recorder.run(max_cycles).map_err(|stop| {
        if stop.cycle >= STEPS_MAX && options.max_cycles > STEPS_MAX {
            return ExecuteError::RecordingFull { maximum: STEPS_MAX };
        }
        stop.into_error(program, options)
    })?;

    let Recorder { registers, memory, host, mut events, misaligned, .. } = recorder;
    events.registers = registers;
    // Every accessed page exists already, so nothing can be missing here.
    events.memory = memory
        .into_cells()
        .map_err(|_| ExecuteError::InitialMemoryLimit { maximum: options.memory_max })?;
    let execution = Execution {
        cycles,
        misaligned,
        exit_code,
        public_output: host.public_output,
        panic_message: host.panic_message,
        registers: core::array::from_fn(|at| registers[at].value),
    };
    Ok(Recording { execution, events })
}

struct Recorder<'a> {
    program: &'a LoadedProgram,
    slots: Slots,
    /// By slot, the position in `Program::instructions`.
    positions: Vec<u32>,
    /// Value and time of each register.
    registers: [Access; REGISTERS],
    memory: TimedMemory,
    host: Host<'a>,
    events: Events,
    misaligned: u64,
    /// When the current instruction starts.
    time: u32,
}

/// What comes after an instruction.
enum Next {
    Following,
    Jump(u64),
    End(u64),
}

impl Recorder<'_> {
    /// Runs until a system call ends the run: the number of cycles and the exit code.
    fn run(&mut self, max_cycles: u64) -> Result<(u64, u64), Stop> {
        let program = self.program;
        let instructions = &program.program().instructions;
        let entry = program.program().entry;
        let mut cycle = 0;
        let mut position = self.position_of(entry).ok_or_else(|| {
            let (pc, cause) = no_instruction(program, entry, entry);
            Stop { pc, cycle, fault: Some(cause.into()) }
        })?;
        loop {
            let (pc, ref instruction) = instructions[position];
            if cycle >= max_cycles {
                return Err(Stop { pc, cycle, fault: None });
            }
            let next = self.step(position as u32, pc, instruction).map_err(|fault| Stop {
                pc,
                cycle,
                fault: Some(fault),
            })?;
            let target = match next {
                Next::Following => pc.wrapping_add(4),
                Next::Jump(target) => target,
                Next::End(code) => return Ok((cycle + 1, code)),
            };
            let follows = |next: &usize| instructions.get(*next).is_some_and(|it| it.0 == target);
            position = match Some(position + 1).filter(follows).or_else(|| self.position_of(target))
            {
                Some(position) => position,
                None => {
                    let (at, cause) = no_instruction(program, pc, target);
                    // A jump that fails did not execute; one to an undecodable word did.
                    let executed = if at == pc { cycle } else { cycle + 1 };
                    return Err(Stop { pc: at, cycle: executed, fault: Some(cause.into()) });
                }
            };
            cycle += 1;
            self.time = self.time.wrapping_add(TICKS_PER_STEP);
        }
    }

    fn position_of(&self, pc: u64) -> Option<usize> {
        let position = self.positions[self.slots.slot_of(pc)?];
        (position != NO_POSITION).then_some(position as usize)
    }

    /// Executes one instruction and appends its events.
    #[inline(always)]
    fn step(&mut self, index: u32, pc: u64, instruction: &Instruction) -> Result<Next, Fault> {
        let Instruction { operation, rd, rs1, rs2, imm } = *instruction;
        let time = self.time;
        let Some(class) = operation.class() else {
            return Err(Cause::Ebreak.into());
        };
        let mut step = Step { time, index, ..Step::default() };
        let mut next = Next::Following;
        match class {
            Class::AddImmediate
            | Class::Add
            | Class::AddWord
            | Class::Bitwise
            | Class::Compare
            | Class::Shift
            | Class::ShiftWord
            | Class::Multiply
            | Class::Divide => {
                step.rs1 = self.read(rs1, time);
                let b = if operation.reads_rs2() {
                    step.rs2 = self.read(rs2, time + 1);
                    step.rs2.value
                } else {
                    immediate_operand(instruction, pc)
                };
                step.rd = self.write(rd, time + 3, alu(operation, step.rs1.value, b));
            }
            Class::BranchEqual | Class::BranchLess => {
                step.rs1 = self.read(rs1, time);
                step.rs2 = self.read(rs2, time + 1);
                if branch_taken(operation, step.rs1.value, step.rs2.value) {
                    next = Next::Jump(pc.wrapping_add_signed(imm));
                }
            }
            Class::Jump => {
                step.rd = self.write(rd, time + 3, pc.wrapping_add(4));
                next = Next::Jump(pc.wrapping_add_signed(imm));
            }
            Class::JumpRegister => {
                step.rs1 = self.read(rs1, time);
                step.rd = self.write(rd, time + 3, pc.wrapping_add(4));
                next = Next::Jump(jalr_target(step.rs1.value, imm));
            }
            Class::LoadDouble
            | Class::LoadNarrow
            | Class::StoreDouble
            | Class::StoreNarrow
            | Class::Misaligned => {
                self.memory_step(class, instruction, step)?;
                return Ok(Next::Following);
            }
            Class::Ecall => return self.call(index),
        }
        let events = &mut self.events;
        let steps = match class {
            Class::AddImmediate => &mut events.add_immediate,
            Class::Add => &mut events.add,
            Class::AddWord => &mut events.add_word,
            Class::Bitwise => &mut events.bitwise,
            Class::Compare => &mut events.compare,
            Class::Shift => &mut events.shift,
            Class::ShiftWord => &mut events.shift_word,
            Class::Multiply => &mut events.multiply,
            Class::Divide => &mut events.divide,
            Class::BranchEqual => &mut events.branch_equal,
            Class::BranchLess => &mut events.branch_less,
            Class::Jump => &mut events.jump,
            _ => &mut events.jump_register,
        };
        steps.push(step);
        Ok(next)
    }

    /// Executes a load or a store.
    #[inline(always)]
    fn memory_step(
        &mut self,
        class: Class,
        instruction: &Instruction,
        mut step: Step,
    ) -> Result<(), Fault> {
        let Instruction { operation, rd, rs1, rs2, imm } = *instruction;
        let time = step.time;
        let width = access_width(operation);
        let is_store = operation.reads_rs2();

        step.rs1 = self.read(rs1, time);
        let address = step.rs1.value.wrapping_add_signed(imm);
        if is_store {
            step.rs2 = self.read(rs2, time + 1);
            self.memory.memory.check_store(address, width, width)?;
        } else {
            check_range(address, width, width)?;
        }
        let (word, slot) = self.memory.access(address, time + 2)?;
        let (next_word, next_slot) = if crosses_word(address, width) {
            let (next_word, next_slot) = self.memory.access(address + WORD_BYTES, time + 2)?;
            (next_word, Some(next_slot))
        } else {
            (Access::default(), None)
        };
        if is_store {
            let value = step.rs2.value;
            let (low, high) = store_merge(word.value, next_word.value, address, width, value);
            self.memory.memory.set(slot, low);
            if let Some(next_slot) = next_slot {
                self.memory.memory.set(next_slot, high);
            }
        } else {
            let raw = extract(word.value, next_word.value, address);
            step.rd = self.write(rd, time + 3, load_value(operation, raw));
        }

        let events = &mut self.events;
        let steps = if !is_aligned(address, width) {
            self.misaligned += 1;
            &mut events.misaligned
        } else {
            match class {
                Class::LoadDouble => &mut events.load_double,
                Class::LoadNarrow => &mut events.load_narrow,
                Class::StoreDouble => &mut events.store_double,
                _ => &mut events.store_narrow,
            }
        };
        steps.push(MemoryStep { step, word, next_word });
        Ok(())
    }

    /// Executes an ECALL.
    #[inline(never)]
    fn call(&mut self, index: u32) -> Result<Next, Fault> {
        let time = self.time;
        let [a7, a0, a1, a2] = [17, 10, 11, 12].map(|register| self.read(register, time));
        self.events.ecall.push(EcallStep { time, index, a7, a0, a1, a2 });
        let memory = &self.memory.memory;
        match Call::from_registers(a7.value, a0.value, a1.value, a2.value)? {
            Call::Commit { pointer, length } => self.commit(pointer, length)?,
            Call::Halt { code } => return Ok(Next::End(code)),
            Call::Print { pointer, length } => self.host.print(memory, pointer, length),
            Call::Panic { pointer, length } => {
                self.host.panic(memory, pointer, length);
                return Ok(Next::End(panic::EXIT_CODE));
            }
            Call::KeccakF { pointer } => self.keccak_f(pointer)?,
        }
        Ok(Next::Following)
    }

    fn commit(&mut self, pointer: u64, length: u64) -> Result<(), Fault> {
        let mut position = self.host.public_output.len() as u64;
        self.host.commit(&self.memory.memory, pointer, length)?;
        let mut pointer = pointer;
        let mut remaining = length;
        while remaining > 0 {
            let (word, _) = self.memory.access(pointer, self.time + 2)?;
            self.events.commits.push(Commit {
                time: self.time,
                pointer,
                remaining,
                position,
                word,
            });
            let part = (WORD_BYTES - pointer % WORD_BYTES).min(remaining);
            pointer += part;
            position += part;
            remaining -= part;
        }
        Ok(())
    }

    fn keccak_f(&mut self, pointer: u64) -> Result<(), Fault> {
        check_keccak_state(&self.memory.memory, pointer)?;
        let mut words = [Access::default(); STATE_WORDS];
        for (address, word) in (pointer..).step_by(WORD_BYTES as usize).zip(&mut words) {
            (*word, _) = self.memory.access(address, self.time + 2)?;
        }
        let mut state = words.map(|word| word.value);
        keccak::f1600(&mut state);
        for (address, lane) in (pointer..).step_by(WORD_BYTES as usize).zip(state) {
            let slot = self.memory.memory.slot(address)?;
            self.memory.memory.set(slot, lane);
        }
        self.events.keccaks.push(Keccak { time: self.time, pointer, words });
        Ok(())
    }

    /// Reads a register: how the read finds it.
    #[inline(always)]
    fn read(&mut self, register: u8, time: u32) -> Access {
        self.access(usize::from(register), time)
    }

    /// Writes a register, or the sink instead of x0: how the write finds it.
    #[inline(always)]
    fn write(&mut self, register: u8, time: u32, value: u64) -> Access {
        let register = if register == 0 { SINK } else { usize::from(register) };
        let before = self.access(register, time);
        self.registers[register].value = value;
        before
    }

    #[inline(always)]
    fn access(&mut self, register: usize, time: u32) -> Access {
        let mut before = self.registers[register];
        if time - before.time > REGISTER_GAP_MAX {
            let refresh = Refresh { register: register as u8, before, time: time - 1 };
            self.events.refreshes.push(refresh);
            before.time = time - 1;
        }
        self.registers[register].time = time;
        before
    }
}
