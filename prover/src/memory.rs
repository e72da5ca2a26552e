//! How much memory proving takes, and how much there is.

/// Bytes that proving a segment takes for each of its cells, at most, with the next segment's
/// recording. Cells are counted without padding: of a loop's segments they take 26 bytes each, of a
/// block's with many permutations, whose table is as high as a power of two, up to 50.
pub const BYTES_PER_CELL: u64 = 52;
/// Bytes that proving takes besides, for the lookup tables of fixed height, the guest's memory and
/// the code.
pub const FIXED: u64 = 512 << 20;

/// Bytes that this process may still use: what is free on the machine, or in its control group.
#[must_use]
pub fn available() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let machine = system.available_memory();
    system.cgroup_limits().map_or(machine, |group| group.free_memory.min(machine))
}
