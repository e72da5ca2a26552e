//! What the crate promises about blocks, on real ones and on its parts.

mod accelerators_agree;
mod bad_blocks_refused;
mod damaged_inputs_refused;
mod files;
mod real_blocks_validate;
mod seed;
mod sparse_tries_agree;
mod state_changes_agree;
