//! Runs a program as fast as a safe interpreter can, and keeps nothing but its outcome.
//!
//! Invariant: the outcome is the one [`crate::record::record`] has for the same program and
//! input; what instructions compute comes from `lvm_isa::semantics` alone. A run takes at most
//! [`Options::max_cycles`] steps and about [`Options::memory_max`] bytes.
//!
//! Cycles are counted for each stretch of code between jumps rather than for each instruction, so
//! the cycle limit is noticed at the next jump, system call or trap; the outcome is as if it had
//! been noticed at once, except that no system call happens after it.

use lvm_isa::event::SINK;
use lvm_isa::instruction::Operation;
use lvm_isa::semantics::{
    access_width, alu, branch_taken, is_aligned, jalr_target, load_value, store_merge,
};
use lvm_syscalls::keccak_f::STATE_WORDS;
use lvm_syscalls::panic;

use crate::code::{Code, REGISTER_SLOTS};
use crate::compute::{Plain, compute};
use crate::ecall::{Call, Host, check_copy, check_keccak_state};
use crate::elf::LoadedProgram;
use crate::error::{Cause, ExecuteError, Trap};
use crate::final_memory::FinalMemory;
use crate::memory::{Fault, Memory};
use crate::observe::{Jump, Observer};

/// The emulator's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Most instructions that the run may take.
    pub max_cycles: u64,
    /// Most bytes of guest memory that may exist at a time, private input included.
    pub memory_max: u64,
}

impl Default for Options {
    /// No limit on cycles; 8 GiB of memory.
    fn default() -> Self {
        Self { max_cycles: u64::MAX, memory_max: 8 << 30 }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Executed instructions, the ECALL that ended the run included.
    pub cycles: u64,
    /// Loads and stores among them that were not naturally aligned.
    pub misaligned: u64,
    /// The code of the halt call, or of the panic call.
    pub exit_code: u64,
    /// What the run committed.
    pub public_output: Vec<u8>,
    /// The message of the panic call, if the run ended with one.
    pub panic_message: Option<String>,
    /// x0 to x31 at the end.
    pub registers: [u64; 32],
}

/// Runs `program` on `private_input`. What it prints goes to `print` as it comes.
pub fn execute(
    program: &LoadedProgram,
    private_input: &[u8],
    options: &Options,
    print: &mut dyn FnMut(&[u8]),
) -> Result<Execution, ExecuteError> {
    execute_keeping_memory(program, private_input, options, print).map(|(execution, _)| execution)
}

/// The same, with memory as the run left it.
pub fn execute_keeping_memory(
    program: &LoadedProgram,
    private_input: &[u8],
    options: &Options,
    print: &mut dyn FnMut(&[u8]),
) -> Result<(Execution, FinalMemory), ExecuteError> {
    execute_observed(program, &Code::new(program), private_input, options, print, &mut ())
}

/// The same, with someone who looks at it.
pub(crate) fn execute_observed(
    program: &LoadedProgram,
    code: &Code,
    private_input: &[u8],
    options: &Options,
    print: &mut dyn FnMut(&[u8]),
    observer: &mut impl Observer,
) -> Result<(Execution, FinalMemory), ExecuteError> {
    let memory = Memory::new(program, private_input, options.memory_max)?;
    let mut machine = Machine { program, code, memory, host: Host::new(print), misaligned: 0 };
    match machine.run(program.program().entry, options.max_cycles, observer) {
        Ok(end) => {
            observer.end(end.cycles);
            let execution = Execution {
                cycles: end.cycles,
                misaligned: machine.misaligned,
                exit_code: end.exit_code,
                public_output: machine.host.public_output,
                panic_message: machine.host.panic_message,
                registers: end.registers,
            };
            Ok((execution, FinalMemory(machine.memory)))
        }
        Err(stop) => {
            observer.end(stop.cycle);
            Err(stop.into_error(program, options))
        }
    }
}

/// What an instruction made of the run when it did not end well.
pub(crate) struct Stop {
    pub(crate) pc: u64,
    /// Instructions executed before.
    pub(crate) cycle: u64,
    /// `None` when the cycle limit is reached.
    pub(crate) fault: Option<Fault>,
}

impl Stop {
    pub(crate) fn into_error(self, program: &LoadedProgram, options: &Options) -> ExecuteError {
        let place = program.place(self.pc);
        if self.cycle >= options.max_cycles {
            return ExecuteError::CycleLimit { maximum: options.max_cycles, place };
        }
        match self.fault {
            None => ExecuteError::CycleLimit { maximum: options.max_cycles, place },
            Some(Fault::MemoryLimit) => {
                ExecuteError::MemoryLimit { maximum: options.memory_max, place }
            }
            Some(Fault::Trap(cause)) => {
                let program = program.program();
                let instruction = program.index_of(self.pc).map(|at| program.instructions[at].1);
                ExecuteError::Trap(Box::new(Trap { place, instruction, cycle: self.cycle, cause }))
            }
        }
    }
}

/// Where and why the run stops when there is no instruction at `target`, which the instruction at
/// `from` leads to.
pub(crate) fn no_instruction(program: &LoadedProgram, from: u64, target: u64) -> (u64, Cause) {
    match program.code_word(target) {
        Some(word) => (target, Cause::Undecodable { word }),
        None if !target.is_multiple_of(4) => (from, Cause::JumpMisaligned { target }),
        None if target == from.wrapping_add(4) => (target, Cause::EndOfCode),
        None => (from, Cause::JumpNotExecutable { target }),
    }
}

struct End {
    cycles: u64,
    exit_code: u64,
    registers: [u64; 32],
}

struct Machine<'a> {
    program: &'a LoadedProgram,
    code: &'a Code,
    memory: Memory,
    host: Host<'a>,
    misaligned: u64,
}

type Registers = [u64; REGISTER_SLOTS];

#[inline(always)]
fn get(registers: &Registers, register: u8) -> u64 {
    registers[usize::from(register) % REGISTER_SLOTS]
}

#[inline(always)]
fn set(registers: &mut Registers, register: u8, value: u64) {
    registers[usize::from(register) % REGISTER_SLOTS] = value;
}

impl Machine<'_> {
    /// Runs from `entry` until a system call ends the run.
    fn run(
        &mut self,
        entry: u64,
        max_cycles: u64,
        observer: &mut impl Observer,
    ) -> Result<End, Stop> {
        let code = self.code;
        let Some(entry_slot) = code.slots.slot_of(entry) else {
            let (pc, cause) = no_instruction(self.program, entry, entry);
            return Err(Stop { pc, cycle: 0, fault: Some(cause.into()) });
        };
        let mut registers: Registers = [0; REGISTER_SLOTS];
        let mut slot = entry_slot;
        // Instructions executed before the current stretch of code, and its first slot.
        let mut cycles = 0u64;
        let mut stretch = entry_slot;
        // The jump that led to the stretch.
        let mut jump = entry_slot;

        // What differs between instructions is only the operation, so each arm below is one of
        // these with the operation as a constant.
        macro_rules! immediate {
            ($op:ident, $operation:ident) => {{
                let a = get(&registers, $op.rs1);
                set(&mut registers, $op.rd, alu(Operation::$operation, a, $op.operand));
            }};
        }
        macro_rules! register {
            ($op:ident, $operation:ident) => {{
                let a = get(&registers, $op.rs1);
                let b = get(&registers, $op.rs2);
                set(&mut registers, $op.rd, alu(Operation::$operation, a, b));
            }};
        }
        macro_rules! stop {
            ($fault:expr) => {
                return Err(Stop {
                    pc: code.slots.pc_of(slot),
                    cycle: cycles + (slot - stretch) as u64,
                    fault: Some($fault),
                })
            };
        }
        macro_rules! load {
            ($op:ident, $operation:ident) => {{
                let address = get(&registers, $op.rs1).wrapping_add($op.operand);
                match self.load(Operation::$operation, address) {
                    Ok(value) => set(&mut registers, $op.rd, value),
                    Err(fault) => stop!(fault),
                }
            }};
        }
        macro_rules! store {
            ($op:ident, $operation:ident) => {{
                let address = get(&registers, $op.rs1).wrapping_add($op.operand);
                let value = get(&registers, $op.rs2);
                if let Err(fault) = self.store(Operation::$operation, address, value) {
                    stop!(fault);
                }
            }};
        }
        macro_rules! jump_to {
            ($jump:expr, $target:expr) => {{
                let target = $target;
                cycles += (slot - stretch) as u64 + 1;
                observer.jump($jump, slot, target, cycles, registers[2]);
                jump = slot;
                stretch = target;
                slot = target;
                if cycles >= max_cycles {
                    return Err(Stop { pc: code.slots.pc_of(jump), cycle: cycles, fault: None });
                }
                continue;
            }};
        }
        macro_rules! branch {
            ($op:ident, $operation:ident) => {{
                let a = get(&registers, $op.rs1);
                let b = get(&registers, $op.rs2);
                if branch_taken(Operation::$operation, a, b) {
                    jump_to!(Jump::Direct, $op.target as usize);
                }
            }};
        }

        loop {
            let Some(op) = code.ops.get(slot) else {
                // A JAL or a branch whose target has no slot.
                let from = code.slots.pc_of(jump);
                let (pc, cause) = no_instruction(self.program, from, self.static_target(from));
                let executed = if pc == from { cycles - 1 } else { cycles };
                return Err(Stop { pc, cycle: executed, fault: Some(cause.into()) });
            };
            let Some(operation) = op.operation else {
                let pc = code.slots.pc_of(slot);
                let (pc, cause) = no_instruction(self.program, pc.wrapping_sub(4), pc);
                let cycle = cycles + (slot - stretch) as u64;
                return Err(Stop { pc, cycle, fault: Some(cause.into()) });
            };
            match operation {
                Operation::Lui | Operation::Auipc => set(&mut registers, op.rd, op.operand),
                Operation::Fence => set(&mut registers, SINK as u8, 0),
                Operation::Jal => {
                    set(&mut registers, op.rd, op.operand);
                    jump_to!(Jump::of_jal(op), op.target as usize);
                }
                Operation::Jalr => {
                    let target = jalr_target(get(&registers, op.rs1), i64::from(op.target as i32));
                    let Some(target_slot) = code.slots.slot_of(target) else {
                        let from = code.slots.pc_of(slot);
                        let (pc, cause) = no_instruction(self.program, from, target);
                        let executed = cycles + (slot - stretch) as u64 + u64::from(pc != from);
                        return Err(Stop { pc, cycle: executed, fault: Some(cause.into()) });
                    };
                    set(&mut registers, op.rd, op.operand);
                    jump_to!(Jump::of_jalr(op), target_slot);
                }
                Operation::Beq => branch!(op, Beq),
                Operation::Bne => branch!(op, Bne),
                Operation::Blt => branch!(op, Blt),
                Operation::Bge => branch!(op, Bge),
                Operation::Bltu => branch!(op, Bltu),
                Operation::Bgeu => branch!(op, Bgeu),
                Operation::Lb => load!(op, Lb),
                Operation::Lh => load!(op, Lh),
                Operation::Lw => load!(op, Lw),
                Operation::Ld => load!(op, Ld),
                Operation::Lbu => load!(op, Lbu),
                Operation::Lhu => load!(op, Lhu),
                Operation::Lwu => load!(op, Lwu),
                Operation::Sb => store!(op, Sb),
                Operation::Sh => store!(op, Sh),
                Operation::Sw => store!(op, Sw),
                Operation::Sd => store!(op, Sd),
                Operation::Addi => immediate!(op, Addi),
                Operation::Slti => immediate!(op, Slti),
                Operation::Sltiu => immediate!(op, Sltiu),
                Operation::Xori => immediate!(op, Xori),
                Operation::Ori => immediate!(op, Ori),
                Operation::Andi => immediate!(op, Andi),
                Operation::Slli => immediate!(op, Slli),
                Operation::Srli => immediate!(op, Srli),
                Operation::Srai => immediate!(op, Srai),
                Operation::Addiw => immediate!(op, Addiw),
                Operation::Slliw => immediate!(op, Slliw),
                Operation::Srliw => immediate!(op, Srliw),
                Operation::Sraiw => immediate!(op, Sraiw),
                Operation::Add => register!(op, Add),
                Operation::Sub => register!(op, Sub),
                Operation::Sll => register!(op, Sll),
                Operation::Slt => register!(op, Slt),
                Operation::Sltu => register!(op, Sltu),
                Operation::Xor => register!(op, Xor),
                Operation::Srl => register!(op, Srl),
                Operation::Sra => register!(op, Sra),
                Operation::Or => register!(op, Or),
                Operation::And => register!(op, And),
                Operation::Addw => register!(op, Addw),
                Operation::Subw => register!(op, Subw),
                Operation::Sllw => register!(op, Sllw),
                Operation::Srlw => register!(op, Srlw),
                Operation::Sraw => register!(op, Sraw),
                Operation::Mul => register!(op, Mul),
                Operation::Mulh => register!(op, Mulh),
                Operation::Mulhsu => register!(op, Mulhsu),
                Operation::Mulhu => register!(op, Mulhu),
                Operation::Div => register!(op, Div),
                Operation::Divu => register!(op, Divu),
                Operation::Rem => register!(op, Rem),
                Operation::Remu => register!(op, Remu),
                Operation::Mulw => register!(op, Mulw),
                Operation::Divw => register!(op, Divw),
                Operation::Divuw => register!(op, Divuw),
                Operation::Remw => register!(op, Remw),
                Operation::Remuw => register!(op, Remuw),
                Operation::Ecall => {
                    let executed = cycles + (slot - stretch) as u64;
                    if executed >= max_cycles {
                        return Err(Stop {
                            pc: code.slots.pc_of(slot),
                            cycle: executed,
                            fault: None,
                        });
                    }
                    match self.call(&registers) {
                        Ok(None) => observer.system_call(registers[17]),
                        Ok(Some(exit_code)) => {
                            observer.system_call(registers[17]);
                            let registers = core::array::from_fn(|at| registers[at]);
                            return Ok(End { cycles: executed + 1, exit_code, registers });
                        }
                        Err(fault) => stop!(fault),
                    }
                }
                Operation::Ebreak => stop!(Cause::Ebreak.into()),
            }
            slot += 1;
        }
    }

    #[inline(always)]
    fn load(&mut self, operation: Operation, address: u64) -> Result<u64, Fault> {
        let width = access_width(operation);
        if is_aligned(address, width)
            && let Some(word) = self.memory.word(address)
        {
            return Ok(load_value(operation, word >> (address % 8 * 8)));
        }
        self.misaligned += u64::from(!is_aligned(address, width));
        Ok(load_value(operation, self.memory.load_any(address, width)?))
    }

    #[inline(always)]
    fn store(&mut self, operation: Operation, address: u64, value: u64) -> Result<(), Fault> {
        let width = access_width(operation);
        if is_aligned(address, width)
            && let Some(word) = self.memory.word_mut(address)
        {
            *word = store_merge(*word, 0, address, width, value).0;
            return Ok(());
        }
        self.misaligned += u64::from(!is_aligned(address, width));
        self.memory.store_any(address, width, value)
    }

    /// Executes a system call; the exit code if it ends the run.
    #[inline(never)]
    fn call(&mut self, registers: &Registers) -> Result<Option<u64>, Fault> {
        let Self { memory, host, .. } = self;
        let call = Call::from_registers(registers[17], registers[10], registers[11], registers[12]);
        match call? {
            Call::Commit { pointer, length } => host.commit(memory, pointer, length)?,
            Call::Halt { code } => return Ok(Some(code)),
            Call::Print { pointer, length } => host.print(memory, pointer, length),
            Call::Panic { pointer, length } => {
                host.panic(memory, pointer, length);
                return Ok(Some(panic::EXIT_CODE));
            }
            Call::CopyWords { destination, source, words } => {
                check_copy(memory, destination, source, words)?;
                memory.copy_words(destination, source, words)?;
            }
            Call::KeccakF { pointer } => {
                check_keccak_state(memory, pointer)?;
                let mut state = [0; STATE_WORDS];
                for (address, lane) in (pointer..).step_by(8).zip(&mut state) {
                    let slot = memory.slot(address)?;
                    *lane = memory.get(slot);
                }
                keccak::f1600(&mut state);
                for (address, lane) in (pointer..).step_by(8).zip(state) {
                    let slot = memory.slot(address)?;
                    memory.set(slot, lane);
                }
            }
            Call::Compute { number, pointers } => {
                compute(&mut Plain { memory, a3: registers[13] }, 0, number, pointers)?;
            }
        }
        Ok(None)
    }

    /// The target of the JAL or branch at `pc`.
    #[cold]
    fn static_target(&self, pc: u64) -> u64 {
        let program = self.program.program();
        let imm = program.index_of(pc).map_or(0, |at| program.instructions[at].1.imm);
        pc.wrapping_add_signed(imm)
    }
}
