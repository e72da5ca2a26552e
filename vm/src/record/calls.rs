//! The system calls of a recorded run: each leaves its ECALL and what the tables need besides.

use lvm_isa::event::{Access, Commit, CopyStep, EcallStep, Keccak};
use lvm_isa::instruction::Class;
use lvm_isa::semantics::WORD_BYTES;
use lvm_syscalls::keccak_f::STATE_WORDS;
use lvm_syscalls::panic;

use super::{Next, Recorder};
use crate::compute::{Computed, Timed, compute, takes_a3};
use crate::ecall::{Call, check_copy, check_keccak_state};
use crate::memory::Fault;

impl Recorder<'_> {
    /// Executes an ECALL.
    #[inline(never)]
    pub(super) fn call(&mut self, index: u32) -> Result<Next, Fault> {
        let time = self.time;
        let [a7, a0, a1, a2] = [17, 10, 11, 12].map(|register| self.read(register, time));
        self.count(Class::Ecall);
        // These are few, and commit calls tell where the output register stands.
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
            Call::CopyWords { destination, source, words } => {
                self.copy_words(destination, source, words)?;
            }
            Call::KeccakF { pointer } => self.keccak_f(pointer)?,
            Call::Compute { number, pointers } => self.compute(number, pointers)?,
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
            self.tally.commits += 1;
            self.cost += u64::from(self.budget.costs.commit);
            if self.keeps {
                let time = self.time;
                self.events.commits.push(Commit { time, pointer, remaining, position, word });
            }
            let part = (WORD_BYTES - pointer % WORD_BYTES).min(remaining);
            pointer += part;
            position += part;
            remaining -= part;
        }
        Ok(())
    }

    fn copy_words(&mut self, destination: u64, source: u64, words: u64) -> Result<(), Fault> {
        check_copy(&self.memory.memory, destination, source, words)?;
        let time = self.time;
        let word = match source % WORD_BYTES {
            0 => Access::default(),
            _ => self.memory.access(source, time + 2)?.0,
        };
        let remaining = words;
        let begin = CopyStep {
            time,
            source,
            destination,
            remaining,
            is_begin: true,
            word,
            ..CopyStep::default()
        };
        let mut carry = begin.next_carry();
        let mut rows = vec![begin];
        for at in 0..words {
            let source = source + WORD_BYTES * at;
            let last_byte = source + WORD_BYTES - 1;
            let (word, _) = self.memory.access(last_byte, time + 2)?;
            let destination = destination + WORD_BYTES * at;
            let remaining = words - at;
            let row = CopyStep {
                time,
                source,
                destination,
                remaining,
                carry,
                word,
                ..CopyStep::default()
            };
            carry = row.next_carry();
            rows.push(row);
        }
        for row in &mut rows[1..] {
            let (target, slot) = self.memory.access(row.destination, time + 3)?;
            row.target = target;
            self.memory.memory.set(slot, row.copied());
        }
        self.tally.copies += rows.len() as u64;
        self.cost += u64::from(self.budget.costs.copy) * rows.len() as u64;
        if self.keeps {
            self.events.copies.append(&mut rows);
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
        self.tally.keccaks += 1;
        self.cost += u64::from(self.budget.costs.keccak);
        if self.keeps {
            self.events.keccaks.push(Keccak { time: self.time, pointer, words });
        }
        Ok(())
    }

    fn compute(&mut self, number: u64, pointers: [u64; 3]) -> Result<(), Fault> {
        let time = self.time;
        let a3 = if takes_a3(number) { self.read(13, time) } else { Access::default() };
        let memory = &mut self.memory;
        let computed = compute(&mut Timed { memory, time, a3 }, time, number, pointers)?;
        for (kind, rows) in computed.rows() {
            self.tally.computations[kind as usize] += rows;
            self.cost += u64::from(self.budget.costs.computations[kind as usize]) * rows;
        }
        if self.keeps {
            let events = &mut self.events;
            match computed {
                Computed::Modular256(event) => events.modular_256.push(event),
                Computed::Modular384(event) => events.modular_384.push(event),
                Computed::Quadratic256(event) => events.quadratic_256.push(event),
                Computed::Quadratic384(event) => events.quadratic_384.push(event),
                Computed::Point(event) => events.points.push(event),
                Computed::Sha256(event) => events.sha256.push(event),
                Computed::MultiplyX(event) => events.multiply_x.push(event),
            }
        }
        Ok(())
    }
}
