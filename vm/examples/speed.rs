//! Raw speed of the emulator on two loops: arithmetic, and a sieve with loads and stores.

use std::time::Instant;

use lvm_isa::instruction::Operation::*;
use lvm_vm::assemble::{Assembler, i, r, s};
use lvm_vm::execute::{Options, execute};
use lvm_vm::record::record;

fn main() {
    let options = Options::default();
    for (name, build) in [
        ("arithmetic", arithmetic as fn(u64) -> Assembler),
        ("memory", memory),
    ] {
        let program = build(50_000_000).load();
        let start = Instant::now();
        let run = execute(&program, &[], &options, &mut |_| {}).expect("the loop halts");
        let plain = run.cycles as f64 / start.elapsed().as_secs_f64() / 1e6;

        let program = build(2_000_000).load();
        let start = Instant::now();
        let run = record(&program, &[], &options, &mut |_| {}).expect("the loop halts");
        let recorded = run.execution.cycles as f64 / start.elapsed().as_secs_f64() / 1e6;
        println!("{name}: {plain:.0} M instructions/s plain, {recorded:.0} M/s recorded");
    }
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
    code.push(r(Mul, 8, 6, 6))
        .push(r(And, 8, 8, 7))
        .push(r(Add, 8, 8, 5));
    code.push(i(Andi, 9, 8, -8));
    code.push(i(Ld, 10, 9, 0))
        .push(r(Add, 10, 10, 6))
        .push(s(Sd, 9, 10, 0));
    code.push(i(Lbu, 11, 8, 0))
        .push(i(Addi, 11, 11, 1))
        .push(s(Sb, 8, 11, 0));
    code.jal(1, function);
    code.push(i(Addi, 6, 6, -1));
    code.branch(Bne, 6, 0, top);
    code.halt(0);
    code.place(function);
    code.push(i(Addi, 12, 12, 3)).push(i(Jalr, 0, 1, 0));
    code
}
