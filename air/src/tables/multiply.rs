//! `multiply`.
