//! Messages of the statement itself, which no table sends or receives: the verifier computes
//! their share of a bus.

use alloc::vec;
use alloc::vec::Vec;

use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;

use crate::builder::Side;
use crate::bus::Bus;

/// A message that the statement sends or receives, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicMessage {
    /// The bus.
    pub bus: Bus,
    /// Sent or received.
    pub side: Side,
    /// The fields.
    pub fields: Vec<Goldilocks>,
}

/// The bytes of the public output with their positions, received on `output`.
#[must_use]
pub fn messages(public_output: &[u8]) -> Vec<PublicMessage> {
    let message = |(position, byte): (usize, &u8)| PublicMessage {
        bus: Bus::Output,
        side: Side::Receive,
        fields: vec![Goldilocks::from_usize(position), Goldilocks::from_u8(*byte)],
    };
    public_output.iter().enumerate().map(message).collect()
}
