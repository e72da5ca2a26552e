//! Instructions: results, immediates, registers and selectors that a prover may not choose.

use lvm_air::check::RowChecker;
use lvm_air::table::Table;
use lvm_isa::event::{Access, SINK};
use lvm_isa::instruction::Operation::*;
use lvm_isa::segment::Statement;
use lvm_syscalls::halt;
use lvm_vm::assemble::{Assembler, ecall, i, r, s};
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::support::lie::Lie;
use crate::support::{Run, all};

/// A program that ends with x10 as exit code.
fn program(body: impl FnOnce(&mut Assembler)) -> Assembler {
    let mut a = Assembler::new();
    a.li(17, halt::NUMBER);
    body(&mut a);
    a.push(ecall());
    a
}

/// RISC0: an instruction with rs1 = rs2 could read two values from one register.
#[test]
fn one_register_has_one_value_in_an_instruction() {
    let mut lie = Lie::about(&program(|a| {
        a.li(5, 5).push(r(Add, 10, 5, 5));
    }));
    lie.exit(11).record(|run| {
        let events = run.events();
        events.add[0].rs2.value = 6;
        run.leave(5, 6);
    });
    lie.refused(&["bus register"]);
}

/// RISC0: a signed division had a second output, with a remainder of the other sign.
#[test]
fn signed_division_has_one_result() {
    let mut lie = Lie::about(&program(|a| {
        a.li(5, -7i64 as u64).li(6, 2).push(r(Div, 10, 5, 6));
    }));
    let row = (Table::Divide, 0);
    assert_eq!(*lie.cell(row.0, row.1, "quotient.value.lo"), Goldilocks::from_u8(3));
    // −7 = −4·2 + 1: the magnitude of the remainder is −1, and 7 = 4·2 − 1 in the field.
    lie.exit(-4i64 as u64);
    lie.set_value(row, "quotient.value", "quotient.limbs", 4);
    *lie.cell(row.0, row.1, "remainder.value.lo") = -Goldilocks::ONE;
    lie.set(row.0, row.1, "magnitude.lo", 4);
    lie.set_value(row, "output.value", "output.limbs", -4i64 as u64);
    // The comparison of remainder and divisor has a gap of 2 − (−1) − 1 in the low limbs.
    lie.set(row.0, row.1, "remainder_less.gap.limbs[0]", 2);
    lie.refused(&["bus range16"]);
}

/// RISC0: the quotient by zero was free.
#[test]
fn division_by_zero_has_one_result() {
    for quotient in [0u64, 5] {
        let mut lie = Lie::about(&program(|a| {
            a.li(5, 17).push(r(Div, 10, 5, 0));
        }));
        let row = (Table::Divide, 0);
        let result = quotient.wrapping_neg();
        lie.exit(result);
        lie.set_value(row, "quotient.value", "quotient.limbs", quotient);
        lie.set(row.0, row.1, "magnitude.lo", quotient);
        lie.set_value(row, "output.value", "output.limbs", result);
        lie.set(row.0, row.1, "word_sign", result >> 31 & 1);
        lie.set(row.0, row.1, "result_hi", result >> 32);
        lie.refused(&["table divide row 0: the quotient by 0 has magnitude 1"]);
    }
}

/// Jolt: DIVW of i32::MIN by −1, whose quotient doesn't fit.
#[test]
fn divw_of_the_smallest_by_minus_one_is_sign_extended() {
    let mut lie = Lie::about(&program(|a| {
        a.li(5, i32::MIN as i64 as u64).li(6, u64::MAX).push(r(Divw, 10, 5, 6));
    }));
    assert_eq!(lie.run.recording.execution.exit_code, i32::MIN as i64 as u64);
    lie.exit(1 << 31).set(Table::Divide, 0, "result_hi", 0);
    lie.refused(&["table divide row 0: the result's high limb extends the sign for W forms"]);
}

/// OpenVM, ZisK: the top limb of AUIPC's result was not range-checked.
#[test]
fn auipc_has_one_result() {
    let mut lie = Lie::about(&program(|a| {
        a.li(10, 0).push(i(Auipc, 5, 0, 0));
    }));
    let row = lie.run.events().add_immediate.len() - 1;
    let places = [
        (Table::AddImmediate, row, "result"),
        (Table::Boundary, 5, "last"),
        (Table::Ledger, 5, "last"),
    ];
    // The low limb 2^32 less, the high limb 1 more: right as an equation of field elements, limb
    // by limb with a carry.
    for (table, row, value) in places {
        *lie.cell(table, row, &format!("{value}.lo")) -= Goldilocks::from_u64(1 << 32);
        *lie.cell(table, row, &format!("{value}.hi")) += Goldilocks::ONE;
    }
    lie.set(Table::AddImmediate, row, "result_limbs.hi.low", 1);
    lie.refused(&["bus range16"]);

    // And the high limb 2^32 more.
    let mut lie = Lie::of(lie.run);
    for (table, row, value) in places {
        *lie.cell(table, row, &format!("{value}.hi")) += Goldilocks::from_u64(1 << 32);
    }
    let at = format!("table add_immediate row {row}: high limb carries 0 or 1");
    lie.refused(&[&at, "bus range16"]);
}

/// Jolt: immediates of LUI and BEQ that weren't those of the instruction.
#[test]
fn lui_takes_the_programs_immediate() {
    for (imm, forged) in [(0x1234_5000, 0x1234_6000), (-(1 << 31), 1u64 << 31)] {
        let mut lie = Lie::about(&program(|a| {
            a.push(i(Lui, 10, 0, imm));
        }));
        let row = (Table::AddImmediate, 1);
        lie.exit(forged).set_value(row, "result", "result_limbs", forged);
        lie.set(row.0, row.1, "immediate.lo", forged & 0xFFFF_FFFF);
        lie.set(row.0, row.1, "immediate.hi", forged >> 32);
        lie.refused(&["bus program"]);
    }
}

/// See [`lui_takes_the_programs_immediate`].
#[test]
fn beq_takes_the_programs_target() {
    let program = |forged: bool| {
        program(|a| {
            let (one, two) = (a.label(), a.label());
            a.branch(Beq, 0, 0, if forged { two } else { one });
            a.place(one);
            a.li(10, 1).push(ecall());
            a.place(two);
            a.li(10, 2);
        })
    };
    let mut lie = Lie::about(&program(false));
    let other = Run::assembled(&program(true));
    let to = *Lie::of(Run::assembled(&program(true))).cell(Table::BranchEqual, 0, "target");
    lie.record(|run| run.recording = other.recording);
    *lie.cell(Table::BranchEqual, 0, "target") = to;
    *lie.cell(Table::BranchEqual, 0, "next_pc") = to;
    lie.refused(&["bus program"]);
}

/// Nexus: the carry of MULHU was not in range.
#[test]
fn mulhu_has_one_result() {
    let mut lie = Lie::about(&program(|a| {
        a.li(5, u64::MAX).push(r(Mulhu, 10, 5, 5));
    }));
    // 2^64 − 2 is 2^32 − 3 modulo the field's order.
    let forged = 0xFFFF_FFFD;
    lie.exit(forged).set_value((Table::Multiply, 0), "result", "result_limbs", forged);
    lie.set(Table::Multiply, 0, "result_sign", 0);
    lie.refused(&["table multiply row 0: MULHU: values of 2^63 or more have a high limb"]);
}

/// Nexus: the program counter was not tied to the clock, so instructions could change places.
#[test]
fn pc_and_clock_go_together() {
    let mut lie = Lie::about(&program(|a| {
        a.li(10, 0).push(i(Addi, 5, 0, 1)).push(i(Addi, 6, 0, 2));
    }));
    // The two last instructions are executed in the other order, and all accesses follow.
    let events = lie.run.events();
    let (one, two) = (events.add_immediate[2].time, events.add_immediate[3].time);
    let read = events.add_immediate[2].rs1.time;
    let table = Table::AddImmediate;
    for (row, register, at, read) in [(2, 5, two, one), (3, 6, one, read)] {
        lie.set(table, row, "fetch.time", u64::from(at));
        lie.set(table, row, "left.time", u64::from(read));
        lie.set(Table::Boundary, register, "last_time", u64::from(at + 3));
    }
    lie.refused(&["bus execution"]);
}

/// LambdaVM: a register that isn't read was not forced to zero, so that x0 could be anything.
#[test]
fn x0_reads_as_zero() {
    let mut lie = Lie::about(&program(|a| {
        a.push(i(Addi, 10, 0, 0));
    }));
    lie.exit(7).record(|run| {
        run.events().add_immediate[1].rs1.value = 7;
        run.leave(0, 7);
    });
    lie.refused(&["bus register"]);
    // Nor does the segment begin with it.
    lie.record(|run| run.events().first_registers[0] = 7);
    lie.refused(&["bus cell", "bus register"]);
}

/// See [`x0_reads_as_zero`]: nor can a write get into x0.
#[test]
fn x0_is_not_written() {
    let mut lie = Lie::about(&program(|a| {
        a.li(5, 7).push(i(Addi, 0, 5, 0)).push(i(Addi, 10, 0, 0));
    }));
    lie.exit(7).record(|run| {
        let events = run.events();
        let found = events.add_immediate[3].rs1;
        let written = events.add_immediate[2].time + 3;
        events.add_immediate[2].rd = found;
        events.add_immediate[3].rs1 = Access { value: 7, time: written };
        events.last_registers[SINK] = Access::default();
        run.leave(0, 7);
        run.leave(SINK, 0);
    });
    assert_eq!(*lie.cell(Table::AddImmediate, 2, "rd"), Goldilocks::from_usize(SINK));
    lie.set(Table::AddImmediate, 2, "rd", 0);
    lie.refused(&["bus program"]);
}

/// A run that has rows in nearly every table with selectors.
fn of_every_class() -> Assembler {
    program(|a| {
        a.li(5, 0x0123_4567_89AB_CDEF).li(6, 13);
        for operation in
            [Add, Sub, Addw, And, Or, Slt, Sltu, Sll, Sra, Sllw, Mul, Mulhu, Mulw, Div, Remw]
        {
            a.push(r(operation, 7, 5, 6));
        }
        a.push(i(Andi, 7, 5, 3)).push(i(Slti, 7, 5, 3)).push(i(Srai, 7, 5, 3));
        for operation in [Beq, Bne, Blt, Bgeu] {
            let next = a.label();
            a.branch(operation, 5, 6, next);
            a.place(next);
        }
        let next = a.label();
        a.jal(1, next);
        a.place(next);
        a.push(i(Auipc, 8, 0, 0)).push(i(Jalr, 0, 8, 8));
        a.li(9, Assembler::DATA_START);
        for operation in [Sd, Sw, Sh, Sb] {
            a.push(s(operation, 9, 5, 0)).push(s(operation, 9, 5, 15));
        }
        for operation in [Ld, Lw, Lhu, Lb] {
            a.push(i(operation, 7, 9, 0)).push(i(operation, 7, 9, 15));
        }
        a.commit(Assembler::DATA_START, 3).keccak_f(Assembler::DATA_START);
        a.li(17, halt::NUMBER).li(10, 0);
    })
}

/// Polygon: a selector that was not constrained to be 0 or 1.
#[test]
fn selectors_are_boolean() {
    let lie = Lie::about(&of_every_class());
    let statement = Statement::default();
    let mut tried = 0;
    for filled in all(&lie.tables) {
        let table = filled.table;
        let selectors = table.columns().into_iter().enumerate().filter(|(_, column)| {
            let name = column.name.rsplit('.').next().unwrap_or_default();
            // Writability is the cell's, by the bus `memory`, which has 0 and 1 only.
            name.starts_with("is_") && name != "is_writable"
        });
        // These tables have no selectors of the prover's: their rows are preprocessed.
        if table.preprocessed_width() > 0 {
            continue;
        }
        for (at, column) in selectors {
            let height = filled.rows.values.len() / filled.rows.width;
            // A row that is used and one that is padding.
            for row in [0, height - 1] {
                for value in [Goldilocks::TWO, -Goldilocks::ONE, Goldilocks::from_u32(1 << 31)] {
                    let mut cells =
                        filled.rows.values[row * filled.rows.width..][..filled.rows.width].to_vec();
                    cells[at] = value;
                    let (rows, fixed) = ([cells.as_slice(); 2], [&[][..]; 2]);
                    let mut checker = RowChecker::new(table, rows, fixed, row, height);
                    table.eval(&statement, &mut checker);
                    let at = format!("{} row {row}: {} = {value}", table.name(), column.name);
                    assert!(!checker.failures.is_empty(), "{at} is accepted");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 300, "{tried}");
}

/// See [`selectors_are_boolean`]: a row that is there −1 times takes back a row that is there
/// once too often.
#[test]
fn a_row_cannot_be_there_minus_once() {
    let mut lie = Lie::about(&program(|a| {
        a.li(10, 0);
    }));
    let table = Table::AddImmediate;
    let used = lie.run.events().add_immediate.len();
    for column in table.columns() {
        let cell = *lie.cell(table, 0, &column.name);
        *lie.cell(table, used, &column.name) = cell;
        *lie.cell(table, used + 1, &column.name) = cell;
    }
    *lie.cell(table, used + 1, "is_real") = -Goldilocks::ONE;
    let at = format!("table add_immediate row {}: is_real is boolean", used + 1);
    lie.refused(&[&at]);
}
