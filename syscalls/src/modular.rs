//! `modular`: arithmetic modulo any number, on numbers of 256 or 384 bits.
//!
//! | register | value |
//! | --- | --- |
//! | `a7` | [`number`] of width and operation: 1040 to 1047 |
//! | `a0` | address of the destination `d` |
//! | `a1` | address of the factor `a` |
//! | `a2` | address of the modulus `m` |
//! | `a3` | address of the factor `b`; not used by `invert` |
//!
//! Numbers are of 4 or 6 words of 64 bits, the lowest first; addresses are multiples of 8. The host
//! replaces `d` by the result, which is less than `m`:
//!
//! | operation | 256 bits | 384 bits | result modulo `m` |
//! | --- | --- | --- | --- |
//! | [`Operation::Multiply`] | 1040 | 1044 | `a·b` |
//! | [`Operation::MultiplyAdd`] | 1041 | 1045 | `d + a·b` |
//! | [`Operation::MultiplySubtract`] | 1042 | 1046 | `d − a·b` |
//! | [`Operation::Invert`] | 1043 | 1047 | the number that gives 1 when multiplied by `a` |
//!
//! Operands need not be less than the modulus, but the quotient, of which the result is the
//! remainder, must be at least −2ⁿ and less than 2ⁿ⁺¹ for numbers of n bits. It is wherever one
//! of the factors is less than the modulus, or in `invert`; but for `multiply_subtract`, where `d` must
//! be less than the modulus, too. All operands are read before the destination is written, so
//! that any of them may be the same or overlap.
//!
//! The run traps when an address is not a multiple of 8, when a word lies outside of memory or, at
//! the destination, in an executable segment, when the modulus is 0, when the quotient is not
//! in its range, and when `a` has no inverse.
//!
//! Proved by the tables `modular_256` and `modular_384`, one row a call; `ecall` sends them the
//! addresses and the time.

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `a·b`.
    Multiply,
    /// `d + a·b`.
    MultiplyAdd,
    /// `d − a·b`.
    MultiplySubtract,
    /// The inverse of `a`.
    Invert,
}

impl Operation {
    /// All operations, in the order of their calls' numbers.
    pub const ALL: [Self; 4] =
        [Self::Multiply, Self::MultiplyAdd, Self::MultiplySubtract, Self::Invert];
}

/// Words of a number of 256 bits.
pub const WORDS_256: usize = 4;
/// Words of a number of 384 bits.
pub const WORDS_384: usize = 6;

/// The number of the first call on 256 bits.
const FIRST_256: u64 = 1040;
/// The number of the first call on 384 bits.
const FIRST_384: u64 = 1044;

/// The number of the call on numbers of `words` words, [`WORDS_256`] or [`WORDS_384`].
#[must_use]
pub const fn number(words: usize, operation: Operation) -> u64 {
    let first = if words == WORDS_256 { FIRST_256 } else { FIRST_384 };
    first + operation as u64
}

/// Which operation on numbers of `words` words is the call `number`.
#[must_use]
pub fn operation(words: usize, call: u64) -> Option<Operation> {
    Operation::ALL.into_iter().find(|operation| number(words, *operation) == call)
}

/// The call, with its registers.
///
/// # Safety
/// `d` points to as many words as the call writes, which are valid for writes, and the others to as
/// many that are valid for reads; `b` may be anything for `invert`.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
unsafe fn call<const WORDS: usize, const OPERATION: usize>(
    d: *mut [u64; WORDS],
    a: *const [u64; WORDS],
    m: *const [u64; WORDS],
    b: *const [u64; WORDS],
) {
    // SAFETY: the call reads and writes what the caller vouches for and changes no register.
    unsafe {
        core::arch::asm!(
            "ecall",
            in("a7") const { number(WORDS, Operation::ALL[OPERATION]) },
            in("a0") d,
            in("a1") a,
            in("a2") m,
            in("a3") b,
            options(nostack, preserves_flags),
        );
    }
}

/// `a·b` modulo `m`, for 4 or 6 words.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn multiply<const WORDS: usize>(
    a: &[u64; WORDS],
    b: &[u64; WORDS],
    m: &[u64; WORDS],
) -> [u64; WORDS] {
    const { assert!(WORDS == WORDS_256 || WORDS == WORDS_384) };
    let mut d = core::mem::MaybeUninit::uninit();
    // SAFETY: all are references but `d`, which the call initializes.
    unsafe {
        call::<WORDS, { Operation::Multiply as usize }>(d.as_mut_ptr(), a, m, b);
        d.assume_init()
    }
}

/// Replaces `d` by `a·b` modulo `m`, for 4 or 6 words. Unlike the result of [`multiply`], this one is
/// not copied.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn multiply_to<const WORDS: usize>(
    d: &mut [u64; WORDS],
    a: &[u64; WORDS],
    b: &[u64; WORDS],
    m: &[u64; WORDS],
) {
    const { assert!(WORDS == WORDS_256 || WORDS == WORDS_384) };
    // SAFETY: all are references.
    unsafe { call::<WORDS, { Operation::Multiply as usize }>(d, a, m, b) };
}

/// Replaces `d` by `d·b` modulo `m`, for 4 or 6 words.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn multiply_assign<const WORDS: usize>(
    d: &mut [u64; WORDS],
    b: &[u64; WORDS],
    m: &[u64; WORDS],
) {
    const { assert!(WORDS == WORDS_256 || WORDS == WORDS_384) };
    let d: *mut [u64; WORDS] = d;
    // SAFETY: all come from references, and the call reads before it writes.
    unsafe { call::<WORDS, { Operation::Multiply as usize }>(d, d, m, b) };
}

/// Replaces `d` by its square modulo `m`, for 4 or 6 words.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn square_assign<const WORDS: usize>(d: &mut [u64; WORDS], m: &[u64; WORDS]) {
    const { assert!(WORDS == WORDS_256 || WORDS == WORDS_384) };
    let d: *mut [u64; WORDS] = d;
    // SAFETY: all come from references, and the call reads before it writes.
    unsafe { call::<WORDS, { Operation::Multiply as usize }>(d, d, m, d) };
}

/// Replaces `d` by `d + a·b` modulo `m`, for 4 or 6 words.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn multiply_add<const WORDS: usize>(
    d: &mut [u64; WORDS],
    a: &[u64; WORDS],
    b: &[u64; WORDS],
    m: &[u64; WORDS],
) {
    const { assert!(WORDS == WORDS_256 || WORDS == WORDS_384) };
    // SAFETY: all are references.
    unsafe { call::<WORDS, { Operation::MultiplyAdd as usize }>(d, a, m, b) };
}

/// Replaces `d` by `d − a·b` modulo `m`, for 4 or 6 words.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn multiply_subtract<const WORDS: usize>(
    d: &mut [u64; WORDS],
    a: &[u64; WORDS],
    b: &[u64; WORDS],
    m: &[u64; WORDS],
) {
    const { assert!(WORDS == WORDS_256 || WORDS == WORDS_384) };
    // SAFETY: all are references.
    unsafe { call::<WORDS, { Operation::MultiplySubtract as usize }>(d, a, m, b) };
}

/// The inverse of `a` modulo `m`, which must have one, for 4 or 6 words.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn invert<const WORDS: usize>(a: &[u64; WORDS], m: &[u64; WORDS]) -> [u64; WORDS] {
    const { assert!(WORDS == WORDS_256 || WORDS == WORDS_384) };
    let mut d = core::mem::MaybeUninit::uninit();
    // SAFETY: all are references but `d`, which the call initializes.
    unsafe {
        call::<WORDS, { Operation::Invert as usize }>(d.as_mut_ptr(), a, m, a);
        d.assume_init()
    }
}

/// Replaces `d` by its inverse modulo `m`, which it must have, for 4 or 6 words.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn invert_assign<const WORDS: usize>(d: &mut [u64; WORDS], m: &[u64; WORDS]) {
    const { assert!(WORDS == WORDS_256 || WORDS == WORDS_384) };
    let d: *mut [u64; WORDS] = d;
    // SAFETY: both come from references, and the call reads before it writes.
    unsafe { call::<WORDS, { Operation::Invert as usize }>(d, d, m, d) };
}
