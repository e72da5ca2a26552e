//! The calls that compute, in software, with the names and the types of `lvm_syscalls`. What traps
//! on the machine is a panic here.

pub mod modular {
    pub use lvm_syscalls::modular::{Operation, WORDS_256, WORDS_384};

    fn call<const WORDS: usize>(
        operation: Operation,
        [d, a, b, m]: [&[u64; WORDS]; 4],
    ) -> [u64; WORDS] {
        const { assert!(WORDS == WORDS_256 || WORDS == WORDS_384) };
        lvm_isa::arithmetic::modular(operation, d, a, b, m)
            .expect("the operands have a result, as on the machine")
    }

    /// `a·b` modulo `m`.
    #[must_use]
    pub fn multiply<const WORDS: usize>(
        a: &[u64; WORDS],
        b: &[u64; WORDS],
        m: &[u64; WORDS],
    ) -> [u64; WORDS] {
        call(Operation::Multiply, [a, a, b, m])
    }

    /// Replaces `d` by `a·b` modulo `m`.
    pub fn multiply_to<const WORDS: usize>(
        d: &mut [u64; WORDS],
        a: &[u64; WORDS],
        b: &[u64; WORDS],
        m: &[u64; WORDS],
    ) {
        *d = multiply(a, b, m);
    }

    /// Replaces `d` by `d·b` modulo `m`.
    pub fn multiply_assign<const WORDS: usize>(
        d: &mut [u64; WORDS],
        b: &[u64; WORDS],
        m: &[u64; WORDS],
    ) {
        *d = multiply(d, b, m);
    }

    /// Replaces `d` by its square modulo `m`.
    pub fn square_assign<const WORDS: usize>(d: &mut [u64; WORDS], m: &[u64; WORDS]) {
        *d = multiply(d, d, m);
    }

    /// Replaces `d` by `d + a·b` modulo `m`.
    pub fn multiply_add<const WORDS: usize>(
        d: &mut [u64; WORDS],
        a: &[u64; WORDS],
        b: &[u64; WORDS],
        m: &[u64; WORDS],
    ) {
        *d = call(Operation::MultiplyAdd, [d, a, b, m]);
    }

    /// Replaces `d` by `d − a·b` modulo `m`.
    pub fn multiply_subtract<const WORDS: usize>(
        d: &mut [u64; WORDS],
        a: &[u64; WORDS],
        b: &[u64; WORDS],
        m: &[u64; WORDS],
    ) {
        *d = call(Operation::MultiplySubtract, [d, a, b, m]);
    }

    /// The inverse of `a` modulo `m`, which must have one.
    #[must_use]
    pub fn invert<const WORDS: usize>(a: &[u64; WORDS], m: &[u64; WORDS]) -> [u64; WORDS] {
        call(Operation::Invert, [a, a, a, m])
    }

    /// Replaces `d` by its inverse modulo `m`, which it must have.
    pub fn invert_assign<const WORDS: usize>(d: &mut [u64; WORDS], m: &[u64; WORDS]) {
        *d = invert(d, m);
    }
}

pub mod quadratic {
    pub use lvm_syscalls::quadratic::{
        MODULUS_BLS12_381, MODULUS_BN254, Operation, WORDS_BLS12_381, WORDS_BN254,
    };

    fn call<const WORDS: usize>(
        operation: Operation,
        [d, a, b]: [&[u64; WORDS]; 3],
    ) -> [u64; WORDS] {
        const { assert!(WORDS == WORDS_BN254 || WORDS == WORDS_BLS12_381) };
        let join = |halves: [&[u64]; 2]| {
            core::array::from_fn(|at| halves[at / (WORDS / 2)][at % (WORDS / 2)])
        };
        let remainders = if WORDS == WORDS_BN254 {
            lvm_isa::arithmetic::quadratic(operation, d, a, b, &MODULUS_BN254)
                .map(|[x, y]| join([&x.remainder, &y.remainder]))
        } else {
            lvm_isa::arithmetic::quadratic(operation, d, a, b, &MODULUS_BLS12_381)
                .map(|[x, y]| join([&x.remainder, &y.remainder]))
        };
        remainders.expect("the operands have a result, as on the machine")
    }

    /// `a·b`.
    #[must_use]
    pub fn multiply<const WORDS: usize>(a: &[u64; WORDS], b: &[u64; WORDS]) -> [u64; WORDS] {
        call(Operation::Multiply, [a, a, b])
    }

    /// Replaces `d` by `a·b`.
    pub fn multiply_to<const WORDS: usize>(
        d: &mut [u64; WORDS],
        a: &[u64; WORDS],
        b: &[u64; WORDS],
    ) {
        *d = multiply(a, b);
    }

    /// Replaces `d` by `d·b`.
    pub fn multiply_assign<const WORDS: usize>(d: &mut [u64; WORDS], b: &[u64; WORDS]) {
        *d = multiply(d, b);
    }

    /// Replaces `d` by its square.
    pub fn square_assign<const WORDS: usize>(d: &mut [u64; WORDS]) {
        *d = multiply(d, d);
    }

    /// Replaces `d` by `d + a·b`.
    pub fn multiply_add<const WORDS: usize>(
        d: &mut [u64; WORDS],
        a: &[u64; WORDS],
        b: &[u64; WORDS],
    ) {
        *d = call(Operation::MultiplyAdd, [d, a, b]);
    }

    /// Replaces `d` by `d − a·b`.
    pub fn multiply_subtract<const WORDS: usize>(
        d: &mut [u64; WORDS],
        a: &[u64; WORDS],
        b: &[u64; WORDS],
    ) {
        *d = call(Operation::MultiplySubtract, [d, a, b]);
    }
}

pub mod curve {
    use lvm_isa::arithmetic::parts;
    pub use lvm_syscalls::curve::{Curve, Operation, POINT_WORDS};

    fn call<const CURVE: usize>(
        operation: Operation,
        p: &mut [u64; POINT_WORDS],
        q: &[u64; POINT_WORDS],
    ) {
        let sum = lvm_isa::arithmetic::curve(Curve::ALL[CURVE], operation, &parts(p), &parts(q))
            .expect("the points have a sum, as on the machine")
            .sum;
        *p = core::array::from_fn(|at| sum[at / 4][at % 4]);
    }

    /// Replaces `p` by `p + q`. They must have different x.
    pub fn add<const CURVE: usize>(p: &mut [u64; POINT_WORDS], q: &[u64; POINT_WORDS]) {
        call::<CURVE>(Operation::Add, p, q);
    }

    /// Replaces `p` by `2·p`. Its y must not be 0.
    pub fn double<const CURVE: usize>(p: &mut [u64; POINT_WORDS]) {
        call::<CURVE>(Operation::Double, p, &[0; POINT_WORDS]);
    }
}

pub mod sha256 {
    pub use lvm_syscalls::sha256::{Block, State};

    /// Replaces `state` by that after `block`.
    pub fn compress(state: &mut State, block: &Block) {
        let words = core::array::from_fn(|at| {
            u64::from(state.0[2 * at]) | u64::from(state.0[2 * at + 1]) << 32
        });
        let block = core::array::from_fn(|at| {
            u64::from_le_bytes(core::array::from_fn(|byte| block.0[8 * at + byte]))
        });
        let words = lvm_isa::arithmetic::sha256(&words, &block);
        state.0 = core::array::from_fn(|at| (words[at / 2] >> (32 * (at % 2))) as u32);
    }
}
