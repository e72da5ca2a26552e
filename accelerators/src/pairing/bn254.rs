//! The pairing of BN254 (EIP-197).

use super::field::{Fp, Fp2};
use super::fp12::Fp12;
use super::{Curve, signed_digits};

/// The curve y² = x³ + 3 and its twist y² = x³ + 3/(9 + u).
pub(crate) struct Bn254;

/// The number of which modulus and order are polynomials.
const X: u64 = 4_965_661_367_192_848_881;

/// X for powers.
const X_DIGITS: [i8; 63] = signed_digits::<3, 63>(X as u128);

impl Curve for Bn254 {
    type Fp2 = Fp2<4, 8>;

    const B: Fp<4> = Fp::new([3, 0, 0, 0]);
    const XI: Fp2<4, 8> = Fp2::new(Fp::new([0x9, 0x0, 0x0, 0x0]), Fp::new([0x1, 0x0, 0x0, 0x0]));
    const THREE_XI: Fp2<4, 8> =
        Fp2::new(Fp::new([0x1b, 0x0, 0x0, 0x0]), Fp::new([0x3, 0x0, 0x0, 0x0]));
    const TWIST_B: Fp2<4, 8> = Fp2::new(
        Fp::new([0x3267e6dc24a138e5, 0xb5b4c5e559dbefa3, 0x81be18991be06ac3, 0x2b149d40ceb8aaae]),
        Fp::new([0xe4a2bd0685c315d2, 0xa74fa084e52d1852, 0xcd2cafadeed8fdf4, 0x9713b03af0fed4]),
    );
    const FROBENIUS: [Fp2<4, 8>; 5] = [
        Fp2::new(
            Fp::new([
                0xd60b35dadcc9e470,
                0x5c521e08292f2176,
                0xe8b99fdd76e68b60,
                0x1284b71c2865a7df,
            ]),
            Fp::new([
                0xca5cf05f80f362ac,
                0x747992778eeec7e5,
                0xa6327cfe12150b8e,
                0x246996f3b4fae7e6,
            ]),
        ),
        Fp2::new(
            Fp::new([
                0x99e39557176f553d,
                0xb78cc310c2c3330c,
                0x4c0bec3cf559b143,
                0x2fb347984f7911f7,
            ]),
            Fp::new([
                0x1665d51c640fcba2,
                0x32ae2a1d0b7c9dce,
                0x4ba4cc8bd75a0794,
                0x16c9e55061ebae20,
            ]),
        ),
        Fp2::new(
            Fp::new([
                0xdc54014671a0135a,
                0xdbaae0eda9c95998,
                0xdc5ec698b6e2f9b9,
                0x63cf305489af5dc,
            ]),
            Fp::new([0x82d37f632623b0e3, 0x21807dc98fa25bd2, 0x704b5a7ec796f2b, 0x7c03cbcac41049a]),
        ),
        Fp2::new(
            Fp::new([
                0x848a1f55921ea762,
                0xd33365f7be94ec72,
                0x80f3c0b75a181e84,
                0x5b54f5e64eea801,
            ]),
            Fp::new([
                0xc13b4711cd2b8126,
                0x3685d2ea1bdec763,
                0x9f3a80b03b0b1c92,
                0x2c145edbe7fd8aee,
            ]),
        ),
        Fp2::new(
            Fp::new([
                0x2ea2c810eab7692f,
                0x425c459b55aa1bd3,
                0xe93a3661a4353ff4,
                0x183c1e74f798649,
            ]),
            Fp::new([
                0x24c6b8ee6e0c2c4b,
                0xb080cb99678e2ac0,
                0xa27fb246c7729f7d,
                0x12acf2ca76fd0675,
            ]),
        ),
    ];
    const LOOP: &'static [i8] = &signed_digits::<2, 66>(6 * X as u128 + 2);
    const FROBENIUS_TERMS: usize = 2;

    /// The power 2x·(6x² + 3x + 1)·(p⁴ − p² + 1)/r (Fuentes-Castañeda, Knapp, Rodríguez-Henríquez:
    /// Faster hashing to G2, section 5).
    fn hard_part(f: &Fp12<Self>) -> Fp12<Self> {
        let product = Fp12::product;
        let square = Fp12::cyclotomic_square;
        // The powers 2x, 6x, 6x² and 12x³.
        let two_x = square(&f.power(&X_DIGITS));
        let six_x = product(&square(&two_x), &two_x);
        let six_x2 = six_x.power(&X_DIGITS);
        let twelve_x3 = square(&six_x2).power(&X_DIGITS);
        // 12x³ + 6x² + 6x, of which p² is taken; 12x³ + 6x² + 4x, of which p; 12x³ + 12x² + 6x + 1; and
        // 12x³ + 6x² + 4x − 1, of which p³.
        let second = product(&product(&twelve_x3, &six_x2), &six_x);
        let first = product(&second, &two_x.conjugate());
        let zeroth = product(&product(&second, &six_x2), f);
        let third = product(&first, &f.conjugate());
        let odd = product(&third.frobenius().frobenius(), &first).frobenius();
        product(&product(&zeroth, &second.frobenius().frobenius()), &odd)
    }
}
