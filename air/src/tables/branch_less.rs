//! `branch_less`.
