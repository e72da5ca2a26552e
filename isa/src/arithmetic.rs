//! What the calls for wide arithmetic compute, as pure functions of words of memory, and the
//! quotients and slopes that prove it.
//!
//! The contract of each call is in its file of `lvm_syscalls`. A number is its words of 64 bits,
//! the lowest first. Nothing here runs in constant time.

use lvm_syscalls::curve::{self, Curve};
use lvm_syscalls::{modular, quadratic};
use ruint::Uint;

/// Numbers that hold every sum of two products of 384 bits with a sign, as two's complement.
type Wide = Uint<1024, 16>;

/// A division: `dividend = quotient·modulus + remainder`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Division<const W: usize> {
    /// The quotient's lower words.
    pub quotient: [u64; W],
    /// What `2^(64·W)` is to be multiplied by in the quotient: −8 to 7.
    pub quotient_high: i8,
    /// The remainder, less than the modulus.
    pub remainder: [u64; W],
}

impl<const W: usize> Division<W> {
    /// Whether the quotient is one that `modular` and `quadratic` allow.
    const fn is_allowed(&self) -> bool {
        matches!(self.quotient_high, -1..=1)
    }
}

/// A product with its sign: whether it is subtracted, and the factors.
type Term<'a, const W: usize> = (bool, &'a [u64; W], &'a [u64; W]);

/// Divides the sum of `terms` by `modulus`; `None` if that is 0 or the quotient has no place in a
/// [`Division`].
#[must_use]
pub fn divide_sum<const W: usize>(
    terms: &[Term<'_, W>],
    modulus: &[u64; W],
) -> Option<Division<W>> {
    let modulus = wide(modulus);
    if modulus.is_zero() {
        return None;
    }
    let sum = terms.iter().fold(Wide::ZERO, |sum, (is_subtracted, a, b)| {
        let product = wide(a).wrapping_mul(wide(b));
        if *is_subtracted { sum.wrapping_sub(product) } else { sum.wrapping_add(product) }
    });
    let (quotient, remainder) = if sum.bit(1023) {
        // −(quotient·modulus + remainder), brought to a remainder that isn't negative.
        let (quotient, remainder) = sum.wrapping_neg().div_rem(modulus);
        if remainder.is_zero() {
            (quotient.wrapping_neg(), remainder)
        } else {
            (quotient.wrapping_neg().wrapping_sub(Wide::ONE), modulus.wrapping_sub(remainder))
        }
    } else {
        sum.div_rem(modulus)
    };
    // Everything above must be the sign's extension.
    let high = quotient.as_limbs()[W].cast_signed();
    let extension = if high < 0 { u64::MAX } else { 0 };
    let is_small = (-8..8).contains(&high)
        && quotient.as_limbs()[W + 1..].iter().all(|limb| *limb == extension);
    let quotient_high = is_small.then_some(high as i8)?;
    Some(Division { quotient: narrow(quotient), quotient_high, remainder: narrow(remainder) })
}

/// One, as a number of W words.
#[must_use]
pub const fn one<const W: usize>() -> [u64; W] {
    let mut one = [0; W];
    one[0] = 1;
    one
}

/// What `modular` leaves at the destination, which was `d`; `None` if it traps.
#[must_use]
pub fn modular<const W: usize>(
    operation: modular::Operation,
    d: &[u64; W],
    a: &[u64; W],
    b: &[u64; W],
    m: &[u64; W],
) -> Option<[u64; W]> {
    use modular::Operation;
    let one = one();
    let division = match operation {
        Operation::Multiply => divide_sum(&[(false, a, b)], m),
        Operation::MultiplyAdd => divide_sum(&[(false, d, &one), (false, a, b)], m),
        Operation::MultiplySubtract => divide_sum(&[(false, d, &one), (true, a, b)], m),
        Operation::Invert => return invert(a, m),
    };
    division.filter(Division::is_allowed).map(|division| division.remainder)
}

/// The inverse of `a` modulo `m`: the number less than `m` that gives 1 modulo `m`, when multiplied
/// by `a`. Modulo 1 that is 0.
#[must_use]
pub fn invert<const W: usize>(a: &[u64; W], m: &[u64; W]) -> Option<[u64; W]> {
    let modulus = wide(m);
    if modulus == Wide::ONE {
        return Some([0; W]);
    }
    if modulus.is_zero() {
        return None;
    }
    wide(a).reduce_mod(modulus).inv_mod(modulus).map(narrow)
}

/// Both divisions of `quadratic`: of the real part and of the imaginary one; `None` if it traps.
/// `E` is `2·W`.
#[must_use]
pub fn quadratic<const E: usize, const W: usize>(
    operation: quadratic::Operation,
    d: &[u64; E],
    a: &[u64; E],
    b: &[u64; E],
    m: &[u64; W],
) -> Option<[Division<W>; 2]> {
    use quadratic::Operation;
    let [d, a, b] = [d, a, b].map(parts);
    let one = one();
    let d = if operation == Operation::Multiply { [[0; W]; 2] } else { d };
    let is_subtracted = operation == Operation::MultiplySubtract;
    let (plus, minus) = (is_subtracted, !is_subtracted);
    let x = divide_sum(&[(false, &d[0], &one), (plus, &a[0], &b[0]), (minus, &a[1], &b[1])], m)?;
    let y = divide_sum(&[(false, &d[1], &one), (plus, &a[0], &b[1]), (plus, &a[1], &b[0])], m)?;
    (x.is_allowed() && y.is_allowed()).then_some([x, y])
}

/// The two halves of an element or a point; `E` is `2·W`.
///
/// # Panics
/// If it isn't.
#[must_use]
pub fn parts<const E: usize, const W: usize>(words: &[u64; E]) -> [[u64; W]; 2] {
    assert!(E == 2 * W, "an element has two parts");
    core::array::from_fn(|part| core::array::from_fn(|at| words[part * W + at]))
}

/// A point of a curve: x, then y.
pub type Point = [[u64; 4]; 2];

/// How the sum of two points, or the double of one, comes about: what proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointSum {
    /// The slope of the line through both points, or of the tangent; modulo the modulus.
    pub slope: [u64; 4],
    /// The result.
    pub sum: Point,
}

/// What `curve` leaves at `p`; `None` if it traps. To double, `q` is not used.
#[must_use]
pub fn curve(curve: Curve, operation: curve::Operation, p: &Point, q: &Point) -> Option<PointSum> {
    use curve::Operation;
    let modulus = curve.modulus();
    let m = wide(&modulus);
    let [x, y] = p.map(|part| wide(&part));
    let [other_x, other_y] = q.map(|part| wide(&part));
    let is_add = operation == Operation::Add;
    let mut coordinates =
        [x, y].into_iter().chain([other_x, other_y].into_iter().filter(|_| is_add));
    if coordinates.any(|coordinate| coordinate >= m) {
        return None;
    }
    let minus = |a: Wide, b: Wide| a.add_mod(m.wrapping_sub(b), m);
    let (rise, run, other_x) = if is_add {
        (minus(other_y, y), minus(other_x, x), other_x)
    } else {
        let square = x.mul_mod(x, m);
        let rise = square.add_mod(square, m).add_mod(square, m);
        (minus(rise, Wide::from(curve.minus_a())), y.add_mod(y, m), x)
    };
    if run.is_zero() {
        return None;
    }
    let slope = rise.mul_mod(run.inv_mod(m)?, m);
    let sum_x = minus(minus(slope.mul_mod(slope, m), x), other_x);
    let sum_y = minus(slope.mul_mod(minus(x, sum_x), m), y);
    Some(PointSum { slope: narrow(slope), sum: [narrow(sum_x), narrow(sum_y)] })
}

/// What `sha256` leaves as the state, of memory's words (FIPS 180-4, section 6.2.2).
#[must_use]
pub fn sha256(state: &[u64; 4], block: &[u64; 8]) -> [u64; 4] {
    let half = |at: usize| (state[at / 2] >> (32 * (at % 2))) as u32;
    let mut words: [u32; 8] = core::array::from_fn(half);
    let block = core::array::from_fn(|at| block[at / 8].to_le_bytes()[at % 8]);
    sha2::block_api::compress256(&mut words, &[block]);
    core::array::from_fn(|at| u64::from(words[2 * at]) | u64::from(words[2 * at + 1]) << 32)
}

/// The number with the words `words`.
fn wide<const W: usize>(words: &[u64; W]) -> Wide {
    Wide::from_limbs_slice(words)
}

/// The lowest W words.
fn narrow<const W: usize>(number: Wide) -> [u64; W] {
    core::array::from_fn(|at| number.as_limbs()[at])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether quotient and remainder are those of a sum with a known value, by arithmetic modulo
    /// 2^1024.
    fn divides<const W: usize>(
        terms: &[Term<'_, W>],
        m: &[u64; W],
        division: &Division<W>,
    ) -> bool {
        let high = Wide::ONE << (64 * W);
        let quotient = wide(&division.quotient);
        let times = Wide::from(division.quotient_high.unsigned_abs()).wrapping_mul(high);
        let quotient = if division.quotient_high < 0 {
            quotient.wrapping_sub(times)
        } else {
            quotient.wrapping_add(times)
        };
        let sum = terms.iter().fold(Wide::ZERO, |sum, (is_subtracted, a, b)| {
            let product = wide(a).wrapping_mul(wide(b));
            if *is_subtracted { sum.wrapping_sub(product) } else { sum.wrapping_add(product) }
        });
        let recomposed = quotient.wrapping_mul(wide(m)).wrapping_add(wide(&division.remainder));
        sum == recomposed && wide(&division.remainder) < wide(m)
    }

    fn number<const W: usize>() -> impl Strategy<Value = [u64; W]> {
        let word = prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>()];
        proptest::collection::vec(word, W).prop_map(|words| words.try_into().unwrap_or([0; W]))
    }

    proptest! {
        #[test]
        fn sums_are_divided(a in number::<4>(), b in number(), c in number(), d in number(), m in number()) {
            for [first, second] in [[false, false], [false, true], [true, true]] {
                let terms = [(first, &a, &b), (second, &c, &d)];
                if let Some(division) = divide_sum(&terms, &m) {
                    prop_assert!(divides(&terms, &m, &division));
                }
            }
        }

        #[test]
        fn a_factor_below_the_modulus_is_enough(a in number::<6>(), b in number(), d in number(), m in number()) {
            prop_assume!(wide(&a) < wide(&m));
            for operation in [modular::Operation::Multiply, modular::Operation::MultiplyAdd] {
                prop_assert!(modular(operation, &d, &a, &b, &m).is_some());
                prop_assert!(modular(operation, &d, &b, &a, &m).is_some());
            }
        }

        #[test]
        fn inverses_give_one(a in number::<4>(), m in number()) {
            if let Some(inverse) = invert(&a, &m) {
                let product = modular(modular::Operation::Multiply, &[0; 4], &inverse, &a, &m);
                let one = divide_sum(&[(false, &one(), &one())], &m).map(|it| it.remainder);
                prop_assert_eq!(product, one);
            }
        }
    }

    #[test]
    fn traps_have_no_result() {
        use modular::Operation::{Invert, Multiply, MultiplySubtract};
        let (zero, two, six, max) = ([0; 4], [2, 0, 0, 0], [6, 0, 0, 0], [u64::MAX; 4]);
        assert_eq!(modular(Multiply, &zero, &two, &two, &zero), None);
        assert_eq!(modular(Invert, &zero, &two, &two, &zero), None);
        assert_eq!(modular(Invert, &zero, &two, &two, &six), None);
        assert_eq!(modular(Invert, &zero, &zero, &two, &six), None);
        assert_eq!(modular(Invert, &zero, &zero, &two, &one()), Some(zero));
        // The quotient is almost 2^512, or 2^511, or −2^511.
        assert_eq!(modular(Multiply, &zero, &max, &max, &one()), None);
        assert_eq!(modular(Multiply, &zero, &max, &max, &two), None);
        assert_eq!(modular(MultiplySubtract, &zero, &max, &max, &two), None);
        assert_eq!(modular(MultiplySubtract, &two, &two, &two, &six), Some([4, 0, 0, 0]));
    }

    #[test]
    fn points_are_added_as_on_secp256k1() {
        // The base point and its double, triple (SEC 2, section 2.4.1; computed by k256).
        let g: Point = [
            [0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac],
            [0x9c47d08ffb10d4b8, 0xfd17b448a6855419, 0x5da4fbfc0e1108a8, 0x483ada7726a3c465],
        ];
        let double = curve(Curve::Secp256k1, curve::Operation::Double, &g, &[[0; 4]; 2]);
        let double = double.map(|it| it.sum).unwrap_or_default();
        assert_eq!(double[0][3], 0xc6047f9441ed7d6d);
        assert_eq!(double[1][0], 0x236431a950cfe52a_u64);
        let triple = curve(Curve::Secp256k1, curve::Operation::Add, &double, &g);
        assert_eq!(triple.map(|it| it.sum[0][3]), Some(0xf9308a019258c310));
        assert_eq!(curve(Curve::Secp256k1, curve::Operation::Add, &g, &g), None);
        let mut off = g;
        off[1] = Curve::Secp256k1.modulus();
        assert_eq!(curve(Curve::Secp256k1, curve::Operation::Add, &double, &off), None);
        off[1] = [0; 4];
        assert_eq!(curve(Curve::Secp256k1, curve::Operation::Double, &off, &g), None);
    }
}
