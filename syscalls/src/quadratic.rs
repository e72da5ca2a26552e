//! `quadratic`: arithmetic in the quadratic extensions of two prime fields, those over which the
//! pairings of BN254 and BLS12-381 are computed.
//!
//! | register | value |
//! | --- | --- |
//! | `a7` | [`number`] of field and operation: 1048 to 1050, 1052 to 1054 |
//! | `a0` | address of the destination `d` |
//! | `a1` | address of the factor `a` |
//! | `a2` | address of the factor `b` |
//!
//! An element is `x + y·u` with `u² = −1`: `x`, then `y`, each of 4 or 6 words of 64 bits, the
//! lowest first. Addresses are multiples of 8. The host replaces `d` by the result, whose parts are less
//! than the field's modulus:
//!
//! | operation | BN254 | BLS12-381 | result |
//! | --- | --- | --- | --- |
//! | [`Operation::Multiply`] | 1048 | 1052 | `a·b` |
//! | [`Operation::MultiplyAdd`] | 1049 | 1053 | `d + a·b` |
//! | [`Operation::MultiplySubtract`] | 1050 | 1054 | `d − a·b` |
//!
//! Parts of operands should be less than the modulus: then everything has a result. Others have
//! one if both quotients are at least −2ⁿ and less than 2ⁿ⁺¹, with n = 256 or 384. All operands are
//! read before the destination is written, so that any of them may be the same or overlap.
//!
//! The run traps when an address is not a multiple of 8, when a word lies outside of memory or, at
//! the destination, in an executable segment, and when there is no result.
//!
//! Proved by the tables `quadratic_256` and `quadratic_384`, one row a call; `ecall` sends them the
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
}

impl Operation {
    /// All operations, in the order of their calls' numbers.
    pub const ALL: [Self; 3] = [Self::Multiply, Self::MultiplyAdd, Self::MultiplySubtract];
}

/// Words of an element over BN254's field.
pub const WORDS_BN254: usize = 8;
/// Words of an element over BLS12-381's field.
pub const WORDS_BLS12_381: usize = 12;

/// The modulus of BN254's field (EIP-196), lowest word first.
pub const MODULUS_BN254: [u64; 4] =
    [0x3c20_8c16_d87c_fd47, 0x9781_6a91_6871_ca8d, 0xb850_45b6_8181_585d, 0x3064_4e72_e131_a029];
/// The modulus of BLS12-381's field (EIP-2537), lowest word first.
pub const MODULUS_BLS12_381: [u64; 6] = [
    0xb9fe_ffff_ffff_aaab,
    0x1eab_fffe_b153_ffff,
    0x6730_d2a0_f6b0_f624,
    0x6477_4b84_f385_12bf,
    0x4b1b_a7b6_434b_acd7,
    0x1a01_11ea_397f_e69a,
];

/// The number of the first call on BN254's field.
const FIRST_BN254: u64 = 1048;
/// The number of the first call on BLS12-381's field.
const FIRST_BLS12_381: u64 = 1052;

/// The number of the call on elements of `words` words, [`WORDS_BN254`] or [`WORDS_BLS12_381`].
#[must_use]
pub const fn number(words: usize, operation: Operation) -> u64 {
    let first = if words == WORDS_BN254 { FIRST_BN254 } else { FIRST_BLS12_381 };
    first + operation as u64
}

/// Which operation on elements of `words` words is the call `number`.
#[must_use]
pub fn operation(words: usize, call: u64) -> Option<Operation> {
    Operation::ALL.into_iter().find(|operation| number(words, *operation) == call)
}

/// The call, with its registers.
///
/// # Safety
/// `d` points to as many words as the call writes, which are valid for writes, and the others to as
/// many that are valid for reads.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
unsafe fn call<const WORDS: usize, const OPERATION: usize>(
    d: *mut [u64; WORDS],
    a: *const [u64; WORDS],
    b: *const [u64; WORDS],
) {
    // SAFETY: the call reads and writes what the caller vouches for and changes no register.
    unsafe {
        core::arch::asm!(
            "ecall",
            in("a7") const { number(WORDS, Operation::ALL[OPERATION]) },
            in("a0") d,
            in("a1") a,
            in("a2") b,
            options(nostack, preserves_flags),
        );
    }
}

/// `a·b`, for 8 words over BN254's field or 12 over BLS12-381's.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn multiply<const WORDS: usize>(a: &[u64; WORDS], b: &[u64; WORDS]) -> [u64; WORDS] {
    const { assert!(WORDS == WORDS_BN254 || WORDS == WORDS_BLS12_381) };
    let mut d = core::mem::MaybeUninit::uninit();
    // SAFETY: both are references, and the call initializes `d`.
    unsafe {
        call::<WORDS, { Operation::Multiply as usize }>(d.as_mut_ptr(), a, b);
        d.assume_init()
    }
}

/// Replaces `d` by `a·b`, for 8 words over BN254's field or 12 over BLS12-381's. Unlike the result of
/// [`multiply`], this one is not copied.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn multiply_to<const WORDS: usize>(d: &mut [u64; WORDS], a: &[u64; WORDS], b: &[u64; WORDS]) {
    const { assert!(WORDS == WORDS_BN254 || WORDS == WORDS_BLS12_381) };
    // SAFETY: all are references.
    unsafe { call::<WORDS, { Operation::Multiply as usize }>(d, a, b) };
}

/// Replaces `d` by `d·b`, for 8 words over BN254's field or 12 over BLS12-381's.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn multiply_assign<const WORDS: usize>(d: &mut [u64; WORDS], b: &[u64; WORDS]) {
    const { assert!(WORDS == WORDS_BN254 || WORDS == WORDS_BLS12_381) };
    let d: *mut [u64; WORDS] = d;
    // SAFETY: both come from references, and the call reads before it writes.
    unsafe { call::<WORDS, { Operation::Multiply as usize }>(d, d, b) };
}

/// Replaces `d` by its square, for 8 words over BN254's field or 12 over BLS12-381's.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn square_assign<const WORDS: usize>(d: &mut [u64; WORDS]) {
    const { assert!(WORDS == WORDS_BN254 || WORDS == WORDS_BLS12_381) };
    let d: *mut [u64; WORDS] = d;
    // SAFETY: it comes from a reference, and the call reads before it writes.
    unsafe { call::<WORDS, { Operation::Multiply as usize }>(d, d, d) };
}

/// Replaces `d` by `d + a·b`, for 8 words over BN254's field or 12 over BLS12-381's.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn multiply_add<const WORDS: usize>(d: &mut [u64; WORDS], a: &[u64; WORDS], b: &[u64; WORDS]) {
    const { assert!(WORDS == WORDS_BN254 || WORDS == WORDS_BLS12_381) };
    // SAFETY: all are references.
    unsafe { call::<WORDS, { Operation::MultiplyAdd as usize }>(d, a, b) };
}

/// Replaces `d` by `d − a·b`, for 8 words over BN254's field or 12 over BLS12-381's.
#[cfg(target_arch = "riscv64")]
#[inline(always)]
pub fn multiply_subtract<const WORDS: usize>(
    d: &mut [u64; WORDS],
    a: &[u64; WORDS],
    b: &[u64; WORDS],
) {
    const { assert!(WORDS == WORDS_BN254 || WORDS == WORDS_BLS12_381) };
    // SAFETY: all are references.
    unsafe { call::<WORDS, { Operation::MultiplySubtract as usize }>(d, a, b) };
}
