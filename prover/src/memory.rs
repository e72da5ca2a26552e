//! How much memory a proof takes, and how much there is.

use lvm_air::trace::Filled;
use lvm_verifier::config::CHALLENGE_DEGREE;
use lvm_verifier::stark::interactions::Demands;
use p3_matrix::Matrix;

/// Bytes of a field element.
const ELEMENT: u64 = 8;
/// Bytes that recording takes for one cycle, at most.
pub const RECORDING_BYTES_PER_CYCLE: u64 = 100;
/// Bytes that proving takes for one cycle, at least: a row of the narrowest table.
pub const PROVING_BYTES_PER_CYCLE: u64 = 600;
/// Memory that any proof takes, for the lookup tables of fixed height and the code.
const FIXED: u64 = 256 << 20;

/// Bytes that proving these tables takes at its peak, estimated.
///
/// A main cell is held as filled, and twice in its extension; an interaction column likewise, in
/// challenges; the quotient is held twice in its extension.
#[must_use]
pub fn estimate(tables: &[Filled]) -> u64 {
    let cells: u64 = tables
        .iter()
        .map(|filled| {
            let columns = Demands::of(filled.table).columns as u64;
            let extension = CHALLENGE_DEGREE as u64;
            let row = 4 * filled.rows.width() as u64 + 3 * extension * columns + 4 * extension;
            row * filled.rows.height() as u64
        })
        .sum();
    FIXED + cells * ELEMENT
}

/// Bytes that this process may still use: what is free on the machine, or in its control group.
#[must_use]
pub fn available() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let machine = system.available_memory();
    system.cgroup_limits().map_or(machine, |group| group.free_memory.min(machine))
}
