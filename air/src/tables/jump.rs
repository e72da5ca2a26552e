//! `jump`.
