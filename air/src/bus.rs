//! Every message that tables exchange, and who must guarantee what.
//!
//! A bus balances when the messages sent and received on it are the same multiset. The proof
//! protocol enforces balance of each bus over all tables by LogUp; everything else about a
//! message is a duty of the tables, written at its struct. A message is a struct with named
//! fields, so that its arity is one number: [`Bus::arity`], checked by a test over all tables.
//!
//! ```text
//! execution     (time, pc)                     boundary ─▶ instruction ─▶ instruction ─▶ … ─▶ halt
//! program       (pc, code, operands)           instruction ─▶ program
//! register      (register, value, time)        boundary ⇄ accesses ⇄ refresh
//! memory        (address, …, value, time)        image, memory, private_input ⇄ accesses
//! memory_order  (address)                      boundary ─▶ cells in ascending order ─▶ boundary
//! range16       (value)                        anyone ─▶ range
//! sign16        (value, sign)                  anyone ─▶ range
//! bitwise_and   (a, b, a & b)                  bitwise ─▶ byte
//! byte_pair     (a, b)                         anyone ─▶ byte
//! shift_amount  (amount, …)                    shift, shift_word ─▶ shift_amount
//! halt          (exit code)                    ecall ─▶ boundary
//! commit        (time, pointer, left, position) ecall ─▶ commit ─▶ … ─▶ ecall
//! output        (position, byte)               commit ─▶ the statement
//! keccak_call   (time, pointer)                ecall ─▶ keccak
//! keccak_word   (time, address, before, after) keccak ─▶ keccak_memory
//! ```

use crate::builder::{Side, TableBuilder};

/// A channel between tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bus {
    Execution,
    Program,
    Register,
    Memory,
    MemoryOrder,
    Range16,
    Sign16,
    BitwiseAnd,
    BytePair,
    ShiftAmount,
    Halt,
    Commit,
    Output,
    KeccakCall,
    KeccakWord,
}

impl Bus {
    /// Every bus.
    pub const ALL: [Self; 15] = [
        Self::Execution,
        Self::Program,
        Self::Register,
        Self::Memory,
        Self::MemoryOrder,
        Self::Range16,
        Self::Sign16,
        Self::BitwiseAnd,
        Self::BytePair,
        Self::ShiftAmount,
        Self::Halt,
        Self::Commit,
        Self::Output,
        Self::KeccakCall,
        Self::KeccakWord,
    ];

    /// The bus's name in transcripts and documentation.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Execution => "execution",
            Self::Program => "program",
            Self::Register => "register",
            Self::Memory => "memory",
            Self::MemoryOrder => "memory_order",
            Self::Range16 => "range16",
            Self::Sign16 => "sign16",
            Self::BitwiseAnd => "bitwise_and",
            Self::BytePair => "byte_pair",
            Self::ShiftAmount => "shift_amount",
            Self::Halt => "halt",
            Self::Commit => "commit",
            Self::Output => "output",
            Self::KeccakCall => "keccak_call",
            Self::KeccakWord => "keccak_word",
        }
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
            Self::MemoryOrder => MemoryOrderMsg::<()>::FIELDS,
            Self::Range16 => Range16Msg::<()>::FIELDS,
            Self::Sign16 => Sign16Msg::<()>::FIELDS,
            Self::BitwiseAnd => BitwiseAndMsg::<()>::FIELDS,
            Self::BytePair => BytePairMsg::<()>::FIELDS,
            Self::ShiftAmount => ShiftAmountMsg::<()>::FIELDS,
            Self::Halt => HaltMsg::<()>::FIELDS,
            Self::Commit => CommitMsg::<()>::FIELDS,
            Self::Output => OutputMsg::<()>::FIELDS,
            Self::KeccakCall => KeccakCallMsg::<()>::FIELDS,
            Self::KeccakWord => KeccakWordMsg::<()>::FIELDS,
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

message! { Execution, 2,
    /// The machine is about to execute the instruction at `pc` at time `time`.
    ///
    /// `boundary` sends the first state. Every instruction row receives its own state and sends
    /// the next, four ticks later, except a halting ECALL, which sends on `halt` instead. Rows
    /// number less than a fourth of the field's order, so time can't wrap and all rows lie on one
    /// chain.
    ExecutionMsg {
        /// Ticks; the first instruction starts at `TIME_START`.
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
    /// `boundary` sends each register's first state and receives its last. An access receives
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
    /// As on `register`; the first and last states come from `image`, `memory` and
    /// `private_input`, which prove that each address occurs once and lies in
    /// `[MEMORY_START, MEMORY_END)`, a multiple of 8. Hence an access whose address is none of
    /// those finds nothing to receive, and need not check its address.
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

message! { MemoryOrder, 1,
    /// The next memory cell's address is larger than `address`.
    ///
    /// A chain from `boundary` through every row of `image`, `memory` and `private_input` back to
    /// `boundary`. Each row proves its own address to be larger, which makes addresses unique.
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
    /// The run ended with this exit code. Sent by the halting ECALL, received by `boundary`,
    /// which holds the statement's exit code.
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
    /// The public output has `byte` at `position`. Received once by the statement itself
    /// ([`crate::public`]), sent once by `commit`.
    OutputMsg {
        /// Position from the start.
        position,
        /// The byte.
        byte,
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

message! { KeccakWord, 6,
    /// A keccak-f call at `time` turns the word at `address` from `before` into `after`.
    ///
    /// `keccak` guarantees that the 25 words are one permutation's input and output and that
    /// `after` is canonical; `keccak_memory` does the memory accesses.
    KeccakWordMsg {
        /// Time at which the ECALL starts.
        time,
        /// Address of the word.
        address,
        /// Word before, low 32 bits.
        before_lo,
        /// Word before, high 32 bits.
        before_hi,
        /// Word after, low 32 bits.
        after_lo,
        /// Word after, high 32 bits.
        after_hi,
    }
}
