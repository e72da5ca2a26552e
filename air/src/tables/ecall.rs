//! `ecall`.
