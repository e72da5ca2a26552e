//! `commit`.
