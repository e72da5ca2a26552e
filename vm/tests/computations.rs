//! The calls that compute do what their contracts say, in both interpreters.

mod both;
mod calls;

use both::{run_both, run_well};
use calls::{
    DATA, END, Operand, bytes, check, check_one, edgy, execute_in, mild, numbers, operands, power,
    small, working,
};
use lvm_isa::instruction::Operation::{Addi, Bne};
use lvm_syscalls::curve::Curve;
use lvm_syscalls::quadratic::{MODULUS_BLS12_381, MODULUS_BN254};
use lvm_syscalls::{curve, modular, quadratic};
use lvm_vm::assemble::{Assembler, ecall, i};
use rand::SeedableRng;
use rand::rngs::StdRng;

#[test]
fn calls_have_the_numbers_of_their_contracts() {
    use curve::Operation::{Add, Double};
    use modular::Operation::{Invert, Multiply, MultiplyAdd, MultiplySubtract};
    let modulars = [Multiply, MultiplyAdd, MultiplySubtract, Invert];
    assert_eq!(modulars.map(|it| modular::number(4, it)), [1040, 1041, 1042, 1043]);
    assert_eq!(modulars.map(|it| modular::number(6, it)), [1044, 1045, 1046, 1047]);
    assert_eq!(quadratic::Operation::ALL.map(|it| quadratic::number(8, it)), [1048, 1049, 1050]);
    assert_eq!(quadratic::Operation::ALL.map(|it| quadratic::number(12, it)), [1052, 1053, 1054]);
    let curves = [Curve::Secp256k1, Curve::Secp256r1, Curve::Bn254];
    assert_eq!(curves.map(|it| curve::number(it, Add)), [1056, 1058, 1060]);
    assert_eq!(curves.map(|it| curve::number(it, Double)), [1057, 1059, 1061]);
    assert_eq!(lvm_syscalls::sha256::NUMBER, 1064);
}

#[test]
fn results_of_random_operands() {
    let mut random = StdRng::seed_from_u64(1);
    for number in numbers() {
        let mut with_result = 0;
        for round in 0..60 {
            let make = if round % 2 == 0 { mild } else { edgy };
            let values: Vec<Vec<u64>> = operands(number)
                .iter()
                .map(|operand| make(&mut random, operand.words as usize))
                .collect();
            let values: Vec<&[u64]> = values.iter().map(Vec::as_slice).collect();
            with_result += usize::from(check_one(number, &values));
        }
        assert!(with_result >= 15, "call {number}: {with_result}");
    }
}

#[test]
fn results_at_the_edges() {
    for (first, count) in [(1040, 4), (1044, 6)] {
        let [zero, one, two] = [0, 1, 2].map(|value| small(value, count));
        let max = vec![u64::MAX; count];
        let half = power(64 * count - 1, count);
        let edges = [&zero, &one, &two, &max, &half].map(Vec::as_slice);
        let mut with_result = 0;
        for m in edges {
            for (a, b) in edges.iter().flat_map(|a| edges.map(|b| (*a, b))) {
                for d in [edges[0], edges[3]] {
                    for number in first..first + 3 {
                        with_result += usize::from(check_one(number, &[d, a, m, b]));
                    }
                }
            }
            for a in edges {
                with_result += usize::from(check_one(first + 3, &[&max, a, m]));
            }
        }
        assert!(with_result > 300, "{with_result}");
    }
    for (first, modulus) in [(1048, MODULUS_BN254.as_slice()), (1052, &MODULUS_BLS12_381)] {
        let count = modulus.len();
        let mut last = modulus.to_vec();
        last[0] -= 1;
        let parts = [small(0, count), small(1, count), last];
        let elements: Vec<Vec<u64>> = parts
            .iter()
            .flat_map(|x| parts.iter().map(|y| [x.clone(), y.clone()].concat()))
            .collect();
        for (a, b) in elements.iter().flat_map(|a| elements.iter().map(move |b| (a, b))) {
            for d in [&elements[0], &elements[8]] {
                for number in first..first + 3 {
                    assert!(check_one(number, &[d, a, b]), "{number} {d:x?} {a:x?} {b:x?}");
                }
            }
        }
    }
}

/// The quotient decides whether there is a result: from −2ⁿ on, and below 2ⁿ⁺¹.
#[test]
fn quotients_have_their_range() {
    for (first, count) in [(1040, 4), (1044, 6)] {
        let bits = 64 * count;
        let (multiply, add, subtract) = (first, first + 1, first + 2);
        let half = power(bits - 1, count);
        let below_half: Vec<u64> =
            (0..count).map(|at| u64::MAX >> usize::from(at == count - 1)).collect();
        let above_half = {
            let mut half = half.clone();
            half[0] += 1;
            half
        };
        let [zero, one, two, three, four] = [0, 1, 2, 3, 4].map(|value| small(value, count));
        // d + a·b is 2ⁿ⁺¹ − 1 and 2ⁿ⁺¹.
        assert!(check_one(add, &[&below_half, &half, &one, &three]));
        assert!(!check_one(add, &[&half, &half, &one, &three]));
        assert!(!check_one(multiply, &[&zero, &half, &one, &four]));
        assert!(check_one(multiply, &[&zero, &half, &two, &four]));
        // (d − a·b) / m is −2ⁿ; −2ⁿ − 1/2, which is −2ⁿ − 1 with a remainder.
        assert!(check_one(subtract, &[&zero, &half, &one, &two]));
        assert!(check_one(subtract, &[&two, &above_half, &one, &two]));
        assert!(!check_one(subtract, &[&one, &above_half, &one, &two]));
        // A modulus of 0 has none.
        for number in [multiply, add, subtract] {
            assert!(!check_one(number, &[&zero, &one, &zero, &one]));
        }
        assert!(!check_one(first + 3, &[&zero, &one, &zero]));
    }
    for (first, count) in [(1048, 8), (1052, 12)] {
        // Operands that aren't reduced have a result as long as the quotients have.
        let max = vec![u64::MAX; count];
        let one = small(1, count);
        for number in first..first + 3 {
            assert!(check_one(number, &[&max, &max, &one]));
            assert!(!check_one(number, &[&max, &max, &max]));
        }
    }
}

#[test]
fn numbers_without_an_inverse() {
    for (invert, count) in [(1043, 4), (1047, 6)] {
        let number = |value| small(value, count);
        for (a, m, has_inverse) in [
            (number(5), number(6), true),
            (number(4), number(6), false),
            (number(11), number(6), true),
            (number(6), number(6), false),
            (number(0), number(6), false),
            (number(0), number(1), true),
            (number(9), number(1), true),
            (number(1), number(0), false),
            (vec![u64::MAX; count], number(2), true),
            (number(2), vec![u64::MAX; count], true),
            (number(3), vec![u64::MAX; count], false),
        ] {
            assert_eq!(check_one(invert, &[&number(77), &a, &m]), has_inverse, "{a:?} {m:?}");
        }
    }
}

#[test]
fn points_without_a_sum() {
    for (curve, add) in Curve::ALL.into_iter().zip([1056, 1058, 1060]) {
        let modulus = curve.modulus();
        let mut last = modulus;
        last[0] -= 1;
        let point = |x: &[u64; 4], y: &[u64; 4]| [*x, *y].concat();
        let [zero, one, two] = [[0; 4], [1, 0, 0, 0], [2, 0, 0, 0]];
        let double = add + 1;
        let p = point(&one, &two);
        assert!(check_one(double, &[&p]));
        assert!(check_one(add, &[&p, &point(&zero, &zero)]));
        assert!(check_one(add, &[&point(&last, &last), &p]));
        assert!(check_one(double, &[&point(&last, &last)]));
        // The same x, whatever the y.
        for y in [one, two, last] {
            assert!(!check_one(add, &[&p, &point(&one, &y)]));
        }
        assert!(!check_one(double, &[&point(&one, &zero)]));
        // Coordinates that aren't less than the modulus, of either point.
        for large in [modulus, [u64::MAX; 4]] {
            let x = point(&large, &two);
            let y = point(&two, &large);
            for q in [x, y] {
                assert!(!check_one(add, &[&p, &q]));
                assert!(!check_one(add, &[&q, &p]));
                assert!(!check_one(double, &[&q]));
            }
        }
    }
}

/// Operands at all distances from the target and from each other, from apart to the same.
#[test]
fn operands_may_overlap() {
    let mut random = StdRng::seed_from_u64(2);
    for number in numbers() {
        let operands = operands(number);
        let target = operands[0].words;
        let largest = operands.iter().map(|operand| operand.words).max().unwrap_or(0);
        // The target is in the middle, the others are anywhere around.
        let length = 2 * largest + target;
        let offsets: Vec<u64> = match operands.len() {
            1 | 2 => (0..=largest + target).collect(),
            _ => vec![0, 1, largest - 1, largest, largest + 1, 2 * largest - 1, 2 * largest],
        };
        let choices = offsets.len().pow(operands.len() as u32 - 1);
        let (mut memory, mut calls, mut traps) = (Vec::new(), Vec::new(), 0);
        for choice in 0..choices {
            let start = memory.len();
            let mut arguments = [0; 4];
            let mut rest = choice;
            for (at, operand) in operands.iter().enumerate() {
                let offset = if at == 0 {
                    largest
                } else {
                    let offset = offsets[rest % offsets.len()];
                    rest /= offsets.len();
                    offset
                };
                arguments[operand.register] = DATA + 8 * (start as u64 + offset);
            }
            memory.extend(mild(&mut random, length as usize));
            if execute_in(&mut memory.clone(), (number, arguments)) {
                calls.push((number, arguments));
            } else {
                traps += 1;
            }
        }
        // Inverses aren't always there, nor sums of a point and itself.
        assert!(3 * traps <= 2 * choices, "call {number}: {traps} of {choices}");
        assert_eq!(check(&memory, &calls), calls.len());
    }
}

/// Everything is the same number, or the same point.
#[test]
fn one_pointer_for_all_operands() {
    let mut random = StdRng::seed_from_u64(3);
    for number in numbers() {
        let largest = operands(number).iter().map(|operand| operand.words).max().unwrap_or(0);
        let memory = mild(&mut random, largest as usize);
        let done = check(&memory, &[(number, [DATA; 4])]);
        // x is its own inverse modulo x for 1 alone, and no point can be added to itself.
        let has_result = !matches!(number, 1043 | 1047 | 1056 | 1058 | 1060);
        assert_eq!(done == 1, has_result, "call {number}");
    }
}

#[test]
fn operands_in_the_last_words_of_memory() {
    for number in numbers() {
        let (memory, (_, mut arguments)) = working(number);
        let mut code = Assembler::new();
        code.data(DATA, &bytes(&memory));
        // From below upwards, without gaps, and each of them in turn at the very end.
        for last in operands(number) {
            let Operand { register, words } = last;
            let place = END - 8 * words;
            code.copy_words(place, arguments[register], words);
            let mut arguments = arguments;
            arguments[register] = place;
            code.call(number, arguments);
        }
        code.halt(0);
        run_well(&code.load(), &[]);
        arguments[0] = 0x1000;
        let mut code = Assembler::new();
        code.data(DATA, &bytes(&memory));
        if number >= 1056 {
            code.copy_words(0x1000, DATA, operands(number)[0].words);
        }
        code.call(number, arguments).halt(0);
        run_well(&code.load(), &[]);
    }
}

/// Registers that a call doesn't take may be anything, and all are left as they are.
#[test]
fn what_is_not_taken_may_be_anything() {
    for number in numbers() {
        let taken: Vec<usize> = operands(number).iter().map(|operand| operand.register).collect();
        for garbage in [1, DATA + 3, 1 << 48, u64::MAX, u64::MAX - 7, Assembler::CODE_START] {
            let (memory, (_, mut arguments)) = working(number);
            for register in (0..4).filter(|register| !taken.contains(register)) {
                arguments[register] = garbage;
            }
            assert_eq!(check(&memory, &[(number, arguments)]), 1, "call {number}");
            let mut code = Assembler::new();
            code.data(DATA, &bytes(&memory)).li(5, 6).call(number, arguments);
            code.li(6, 7).li(17, 93).push(ecall());
            let run = run_well(&code.load(), &[]);
            let mut expected = [0; 32];
            (expected[5], expected[6], expected[17]) = (6, 7, 93);
            expected[10..14].copy_from_slice(&arguments);
            assert_eq!(run.registers, expected, "call {number}");
        }
    }
}

/// a3 is read where the call takes it, so that it is refreshed then if it has rested for long.
#[test]
fn an_old_a3_is_refreshed() {
    for (number, is_read) in [(1040, true), (1043, false), (1046, true), (1048, false)] {
        let (memory, (_, arguments)) = working(number);
        let mut code = Assembler::new();
        code.data(DATA, &bytes(&memory)).li(13, arguments[3]).li(5, 20_000);
        let top = code.here();
        code.push(i(Addi, 5, 5, -1)).branch(Bne, 5, 0, top);
        code.li(17, number);
        for (register, argument) in (10..).zip(&arguments[..3]) {
            code.li(register, *argument);
        }
        code.push(ecall()).halt(0);
        let recording = run_both(&code.load(), &[]).expect("it ends");
        let mut refreshes = recording.segments[0].events.refreshes.iter();
        assert_eq!(refreshes.any(|it| it.register == 13), is_read, "call {number}");
    }
}

/// The words of a number in hexadecimal, which is written with the highest digit first.
fn unhex(digits: &str) -> [u64; 4] {
    assert_eq!(digits.len(), 64);
    let word = |at: usize| u64::from_str_radix(&digits[16 * at..16 * at + 16], 16).expect("digits");
    core::array::from_fn(|at| word(3 - at))
}

/// The base points, their doubles and triples: of secp256k1 and secp256r1 as published with SEC 2's
/// curves, of BN254 as in the tests of EIP-196.
#[test]
fn curves_have_the_known_points() {
    let known = [
        (
            1056,
            [
                "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
                "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
                "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5",
                "1ae168fea63dc339a3c58419466ceaeef7f632653266d0e1236431a950cfe52a",
                "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9",
                "388f7b0f632de8140fe337e62a37f3566500a99934c2231b6cb9fd7584b8e672",
            ],
        ),
        (
            1058,
            [
                "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
                "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
                "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978",
                "07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1",
                "5ecbe4d1a6330a44c8f7ef951d4bf165e6c6b721efada985fb41661bc6e7fd6c",
                "8734640c4998ff7e374b06ce1a64a2ecd82ab036384fb83d9a79b127a27d5032",
            ],
        ),
        (
            1060,
            [
                "0000000000000000000000000000000000000000000000000000000000000001",
                "0000000000000000000000000000000000000000000000000000000000000002",
                "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3",
                "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4",
                "0769bf9ac56bea3ff40232bcb1b6bd159315d84715b8e679f2d355961915abf0",
                "2ab799bee0489429554fdb7c8d086475319e63b40b9c5b57cdf1ff3dd9fe2261",
            ],
        ),
    ];
    for (add, digits) in known {
        let words = digits.map(unhex);
        let [base, double, triple] = [0, 2, 4].map(|at| [words[at], words[at + 1]].concat());
        let mut code = Assembler::new();
        code.data(DATA, &bytes(&base)).data(DATA + 64, &bytes(&base));
        code.call(add + 1, [DATA, 0, 0, 0]).commit(DATA, 64);
        code.call(add, [DATA, DATA + 64, 0, 0]).commit(DATA, 64).halt(0);
        let run = run_well(&code.load(), &[]);
        assert_eq!(run.public_output, bytes(&[double, triple].concat()), "call {add}");
    }
}

/// SHA-256 of "abc" (FIPS 180-4's example) and of 56 bytes, whose padding takes a second block.
#[test]
fn sha256_has_the_known_values() {
    let initial: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    let two_blocks = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    for (message, digest) in [
        (b"abc".as_slice(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (two_blocks, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    ] {
        let mut padded = message.to_vec();
        padded.push(0x80);
        while padded.len() % 64 != 56 {
            padded.push(0);
        }
        padded.extend((8 * message.len() as u64).to_be_bytes());
        let mut code = Assembler::new();
        let state: Vec<u8> = initial.iter().flat_map(|half| half.to_le_bytes()).collect();
        code.data(DATA, &state).data(DATA + 64, &padded);
        for block in 0..padded.len() as u64 / 64 {
            code.call(1064, [DATA, DATA + 64 + 64 * block, 0, 0]);
        }
        code.commit(DATA, 32).halt(0);
        let output = run_well(&code.load(), &[]).public_output;
        let halves = output.chunks_exact(4).map(|half| half.iter().rev());
        let hex: String = halves.flatten().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, digest);
    }
}
