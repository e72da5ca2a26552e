//! The memory helpers of `semantics` agree with a model that is an array of bytes.

use lvm_isa::instruction::Operation::{self, *};
use lvm_isa::semantics::{
    access_width, alu, crosses_word, extract, is_aligned, load_value, store_merge,
};

const BYTES: [u8; 16] = [
    0x81, 0x12, 0xa3, 0x34, 0xc5, 0x56, 0xe7, 0x78, 0x88, 0x9a, 0x2b, 0xbc, 0x4d, 0xde, 0x6f, 0xf0,
];

fn words(bytes: [u8; 16]) -> (u64, u64) {
    let (low, high) = bytes.split_at(8);
    (u64::from_le_bytes(low.try_into().unwrap()), u64::from_le_bytes(high.try_into().unwrap()))
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number * 256 + u64::from(*byte))
}

#[test]
fn loads_extract_their_bytes() {
    let (word, next) = words(BYTES);
    for base in [0, 0x1000, u64::MAX - 7] {
        for offset in 0..8 {
            let address = base + offset;
            let bytes = &BYTES[offset as usize..][..8];
            assert_eq!(extract(word, next, address), number(bytes));
            for (operation, width) in [(Lbu, 1), (Lhu, 2), (Lwu, 4), (Ld, 8)] {
                let value = load_value(operation, extract(word, next, address));
                assert_eq!(value, number(&bytes[..width]), "{operation} at {offset}");
            }
            for (operation, width) in [(Lb, 1), (Lh, 2), (Lw, 4)] {
                let mut extended = bytes[..width].to_vec();
                extended.resize(8, if bytes[width - 1] >= 0x80 { 0xff } else { 0 });
                let value = load_value(operation, extract(word, next, address));
                assert_eq!(value, number(&extended), "{operation} at {offset}");
            }
        }
    }
}

/// Without a crossing the next word has no influence.
#[test]
fn the_next_word_matters_only_when_it_is_reached() {
    let (word, next) = words(BYTES);
    for operation in Operation::ALL {
        let width = access_width(operation);
        for offset in 0..8 {
            if width > 0 && operation.writes_rd() && !crosses_word(offset, width) {
                let value = |next| load_value(operation, extract(word, next, offset));
                assert_eq!(value(next), value(!next), "{operation} at {offset}");
            }
        }
    }
}

#[test]
fn stores_replace_their_bytes() {
    let (word, next) = words(BYTES);
    let value = 0x0123_4567_89ab_cdefu64;
    for width in [1, 2, 4, 8] {
        for offset in 0..8 {
            let mut bytes = BYTES;
            let stored = &value.to_le_bytes()[..width];
            bytes[offset..offset + width].copy_from_slice(stored);
            let merged = store_merge(word, next, offset as u64, width as u64, value);
            assert_eq!(merged, words(bytes), "{width} bytes at {offset}");
            let crosses = offset + width > 8;
            assert_eq!(crosses_word(0x1000 + offset as u64, width as u64), crosses);
            assert_eq!(merged.1 == next, !crosses);
            assert_eq!(is_aligned(offset as u64, width as u64), offset % width == 0);
        }
    }
}

#[test]
fn operations_without_a_result_of_their_own_add() {
    for operation in [Jal, Jalr, Beq, Ld, Sd, Ecall, Ebreak, Fence, Lui, Auipc] {
        assert_eq!(alu(operation, 3, u64::MAX), 2, "{operation}");
    }
}
