//! `boundary`.
