//! `add_immediate`.
