//! Why an accelerator has no answer.

/// Why an input has no answer. A precompile fails with such an input; a signature or a proof that
/// is merely wrong is an answer, not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A field element or scalar is not less than its modulus.
    #[error("a field element is not less than the modulus")]
    NotCanonical,
    /// The bytes of a compressed point are not an encoding of a point.
    #[error("the bytes are no compressed point")]
    Encoding,
    /// The coordinates don't satisfy the curve's equation.
    #[error("a point is not on the curve")]
    NotOnCurve,
    /// The point is on the curve, but not in the subgroup of prime order.
    #[error("a point is not in the subgroup")]
    NotInSubgroup,
    /// No public key could have made the signature, or the recovery id is neither 0 nor 1.
    #[error("no public key can be recovered")]
    NotRecoverable,
    /// The flag of the last block is neither 0 nor 1.
    #[error("the flag is neither 0 nor 1")]
    Flag,
    /// There are no pairs where the specification demands at least one.
    #[error("there are no pairs")]
    NoPairs,
}
