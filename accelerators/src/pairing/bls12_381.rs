//! The pairing of BLS12-381 (EIP-2537).

pub(crate) mod groups;
mod isogenies;

use super::field::{Field, Fp, Fp2};
use super::fp12::{Fp12, Scratch};
use super::{Curve, signed_digits};

/// The curve y² = x³ + 4 and its twist y² = x³ + 4·(1 + u).
pub(crate) struct Bls12381;

/// The number of which modulus and order are polynomials is −X.
const X: u64 = 0xd201_0000_0001_0000;

/// X for powers.
const X_DIGITS: [i8; 65] = signed_digits::<3, 65>(X as u128);

impl Curve for Bls12381 {
    type Fp2 = Fp2<6, 12>;

    const B: &'static Fp<6> = &Fp::small(4);
    const XI: &'static Fp2<6, 12> = &Fp2::new(
        Fp::hex(
            "d0088f51cbff34d258dd3db21a5d66bb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd556",
        ),
        Fp::hex(
            "d0088f51cbff34d258dd3db21a5d66bb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd555",
        ),
    );
    const THREE_XI: &'static Fp2<6, 12> = &Fp2::new(
        Fp::hex(
            "d0088f51cbff34d258dd3db21a5d66bb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd557",
        ),
        Fp::hex(
            "d0088f51cbff34d258dd3db21a5d66bb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd554",
        ),
    );
    const TWIST_B: &'static Fp2<6, 12> = &Fp2::new(Fp::small(4), Fp::small(4));
    const FROBENIUS: &'static [Fp2<6, 12>; 5] = &[
        Fp2::new(
            Fp::hex(
                "5b2cfd9013a5fd8df47fa6b48b1e045f39816240c0b8fee8beadf4d8e9c0566c63a3e6e257f87329b18fae980078116",
            ),
            Fp::hex(
                "5b2cfd9013a5fd8df47fa6b48b1e045f39816240c0b8fee8beadf4d8e9c0566c63a3e6e257f87329b18fae980078116",
            ),
        ),
        Fp2::new(
            Fp::ZERO,
            Fp::hex(
                "1a0111ea397fe699ec02408663d4de85aa0d857d89759ad4897d29650fb85f9b409427eb4f49fffd8bfd00000000aaad",
            ),
        ),
        Fp2::new(
            Fp::hex(
                "135203e60180a68ee2e9c448d77a2cd91c3dedd930b1cf60ef396489f61eb45e304466cf3e67fa0af1ee7b04121bdea2",
            ),
            Fp::hex(
                "6af0e0437ff400b6831e36d6bd17ffe48395dabc2d3435e77f76e17009241c5ee67992f72ec05f4c81084fbede3cc09",
            ),
        ),
        Fp2::new(
            Fp::hex(
                "5f19672fdf76ce51ba69c6076a0f77eaddb3a93be6f89688de17d813620a00022e01fffffffeffff",
            ),
            Fp::ZERO,
        ),
        Fp2::new(
            Fp::hex(
                "1904d3bf02bb0667c231beb4202c0d1f0fd603fd3cbd5f4f7b2443d784bab9c4f67ea53d63e7813d8d0775ed92235fb8",
            ),
            Fp::hex(
                "1904d3bf02bb0667c231beb4202c0d1f0fd603fd3cbd5f4f7b2443d784bab9c4f67ea53d63e7813d8d0775ed92235fb8",
            ),
        ),
    ];
    const LOOP: &'static [i8] = &signed_digits::<2, 65>(X as u128);
    const FROBENIUS_TERMS: usize = 0;

    /// The power 3·(p⁴ − p² + 1)/r, which is (x − 1)²·(x + p)·(x² + p² − 1) + 3 (Hayashida, Hayasaka,
    /// Teruya: Efficient final exponentiation via cyclotomic structure for pairings over families
    /// of elliptic curves, section 4), with x = −X.
    fn hard_part(f: &Fp12<Self>, scratch: &mut Scratch<Self>) -> Fp12<Self> {
        // a and b are the powers X + 1 = 1 − x and (x − 1)², c is the power x + p of b.
        let a = Fp12::product(&f.power(&X_DIGITS, scratch), f, scratch);
        let b = Fp12::product(&a.power(&X_DIGITS, scratch), &a, scratch);
        let inverse = b.power(&X_DIGITS, scratch).conjugate();
        let c = Fp12::product(&b.frobenius(), &inverse, scratch);
        let x = c.power(&X_DIGITS, scratch);
        let x2 = x.power(&X_DIGITS, scratch);
        let p2 = c.frobenius().frobenius();
        let sum = Fp12::product(&Fp12::product(&x2, &p2, scratch), &c.conjugate(), scratch);
        let cube = Fp12::product(&Fp12::cyclotomic_square(f, scratch), f, scratch);
        Fp12::product(&sum, &cube, scratch)
    }
}
