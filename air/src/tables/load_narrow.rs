//! `load_narrow`.
