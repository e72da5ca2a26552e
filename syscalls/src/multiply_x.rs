//! `multiply_x`: a multiple of a point of secp256k1, by x alone.
//!
//! | register | value |
//! | --- | --- |
//! | `a7` | 2⁶⁴ − 11 |
//! | `a0` | address of the result: x of `k·P` |
//! | `a1` | address of x of the point `P` |
//! | `a2` | address of the scalar `k` |
//!
//! All are numbers of 32 bytes, the lowest first, at any addresses. Which of the two points with its
//! x the point `P` is doesn't matter: their multiples have the same x, too.
//!
//! The run traps unless `k` is from 1 to [`ORDER`]` − 1`, the x of `P` is less than the field's modulus
//! p, and there is a point with it, that is unless x³ + 7 is a square modulo p; and when a byte lies
//! outside of memory or, of the result, in an executable segment. Then there is a result: the curve has
//! a prime number of points. Both operands are read before the result is written, so that all
//! three may overlap, and operands may lie where nothing can be written.
//!
//! The call, with its number, is LambdaVM's, for whose guests it is here, and it has no wrapper. There
//! it also traps when the operands overlap by fewer than 32 bytes, which here they may; so every run that
//! it allows is the same run here. Our own guests use [`curve`](crate::curve), with which a sum of
//! multiples takes fewer steps than its summands one by one.
//!
//! Proved by the tables `multiply_x` (the operands, one row a call), `ladder` (one row for each bit of
//! `k` below its highest) and `point` (one row for each sum or double); `ecall` sends the addresses
//! and the time.

/// The number of the call.
pub const NUMBER: u64 = u64::MAX - 10;

/// Bytes of each operand and of the result.
pub const BYTES: usize = 32;

/// The number of points of secp256k1 (SEC 2, section 2.4.1), the point at infinity among them: a
/// prime. Lowest word first.
pub const ORDER: [u64; 4] =
    [0xbfd2_5e8c_d036_4141, 0xbaae_dce6_af48_a03b, 0xffff_ffff_ffff_fffe, u64::MAX];

/// b of the curve's equation `y² = x³ + b`.
pub const B: u64 = 7;
