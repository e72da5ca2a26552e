//! Raw speed of the emulator, plain and recorded: `speed [ELF [INPUT]]`. Without arguments it runs
//! two loops: one of arithmetic, and one with loads, stores and calls.

use std::error::Error;
use std::time::Instant;

use lvm_isa::instruction::Operation::*;
use lvm_isa::segment::Budget;
use lvm_vm::assemble::{Assembler, i, r, s};
use lvm_vm::elf::{self, LoadedProgram};
use lvm_vm::execute::{Options, execute};
use lvm_vm::record::record;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        measure("arithmetic", &arithmetic(50_000_000).load(), &arithmetic(1_000_000).load(), &[])?;
        measure("memory", &memory(50_000_000).load(), &memory(1_000_000).load(), &[])?;
        return Ok(());
    };
    let program = elf::load(&std::fs::read(&path)?)?;
    let input = arguments.next().map(std::fs::read).transpose()?.unwrap_or_default();
    measure(&path, &program, &program, &input)
}

/// Runs one program and records another, usually a shorter one.
fn measure(
    name: &str,
    long: &LoadedProgram,
    short: &LoadedProgram,
    input: &[u8],
) -> Result<(), Box<dyn Error>> {
    let options = Options::default();
    let start = Instant::now();
    let run = execute(long, input, &options, &mut |_| {})?;
    let plain = run.cycles as f64 / start.elapsed().as_secs_f64() / 1e6;

    let start = Instant::now();
    let budget = Budget::UNLIMITED;
    let recorded_run = record(short, input, &options, &budget, &mut |_| {})?.execution;
    let recorded = recorded_run.cycles as f64 / start.elapsed().as_secs_f64() / 1e6;
    println!(
        "{name}: {} cycles, exit code {}, {plain:.0} M/s plain, {recorded:.0} M/s recorded",
        run.cycles, run.exit_code
    );
    Ok(())
}

/// A xorshift generator with some branches.
fn arithmetic(count: u64) -> Assembler {
    let mut code = Assembler::new();
    code.li(5, 0x9e37_79b9_7f4a_7c15).li(6, count).li(7, 0);
    let top = code.here();
    let even = code.label();
    code.push(i(Slli, 8, 5, 13)).push(r(Xor, 5, 5, 8));
    code.push(i(Srli, 8, 5, 7)).push(r(Xor, 5, 5, 8));
    code.push(i(Slli, 8, 5, 17)).push(r(Xor, 5, 5, 8));
    code.push(r(Mul, 9, 5, 6)).push(i(Andi, 10, 6, 1));
    code.branch(Beq, 10, 0, even);
    code.push(r(Add, 7, 7, 9));
    code.place(even);
    code.push(i(Addi, 6, 6, -1));
    code.branch(Bne, 6, 0, top);
    code.halt(0);
    code
}

/// Loads, stores and calls on a table of 64 KiB.
fn memory(count: u64) -> Assembler {
    let mut code = Assembler::new();
    code.li(5, Assembler::DATA_START).li(6, count).li(7, 0xffff);
    let function = code.label();
    let top = code.here();
    code.push(r(Mul, 8, 6, 6)).push(r(And, 8, 8, 7)).push(r(Add, 8, 8, 5));
    code.push(i(Andi, 9, 8, -8));
    code.push(i(Ld, 10, 9, 0)).push(r(Add, 10, 10, 6)).push(s(Sd, 9, 10, 0));
    code.push(i(Lbu, 11, 8, 0)).push(i(Addi, 11, 11, 1)).push(s(Sb, 8, 11, 0));
    code.jal(1, function);
    code.push(i(Addi, 6, 6, -1));
    code.branch(Bne, 6, 0, top);
    code.halt(0);
    code.place(function);
    code.push(i(Addi, 12, 12, 3)).push(i(Jalr, 0, 1, 0));
    code
}
