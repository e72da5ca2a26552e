//! `bitwise`.
