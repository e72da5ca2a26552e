//! Both groups of BLS12-381.

use super::super::Curve;
use super::super::field::{Field, Fp, Fp2};
use super::super::group::{Group, Sum, times_x};
use super::super::map_to_curve::MapToCurve;
use super::super::miller::psi;
use super::super::point::Affine;
use super::{Bls12381, X, isogenies};

/// The order of both groups.
pub(crate) const ORDER: [u64; 4] =
    [0xffff_ffff_0000_0001, 0x53bd_a402_fffe_5bfe, 0x3339_d808_09a1_d805, 0x73ed_a753_299d_7d48];

/// The curve over Fp.
pub(crate) struct G1;

/// The twist, over Fp2.
pub(crate) struct G2;

impl G1 {
    /// A cube root of 1.
    const CUBE_ROOT: &'static Fp<6> = &Fp::hex(
        "5f19672fdf76ce51ba69c6076a0f77eaddb3a93be6f89688de17d813620a00022e01fffffffefffe",
    );
    pub(crate) const GENERATOR: Affine<Fp<6>> = Affine {
        x: Fp::hex(
            "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
        ),
        y: Fp::hex(
            "08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1",
        ),
    };
}

impl G2 {
    pub(crate) const GENERATOR: Affine<Fp2<6, 12>> = Affine {
        x: Fp2::new(
            Fp::hex(
                "24aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8",
            ),
            Fp::hex(
                "13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e",
            ),
        ),
        y: Fp2::new(
            Fp::hex(
                "ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801",
            ),
            Fp::hex(
                "606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be",
            ),
        ),
    };
}

impl Group for G1 {
    type Field = Fp<6>;
    const B: &'static Fp<6> = Bls12381::B;
    const X_DIGITS: &'static [i8] = Bls12381::LOOP;
    const X: u64 = X;
    const EXPONENT: usize = 2;
    const ORDER: [u64; 4] = ORDER;

    /// (x, y) to (β·x, −y), with β a cube root of 1: the equation β² + β + 1 = 0 leaves X⁴ − X² + 1
    /// points that it multiplies by X², and that is the order.
    fn endomorphism(point: &mut Affine<Fp<6>>) {
        point.x.multiply(Self::CUBE_ROOT);
        point.y.negate();
    }
}

impl Group for G2 {
    type Field = Fp2<6, 12>;
    const B: &'static Fp2<6, 12> = Bls12381::TWIST_B;
    const X_DIGITS: &'static [i8] = Bls12381::LOOP;
    const X: u64 = X;
    const EXPONENT: usize = 1;
    const ORDER: [u64; 4] = ORDER;

    /// −ψ: that it multiplies no other points by X is what the Miller loop relies on, too.
    fn endomorphism(point: &mut Affine<Fp2<6, 12>>) {
        psi::<Bls12381>(point);
        point.y.negate();
    }
}

impl MapToCurve for G1 {
    const ISOGENOUS_A: &'static Fp<6> = &isogenies::G1_A;
    const ISOGENOUS_B: &'static Fp<6> = &isogenies::G1_B;
    const Z: &'static Fp<6> = &Fp::small(11);
    const ISOGENY: [&'static [Fp<6>]; 4] = isogenies::G1;

    /// The point times X + 1 (RFC 9380, section 8.8.1).
    fn clear_cofactor(point: Affine<Fp<6>>) -> Option<Affine<Fp<6>>> {
        let mut sum = Sum::new(times_x::<Self>(Some(point)));
        sum.add(&point, false);
        sum.finish()
    }
}

impl MapToCurve for G2 {
    const ISOGENOUS_A: &'static Fp2<6, 12> = &Fp2::new(Fp::ZERO, Fp::small(240));
    const ISOGENOUS_B: &'static Fp2<6, 12> = &Fp2::new(Fp::small(1012), Fp::small(1012));
    const Z: &'static Fp2<6, 12> = &Fp2::new(*Fp::MINUS_TWO, *Fp::MINUS_ONE);
    const ISOGENY: [&'static [Fp2<6, 12>]; 4] = isogenies::G2;

    /// (x² − x − 1)·P + (x − 1)·ψ(P) + ψ²(2P), with x = −X (RFC 9380, section 8.8.2 and appendix
    /// G.3).
    fn clear_cofactor(point: Affine<Fp2<6, 12>>) -> Option<Affine<Fp2<6, 12>>> {
        let mut image = point;
        psi::<Bls12381>(&mut image);
        let mut second_image = image;
        psi::<Bls12381>(&mut second_image);
        // X·(X·P − ψ(P)) + (X·P − ψ(P)) − P + 2ψ²(P)
        let mut sum = Sum::new(times_x::<Self>(Some(point)));
        sum.add(&image, true);
        let difference = sum.finish();
        let mut sum = Sum::new(times_x::<Self>(difference));
        if let Some(difference) = &difference {
            sum.add(difference, false);
        }
        sum.add(&point, true);
        sum.add(&second_image, false);
        sum.add(&second_image, false);
        sum.finish()
    }
}
