//! The tables that prove an RV64IM run.
//!
//! A run is proved by tables that talk over buses ([`bus`]). Each file in [`tables`] is one
//! table: the statement it proves, its row, its constraints and messages, and how a row is filled
//! from an event of the recorded run. Tables are written against [`builder::TableBuilder`] and
//! know nothing of the proof protocol. [`table`] lists them all; [`trace`] fills them;
//! [`check`] finds the row that breaks a constraint and the message that unbalances a bus.
//! [`describe`] writes the tables down for people.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod builder;
pub mod bus;
pub mod check;
pub mod columns;
pub mod counts;
pub mod degree;
pub mod describe;
pub mod field;
pub mod gadgets;
pub mod keccak_f;
pub mod public;
pub mod table;
pub mod tables;
#[cfg(feature = "fill")]
pub mod trace;
