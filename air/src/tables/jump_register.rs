//! `jump_register`.
