//! Why some changes in used rows are not refused: the cells that are the prover's to choose.
//!
//! A reason holds for columns of one table and only in the rows where its condition does.

use super::subject::{HALTS, Rows};

/// A reason.
struct Reason {
    table: &'static str,
    /// Column names; `[*]` stands for any index.
    columns: &'static [&'static str],
    /// Honest cells that make the named columns free, as `(column, value)`.
    when: &'static [(&'static str, u64)],
    why: &'static str,
}

/// All reasons.
const REASONS: &[Reason] = &[
    Reason {
        table: "boundary",
        columns: &["last_time"],
        when: &[("is_execution", 1), (HALTS, 1)],
        why: "there is no state after a halt, so it has no time",
    },
    Reason {
        table: "boundary",
        columns: &["first.lo", "first.hi", "last.lo", "last.hi"],
        when: &[("is_execution", 1)],
        why: "the execution's row is no register",
    },
    Reason {
        table: "ledger",
        columns: &["last_address", "room.low"],
        when: &[("is_memory", 0)],
        why: "only memory's row bounds the addresses",
    },
    Reason {
        table: "ledger",
        columns: &["last.lo", "last.hi", "last_segment"],
        when: &[("is_memory", 1)],
        why: "memory's row is no register",
    },
    Reason {
        table: "add_word",
        columns: &["right.access.time"],
        when: &[("right.is_immediate", 1)],
        why: IMMEDIATE,
    },
    Reason {
        table: "bitwise",
        columns: &["right.access.time"],
        when: &[("right.is_immediate", 1)],
        why: IMMEDIATE,
    },
    Reason {
        table: "compare",
        columns: &["right.access.time"],
        when: &[("right.is_immediate", 1)],
        why: IMMEDIATE,
    },
    Reason {
        table: "shift",
        columns: &["right.access.time"],
        when: &[("right.is_immediate", 1)],
        why: IMMEDIATE,
    },
    Reason {
        table: "shift_word",
        columns: &["right.access.time"],
        when: &[("right.is_immediate", 1)],
        why: IMMEDIATE,
    },
    Reason {
        table: "misaligned",
        columns: &["second.found.time", "second.found.gap.low", "second.is_writable"],
        when: &[("crosses", 0)],
        why: "the access is to one word only, the second one isn't accessed",
    },
    Reason {
        table: "multiply",
        columns: &["shifted_inverse"],
        when: &[("middle", 0)],
        why: "a sum whose low limb is 0 can't be a smaller one plus p: no inverse is asked for",
    },
    Reason {
        table: "multiply",
        columns: &["high_inverse"],
        when: &[("result.hi", 0)],
        why: "no inverse is asked for: the constraint says that some signs aren't both 1",
    },
    Reason {
        table: "ecall",
        columns: &["position", "position_time", "position_gap.low"],
        when: &[("is_commit", 0)],
        why: "only commits read the output register",
    },
    Reason {
        table: "ecall",
        columns: &["source_offset"],
        when: &[("is_copy", 0)],
        why: "only copies have a source",
    },
    Reason {
        table: "ecall",
        columns: &["exit_code.lo", "exit_code.hi"],
        when: &[("is_halt", 0), ("is_panic", 0)],
        why: "the call doesn't end the run",
    },
    Reason {
        table: "copy",
        columns: &["target.before.lo", "target.before.hi", "target.time", "target.gap.low"],
        when: &[("is_begin", 1)],
        why: "a call's begin writes nothing",
    },
    Reason {
        table: "copy",
        columns: &["word.found.time", "word.found.gap.low", "word.is_writable"],
        when: &[("is_begin", 1), ("offsets[0]", 1)],
        why: "a call's begin reads nothing if the source is aligned",
    },
    Reason { table: "modular_256", columns: FACTOR, when: &[("is_invert", 1)], why: INVERTS },
    Reason { table: "modular_384", columns: FACTOR, when: &[("is_invert", 1)], why: INVERTS },
    Reason {
        table: "point_memory",
        columns: &["q[*].found.time", "q[*].found.gap.low", "q[*].is_writable"],
        when: &[("is_double", 1)],
        why: "there is no second point to double, so it isn't read",
    },
    Reason {
        table: "multiply_x",
        columns: &[
            "x_read.words[4].found.before.lo",
            "x_read.words[4].found.before.hi",
            "x_read.words[4].found.time",
            "x_read.words[4].found.gap.low",
            "x_read.words[4].is_writable",
        ],
        when: &[("x_read.offsets[0]", 1)],
        why: ALIGNED,
    },
    Reason {
        table: "multiply_x",
        columns: &[
            "k_read.words[4].found.before.lo",
            "k_read.words[4].found.before.hi",
            "k_read.words[4].found.time",
            "k_read.words[4].found.gap.low",
            "k_read.words[4].is_writable",
        ],
        when: &[("k_read.offsets[0]", 1)],
        why: ALIGNED,
    },
    Reason {
        table: "multiply_x",
        columns: &[
            "result.words[4].before.lo",
            "result.words[4].before.hi",
            "result.words[4].time",
            "result.words[4].gap.low",
        ],
        when: &[("result.offsets[0]", 1)],
        why: ALIGNED,
    },
];

/// Why the fifth word of 32 bytes is free.
const ALIGNED: &str = "aligned bytes lie in four words, a fifth isn't accessed";

/// What a call that finds an inverse has of a second factor.
const FACTOR: &[&str] = &[
    "a3.before.lo",
    "a3.before.hi",
    "a3.time",
    "b[*].found.before.lo",
    "b[*].found.before.hi",
    "b[*].found.time",
    "b[*].found.gap.low",
    "b[*].is_writable",
    "b_limbs[*].lo.low",
    "b_limbs[*].hi.low",
];
/// Why it is free.
const INVERTS: &str = "there is one factor to invert: a second one isn't read";

/// Why the time of the access to rs2 is free in the immediate form.
const IMMEDIATE: &str = "the immediate form doesn't read rs2, so there is no access before";

/// Why a change of the cell `column` in `row` may survive.
pub(super) fn reason(rows: &Rows, row: usize, column: &str) -> Option<&'static str> {
    REASONS.iter().find(|reason| reason.covers(rows, row, column)).map(|reason| reason.why)
}

/// A column's name with `*` for its indices.
fn any_index(column: &str) -> String {
    let parts = column.split(['[', ']']).enumerate();
    parts.map(|(at, part)| if at % 2 == 0 { part } else { "[*]" }).collect()
}

impl Reason {
    fn covers(&self, rows: &Rows, row: usize, column: &str) -> bool {
        self.table == rows.table.name()
            && (self.columns.contains(&column)
                || self.columns.contains(&any_index(column).as_str()))
            && self.when.iter().all(|&(name, value)| rows.cell(row, name) == Some(value))
    }
}
