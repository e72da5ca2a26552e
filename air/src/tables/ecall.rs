//! `ecall`: ECALL, all system calls.
//!
//! Statement: at `time` the machine at `pc` executes ECALL with call number a7, one of
//! - commit: the `a2` bytes at `a1` are appended to the public output (`commit` does it); a0 is 1;
//! - halt: the run ends with exit code a0;
//! - panic: the run ends with exit code [`EXIT_CODE`];
//! - print: nothing happens;
//! - copy_words: the `a2` words at `a1` are copied to `a0` (`copy` does it);
//! - a call that computes: the table of its number does it;
//! - keccak-f: the 25 words at a0 are permuted (`keccak` does it).
//!
//! Any other call has no row, so that it can't be proved. No call changes a register.

use lvm_isa::event::{Access, EcallStep};
use lvm_isa::instruction::Operation;
use lvm_isa::semantics::WORD_BYTES;
use lvm_syscalls::modular::{WORDS_256, WORDS_384};
use lvm_syscalls::panic::EXIT_CODE;
use lvm_syscalls::quadratic::{WORDS_BLS12_381, WORDS_BN254};
use lvm_syscalls::{
    commit, copy_words, curve, halt, keccak_f, modular, multiply_x, panic, print, quadratic, sha256,
};
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::TableBuilder;
use crate::bus::{CallMsg, CommitMsg, CopyMsg, HaltMsg, KeccakCallMsg, RegisterMsg};
use crate::columns::{Columns, columns};
use crate::counts::Counts;
use crate::gadgets::fetch::{Decoded, Fetch};
use crate::gadgets::limbs::{Limbs32, range16};
use crate::gadgets::memory::{effective_address, fill_effective_address};
use crate::gadgets::product::LIMB_MAX;
use crate::gadgets::register::RegisterAccess;
use crate::gadgets::value::{TWO_32, Value, join};
use crate::tables::boundary::OUTPUT_REGISTER;
use crate::tables::program::code;

columns! {
    /// One executed ECALL.
    pub struct EcallRow {
        /// Where and when.
        fetch: Fetch,
        /// 1 for commit; 0 or 1.
        is_commit: cell,
        /// 1 for halt; 0 or 1.
        is_halt: cell,
        /// 1 for print; 0 or 1.
        is_print: cell,
        /// 1 for panic; 0 or 1.
        is_panic: cell,
        /// 1 for copy_words; 0 or 1.
        is_copy: cell,
        /// 1 for keccak-f; 0 or 1.
        is_keccak: cell,
        /// 1 for a call that computes; 0 or 1.
        is_computation: cell,
        /// 1 if it is one whose number has a high half of 2^32 − 1, instead of 0; 0 or 1, and 0 for
        /// other calls.
        is_negative: cell,
        /// 1 if it takes a1; 0 or 1, and 0 for other calls. Which it is, its table knows.
        takes_a1: cell,
        /// 1 if it takes a2; likewise.
        takes_a2: cell,
        /// Read of a7, the call number.
        a7: RegisterAccess,
        /// Read of a0.
        a0: RegisterAccess,
        /// Read of a1.
        a1: RegisterAccess,
        /// Read of a2.
        a2: RegisterAccess,
        /// Length of the public output before a commit: the low limb of the output register,
        /// whose high limb is always 0.
        position: cell,
        /// Time of the commit before.
        position_time: cell,
        /// Limbs of `time − position_time − 1`, below 2^32.
        position_gap: Limbs32,
        /// The source modulo 8, in a copy; below 8. That it is, `copy` proves.
        source_offset: cell,
        /// The exit code, where the call ends the run.
        exit_code: Value,
    }
}

/// Brings numbers below [`copy_words::WORDS_MAX`], and no others below 2^32, below 2^16.
const WORDS_SCALE: u64 = (1 << 16) / copy_words::WORDS_MAX;
const _: () = assert!(WORDS_SCALE * copy_words::WORDS_MAX == 1 << 16);

/// Brings numbers below 8 below 2^16, and none of 8 to 15, the phases of a call that has begun.
const OFFSET_SCALE: u64 = (1 << 16) / WORD_BYTES;
const _: () = assert!(OFFSET_SCALE * WORD_BYTES == 1 << 16);

/// x17, x10, x11 and x12.
const A7: u8 = 17;
const A0: u8 = 10;
const A1: u8 = 11;
const A2: u8 = 12;

/// Constraints and messages of a row.
pub fn eval<AB: TableBuilder>(builder: &mut AB) {
    let row = EcallRow::<AB::Var>::of(builder.main().current_slice());
    let zero = || AB::Expr::ZERO;
    let calls = [
        (row.is_commit, commit::NUMBER),
        (row.is_halt, halt::NUMBER),
        (row.is_print, print::NUMBER),
        (row.is_panic, panic::NUMBER),
        (row.is_copy, copy_words::NUMBER),
        (row.is_keccak, keccak_f::NUMBER),
    ];
    for (flag, _) in calls {
        builder.constrain_bool("call flags are boolean", flag);
    }
    builder.constrain_bool("is_computation is boolean", row.is_computation);
    let listed: AB::Expr = calls.iter().map(|(flag, _)| Into::<AB::Expr>::into(*flag)).sum();
    let active = listed + row.is_computation;
    builder.constrain_bool("at most one call", active.clone());
    let computes_not = AB::Expr::ONE - row.is_computation;
    for takes in [row.takes_a1, row.takes_a2] {
        builder.constrain_bool("takes_a1 and takes_a2 are boolean", takes);
        builder.constrain("only a computation takes pointers", computes_not.clone() * takes);
    }
    builder.constrain_bool("is_negative is boolean", row.is_negative);
    builder.constrain("only a computation is negative", computes_not * row.is_negative);
    let ends: AB::Expr = row.is_halt + row.is_panic;

    let decoded = Decoded {
        code: AB::Expr::from_u8(code(Operation::Ecall)),
        operands: [zero(), zero(), zero(), zero(), zero()],
    };
    row.fetch.constrain_fetch(builder, decoded, active.clone());
    row.fetch.constrain_next(builder, row.fetch.fallthrough::<AB>(), active.clone() - ends.clone());
    for (access, register) in [(row.a7, A7), (row.a0, A0), (row.a1, A1), (row.a2, A2)] {
        let register = AB::Expr::from_u8(register);
        access.constrain_read(builder, register, row.fetch.at::<AB>(0), active.clone());
    }

    // The call number is the flag's, limb by limb. Whether a computation has a number is its
    // table's business; those with a negative number have another on the bus than those with the
    // same low limb.
    let number = |limb: fn(Value<Goldilocks>) -> Goldilocks| -> AB::Expr {
        calls
            .iter()
            .map(|(flag, number)| *flag * AB::Expr::from(limb(Value::from_u64(*number))))
            .sum()
    };
    let number_lo = number(|v| v.lo) + row.is_computation * row.a7.before.lo;
    let number_hi = number(|v| v.hi) + row.is_negative * AB::Expr::from(LIMB_MAX);
    builder.constrain("a7 is the call number, low limb", number_lo - row.a7.before.lo);
    builder.constrain("a7 is the call number, high limb", number_hi - row.a7.before.hi);

    // Commit. The output register counts the bytes; it is read and written at the ECALL's time,
    // which orders the calls.
    builder
        .constrain("commit: a0 is 1, low limb", (row.a0.before.lo - AB::Expr::ONE) * row.is_commit);
    builder.constrain("commit: a0 is 1, high limb", row.a0.before.hi * row.is_commit);
    let source = effective_address(
        builder,
        row.a1.before,
        zero(),
        row.is_commit + row.is_copy + row.takes_a1,
    );
    let pointer = source.clone();
    // Below 2^48, so that the length can't alias a smaller one modulo the field's order.
    range16(builder, row.a2.before.hi, row.is_commit);
    let length = join::<AB::Expr>(row.a2.before.lo, row.a2.before.hi);
    let end = length.clone() + row.position;
    let counter = |value: AB::Expr, time: AB::Expr| RegisterMsg {
        register: AB::Expr::from_u8(OUTPUT_REGISTER),
        lo: value,
        hi: zero(),
        time,
    };
    counter(row.position.into(), row.position_time.into()).receive(builder, row.is_commit);
    counter(end.clone(), row.fetch.time.into()).send(builder, row.is_commit);
    let gap = row.fetch.time - row.position_time - AB::Expr::ONE;
    row.position_gap.constrain(builder, gap, row.is_commit);
    CommitMsg {
        time: row.fetch.time.into(),
        pointer: pointer.clone(),
        remaining: length.clone(),
        position: row.position.into(),
    }
    .send(builder, row.is_commit);
    CommitMsg {
        time: row.fetch.time.into(),
        pointer: pointer + length,
        remaining: zero(),
        position: end,
    }
    .receive(builder, row.is_commit);

    // Halt and panic.
    let exit_lo = row.a0.before.lo * row.is_halt + row.is_panic * AB::Expr::from_u64(EXIT_CODE);
    let exit_hi = row.a0.before.hi * row.is_halt;
    builder.constrain("exit code, low limb", (exit_lo - row.exit_code.lo) * ends.clone());
    builder.constrain("exit code, high limb", (exit_hi - row.exit_code.hi) * ends.clone());
    HaltMsg { lo: row.exit_code.lo.into(), hi: row.exit_code.hi.into() }.send(builder, ends);

    // Copy, computations and keccak-f.
    let target = effective_address(
        builder,
        row.a0.before,
        zero(),
        row.is_copy + row.is_keccak + row.is_computation,
    );
    let words = row.a2.before;
    builder.constrain("copy: fewer than 2^32 words", row.is_copy * words.hi);
    range16(builder, (words.lo - AB::Expr::ONE) * AB::Expr::from_u64(WORDS_SCALE), row.is_copy);
    range16(builder, row.source_offset * AB::Expr::from_u64(OFFSET_SCALE), row.is_copy);
    CopyMsg {
        time: row.fetch.time.into(),
        phase: row.source_offset.into(),
        source: source.clone(),
        destination: target.clone(),
        remaining: words.lo.into(),
        carry_lo: zero(),
        carry_hi: zero(),
    }
    .send(builder, row.is_copy);
    let a2 = effective_address(builder, row.a2.before, zero(), row.takes_a2);
    CallMsg {
        time: row.fetch.time.into(),
        number: row.is_negative * AB::Expr::from(TWO_32) + row.a7.before.lo,
        takes_a1: row.takes_a1.into(),
        takes_a2: row.takes_a2.into(),
        a0: target.clone(),
        a1: source,
        a2,
    }
    .send(builder, row.is_computation);
    KeccakCallMsg { time: row.fetch.time.into(), pointer: target }.send(builder, row.is_keccak);
}

/// `words − 1`, for a number of words that a call may copy, as a value that is below 2^16 for no
/// other number.
fn scaled_words(words: u64) -> u16 {
    (words.wrapping_sub(1).wrapping_mul(WORDS_SCALE)) as u16
}

/// Whether the call `number` takes a1 and a2, if it is one that computes.
fn pointers_taken(number: u64) -> Option<[bool; 2]> {
    let has_three =
        [WORDS_256, WORDS_384].iter().any(|it| modular::operation(*it, number).is_some())
            || [WORDS_BN254, WORDS_BLS12_381]
                .iter()
                .any(|it| quadratic::operation(*it, number).is_some());
    match curve::operation(number) {
        _ if has_three => Some([true, true]),
        _ if number == sha256::NUMBER => Some([true, false]),
        _ if number == multiply_x::NUMBER => Some([true, true]),
        Some((_, operation)) => Some([operation == curve::Operation::Add, false]),
        None => None,
    }
}

/// The row of one executed ECALL; `output` is the output register as a commit finds it.
pub fn fill(
    pc: u64,
    step: &EcallStep,
    output: Access,
    counts: &mut Counts,
) -> EcallRow<Goldilocks> {
    let is = |number: u64| step.a7.value == number;
    let flag = |number: u64| Goldilocks::from_bool(is(number));
    let mut row = EcallRow {
        fetch: Fetch::fill(step.time, pc, step.index, counts),
        is_commit: flag(commit::NUMBER),
        is_halt: flag(halt::NUMBER),
        is_print: flag(print::NUMBER),
        is_panic: flag(panic::NUMBER),
        is_copy: flag(copy_words::NUMBER),
        is_keccak: flag(keccak_f::NUMBER),
        a7: RegisterAccess::fill(step.a7, step.time, counts),
        a0: RegisterAccess::fill(step.a0, step.time, counts),
        a1: RegisterAccess::fill(step.a1, step.time, counts),
        a2: RegisterAccess::fill(step.a2, step.time, counts),
        ..EcallRow::default()
    };
    if is(commit::NUMBER) {
        fill_effective_address(step.a1.value, counts);
        counts.range16((step.a2.value >> 32) as u16);
        row.position = Goldilocks::from_u64(output.value);
        row.position_time = Goldilocks::from_u32(output.time);
        row.position_gap = Limbs32::fill(step.time - output.time - 1, counts);
    }
    if is(copy_words::NUMBER) {
        fill_effective_address(step.a0.value, counts);
        fill_effective_address(step.a1.value, counts);
        counts.range16(scaled_words(step.a2.value));
        let offset = step.a1.value % WORD_BYTES;
        counts.range16((OFFSET_SCALE * offset) as u16);
        row.source_offset = Goldilocks::from_u64(offset);
    }
    if is(keccak_f::NUMBER) {
        fill_effective_address(step.a0.value, counts);
    }
    if let Some([takes_a1, takes_a2]) = pointers_taken(step.a7.value) {
        row.is_computation = Goldilocks::ONE;
        row.is_negative = flag(multiply_x::NUMBER);
        fill_effective_address(step.a0.value, counts);
        for (is_taken, flag, register) in [
            (takes_a1, &mut row.takes_a1, step.a1.value),
            (takes_a2, &mut row.takes_a2, step.a2.value),
        ] {
            *flag = Goldilocks::from_bool(is_taken);
            if is_taken {
                fill_effective_address(register, counts);
            }
        }
    }
    if is(halt::NUMBER) {
        row.exit_code = Value::from_u64(step.a0.value);
    }
    if is(panic::NUMBER) {
        row.exit_code = Value::from_u64(EXIT_CODE);
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Side;
    use crate::bus::Bus;
    use crate::tables::testing::*;

    fn row(a7: u64, a0: u64, a1: u64, a2: u64) -> (EcallRow<Goldilocks>, Counts) {
        let mut counts = Counts::new(1);
        let access = |value| Access { value, time: 9 };
        let step = EcallStep {
            time: 400,
            index: 0,
            a7: access(a7),
            a0: access(a0),
            a1: access(a1),
            a2: access(a2),
        };
        let row = fill(PC, &step, Access { value: 10, time: 300 }, &mut counts);
        (row, counts)
    }

    fn corrupt(
        honest: &EcallRow<Goldilocks>,
        label: &str,
        change: impl Fn(&mut EcallRow<Goldilocks>),
    ) {
        let mut row = *honest;
        change(&mut row);
        expect_violation(&row, label, eval);
    }

    #[test]
    fn commit_passes_the_bytes_on_and_counts_them() {
        let (row, counts) = row(commit::NUMBER, 1, 0x2003, 21);
        expect_honest("commit", &row, &counts, eval);
        assert_eq!(message(&row, Bus::Commit, Side::Send, eval), [400, 0x2003, 21, 10]);
        assert_eq!(message(&row, Bus::Commit, Side::Receive, eval), [400, 0x2018, 0, 31]);
        assert_eq!(register_sends(&row, eval)[4], (33, 31, 400));
        assert_eq!(message(&row, Bus::Execution, Side::Send, eval), [404, PC + 4]);
    }

    #[test]
    fn halt_and_panic_end_the_run() {
        for (a7, exit_code) in [(halt::NUMBER, u64::MAX - 1), (panic::NUMBER, EXIT_CODE)] {
            let (row, counts) = row(a7, u64::MAX - 1, 2, 3);
            expect_honest("end", &row, &counts, eval);
            let sent = message(&row, Bus::Halt, Side::Send, eval);
            assert_eq!(sent, [exit_code & 0xFFFF_FFFF, exit_code >> 32]);
            let (_, messages) = check(&row, eval);
            assert!(!messages.iter().any(|m| m.bus == Bus::Execution && m.side == Side::Send));
            corrupt(&row, "exit code, low limb", |r| r.exit_code.lo += Goldilocks::ONE);
            corrupt(&row, "exit code, high limb", |r| r.exit_code.hi += Goldilocks::ONE);
        }
    }

    #[test]
    fn print_changes_nothing() {
        let (row, counts) = row(print::NUMBER, u64::MAX, u64::MAX, 5);
        expect_honest("print", &row, &counts, eval);
        assert_eq!(message(&row, Bus::Execution, Side::Send, eval), [404, PC + 4]);
        for (_, value, _) in register_sends(&row, eval) {
            assert!([print::NUMBER, u64::MAX, 5].contains(&value));
        }
    }

    #[test]
    fn keccak_calls_the_permutation() {
        let (row, counts) = row(keccak_f::NUMBER, 0x2008, 0, 0);
        expect_honest("keccak", &row, &counts, eval);
        assert_eq!(message(&row, Bus::KeccakCall, Side::Send, eval), [400, 0x2008]);
    }

    #[test]
    fn copies_begin_with_the_offset_of_their_source() {
        for offset in 0..8 {
            let (honest, counts) = row(copy_words::NUMBER, 0x3000, 0x2000 + offset, 7);
            expect_honest("copy", &honest, &counts, eval);
            let sent = message(&honest, Bus::Copy, Side::Send, eval);
            assert_eq!(sent, [400, offset, 0x2000 + offset, 0x3000, 7, 0, 0]);
        }
        for words in [1, 4096] {
            let (honest, counts) = row(copy_words::NUMBER, 0x3000, 0x2000, words);
            expect_honest("copy", &honest, &counts, eval);
        }
        let (honest, _) = row(copy_words::NUMBER, 0x3000, 0x2003, 7);
        for phase in 8..16 {
            corrupt(&honest, "range16", |r| r.source_offset = Goldilocks::from_u8(phase));
        }
        for words in [0, 4097, (1 << 32) - 1] {
            expect_violation(&row(copy_words::NUMBER, 0x3000, 0x2000, words).0, "range16", eval);
        }
        let (long, _) = row(copy_words::NUMBER, 0x3000, 0x2000, 1 << 32 | 7);
        expect_violation(&long, "copy: fewer than 2^32 words", eval);
    }

    #[test]
    fn one_call_cannot_pass_for_another() {
        let (honest, _) = row(print::NUMBER, 1, 0x2000, 8);
        corrupt(&honest, "a7 is the call number, low limb", |r| {
            r.is_print = Goldilocks::ZERO;
            r.is_halt = Goldilocks::ONE;
        });
        corrupt(&honest, "a7 is the call number, high limb", |r| {
            r.is_print = Goldilocks::ZERO;
            r.is_keccak = Goldilocks::ONE;
        });
        corrupt(&honest, "at most one call", |r| r.is_halt = Goldilocks::ONE);
        corrupt(&honest, "call flags are boolean", |r| r.is_print = Goldilocks::TWO);
        let (unknown, _) = row(1000, 0, 0, 0);
        expect_violation(&unknown, "a7 is the call number, low limb", eval);
        expect_padding::<EcallRow<Goldilocks>>(eval);
    }

    /// A number with a high half isn't that with the same low half, on the bus neither.
    #[test]
    fn computations_have_their_whole_number() {
        let low = multiply_x::NUMBER & 0xffff_ffff;
        for (number, on_bus) in [(1040, 1040), (multiply_x::NUMBER, (1 << 32) + low)] {
            let (honest, counts) = row(number, 0x3003, 0x2001, 0x4005);
            expect_honest("computation", &honest, &counts, eval);
            let sent = message(&honest, Bus::Call, Side::Send, eval);
            assert_eq!(sent, [400, on_bus, 1, 1, 0x3003, 0x2001, 0x4005]);
            corrupt(&honest, "a7 is the call number, high limb", |r| {
                r.is_negative = Goldilocks::ONE - r.is_negative;
            });
            corrupt(&honest, "is_negative is boolean", |r| r.is_negative = Goldilocks::TWO);
            corrupt(&honest, "only a computation takes pointers", |r| {
                r.is_computation = Goldilocks::ZERO;
            });
        }
        // The low half alone is a number that no table has.
        let (mut other, _) = row(1040, 0x3003, 0x2001, 0x4005);
        other.a7.before = Value::from_u64(low);
        assert_eq!(message(&other, Bus::Call, Side::Send, eval)[1], low);
        other.is_negative = Goldilocks::ONE;
        expect_violation(&other, "a7 is the call number, high limb", eval);
        let (mut print, _) = row(print::NUMBER, 0, 0, 0);
        print.is_negative = Goldilocks::ONE;
        expect_violation(&print, "only a computation is negative", eval);
    }

    #[test]
    fn aliases_of_pointers_and_lengths_are_refused() {
        let alias = 0xFFFF_FFFF_0000_0001;
        for (a7, a0, a1, a2) in [
            (commit::NUMBER, 1, alias + 0x2000, 8),
            (commit::NUMBER, 1, 0x2000, alias + 8),
            (copy_words::NUMBER, alias + 0x2000, 0x2000, 8),
            (copy_words::NUMBER, 0x2000, alias + 0x2000, 8),
            (keccak_f::NUMBER, alias + 0x2000, 0, 0),
            (multiply_x::NUMBER, alias + 0x2000, 0x2000, 0x2000),
            (multiply_x::NUMBER, 0x2000, alias + 0x2000, 0x2000),
            (multiply_x::NUMBER, 0x2000, 0x2000, alias + 0x2000),
        ] {
            expect_violation(&row(a7, a0, a1, a2).0, "range16", eval);
        }
        let (row, _) = row(commit::NUMBER, 2, 0x2000, 8);
        expect_violation(&row, "commit: a0 is 1, low limb", eval);
        corrupt(&row, "commit: a0 is 1, high limb", |r| r.a0.before.hi = Goldilocks::ONE);
        corrupt(&row, "range16", |r| r.position_time = r.fetch.time);
    }
}
