/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_FINGERPRINT_H
#define S2N_UNSTABLE_FINGERPRINT_H

#include <s2n.h>

struct s2n_fingerprint;


/**
 * Fingerprint methods.
 */
typedef enum {
    S2N_FINGERPRINT_JA3 = 0,
    S2N_FINGERPRINT_JA4 = 1,
} s2n_fingerprint_type;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Creates a fingerprint object, to be used with `s2n_fingerprint_set_client_hello()`.
 *
 * @param type `S2N_FINGERPRINT_JA3` or `S2N_FINGERPRINT_JA4`
 * @returns a new fingerprint object, owned by the caller, to be freed with
 * `s2n_fingerprint_free()`; or NULL with `S2N_ERR_INVALID_ARGUMENT`
 */
S2N_API extern struct s2n_fingerprint *s2n_fingerprint_new(s2n_fingerprint_type type);

/**
 * Frees a fingerprint object.
 *
 * @param fingerprint Address of the pointer to the object; the pointer is set to NULL. NULL, or
 * the address of a NULL pointer, has no effect.
 * @returns 0
 */
S2N_API extern int s2n_fingerprint_free(struct s2n_fingerprint **fingerprint);

/**
 * Resets a fingerprint object, so that it can be used for another ClientHello.
 *
 * @param fingerprint The fingerprint object
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if it is NULL
 */
S2N_API extern int s2n_fingerprint_wipe(struct s2n_fingerprint *fingerprint);

/**
 * Sets the ClientHello whose fingerprint is computed.
 *
 * @param fingerprint The fingerprint object
 * @param ch The ClientHello; the fingerprint object holds a reference to it
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL
 */
S2N_API extern
int s2n_fingerprint_set_client_hello(struct s2n_fingerprint *fingerprint,
                                     struct s2n_client_hello *ch);

/**
 * Returns the length of the fingerprint hash.
 *
 * @param fingerprint The fingerprint object
 * @param size Set to a number of bytes: 32 for JA3, 36 for JA4
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL
 */
S2N_API extern
int s2n_fingerprint_get_hash_size(const struct s2n_fingerprint *fingerprint,
                                  uint32_t *size);

/**
 * Computes the fingerprint hash: for JA3 in hexadecimal digits, for JA4 in the form "a_b_c". No
 * NUL terminator is written.
 *
 * @param fingerprint The fingerprint object
 * @param max_output_size Size of the buffer in bytes
 * @param output Filled with the hash
 * @param output_size Set to the number of bytes stored
 * @returns 0, or -1 with `S2N_ERR_INSUFFICIENT_MEM_SIZE`, `S2N_ERR_INVALID_ARGUMENT` if a pointer
 * is NULL, `S2N_ERR_INVALID_STATE` if no ClientHello is set, or `S2N_ERR_BAD_MESSAGE` if an
 * extension that the fingerprint covers is malformed
 */
S2N_API extern
int s2n_fingerprint_get_hash(struct s2n_fingerprint *fingerprint,
                             uint32_t max_output_size,
                             uint8_t *output,
                             uint32_t *output_size);

/**
 * Returns the length of the raw string (the input of the hash), which is available once the hash
 * or the raw string was computed.
 *
 * @param fingerprint The fingerprint object
 * @param size Set to a number of bytes
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL, or
 * `S2N_ERR_INVALID_STATE` before the length is available
 */
S2N_API extern
int s2n_fingerprint_get_raw_size(const struct s2n_fingerprint *fingerprint,
                                 uint32_t *size);

/**
 * Computes the raw string of the fingerprint, which is the input of the hash. No NUL terminator is
 * written.
 *
 * @param fingerprint The fingerprint object
 * @param max_output_size Size of the buffer in bytes
 * @param output Filled with the raw string
 * @param output_size Set to the number of bytes stored
 * @returns 0, or -1 as `s2n_fingerprint_get_hash()`
 */
S2N_API extern
int s2n_fingerprint_get_raw(struct s2n_fingerprint *fingerprint,
                            uint32_t max_output_size,
                            uint8_t *output,
                            uint32_t *output_size);

/**
 * Computes the JA3 hash of a ClientHello in a single call.
 *
 * @param ch The ClientHello
 * @param type `S2N_FINGERPRINT_JA3`
 * @param max_hash_size Size of the buffer in bytes
 * @param hash Filled with the hash of 16 bytes: binary, not hexadecimal digits
 * @param hash_size Set to the number of bytes stored
 * @param str_size Set to the length of the raw string (the input of the hash) in bytes
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` for another type or if a pointer is NULL,
 * `S2N_ERR_INSUFFICIENT_MEM_SIZE`, or `S2N_ERR_BAD_MESSAGE`
 */
S2N_API extern
int s2n_client_hello_get_fingerprint_hash(struct s2n_client_hello *ch,
                                          s2n_fingerprint_type type,
                                          uint32_t max_hash_size,
                                          uint8_t *hash,
                                          uint32_t *hash_size,
                                          uint32_t *str_size);

/**
 * Computes the JA3 raw string of a ClientHello in a single call. No NUL terminator is written.
 *
 * @param ch The ClientHello
 * @param type `S2N_FINGERPRINT_JA3`
 * @param max_size Size of the buffer in bytes
 * @param output Filled with the raw string
 * @param output_size Set to the number of bytes stored
 * @returns 0, or -1 as `s2n_client_hello_get_fingerprint_hash()`
 */
S2N_API extern
int s2n_client_hello_get_fingerprint_string(struct s2n_client_hello *ch,
                                            s2n_fingerprint_type type,
                                            uint32_t max_size,
                                            uint8_t *output,
                                            uint32_t *output_size);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_UNSTABLE_FINGERPRINT_H */
