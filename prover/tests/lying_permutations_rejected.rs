//! A prover that lies about keccak-f has no proof that verifies.
//!
//! Memory follows the lie, and so do the bits of the words, so that nothing but the layers of the
//! permutation stands in the way.

mod support;

use lvm_air::check::PERMUTED;
use lvm_air::keccak_f::{BITS, LANES, permute};
use lvm_air::table::{PERIOD, Table};
use lvm_air::tables::keccak::BEFORE;
use lvm_air::trace::Filled;
use lvm_prover::Program;
use lvm_syscalls::layout::PRIVATE_INPUT_START;
use lvm_vm::assemble::Assembler;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;
use p3_matrix::dense::RowMajorMatrix;

use support::lie::Lie;
use support::{Run, part_mut};

/// Where the states begin: at the second word of the private input.
const STATES: u64 = PRIVATE_INPUT_START + 8;

/// Address of a word of a state.
const fn place(call: usize, lane: usize) -> u64 {
    STATES + 8 * (LANES * call + lane) as u64
}

/// An honest run of `calls` calls, each on a state of its own.
fn calls(calls: usize) -> Lie {
    let mut code = Assembler::new();
    for call in 0..calls {
        code.keccak_f(place(call, 0));
    }
    code.halt(0);
    let words = (0..LANES * calls).map(|i| (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut input = vec![0; 4];
    input.extend(words.flat_map(u64::to_le_bytes));
    Lie::of(Run::new(Program::from(code.load()), &input))
}

/// The words before a call and after it, as memory has them.
fn words(run: &mut Run, call: usize) -> [[u64; LANES]; 2] {
    let mut words = [[0; LANES]; 2];
    let [before, after] = &mut words;
    for (lane, (before, after)) in before.iter_mut().zip(after).enumerate() {
        let address = place(call, lane);
        let word = run.events().touched.iter().find(|word| word.address == address);
        let word = word.expect("the call touches the word");
        (*before, *after) = (word.first.value, word.last.value);
    }
    words
}

/// Says that a call finds `before` and leaves `after`, in memory and in the rows of its words.
fn say(lie: &mut Lie, said: &[(usize, [[u64; LANES]; 2])]) {
    lie.record(|run| {
        for &(call, [before, after]) in said {
            for lane in 0..LANES {
                run.touch(place(call, lane), before[lane], after[lane]);
                run.events().keccaks[call].words[lane].value = before[lane];
            }
        }
    });
    for &(call, [_, after]) in said {
        for (lane, word) in after.into_iter().enumerate() {
            for bit in 0..64 {
                let column = format!("after[{bit}]");
                lie.set(Table::Keccak, PERIOD * call + lane, &column, word >> bit & 1);
            }
        }
    }
}

/// Requires that the tables are refused, and that nothing else is wrong with them than permutations.
#[track_caller]
fn refused(lie: &Lie, permutations: usize) {
    let faults = lie.run.faults(&lie.tables);
    let expected = |line: &str| line.starts_with("table keccak") && line.ends_with(PERMUTED);
    assert!(faults.lines().all(expected), "{faults}");
    assert_eq!(faults.lines().count(), permutations, "{faults}");
    lie.run.expect_refused(&lie.tables, PERMUTED);
}

#[test]
fn another_output() {
    let mut lie = calls(1);
    let [before, after] = words(&mut lie.run, 0);
    assert_eq!(permute(&before), after);
    for (lane, bit) in [(0, 0), (0, 63), (7, 31), (24, 32)] {
        let mut other = after;
        other[lane] ^= 1 << bit;
        say(&mut lie, &[(0, [before, other])]);
        refused(&lie, 1);
    }
    say(&mut lie, &[(0, [before, before])]);
    refused(&lie, 1);
    say(&mut lie, &[(0, [before, after])]);
    lie.run.expect_accepted();
}

#[test]
fn another_input() {
    let mut lie = calls(1);
    let [before, after] = words(&mut lie.run, 0);
    for (lane, bit) in [(0, 0), (12, 40), (24, 63)] {
        let mut other = before;
        other[lane] ^= 1 << bit;
        say(&mut lie, &[(0, [other, after])]);
        refused(&lie, 1);
        say(&mut lie, &[(0, [other, permute(&other)])]);
        lie.run.expect_accepted();
    }
}

#[test]
fn outputs_of_each_other() {
    let mut lie = calls(2);
    let [one, other] = [0, 1].map(|call| words(&mut lie.run, call));
    say(&mut lie, &[(0, [one[0], other[1]]), (1, [other[0], one[1]])]);
    refused(&lie, 2);
}

/// Permutations that nobody called are in the argument too: what is said of one must not make up
/// for what is said of another.
#[test]
fn permutations_that_were_not_called() {
    let mut lie = calls(3);
    for (row, column) in [(0, "after[0]"), (24, "after[63]"), (13, "before[5]")] {
        let honest = *lie.cell(Table::Keccak, 3 * PERIOD + row, column);
        let flipped = u64::from(honest == Default::default());
        lie.set(Table::Keccak, 3 * PERIOD + row, column, flipped);
        let faults = lie.run.faults(&lie.tables);
        assert!(faults.contains(PERMUTED), "{faults}");
        lie.run.expect_refused(&lie.tables, PERMUTED);
        lie.set(Table::Keccak, 3 * PERIOD + row, column, 1 - flipped);
    }
}

/// Rows without a word have bits after that say nothing.
#[test]
fn bits_of_padding_are_free() {
    let mut lie = calls(1);
    for (row, column) in [(LANES, "after[3]"), (PERIOD - 1, "after[63]")] {
        lie.set(Table::Keccak, row, column, 1);
    }
    assert!(lie.run.faults(&lie.tables).is_empty());
    lie.run.verify(&lie.run.prove(&lie.tables)).expect("nothing follows from them");
}

/// The permutations of a part may lie in several tables, each with layers of its own.
#[test]
fn several_tables() {
    for permutations in [&[2, 2][..], &[2, 1], &[1, 1, 1]] {
        let mut lie = calls(3);
        let tables = &mut part_mut(&mut lie.tables, 1);
        let at = tables.iter().position(|filled| filled.table == Table::Keccak);
        let at = at.expect("there are calls");
        let Filled { table, rows } = tables.remove(at);
        let mut rest = rows.values.as_slice();
        for (i, count) in permutations.iter().enumerate() {
            let (mine, others) = rest.split_at(count * PERIOD * rows.width);
            rest = others;
            let rows = RowMajorMatrix::new(mine.to_vec(), rows.width);
            tables.insert(at + i, Filled { table, rows });
        }
        assert!(lie.run.faults(&lie.tables).is_empty());
        lie.run.verify(&lie.run.prove(&lie.tables)).expect("an honest proof verifies");

        // A bit after the last table's last permutation.
        let last = permutations.len() - 1;
        let keccak = &mut part_mut(&mut lie.tables, 1)[at + last].rows;
        let row = keccak.values.len() / keccak.width - PERIOD + 3;
        let cell = &mut keccak.values[row * keccak.width + BEFORE + BITS];
        *cell = Goldilocks::ONE - *cell;
        let faults = lie.run.faults(&lie.tables);
        assert!(faults.contains(PERMUTED), "{faults}");
        lie.run.expect_refused(&lie.tables, PERMUTED);
    }
}
