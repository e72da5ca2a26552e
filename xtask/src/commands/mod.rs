//! One module for each command: its arguments, and `run` with the repository's folder.

pub(crate) mod guests;
pub(crate) mod mutate;
pub(crate) mod soundcalc;
pub(crate) mod tables;
