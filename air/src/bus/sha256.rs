//! The messages between a call of SHA-256's compression function and its rounds.

use crate::builder::{Side, TableBuilder};
use crate::bus::Bus;

message! { Sha256State, 10,
    /// The working variables of a `sha256` call at `time` before round 8·`step`.
    ///
    /// A chain from `sha256`, which sends step 0, over one row of `sha256_round` for each step from
    /// 0 to 7, which sends the next, back to `sha256`, which receives step 8. No row does another
    /// step, so that there are no other chains, and one call is made at a time. The variables are
    /// below 2^32: `sha256` guarantees it of the first, `sha256_round` of those that it sends, but
    /// for `a` and `e`, which may be more or less by a multiple of 2^32: a row of `sha256_round` that
    /// receives them guarantees that they aren't, and `sha256` adds modulo 2^32.
    Sha256StateMsg {
        /// Time at which the ECALL starts.
        time,
        /// Rounds done, divided by 8.
        step,
        a,
        b,
        c,
        d,
        e,
        f,
        g,
        h,
    }
}

message! { Sha256Block, 10,
    /// Half of the block of a `sha256` call at `time`: the words of rounds 8·`step` on.
    ///
    /// `sha256` sends steps 0 and 1 of each call, as it reads the words from memory, so that they
    /// are below 2^32. The rows of `sha256_round` that do these steps receive them.
    Sha256BlockMsg {
        /// Time at which the ECALL starts.
        time,
        /// 0 or 1.
        step,
        /// Words as they are in memory: their bytes are in the opposite order.
        w0,
        w1,
        w2,
        w3,
        w4,
        w5,
        w6,
        w7,
    }
}

message! { Sha256Schedule, 18,
    /// What the words of rounds before 8·`step` contribute to those of the 16 rounds from there on,
    /// in the schedule of a `sha256` call at `time`; sums without carries.
    ///
    /// From each row of `sha256_round` to that of the next step. What is due where the step is 1 is
    /// any numbers; those words are bound by the block.
    Sha256ScheduleMsg {
        /// Time at which the ECALL starts.
        time,
        /// The receiver's step.
        step,
        /// To the words of the receiver.
        due_0,
        due_1,
        due_2,
        due_3,
        due_4,
        due_5,
        due_6,
        due_7,
        /// To the words of the row after it.
        later_0,
        later_1,
        later_2,
        later_3,
        later_4,
        later_5,
        later_6,
        later_7,
    }
}
