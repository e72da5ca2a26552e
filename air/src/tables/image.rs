//! `image`.
