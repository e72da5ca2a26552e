//! One file per table.

pub mod add;
pub mod add_immediate;
pub mod add_word;
pub mod bitwise;
pub mod boundary;
pub mod branch_equal;
pub mod branch_less;
pub mod byte;
pub mod commit;
pub mod compare;
pub mod copy;
pub mod divide;
pub mod ecall;
pub mod image;
pub mod jump;
pub mod jump_register;
pub mod keccak;
pub mod keccak_memory;
pub mod ledger;
pub mod load_double;
pub mod load_narrow;
pub mod memory;
pub mod misaligned;
pub mod multiply;
pub mod private_input;
pub mod program;
pub mod range;
pub mod refresh;
pub mod shift;
pub mod shift_amount;
pub mod shift_word;
pub mod store_double;
pub mod store_narrow;
#[cfg(test)]
pub(crate) mod testing;
pub mod touched;
