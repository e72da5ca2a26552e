/*
 * The cryptographic accelerators of the zkVM standards (eth-act, zkvm-standards,
 * c-interface-accelerators): names, types and return values are the standard's.
 *
 * Every function returns ZKVM_EOK, or ZKVM_EFAIL when its inputs have no answer: a field element
 * that is not less than its modulus, a point that is not on its curve or, where the EIP demands it,
 * not in its subgroup, a signature from which no key can be recovered, a flag that is neither 0
 * nor 1, an empty list where the EIP wants one pair at least. A result of type bool is then false;
 * other results are left as they are. A signature, proof or pairing that is merely wrong is an
 * answer: ZKVM_EOK and false.
 *
 * All pointers are valid for what they point to; one that comes with a length or a number of pairs
 * may be anything when that is zero. A null pointer where one is used ends the program. Results may
 * overlap inputs.
 *
 * Numbers and coordinates are big-endian byte strings unless something else is said. Zeros alone
 * are the point at infinity.
 */
#ifndef ZKVM_ACCELERATORS_H
#define ZKVM_ACCELERATORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus) && __cplusplus >= 201103L
#define ZKVM_ALIGN8 alignas(8)
#elif !defined(__cplusplus) && defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define ZKVM_ALIGN8 _Alignas(8)
#else
#error "zkvm_accelerators.h needs C11 or C++11"
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ZKVM_EOK = 0,
    ZKVM_EFAIL = -1
} zkvm_status;

/* Byte strings, aligned to 8 bytes. */
typedef struct { ZKVM_ALIGN8 uint8_t data[16]; } zkvm_bytes_16;
typedef struct { ZKVM_ALIGN8 uint8_t data[32]; } zkvm_bytes_32;
typedef struct { ZKVM_ALIGN8 uint8_t data[48]; } zkvm_bytes_48;
typedef struct { ZKVM_ALIGN8 uint8_t data[64]; } zkvm_bytes_64;
typedef struct { ZKVM_ALIGN8 uint8_t data[96]; } zkvm_bytes_96;
typedef struct { ZKVM_ALIGN8 uint8_t data[128]; } zkvm_bytes_128;
typedef struct { ZKVM_ALIGN8 uint8_t data[192]; } zkvm_bytes_192;

/* ---- Hashes ------------------------------------------------------------------------------- */

typedef zkvm_bytes_32 zkvm_keccak256_hash;
typedef zkvm_bytes_32 zkvm_sha256_hash;
/* 12 zero bytes, then the 20 of the digest. */
typedef zkvm_bytes_32 zkvm_ripemd160_hash;

/* Keccak-256 with the padding that Ethereum uses, not SHA-3's. */
zkvm_status zkvm_keccak256(const uint8_t* data, size_t len, zkvm_keccak256_hash* output);

/* SHA-256 (FIPS 180-4), precompile 0x02. */
zkvm_status zkvm_sha256(const uint8_t* data, size_t len, zkvm_sha256_hash* output);

/* RIPEMD-160, precompile 0x03. */
zkvm_status zkvm_ripemd160(const uint8_t* data, size_t len, zkvm_ripemd160_hash* output);

/* BLAKE2b's state (8 words), block (16 words) and counter of bytes (2 words), little-endian. */
typedef zkvm_bytes_64 zkvm_blake2f_state;
typedef zkvm_bytes_128 zkvm_blake2f_message;
typedef zkvm_bytes_16 zkvm_blake2f_offset;

/*
 * BLAKE2b's compression function with `rounds` rounds (EIP-152), precompile 0x09. `rounds` is an
 * ordinary integer. `f` is 1 for the last block, 0 for others. `h` is replaced by the new state.
 */
zkvm_status zkvm_blake2f(uint32_t rounds, zkvm_blake2f_state* h, const zkvm_blake2f_message* m,
                         const zkvm_blake2f_offset* t, uint8_t f);

/* ---- Signatures --------------------------------------------------------------------------- */

/* A signature is r then s, a public key x then y. Both values of s that are valid are accepted. */
typedef zkvm_bytes_32 zkvm_secp256k1_hash;
typedef zkvm_bytes_64 zkvm_secp256k1_signature;
typedef zkvm_bytes_64 zkvm_secp256k1_pubkey;
typedef zkvm_bytes_32 zkvm_secp256r1_hash;
typedef zkvm_bytes_64 zkvm_secp256r1_signature;
typedef zkvm_bytes_64 zkvm_secp256r1_pubkey;

/* Verifies an ECDSA signature on secp256k1. No signature is valid for a key off the curve. */
zkvm_status zkvm_secp256k1_verify(const zkvm_secp256k1_hash* msg,
                                  const zkvm_secp256k1_signature* sig,
                                  const zkvm_secp256k1_pubkey* pubkey, bool* verified);

/*
 * The public key that made a signature: precompile 0x01, which gives the address instead. `recid`
 * is the parity of y, 0 or 1.
 */
zkvm_status zkvm_secp256k1_ecrecover(const zkvm_secp256k1_hash* msg,
                                     const zkvm_secp256k1_signature* sig, uint8_t recid,
                                     zkvm_secp256k1_pubkey* output);

/* Verifies an ECDSA signature on P-256 (EIP-7951), precompile 0x100. */
zkvm_status zkvm_secp256r1_verify(const zkvm_secp256r1_hash* msg,
                                  const zkvm_secp256r1_signature* sig,
                                  const zkvm_secp256r1_pubkey* pubkey, bool* verified);

/* ---- Numbers ------------------------------------------------------------------------------ */

/*
 * base to the power of exp, modulo modulus (EIP-198), precompile 0x05. `output` has `mod_len`
 * bytes. Modulo 0, every number is 0.
 */
zkvm_status zkvm_modexp(const uint8_t* base, size_t base_len, const uint8_t* exp, size_t exp_len,
                        const uint8_t* modulus, size_t mod_len, uint8_t* output);

/* ---- BN254 (EIP-196, EIP-197) ------------------------------------------------------------- */

/* x then y; in G2 each of them is its imaginary part, then its real one. */
typedef zkvm_bytes_64 zkvm_bn254_g1_point;
typedef zkvm_bytes_128 zkvm_bn254_g2_point;
/* Any number of 256 bits. */
typedef zkvm_bytes_32 zkvm_bn254_scalar;

typedef struct {
    zkvm_bn254_g1_point g1;
    zkvm_bn254_g2_point g2;
} zkvm_bn254_pairing_pair;

/* p1 + p2, precompile 0x06. */
zkvm_status zkvm_bn254_g1_add(const zkvm_bn254_g1_point* p1, const zkvm_bn254_g1_point* p2,
                              zkvm_bn254_g1_point* result);

/* scalar * point, precompile 0x07. */
zkvm_status zkvm_bn254_g1_mul(const zkvm_bn254_g1_point* point, const zkvm_bn254_scalar* scalar,
                              zkvm_bn254_g1_point* result);

/* Whether the product of all pairings is one, precompile 0x08. Of no pairs it is. */
zkvm_status zkvm_bn254_pairing(const zkvm_bn254_pairing_pair* pairs, size_t num_pairs,
                               bool* verified);

/* ---- KZG (EIP-4844) ----------------------------------------------------------------------- */

/* Compressed points of BLS12-381's G1, and scalars less than the group's order. */
typedef zkvm_bytes_48 zkvm_kzg_commitment;
typedef zkvm_bytes_48 zkvm_kzg_proof;
typedef zkvm_bytes_32 zkvm_kzg_field_element;

/* Whether the committed polynomial has the value y at z: precompile 0x0a, less the versioned hash. */
zkvm_status zkvm_kzg_point_eval(const zkvm_kzg_commitment* commitment,
                                const zkvm_kzg_field_element* z, const zkvm_kzg_field_element* y,
                                const zkvm_kzg_proof* proof, bool* verified);

/* ---- BLS12-381 (EIP-2537) ----------------------------------------------------------------- */

/* Field elements without the EVM's 16 bytes of padding; of the extension the real part is first. */
typedef zkvm_bytes_48 zkvm_bls12_381_fp;
typedef zkvm_bytes_96 zkvm_bls12_381_fp2;
typedef zkvm_bytes_96 zkvm_bls12_381_g1_point;
typedef zkvm_bytes_192 zkvm_bls12_381_g2_point;
/* Any number of 256 bits. */
typedef zkvm_bytes_32 zkvm_bls12_381_scalar;

typedef struct {
    zkvm_bls12_381_g1_point point;
    zkvm_bls12_381_scalar scalar;
} zkvm_bls12_381_g1_msm_pair;

typedef struct {
    zkvm_bls12_381_g2_point point;
    zkvm_bls12_381_scalar scalar;
} zkvm_bls12_381_g2_msm_pair;

typedef struct {
    zkvm_bls12_381_g1_point g1;
    zkvm_bls12_381_g2_point g2;
} zkvm_bls12_381_pairing_pair;

/* p1 + p2, precompile 0x0b. The points need not be in the subgroup. */
zkvm_status zkvm_bls12_g1_add(const zkvm_bls12_381_g1_point* p1, const zkvm_bls12_381_g1_point* p2,
                              zkvm_bls12_381_g1_point* result);

/* The sum of each point times its scalar, precompile 0x0c. */
zkvm_status zkvm_bls12_g1_msm(const zkvm_bls12_381_g1_msm_pair* pairs, size_t num_pairs,
                              zkvm_bls12_381_g1_point* result);

/* p1 + p2, precompile 0x0d. The points need not be in the subgroup. */
zkvm_status zkvm_bls12_g2_add(const zkvm_bls12_381_g2_point* p1, const zkvm_bls12_381_g2_point* p2,
                              zkvm_bls12_381_g2_point* result);

/* The sum of each point times its scalar, precompile 0x0e. */
zkvm_status zkvm_bls12_g2_msm(const zkvm_bls12_381_g2_msm_pair* pairs, size_t num_pairs,
                              zkvm_bls12_381_g2_point* result);

/* Whether the product of all pairings is one, precompile 0x0f. */
zkvm_status zkvm_bls12_pairing(const zkvm_bls12_381_pairing_pair* pairs, size_t num_pairs,
                               bool* verified);

/* The point of G1 that belongs to a field element, precompile 0x10. */
zkvm_status zkvm_bls12_map_fp_to_g1(const zkvm_bls12_381_fp* field_element,
                                    zkvm_bls12_381_g1_point* result);

/* The point of G2 that belongs to an element of the quadratic extension, precompile 0x11. */
zkvm_status zkvm_bls12_map_fp2_to_g2(const zkvm_bls12_381_fp2* field_element,
                                     zkvm_bls12_381_g2_point* result);

#ifdef __cplusplus
}
#endif

#endif
