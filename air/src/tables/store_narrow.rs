//! `store_narrow`.
