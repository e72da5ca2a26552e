//! How high tables may be, and why nothing that is added up along their rows wraps around.

use super::Table;

/// Log2 of the smallest height of a table.
pub const LOG_HEIGHT_MIN: usize = 4;
/// Log2 of the largest height of a table, and of the sum of its heights if a proof has it several
/// times.
///
/// The bounds on sums along chains of messages, on which the tables rely to never wrap around the
/// field's order, follow from it:
/// - times: a table makes at most [`ACCESSES_MAX`] accesses in a row, each of which adds at most
///   2^32 ticks to the chain of its cell;
/// - addresses: each cell adds at most 2^35 to the chain of cells, and three tables hold cells of
///   the ledger.
pub const LOG_HEIGHT_MAX: usize = 26;
/// Accesses to registers and memory with a gap of up to 2^32 ticks in one row of every table that
/// makes such accesses, all together: `refresh`, `ecall` (the output register), `commit`,
/// `keccak`, two in `misaligned`, two in `copy`, and one in each of four tables of loads and stores.
pub const ACCESSES_MAX: u128 = 12;
/// The same limit for the tables of calls that compute, which make many accesses in a row.
pub const LOG_HEIGHT_MAX_OF_COMPUTATIONS: usize = 22;
/// Such accesses in one row of each of these tables, all together: four operands in each `modular`, three
/// in each `quadratic`, two in `point_memory` and in `sha256`, three of five words each in `multiply_x`.
pub const ACCESSES_MAX_OF_COMPUTATIONS: u128 = 143;

const ORDER: u128 = 0xFFFF_FFFF_0000_0001;
const ACCESSES: u128 = (ACCESSES_MAX << LOG_HEIGHT_MAX)
    + (ACCESSES_MAX_OF_COMPUTATIONS << LOG_HEIGHT_MAX_OF_COMPUTATIONS);
const _: () = assert!(ACCESSES << 32 < ORDER / 2);
const _: () = assert!((3 << LOG_HEIGHT_MAX) << 35 < ORDER / 2);

/// Log2 of a number above that of the messages of any table in a row; so multiplicities add up to
/// less than the field's order.
pub(super) const LOG_MESSAGES_MAX: usize = 10;
const _: () = assert!((Table::ALL.len() as u128) << (LOG_HEIGHT_MAX + LOG_MESSAGES_MAX) < ORDER);
