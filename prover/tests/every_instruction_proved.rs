//! Every RV64IM instruction, with its edge cases, is executed and proved in one run.

mod support;

use lvm_isa::instruction::Operation::{self, *};
use lvm_vm::assemble::{Assembler, ecall, i, r, s};

use support::Run;

/// Operands at the edges of signs, limbs and shift amounts.
const EDGES: [u64; 12] = [
    0,
    1,
    31,
    32,
    63,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFF,
    i64::MAX as u64,
    i64::MIN as u64,
    0xFFFF_FFFF_8000_0000,
    u64::MAX,
];

const REGISTER: [Operation; 28] = [
    Add, Sub, Sll, Slt, Sltu, Xor, Srl, Sra, Or, And, Addw, Subw, Sllw, Srlw, Sraw, Mul, Mulh,
    Mulhsu, Mulhu, Div, Divu, Rem, Remu, Mulw, Divw, Divuw, Remw, Remuw,
];
const IMMEDIATE: [Operation; 7] = [Addi, Slti, Sltiu, Xori, Ori, Andi, Addiw];
const SHIFT: [Operation; 3] = [Slli, Srli, Srai];
const SHIFT_WORD: [Operation; 3] = [Slliw, Srliw, Sraiw];
const BRANCH: [Operation; 6] = [Beq, Bne, Blt, Bge, Bltu, Bgeu];
const LOAD: [Operation; 7] = [Lb, Lbu, Lh, Lhu, Lw, Lwu, Ld];
const STORE: [Operation; 4] = [Sb, Sh, Sw, Sd];

const DATA: u64 = Assembler::DATA_START;
const A: u8 = 5;
const B: u8 = 6;
const C: u8 = 7;
const SUM: u8 = 8;
const BASE: u8 = 9;

/// Mixes C into the running sum, so that every result reaches the public output.
fn absorb(a: &mut Assembler) {
    a.push(r(Xor, SUM, SUM, C)).push(i(Slli, 30, SUM, 7)).push(i(Srli, SUM, SUM, 57));
    a.push(r(Or, SUM, SUM, 30));
}

/// Commits the running sum and halts.
fn finish(a: &mut Assembler) {
    a.li(BASE, DATA + 0x1000).push(s(Sd, BASE, SUM, 0));
    a.commit(DATA + 0x1000, 8);
    a.halt(0);
}

#[test]
fn register_and_immediate_operations() {
    let mut a = Assembler::new();
    for x in EDGES {
        a.li(A, x);
        for y in EDGES {
            a.li(B, y);
            for operation in REGISTER {
                a.push(r(operation, C, A, B));
                absorb(&mut a);
            }
        }
        for operation in IMMEDIATE {
            for imm in [-2048, -1, 0, 1, 2047] {
                a.push(i(operation, C, A, imm));
                absorb(&mut a);
            }
        }
        for (operations, amounts) in [(SHIFT, &[0, 1, 31, 32, 63][..]), (SHIFT_WORD, &[0, 1, 31])] {
            for operation in operations {
                for &amount in amounts {
                    a.push(i(operation, C, A, amount));
                    absorb(&mut a);
                }
            }
        }
    }
    finish(&mut a);
    Run::assembled(&a).expect_accepted();
}

#[test]
fn coinciding_registers_and_x0() {
    let mut a = Assembler::new();
    for x in EDGES {
        for operation in REGISTER {
            a.li(C, x).push(r(operation, C, C, C));
            absorb(&mut a);
            a.li(A, x).push(r(operation, 0, A, A)).push(r(operation, C, 0, 0));
            absorb(&mut a);
        }
        for operation in IMMEDIATE {
            a.li(C, x).push(i(operation, C, C, -7)).push(i(operation, 0, C, 7));
            absorb(&mut a);
        }
    }
    for operation in [Lui, Auipc] {
        for imm in [-(1 << 31), -4096, 0, 4096, 0x7FFF_F000] {
            a.push(i(operation, C, 0, imm)).push(i(operation, 0, 0, imm));
            absorb(&mut a);
        }
    }
    a.push(r(Fence, 0, 0, 0));
    finish(&mut a);
    Run::assembled(&a).expect_accepted();
}

#[test]
fn branches_and_jumps() {
    let mut a = Assembler::new();
    for x in EDGES {
        for y in EDGES {
            a.li(A, x).li(B, y);
            for operation in BRANCH {
                let over = a.label();
                a.branch(operation, A, B, over);
                a.push(i(Addi, SUM, SUM, 1));
                a.place(over);
                a.push(i(Slli, SUM, SUM, 1));
            }
        }
    }
    // JAL and JALR forwards and backwards, with odd sums, with rd = rs1 and rd = x0.
    let (forward, back) = (a.label(), a.label());
    a.jal(1, forward);
    a.place(back);
    a.push(i(Addi, SUM, SUM, 3)).push(i(Jalr, 0, 2, 0));
    a.place(forward);
    a.jal(2, back);
    a.push(i(Auipc, 3, 0, 0)).push(i(Jalr, 3, 3, 9)).push(i(Addi, C, 3, 0));
    absorb(&mut a);
    let next = a.label();
    a.jal(0, next);
    a.place(next);
    finish(&mut a);
    Run::assembled(&a).expect_accepted();
}

#[test]
fn loads_and_stores_at_every_offset() {
    let mut a = Assembler::new();
    let pattern: Vec<u8> = (0..64u8).map(|byte| byte.wrapping_mul(37) ^ 0x85).collect();
    a.data(DATA, &pattern);
    a.li(BASE, DATA + 16);
    a.li(A, 0x8182_8384_F5F6_F7F8);
    for offset in -9..17 {
        for operation in LOAD {
            a.push(i(operation, C, BASE, offset));
            absorb(&mut a);
        }
        for operation in STORE {
            a.push(s(operation, BASE, A, offset));
            a.push(i(Addi, A, A, 0x155));
        }
    }
    // Into a page that nothing has touched, across its border, and with rd = rs1.
    a.li(BASE, DATA + 0x10_0FFC).push(s(Sd, BASE, A, 0)).push(i(Ld, C, BASE, 0));
    absorb(&mut a);
    a.li(C, DATA + 8).push(i(Ld, C, C, 0)).push(i(Lb, 0, BASE, 1));
    absorb(&mut a);
    // Code can be read, whole and in part, aligned or not.
    a.push(i(Auipc, BASE, 0, 0));
    for operation in LOAD {
        for offset in [-8, -3, 0, 5] {
            a.push(i(operation, C, BASE, offset));
            absorb(&mut a);
        }
    }
    finish(&mut a);
    Run::assembled(&a).expect_accepted();
}

#[test]
fn every_call() {
    let mut a = Assembler::new();
    a.data(DATA, b"forty-two bytes that the program may print");
    a.li(17, lvm_syscalls::print::NUMBER).li(10, DATA).li(11, 42).push(ecall());
    // What can't be shown is not: a print never traps.
    a.li(10, 0).li(11, 5).push(ecall()).li(10, u64::MAX).push(ecall());
    a.commit(DATA + 3, 0);
    a.commit(0, 0);
    a.commit(lvm_syscalls::layout::MEMORY_END, 0);
    a.commit(DATA + 3, 1);
    a.commit(DATA + 5, 30);
    a.commit(DATA, 16);
    a.keccak_f(DATA);
    a.keccak_f(DATA + 8);
    for offset in 0..8 {
        a.copy_words(DATA + 64, DATA + offset, 1);
        a.copy_words(DATA, DATA + 16 + offset, 5).copy_words(DATA + 24, DATA + offset, 9);
    }
    // From code, which can't be written, to what nothing has touched.
    a.copy_words(DATA + 0x20_0000, Assembler::CODE_START + 3, 3);
    a.commit(DATA, 208);
    a.halt(0);
    let run = Run::assembled(&a);
    assert_eq!(run.recording.execution.public_output.len(), 1 + 30 + 16 + 208);
    run.expect_accepted();
}

#[test]
fn registers_that_rest_for_long_are_refreshed() {
    let mut a = Assembler::new();
    a.li(28, 77).li(A, 30_000);
    let around = a.here();
    a.push(i(Addi, A, A, -1));
    a.branch(Bne, A, 0, around);
    a.push(i(Addi, C, 28, 0));
    absorb(&mut a);
    finish(&mut a);
    let mut run = Run::assembled(&a);
    assert!(!run.events().refreshes.is_empty());
    run.expect_accepted();
}
