//! `add_word`.
