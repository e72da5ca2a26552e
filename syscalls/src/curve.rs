//! `curve`: additions and doublings of points of three curves.
//!
//! | register | value |
//! | --- | --- |
//! | `a7` | [`number`] of curve and operation: 1056 to 1061 |
//! | `a0` | address of the point `p`, which becomes the result |
//! | `a1` | address of the point `q`; not used to double |
//!
//! A point is its coordinate x, then y, each of 4 words of 64 bits, the lowest first. Addresses are
//! multiples of 8.
//!
//! | operation | secp256k1 | secp256r1 | BN254 | result |
//! | --- | --- | --- | --- | --- |
//! | [`Operation::Add`] | 1056 | 1058 | 1060 | `p + q` |
//! | [`Operation::Double`] | 1057 | 1059 | 1061 | `2·p` |
//!
//! These are the formulas of affine coordinates, for two different x, or for a y that isn't 0: there
//! is no point at infinity here, as an operand or as a result. The points need not be on the curve; the
//! results are those that the formulas have, modulo the field's modulus and less than it.
//!
//! The run traps when an address is not a multiple of 8, when a word lies outside of memory or, at
//! `p`, in an executable segment, when a coordinate is not less than the modulus, when `p` and
//! `q` have the same x, and when the point to be doubled has a y of 0. Both points are read
//! before the result is written, so that they may overlap.
//!
//! Proved by the tables `point` (the arithmetic) and `point_memory` (reading and writing), one row
//! each; `ecall` sends the addresses and the time.

/// A curve `y² = x³ + a·x + b`, of which the calls need not know b.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// secp256k1 (SEC 2, section 2.4.1); a is 0.
    Secp256k1,
    /// secp256r1, also P-256 (SEC 2, section 2.4.2); a is −3.
    Secp256r1,
    /// BN254's first group (EIP-196); a is 0.
    Bn254,
}

impl Curve {
    /// All curves, in the order of their calls' numbers.
    pub const ALL: [Self; 3] = [Self::Secp256k1, Self::Secp256r1, Self::Bn254];

    /// The modulus of the field, a prime, lowest word first.
    #[must_use]
    pub const fn modulus(self) -> [u64; 4] {
        match self {
            Self::Secp256k1 => [0xffff_fffe_ffff_fc2f, u64::MAX, u64::MAX, u64::MAX],
            Self::Secp256r1 => [u64::MAX, 0xffff_ffff, 0, 0xffff_ffff_0000_0001],
            Self::Bn254 => crate::quadratic::MODULUS_BN254,
        }
    }

    /// The negative of the coefficient a: 0 or 3.
    #[must_use]
    pub const fn minus_a(self) -> u64 {
        match self {
            Self::Secp256r1 => 3,
            Self::Secp256k1 | Self::Bn254 => 0,
        }
    }
}

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `p + q`.
    Add,
    /// `2·p`.
    Double,
}

impl Operation {
    /// Both operations, in the order of their calls' numbers.
    pub const ALL: [Self; 2] = [Self::Add, Self::Double];
}

/// Words of a point.
pub const POINT_WORDS: usize = 8;

/// The number of the first call.
const FIRST: u64 = 1056;

/// The number of the call.
#[must_use]
pub const fn number(curve: Curve, operation: Operation) -> u64 {
    FIRST + 2 * curve as u64 + operation as u64
}

/// Which curve and operation is the call `number`.
#[must_use]
pub fn operation(call: u64) -> Option<(Curve, Operation)> {
    let all = Curve::ALL.into_iter().flat_map(|curve| Operation::ALL.map(|it| (curve, it)));
    all.into_iter().find(|(curve, operation)| number(*curve, *operation) == call)
}

/// Replaces `p` by `p + q`. They must have different x.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn add<const CURVE: usize>(p: &mut [u64; POINT_WORDS], q: &[u64; POINT_WORDS]) {
    // SAFETY: the call reads both references and writes the exclusive one; it changes no register.
    unsafe {
        core::arch::asm!(
            "ecall",
            in("a7") const { number(Curve::ALL[CURVE], Operation::Add) },
            in("a0") p,
            in("a1") q,
            options(nostack, preserves_flags),
        );
    }
}

/// Replaces `p` by `2·p`. Its y must not be 0.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn double<const CURVE: usize>(p: &mut [u64; POINT_WORDS]) {
    double_repeatedly::<CURVE, 1>(p);
}

/// Doubles `p` as many times as `TIMES` says. No y that is doubled may be 0.
///
/// The calls follow each other without an instruction in between.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn double_repeatedly<const CURVE: usize, const TIMES: usize>(p: &mut [u64; POINT_WORDS]) {
    // SAFETY: the calls read and write the exclusive reference; they change no register.
    unsafe {
        core::arch::asm!(
            ".rept {times}",
            "ecall",
            ".endr",
            times = const TIMES,
            in("a7") const { number(Curve::ALL[CURVE], Operation::Double) },
            in("a0") p,
            options(nostack, preserves_flags),
        );
    }
}
