//! The fields: Goldilocks for cells, its cubic extension for challenges.

use p3_field::extension::CubicTrinomialExtensionField;
use p3_goldilocks::Goldilocks;

/// The base field, p = 2^64 − 2^32 + 1.
pub type Val = Goldilocks;
/// The field of challenges, of about 2^192 elements.
pub type Challenge = CubicTrinomialExtensionField<Goldilocks>;

/// Base-field elements in a challenge.
pub const CHALLENGE_DEGREE: usize = 3;
