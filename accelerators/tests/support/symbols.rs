//! The names of the accelerators.

/// The symbols of the standard.
pub(crate) const SYMBOLS: [&str; 19] = [
    "zkvm_keccak256",
    "zkvm_secp256k1_verify",
    "zkvm_secp256k1_ecrecover",
    "zkvm_sha256",
    "zkvm_ripemd160",
    "zkvm_modexp",
    "zkvm_bn254_g1_add",
    "zkvm_bn254_g1_mul",
    "zkvm_bn254_pairing",
    "zkvm_blake2f",
    "zkvm_kzg_point_eval",
    "zkvm_bls12_g1_add",
    "zkvm_bls12_g1_msm",
    "zkvm_bls12_g2_add",
    "zkvm_bls12_g2_msm",
    "zkvm_bls12_pairing",
    "zkvm_bls12_map_fp_to_g1",
    "zkvm_bls12_map_fp2_to_g2",
    "zkvm_secp256r1_verify",
];
