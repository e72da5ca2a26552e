//! Recovers the public key of a signature over secp256k1 with libsecp256k1, which is in C.
//!
//! Private input: the hash of the message (32 bytes), the signature's r and s (32 bytes each,
//! big-endian) and its recovery id (1 byte). Public output: the public key's coordinates (64 bytes,
//! big-endian). A signature that belongs to no key is a panic.

use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use secp256k1::{Message, Secp256k1};

fn main() {
    let input: &[u8; 97] = lvm_guest_sdk::input().try_into().expect("the input has 97 bytes");
    let (message, rest) = input.split_first_chunk::<32>().expect("97 is more than 32");
    let (signature, id) = rest.split_first_chunk::<64>().expect("65 is more than 64");
    let id = RecoveryId::try_from(i32::from(id[0])).expect("the recovery id is at most 3");
    let signature =
        RecoverableSignature::from_compact(signature, id).expect("r and s are below the order");

    let key = Secp256k1::verification_only()
        .recover_ecdsa(Message::from_digest(*message), &signature)
        .expect("the signature belongs to a key");
    lvm_guest_sdk::commit(&key.serialize_uncompressed()[1..]);
}
