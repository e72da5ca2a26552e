//! Modular exponentiation agrees with another implementation.

use lvm_accelerators::modexp::modexp;
use num_bigint::BigUint;
use proptest::collection::vec;
use proptest::prelude::*;

fn expected(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Vec<u8> {
    let number = BigUint::from_bytes_be;
    let modulus_number = number(modulus);
    let power = if modulus_number == BigUint::ZERO {
        BigUint::ZERO
    } else {
        number(base).modpow(&number(exponent), &modulus_number)
    };
    let digits = if power == BigUint::ZERO { Vec::new() } else { power.to_bytes_be() };
    let mut padded = vec![0; modulus.len() - digits.len()];
    padded.extend(digits);
    padded
}

/// Numbers in which words of zeros and of ones are likely: carries go wrong there.
fn number(length_max: usize) -> impl Strategy<Value = Vec<u8>> {
    let run = (prop_oneof![Just(0_u8), Just(0xFF), any::<u8>()], 1..12_usize);
    vec(run, 0..length_max / 4).prop_map(move |runs| {
        let mut bytes: Vec<u8> =
            runs.into_iter().flat_map(|(byte, count)| vec![byte; count]).collect();
        bytes.truncate(length_max);
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn random_numbers(
        base in number(80),
        exponent in number(12),
        modulus in number(80),
    ) {
        prop_assert_eq!(
            modexp(&base, &exponent, &modulus),
            expected(&base, &exponent, &modulus)
        );
    }

    /// Those of which the machine multiplies: bases are longer, and exponents of all lengths.
    #[test]
    fn moduli_of_up_to_six_words(
        base in number(200),
        exponent in number(60),
        modulus in number(49),
    ) {
        prop_assert_eq!(
            modexp(&base, &exponent, &modulus),
            expected(&base, &exponent, &modulus)
        );
    }

    #[test]
    fn moduli_with_many_factors_two(
        base in number(60),
        exponent in number(8),
        odd in number(20),
        zeros in 0..40_usize,
        shift in 0..8_u32,
    ) {
        let mut modulus = odd;
        modulus.push(1 << shift);
        modulus.extend(vec![0; zeros]);
        prop_assert_eq!(
            modexp(&base, &exponent, &modulus),
            expected(&base, &exponent, &modulus)
        );
    }
}

/// At the borders between words, and with bases next to multiples of the modulus.
#[test]
fn moduli_next_to_powers_of_two() {
    let one = BigUint::from(1_u8);
    for bits in [1_u32, 63, 64, 65, 127, 128, 191, 192, 193, 255, 256, 257, 319, 320, 383, 384, 385]
    {
        let power = &one << bits;
        for modulus in [&power - &one, power.clone(), &power + &one] {
            for factor in [0_u8, 1, 2, 255] {
                let multiple = &modulus * factor;
                for base in
                    [multiple.clone(), &multiple + &one, &multiple * &multiple + &modulus - &one]
                {
                    for exponent in
                        [&[][..], &[1], &[2], &[0xFF; 8], &[0x80, 0, 0, 0, 0, 0, 0, 0, 0]]
                    {
                        let (base, modulus) = (base.to_bytes_be(), modulus.to_bytes_be());
                        assert_eq!(
                            modexp(&base, exponent, &modulus),
                            expected(&base, exponent, &modulus),
                            "{base:x?} {exponent:x?} {modulus:x?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn small_numbers_all() {
    for base in 0..12_u8 {
        for exponent in 0..12_u8 {
            for modulus in 0..40_u8 {
                assert_eq!(
                    modexp(&[base], &[exponent], &[modulus]),
                    expected(&[base], &[exponent], &[modulus]),
                    "{base} {exponent} {modulus}"
                );
            }
        }
    }
}
