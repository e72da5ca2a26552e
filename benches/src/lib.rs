//! What is measured: programs with inputs, each at several sizes.
//!
//! The benchmarks in `benches/` measure changes; the binaries `report` and `blocks` measure the
//! figures in `docs/performance.md`. All use the allocator of the `lvm` command.
#![forbid(unsafe_code)]

pub mod block;
pub mod machine;
pub mod measurement;
pub mod phases;
pub mod workload;

pub use crate::workload::Workload;

#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
