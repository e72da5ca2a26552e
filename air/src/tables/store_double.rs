//! `store_double`.
