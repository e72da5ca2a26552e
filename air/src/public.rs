//! Messages of the statement itself, which no table sends or receives: the verifier computes
//! their share of a bus.

use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

/// The fields of the messages that the statement receives on `output`: the bytes of a part of the
/// public output that begins at position `start`, each once.
pub fn output_messages(start: u64, part: &[u8]) -> impl Iterator<Item = [Goldilocks; 2]> {
    let message = move |(position, byte): (u64, &u8)| {
        [Goldilocks::from_u64(position), Goldilocks::from_u8(*byte)]
    };
    (start..).zip(part).map(message)
}
