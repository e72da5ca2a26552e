//! `branch_equal`.
