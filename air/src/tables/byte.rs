//! `byte`.
