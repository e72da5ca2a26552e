//! The assembler is the decoder's inverse, and its programs load and run.

mod both;

use both::run_well;
use lvm_isa::decode::decode;
use lvm_isa::instruction::{Instruction, Operation, Operation::*};
use lvm_vm::assemble::{Assembler, encode};
use proptest::prelude::*;

/// Any instruction that `decode` can return.
fn any_instruction() -> impl Strategy<Value = Instruction> {
    (0..Operation::ALL.len(), 0..32u8, 0..32u8, 0..32u8, any::<i64>()).prop_map(
        |(at, rd, rs1, rs2, imm)| {
            let operation = Operation::ALL[at];
            let imm = match operation {
                Lui | Auipc => i64::from(imm as i32 & !0xfff),
                Jal => imm << 43 >> 43 & !1,
                Beq | Bne | Blt | Bge | Bltu | Bgeu => imm << 51 >> 51 & !1,
                Slli | Srli | Srai => imm & 63,
                Slliw | Srliw | Sraiw => imm & 31,
                Fence | Ecall | Ebreak => 0,
                _ if operation.reads_rs2() && operation.writes_rd() => 0,
                _ => imm << 52 >> 52,
            };
            Instruction {
                operation,
                rd: if operation.writes_rd() { rd } else { 0 },
                rs1: if operation.reads_rs1() { rs1 } else { 0 },
                rs2: if operation.reads_rs2() { rs2 } else { 0 },
                imm,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]
    #[test]
    fn decode_inverts_encode(instruction in any_instruction()) {
        prop_assert_eq!(decode(encode(instruction)), Some(instruction));
    }
}

#[test]
fn constants_load() {
    let mut values: Vec<u64> = vec![0, 1, u64::MAX, 0x8000_0000, 0x7fff_f800, 0x7fff_ffff];
    for bit in 0..64 {
        for near in [-1i64, 0, 1] {
            values.push((1u64 << bit).wrapping_add_signed(near));
            values.push((1u64 << bit).wrapping_neg().wrapping_add_signed(near));
        }
    }
    values.extend([0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210, 0x7fff_ffff_ffff_f800]);
    for value in values {
        let mut code = Assembler::new();
        code.li(5, value).halt(0);
        assert_eq!(run_well(&code.load(), &[]).registers[5], value, "{value:#x}");
    }
}

#[test]
fn labels_reach_both_ways() {
    let mut code = Assembler::new();
    let (end, back) = (code.label(), code.label());
    code.li(5, 1).jal(0, end);
    code.place(back).li(6, 2).halt(7);
    code.place(end).li(7, 3);
    code.branch(Beq, 0, 0, back);
    let run = run_well(&code.load(), &[]);
    assert_eq!((run.exit_code, &run.registers[5..8]), (7, &[1, 2, 3][..]));
}

#[test]
fn data_and_entry_are_where_they_were_put() {
    let mut code = Assembler::at(0x2000);
    code.data(0x1_0003, b"abcdefgh").data(0x1_000b, b"ij").halt(0);
    let program = code.program();
    assert_eq!(program.entry, 0x2000);
    assert_eq!(program.initial_word(0x1_0000), u64::from_le_bytes(*b"\0\0\0abcde"));
    assert_eq!(program.initial_word(0x1_0008), u64::from_le_bytes(*b"fghij\0\0\0"));
    assert_eq!(program.index_of(0x2000), Some(0));
    assert_eq!(program.index_of(0x2002), None);
}
