/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made from the source by cbindgen; a test compares. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_FINGERPRINT_H
#define S2N_UNSTABLE_FINGERPRINT_H

#include <s2n.h>

struct s2n_fingerprint;


/**
 * How a fingerprint is made.
 */
typedef enum {
    S2N_FINGERPRINT_JA3 = 0,
    S2N_FINGERPRINT_JA4 = 1,
} s2n_fingerprint_type;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Makes room for a fingerprint.
 *
 * @param type `S2N_FINGERPRINT_JA3` or `S2N_FINGERPRINT_JA4`
 * @returns a fingerprint, to be freed with `s2n_fingerprint_free()`; or NULL with
 * `S2N_ERR_INVALID_ARGUMENT`
 */
S2N_API extern struct s2n_fingerprint *s2n_fingerprint_new(s2n_fingerprint_type type);

/**
 * Frees a fingerprint.
 *
 * @param fingerprint Where its address is; set to NULL. Both may be NULL.
 * @returns 0
 */
S2N_API extern int s2n_fingerprint_free(struct s2n_fingerprint **fingerprint);

/**
 * Forgets the ClientHello, so that another one can be looked at.
 *
 * @param fingerprint A fingerprint
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if it is NULL
 */
S2N_API extern int s2n_fingerprint_wipe(struct s2n_fingerprint *fingerprint);

/**
 * Sets the ClientHello whose fingerprint is wanted.
 *
 * @param fingerprint A fingerprint
 * @param ch A ClientHello; the fingerprint keeps a hold on it
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if one of them is NULL
 */
S2N_API extern
int s2n_fingerprint_set_client_hello(struct s2n_fingerprint *fingerprint,
                                     struct s2n_client_hello *ch);

/**
 * Gives the length of the hash.
 *
 * @param fingerprint A fingerprint
 * @param size Set to a number of bytes: 32 for JA3, 36 for JA4
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if one of them is NULL
 */
S2N_API extern
int s2n_fingerprint_get_hash_size(const struct s2n_fingerprint *fingerprint,
                                  uint32_t *size);

/**
 * Makes the fingerprint's hash: JA3 in hexadecimal digits, JA4 as "a_b_c". No NUL is put behind it.
 *
 * @param fingerprint A fingerprint
 * @param max_output_size Room in bytes
 * @param output Where the hash goes
 * @param output_size Set to the number of bytes stored
 * @returns 0, or -1 with `S2N_ERR_INSUFFICIENT_MEM_SIZE`, `S2N_ERR_INVALID_ARGUMENT` for a NULL
 * pointer, `S2N_ERR_INVALID_STATE` without a ClientHello, `S2N_ERR_BAD_MESSAGE` if an extension that
 * it looks at is malformed
 */
S2N_API extern
int s2n_fingerprint_get_hash(struct s2n_fingerprint *fingerprint,
                             uint32_t max_output_size,
                             uint8_t *output,
                             uint32_t *output_size);

/**
 * Gives the length of the text that is hashed, once the hash or the text was made.
 *
 * @param fingerprint A fingerprint
 * @param size Set to a number of bytes
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if one of them is NULL, `S2N_ERR_INVALID_STATE`
 * before it is known
 */
S2N_API extern
int s2n_fingerprint_get_raw_size(const struct s2n_fingerprint *fingerprint,
                                 uint32_t *size);

/**
 * Makes the text that is hashed. No NUL is put behind it.
 *
 * @param fingerprint A fingerprint
 * @param max_output_size Room in bytes
 * @param output Where the text goes
 * @param output_size Set to the number of bytes stored
 * @returns 0, or -1 as `s2n_fingerprint_get_hash()`
 */
S2N_API extern
int s2n_fingerprint_get_raw(struct s2n_fingerprint *fingerprint,
                            uint32_t max_output_size,
                            uint8_t *output,
                            uint32_t *output_size);

/**
 * Makes the JA3 hash of a ClientHello in one call.
 *
 * @param ch A ClientHello
 * @param type `S2N_FINGERPRINT_JA3`
 * @param max_hash_size Room in bytes
 * @param hash Where the 16 bytes go: not hexadecimal digits
 * @param hash_size Set to the number of bytes stored
 * @param str_size Set to the length of the text that is hashed, in bytes
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` for another type or a NULL pointer,
 * `S2N_ERR_INSUFFICIENT_MEM_SIZE`, `S2N_ERR_BAD_MESSAGE`
 */
S2N_API extern
int s2n_client_hello_get_fingerprint_hash(struct s2n_client_hello *ch,
                                          s2n_fingerprint_type type,
                                          uint32_t max_hash_size,
                                          uint8_t *hash,
                                          uint32_t *hash_size,
                                          uint32_t *str_size);

/**
 * Makes the JA3 text of a ClientHello in one call. No NUL is put behind it.
 *
 * @param ch A ClientHello
 * @param type `S2N_FINGERPRINT_JA3`
 * @param max_size Room in bytes
 * @param output Where the text goes
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
