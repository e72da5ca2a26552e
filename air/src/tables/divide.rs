//! `divide`.
