//! Bugs that other zkVMs shipped, tried here: each lie is refused, and its honest twin accepted.
//!
//! `docs/security.md` lists the bugs and says which test stands for which; many stand in other
//! files, next to what they test.

mod denial_of_service;
mod fields;
mod instructions;
mod logup;
mod memory;
#[path = "../support/mod.rs"]
mod support;
mod transcript;
