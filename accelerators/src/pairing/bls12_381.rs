//! The pairing of BLS12-381 (EIP-2537).

use super::field::{Field, Fp, Fp2};
use super::fp12::Fp12;
use super::{Curve, signed_digits};

/// The curve y² = x³ + 4 and its twist y² = x³ + 4·(1 + u).
pub(crate) struct Bls12381;

/// The number of which modulus and order are polynomials is −X.
pub(crate) const X: u64 = 0xd201_0000_0001_0000;

/// X for powers.
const X_DIGITS: [i8; 65] = signed_digits::<3, 65>(X as u128);

impl Curve for Bls12381 {
    type Fp2 = Fp2<6, 12>;

    const B: Fp<6> = Fp::new([4, 0, 0, 0, 0, 0]);
    const XI: Fp2<6, 12> = Fp2::new(
        Fp::new([
            0xdcff7fffffffd556,
            0xf55ffff58a9ffff,
            0xb39869507b587b12,
            0xb23ba5c279c2895f,
            0x258dd3db21a5d66b,
            0xd0088f51cbff34d,
        ]),
        Fp::new([
            0xdcff7fffffffd555,
            0xf55ffff58a9ffff,
            0xb39869507b587b12,
            0xb23ba5c279c2895f,
            0x258dd3db21a5d66b,
            0xd0088f51cbff34d,
        ]),
    );
    const THREE_XI: Fp2<6, 12> = Fp2::new(
        Fp::new([
            0xdcff7fffffffd557,
            0xf55ffff58a9ffff,
            0xb39869507b587b12,
            0xb23ba5c279c2895f,
            0x258dd3db21a5d66b,
            0xd0088f51cbff34d,
        ]),
        Fp::new([
            0xdcff7fffffffd554,
            0xf55ffff58a9ffff,
            0xb39869507b587b12,
            0xb23ba5c279c2895f,
            0x258dd3db21a5d66b,
            0xd0088f51cbff34d,
        ]),
    );
    const TWIST_B: Fp2<6, 12> =
        Fp2::new(Fp::new([0x4, 0x0, 0x0, 0x0, 0x0, 0x0]), Fp::new([0x4, 0x0, 0x0, 0x0, 0x0, 0x0]));
    const FROBENIUS: [Fp2<6, 12>; 5] = [
        Fp2::new(
            Fp::new([
                0x9b18fae980078116,
                0xc63a3e6e257f8732,
                0x8beadf4d8e9c0566,
                0xf39816240c0b8fee,
                0xdf47fa6b48b1e045,
                0x5b2cfd9013a5fd8,
            ]),
            Fp::new([
                0x9b18fae980078116,
                0xc63a3e6e257f8732,
                0x8beadf4d8e9c0566,
                0xf39816240c0b8fee,
                0xdf47fa6b48b1e045,
                0x5b2cfd9013a5fd8,
            ]),
        ),
        Fp2::new(
            Fp::ZERO,
            Fp::new([
                0x8bfd00000000aaad,
                0x409427eb4f49fffd,
                0x897d29650fb85f9b,
                0xaa0d857d89759ad4,
                0xec02408663d4de85,
                0x1a0111ea397fe699,
            ]),
        ),
        Fp2::new(
            Fp::new([
                0xf1ee7b04121bdea2,
                0x304466cf3e67fa0a,
                0xef396489f61eb45e,
                0x1c3dedd930b1cf60,
                0xe2e9c448d77a2cd9,
                0x135203e60180a68e,
            ]),
            Fp::new([
                0xc81084fbede3cc09,
                0xee67992f72ec05f4,
                0x77f76e17009241c5,
                0x48395dabc2d3435e,
                0x6831e36d6bd17ffe,
                0x6af0e0437ff400b,
            ]),
        ),
        Fp2::new(
            Fp::new([
                0x2e01fffffffeffff,
                0xde17d813620a0002,
                0xddb3a93be6f89688,
                0xba69c6076a0f77ea,
                0x5f19672fdf76ce51,
                0x0,
            ]),
            Fp::ZERO,
        ),
        Fp2::new(
            Fp::new([
                0x8d0775ed92235fb8,
                0xf67ea53d63e7813d,
                0x7b2443d784bab9c4,
                0xfd603fd3cbd5f4f,
                0xc231beb4202c0d1f,
                0x1904d3bf02bb0667,
            ]),
            Fp::new([
                0x8d0775ed92235fb8,
                0xf67ea53d63e7813d,
                0x7b2443d784bab9c4,
                0xfd603fd3cbd5f4f,
                0xc231beb4202c0d1f,
                0x1904d3bf02bb0667,
            ]),
        ),
    ];
    const LOOP: &'static [i8] = &signed_digits::<2, 65>(X as u128);
    const FROBENIUS_TERMS: usize = 0;

    /// The power 3·(p⁴ − p² + 1)/r, which is (x − 1)²·(x + p)·(x² + p² − 1) + 3 (Hayashida, Hayasaka,
    /// Teruya: Efficient final exponentiation via cyclotomic structure for pairings over families
    /// of elliptic curves, section 4), with x = −X.
    fn hard_part(f: &Fp12<Self>) -> Fp12<Self> {
        let product = Fp12::product;
        // X + 1, and its square.
        let a = product(&f.power(&X_DIGITS), f);
        let b = product(&a.power(&X_DIGITS), &a);
        let c = product(&b.frobenius(), &b.power(&X_DIGITS).conjugate());
        let d = product(&c.frobenius().frobenius(), &c.conjugate());
        let e = product(&c.power(&X_DIGITS).power(&X_DIGITS), &d);
        product(&product(&Fp12::cyclotomic_square(f), f), &e)
    }
}
