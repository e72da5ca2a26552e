//! Tables are the same whatever was in the memory that they are filled into.

use lvm_air::trace::{Filled, fill_ledger, fill_segment, fresh};
use lvm_isa::decode::ECALL_WORD;
use lvm_isa::segment::Budget;
use lvm_syscalls::keccak_f;
use lvm_vm::assemble::Assembler;
use lvm_vm::execute::Options;
use lvm_vm::record::record;
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

#[test]
fn used_memory_leaves_no_trace() {
    let mut a = Assembler::new();
    a.data(Assembler::DATA_START, &[7; 200]);
    a.li(17, keccak_f::NUMBER).li(10, Assembler::DATA_START).word(ECALL_WORD);
    a.halt(0);
    let loaded = a.load();
    let recording = record(&loaded, &[], &Options::default(), &Budget::UNLIMITED, &mut |_| {})
        .expect("the program runs");
    let program = loaded.program();
    let tables = |buffer: lvm_air::trace::Buffer<'_>| -> Vec<Filled> {
        let mut tables = fill_ledger(program, &recording.ledger, buffer).expect("it fits");
        for segment in &recording.segments {
            tables.extend(fill_segment(program, segment, buffer).expect("it fits"));
        }
        tables
    };
    let used = |cells: usize| vec![Goldilocks::NEG_ONE; cells];
    let (clean, used) = (tables(&fresh), tables(&used));
    assert_eq!(clean.len(), used.len());
    for (clean, used) in clean.iter().zip(&used) {
        assert_eq!(clean.table, used.table);
        assert!(clean.rows == used.rows, "{}", clean.table.name());
    }
}
