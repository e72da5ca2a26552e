//! `load_double`.
