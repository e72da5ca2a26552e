//! The constants of the curves are what they are defined as, and powers what they are said to be.

use num_bigint::{BigInt, BigUint};

use super::field::{Extension, Field, Fp};
use super::fp12::{Fp12, Scratch};
use super::group::Group;
use super::{Bls12381, Bn254, Curve, G1, G2};

/// x of the families of curves: modulus and order are polynomials of it.
const X_BN254: i128 = 4_965_661_367_192_848_881;
const X_BLS12_381: i128 = -0xd201_0000_0001_0000;

fn number<const W: usize>(words: &[u64; W]) -> BigUint {
    words.iter().rev().fold(BigUint::ZERO, |number, word| (number << 64_u32) + *word)
}

fn positive(number: &BigInt) -> BigUint {
    number.to_biguint().expect("the number isn't negative")
}

/// The modulus, the order of the groups, and the trace of the p-th power.
fn parameters(x: i128, is_bn: bool) -> [BigInt; 3] {
    let x = BigInt::from(x);
    let power = |exponent| x.pow(exponent);
    if is_bn {
        let order: BigInt = 36 * power(4) + 36 * power(3) + 18 * power(2) + 6 * &x + 1;
        let trace: BigInt = 6 * power(2) + 1;
        [&order + &trace - 1, order, trace]
    } else {
        let order: BigInt = power(4) - power(2) + 1;
        let trace: BigInt = &x + 1;
        [(&x - 1_i32).pow(2) * &order / 3 + &x, order, trace]
    }
}

fn power<F: Field>(base: &F, exponent: &BigUint) -> F {
    let mut power = *F::ONE;
    for at in (0..exponent.bits()).rev() {
        power.square();
        if exponent.bit(at) {
            power.multiply(base);
        }
    }
    power
}

fn power_in_fp12<C: Curve>(base: &Fp12<C>, exponent: &BigUint) -> Fp12<C> {
    let (mut power, scratch) = (Fp12::one(), &mut Scratch::new());
    for at in (0..exponent.bits()).rev() {
        power = Fp12::product(&power, &power, scratch);
        if exponent.bit(at) {
            power = Fp12::product(&power, base, scratch);
        }
    }
    power
}

fn assert_equal<C: Curve>(a: &Fp12<C>, b: &Fp12<C>) {
    assert!(a.0 == b.0);
}

/// An element without zeros and other structure, and its power that is in the cyclotomic subgroup.
fn elements<C: Curve>() -> [Fp12<C>; 2] {
    let mut any = Fp12::one();
    let mut coefficient = *C::XI;
    for at in 0..6 {
        coefficient.add(&C::FROBENIUS[at % 5]);
        coefficient.multiply(&C::FROBENIUS[0]);
        any.0[at] = coefficient;
    }
    let cyclotomic = any.easy_part(&mut Scratch::new());
    [any, cyclotomic]
}

fn check<C: Curve>(x: i128, is_bn: bool) {
    let [p, order, trace] = parameters(x, is_bn);
    let p_number = positive(&p);

    // Constants.
    let frobenius = power(C::XI, &((&p_number - 1_u8) / 6_u8));
    let mut expected = *C::Fp2::ONE;
    for factor in C::FROBENIUS {
        expected.multiply(&frobenius);
        assert!(*factor == expected);
    }
    for prime in [2_u8, 3] {
        let root = power(C::XI, &((&p_number * &p_number - 1_u8) / prime));
        assert!(root != *C::Fp2::ONE, "w⁶ − ξ is irreducible");
    }
    let mut product = *C::XI;
    product.multiply(C::Fp2::THREE);
    assert!(product == *C::THREE_XI);
    product = *C::TWIST_B;
    product.multiply(C::XI);
    assert!(product == C::Fp2::from_base(C::B));

    // The Miller loop: n + ψ − ψ² + … is 0 where ψ is p, and of the twist's points only on the
    // subgroup, as the points where it is 0 are in number the norm below.
    let n = C::LOOP.iter().rev().fold(BigInt::ZERO, |n, digit| 2 * n + *digit);
    assert_eq!(C::LOOP.last(), Some(&1));
    let terms = C::FROBENIUS_TERMS as u32 + 1;
    let sign = |term: u32| if term % 2 == 1 { 1 } else { -1 };
    let sum: BigInt = (1..=terms).map(|term| p.pow(term) * sign(term)).sum::<BigInt>() + &n;
    assert_eq!(sum % &order, BigInt::ZERO);
    // The coefficients of 1 and ψ, with ψ² = t·ψ − p.
    let (mut constant, mut linear) = (n, BigInt::ZERO);
    let mut psi = [BigInt::ZERO, BigInt::from(1)];
    for term in 1..=terms {
        constant += &psi[0] * sign(term);
        linear += &psi[1] * sign(term);
        psi = [-(&p * &psi[1]), &psi[0] + &trace * &psi[1]];
    }
    let norm = &constant * &constant + &constant * &linear * &trace + &linear * &linear * &p;
    assert_eq!(&norm % &order, BigInt::ZERO);
    // The twist has as many points as the order times this.
    let cofactor = if is_bn {
        2 * &p - &order
    } else {
        let x = BigInt::from(x);
        (x.pow(8) - 4 * x.pow(7) + 5 * x.pow(6) - 4 * x.pow(4) + 6 * x.pow(3)
            - 4 * x.pow(2)
            - 4 * &x
            + 13)
            / 9
    };
    assert_eq!(common_divisor(norm / &order, &cofactor * &order), BigInt::from(1));
    assert_eq!(cofactor % 2, BigInt::from(1), "no y of the twist is 0");
    assert_eq!((&p + 1 - &trace) % 2, BigInt::from(1), "no y of the curve is 0");

    // Powers.
    let scratch = &mut Scratch::new();
    let [any, cyclotomic] = elements::<C>();
    assert_equal(&any.frobenius(), &power_in_fp12(&any, &p_number));
    let easy = (p_number.pow(6) - 1_u8) * (p_number.pow(2) + 1_u8);
    assert_equal(&cyclotomic, &power_in_fp12(&any, &easy));
    assert_equal(&Fp12::product(&cyclotomic, &cyclotomic.conjugate(), scratch), &Fp12::one());
    let (mut square, mut other) = (Fp12::one(), Fp12::one());
    square.set_square(&any, scratch);
    assert_equal(&square, &Fp12::product(&any, &any, scratch));
    square.set_cyclotomic_square(&cyclotomic, scratch);
    other.set_square(&cyclotomic, scratch);
    assert_equal(&square, &other);
    // Runs of zeros, after which A is computed anew, also that of 1.
    for digits in [&[1_i8, 0, 0, 0, 0, -3, 0, 0, 1][..], &[0, 0, 0, 0, 0, 1]] {
        let exponent = digits.iter().rev().fold(0_i32, |sum, digit| 2 * sum + i32::from(*digit));
        let expected = power_in_fp12(&cyclotomic, &exponent.unsigned_abs().into());
        assert_equal(&cyclotomic.power(digits, scratch), &expected);
        assert_equal(&Fp12::<C>::one().power(digits, scratch), &Fp12::one());
    }
    let hard = (p_number.pow(4) - p_number.pow(2) + 1_u8) / positive(&order);
    let x = BigInt::from(x);
    let factor = if is_bn { 2 * &x * (6 * x.pow(2) + 3 * &x + 1) } else { BigInt::from(3) };
    assert_eq!(common_divisor(factor.clone(), order), BigInt::from(1));
    let expected = power_in_fp12(&cyclotomic, &(hard * positive(&factor)));
    assert_equal(&C::hard_part(&cyclotomic, scratch), &expected);

    // The line's product, against the whole one.
    let at = [any.0[1], any.0[2]];
    let mut line = Fp12::<C>::one();
    line.0[1].set_product(&at[0], &any.0[3]);
    line.0[3].set_product(&at[1], &any.0[4]);
    let expected = Fp12::product(&cyclotomic, &line, scratch);
    let mut product = cyclotomic.clone();
    product.multiply_by_line(&at, &any.0[3], &any.0[4], scratch);
    assert_equal(&product, &expected);
}

fn common_divisor(mut a: BigInt, mut b: BigInt) -> BigInt {
    while b != BigInt::ZERO {
        (a, b) = (b.clone(), a % b);
    }
    a
}

#[test]
fn bn254() {
    let [p, ..] = parameters(X_BN254, true);
    assert_eq!(positive(&p), number(&Fp::<4>::MODULUS));
    check::<Bn254>(X_BN254, true);
}

#[test]
fn bls12_381() {
    let [p, order, _] = parameters(X_BLS12_381, false);
    assert_eq!(positive(&p), number(&Fp::<6>::MODULUS));
    assert_eq!(positive(&order), number(&G1::ORDER));
    check::<Bls12381>(X_BLS12_381, false);
    for (x, digits) in [(G1::X, G1::X_DIGITS), (G2::X, G2::X_DIGITS)] {
        let sum = digits.iter().rev().fold(0_i128, |sum, digit| 2 * sum + i128::from(*digit));
        assert_eq!(i128::from(x), sum);
        assert_eq!(i128::from(x), -X_BLS12_381);
    }
}

#[test]
fn small_constants() {
    fn check<F: Field>() {
        let mut sum = F::ZERO;
        for (at, constant) in [&F::ZERO, F::ONE, F::TWO, F::THREE].into_iter().enumerate() {
            assert!(sum == *constant, "{at}");
            sum.add(F::ONE);
        }
        for (positive, negative) in [(F::ONE, F::MINUS_ONE), (F::TWO, F::MINUS_TWO)] {
            let mut sum = *positive;
            sum.add(negative);
            assert!(sum.is_zero());
        }
        let mut double = *F::THREE_HALVES;
        double.multiply(F::TWO);
        assert!(double == *F::THREE);
        let (mut inverse, mut product) = (F::ZERO, *F::THREE_HALVES);
        inverse.set_inverse(&product);
        product.multiply(&inverse);
        assert!(product == *F::ONE);
    }
    check::<Fp<4>>();
    check::<Fp<6>>();
    check::<<Bn254 as Curve>::Fp2>();
    check::<<Bls12381 as Curve>::Fp2>();
    let mut double = Fp::<6>::HALF;
    double.multiply(Fp::TWO);
    assert!(double == *Fp::ONE);
}
