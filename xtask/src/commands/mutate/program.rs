//! A short program whose run has rows in every table, in two segments.

use lvm_isa::instruction::Operation::{self, *};
use lvm_syscalls::curve::{self, Curve};
use lvm_syscalls::layout::PRIVATE_INPUT_START;
use lvm_syscalls::modular::{self, WORDS_256, WORDS_384};
use lvm_syscalls::quadratic::{self, WORDS_BLS12_381, WORDS_BN254};
use lvm_syscalls::{multiply_x, sha256};
use lvm_vm::assemble::{Assembler, ecall, i, r, s};

/// What the program reads.
pub(super) const PRIVATE_INPUT: &[u8] = b"sixteen bytes!!! and a few more";

/// Pairs of operands: small, of different signs, at the edges of words and of division.
const OPERANDS: [[u64; 2]; 6] = [
    [7, 3],
    [0xFFFF_FFFF_FFFF_FFF9, 3],
    [0x0123_4567_89AB_CDEF, 0],
    [1 << 63, u64::MAX],
    [0xFFFF_FFFF_8000_0000, 0xFFFF_FFFF_FFFF_FFFF],
    [0xFEDC_BA98_7654_3210, 0xFEDC_BA98_7654_3210],
];
const REGISTER: [Operation; 28] = [
    Add, Sub, Sll, Slt, Sltu, Xor, Srl, Sra, Or, And, Addw, Subw, Sllw, Srlw, Sraw, Mul, Mulh,
    Mulhsu, Mulhu, Div, Divu, Rem, Remu, Mulw, Divw, Divuw, Remw, Remuw,
];
const IMMEDIATE: [Operation; 7] = [Addi, Slti, Sltiu, Xori, Ori, Andi, Addiw];
const SHIFT: [Operation; 6] = [Slli, Srli, Srai, Slliw, Srliw, Sraiw];
const BRANCH: [Operation; 6] = [Beq, Bne, Blt, Bge, Bltu, Bgeu];
const LOAD: [Operation; 7] = [Lb, Lbu, Lh, Lhu, Lw, Lwu, Ld];
const STORE: [Operation; 4] = [Sb, Sh, Sw, Sd];

/// Iterations of a loop of two instructions that lasts longer than 2^16 ticks.
const LONG: u64 = 8200;

const DATA: u64 = Assembler::DATA_START;
const A: u8 = 5;
const B: u8 = 6;
const C: u8 = 7;
const BASE: u8 = 9;
const RESTING: u8 = 28;

/// The program, and how many instructions its last segment executes.
pub(super) fn assemble() -> (Assembler, u64) {
    let mut a = Assembler::new();
    let pattern: Vec<u8> = (0..240u8).map(|byte| byte.wrapping_mul(37) ^ 0x85).collect();
    a.data(DATA, &pattern);
    for (at, offset) in NUMBERS.into_iter().enumerate() {
        a.data(DATA + offset, &words(at as u64));
    }
    a.data(DATA + MODULUS, &modulus());
    for (place, scalars) in [(MULTIPLES, [1_u64, 2]), (MULTIPLES + 0x83, [5, 6])] {
        let words = BASE_X.map(u64::to_le_bytes);
        a.data(DATA + place, words.as_flattened());
        for (offset, scalar) in (0x20..).step_by(0x20).zip(scalars) {
            a.data(DATA + place + offset, &scalar.to_le_bytes());
        }
    }
    for [x, y] in OPERANDS {
        a.li(A, x).li(B, y);
        for operation in REGISTER {
            a.push(r(operation, C, A, B));
        }
        for operation in IMMEDIATE {
            a.push(i(operation, C, A, -5)).push(i(operation, C, A, 1365));
        }
        for operation in SHIFT {
            a.push(i(operation, C, A, 0)).push(i(operation, C, A, 13)).push(i(operation, C, A, 31));
        }
        for operation in BRANCH {
            let over = a.label();
            a.branch(operation, A, B, over);
            a.push(i(Addi, C, C, 1));
            a.place(over);
        }
    }
    a.push(i(Slli, C, A, 45)).push(i(Srai, C, A, 63)).push(r(Fence, 0, 0, 0));
    jumps(&mut a);
    memory(&mut a);
    a.li(RESTING, 77).li(A, LONG);
    let around = a.here();
    a.push(i(Addi, A, A, -1));
    a.branch(Bne, A, 0, around);
    a.push(i(Addi, C, RESTING, 0));
    // The calls are in a segment of their own, which finds what the first one left.
    let calls = a.pc();
    a.li(17, lvm_syscalls::print::NUMBER).li(10, DATA).li(11, 0).push(ecall());
    a.commit(DATA + 3, 0);
    a.commit(DATA + 5, 30);
    a.keccak_f(DATA);
    a.keccak_f(DATA + 8);
    a.copy_words(DATA + 0x20_0000, DATA, 2);
    a.copy_words(DATA + 8, DATA + 3, 5);
    computations(&mut a);
    a.commit(DATA, 9);
    a.halt(0);
    let cycles = (a.pc() - calls) / 4;
    (a, cycles)
}

/// Where the operands of the calls that compute are, from [`DATA`] on: three numbers, elements or
/// points, each with 12 words to itself, and the modulus.
const NUMBERS: [u64; 3] = [0x1000, 0x1060, 0x10C0];
const MODULUS: u64 = 0x1120;
/// What registers hold that a call doesn't take.
const GARBAGE: u64 = 0xFEDC_BA98_7654_3210;

/// Twelve words, each less than 2^60, so that they are parts of elements of all fields.
fn words(seed: u64) -> Vec<u8> {
    let word = |at: u64| (12 * seed + at + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 4;
    (0..12).flat_map(|at| word(at).to_le_bytes()).collect()
}

/// A prime of 256 bits, and with the words after it an odd number of 384 bits.
fn modulus() -> Vec<u8> {
    let [first, second, third, fourth] = Curve::Secp256k1.modulus();
    let words = [first, second, third, fourth, 0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3211];
    words.into_iter().flat_map(u64::to_le_bytes).collect()
}

/// Each call that computes, on operands of their own and on ones that are the same; one that reads
/// code.
fn computations(a: &mut Assembler) {
    let [d, x, y] = NUMBERS.map(|offset| DATA + offset);
    let m = DATA + MODULUS;
    for count in [WORDS_256, WORDS_384] {
        for operation in modular::Operation::ALL {
            let number = modular::number(count, operation);
            let b = if operation == modular::Operation::Invert { GARBAGE } else { y };
            a.call(number, [d, x, m, b]).call(number, [d, d, m, b]);
        }
    }
    let code = Assembler::CODE_START;
    a.call(modular::number(WORDS_256, modular::Operation::Multiply), [d, code, m, code + 8]);
    for count in [WORDS_BN254, WORDS_BLS12_381] {
        a.copy_words(d, y, count as u64);
        for operation in quadratic::Operation::ALL {
            let number = quadratic::number(count, operation);
            a.call(number, [d, x, y, GARBAGE]).call(number, [d, d, d, GARBAGE]);
        }
    }
    for curve in Curve::ALL {
        let [add, double] = curve::Operation::ALL.map(|operation| curve::number(curve, operation));
        a.copy_words(d, y, 8);
        a.call(add, [d, x, GARBAGE, GARBAGE]).call(double, [d, GARBAGE, GARBAGE, GARBAGE]);
        a.call(add, [d, x, 0, 0]).call(double, [d, 0, 0, 0]);
    }
    for block in [x, d, code] {
        a.call(sha256::NUMBER, [d, block, GARBAGE, GARBAGE]);
    }
    // The x of secp256k1's base point, and two scalars each, aligned and not.
    for place in [MULTIPLES, MULTIPLES + 0x83] {
        let point = DATA + place;
        for (result, scalar) in [(0x200, 0x20), (0x285, 0x40)] {
            let result = DATA + MULTIPLES + result;
            a.call(multiply_x::NUMBER, [result, point, point + scalar, GARBAGE]);
        }
    }
}

/// Where the operands of `multiply_x` are, from [`DATA`] on.
const MULTIPLES: u64 = 0x1180;

/// The x of secp256k1's base point (SEC 2, section 2.4.1), lowest word first.
const BASE_X: [u64; 4] =
    [0x59F2_815B_16F8_1798, 0x029B_FCDB_2DCE_28D9, 0x55A0_6295_CE87_0B07, 0x79BE_667E_F9DC_BBAC];

/// JAL and JALR, forwards and backwards, with a destination and without.
fn jumps(a: &mut Assembler) {
    let (forward, back) = (a.label(), a.label());
    a.jal(1, forward);
    a.place(back);
    a.push(i(Jalr, 0, 2, 0));
    a.place(forward);
    a.jal(2, back);
    a.push(i(Auipc, 3, 0, 0)).push(i(Jalr, 3, 3, 9));
    a.push(i(Lui, C, 0, -4096)).push(i(Auipc, 0, 0, 4096));
}

/// Loads and stores at every kind of offset: in the image, in the private input, in words that
/// nothing has touched, in code.
fn memory(a: &mut Assembler) {
    a.li(A, 0x8182_8384_F5F6_F7F8);
    for (base, offsets) in
        [(DATA + 16, &[-8, 0, 1, 3, 5, 7, 10, 12][..]), (DATA + 0x10_0000, &[0, 8, 61, 2040])]
    {
        a.li(BASE, base);
        for &offset in offsets {
            for operation in LOAD {
                a.push(i(operation, C, BASE, offset));
            }
            for operation in STORE {
                a.push(s(operation, BASE, A, offset)).push(i(Addi, A, A, 0x155));
            }
        }
    }
    a.li(BASE, PRIVATE_INPUT_START);
    a.push(i(Lw, C, BASE, 0)).push(i(Ld, C, BASE, 8)).push(i(Ld, C, BASE, 21));
    a.push(i(Auipc, BASE, 0, 0)).push(i(Ld, C, BASE, -7)).push(i(Lw, C, BASE, 0));
    a.push(i(Andi, BASE, BASE, -8)).push(i(Ld, C, BASE, 0));
}
