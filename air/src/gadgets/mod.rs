//! Pieces of rows that several tables share: columns, their constraints and messages, and how
//! they are filled.
//!
//! Each gadget says what it assumes and what it guarantees. All of them are gated by an `active`
//! expression that the table has proved to be 0 or 1.

pub mod cell;
pub mod fetch;
pub mod less_than;
pub mod limbs;
pub mod memory;
pub mod operand;
pub mod product;
pub mod register;
pub mod sha256_word;
pub mod shift_by;
pub mod unaligned;
pub mod value;
pub mod wide;
