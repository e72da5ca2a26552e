//! Every message that tables exchange, and who must guarantee what.
//!
//! A bus balances when the messages sent and received on it are the same multiset. The proof
//! protocol enforces balance of each bus over all tables by LogUp; everything else about a
//! message is a duty of the tables, written at its struct. A message is a struct with named
//! fields, so that its arity is one number: [`Bus::arity`], checked by a test over all tables.
//!
//! ```text
//! execution     (time, pc)                     boundary ─▶ instruction ─▶ … ─▶ boundary or halt
//! program       (pc, code, operands)           instruction ─▶ program
//! register      (register, value, time)        boundary ⇄ accesses ⇄ refresh
//! memory        (address, …, value, time)      touched ⇄ accesses
//! cell          (address, …, value, segment)   ledger's tables ⇄ boundary, touched of all segments
//! memory_order  (address)                      ledger ─▶ cells in ascending order ─▶ ledger
//! range16       (value)                        anyone ─▶ range
//! sign16        (value, sign)                  anyone ─▶ range
//! bitwise_and   (a, b, a & b)                  bitwise ─▶ byte
//! byte_pair     (a, b)                         anyone ─▶ byte
//! shift_amount  (amount, …)                    shift, shift_word ─▶ shift_amount
//! halt          (exit code)                    ecall ─▶ boundary
//! commit        (time, pointer, left, position) ecall ─▶ commit ─▶ … ─▶ ecall
//! output        (position, byte)               commit ─▶ the statement
//! copy          (time, source, …, carry)       ecall ─▶ copy ─▶ … ─▶ copy
//! call          (time, number, …, a0, a1, a2)  ecall ─▶ the tables of calls that compute
//! point         (curve, …, p, q, sum)          whoever adds points ─▶ point
//! ladder        (time, remaining, acc, base)   multiply_x ─▶ ladder ─▶ … ─▶ multiply_x
//! ladder_bit    (time, position, bit)          multiply_x ─▶ ladder
//! keccak_call   (time, pointer)                ecall ─▶ keccak
//! sha256_state  (time, step, a, …, h)          sha256 ─▶ sha256_round ─▶ … ─▶ sha256
//! sha256_block  (time, step, words)            sha256 ─▶ sha256_round
//! sha256_schedule (time, step, due, later)     sha256_round ─▶ … ─▶ sha256_round
//! ```

use crate::builder::{Side, TableBuilder};
pub use crate::bus::ladder::{LadderBitMsg, LadderMsg};
pub use crate::bus::point::{PointHalves, PointMsg};
pub use crate::bus::sha256::{Sha256BlockMsg, Sha256ScheduleMsg, Sha256StateMsg};

/// A channel between tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bus {
    Execution,
    Program,
    Register,
    Memory,
    Cell,
    MemoryOrder,
    Range16,
    Sign16,
    BitwiseAnd,
    BytePair,
    ShiftAmount,
    Halt,
    Commit,
    Output,
    Copy,
    Call,
    Point,
    Ladder,
    LadderBit,
    KeccakCall,
    Sha256State,
    Sha256Block,
    Sha256Schedule,
}

impl Bus {
    /// Every bus.
    pub const ALL: [Self; 23] = [
        Self::Execution,
        Self::Program,
        Self::Register,
        Self::Memory,
        Self::Cell,
        Self::MemoryOrder,
        Self::Range16,
        Self::Sign16,
        Self::BitwiseAnd,
        Self::BytePair,
        Self::ShiftAmount,
        Self::Halt,
        Self::Commit,
        Self::Output,
        Self::Copy,
        Self::Call,
        Self::Point,
        Self::Ladder,
        Self::LadderBit,
        Self::KeccakCall,
        Self::Sha256State,
        Self::Sha256Block,
        Self::Sha256Schedule,
    ];

    /// The bus's name in transcripts and documentation.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Execution => "execution",
            Self::Program => "program",
            Self::Register => "register",
            Self::Memory => "memory",
            Self::Cell => "cell",
            Self::MemoryOrder => "memory_order",
            Self::Range16 => "range16",
            Self::Sign16 => "sign16",
            Self::BitwiseAnd => "bitwise_and",
            Self::BytePair => "byte_pair",
            Self::ShiftAmount => "shift_amount",
            Self::Halt => "halt",
            Self::Commit => "commit",
            Self::Output => "output",
            Self::Copy => "copy",
            Self::Call => "call",
            Self::Point => "point",
            Self::Ladder => "ladder",
            Self::LadderBit => "ladder_bit",
            Self::KeccakCall => "keccak_call",
            Self::Sha256State => "sha256_state",
            Self::Sha256Block => "sha256_block",
            Self::Sha256Schedule => "sha256_schedule",
        }
    }

    /// Whether the bus balances over all proofs of a run together. Every other bus balances within
    /// each proof.
    #[must_use]
    pub const fn is_global(self) -> bool {
        matches!(self, Self::Cell)
    }

    /// Field elements in a message.
    #[must_use]
    pub const fn arity(self) -> usize {
        self.fields().len()
    }

    /// Names of a message's fields, in bus order.
    #[must_use]
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Execution => ExecutionMsg::<()>::FIELDS,
            Self::Program => ProgramMsg::<()>::FIELDS,
            Self::Register => RegisterMsg::<()>::FIELDS,
            Self::Memory => MemoryMsg::<()>::FIELDS,
            Self::Cell => CellMsg::<()>::FIELDS,
            Self::MemoryOrder => MemoryOrderMsg::<()>::FIELDS,
            Self::Range16 => Range16Msg::<()>::FIELDS,
            Self::Sign16 => Sign16Msg::<()>::FIELDS,
            Self::BitwiseAnd => BitwiseAndMsg::<()>::FIELDS,
            Self::BytePair => BytePairMsg::<()>::FIELDS,
            Self::ShiftAmount => ShiftAmountMsg::<()>::FIELDS,
            Self::Halt => HaltMsg::<()>::FIELDS,
            Self::Commit => CommitMsg::<()>::FIELDS,
            Self::Output => OutputMsg::<()>::FIELDS,
            Self::Copy => CopyMsg::<()>::FIELDS,
            Self::Call => CallMsg::<()>::FIELDS,
            Self::Point => PointMsg::<()>::FIELDS,
            Self::Ladder => LadderMsg::<()>::FIELDS,
            Self::LadderBit => LadderBitMsg::<()>::FIELDS,
            Self::KeccakCall => KeccakCallMsg::<()>::FIELDS,
            Self::Sha256State => Sha256StateMsg::<()>::FIELDS,
            Self::Sha256Block => Sha256BlockMsg::<()>::FIELDS,
            Self::Sha256Schedule => Sha256ScheduleMsg::<()>::FIELDS,
        }
    }
}

/// Declares a message: a struct with one expression per field, in bus order.
macro_rules! message {
    ($bus:ident, $arity:literal, $(#[doc = $outer:expr])* $name:ident { $($(#[doc = $doc:expr])* $field:ident,)* }) => {
        $(#[doc = $outer])*
        #[derive(Clone, Debug)]
        pub struct $name<E> { $($(#[doc = $doc])* pub $field: E,)* }

        impl<E> $name<E> {
            /// Names of the fields, in bus order.
            pub const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];
        }

        impl<E: Clone> $name<E> {
            /// Sends the message, `multiplicity` (at most `multiplicity_max`) times.
            pub fn send<AB: TableBuilder<Expr = E>>(self, builder: &mut AB, multiplicity: impl Into<E>) {
                builder.message(Bus::$bus, Side::Send, [$(self.$field),*], multiplicity.into(), 1);
            }

            /// Receives the message; the multiplicity is 0 or 1.
            pub fn receive<AB: TableBuilder<Expr = E>>(self, builder: &mut AB, multiplicity: impl Into<E>) {
                builder.message(Bus::$bus, Side::Receive, [$(self.$field),*], multiplicity.into(), 1);
            }

            /// Offers the message as a table entry, to be asked for any number of times.
            pub fn provide<AB: TableBuilder<Expr = E>>(self, builder: &mut AB, multiplicity: impl Into<E>) {
                builder.message(Bus::$bus, Side::Receive, [$(self.$field),*], multiplicity.into(), 0);
            }
        }

        const _: () = assert!(Bus::$bus.arity() == $arity);
    };
}

mod ladder;
mod point;
mod sha256;

message! { Execution, 2,
    /// The machine is about to execute the instruction at `pc` at time `time`.
    ///
    /// `boundary` sends the segment's first state and, in every segment but the last, receives the
    /// state after its last instruction. Every instruction row receives its own state and sends
    /// the next, four ticks later, except a halting ECALL, which sends on `halt` instead. Rows
    /// number less than a fourth of the field's order, so time can't wrap and all rows lie on one
    /// chain.
    ExecutionMsg {
        /// Ticks; a segment's first instruction starts at `TIME_START`.
        time,
        /// Address of the instruction. An instruction row looks it up on `program`.
        pc,
    }
}

message! { Program, 7,
    /// The program has an instruction at `pc`, with these operands.
    ///
    /// Provided by `program`, which is preprocessed and in the verifying key. `code` tells the
    /// class and the operation; what the operands mean is the class's affair
    /// (`tables/program.rs`).
    ProgramMsg {
        /// Address, 4-aligned.
        pc,
        /// Operation code, never 0.
        code,
        /// Operands: see `Operands`.
        d0,
        d1,
        d2,
        d3,
        d4,
    }
}

message! { Register, 4,
    /// A register holds a value since `time`.
    ///
    /// `boundary` sends each register's first state in the segment and receives its last. An access receives
    /// the state before it and sends the state after it; it must prove that its own time is
    /// later, and that a written value has canonical limbs (each below 2^32). Then the states of
    /// a register form one chain in time, so what an access receives is the newest value.
    RegisterMsg {
        /// 0..32 for x0..x31; 32 for writes to x0; 33 for the length of the public output.
        register,
        /// Low 32 bits.
        lo,
        /// High 32 bits.
        hi,
        /// Time of the access that left the register so.
        time,
    }
}

message! { Memory, 5,
    /// An 8-aligned memory word holds a value since `time`.
    ///
    /// As on `register`; the first and last states in the segment come from `touched`, and `cell`
    /// allows each address one row there. Addresses are those of the ledger's words, which lie in
    /// `[MEMORY_START, MEMORY_END)` and are multiples of 8. Hence an access whose address is none
    /// of those finds nothing to receive, and need not check its address.
    MemoryMsg {
        /// Address, a multiple of 8.
        address,
        /// 0 if no store may change the word, which is so where the program is executable, else
        /// 1. A read passes it on; a write requires 1.
        is_writable,
        /// Low 32 bits.
        lo,
        /// High 32 bits.
        hi,
        /// Time of the access that left the word so.
        time,
    }
}

message! { Cell, 5,
    /// A register or memory word holds a value since `segment`. The bus spans all proofs of a run.
    ///
    /// The ledger sends each cell's first state, of segment 0, once, and receives its last. A
    /// segment that touches a cell receives the state before it, which must be of an earlier
    /// segment, and sends the state after it, of its own. Segments ascend along each chain, so that
    /// the states of a cell form one chain from the ledger to the ledger: every segment is on it at
    /// most once and receives the newest value. Values are canonical since the ledger's are and
    /// those that `register` and `memory` leave are.
    CellMsg {
        /// A register's number, below 33, or the address of a memory word, which is larger.
        address,
        /// As on `memory`; 1 for registers.
        is_writable,
        /// Low 32 bits.
        lo,
        /// High 32 bits.
        hi,
        /// The segment that left the cell so, from 1 on; 0 before the run.
        segment,
    }
}

message! { MemoryOrder, 1,
    /// The next memory cell's address is larger than `address`.
    ///
    /// A chain from `ledger` through every row of `image`, `memory` and `private_input` back to
    /// `ledger`. Each row proves its own address to be larger, which makes addresses unique.
    MemoryOrderMsg {
        /// Address of the cell before.
        address,
    }
}

message! { Range16, 1,
    /// `value` is below 2^16. Provided by `range`.
    Range16Msg {
        /// The value.
        value,
    }
}

message! { Sign16, 2,
    /// `value` is below 2^16 and its top bit is `sign`. Provided by `range`.
    Sign16Msg {
        /// The value.
        value,
        /// Bit 15.
        sign,
    }
}

message! { BitwiseAnd, 3,
    /// `a` and `b` are bytes and `and` is `a & b`. Provided by `byte`.
    BitwiseAndMsg {
        /// A byte.
        a,
        /// A byte.
        b,
        /// `a & b`.
        and,
    }
}

message! { BytePair, 2,
    /// `a` and `b` are bytes. Provided by `byte`.
    BytePairMsg {
        /// A byte.
        a,
        /// A byte.
        b,
    }
}

message! { ShiftAmount, 4,
    /// What a shift by `amount` is made of: a shift within 16-bit limbs, which is a multiplication,
    /// and moves by whole limbs. Provided by `shift_amount`.
    ShiftAmountMsg {
        /// 0..64.
        amount,
        /// `2^(amount % 16)`.
        multiplier,
        /// Bit 4 of the amount: move by one 16-bit limb.
        by_16,
        /// Bit 5 of the amount: move by two 16-bit limbs.
        by_32,
    }
}

message! { Halt, 2,
    /// The run ended with this exit code. Sent by the halting ECALL, received by the last segment's
    /// `boundary`, which holds the statement's exit code.
    HaltMsg {
        /// Low 32 bits.
        lo,
        /// High 32 bits.
        hi,
    }
}

message! { Commit, 4,
    /// A commit call at `time` has `remaining` bytes left, from `pointer`, to be put at
    /// `position` of the public output.
    ///
    /// The ECALL sends the state before the first byte and receives the state after the last.
    CommitMsg {
        /// Time at which the ECALL starts.
        time,
        /// Address of the next byte.
        pointer,
        /// Bytes left.
        remaining,
        /// Position in the public output.
        position,
    }
}

message! { Output, 2,
    /// The public output has `byte` at `position`. Sent once by `commit`; the statement receives
    /// the bytes of the segment's part of the public output.
    OutputMsg {
        /// Position from the start.
        position,
        /// The byte.
        byte,
    }
}

message! { Copy, 7,
    /// A `copy_words` call at `time` has `remaining` words left to copy.
    ///
    /// The ECALL sends the state before the call begins, with at least one word and no carry. The
    /// row that begins the call receives it and sends the state before the first word; each word's
    /// row receives its own state and sends the next, one word less, except the last. All of a
    /// call's rows have the same offset, and those of words prove that it is the source's.
    CopyMsg {
        /// Time at which the ECALL starts.
        time,
        /// The source modulo 8; plus 8 once the call has begun. Below 8 when the ECALL sends it.
        phase,
        /// Address of the next byte to copy.
        source,
        /// Address of the word where it goes.
        destination,
        /// Words left.
        remaining,
        /// The bytes from `source` on of the word that has the byte at `source`, as a value: low
        /// 32 bits. 0 if `source` is a multiple of 8, or before the call begins.
        carry_lo,
        /// High 32 bits.
        carry_hi,
    }
}

message! { Call, 7,
    /// A call that computes is made.
    ///
    /// `ecall` sends it, with registers as they are at `time`; the table of the call with this number
    /// receives it and says which of a1 and a2 it takes. What is taken, and a0, is below 2^48 and so
    /// no address modulo the field's order that it isn't itself.
    CallMsg {
        /// Time at which the ECALL starts.
        time,
        /// Number of the call: its low half, plus 2^32 if its high half is 2^32 − 1; it is 0 otherwise.
        number,
        /// 1 if the call takes a1, else 0.
        takes_a1,
        /// 1 if the call takes a2, else 0.
        takes_a2,
        /// First pointer.
        a0,
        /// Second pointer; modulo the field's order if it isn't taken.
        a1,
        /// Third pointer; likewise.
        a2,
    }
}

message! { KeccakCall, 2,
    /// A keccak-f call at `time` on the 25 words at `pointer`.
    KeccakCallMsg {
        /// Time at which the ECALL starts.
        time,
        /// Address of the first word.
        pointer,
    }
}
