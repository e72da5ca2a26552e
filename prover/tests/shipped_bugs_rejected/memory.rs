//! Memory: addresses that a prover may not choose.

use lvm_air::table::Table;
use lvm_air::tables::ledger;
use lvm_isa::instruction::Operation::Ld;
use lvm_prover::Program;
use lvm_syscalls::halt;
use lvm_syscalls::layout::{MEMORY_END, PRIVATE_INPUT_START};
use lvm_vm::assemble::{Assembler, ecall, i};

use crate::support::Run;
use crate::support::lie::Lie;

/// Ends with the word at `address`, which nobody has written.
fn reads(address: u64) -> Run {
    let mut a = Assembler::new();
    a.li(17, halt::NUMBER).li(5, address).push(i(Ld, 10, 5, 0)).push(ecall());
    Run::new(Program::from(a.load()), &[])
}

/// Adds a word to the second row of `table`, after the word at `previous`, which was the last.
/// Nothing accesses it.
fn add_cell(lie: &mut Lie, table: Table, previous: u64, address: u64) {
    let eighths = |bytes: u64| (bytes as i64 / 8) as u64 & 0xFFFF;
    lie.set(table, 1, "is_real", 1).set(table, 1, "address", address);
    lie.set(table, 1, "cell.previous", previous);
    lie.set(table, 1, "cell.gap.low", eighths(address.wrapping_sub(previous + 8)));
    if table == Table::PrivateInput {
        lie.set(table, 1, "offset.low", eighths(address.wrapping_sub(PRIVATE_INPUT_START)));
    }
    let last = ledger::ROWS - 1;
    lie.set(Table::Ledger, last, "last_address", address);
    lie.set(Table::Ledger, last, "room.low", eighths((MEMORY_END - 8).wrapping_sub(address)));
}

/// LambdaVM: the offset in a page of private input was unconstrained.
#[test]
fn private_input_words_are_aligned() {
    for (offset, is_word) in [(8, true), (0x007F_FFF8, true), (4, false), (9, false), (15, false)] {
        let mut lie = Lie::of(reads(PRIVATE_INPUT_START));
        add_cell(&mut lie, Table::PrivateInput, PRIVATE_INPUT_START, PRIVATE_INPUT_START + offset);
        if is_word { lie.accepted() } else { lie.refused(&["bus range16"]) }
    }
}

/// LambdaVM: two rows for one page gave its words two contents.
#[test]
fn private_input_is_given_once() {
    let mut lie = Lie::of(reads(PRIVATE_INPUT_START));
    add_cell(&mut lie, Table::PrivateInput, PRIVATE_INPUT_START, PRIVATE_INPUT_START);
    // The second content is what the program reads.
    let table = Table::PrivateInput;
    for column in ["cell.last.lo", "cell.last.hi", "cell.last_segment"] {
        let (first, second) = (*lie.cell(table, 0, column), *lie.cell(table, 1, column));
        *lie.cell(table, 0, column) = second;
        *lie.cell(table, 1, column) = first;
    }
    lie.refused(&["bus range16"]);
}

/// Miden: differences of addresses were bounded, but not the addresses.
#[test]
fn cells_lie_in_memory() {
    let address = 0x2000_0000;
    for (last, is_memory) in [(MEMORY_END - 8, true), (MEMORY_END, false)] {
        let mut lie = Lie::of(reads(address));
        add_cell(&mut lie, Table::Memory, address, last);
        if is_memory { lie.accepted() } else { lie.refused(&["bus range16"]) }
    }
}
