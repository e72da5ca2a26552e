//! Numbers of 256 bits, as the machine's calls take them: words of 64 bits, the lowest first.

/// A number less than 2²⁵⁶, its lowest word first.
pub(crate) type Number = [u64; 4];

/// One.
pub(crate) const ONE: Number = [1, 0, 0, 0];

/// The number with the big-endian encoding `bytes`.
#[inline(always)]
pub(crate) fn from_be_bytes(bytes: &[u8; 32]) -> Number {
    let ([d, c, b, a], []) = bytes.as_chunks() else { unreachable!("32 bytes are 4 words") };
    [a, b, c, d].map(|word| reverse(u64::from_le_bytes(*word)))
}

/// The word with its bytes in the other order.
///
/// The machine has no instruction for it. Three exchanges of halves take 15 instructions, where
/// what the compiler makes of `swap_bytes` takes 26.
#[inline(always)]
const fn reverse(word: u64) -> u64 {
    // Exclusive or: the compiler knows what it does if it is written with masks alone.
    let exchanged = (word ^ word >> 8) & 0x00ff_00ff_00ff_00ff;
    let word = word ^ exchanged ^ exchanged << 8;
    let exchanged = (word ^ word >> 16) & 0x0000_ffff_0000_ffff;
    let word = word ^ exchanged ^ exchanged << 16;
    word.rotate_left(32)
}

/// Writes the big-endian encoding of `number`.
#[inline(always)]
pub(crate) fn write_be_bytes(number: &Number, bytes: &mut [u8; 32]) {
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().rev().zip(number) {
        *bytes = reverse(*word).to_le_bytes();
    }
}

/// Whether a < b.
#[inline(always)]
pub(crate) const fn is_less<const W: usize>(a: &[u64; W], b: &[u64; W]) -> bool {
    let mut at = W;
    while at > 0 {
        at -= 1;
        if a[at] != b[at] {
            return a[at] < b[at];
        }
    }
    false
}

/// a + b, and whether that is 2²⁵⁶ or more; then it is less by that.
pub(crate) const fn add(a: &Number, b: &Number) -> (Number, bool) {
    let (mut sum, mut carry, mut at) = ([0; 4], false, 0);
    while at < 4 {
        let (word, first) = a[at].overflowing_add(b[at]);
        let (word, second) = word.overflowing_add(carry as u64);
        (sum[at], carry) = (word, first | second);
        at += 1;
    }
    (sum, carry)
}

/// a − b, and whether that is negative; then it is more by 2²⁵⁶.
pub(crate) const fn subtract(a: &Number, b: &Number) -> (Number, bool) {
    let (mut difference, mut borrow, mut at) = ([0; 4], false, 0);
    while at < 4 {
        let (word, first) = a[at].overflowing_sub(b[at]);
        let (word, second) = word.overflowing_sub(borrow as u64);
        (difference[at], borrow) = (word, first | second);
        at += 1;
    }
    (difference, borrow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_big_endian() {
        let bytes: [u8; 32] = core::array::from_fn(|at| at as u8);
        let number = from_be_bytes(&bytes);
        assert_eq!(number[3], 0x0001020304050607);
        assert_eq!(number[0], 0x18191a1b1c1d1e1f);
        let mut written = [0; 32];
        write_be_bytes(&number, &mut written);
        assert_eq!(written, bytes);
    }

    #[test]
    fn carries_go_through() {
        let most = [u64::MAX; 4];
        assert_eq!(add(&most, &ONE), ([0; 4], true));
        assert_eq!(subtract(&[0; 4], &ONE), (most, true));
        assert_eq!(add(&[u64::MAX, 0, 0, 0], &ONE), ([0, 1, 0, 0], false));
        assert_eq!(subtract(&[0, 1, 0, 0], &ONE), ([u64::MAX, 0, 0, 0], false));
        assert!(is_less(&[9, 1, 0, 0], &[0, 2, 0, 0]) && !is_less(&ONE, &ONE));
    }
}
