//! `misaligned`.
