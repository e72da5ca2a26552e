//! `output`.
