//! The memory allocator: jemalloc, whose settings are in `.cargo/config.toml`.
//!
//! Filling and committing tables allocates from all threads at once and in large blocks; the
//! system's allocator gives every such block back and has the kernel clear it anew.

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
