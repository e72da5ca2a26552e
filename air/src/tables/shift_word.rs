//! `shift_word`.
