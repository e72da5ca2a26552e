//! The pairing of BN254 (EIP-197).

use super::field::{Fp, Fp2};
use super::fp12::{Fp12, Scratch};
use super::{Curve, signed_digits};

/// The curve y² = x³ + 3 and its twist y² = x³ + 3/(9 + u).
pub(crate) struct Bn254;

/// The number of which modulus and order are polynomials.
const X: u64 = 4_965_661_367_192_848_881;

/// X for powers.
const X_DIGITS: [i8; 63] = signed_digits::<3, 63>(X as u128);

impl Curve for Bn254 {
    type Fp2 = Fp2<4, 8>;

    const B: &'static Fp<4> = &Fp::small(3);
    const XI: &'static Fp2<4, 8> = &Fp2::new(Fp::small(9), Fp::small(1));
    const THREE_XI: &'static Fp2<4, 8> = &Fp2::new(Fp::small(27), Fp::small(3));
    const TWIST_B: &'static Fp2<4, 8> = &Fp2::new(
        Fp::hex("2b149d40ceb8aaae81be18991be06ac3b5b4c5e559dbefa33267e6dc24a138e5"),
        Fp::hex("9713b03af0fed4cd2cafadeed8fdf4a74fa084e52d1852e4a2bd0685c315d2"),
    );
    const FROBENIUS: &'static [Fp2<4, 8>; 5] = &[
        Fp2::new(
            Fp::hex("1284b71c2865a7dfe8b99fdd76e68b605c521e08292f2176d60b35dadcc9e470"),
            Fp::hex("246996f3b4fae7e6a6327cfe12150b8e747992778eeec7e5ca5cf05f80f362ac"),
        ),
        Fp2::new(
            Fp::hex("2fb347984f7911f74c0bec3cf559b143b78cc310c2c3330c99e39557176f553d"),
            Fp::hex("16c9e55061ebae204ba4cc8bd75a079432ae2a1d0b7c9dce1665d51c640fcba2"),
        ),
        Fp2::new(
            Fp::hex("63cf305489af5dcdc5ec698b6e2f9b9dbaae0eda9c95998dc54014671a0135a"),
            Fp::hex("7c03cbcac41049a0704b5a7ec796f2b21807dc98fa25bd282d37f632623b0e3"),
        ),
        Fp2::new(
            Fp::hex("5b54f5e64eea80180f3c0b75a181e84d33365f7be94ec72848a1f55921ea762"),
            Fp::hex("2c145edbe7fd8aee9f3a80b03b0b1c923685d2ea1bdec763c13b4711cd2b8126"),
        ),
        Fp2::new(
            Fp::hex("183c1e74f798649e93a3661a4353ff4425c459b55aa1bd32ea2c810eab7692f"),
            Fp::hex("12acf2ca76fd0675a27fb246c7729f7db080cb99678e2ac024c6b8ee6e0c2c4b"),
        ),
    ];
    const LOOP: &'static [i8] = &signed_digits::<2, 66>(6 * X as u128 + 2);
    const FROBENIUS_TERMS: usize = 2;

    /// The power 2x·(6x² + 3x + 1)·(p⁴ − p² + 1)/r (Fuentes-Castañeda, Knapp, Rodríguez-Henríquez:
    /// Faster hashing to G2, section 5).
    fn hard_part(f: &Fp12<Self>, scratch: &mut Scratch<Self>) -> Fp12<Self> {
        let x = f.power(&X_DIGITS, scratch);
        let x_2 = Fp12::cyclotomic_square(&x, scratch);
        let x_4 = Fp12::cyclotomic_square(&x_2, scratch);
        let x_6 = Fp12::product(&x_4, &x_2, scratch);
        let x2_6 = x_6.power(&X_DIGITS, scratch);
        let x2_12 = Fp12::cyclotomic_square(&x2_6, scratch);
        let x3_12 = x2_12.power(&X_DIGITS, scratch);
        // The factors of p⁰ to p³: 12x³ + 12x² + 6x + 1, 12x³ + 6x² + 4x, 12x³ + 6x² + 6x and
        // 12x³ + 6x² + 4x − 1.
        let two = Fp12::product(&Fp12::product(&x3_12, &x2_6, scratch), &x_6, scratch);
        let one = Fp12::product(&two, &x_2.conjugate(), scratch);
        let zero = Fp12::product(&Fp12::product(&two, &x2_6, scratch), f, scratch);
        let three = Fp12::product(&one, &f.conjugate(), scratch);
        let even = Fp12::product(&zero, &two.frobenius().frobenius(), scratch);
        let odd = Fp12::product(&one, &three.frobenius().frobenius(), scratch);
        Fp12::product(&even, &odd.frobenius(), scratch)
    }
}
