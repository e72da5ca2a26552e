//! Every RV64IM instruction on edge cases, in both interpreters.
//!
//! The expectations are computed here, from wide integers, byte arrays and the specification's
//! text, and share nothing with `lvm_isa::semantics`.

mod both;

use both::{run_both, run_well};
use lvm_isa::instruction::Operation::{self, *};
use lvm_vm::assemble::{Assembler, i, r, s};

const TABLE: u64 = Assembler::DATA_START;
const RESULTS: u64 = Assembler::DATA_START + 0x10_0000;

const VALUES: [u64; 26] = [
    0,
    1,
    2,
    3,
    7,
    31,
    32,
    33,
    63,
    64,
    0x7f,
    0x80,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_ffff,
    0x1_0000_0000,
    0x1_8000_0000,
    0x0123_4567_89ab_cdef,
    0xfedc_ba98_7654_3210,
    i64::MAX as u64,
    i64::MIN as u64,
    i64::MIN as u64 + 1,
    u64::MAX - 1,
    u64::MAX,
];

const IMMEDIATES: [i64; 11] = [0, 1, 2, 7, 31, 32, 0x7ff, -1, -2, -0x7ff, -0x800];

const REGISTER_OPERATIONS: [Operation; 28] = [
    Add, Sub, Sll, Slt, Sltu, Xor, Srl, Sra, Or, And, Addw, Subw, Sllw, Srlw, Sraw, Mul, Mulh,
    Mulhsu, Mulhu, Div, Divu, Rem, Remu, Mulw, Divw, Divuw, Remw, Remuw,
];

fn signed(value: u64) -> i128 {
    if value >> 63 == 1 { i128::from(value) - (1 << 64) } else { i128::from(value) }
}

fn signed_word(value: u64) -> i128 {
    let low = i128::from(value % (1 << 32));
    if low >= 1 << 31 { low - (1 << 32) } else { low }
}

fn unsigned_word(value: u64) -> i128 {
    i128::from(value % (1 << 32))
}

/// The value modulo 2^64.
fn wrap(value: i128) -> u64 {
    value.rem_euclid(1 << 64) as u64
}

/// The value modulo 2^32, sign-extended.
fn wrap_word(value: i128) -> u64 {
    wrap(signed_word(value.rem_euclid(1 << 32) as u64))
}

fn power(exponent: u64) -> i128 {
    1i128 << exponent
}

/// Quotient towards zero and remainder with the dividend's sign, by the specification's table of
/// special cases; `bits` is the width of the result.
fn divide(a: i128, b: i128, bits: u32) -> (i128, i128) {
    let smallest = -(1i128 << (bits - 1));
    match b {
        0 => (-1, a),
        -1 if a == smallest => (smallest, 0),
        _ => {
            let magnitude = a.abs() / b.abs();
            let quotient = if (a < 0) == (b < 0) { magnitude } else { -magnitude };
            (quotient, a - quotient * b)
        }
    }
}

/// What an instruction with two register operands leaves in rd.
fn expected(operation: Operation, a: u64, b: u64) -> u64 {
    let (sa, sb) = (signed(a), signed(b));
    let (ua, ub) = (i128::from(a), i128::from(b));
    let (wa, wb) = (signed_word(a), signed_word(b));
    let (uwa, uwb) = (unsigned_word(a), unsigned_word(b));
    let bits = |f: fn(bool, bool) -> bool| {
        (0..64).filter(|at| f(a >> at & 1 == 1, b >> at & 1 == 1)).map(|at| 1u64 << at).sum()
    };
    match operation {
        Add => wrap(ua + ub),
        Sub => wrap(ua - ub),
        Sll => (0..b % 64).fold(a, |value, _| wrap(i128::from(value) * 2)),
        Srl => wrap(ua.div_euclid(power(b % 64))),
        Sra => wrap(sa.div_euclid(power(b % 64))),
        Slt => u64::from(sa < sb),
        Sltu => u64::from(ua < ub),
        Xor => bits(|x, y| x != y),
        Or => bits(|x, y| x || y),
        And => bits(|x, y| x && y),
        Addw => wrap_word(wa + wb),
        Subw => wrap_word(wa - wb),
        Sllw => wrap_word(uwa * power(b % 32)),
        Srlw => wrap_word(uwa.div_euclid(power(b % 32))),
        Sraw => wrap_word(wa.div_euclid(power(b % 32))),
        Mul => wide_product(a, b).1,
        Mulhu => wide_product(a, b).0,
        // mulh(a, b) = mulhu(a, b) − (a < 0 ? b : 0) − (b < 0 ? a : 0), modulo 2^64.
        Mulh => {
            let high = i128::from(wide_product(a, b).0);
            wrap(high - if sa < 0 { ub } else { 0 } - if sb < 0 { ua } else { 0 })
        }
        Mulhsu => wrap(i128::from(wide_product(a, b).0) - if sa < 0 { ub } else { 0 }),
        Mulw => wrap_word(wa * wb),
        Div => wrap(divide(sa, sb, 64).0),
        Rem => wrap(divide(sa, sb, 64).1),
        Divu => {
            if b == 0 {
                u64::MAX
            } else {
                wrap(ua / ub)
            }
        }
        Remu => {
            if b == 0 {
                a
            } else {
                wrap(ua - ua / ub * ub)
            }
        }
        Divw => wrap_word(divide(wa, wb, 32).0),
        Remw => wrap_word(divide(wa, wb, 32).1),
        Divuw => {
            if uwb == 0 {
                u64::MAX
            } else {
                wrap_word(uwa / uwb)
            }
        }
        Remuw => {
            if uwb == 0 {
                wrap_word(uwa)
            } else {
                wrap_word(uwa - uwa / uwb * uwb)
            }
        }
        _ => unreachable!("{operation} has no two register operands"),
    }
}

/// High and low half of the unsigned product, by schoolbook multiplication of 32-bit halves.
fn wide_product(a: u64, b: u64) -> (u64, u64) {
    let halves = |value: u64| [value % (1 << 32), value >> 32];
    let mut digits = [0u64; 4];
    for (at, x) in halves(a).into_iter().enumerate() {
        let mut carry = 0;
        for (by, y) in halves(b).into_iter().enumerate() {
            let sum = x * y + digits[at + by] + carry;
            digits[at + by] = sum % (1 << 32);
            carry = sum >> 32;
        }
        digits[at + 2] += carry;
    }
    (digits[2] | digits[3] << 32, digits[0] | digits[1] << 32)
}

/// Runs `code` and returns the words that it stored from `RESULTS` on.
fn results(mut code: Assembler, count: usize) -> Vec<u64> {
    code.commit(RESULTS, 8 * count as u64).halt(0);
    let output = run_well(&code.load(), &[]).public_output;
    output.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect()
}

/// Advances the pointers to the operands (x5) and to the results (x6).
fn advance(code: &mut Assembler, operands: i64) {
    code.push(i(Addi, 5, 5, 8 * operands)).push(i(Addi, 6, 6, 8));
}

fn bytes(words: impl IntoIterator<Item = u64>) -> Vec<u8> {
    words.into_iter().flat_map(u64::to_le_bytes).collect()
}

fn pairs() -> Vec<(u64, u64)> {
    VALUES.iter().flat_map(|&a| VALUES.map(|b| (a, b))).collect()
}

#[test]
fn register_operations() {
    let pairs = pairs();
    for operation in REGISTER_OPERATIONS {
        let mut code = Assembler::new();
        code.data(TABLE, &bytes(pairs.iter().flat_map(|&(a, b)| [a, b])));
        code.li(5, TABLE).li(6, RESULTS);
        for _ in &pairs {
            code.push(i(Ld, 7, 5, 0)).push(i(Ld, 8, 5, 8));
            code.push(r(operation, 9, 7, 8)).push(s(Sd, 6, 9, 0));
            advance(&mut code, 2);
        }
        let found = results(code, pairs.len());
        for (&(a, b), found) in pairs.iter().zip(found) {
            let expected = expected(operation, a, b);
            assert_eq!(found, expected, "{operation} {a:#x}, {b:#x}");
        }
    }
}

/// rs1 = rs2, rd = rs1, rd = rs2, all three the same, and rd = x0.
#[test]
fn registers_may_coincide() {
    for operation in REGISTER_OPERATIONS {
        for (a, b) in [(0x8000_0001_8000_0003, 0x1_0000_0005), (u64::MAX, 3), (6, 6)] {
            for (rd, rs1, rs2) in [
                (9, 7, 7),
                (7, 7, 8),
                (8, 7, 8),
                (7, 7, 7),
                (0, 7, 8),
                (0, 0, 0),
                (9, 0, 8),
                (9, 7, 0),
            ] {
                let mut code = Assembler::new();
                code.li(7, a).li(8, b).push(r(operation, rd, rs1, rs2)).halt(0);
                let registers = run_well(&code.load(), &[]).registers;
                let operand = |register| match register {
                    7 => a,
                    8 => b,
                    _ => 0,
                };
                let mut after = [0, a, b, 0];
                after[match rd {
                    7 => 1,
                    8 => 2,
                    9 => 3,
                    _ => 0,
                }] = expected(operation, operand(rs1), operand(rs2));
                after[0] = 0;
                let found = [registers[0], registers[7], registers[8], registers[9]];
                assert_eq!(found, after, "{operation} x{rd}, x{rs1}, x{rs2}");
            }
        }
    }
}

#[test]
fn immediate_operations() {
    let table = [
        (Addi, Add),
        (Slti, Slt),
        (Sltiu, Sltu),
        (Xori, Xor),
        (Ori, Or),
        (Andi, And),
        (Addiw, Addw),
        (Slli, Sll),
        (Srli, Srl),
        (Srai, Sra),
        (Slliw, Sllw),
        (Srliw, Srlw),
        (Sraiw, Sraw),
    ];
    for (operation, register_form) in table {
        let immediates: Vec<i64> = match operation {
            Slli | Srli | Srai => (0..64).collect(),
            Slliw | Srliw | Sraiw => (0..32).collect(),
            _ => IMMEDIATES.to_vec(),
        };
        let cases: Vec<(u64, i64)> =
            VALUES.iter().flat_map(|&a| immediates.iter().map(move |&imm| (a, imm))).collect();
        let mut code = Assembler::new();
        code.data(TABLE, &bytes(cases.iter().map(|case| case.0)));
        code.li(5, TABLE).li(6, RESULTS);
        for &(_, imm) in &cases {
            code.push(i(Ld, 7, 5, 0)).push(i(operation, 9, 7, imm)).push(s(Sd, 6, 9, 0));
            advance(&mut code, 1);
        }
        for (&(a, imm), found) in cases.iter().zip(results(code, cases.len())) {
            let expected = expected(register_form, a, wrap(i128::from(imm)));
            assert_eq!(found, expected, "{operation} {a:#x}, {imm}");
        }
    }
}

#[test]
fn upper_immediates() {
    for imm in [0, 0x1000, 0x7fff_f000, -0x8000_0000, -0x1000, 0x1234_5000] {
        let mut code = Assembler::new();
        code.push(i(Lui, 7, 0, imm)).push(i(Auipc, 8, 0, imm));
        code.push(i(Lui, 0, 0, imm)).push(i(Auipc, 0, 0, imm)).halt(0);
        let registers = run_well(&code.load(), &[]).registers;
        assert_eq!(registers[7], wrap(i128::from(imm)));
        assert_eq!(registers[8], wrap(i128::from(Assembler::CODE_START + 4) + i128::from(imm)));
        assert_eq!(registers[0], 0);
    }
}

/// When a branch is taken.
type Condition = fn(u64, u64) -> bool;

#[test]
fn branches() {
    let pairs = pairs();
    let operations: [(Operation, Condition); 6] = [
        (Beq, |a, b| a == b),
        (Bne, |a, b| a != b),
        (Blt, |a, b| signed(a) < signed(b)),
        (Bge, |a, b| signed(a) >= signed(b)),
        (Bltu, |a, b| a < b),
        (Bgeu, |a, b| a >= b),
    ];
    for (operation, taken) in operations {
        let mut code = Assembler::new();
        code.data(TABLE, &bytes(pairs.iter().flat_map(|&(a, b)| [a, b])));
        code.li(5, TABLE).li(6, RESULTS);
        for _ in &pairs {
            let over = code.label();
            code.push(i(Ld, 7, 5, 0)).push(i(Ld, 8, 5, 8)).push(i(Addi, 9, 0, 1));
            code.branch(operation, 7, 8, over).push(i(Addi, 9, 0, 0));
            code.place(over).push(s(Sd, 6, 9, 0));
            advance(&mut code, 2);
        }
        for (&(a, b), found) in pairs.iter().zip(results(code, pairs.len())) {
            assert_eq!(found == 1, taken(a, b), "{operation} {a:#x}, {b:#x}");
        }
    }
}

/// A branch of an instruction to itself or backwards, and operands in one register.
#[test]
fn branches_go_backwards() {
    let mut code = Assembler::new();
    code.li(5, 10).li(6, 0);
    let top = code.here();
    code.push(r(Add, 6, 6, 5)).push(i(Addi, 5, 5, -1));
    code.branch(Bne, 5, 0, top);
    let over = code.label();
    code.branch(Bne, 5, 5, top).branch(Bge, 5, 5, over).word(0);
    code.place(over).halt(0);
    assert_eq!(run_well(&code.load(), &[]).registers[6], 55);
}

#[test]
fn jumps_link_and_land() {
    let mut code = Assembler::new();
    let (function, end) = (code.label(), code.label());
    code.jal(1, function).jal(0, end);
    code.place(function);
    code.push(i(Auipc, 7, 0, 0));
    // JALR clears the lowest bit of its target, and reads rs1 before it writes rd.
    code.push(i(Addi, 8, 1, 8)).push(i(Jalr, 8, 8, -7));
    code.place(end).halt(0);
    let registers = run_well(&code.load(), &[]).registers;
    let start = Assembler::CODE_START;
    assert_eq!(registers[1], start + 4);
    assert_eq!(registers[7], start + 8);
    assert_eq!(registers[8], start + 20);
    assert_eq!(registers[0], 0);
}

#[test]
fn fences_do_nothing() {
    let mut code = Assembler::new();
    code.li(5, 77);
    for word in [0x0ff0_000f, 0x8330_000f, 0x0100_000f, 0x0000_100f, 0xffff_8f8f] {
        code.word(word);
    }
    code.halt(0);
    let run = run_well(&code.load(), &[]);
    let mut expected = [0; 32];
    (expected[5], expected[17]) = (77, 93);
    assert_eq!(run.registers, expected);
}

/// Every load at every offset, inside a word and across words and pages.
#[test]
fn loads() {
    let pattern: Vec<u8> = (0..48).map(|at: u8| at.wrapping_mul(0x4d) ^ 0xa5).collect();
    let operations = [
        (Lb, 1, true),
        (Lh, 2, true),
        (Lw, 4, true),
        (Ld, 8, true),
        (Lbu, 1, false),
        (Lhu, 2, false),
        (Lwu, 4, false),
    ];
    for base in [TABLE + 0x100, TABLE + 0x1000 - 16] {
        for (operation, width, is_signed) in operations {
            let mut code = Assembler::new();
            code.data(base, &pattern).li(5, base + 24).li(6, RESULTS);
            let offsets = -24..16i64;
            for offset in offsets.clone() {
                code.push(i(operation, 7, 5, offset)).push(s(Sd, 6, 7, 0));
                code.push(i(operation, 0, 5, offset)).push(i(Addi, 6, 6, 8));
            }
            let mut count = 0;
            for (offset, found) in offsets.clone().zip(results(code.clone(), 40)) {
                let start = (24 + offset) as usize;
                let mut value = 0i128;
                for byte in pattern[start..start + width].iter().rev() {
                    value = value * 256 + i128::from(*byte);
                }
                if is_signed && value >= power(8 * width as u64 - 1) {
                    value -= power(8 * width as u64);
                }
                assert_eq!(found, wrap(value), "{operation} at {base:#x} + {start}");
                count += 2 * u64::from(!(base + start as u64).is_multiple_of(width as u64));
            }
            code.halt(0);
            assert_eq!(run_well(&code.load(), &[]).misaligned, count, "{operation}");
        }
    }
}

/// Every store at every offset, inside a word and across words and pages; the bytes around it
/// stay as they were.
#[test]
fn stores() {
    let pattern: Vec<u8> = (0..48).map(|at: u8| at.wrapping_mul(0x35) ^ 0x5a).collect();
    let value = 0x0102_0304_8596_a7b8u64;
    for base in [TABLE + 0x100, TABLE + 0x1000 - 16] {
        for (operation, width) in [(Sb, 1), (Sh, 2), (Sw, 4), (Sd, 8)] {
            for offset in 8..32usize {
                let mut code = Assembler::new();
                code.data(base, &pattern).li(5, base).li(7, value);
                code.push(s(operation, 5, 7, offset as i64)).commit(base, 48).halt(0);
                let mut expected = pattern.clone();
                for (at, byte) in expected[offset..offset + width].iter_mut().enumerate() {
                    *byte = (value / (1 << (8 * at)) % 256) as u8;
                }
                let run = run_well(&code.load(), &[]);
                assert_eq!(run.public_output, expected, "{operation} at {base:#x} + {offset}");
                let misaligned = !(base as usize + offset).is_multiple_of(width);
                assert_eq!(run.misaligned, u64::from(misaligned));
            }
        }
    }
}

/// Address and value, or address and target, in one register.
#[test]
fn memory_operands_may_coincide() {
    let mut code = Assembler::new();
    code.li(5, TABLE).push(s(Sd, 5, 5, 3)).push(i(Ld, 5, 5, 3)).halt(0);
    assert_eq!(run_well(&code.load(), &[]).registers[5], TABLE);
}

#[test]
fn addresses_wrap() {
    // −8 + (TABLE + 8) through a negative base: the sum is taken modulo 2^64.
    let mut code = Assembler::new();
    code.data(0x1000, &[9; 8]).li(5, 0x1000 - 0x7f8).push(i(Lbu, 6, 5, 0x7f8));
    code.li(5, 0x1800).push(i(Lbu, 7, 5, -0x800)).halt(0);
    let registers = run_well(&code.load(), &[]).registers;
    assert_eq!((registers[6], registers[7]), (9, 9));
}

/// Code that is read as data, and untouched memory that is zero.
#[test]
fn code_is_readable_and_the_rest_is_zero() {
    let mut code = Assembler::new();
    code.word(0x0000_100f).li(5, Assembler::CODE_START).push(i(Lwu, 6, 5, 0));
    code.li(5, (1 << 35) - 8).push(i(Ld, 7, 5, 0)).push(i(Lbu, 8, 5, 7));
    code.li(9, 5).push(s(Sd, 5, 9, 0)).push(i(Ld, 10, 5, 0)).push(r(Add, 11, 10, 0)).halt(0);
    let recording = run_both(&code.load(), &[]).unwrap();
    let registers = recording.execution.registers;
    assert_eq!(registers[6..9], [0x100f, 0, 0]);
    assert_eq!(registers[11], 5);
}
