//! Runs a program in segments and leaves an event for every row that the tables need to prove them.
//!
//! What the events are and when each access takes place is said in [`lvm_isa::event`], what
//! segments are in [`lvm_isa::segment`]. Invariant: the times of each register's and each word's
//! accesses in a segment, as they are recorded, strictly increase from 0; each access names the
//! value and the time that the one before it left; and no register access is more than
//! `REGISTER_GAP_MAX` ticks later than the one before it, refreshes included. Where segments are
//! cut depends on the program, the input and the budget alone.
//!
//! `print` and `panic` leave no trace but their ECALL: what they read is not part of what is
//! proved. Traps leave no recording at all.

mod calls;

use lvm_isa::event::{
    Access, Events, MemoryStep, REGISTER_GAP_MAX, REGISTERS, Refresh, SINK, STEPS_MAX, Step,
    TICKS_PER_STEP, TIME_START,
};
use lvm_isa::instruction::{Class, Instruction};
use lvm_isa::segment::{Budget, Carried, Exit, Ledger, SEGMENTS_MAX, Segment, Statement, Tally};
use lvm_isa::semantics::{
    WORD_BYTES, access_width, alu, branch_taken, crosses_word, extract, immediate_operand,
    is_aligned, jalr_target, load_value, store_merge,
};

use crate::code::Slots;
use crate::ecall::Host;
use crate::elf::LoadedProgram;
use crate::error::{Cause, ExecuteError};
use crate::execute::{Execution, Options, Stop, no_instruction};
use crate::memory::{Fault, Memory, check_range};
use crate::timed_memory::TimedMemory;

/// A run's outcome and everything that the tables need to prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The outcome.
    pub execution: Execution,
    /// The segments, in order.
    pub segments: Vec<Segment>,
    /// The cells before and after the run.
    pub ledger: Ledger,
}

/// In [`Recorder::positions`], a word that does not decode.
const NO_POSITION: u32 = u32::MAX;

/// Runs `program` on `private_input` and records it, cut as `budget` says. What it prints goes to
/// `print` as it comes.
///
/// A recording takes 60 to 100 bytes for each step, on top of `options.memory_max` and three
/// quarters as much again.
pub fn record(
    program: &LoadedProgram,
    private_input: &[u8],
    options: &Options,
    budget: &Budget,
    print: &mut dyn FnMut(&[u8]),
) -> Result<Recording, ExecuteError> {
    let mut recorder = Recorder::new(program, private_input, options, budget, print)?;
    let mut segments = Vec::new();
    while let Some(segment) = recorder.segment(true)? {
        segments.push(segment);
    }
    let (execution, ledger) = recorder.finish()?;
    Ok(Recording { execution, segments, ledger })
}

/// A run that is recorded segment by segment.
pub struct Recorder<'a> {
    program: &'a LoadedProgram,
    options: &'a Options,
    budget: &'a Budget,
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
    /// The segment's events so far, but for touched words, and their cost.
    tally: Tally,
    cost: u64,
    /// Whether events are kept.
    keeps: bool,
    /// Address of the next instruction.
    pc: u64,
    /// Instructions executed before the segment.
    cycles: u64,
    /// The last segment's number.
    segment: u32,
    /// The exit code, once the run has ended.
    exit_code: Option<u64>,
}

impl<'a> Recorder<'a> {
    /// A run before its first instruction.
    ///
    /// # Errors
    /// If program and input exceed the memory limit, or the input is too long.
    pub fn new(
        program: &'a LoadedProgram,
        private_input: &[u8],
        options: &'a Options,
        budget: &'a Budget,
        print: &'a mut dyn FnMut(&[u8]),
    ) -> Result<Self, ExecuteError> {
        let memory = Memory::new(program, private_input, options.memory_max)?;
        let slots = Slots::new(program);
        let mut positions = vec![NO_POSITION; slots.count];
        for (position, (pc, _)) in program.program().instructions.iter().enumerate() {
            if let Some(slot) = slots.slot_of(*pc) {
                positions[slot] = position as u32;
            }
        }
        Ok(Self {
            program,
            options,
            budget,
            slots,
            positions,
            registers: [Access::default(); REGISTERS],
            memory: TimedMemory::new(memory),
            host: Host::new(print),
            events: Events::default(),
            misaligned: 0,
            time: TIME_START,
            tally: Tally::default(),
            cost: 0,
            keeps: false,
            pc: program.program().entry,
            cycles: 0,
            segment: 0,
            exit_code: None,
        })
    }

    /// The number of the segment that comes next.
    #[must_use]
    pub const fn next_segment(&self) -> u32 {
        self.segment + 1
    }

    /// The public output so far.
    #[must_use]
    pub fn public_output(&self) -> &[u8] {
        &self.host.public_output
    }

    /// Runs the next segment; `None` if the run has ended. Without `keeps` the events are those of
    /// registers and memory words before and after the segment alone.
    ///
    /// # Errors
    /// If the run traps, meets a limit, or has more segments than can be proved.
    pub fn segment(&mut self, keeps: bool) -> Result<Option<Segment>, ExecuteError> {
        if self.exit_code.is_some() {
            return Ok(None);
        }
        if self.segment == SEGMENTS_MAX {
            return Err(ExecuteError::TooManySegments { maximum: SEGMENTS_MAX });
        }
        self.segment += 1;
        self.keeps = keeps;
        self.time = TIME_START;
        self.cost = 0;
        self.tally = Tally::default();
        for register in &mut self.registers {
            register.time = 0;
        }
        let first_registers = self.registers.map(|register| register.value);
        let (entry, start) = (self.pc, self.host.public_output.len() as u64);
        let (cycles, end) = self.run()?;
        self.cycles += cycles;
        let exit = match end {
            Some(code) => Exit::Halt(code),
            None => Exit::Continue(self.pc),
        };
        self.exit_code = end;
        let mut events = core::mem::take(&mut self.events);
        events.first_registers = first_registers;
        events.last_registers = self.registers;
        // Every accessed page exists already, so nothing can be missing here.
        events.touched = self
            .memory
            .end_segment(self.segment)
            .map_err(|_| ExecuteError::InitialMemoryLimit { maximum: self.options.memory_max })?;
        let mut tally = core::mem::take(&mut self.tally);
        tally.touched = events.touched.len() as u64;
        let output = start..self.host.public_output.len() as u64;
        let statement = Statement { segment: self.segment, entry, exit, output };
        Ok(Some(Segment { statement, cycles, tally, events }))
    }

    /// The outcome of a run that has ended, and its ledger.
    ///
    /// # Errors
    /// If the run hasn't ended.
    pub fn finish(self) -> Result<(Execution, Ledger), ExecuteError> {
        let Some(exit_code) = self.exit_code else {
            let place = self.program.place(self.pc);
            return Err(ExecuteError::CycleLimit { maximum: self.cycles, place });
        };
        let registers =
            self.registers.map(|access| Carried { value: access.value, segment: self.segment });
        let cells = self
            .memory
            .into_cells()
            .map_err(|_| ExecuteError::InitialMemoryLimit { maximum: self.options.memory_max })?;
        let execution = Execution {
            cycles: self.cycles,
            misaligned: self.misaligned,
            exit_code,
            public_output: self.host.public_output,
            panic_message: self.host.panic_message,
            registers: core::array::from_fn(|at| registers[at].value),
        };
        Ok((execution, Ledger { registers, cells }))
    }
}

/// What comes after an instruction.
enum Next {
    Following,
    Jump(u64),
    End(u64),
}

impl Recorder<'_> {
    /// Runs until the segment ends: the number of cycles, and the exit code if the run ends.
    fn run(&mut self) -> Result<(u64, Option<u64>), ExecuteError> {
        let max_cycles = self.options.max_cycles - self.cycles;
        if self.keeps { self.steps::<true>(max_cycles) } else { self.steps::<false>(max_cycles) }
            .map_err(|stop| {
                let cycle = self.cycles + stop.cycle;
                Stop { cycle, ..stop }.into_error(self.program, self.options)
            })
    }

    fn steps<const KEEPS: bool>(&mut self, max_cycles: u64) -> Result<(u64, Option<u64>), Stop> {
        let program = self.program;
        let instructions = &program.program().instructions;
        let limit = self.budget.limit;
        let touched_cost = u64::from(self.budget.costs.touched);
        let mut cycle = 0;
        let entry = self.pc;
        let mut position = self.position_of(entry).ok_or_else(|| {
            let (pc, cause) = no_instruction(program, entry, entry);
            Stop { pc, cycle, fault: Some(cause.into()) }
        })?;
        loop {
            let (pc, ref instruction) = instructions[position];
            if cycle >= max_cycles {
                return Err(Stop { pc, cycle, fault: None });
            }
            let next = self
                .step::<KEEPS>(position as u32, pc, instruction)
                .map_err(|fault| Stop { pc, cycle, fault: Some(fault) })?;
            let target = match next {
                Next::Following => pc.wrapping_add(4),
                Next::Jump(target) => target,
                Next::End(code) => return Ok((cycle + 1, Some(code))),
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
            let cost = self.cost + touched_cost * self.memory.touched() as u64;
            if cost >= limit || cycle >= STEPS_MAX {
                self.pc = target;
                return Ok((cycle, None));
            }
        }
    }

    fn position_of(&self, pc: u64) -> Option<usize> {
        let position = self.positions[self.slots.slot_of(pc)?];
        (position != NO_POSITION).then_some(position as usize)
    }

    /// Executes one instruction and appends its events.
    #[inline(always)]
    fn step<const KEEPS: bool>(
        &mut self,
        index: u32,
        pc: u64,
        instruction: &Instruction,
    ) -> Result<Next, Fault> {
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
                self.memory_step::<KEEPS>(class, instruction, step)?;
                return Ok(Next::Following);
            }
            Class::Ecall => return self.call(index),
        }
        self.count(class);
        if !KEEPS {
            return Ok(next);
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

    #[inline(always)]
    fn count(&mut self, class: Class) {
        self.tally.classes[class as usize] += 1;
        self.cost += u64::from(self.budget.costs.classes[class as usize]);
    }

    /// Executes a load or a store.
    #[inline(always)]
    fn memory_step<const KEEPS: bool>(
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

        let is_aligned = is_aligned(address, width);
        self.misaligned += u64::from(!is_aligned);
        self.count(if is_aligned { class } else { Class::Misaligned });
        if !KEEPS {
            return Ok(());
        }
        let events = &mut self.events;
        let steps = if !is_aligned {
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
            self.tally.refreshes += 1;
            self.cost += u64::from(self.budget.costs.refresh);
            if self.keeps {
                let refresh = Refresh { register: register as u8, before, time: time - 1 };
                self.events.refreshes.push(refresh);
            }
            before.time = time - 1;
        }
        self.registers[register].time = time;
        before
    }
}
