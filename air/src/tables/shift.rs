//! `shift`.
