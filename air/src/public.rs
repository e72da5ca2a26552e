//! Messages of the statement itself, which no table sends or receives: the verifier computes
//! their share of a bus.

use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

/// The fields of the messages that the statement receives on `output`: the bytes of the public
/// output with their positions, each once.
pub fn output_messages(public_output: &[u8]) -> impl Iterator<Item = [Goldilocks; 2]> {
    let message = |(position, byte): (usize, &u8)| {
        [Goldilocks::from_usize(position), Goldilocks::from_u8(*byte)]
    };
    public_output.iter().enumerate().map(message)
}
