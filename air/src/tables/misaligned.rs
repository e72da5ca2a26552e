//! `misaligned`: loads and stores of 2, 4 or 8 bytes at any address.
//!
//! Statement: at `time` the machine at `pc` executes LH, LHU, LW, LWU, LD, SH, SW or SD on the
//! bytes at the address rs1 + displacement. A load's rd becomes those bytes, sign-extended by LH
//! and LW; a store's bytes become the low bytes of rs2 and all other bytes stay.
//!
//! Such accesses are rare, so the table spells them out: both memory words that they may touch
//! are bytes before and after, and the offset of the address in the first word is one of eight
//! selectors. The second word is accessed only when the bytes reach into it. Nothing demands that
//! the address is not aligned: an aligned access is proved just as well.

use lvm_isa::event::MemoryStep;
use lvm_isa::instruction::{Instruction, Operation};
use lvm_isa::semantics;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{BytePairMsg, Sign16Msg};
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::fetch::{Decoded, Fetch};
use crate::gadgets::memory::{MemoryAccess, effective_address, fill_effective_address};
use crate::gadgets::register::RegisterAccess;
use crate::gadgets::value::Value;
use crate::tables::program::{code, destination, signed};

columns! {
    /// One executed load or store.
    pub struct MisalignedRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 for LH; 0 or 1.
        is_lh: cell,
        /// 1 for LHU; 0 or 1.
        is_lhu: cell,
        /// 1 for LW; 0 or 1.
        is_lw: cell,
        /// 1 for LWU; 0 or 1.
        is_lwu: cell,
        /// 1 for LD; 0 or 1.
        is_ld: cell,
        /// 1 for SH; 0 or 1.
        is_sh: cell,
        /// 1 for SW; 0 or 1.
        is_sw: cell,
        /// 1 for SD; 0 or 1.
        is_sd: cell,
        /// A load's destination register, or the sink; a store's rs2.
        register: cell,
        /// Register with the base address.
        rs1: cell,
        /// Signed displacement, as the program has it.
        displacement: cell,
        /// Read of rs1.
        base: RegisterAccess,
        /// A load's write of rd, a store's read of rs2.
        access: RegisterAccess,
        /// Access to the memory word with the first byte.
        first: MemoryAccess,
        /// Access to the memory word after it, where `crosses`.
        second: MemoryAccess,
        /// 1 when the address modulo 8 is the position; 0 or 1, one of them in a used row.
        offsets: [cell; 8],
        /// 1 when the bytes reach into the second word; 0 or 1.
        crosses: cell,
        /// The first word's bytes, then the second's, as found; each below 2^8.
        before: [cell; 16],
        /// The same bytes afterwards; each below 2^8.
        after: [cell; 16],
        /// The bytes of a load's result or of a store's rs2; each below 2^8.
        value: [cell; 8],
        /// The top bit of the loaded bytes for LH and LW, else 0; 0 or 1.
        sign: cell,
    }
}

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = MisalignedRow::<AB::Var>::of(builder.main().current_slice());
    let loads = [row.is_lh, row.is_lhu, row.is_lw, row.is_lwu, row.is_ld];
    let stores = [row.is_sh, row.is_sw, row.is_sd];
    let is_load = sum::<AB>(loads);
    let is_store = sum::<AB>(stores);
    let active = is_load.clone() + is_store.clone();
    for selector in loads.into_iter().chain(stores) {
        builder.constrain_bool("selectors are boolean", selector);
    }
    builder.constrain_bool("at most one operation", active.clone());
    for offset in row.offsets {
        builder.constrain_bool("offsets are boolean", offset);
    }
    builder.constrain("one offset", sum::<AB>(row.offsets) - active.clone());

    let operations = [
        (row.is_lh, Operation::Lh),
        (row.is_lhu, Operation::Lhu),
        (row.is_lw, Operation::Lw),
        (row.is_lwu, Operation::Lwu),
        (row.is_ld, Operation::Ld),
        (row.is_sh, Operation::Sh),
        (row.is_sw, Operation::Sw),
        (row.is_sd, Operation::Sd),
    ];
    let decoded = Decoded {
        code: operations.into_iter().fold(AB::Expr::ZERO, |sum, (selector, operation)| {
            sum + selector * AB::Expr::from_u8(code(operation))
        }),
        operands: [
            row.register.into(),
            row.rs1.into(),
            row.displacement.into(),
            AB::Expr::ZERO,
            AB::Expr::ZERO,
        ],
    };
    row.fetch.constrain(builder, decoded, row.fetch.fallthrough::<AB>(), active.clone());
    row.base.constrain_read(builder, row.rs1, row.fetch.at::<AB>(0), active.clone());

    // The register: a load writes the bytes of `value` at the third tick; a store leaves, at the
    // first tick, the bytes that it has read.
    let value = word::<AB>(row.value);
    row.access.constrain_write(
        builder,
        row.register,
        Value { lo: value.lo.clone(), hi: value.hi.clone() },
        row.fetch.at::<AB>(0) + is_store.clone() + is_load.clone() * AB::Expr::from_u8(3),
        active.clone(),
    );
    let read = row.access.before;
    builder
        .constrain("a store's low bytes are those of rs2", (value.lo - read.lo) * is_store.clone());
    builder.constrain(
        "a store's high bytes are those of rs2",
        (value.hi - read.hi) * is_store.clone(),
    );

    // Memory. It has only multiples of 8, so the offset is the address modulo 8.
    let address = effective_address(builder, row.base.before, row.displacement, active.clone());
    let offset = (0..8).fold(AB::Expr::ZERO, |sum, position| {
        sum + row.offsets[position] * AB::Expr::from_usize(position)
    });
    let first_address = address - offset;
    let second_address = first_address.clone() + AB::Expr::from_u8(8);
    let [first_before, second_before] = words::<AB>(row.before);
    let [first_after, second_after] = words::<AB>(row.after);
    let now = row.fetch.at::<AB>(2);
    row.first.constrain_either(
        builder,
        first_address,
        first_after,
        is_store.clone(),
        now.clone(),
        active.clone(),
    );
    let writes_second = is_store.clone() * row.crosses;
    row.second.constrain_either(
        builder,
        second_address,
        second_after,
        writes_second,
        now,
        row.crosses,
    );
    let (first, second) = (row.first.before(), row.second.before());
    builder.constrain("bytes of the first word, low", first_before.lo - first.lo);
    builder.constrain("bytes of the first word, high", first_before.hi - first.hi);
    builder.constrain("bytes of the second word, low", second_before.lo - second.lo);
    builder.constrain("bytes of the second word, high", second_before.hi - second.hi);

    // Limbs are canonical, so that they are sums of four bytes in one way only. Bytes of the
    // second word matter only where it is accessed. A byte after the access is one of these.
    for (bytes, active) in [
        (&row.before[..8], active.clone()),
        (&row.before[8..], row.crosses.into()),
        (&row.value[..], active),
    ] {
        for pair in bytes.chunks(2) {
            BytePairMsg { a: pair[0].into(), b: pair[1].into() }.send(builder, active.clone());
        }
    }

    // The operations that load, or store, more than so many bytes.
    let loads_more_than = |byte: usize| match byte {
        0 | 1 => is_load.clone(),
        2 | 3 => row.is_lw + row.is_lwu + row.is_ld,
        _ => row.is_ld.into(),
    };
    let stores_more_than = |byte: usize| match byte {
        0 | 1 => is_store.clone(),
        2 | 3 => row.is_sw + row.is_sd,
        _ => row.is_sd.into(),
    };

    // Bytes offset..offset + width lie beyond the first word.
    let beyond = |width: usize| sum::<AB>(row.offsets[9 - width..].iter().copied());
    builder.constrain(
        "crosses tells whether the second word is reached",
        beyond(2) * (row.is_lh + row.is_lhu + row.is_sh)
            + beyond(4) * (row.is_lw + row.is_lwu + row.is_sw)
            + beyond(8) * (row.is_ld + row.is_sd)
            - row.crosses,
    );

    // Load: byte i of the result is byte offset + i of the words, or all sign above the width,
    // which is at least two bytes.
    for (i, byte) in row.value.into_iter().enumerate() {
        let found = (0..8)
            .fold(AB::Expr::ZERO, |sum, offset| sum + row.offsets[offset] * row.before[offset + i]);
        builder.constrain(
            "a load takes the bytes at the offset",
            (-found + byte) * loads_more_than(i),
        );
    }
    let fill = row.sign * AB::Expr::from_u8(u8::MAX);
    for (i, byte) in row.value.into_iter().enumerate().skip(2) {
        let is_above = is_load.clone() - loads_more_than(i);
        builder.constrain("a load extends the sign", (-fill.clone() + byte) * is_above);
    }
    let top = row.is_lh * row.value[1] + row.is_lw * row.value[3];
    Sign16Msg { value: top * AB::Expr::from_u16(1 << 8), sign: row.sign.into() }
        .send(builder, row.is_lh + row.is_lw);
    builder.constrain(
        "only LH and LW have a sign",
        (-(row.is_lh + row.is_lw) + AB::Expr::ONE) * row.sign,
    );

    // Store: byte j changes to byte j − offset of rs2 when that is one of those stored.
    for (j, (&before, &after)) in row.before.iter().zip(&row.after).enumerate() {
        let change = (0..8).filter(|offset| (*offset..offset + 8).contains(&j)).fold(
            AB::Expr::ZERO,
            |sum, offset| {
                let i = j - offset;
                sum + (row.value[i] - before) * row.offsets[offset] * stores_more_than(i)
            },
        );
        builder.constrain("a store changes the bytes at the offset", change + before - after);
    }
}

/// The sum of cells.
fn sum<AB: TableBuilder>(cells: impl IntoIterator<Item = AB::Var>) -> AB::Expr {
    cells.into_iter().fold(AB::Expr::ZERO, |sum, cell| sum + cell)
}

/// The value with these bytes, least significant first.
fn word<AB: TableBuilder>(bytes: [AB::Var; 8]) -> Value<AB::Expr> {
    let limb = |bytes: &[AB::Var]| {
        bytes
            .iter()
            .rev()
            .fold(AB::Expr::ZERO, |above, &byte| above * AB::Expr::from_u16(1 << 8) + byte)
    };
    Value { lo: limb(&bytes[..4]), hi: limb(&bytes[4..]) }
}

/// The two values with these bytes.
fn words<AB: TableBuilder>(bytes: [AB::Var; 16]) -> [Value<AB::Expr>; 2] {
    [0, 8].map(|start| word::<AB>(core::array::from_fn(|i| bytes[start + i])))
}

/// The row of one executed instruction; `is_writable` tells whether stores may change the two
/// words.
pub fn fill(
    pc: u64,
    instruction: &Instruction,
    event: &MemoryStep,
    is_writable: [bool; 2],
    counts: &mut Counts,
) -> MisalignedRow<Goldilocks> {
    let step = &event.step;
    let operation = instruction.operation;
    let is = |other: Operation| Goldilocks::from_bool(operation == other);
    let is_store = matches!(operation, Operation::Sh | Operation::Sw | Operation::Sd);
    let width = semantics::access_width(operation);
    let address = step.rs1.value.wrapping_add_signed(instruction.imm);
    let crosses = semantics::crosses_word(address, width);
    let [first, second] = [event.word.value, event.next_word.value];

    let value = if is_store {
        step.rs2.value
    } else {
        semantics::load_value(operation, semantics::extract(first, second, address))
    };
    let after = if is_store {
        semantics::store_merge(first, second, address, width, value)
    } else {
        (first, second)
    };

    fill_effective_address(step.rs1.value, counts);
    count_bytes(first, counts);
    if crosses {
        count_bytes(second, counts);
    }
    count_bytes(value, counts);
    let is_signed = matches!(operation, Operation::Lh | Operation::Lw);
    if is_signed {
        counts.sign16(((value >> (8 * width - 8)) << 8) as u16);
    }
    MisalignedRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_lh: is(Operation::Lh),
        is_lhu: is(Operation::Lhu),
        is_lw: is(Operation::Lw),
        is_lwu: is(Operation::Lwu),
        is_ld: is(Operation::Ld),
        is_sh: is(Operation::Sh),
        is_sw: is(Operation::Sw),
        is_sd: is(Operation::Sd),
        register: Goldilocks::from_u8(if is_store {
            instruction.rs2
        } else {
            destination(instruction.rd)
        }),
        rs1: Goldilocks::from_u8(instruction.rs1),
        displacement: signed(instruction.imm),
        base: RegisterAccess::fill(step.rs1, step.time, counts),
        access: if is_store {
            RegisterAccess::fill(step.rs2, step.time + 1, counts)
        } else {
            RegisterAccess::fill(step.rd, step.time + 3, counts)
        },
        first: MemoryAccess::fill(event.word, is_writable[0], step.time + 2, counts),
        second: if crosses {
            MemoryAccess::fill(event.next_word, is_writable[1], step.time + 2, counts)
        } else {
            MemoryAccess::default()
        },
        offsets: core::array::from_fn(|i| Goldilocks::from_bool(address % 8 == i as u64)),
        crosses: Goldilocks::from_bool(crosses),
        before: bytes(first, second),
        after: bytes(after.0, after.1),
        value: value.to_le_bytes().map(Goldilocks::from_u8),
        sign: Goldilocks::from_bool(is_signed && value >> 63 == 1),
    }
}

/// The bytes of two words.
fn bytes(first: u64, second: u64) -> [Goldilocks; 16] {
    (u128::from(second) << 64 | u128::from(first)).to_le_bytes().map(Goldilocks::from_u8)
}

/// Counts the lookups of a word's bytes.
fn count_bytes(word: u64, counts: &mut Counts) {
    for [a, b] in word.to_le_bytes().as_chunks().0 {
        counts.byte_pair(*a, *b);
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use lvm_isa::event::Access;
    use p3_field::PrimeField64;

    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::gadgets::value::TWO_32;
    use crate::tables::program::operands;
    use crate::tables::testing::*;

    const LOADS: [Operation; 5] =
        [Operation::Lh, Operation::Lhu, Operation::Lw, Operation::Lwu, Operation::Ld];
    const STORES: [Operation; 3] = [Operation::Sh, Operation::Sw, Operation::Sd];
    const BASE: u64 = 0x2000;
    const ONE: Goldilocks = Goldilocks::ONE;
    const ZERO: Goldilocks = Goldilocks::ZERO;
    const WORDS: [(u64, u64); 5] = [
        (0, 0),
        (0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210),
        (0x80FF_7F01_FE81_A55A, 0x7F80_017F_8000_FF80),
        (u64::MAX, 0),
        (u64::MAX, u64::MAX),
    ];

    fn is_store(operation: Operation) -> bool {
        STORES.contains(&operation)
    }

    fn event(
        operation: Operation,
        base: u64,
        offset: u64,
        value: u64,
        words: (u64, u64),
    ) -> MemoryStep {
        let mut event = memory_step(base, value, words.0, words.1);
        if !semantics::crosses_word(offset, semantics::access_width(operation)) {
            event.next_word = Access::default();
        }
        event
    }

    fn row(operation: Operation, offset: u64, value: u64) -> MisalignedRow<Goldilocks> {
        let event = event(operation, BASE, offset, value, WORDS[1]);
        fill(PC, &instruction(operation, offset as i64), &event, [true; 2], &mut Counts::new(1))
    }

    fn check(instruction: &Instruction, event: &MemoryStep) {
        let mut counts = Counts::new(1);
        let row = fill(PC, instruction, event, [true; 2], &mut counts);
        let operation = instruction.operation;
        let base = event.step.rs1.value;
        let (first, second) = (event.word.value, event.next_word.value);
        let case = std::format!("{} on {second:#x}", case(instruction, base, first));
        expect_honest(&case, &row, &counts, eval);

        let address = base.wrapping_add_signed(instruction.imm);
        let width = semantics::access_width(operation);
        let (data, after) = if is_store(operation) {
            let value = event.step.rs2.value;
            let after = semantics::store_merge(first, second, address, width, value);
            ((u64::from(instruction.rs2), value, 401), after)
        } else {
            let raw = semantics::extract(first, second, address);
            let value = semantics::load_value(operation, raw);
            ((u64::from(destination(instruction.rd)), value, 403), (first, second))
        };
        let base = (u64::from(instruction.rs1), base, 400);
        assert_eq!(register_sends(&row, eval), [base, data], "{case}");
        let mut memory = Vec::from([(address & !7, after.0, 402)]);
        if semantics::crosses_word(address, width) {
            memory.push(((address & !7) + 8, after.1, 402));
        }
        assert_eq!(memory_sends(&row, eval), memory, "{case}");
        assert_eq!(message(&row, Bus::Execution, Side::Send, eval), [404, PC + 4], "{case}");
        let mut program = Vec::from([PC, u64::from(code(operation))]);
        program.extend(operands(PC, instruction).iter().map(PrimeField64::as_canonical_u64));
        assert_eq!(message(&row, Bus::Program, Side::Send, eval), program, "{case}");
    }

    #[test]
    fn honest_rows_agree_with_the_semantics() {
        for operation in [&LOADS[..], &STORES].concat() {
            for offset in 0..8 {
                for words in WORDS {
                    let values = if is_store(operation) { &EDGES[..] } else { &EDGES[..1] };
                    for &value in values {
                        let low = event(operation, BASE, offset, value, words);
                        check(&instruction(operation, offset as i64), &low);
                    }
                    let value = 0x8123_4567_89AB_CDEF;
                    let low = event(operation, BASE, offset, value, words);
                    check(&instruction(operation, offset as i64 - 2048), &low);
                    let high = event(operation, 0xFFFF_FFF8 + offset, offset, value, words);
                    check(&instruction(operation, 8), &high);
                    let mut to_x0 = instruction(operation, 8);
                    to_x0.rd = 0;
                    check(&to_x0, &high);
                }
                let imm = offset as i64;
                let same = Instruction { operation, rd: 9, rs1: 9, rs2: 9, imm };
                let mut event = event(operation, BASE, offset, BASE, WORDS[1]);
                event.step.rs2 = Access { value: BASE, time: 400 };
                event.step.rd = Access { value: BASE, time: 400 };
                check(&same, &event);
            }
        }
    }

    #[test]
    fn padding_does_nothing() {
        expect_padding::<MisalignedRow<Goldilocks>>(eval);
    }

    type Change = fn(&mut MisalignedRow<Goldilocks>);

    #[test]
    fn corrupted_cells_violate_their_constraint() {
        for operation in [&LOADS[..], &STORES].concat() {
            for offset in [3, 7] {
                let honest = row(operation, offset, 0x1112_1314_1516_1718);
                let corrupt = |label: &str, change: Change| {
                    let mut row = honest;
                    change(&mut row);
                    expect_violation(&row, label, eval);
                };
                corrupt("selectors are boolean", |r| r.is_lh += Goldilocks::TWO);
                corrupt("selectors are boolean", |r| r.is_sd += Goldilocks::TWO);
                corrupt("at most one operation", |r| {
                    (r.is_lhu, r.is_lwu, r.is_sw) = (ONE, ONE, ONE)
                });
                if STORES.contains(&operation) {
                    corrupt("a written word is writable", |r| r.first.is_writable = ZERO);
                }
                corrupt("offsets are boolean", |r| r.offsets[2] = Goldilocks::TWO);
                corrupt("one offset", |r| r.offsets[2] = ONE);
                corrupt("one offset", |r| r.offsets = [ZERO; 8]);
                corrupt("range16", |r| r.base.time = Goldilocks::from_u32(400));
                corrupt("range16", |r| r.access.time = Goldilocks::from_u32(403));
                corrupt("range16", |r| r.first.found.time = Goldilocks::from_u32(402));
                corrupt("bytes of the first word, low", |r| r.first.found.before.lo += ONE);
                corrupt("bytes of the first word, low", |r| r.before[3] += ONE);
                corrupt("bytes of the first word, high", |r| r.first.found.before.hi += ONE);
                corrupt("bytes of the first word, high", |r| r.before[4] += ONE);
                corrupt("bytes of the second word, low", |r| r.second.found.before.lo += ONE);
                corrupt("bytes of the second word, low", |r| r.before[8] += ONE);
                corrupt("bytes of the second word, high", |r| r.second.found.before.hi += ONE);
                corrupt("bytes of the second word, high", |r| r.before[15] += ONE);
                corrupt("crosses tells whether the second word is reached", |r| {
                    r.crosses = ONE - r.crosses;
                });
                corrupt("a store changes the bytes at the offset", |r| r.after[0] += ONE);
                corrupt("a store changes the bytes at the offset", |r| r.after[7] += ONE);
                corrupt("a store changes the bytes at the offset", |r| r.after[15] += ONE);
                // Bytes that add up, out of range.
                corrupt("byte_pair", |r| {
                    r.before[6] += Goldilocks::from_u16(256);
                    r.before[7] -= ONE;
                });
                if is_store(operation) {
                    corrupt("a store's low bytes are those of rs2", |r| r.value[0] += ONE);
                    corrupt("a store's high bytes are those of rs2", |r| r.value[7] += ONE);
                    corrupt("a store's low bytes are those of rs2", |r| r.access.before.lo += ONE);
                    corrupt("a store changes the bytes at the offset", |r| {
                        r.after = r.before;
                    });
                    corrupt("byte_pair", |r| {
                        r.value[0] += Goldilocks::from_u16(256);
                        r.value[1] -= ONE;
                    });
                } else {
                    corrupt("a load takes the bytes at the offset", |r| r.value[0] += ONE);
                    corrupt("a load takes the bytes at the offset", |r| r.value[1] += ONE);
                    corrupt("a load takes the bytes at the offset", |r| r.offsets.rotate_left(1));
                    if operation != Operation::Ld {
                        corrupt("a load extends the sign", |r| r.value[7] = Goldilocks::TWO);
                    }
                }
                if matches!(operation, Operation::Lh | Operation::Lw) {
                    corrupt("sign16", |r| r.sign = ONE - r.sign);
                } else {
                    corrupt("only LH and LW have a sign", |r| r.sign = ONE);
                }
                if honest.crosses == ONE {
                    corrupt("range16", |r| r.second.found.time = Goldilocks::from_u32(402));
                    corrupt("byte_pair", |r| {
                        r.before[8] -= TWO_32;
                        r.before[12] += ONE;
                    });
                }
            }
        }
    }

    #[test]
    fn another_offset_has_another_address() {
        // The same load at another offset, all else fitting: it accesses another address.
        let mut forged = row(Operation::Lhu, 3, 0);
        forged.offsets.rotate_right(1);
        let [b4, b5] = [forged.before[4], forged.before[5]];
        forged.value = [b4, b5, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO];
        assert!(violations(&forged, eval).is_empty());
        assert_eq!(memory_sends(&forged, eval)[0].0, BASE - 1);
    }

    #[test]
    fn a_word_that_is_not_reached_is_not_accessed() {
        // Bytes of the second word that nobody checks don't reach rd.
        let mut forged = row(Operation::Lhu, 6, 0);
        forged.before[8] = Goldilocks::from_u16(999);
        forged.after[8] = forged.before[8];
        forged.second.found.before.lo = forged.before[8];
        assert!(violations(&forged, eval).is_empty());
        assert_eq!(register_sends(&forged, eval), register_sends(&row(Operation::Lhu, 6, 0), eval));
        assert_eq!(memory_sends(&forged, eval).len(), 1);
        // A load that reaches it can't leave its access out.
        let mut forged = row(Operation::Lhu, 7, 0);
        forged.crosses = ZERO;
        assert_eq!(violations(&forged, eval), ["crosses tells whether the second word is reached"]);
    }

    #[test]
    fn a_store_may_not_change_a_neighbour() {
        for j in [0, 1, 2, 5, 6, 7] {
            let mut forged = row(Operation::Sh, 3, 0x1112_1314_1516_1718);
            forged.after[j] = Goldilocks::from_u8(0x55);
            assert_eq!(violations(&forged, eval), ["a store changes the bytes at the offset"]);
        }
    }

    #[test]
    fn a_load_is_no_store() {
        // A row for SD asks the program for SD: it can't stand in for LD.
        let store = row(Operation::Sd, 3, 5);
        assert_eq!(
            message(&store, Bus::Program, Side::Send, eval)[1],
            u64::from(code(Operation::Sd))
        );
        let mut forged = store;
        (forged.is_sd, forged.is_ld) = (ZERO, ONE);
        expect_violation(&forged, "a load takes the bytes at the offset", eval);
        expect_violation(&forged, "a store changes the bytes at the offset", eval);
    }

    #[test]
    fn a_base_that_aliases_an_address_is_refused() {
        let event = event(Operation::Lh, 0xFFFF_FFFF_0000_2002, 1, 0, WORDS[1]);
        let row = fill(PC, &instruction(Operation::Lh, -1), &event, [true; 2], &mut Counts::new(1));
        expect_violation(&row, "range16", eval);
    }
}
